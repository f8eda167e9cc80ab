package framework

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/review"
)

// TestShipped counts what comes with the program; the numbers are those of the publications.
func TestShipped(t *testing.T) {
	all := map[string]*review.Framework{}
	for name, want := range map[string]struct{ rows, counted int }{"csf": {106, 46}, "hipaa": {67, 40}, "sp800-66": {126, 0}} {
		f, ok := Named(name)
		if !ok {
			t.Fatalf("%s cannot be read", name)
		}
		all[name] = f
		counted := 0
		for _, c := range f.Controls {
			if c.Topic != "" {
				counted++
			}
			if c.Title == "" || c.Group == "" {
				t.Errorf("%s: %s has no title or group", name, c.ID)
			}
		}
		if len(f.Controls) != want.rows || counted != want.counted || f.Source == "" {
			t.Errorf("%s has %d rows, %d of them counted", name, len(f.Controls), counted)
		}
	}
	ids := map[string]bool{}
	for _, f := range all {
		for _, c := range f.Controls {
			ids[c.ID] = true
		}
	}
	pairs := 0
	for _, f := range []*review.Framework{all["csf"], all["hipaa"]} {
		for _, c := range f.Controls {
			for _, also := range c.Also {
				if pairs++; !ids[also] {
					t.Errorf("%s stands beside %s, which there is not", c.ID, also)
				}
			}
		}
	}
	if pairs != 2*138 {
		t.Errorf("%d pairs of the crosswalk, want 138 in each direction", pairs)
	}
	if all["sp800-66"].Controls[0].Text == "" || all["sp800-66"].Controls[0].Group != "Administrative Safeguards: Security Management Process" {
		t.Errorf("%+v", all["sp800-66"].Controls[0])
	}
	if _, ok := Named("hitrust"); ok {
		t.Error("there is a HITRUST")
	}
}

// TestShippedAgainstOrigin holds the CSF against the file that it was made from.
func TestShippedAgainstOrigin(t *testing.T) {
	shared := os.Getenv("CHARTROOM_SHARED")
	if shared == "" {
		shared = "../../../shared"
	}
	raw, err := os.ReadFile(filepath.Join(shared, "frameworks", "nist_csf_2.0_core.csv"))
	if err != nil {
		t.Skip("the origin is not at hand")
	}
	f, _ := Named("csf")
	for _, c := range f.Controls {
		if !strings.Contains(string(raw), ","+c.ID+",") || !strings.Contains(string(raw), strings.TrimSuffix(c.Title, "…")) {
			t.Errorf("%s is not as in its origin", c.ID)
		}
	}
}

// example is the CSV of docs/review.md, as a user copies it.
func example(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("../../docs/review.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(b), "```csv\n")
	text, _, end := strings.Cut(rest, "```")
	if !ok || !end {
		t.Fatal("docs/review.md has no example of a framework in CSV")
	}
	return text
}

// TestThreeHundredControlsFromTheDocs writes 300 controls in the way that the docs show, and reads them.
func TestThreeHundredControlsFromTheDocs(t *testing.T) {
	text := example(t)
	lines := strings.Split(strings.TrimSpace(text), "\n")
	var b strings.Builder
	b.WriteString(lines[0] + "\n")
	for i := range 300 {
		id, rest, _ := strings.Cut(lines[1+i%(len(lines)-1)], ",")
		fmt.Fprintf(&b, "%s.%d,%s\n", id, i, rest)
	}
	f, err := Read("ours", strings.NewReader(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Controls) != 300 || f.ID != "ours" {
		t.Fatalf("%s has %d controls", f.ID, len(f.Controls))
	}
	if c := f.Controls[1]; c.ID != "AC-2.1" || c.Title != "Leavers" || c.Group != "Access" || c.Topic != "access" || len(c.Checks) != 2 || c.Text == "" {
		t.Errorf("%+v", c)
	}
	if c := f.Controls[3]; c.Topic != "" || len(c.Checks) != 0 {
		t.Errorf("%+v", c)
	}
}

// TestForms: the same rows in the forms that spreadsheets write.
func TestForms(t *testing.T) {
	for name, text := range map[string]string{
		"semicolons":  "\ufeffControl ID;Control Name;Domain\r\nA;Alpha;D\r\n;;\r\nB;Beta;D\r\n",
		"tabs":        "Group\tID\tDescription\nD\tA\tAlpha\nD\tB\tBeta\n",
		"bars":        "reference|objective|assessment domain|other\nA|Alpha|D|x\nB|Beta|D|y\n",
		"oscal":       `{"catalog":{"metadata":{"title":"T"},"groups":[{"title":"D","controls":[{"id":"A","title":"Alpha","props":[{"name":"checks","value":"logging"}]},{"id":"W","props":[{"name":"status","value":"withdrawn"}]},{"id":"B","title":"Beta"}]}]}}`,
		"short lines": "id,title,group\nA,Alpha,D\nB,Beta,D,more,cells\n",
	} {
		f, err := Read("x", strings.NewReader(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(f.Controls) != 2 || f.Controls[0].ID != "A" || f.Controls[0].Title != "Alpha" || f.Controls[1].Group != "D" {
			t.Errorf("%s: %+v", name, f.Controls)
		}
	}
}

// TestMistakes: each is told with its place, and none with what stands there.
func TestMistakes(t *testing.T) {
	for name, c := range map[string][2]string{
		"no id":        {"title,text\nx,y\n", "no column id"},
		"empty":        {"", "no header"},
		"only header":  {"id,title\n", "no controls"},
		"twice":        {"id\nsecret\nb\nsecret\n", "control 3 has the id of control 1"},
		"id missing":   {"id,title\na,x\n,secret\n", "line 3: the control has no id"},
		"topic":        {"id,topic\na,secret\n", "line 2: a topic is"},
		"long":         {"id,text\na," + strings.Repeat("s", mostText+1) + "\n", "line 2: a cell is longer"},
		"utf16":        {"\xff\xfei\x00d\x00", "UTF-8"},
		"json":         {`{"catalog": secret}`, "byte 13"},
		"no catalog":   {`{"profile":{}}`, "no OSCAL catalog"},
		"wrong shape":  {`{"catalog":{"groups":"secret"}}`, "not built as"},
		"deep":         {`{"catalog":{"groups":[` + strings.Repeat(`{"groups":[`, 40) + strings.Repeat("]}", 40) + "]}}", "more than 32 deep"},
		"control bare": {`{"catalog":{"controls":[{"title":"secret"}]}}`, "has no id"},
	} {
		_, err := Read("x", strings.NewReader(c[0]))
		if err == nil || !strings.Contains(err.Error(), c[1]) || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "sss") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Read("x", strings.NewReader("id\n"+strings.Repeat("x\n", mostBytes/2))); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Error(err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("id,title,group,text,topic,checks\na,b,c,d,access,logging\n"))
	f.Add([]byte("id;\"ti\"\"tle\n"))
	f.Add([]byte(`{"catalog":{"metadata":{"title":"T"},"groups":[{"title":"D","controls":[{"id":"A","parts":[{"name":"statement","prose":"x","parts":[{"prose":"y"}]}]}]}]}}`))
	f.Add([]byte("\xef\xbb\xbfid|a\n1|2\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := Read("x", strings.NewReader(string(b)))
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, c := range got.Controls {
			if c.ID == "" || seen[c.ID] || c.Topic != "" && !topics[c.Topic] {
				t.Fatalf("%+v", c)
			}
			seen[c.ID] = true
		}
	})
}
