package text

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"testing"

	"github.com/chartroom/chartroom/detect/words"
)

func TestShow(t *testing.T) {
	glob := os.Getenv("SHOW")
	if glob == "" {
		t.Skip()
	}
	files, _ := filepath.Glob(glob)
	if list, err := os.ReadFile(glob); err == nil && filepath.Ext(glob) == ".list" {
		files = nil
		for _, f := range splitLines(string(list)) {
			files = append(files, f)
		}
	}
	sc := New(words.Load())
	total := 0
	counts := map[string]int{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		total += len(b)
		sc.Reset()
		n := map[string]int{}
		sc.Scan(b, 0, len(b), func(s Span) {
			if s.Likelihood >= .5 {
				counts[s.Kind.String()]++
				n[s.Kind.String()]++
				fmt.Printf("%s %.2f %s\t%q <<%q>> %q\n", s.Kind, s.Likelihood, filepath.Base(f), b[max(0, s.Start-30):s.Start], b[s.Start:s.End], b[s.End:min(len(b), s.End+25)])
			}
		})
		fmt.Printf("FILE %s bytes=%d health=%d classes=%v %v\n", f, len(b), sc.Health(), sc.Classes(), n)
	}
	keys := []string{}
	for k := range counts {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		fmt.Printf("TOTAL %s %d (%.1f per MB)\n", k, counts[k], float64(counts[k])/float64(total)*1e6)
	}
	fmt.Println("TOTAL bytes", total)
}

func splitLines(s string) (out []string) {
	for len(s) > 0 {
		i := 0
		for i < len(s) && s[i] != '\n' {
			i++
		}
		out = append(out, s[:i])
		s = s[min(len(s), i+1):]
	}
	return
}

func TestFake(t *testing.T) {
	p := os.Getenv("FAKE")
	if p == "" {
		t.Skip()
	}
	text, _ := os.ReadFile(p + ".txt")
	gold, ignored := readSpans(t, p+".spans.csv")
	spans := characters(text, scanAll(text))
	var pred []scored
	for _, s := range spans {
		if s.Likelihood >= .5 {
			pred = append(pred, scored{s.Start, s.End, foldKind(s.Kind.String())})
		}
	}
	runes := []rune(string(text))
	tot := tally(pred, gold, ignored, 0, len(runes))
	for _, k := range []string{"name", "address", "date", "phone", "email", "ssn", "id", "ip", "url", "all"} {
		t.Logf("%-8s %v", k, tot[k])
	}
	os.Setenv("CHARTROOM_ERRORS", "2")
	listErrors(t, runes, spans, gold, ignored)
}
