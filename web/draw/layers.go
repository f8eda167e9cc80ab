package draw

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Node is a box in a picture of paths.
type Node struct {
	ID     string
	Words  string
	Note   string // a smaller line beneath
	Class  string // what it is: user, group, store, ...
	Link   string
	Column int // from the left; set by Layered
}

// Edge is an arrow between two of them.
type Edge struct {
	From, To string // IDs
	Words    string
	Class    string // now, act, perhaps
}

// sizes of boxes and of the room between them, in units of the picture.
const (
	boxWidth, boxHeight = 190.0, 46.0
	laneHeight          = 14.0
	betweenX, betweenY  = 142.0, 24.0
	margin              = 12.0
)

// Layered draws nodes in columns from left to right, so that arrows lead to the right wherever the edges have no circle; those of a
// circle lead back. Within a column nodes stand near those that they are joined with, and an arrow over several columns has a lane of its
// own in each between, so that none passes behind a box. The order of nodes and edges decides between equals, so the same input gives the
// same picture.
func Layered(title string, nodes []Node, edges []Edge) string {
	if len(nodes) == 0 {
		return ""
	}
	index := map[string]int{}
	for i, n := range nodes {
		index[n.ID] = i
	}
	nodes = slices.Clone(nodes)
	assignColumns(nodes, edges, index)
	endsLast(nodes, edges)
	routes := lanes(nodes, edges, index)
	at, width, height := routes.place()
	s := NewSVG("paths", title, describe(nodes, edges, index), width, height)
	s.Natural(width, height)
	for i, e := range edges {
		if way := routes.ways[i]; len(way) > 0 {
			arrow(s, e, way, at)
		}
	}
	for i, n := range nodes {
		box(s, n, at[i])
	}
	return s.String()
}

// routing is a layout under way: slots are the nodes and, behind them, the lanes of long arrows.
type routing struct {
	columns []int   // of each slot
	nodes   int     // so many of the slots are nodes
	ways    [][]int // the slots that each edge passes, from its beginning to its end; nil = an edge of nobody
}

// lanes gives each arrow over several columns a slot in each between.
func lanes(nodes []Node, edges []Edge, index map[string]int) *routing {
	r := &routing{nodes: len(nodes), ways: make([][]int, len(edges))}
	for _, n := range nodes {
		r.columns = append(r.columns, n.Column)
	}
	for i, e := range edges {
		from, ok1 := index[e.From]
		to, ok2 := index[e.To]
		if !ok1 || !ok2 {
			continue
		}
		r.ways[i] = []int{from}
		for c := nodes[from].Column + 1; c < nodes[to].Column; c++ {
			r.ways[i] = append(r.ways[i], len(r.columns))
			r.columns = append(r.columns, c)
		}
		r.ways[i] = append(r.ways[i], to)
	}
	return r
}

// tall is how much room a slot takes from top to bottom.
func (r *routing) tall(slot int) float64 {
	if slot < r.nodes {
		return boxHeight
	}
	return laneHeight
}

// place gives where each slot stands, and the size of the picture.
func (r *routing) place() (at []Rect, width, height float64) {
	columns := r.order()
	at = make([]Rect, len(r.columns))
	sum := func(c []int) (all float64) {
		for _, i := range c {
			all += r.tall(i) + betweenY
		}
		return all - betweenY
	}
	for _, c := range columns {
		height = max(height, sum(c)+2*margin)
	}
	for x, c := range columns {
		y := (height - sum(c)) / 2
		for _, i := range c {
			at[i] = Rect{margin + float64(x)*(boxWidth+betweenX), y, boxWidth, r.tall(i)}
			y += r.tall(i) + betweenY
		}
	}
	return at, 2*margin + float64(len(columns))*(boxWidth+betweenX) - betweenX, height + margin
}

// assignColumns puts each node behind all that lead to it, as far as there are no circles: the longest way counts, as many rounds as nodes.
func assignColumns(nodes []Node, edges []Edge, index map[string]int) {
	for range nodes {
		moved := false
		for _, e := range edges {
			from, ok1 := index[e.From]
			to, ok2 := index[e.To]
			if ok1 && ok2 && from != to && nodes[to].Column < nodes[from].Column+1 && nodes[from].Column+1 < len(nodes) {
				nodes[to].Column = nodes[from].Column + 1
				moved = true
			}
		}
		if !moved {
			return
		}
	}
}

