package posix

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/access"
)

// step is a directory on the way to a place.
type step struct {
	path string
	seen
}

// emit tells who can reach what of each tree.
func (h *host) emit(wanted []access.Place) {
	slices.SortFunc(h.trees, func(a, b tree) int { return strings.Compare(a.repo, b.repo) })
	for _, t := range h.trees {
		if where := h.places(t, wanted); len(where) > 0 {
			h.tree(t, where)
		}
	}
}

// places gives the paths of a tree that are told of: where something changes, and something of care stands in it.
func (h *host) places(t tree, wanted []access.Place) []string {
	all := map[string]bool{t.root: true}
	within := func(path string) {
		if !t.single && strings.HasPrefix(path, t.root) {
			all[path] = true
		}
	}
	for p := range h.dirs {
		within(p)
	}
	for p := range h.named {
		within(p)
	}
	for p := range h.files {
		within(p)
	}
	keep, under := map[string]bool{}, map[string]bool{}
	for _, w := range wanted {
		if w.Repository != t.repo {
			continue
		}
		path, _, _ := strings.Cut(w.Path, "!/")
		if path = t.root + path; t.single {
			path = t.root
		}
		if strings.HasSuffix(path, "/") {
			under[path] = true
		}
		for ; path != ""; path = up(path) {
			if all[path] {
				keep[path] = true
				break
			}
		}
	}
	for p := range all {
		for q := p; q != "" && len(under) > 0; q = up(q) {
			if under[q] {
				keep[p] = true
				break
			}
		}
	}
	return slices.Sorted(maps.Keys(keep))
}

// up gives the directory that something stands in; "" above /.
func up(path string) string {
	return path[:strings.LastIndexByte(strings.TrimSuffix(path, "/"), '/')+1]
}

// tree tells of one tree.
func (h *host) tree(t tree, where []string) {
	for _, f := range h.unseen {
		detail := "not seen: " + f.Why + " (" + f.Target + ")"
		if f.Repository == t.repo || f.Repository == "" {
			h.out.Doubt(access.Doubt{Place: access.Place{Repository: t.repo}, Scope: h.scope, Detail: detail})
		}
	}
	for _, path := range where {
		place := access.Place{Repository: t.repo, Path: strings.TrimPrefix(path, t.root)}
		if t.single {
			place.Path = path[strings.LastIndexByte(path, '/')+1:]
		}
		id := t.repo
		if place.Path != "" {
			id += "/" + place.Path
		}
		h.out.Node(access.Node{ID: id, Kind: access.Resource, Name: path, System: "posix", Place: place})
		h.place(id, path, place)
	}
}

// place tells who can reach one place: a folder, or a file.
func (h *host) place(id, path string, place access.Place) {
	var way []step
	for dir := path; dir != ""; dir = up(dir) {
		if s, ok := h.dirs[dir]; ok {
			way = append(way, step{dir, s})
		}
	}
	slices.Reverse(way)
	files := h.kinds(path)
	m := h.mount(path)
	if key := "doubt " + place.Repository + " " + m.Type; m.Remote && !h.told[key] {
		h.told[key] = true
		h.out.Doubt(access.Doubt{Place: access.Place{Repository: place.Repository}, Scope: h.scope, Detail: "another machine serves files of it (" + m.Type + "): who that takes its users for, whether root is root there, and who else reaches it there, is not known here"})
	}
	for _, f := range files {
		condition := ""
		if len(files) > 1 {
			condition = "of files of different modes in one folder, it is one of those that this holds for"
		}
		h.file(id, way, f, condition, m)
	}
	h.root(id, m)
}

// kinds gives the classes of the files of a place: its own, or those of the nearest folder above that has any.
func (h *host) kinds(path string) []seen {
	if s, ok := h.named[path]; ok {
		return []seen{s}
	}
	for dir := path; dir != ""; dir = up(dir) {
		if s := h.files[dir]; s != nil {
			return s
		}
	}
	return nil
}

