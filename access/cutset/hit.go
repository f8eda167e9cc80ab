package cutset

import (
	"maps"
	"slices"
)

// hitter finds the sets of candidates that cut off some targets: whatever does must hit the path at hand, so each candidate on it is tried.
// With enough steps it finds every set of the size that holds no smaller one.
type hitter struct {
	v     *solver
	p     *Problem
	most  int // candidates in a set
	sets  int // to be found
	steps int
	tried map[string]bool
	found [][]int
	short bool // it stopped early

	dist   []int32
	parent []arcFrom
	deque  [2][]uint32
}

type arcFrom struct{ from, label uint32 }

func (h *hitter) hit(targets []uint32, set []int) {
	k := key(set)
	if h.tried[k] {
		return
	}
	if h.steps--; h.steps < 0 || len(h.found) >= h.sets || h.v.work <= 0 {
		h.short = true
		return
	}
	h.tried[k] = true
	on, path := h.path(targets)
	if !path {
		h.found = append(h.found, set)
		return
	}
	if len(set) == h.most {
		return
	}
	for _, c := range on {
		at, _ := slices.BinarySearch(set, c)
		h.v.toggle([]int{c}, 1)
		h.hit(targets, slices.Insert(slices.Clone(set), at, c))
		h.v.toggle([]int{c}, -1)
	}
}

// path gives the candidates on a path to any of the targets that has the fewest edges with any.
func (h *hitter) path(targets []uint32) (on []int, ok bool) {
	p, v := h.p, h.v
	n := len(p.Off) - 1
	if h.dist == nil {
		h.dist, h.parent = make([]int32, n), make([]arcFrom, n)
	}
	for i := range h.dist {
		h.dist[i] = -1
	}
	now, later := append(h.deque[0][:0], 0), h.deque[1][:0]
	for d := int32(0); len(now) > 0; d++ {
		for i := 0; i < len(now); i++ {
			x := now[i]
			if h.dist[x] >= 0 && (x != 0 || d > 0) && h.dist[x] < d {
				continue
			}
			h.dist[x] = d
			v.work -= int64(p.Off[x+1]-p.Off[x]) + 1
			for _, a := range p.Arcs[p.Off[x]:p.Off[x+1]] {
				if v.dead[a.Label] != 0 {
					continue
				}
				cost := d
				if a.Label != 0 {
					cost++
				}
				if h.dist[a.To] >= 0 && h.dist[a.To] <= cost {
					continue
				}
				h.dist[a.To], h.parent[a.To] = cost, arcFrom{x, a.Label}
				if cost == d {
					now = append(now, a.To)
				} else {
					later = append(later, a.To)
				}
			}
		}
		now, later = later, now[:0]
	}
	h.deque = [2][]uint32{now, later}
	best := uint32(0)
	for _, t := range targets {
		if h.dist[t] >= 0 && (best == 0 || h.dist[t] < h.dist[best]) {
			best = t
		}
	}
	if best == 0 {
		return nil, false
	}
	cands := map[int]bool{}
	for x := best; x != 0; x = h.parent[x].from {
		for _, c := range v.Labels[h.parent[x].label] {
			cands[c] = true
		}
	}
	return slices.Sorted(maps.Keys(cands)), true
}
