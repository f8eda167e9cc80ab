package opengraph

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chartroom/chartroom/estate"
)

// lines gives what a file says: kind, principal, action, target, detail.
func lines(t testing.TB, text string) (out []string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "g.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := New(path, "").Grants(context.Background(), func(g estate.Grant) error {
		if g.System != "opengraph" || g.Scope != "g.json" || g.From != "g.json" {
			t.Errorf("%+v", g)
		}
		out = append(out, strings.Join([]string{g.Kind, g.Principal, g.Action, g.Target, g.Detail + g.Why}, "|"))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestFile(t *testing.T) {
	got := lines(t, `{"x":[{"y":[1]}],"metadata":{"source_kind":"Base"},"graph":{
		"edges":[
			{"kind":"A","start":{"value":"1"},"end":{"match_by":"property","property_matchers":[{"key":"town","operator":"equals","value":"X"},{"key":"apitoken","operator":"equals","value":"X"}]}},
			{"kind":"A","start":{"value":"1"},"end":{"match_by":"property","property_matchers":[{"key":"town","operator":"equals","value":"X"}]},"properties":{"chartroom_condition":5}},
			{"kind":"A","start":{"value":"1"},"end":{"value":"2"},"properties":{"chartroom_verb":"may"}},
			{"kind":7},"odd",
			{"kind":"A","start":{"value":"1"},"end":{"match_by":"guess","value":"2"}}],
		"nodes":[{"id":"1","kinds":["User"],"properties":{"name":"A\u0007","town":"X","street":"Y","apitoken":"Z","enabled":true,"email":["a"]}},{"id":5},{"kinds":[]}]}}`)
	want := []string{
		`edge|1|A||{"end":{"match_by":"property","property_matchers":[{"key":"town","operator":"equals","value":"X"}]}}`,
		`edge|1|A|2|{"verb":"may"}`,
		`node|1|||{"kinds":["User"],"properties":{"enabled":true,"name":"A\\x07","town":"X"}}`,
		`file|g.json|||{"edges":2,"nodes":1,"source":"Base"}`,
	}
	unseen := 0
	got = slices.DeleteFunc(got, func(l string) bool {
		if strings.HasPrefix(l, "unseen") {
			unseen++
		}
		return strings.HasPrefix(l, "unseen")
	})
	if unseen != 6 {
		t.Errorf("%d are told to be unseen, and 6 are", unseen)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestBroken: where a file breaks off, that is told, and what stands before it is as well.
func TestBroken(t *testing.T) {
	node := `{"graph":{"nodes":[{"id":"1","kinds":[]},`
	for name, c := range map[string]struct{ text, want string }{
		"nothing":    {"", "the file ends too early"},
		"no object":  {"[]", "this is no OpenGraph"},
		"text":       {"hello", "this is no JSON"},
		"cut":        {node, "behind 1 nodes and 0 edges nothing could be read: byte"},
		"no list":    {`{"graph":{"nodes":5}}`, "a list of nodes or edges belongs here"},
		"huge":       {node + `{"id":"` + strings.Repeat("a", 2<<20) + `"}]}}`, "one value has more than 1 MiB"},
		"deep":       {`{"x":` + strings.Repeat("[", 100), "deeper than 64"},
		"SharpHound": {`{"data":[],"meta":{}}`, "load it into BloodHound"},
		"many":       {`{"graph":{"nodes":[` + strings.Repeat("5,", 200) + `5]}}`, "more nodes and edges cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := strings.Join(lines(t, c.text), "\n"); !strings.Contains(got, c.want) {
				t.Errorf("no %q in %.1000q", c.want, got)
			}
		})
	}
}

func TestEnds(t *testing.T) {
	if err := New(filepath.Join(t.TempDir(), "none"), "").Grants(context.Background(), nil); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	path := filepath.Join(t.TempDir(), "g.json")
	os.WriteFile(path, []byte(`{"graph":{"nodes":[{"id":"1","kinds":[]}]}}`), 0o600)
	full := errors.New("full")
	if err := New(path, "AD").Grants(context.Background(), func(estate.Grant) error { return full }); !errors.Is(err, full) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := New(path, "AD").Grants(ctx, func(estate.Grant) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func FuzzGraph(f *testing.F) {
	for _, s := range []string{`{"graph":{"nodes":[{"id":"1","kinds":["User"],"properties":{"name":"a"}}],"edges":[{"kind":"A","start":{"value":"1"},"end":{"match_by":"name","value":"2"}}]}}`,
		`{"metadata":{"source_kind":5},"graph":null}`, `{"data":[]}`, `{"graph":{"edges":[{"kind":"A","start":{"match_by":"property","property_matchers":[{"key":"a","operator":"equals","value":1}]},"end":{"value":"x"}}]}}`, `{"graph":{"nodes":null}}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, line := range lines(t, text) {
			if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' }) {
				t.Errorf("%q", line)
			}
		}
	})
}
