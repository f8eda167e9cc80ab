package board

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/review"
	"github.com/chartroom/chartroom/review/compare"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// content is a review with n repositories and as many gaps.
func content(n int) Content {
	count := func(i int) estate.Count {
		return estate.Count{Estimate: int64(1000*i + 234), Low: int64(1000*i + 200), High: int64(1000*i + 290)}
	}
	l := &review.LedgerAnswer{AsOf: noon, Acquirers: []string{"Meridian"}, Custodians: []string{"Lakeside Clinics", "Harbor Archive"}, Doubts: []string{"no survey has seen s3://lakeside-2014 & its <copies>"},
		Progress: review.Progress{Repositories: review.Share{Done: 3, Of: int64(n), Percent: 37.5}, People: review.Share{Done: 12345, Of: 678910, Percent: 1.8}}}
	for i := range n {
		row := review.LedgerRow{Repository: fmt.Sprintf("s3://lakeside-archive-%04d/with a long name/that has to be broken/over several lines", i), Custodian: "Lakeside Clinics", Confidentiality: "V", People: count(i), Migrated: review.No}
		for _, a := range review.Aspects() {
			row.Cells = append(row.Cells, review.Cell{Aspect: a, State: []review.State{review.Yes, review.No, review.Unknown}[i%3]})
		}
		l.Rows = append(l.Rows, row)
		l.Unregistered = append(l.Unregistered, row.Repository)
		l.Gaps = append(l.Gaps, review.Gap{ID: fmt.Sprintf("G-%010x", i*7919), Kind: review.GapUnmigrated, State: []review.State{review.No, review.Unknown}[i%2], Subject: row.Repository, Says: "nobody registered it; it has no label; “quoted” — né 診療" + strings.Repeat("; whether access to it is logged is not known", i%9), People: row.People,
			Sensitivity: []string{"SUD", "HIV", "PSY"}, Owner: "it@lakeside.example", Fix: "put it into the governed register, with label, steward and retention"})
		l.Labels = append(l.Labels, review.Label{Place: row.Repository + "/a.tsv", Label: "internal", Measured: "V", People: row.People, State: review.No, Says: "it is labelled internal, and V was measured, which that label does not allow"})
	}
	side := func(name string, people int) compare.Side {
		c := estate.Count{Estimate: int64(people), Low: int64(people), High: int64(people)}
		s, err := compare.Measures(&compare.Subject{Custodian: name, At: noon, Repositories: []compare.Repository{{Name: "s3://" + name, PHI: true, Seen: &noon, Items: 10, Readers: true}}, Count: func([]string) (estate.Count, error) { return c, nil }})
		if err != nil {
			panic(err)
		}
		return s
	}
	both := compare.Compare(side("Meridian", 900000), side("Lakeside Clinics", 5250))
	p := &review.PostureAnswer{AsOf: noon, Unknown: []string{"when 3 of 9 accounts were last used"}}
	p.Accounts = append(p.Accounts, review.Account{Kinds: []string{review.Standing, review.Orphaned}, Now: count(7), Most: count(9), Says: "nobody knows it"})
	p.Clients = append(p.Clients, review.Client{Vendor: "Harbor Archive", Now: count(5), Most: count(5), Says: "its agreement expired on 2024-06-30"})
	f := &review.ControlsAnswer{AsOf: noon, Framework: "hipaa", Title: "HIPAA Security Rule", Counts: map[review.Status]int{review.Evidenced: 41, review.Missing: 3}, Counted: review.Share{Done: 41, Of: 53, Percent: 77.4}}
	for i := range n {
		f.Rows = append(f.Rows, review.ControlRow{Control: review.Control{ID: fmt.Sprintf("45 CFR 164.312(%d)", i), Title: "Audit controls"}, Status: review.Evidenced, Outcome: review.Partly, Age: &noon, Says: "access is logged in 3 of 5 repositories"})
	}
	return Content{Ledger: l, Posture: p, Beside: []*compare.Comparison{&both}, Controls: []*review.ControlsAnswer{f}, Points: []review.Point{{At: noon, Gaps: 4, Progress: l.Progress}}, Made: noon, Version: "test"}
}