// endsLast puts what nothing leads out of into the last column, where the eye looks for it.
func endsLast(nodes []Node, edges []Edge) {
	most := 0
	begins, ends := map[string]bool{}, map[string]bool{}
	for _, n := range nodes {
		most = max(most, n.Column)
	}
	for _, e := range edges {
		begins[e.From], ends[e.To] = true, true
	}
	for i := range nodes {
		if ends[nodes[i].ID] && !begins[nodes[i].ID] {
			nodes[i].Column = most
		}
	}
}

// order gives the slots of each column from top to bottom, by the mean place of those that lead to them; empty columns are left out.
func (r *routing) order() [][]int {
	before := make([][]int, len(r.columns))
	for _, way := range r.ways {
		for k := 1; k < len(way); k++ {
			if r.columns[way[k-1]] < r.columns[way[k]] {
				before[way[k]] = append(before[way[k]], way[k-1])
			}
		}
	}
	raw := make([][]int, slices.Max(r.columns)+1)
	for i, c := range r.columns {
		raw[c] = append(raw[c], i)
	}
	place := make([]float64, len(r.columns))
	var out [][]int
	for _, c := range raw {
		if len(c) == 0 {
			continue
		}
		for _, i := range c {
			sum := 0.0
			for _, from := range before[i] {
				sum += place[from]
			}
			place[i] = math.Inf(1)
			if n := len(before[i]); n > 0 {
				place[i] = sum / float64(n)
			}
		}
		slices.SortStableFunc(c, func(a, b int) int { return cmp.Compare(place[a], place[b]) })
		for y, i := range c {
			place[i] = float64(y) - float64(len(c))/2
		}
		out = append(out, c)
	}
	return out
}

// arrow draws an edge along its way, with its words where it begins.
func arrow(s *SVG, e Edge, way []int, at []Rect) {
	from, to := at[way[0]], at[way[len(way)-1]]
	x, y := from.X+from.W, from.Y+from.H/2
	if to.X <= from.X { // it leads back: around beneath
		x, y = from.X+from.W/2, from.Y+from.H
		s.Path("edge "+e.Class, fmt.Sprintf("M%.1f %.1f C%.1f %.1f %.1f %.1f %.1f %.1f", x, y, x, y+24, to.X+to.W/2, to.Y+to.H+24, to.X+to.W/2, to.Y+to.H))
		return
	}
	d := fmt.Sprintf("M%.1f %.1f", x, y)
	for k, slot := range way[1:] {
		r := at[slot]
		end := r.X
		if k == len(way)-2 {
			end -= 6
		}
		bend, level := (r.X-x)/2, r.Y+r.H/2
		d += fmt.Sprintf(" C%.1f %.1f %.1f %.1f %.1f %.1f", x+bend, y, r.X-bend, level, end, level)
		if k < len(way)-2 {
			d += fmt.Sprintf(" H%.1f", r.X+r.W)
		}
		x, y = r.X+r.W, level
	}
	s.Group("edge-group", e.Words)
	s.Path("edge "+e.Class, d)
	s.Path("head "+e.Class, fmt.Sprintf("M%.1f %.1f l-8 -4.5 v9 z", to.X, to.Y+to.H/2))
	s.Text("edge-words", from.X+from.W+8, from.Y+from.H/2-5, e.Words, 25)
	s.EndGroup()
}

func box(s *SVG, n Node, r Rect) {
	words := n.Words
	if n.Note != "" {
		words += ", " + n.Note
	}
	if n.Link != "" {
		s.Link(n.Link, words)
	} else {
		s.Group("", words)
	}
	s.Rect("node "+n.Class, r, 6)
	y := r.Y + r.H/2 + 4
	if n.Note != "" {
		y -= 8
		s.Text("node-note", r.X+r.W/2, y+16, n.Note, 30)
	}
	s.Text("node-words", r.X+r.W/2, y, n.Words, 24)
	if n.Link != "" {
		s.Close()
	} else {
		s.EndGroup()
	}
}

// describe tells the picture in words, edge by edge.
func describe(nodes []Node, edges []Edge, index map[string]int) string {
	out := ""
	for _, e := range edges {
		from, ok1 := index[e.From]
		to, ok2 := index[e.To]
		if ok1 && ok2 {
			out += nodes[from].Words + " " + e.Words + " " + nodes[to].Words + ". "
		}
	}
	return out
}
