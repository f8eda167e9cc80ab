package text

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"unicode/utf8"

	"github.com/chartroom/chartroom/detect/words"
	"github.com/chartroom/chartroom/phi"
)

// corpus gives the folder of the labelled corpus, and skips the test where there is none.
func corpus(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("CHARTROOM_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no corpus: ", err)
	}
	return dir
}

// scored is a span as the corpus tells it: offsets in characters, kinds folded.
type scored struct {
	start, end int
	kind       string
}

// foldKind is how the corpus groups the kinds.
func foldKind(k string) string {
	switch k {
	case "zip":
		return "address"
	case "date_of_birth":
		return "date"
	case "fax":
		return "phone"
	case "mrn", "account", "license", "health_plan_id", "other_id", "npi", "device":
		return "id"
	}
	return k
}

func readSpans(t *testing.T, path string) (gold, ignored []scored) {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows[1:] {
		start, _ := strconv.Atoi(r[0])
		end, _ := strconv.Atoi(r[1])
		s := scored{start, end, foldKind(r[2])}
		if r[2] == "ignore" {
			ignored = append(ignored, s)
		} else {
			gold = append(gold, s)
		}
	}
	return gold, ignored
}

// characters turns byte offsets into offsets in characters, as `chartroom inspect` prints them.
func characters(text []byte, spans []Span) []Span {
	out := slices.Clone(spans)
	at, n := 0, 0
	count := func(to int) int {
		if to < at {
			at, n = 0, 0
		}
		n += utf8.RuneCount(text[at:to])
		at = to
		return n
	}
	for i := range out {
		out[i].Start = count(out[i].Start)
		out[i].End = count(out[i].End)
	}
	return out
}

func meets(list []scored, s scored, kind string) bool {
	for _, g := range list {
		if g.start < s.end && s.start < g.end && (kind == "" || g.kind == kind) {
			return true
		}
	}
	return false
}

// score is the tally of score_text.py.
type score struct{ tp, n, right, wrong int }

func (s score) String() string {
	r, p := s.rates()
	return fmt.Sprintf("recall=%.4f n=%d precision=%.4f f1=%.4f", r, s.n, p, s.f1())
}

func (s score) rates() (r, p float64) {
	return float64(s.tp) / float64(max(1, s.n)), float64(s.right) / float64(max(1, s.right+s.wrong))
}

func (s score) f1() float64 {
	r, p := s.rates()
	return 2 * r * p / max(r+p, 1e-9)
}

// tally compares the spans within a part of the text.
func tally(pred, gold, ignored []scored, from, to int) map[string]score {
	tot := map[string]score{}
	for _, g := range gold {
		if g.start < from || g.start >= to {
			continue
		}
		s := tot[g.kind]
		s.n++
		if meets(pred, g, g.kind) {
			s.tp++
		}
		tot[g.kind] = s
	}
	for _, p := range pred {
		if p.start < from || p.start >= to {
			continue
		}
		s := tot[p.kind]
		if meets(gold, p, p.kind) {
			s.right++
		} else if !meets(ignored, p, "") {
			s.wrong++
		}
		tot[p.kind] = s
	}
	for k, s := range tot {
		if k == "all" {
			continue
		}
		a := tot["all"]
		tot["all"] = score{a.tp + s.tp, a.n + s.n, a.right + s.right, a.wrong + s.wrong}
	}
	return tot
}

func scanAll(text []byte) []Span {
	var out []Span
	New(words.Load()).Scan(text, 0, len(text), func(s Span) { out = append(out, s) })
	return out
}

// The corpus's annotated text, each half apart: errors were looked at in the first half only, though both share their templates.
// CHARTROOM_ERRORS=1 lists what is missed and wrong there, CHARTROOM_SPANS=FILE writes the spans for score_text.py.
func TestScoreCorpus(t *testing.T) {
	dir := filepath.Join(corpus(t), "text-annotated")
	text, err := os.ReadFile(filepath.Join(dir, "generated_large.txt"))
	if err != nil {
		t.Fatal(err)
	}
	gold, ignored := readSpans(t, filepath.Join(dir, "generated_large.spans.csv"))
	spans := characters(text, scanAll(text))
	if path := os.Getenv("CHARTROOM_SPANS"); path != "" {
		writeSpans(t, path, spans)
	}
	var pred []scored
	for _, s := range spans {
		if s.Likelihood >= .5 {
			pred = append(pred, scored{s.Start, s.End, foldKind(s.Kind.String())})
		}
	}
	runes := []rune(string(text))
	half := len(runes) / 2
	for _, part := range []struct {
		name     string
		from, to int
	}{{"first half", 0, half}, {"second half", half, len(runes)}, {"whole", 0, len(runes)}} {
		tot := tally(pred, gold, ignored, part.from, part.to)
		for _, k := range []string{"name", "address", "date", "phone", "email", "ssn", "id", "ip", "url", "all"} {
			t.Logf("%s %-8s %v", part.name, k, tot[k])
		}
		if tot["all"].f1() < .9 {
			t.Errorf("%s: F1 %.4f is below .90", part.name, tot["all"].f1())
		}
	}
	if os.Getenv("CHARTROOM_ERRORS") != "" {
		listErrors(t, runes, spans, gold, ignored)
	}
}

func writeSpans(t *testing.T, path string, spans []Span) {
	type out struct {
		Start      int      `json:"start"`
		End        int      `json:"end"`
		Kind       phi.Kind `json:"kind"`
		Likelihood float32  `json:"likelihood"`
	}
	list := []out{}
	for _, s := range spans {
		list = append(list, out{s.Start, s.End, s.Kind, s.Likelihood})
	}
	b, err := json.Marshal(map[string]any{"spans": list})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// listErrors prints the errors of the first half with their surroundings: synthetic text, and only on demand.
func listErrors(t *testing.T, runes []rune, spans []Span, gold, ignored []scored) {
	half := len(runes) / 2
	if os.Getenv("CHARTROOM_ERRORS") == "2" {
		half = len(runes)
	}
	show := func(s scored) string {
		return fmt.Sprintf("%q <<%q>> %q", string(runes[max(0, s.start-40):s.start]), string(runes[s.start:s.end]), string(runes[s.end:min(len(runes), s.end+30)]))
	}
	var pred []scored
	for _, s := range spans {
		p := scored{s.Start, s.End, foldKind(s.Kind.String())}
		if s.Likelihood >= .5 {
			pred = append(pred, p)
			if p.start < half && !meets(gold, p, p.kind) && !meets(ignored, p, "") {
				t.Logf("WRONG %s %.2f %s", p.kind, s.Likelihood, show(p))
			}
		}
	}
	for _, g := range gold {
		if g.start < half && !meets(pred, g, g.kind) {
			low := ""
			for _, s := range spans {
				if s.Start < g.end && g.start < s.End {
					low = fmt.Sprintf("%v %.2f", s.Kind, s.Likelihood)
				}
			}
			t.Logf("MISS %s [%s] %s", g.kind, low, show(g))
		}
	}
}
