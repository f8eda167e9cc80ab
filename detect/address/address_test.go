package address

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/detect/lex"
	"github.com/chartroom/chartroom/detect/words"
	"github.com/google/go-cmp/cmp"
)

// found lists the addresses of a text at a likelihood of 0.5 and more, as "kind: text". No rule but those that reach looks over a line's end.
func found(b *lex.Block, text string) []string {
	out := []string{}
	b.Read([]byte(text), 0, len(text), lex.Opening{At: len(text)})
	b.Divide(func(_, _ []byte) bool { return false })
	Find(b)
	FindBare(b)
	for _, s := range b.Spans {
		if s.Likelihood >= .5 {
			out = append(out, fmt.Sprintf("%v: %s", s.Kind, text[s.Start:s.End]))
		}
	}
	return out
}

func TestFind(t *testing.T) {
	b := lex.New(words.Load())
	for text, want := range map[string]string{
		"He moved to 5104 Maple Street.":                        "address: 5104 Maple Street",
		"5104 Maple Street\nEverett, WA 98208\nCall us":         "address: 5104 Maple Street\nEverett, WA 98208",
		"12 Main St Apt 4,\nDayton, OH 45402-1234":              "address: 12 Main St Apt 4,\nDayton, OH 45402-1234",
		"Send it to P.O. Box 1234, Dayton, OH 45402":            "address: P.O. Box 1234, Dayton, OH 45402",
		"Bahnhofstrasse 12\n8001 Zürich":                        "address: Bahnhofstrasse 12\n8001 Zürich",
		"Calle Mayor, 12":                                       "address: Calle Mayor, 12",
		"She lives in Everett, WA 98208":                        "address: Everett, WA 98208",
		"the corner of Almeida Street":                          "address: Almeida Street",
		"ZIP code: 98208":                                       "zip: 98208",
		"5104 Maple Street\n\nEverett, WA 98208":                "address: 5104 Maple Street|address: Everett, WA 98208",
		"We saw 12 patients on 3 wards.":                        "",
		"12 Main 13 Main 14 Main 15 Main 16 Main 17 Main 18 20": "",
	} {
		if diff := cmp.Diff(want, strings.Join(found(b, text), "|")); diff != "" {
			t.Errorf("%q:\n%s", text, diff)
		}
	}
}

// The rows of a table are long, and are not read anew for each of their numbers; the address behind them is found all the same.
func TestTable(t *testing.T) {
	b := lex.New(words.Load())
	text := strings.Repeat("12 Qx 13 Zb ", 500) + ", and he moved to 5104 Maple Street."
	if diff := cmp.Diff([]string{"address: 5104 Maple Street"}, found(b, text)); diff != "" {
		t.Error(diff)
	}
}

// What follows the end of a text may belong to an address that stands there, and is asked for.
func TestLeaning(t *testing.T) {
	b := lex.New(words.Load())
	for text, want := range map[string]bool{
		"He moved to 5104 Maple Street":  true,
		"5104 Maple Street is his home":  false,
		"98208":                          true,
		"We saw 12 patients on 3 wards.": false,
	} {
		if found(b, text); b.Leaned != want {
			t.Errorf("%q: %v", text, b.Leaned)
		}
	}
}