// squeezed leaves out blanks and what is set where a line is broken.
func squeezed(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '\f' || r == 0xad {
			return -1
		}
		return r
	}, s)
}

// words are all texts of a document that have to stand in every form.
func words(d *Document) (out []string) {
	out = append(out, d.Title, d.About)
	out = append(out, d.Answer...)
	out = append(out, d.Doubts...)
	for _, f := range d.Figures {
		out = append(out, f.Name, f.Value, f.Note)
	}
	for _, s := range d.Sections {
		out = append(out, s.Title, s.Lead)
		for _, c := range s.Columns[:min(len(s.Columns), len(s.Columns)*len(s.Rows))] { // a table of nothing has no head
			out = append(out, c.Name)
		}
		for _, row := range s.Rows {
			for _, c := range row {
				out = append(out, c.Text)
			}
		}
	}
	return out
}

// extracted gives the text of a PDF, as a program that nobody here wrote reads it, and how many pages it has.
func extracted(t *testing.T, pdf []byte) (text string, pages int) {
	t.Helper()
	for _, program := range []string{"pdftotext", "pdfinfo"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip("skipped: there is no " + program)
		}
	}
	path := filepath.Join(t.TempDir(), "a.pdf")
	if err := os.WriteFile(path, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pdftotext", "-raw", "-enc", "UTF-8", path, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	info, err := exec.Command("pdfinfo", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`Pages:\s+(\d+)`).FindSubmatch(info)
	fmt.Sscan(string(m[1]), &pages)
	return string(out), pages
}

var tag = regexp.MustCompile(`(?s)<style>.*?</style>|<[^>]*>`)

func TestTheSameFiguresInEveryForm(t *testing.T) {
	for _, n := range []int{0, 1, 8, 60} {
		d := Compose(content(n))
		var page, pdf bytes.Buffer
		if err := HTML(&page, d); err != nil {
			t.Fatal(err)
		}
		if err := PDF(&pdf, d); err != nil {
			t.Fatal(err)
		}
		text, _ := extracted(t, pdf.Bytes())
		inPDF, inHTML := squeezed(text), squeezed(html.UnescapeString(tag.ReplaceAllString(page.String(), " ")))
		for _, w := range words(d) {
			if !strings.Contains(inHTML, squeezed(w)) {
				t.Errorf("%d: the page has no %q", n, w)
			}
			w = strings.NewReplacer("診", "<U+8A3A>", "療", "<U+7642>").Replace(w)
			if !strings.Contains(inPDF, squeezed(w)) {
				t.Errorf("%d: the PDF has no %q", n, w)
			}
		}
	}
}

// TestJSONHasTheSameFigures: what the answers say as JSON is what the documents say.
func TestJSONHasTheSameFigures(t *testing.T) {
	c := content(8)
	d := Compose(c)
	text, err := json.Marshal(struct{ L, C any }{c.Ledger, c.Beside})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range d.Sections {
		if s.Name != "gaps" && !strings.HasPrefix(s.Name, "compare") {
			continue
		}
		for _, row := range s.Rows {
			for i, cell := range row {
				if s.Columns[i].Name == "What" || s.Columns[i].Name == "People" || s.Columns[i].Name == "Sensitivity" {
					continue // made of several fields
				}
				var quoted bytes.Buffer
				enc := json.NewEncoder(&quoted)
				if err := enc.Encode(cell.Text); err != nil {
					t.Fatal(err)
				}
				if !bytes.Contains(text, bytes.Trim(bytes.TrimSpace(quoted.Bytes()), `"`)) {
					t.Errorf("%s: the JSON has no %s", s.Name, &quoted)
				}
			}
		}
	}
	for _, want := range []string{`"people":{"done":12345,"of":678910`, `"estimate":7234`} {
		if !bytes.Contains(text, []byte(want)) {
			t.Errorf("no %s", want)
		}
	}
}

