package place

import (
	"slices"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/access"
	"pgregory.net/rapid"
)

func TestFind(t *testing.T) {
	a := New([]access.Place{{Repository: "s3://a", Path: "x/1.csv"}, {Repository: "s3://a", Path: "y"}, {Repository: "postgres://h/d1", Path: ""}, {Repository: "postgres://h/d2", Path: ""}})
	for text, want := range map[string]string{
		"s3://a": "{s3://a }", "s3://a/": "{s3://a }", "s3://a/x": "{s3://a x/}", "s3://a/x/1.csv": "{s3://a x/1.csv}", "s3://a/z": "{s3://a z}", "s3://ab": "",
		"postgres://h": "{postgres://h/d1 }{postgres://h/d2 }", "postgres://h/d1": "{postgres://h/d1 }", "": "", "/": "",
	} {
		got := ""
		for _, p := range a.Find(text) {
			got += "{" + p.Repository + " " + p.Path + "}"
		}
		if got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}

// kept takes nodes and edges.
type kept struct {
	access.Sink
	edges []string
	nodes map[string]access.Place
}

func (k *kept) Node(n access.Node) { k.nodes[n.ID] = n.Place }
func (k *kept) Edge(e access.Edge) { k.edges = append(k.edges, e.From+" "+e.To) }

// TestEveryItemHasItsReaders: an item lies in the most specific place that is spoken of, and whoever was given a place that the item lies in
// has an edge to that one. Nobody else has.
func TestEveryItemHasItsReaders(t *testing.T) {
	paths := []string{"", "a", "a/", "a/b", "a/b/", "a/b/c.zip", "a.zip", "ab", "ab/"}
	items := []string{"a", "a/b", "a/b/c.zip", "a/b/c.zip!/x", "a.zip!/y", "ab/z", "q"}
	within := func(item, path string) bool {
		return path == "" || item == path || strings.HasSuffix(path, "/") && strings.HasPrefix(item, path) || strings.HasPrefix(item, path+"!/")
	}
	rapid.Check(t, func(t *rapid.T) {
		var places []access.Place
		for _, i := range items {
			places = append(places, access.Place{Repository: "r", Path: i})
		}
		atlas, given := New(places), map[string][]string{}
		for range rapid.IntRange(0, 8).Draw(t, "given") {
			who, path := rapid.SampledFrom([]string{"ann", "bob"}).Draw(t, "who"), rapid.SampledFrom(paths).Draw(t, "path")
			atlas.Give(access.Edge{From: who}, []access.Place{{Repository: "r", Path: path}})
			given[who] = append(given[who], path)
		}
		k := &kept{nodes: map[string]access.Place{}}
		atlas.Tell(k)
		for _, item := range items {
			best, lies := "", false
			for _, p := range k.nodes {
				if within(item, p.Path) && (!lies || len(p.Path) > len(best)) {
					best, lies = p.Path, true
				}
			}
			for _, who := range []string{"ann", "bob"} {
				want := slices.ContainsFunc(given[who], func(p string) bool { return within(item, p) })
				got := lies && slices.Contains(k.edges, who+" "+Resource(access.Place{Repository: "r", Path: best}).ID)
				if got != want {
					t.Fatalf("%s reads %s: %v, want %v; given %v", who, item, got, want, given)
				}
			}
		}
	})
}
