package draw

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Tiles fill the field, each by its weight, and none lies on another.
func TestTreemap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var weights []float64 // people: whole numbers
		sum := 0.0
		for _, n := range rapid.SliceOfN(rapid.IntRange(0, 1e6), 1, 60).Draw(t, "weights") {
			weights = append(weights, float64(n))
			sum += float64(n)
		}
		tiles := Treemap(weights, 1200, 500)
		for i, r := range tiles {
			want := 0.0
			if sum > 0 {
				want = weights[i] / sum * 1200 * 500
			}
			if math.Abs(r.W*r.H-want) > 1e-6*1200*500 {
				t.Fatalf("tile %d has %g, want %g", i, r.W*r.H, want)
			}
			if r.X < -1e-3 || r.Y < -1e-3 || r.X+r.W > 1200+1e-3 || r.Y+r.H > 500+1e-3 {
				t.Fatalf("tile %d lies outside: %v", i, r)
			}
			for j := range tiles[:i] {
				o := tiles[j]
				if w, h := min(r.X+r.W, o.X+o.W)-max(r.X, o.X), min(r.Y+r.H, o.Y+o.H)-max(r.Y, o.Y); w > 1e-6 && h > 1e-6 && w*h > 1e-3 {
					t.Fatalf("tiles %d and %d lie on each other", i, j)
				}
			}
		}
	})
}

// Whatever is drawn is well-formed, circles and loose ends included, and an arrow without circles leads to the right.
func TestLayered(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "nodes")
		var nodes []Node
		for i := range n {
			nodes = append(nodes, Node{ID: fmt.Sprint(i), Words: rapid.String().Draw(t, "words"), Note: rapid.SampledFrom([]string{"", "<b>"}).Draw(t, "note"), Link: rapid.SampledFrom([]string{"", "/x?a=\"&b"}).Draw(t, "link")})
		}
		var edges []Edge
		for range rapid.IntRange(0, 20).Draw(t, "edges") {
			edges = append(edges, Edge{From: fmt.Sprint(rapid.IntRange(0, n).Draw(t, "from")), To: fmt.Sprint(rapid.IntRange(0, n).Draw(t, "to")), Words: "may <read>"})
		}
		svg := Layered("a & b", nodes, edges)
		d := xml.NewDecoder(strings.NewReader(svg))
		boxes := 0
		for {
			tok, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%v in %s", err, svg)
			}
			if s, ok := tok.(xml.StartElement); ok && s.Name.Local == "rect" {
				boxes++
			}
		}
		if boxes != n {
			t.Fatalf("%d boxes for %d nodes", boxes, n)
		}
	})
	index := map[string]int{"a": 0, "b": 1, "c": 2}
	chain := []Node{{ID: "a"}, {ID: "b"}, {ID: "c"}}
	assignColumns(chain, []Edge{{From: "a", To: "c"}, {From: "a", To: "b"}, {From: "b", To: "c"}}, index)
	if chain[0].Column != 0 || chain[1].Column != 1 || chain[2].Column != 2 {
		t.Errorf("columns %d %d %d", chain[0].Column, chain[1].Column, chain[2].Column)
	}
}