func TestTheBoardReadsOnePage(t *testing.T) {
	for _, n := range []int{0, 8, 500} {
		d := Compose(content(n))
		var pdf, page bytes.Buffer
		if err := PDFPage(&pdf, d); err != nil {
			t.Fatal(err)
		}
		text, pages := extracted(t, pdf.Bytes())
		if pages != 1 || !strings.Contains(squeezed(text), squeezed(d.Answer[0])) || n > 5 && !strings.Contains(text, "G-0000007bbc") {
			t.Errorf("%d repositories: %d pages\n%s", n, pages, text)
		}
		if err := HTMLPage(&page, d); err != nil || !strings.Contains(page.String(), html.EscapeString(d.Answer[0])) {
			t.Error(err)
		}
	}
}

// TestPagesArePrinted lets a browser print: the page of a board is one, and the whole is all there.
func TestPagesArePrinted(t *testing.T) {
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("skipped: there is no chromium")
	}
	d := Compose(content(12))
	dir := t.TempDir()
	for name, write := range map[string]func() ([]byte, error){
		"page.html":  func() ([]byte, error) { var b bytes.Buffer; err := HTMLPage(&b, d); return b.Bytes(), err },
		"whole.html": func() ([]byte, error) { var b bytes.Buffer; err := HTML(&b, d); return b.Bytes(), err },
	} {
		text, err := write()
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", "--user-data-dir="+filepath.Join(dir, "profile"), "--print-to-pdf="+filepath.Join(dir, name+".pdf"), "file://"+filepath.Join(dir, name))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Skipf("skipped: the browser does not start here: %v %.200s", err, out)
		}
		pdf, err := os.ReadFile(filepath.Join(dir, name+".pdf"))
		if err != nil {
			t.Fatal(err)
		}
		printed, pages := extracted(t, pdf)
		if name == "page.html" && pages != 1 {
			t.Errorf("the page of a board takes %d", pages)
		}
		if !strings.Contains(squeezed(printed), squeezed(d.Answer[1])) {
			t.Errorf("%s has no answer\n%s", name, printed)
		}
	}
}

func TestPagesNeedNothingElse(t *testing.T) {
	var page bytes.Buffer
	if err := HTML(&page, Compose(content(3))); err != nil {
		t.Fatal(err)
	}
	for _, forbidden := range []string{"<script", "http://", "https://", "<img", "<link", "url(", "<copies>", "javascript:"} {
		if strings.Contains(page.String(), forbidden) {
			t.Errorf("the page has %s", forbidden)
		}
	}
	for _, needed := range []string{`<html lang="en">`, "<caption>", `scope="col"`, `scope="row"`, "prefers-color-scheme: dark", "@media print", "<main>", "<h1>"} {
		if !strings.Contains(page.String(), needed) {
			t.Errorf("the page has no %s", needed)
		}
	}
}

func TestTablesAsCSV(t *testing.T) {
	for _, s := range Compose(content(5)).Sections {
		var b bytes.Buffer
		if err := CSV(&b, &s); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(&b).ReadAll()
		if err != nil || len(rows) != len(s.Rows)+1 || len(s.Rows) > 0 && rows[1][0] != s.Rows[0][0].Text {
			t.Errorf("%s: %d rows, %v", s.Name, len(rows), err)
		}
	}
}

func TestNothingGiven(t *testing.T) {
	var page, pdf bytes.Buffer
	d := Compose(Content{Made: noon})
	if err := HTML(&page, d); err != nil {
		t.Error(err)
	}
	if err := PDF(&pdf, d); err != nil {
		t.Error(err)
	}
	var again bytes.Buffer
	if err := PDF(&again, d); err != nil || !bytes.Equal(pdf.Bytes(), again.Bytes()) {
		t.Error("the same document gives other bytes:", err)
	}
}
