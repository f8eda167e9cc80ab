package page

import (
	"fmt"
	"html/template"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/threat"
	"github.com/chartroom/chartroom/web/draw"
)

// sizes of the map, in units of the picture.
const mapWidth, mapHeight, mapLow = 1200.0, 520.0, 260.0

// treemap draws repositories by their people, coloured by what is most sensitive in them. One without people that was not read whole is
// drawn, too, as small as can be seen: nobody knows what is in it.
func treemap(m Map) template.HTML {
	weights := make([]float64, len(m.Tiles))
	sum := 0.0
	for i := range m.Tiles {
		weights[i] = float64(m.Tiles[i].People.Estimate)
		sum += weights[i]
	}
	least := max(sum/150, 1)
	for i := range m.Tiles {
		if weights[i] > 0 || m.Tiles[i].Gaps > 0 || m.Tiles[i].Verdict == "unknown" {
			weights[i] = max(weights[i], least)
		}
	}
	height := mapHeight
	if len(m.Tiles) < 8 {
		height = mapLow
	}
	s := draw.NewSVG("treemap", "Repositories by the people in them", "The list beneath holds the same.", mapWidth, height)
	for i, r := range draw.Treemap(weights, mapWidth, height) {
		if r.W > 0 && r.H > 0 {
			tile(s, &m.Tiles[i], r)
		}
	}
	return template.HTML(s.String()) // #nosec: package draw escapes all that it is given
}

// tile draws one repository: its colour says how sensitive it is, the stripe beneath how much of it was not read.
func tile(s *draw.SVG, row *catalog.Row, r draw.Rect) {
	words := fmt.Sprintf("%s, %s, %s people, %s", row.Repository, row.Custodian, count(row.People), strings.Join(row.Sensitivity, " "))
	if row.Gaps > 0 {
		words += ", " + plural(row.Gaps, "gap", "gaps")
	}
	if row.Stale {
		words += ", stale"
	}
	s.Link(link("/repository", "name", row.Repository), words)
	inner := draw.Rect{X: r.X + 1, Y: r.Y + 1, W: max(0, r.W-2), H: max(0, r.H-2)}
	class := "tile " + grade(row)
	if row.Stale {
		class += " stale"
	}
	s.Rect(class, inner, 3)
	if row.Gaps > 0 {
		h := max(4, inner.H*float64(row.Gaps)/float64(max(1, row.Items)))
		h = min(h, inner.H)
		s.Rect("tile-gap", draw.Rect{X: inner.X, Y: inner.Y + inner.H - h, W: inner.W, H: h}, 0)
	}
	if signs := int(inner.W / 9); signs >= 5 && inner.H > 22 {
		s.Text("tile-name", inner.X+7, inner.Y+19, last(row.Repository), signs)
		if inner.H > 42 {
			s.Text("tile-note", inner.X+7, inner.Y+37, number(row.People.Estimate)+" people", signs)
		}
		if inner.H > 60 {
			s.Text("tile-note", inner.X+7, inner.Y+54, strings.Join(row.Sensitivity, " "), signs)
		}
	}
	s.Close()
}

// grade is the class of a repository's colour.
func grade(row *catalog.Row) string {
	switch {
	case row.Confidentiality == "V", row.Confidentiality == "R", row.Confidentiality == "N":
		return "grade-" + row.Confidentiality
	case row.Verdict == "pii", row.Verdict == "health":
		return "grade-pii"
	case row.Verdict == "none":
		return "grade-none"
	}
	return "grade-unknown"
}

// paths draws how readers come to a repository, those that are listed first; readers who come the same way share a box. It draws at
// most so many ways, and those that take an act only where there are no others: the table beneath has them all.
func paths(title string, readers []access.Reader, most int) template.HTML {
	entitled := slices.DeleteFunc(slices.Clone(readers), func(r access.Reader) bool { return r.Layer != access.Entitled.String() })
	if len(entitled) > 0 {
		readers = entitled
	}
	var ways []way
	known := map[string]int{}
	for i := range readers {
		path := readers[i].Path
		if len(path) == 0 || readers[i].Anyone {
			continue
		}
		k := fmt.Sprint(readers[i].Kind, path[0].Verb, path[0].To, path[0].Layer, path[0].Condition, path[1:])
		w, ok := known[k]
		if !ok {
			if w = len(ways); w == most {
				continue
			}
			known[k] = w
			ways = append(ways, way{kind: readers[i].Kind, path: path})
		}
		ways[w].who = append(ways[w].who, readers[i].Name)
	}
	return drawWays(title, ways)
}