// mount gives how a place is mounted, as far as that is known.
func (h *host) mount(path string) mount {
	for dir := path; dir != ""; dir = up(dir) {
		if m, ok := h.mounts[dir]; ok {
			return m
		}
	}
	return mount{}
}

// file tells who can read, change and replace the files of one class.
func (h *host) file(id string, way []step, f seen, condition string, m mount) {
	var checks []check
	var proof []int
	for i, s := range way {
		if !m.ReadOnly {
			entry := f.class
			if i+1 < len(way) {
				entry = way[i+1].class
			}
			in := append(slices.Clone(checks), check{s.class, replace, entry})
			h.give(access.Edge{To: id, Verb: "may replace what stands in " + s.path + ", and so", Right: access.Write, Condition: condition, Proof: append(slices.Clone(proof), s.fact)}, in)
		}
		checks, proof = append(checks, check{s.class, pass, nil}), append(proof, s.fact)
	}
	proof = append(proof, f.fact)
	reads := append(slices.Clone(checks), check{f.class, read, nil})
	h.give(access.Edge{To: id, Verb: "may read", Right: access.Read, Condition: condition, Proof: proof}, reads)
	if !m.ReadOnly {
		h.give(access.Edge{To: id, Verb: "may write to", Right: access.Write, Condition: condition, Proof: proof}, append(slices.Clone(checks), check{f.class, write, nil}))
		h.owners(access.Edge{To: id, Condition: condition, Proof: proof}, reads)
	}
}

// give tells an edge of all who pass.
func (h *host) give(e access.Edge, checks []check) {
	a := h.audience(checks)
	modes := slices.Compact(slices.Sorted(slices.Values(e.Proof)))
	if e.Proof = modes; a.everyone {
		e.From = h.everyoneNode(a.but)
		h.out.Edge(e)
	}
	for _, gid := range a.groups {
		e.From = h.groupNode(gid)
		h.out.Edge(e)
	}
	for _, u := range a.users {
		e.From = h.userNode(u.uid)
		for _, p := range u.proofs {
			e.Proof = slices.Sorted(slices.Values(append(slices.Clone(modes), p...)))
			h.out.Edge(e)
		}
	}
}

// owners tells who can let himself read: the owner of what denies it to him may change its mode.
func (h *host) owners(e access.Edge, reads []check) {
	for _, uid := range owning(reads) {
		who := h.somebody(uid)
		others := slices.DeleteFunc(slices.Clone(reads), func(k check) bool { return k.class.uid == uid })
		if uid == 0 || !allowed(who, others) {
			continue
		}
		e.From = h.userNode(uid)
		if reads[len(reads)-1].class.uid == uid {
			e.Verb, e.Right, e.Layer = "owns, and may change who may read", access.Admin, access.Entitled
			h.out.Edge(e)
		}
		if !allowed(who, reads) {
			e.Verb, e.Right, e.Layer = "owns what denies it, and may let himself read", access.Read, access.Escalation
			h.out.Edge(e)
		}
	}
}

func owning(checks []check) []uint32 {
	uids := map[uint32]bool{}
	for _, k := range checks {
		uids[k.class.uid] = true
	}
	return slices.Sorted(maps.Keys(uids))
}

// root tells what root may, who is asked by no mode.
func (h *host) root(id string, m mount) {
	e := access.Edge{From: h.userNode(0), To: id}
	if u := h.users[0]; u != nil {
		e.Proof = u.facts[:1]
	}
	if m.Remote {
		e.Condition = fmt.Sprintf("the machine that serves it by %s lets root be root", m.Type)
	}
	for _, r := range []struct {
		right access.Right
		verb  string
	}{{access.Read, "is root, and may read"}, {access.Write, "is root, and may write to"}, {access.Admin, "is root, and may change who may read"}} {
		if e.Right, e.Verb = r.right, r.verb; r.right != access.Write || !m.ReadOnly {
			h.out.Edge(e)
		}
	}
}
