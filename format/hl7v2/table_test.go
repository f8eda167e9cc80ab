package hl7v2

import (
	"math"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/phi"
)

// TestTable: the table of positions is well formed.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	all := append([][]segment{{historyQuery}}, segments...)
	for i, chapter := range all {
		for _, s := range chapter {
			if len(s.id) != 3 || !segmentName([]byte(s.id)) || i > 0 && seen[s.id] || s.chapter == "" || s.last == 0 || s.who == unsaid {
				t.Errorf("segment %q", s.id)
			}
			seen[s.id] = i > 0
			before := uint16(0)
			for _, f := range s.fields {
				if f.n <= before || f.name == "" || f.n > s.last && s.id != "QPD" {
					t.Errorf("%s-%d %s: not in order, or without a name", s.id, f.n, f.name)
				}
				before = f.n
				if needs := f.t == cx || f.t == ei || f.t == eip || f.t == dtm || f.t == varies || f.t == qip; needs != (f.kind != phi.None) && f.t != st && f.t != xcn {
					t.Errorf("%s-%d %s: kind %s", s.id, f.n, f.name, f.kind)
				}
				if f.t == st && f.kind == phi.None && f.part == phi.PartNone || f.t == dtm && f.kind.Coarse() != phi.Date {
					t.Errorf("%s-%d %s: says nothing", s.id, f.n, f.name)
				}
				if (f.t == status) != (f.void != "") || f.void != "" && (!strings.HasPrefix(f.void, " ") || !strings.HasSuffix(f.void, " ")) {
					t.Errorf("%s-%d %s: values %q", s.id, f.n, f.name, f.void)
				}
			}
		}
	}
	if len(positions.plans) > math.MaxUint8 {
		t.Errorf("%d segments do not fit the index", len(positions.plans))
	}
}

// TestPlaces: each outlet of the table makes a place that says what its rule is, and codes and names differ in kind.
func TestPlaces(t *testing.T) {
	for _, p := range positions.plans[1:] {
		for _, f := range p.at {
			if f == nil {
				continue
			}
			for i := range outlets[f.t] {
				place := f.place(i)
				if !strings.HasPrefix(place.Field, p.id+"-") || !strings.Contains(place.Rule, f.name) || place.Kind == own || place.Subject == phi.Unknown {
					t.Errorf("%s-%d outlet %d: %+v", p.id, f.n, i, place)
				}
			}
		}
	}
}

func TestUnescape(t *testing.T) {
	for in, want := range map[string]string{
		`a\F\b\S\c\T\d\R\e\E\f`: `a|b^c&d~e\f`, `x\.br\y\.sp+2\z\.in4\w`: "x\ny\nz w", `\H\bold\N\`: "bold",
		`\X41\\X4243\`: "ABC", `\X4\`: `\X4\`, `\Xzz\`: `\Xzz\`, `a\`: `a\`, `\`: `\`, `C:\new\table`: `C:\new\table`, `\C2842\x`: " x", `\Q\`: `\Q\`, `\\`: `\\`, `\P\`: "#",
	} {
		if got := string(unescape(nil, []byte(in), usual)); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}