// proof draws one proof.
func proof(title string, path []access.Step) template.HTML {
	if len(path) == 0 {
		return ""
	}
	return drawWays(title, []way{{who: []string{last(path[0].From)}, path: path}})
}

// way is a path that some principals of a kind share.
type way struct {
	who  []string
	kind string
	path []access.Step
}

func drawWays(title string, ways []way) template.HTML {
	var nodes []draw.Node
	var edges []draw.Edge
	known, drawn := map[string]bool{}, map[[3]string]bool{}
	box := func(n draw.Node) {
		if !known[n.ID] {
			known[n.ID] = true
			nodes = append(nodes, n)
		}
	}
	for _, w := range ways {
		first := w.path[0].From
		if len(w.who) == 1 {
			box(draw.Node{ID: first, Words: w.who[0], Note: w.kind, Class: "somebody", Link: link("/reach", "as", first)})
		} else {
			box(draw.Node{ID: first, Words: plural(len(w.who), w.kind, w.kind+"s"), Note: strings.Join(w.who, ", "), Class: "somebody many"})
		}
		for i, s := range w.path {
			n := draw.Node{ID: s.To, Words: last(s.To), Class: "somebody", Link: link("/reach", "as", s.To)}
			if i == len(w.path)-1 {
				n.Class, n.Link = "store", link("/repository", "name", s.To)
			}
			box(n)
			if k := [3]string{s.From, s.Verb, s.To}; !drawn[k] {
				drawn[k] = true
				edges = append(edges, draw.Edge{From: s.From, To: s.To, Words: s.Verb, Class: sureClass(s.Layer, s.Condition == "")})
			}
		}
	}
	return template.HTML(draw.Layered(title, nodes, edges)) // #nosec: package draw escapes all that it is given
}

// attack draws a path of a threat: its steps from left to right, each on those that it builds upon.
func attack(p threat.Path) template.HTML {
	var nodes []draw.Node
	var edges []draw.Edge
	for i, s := range p.Steps {
		first, rest := broken(s.Words, 24)
		nodes = append(nodes, draw.Node{ID: fmt.Sprint(i), Words: first, Note: rest, Class: "step"})
		for _, from := range s.From {
			edges = append(edges, draw.Edge{From: fmt.Sprint(from), To: fmt.Sprint(i), Words: s.Technique, Class: certainty(p.Certain)})
		}
	}
	for _, store := range p.Stores {
		nodes = append(nodes, draw.Node{ID: store, Words: last(store), Class: "store", Note: count(p.Loss.People) + " people", Link: link("/repository", "name", store)})
		if len(p.Steps) > 0 {
			edges = append(edges, draw.Edge{From: fmt.Sprint(len(p.Steps) - 1), To: store, Class: certainty(p.Certain)})
		}
	}
	return template.HTML(draw.Layered(p.Title, nodes, edges)) // #nosec: package draw escapes all that it is given
}

// broken cuts words between two of them, so that the first line has at most so many signs.
func broken(words string, most int) (first, rest string) {
	for _, w := range strings.Fields(words) {
		if rest == "" && (first == "" || len(first)+1+len(w) <= most) {
			first = strings.TrimSpace(first + " " + w)
		} else {
			rest = strings.TrimSpace(rest + " " + w)
		}
	}
	return first, rest
}

func certainty(certain bool) string {
	if certain {
		return "sure-now"
	}
	return "sure-perhaps"
}

// bar draws a share of a whole.
func bar(class, words string, part, whole int64) template.HTML {
	share := 0.0
	if whole > 0 {
		share = float64(part) / float64(whole)
	}
	return template.HTML(draw.Bar(class, words, share)) // #nosec: package draw escapes all that it is given
}

// burn draws how what is left goes down.
func burn(title string, points []Burn) template.HTML {
	out := make([]draw.Point, len(points))
	for i, p := range points {
		out[i] = draw.Point{Words: p.At.UTC().Format("01-02"), Left: p.Left, Done: p.Done}
	}
	return template.HTML(draw.Burn(title, out)) // #nosec: package draw escapes all that it is given
}
