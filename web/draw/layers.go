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
	boxWidth, boxHeight = 200.0, 46.0
	betweenX, betweenY  = 150.0, 26.0
	margin              = 12.0
)

// Layered draws nodes in columns from left to right, so that arrows lead to the right wherever the edges have no circle; those of a
// circle lead back. Within a column nodes stand near those that they are joined with. The order of nodes and edges decides between
// equals, so the same input gives the same picture.
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
	columns := orderColumns(nodes, edges, index)
	at := make([]Rect, len(nodes))
	tallest := 0
	for _, c := range columns {
		tallest = max(tallest, len(c))
	}
	height := 2*margin + float64(tallest)*(boxHeight+betweenY) - betweenY
	width := 2*margin + float64(len(columns))*(boxWidth+betweenX) - betweenX
	for x, c := range columns {
		top := (height - (float64(len(c))*(boxHeight+betweenY) - betweenY)) / 2
		for y, i := range c {
			at[i] = Rect{margin + float64(x)*(boxWidth+betweenX), top + float64(y)*(boxHeight+betweenY), boxWidth, boxHeight}
		}
	}
	s := NewSVG("paths", title, describe(nodes, edges, index), width, height)
	for _, e := range edges {
		from, ok1 := index[e.From]
		to, ok2 := index[e.To]
		if ok1 && ok2 {
			arrow(s, e, at[from], at[to])
		}
	}
	for i, n := range nodes {
		box(s, n, at[i])
	}
	return s.String()
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

// orderColumns gives the nodes of each column from top to bottom, by the mean place of those that lead to them; empty columns are left out.
func orderColumns(nodes []Node, edges []Edge, index map[string]int) [][]int {
	most := 0
	for _, n := range nodes {
		most = max(most, n.Column)
	}
	raw := make([][]int, most+1)
	for i, n := range nodes {
		raw[n.Column] = append(raw[n.Column], i)
	}
	place := make([]float64, len(nodes))
	var out [][]int
	for _, c := range raw {
		if len(c) == 0 {
			continue
		}
		for _, i := range c {
			sum, n := 0.0, 0
			for _, e := range edges {
				if from, ok := index[e.From]; ok && index[e.To] == i && nodes[from].Column < nodes[i].Column {
					sum, n = sum+place[from], n+1
				}
			}
			place[i] = math.Inf(1)
			if n > 0 {
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

// arrow draws an edge, with its words in the room between the columns.
func arrow(s *SVG, e Edge, from, to Rect) {
	x1, y1, x2, y2 := from.X+from.W, from.Y+from.H/2, to.X, to.Y+to.H/2
	if x2 <= x1 { // it leads back: around beneath
		x1, y1, x2, y2 = from.X+from.W/2, from.Y+from.H, to.X+to.W/2, to.Y+to.H
		s.Path("edge "+e.Class, fmt.Sprintf("M%.1f %.1f C%.1f %.1f %.1f %.1f %.1f %.1f", x1, y1, x1, y1+24, x2, y2+24, x2, y2))
		return
	}
	bend := math.Min(60, (x2-x1)/2)
	s.Group("edge-group", e.Words)
	s.Path("edge "+e.Class, fmt.Sprintf("M%.1f %.1f C%.1f %.1f %.1f %.1f %.1f %.1f", x1, y1, x1+bend, y1, x2-bend, y2, x2-6, y2))
	s.Path("head "+e.Class, fmt.Sprintf("M%.1f %.1f l-8 -4.5 v9 z", x2, y2))
	s.Text("edge-words", x1+8, y1-5, e.Words, 26)
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
