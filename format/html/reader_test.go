package html

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/formattest"
	"github.com/chartroom/chartroom/format/xml"
	"github.com/chartroom/chartroom/record"
)

const page = `<!DOCTYPE html>
<html><head><title>Visit of Ada Plantagenet</title><meta name=author content="Henry Quill"><meta charset="utf-8"><meta name="viewport" content="width=1">
<style>td { color: red }</style><script>var a = "<b>not text</b>";</script>
<script type="application/ld+json">{"name":"Ada Plantagenet","birthDate":"1970-12-10","address":"17 Quarry Rd, Beaverton"}</script></head>
<body onload="x()"><h1>Summary</h1><!-- exported for Dr. Seven -->
<p>Seen on May&nbsp;4, 2012 &amp; well.<br>Call <a href="tel:503-555-0100">us</a>, or write to <a href='mailto:ada@planted-mail.org'>her</a>.</p>
<div style="display:none">hidden MRN 100201</div><img src="data:image/png;base64,iVBORw0KGgo=" alt="portrait of Ada">
<table><thead><tr><th>Name<th>Date of Birth</tr></thead>
<tr><td>Ada Plantagenet<td>1970-12-10</tr><tr><td>Grace Quillfeather</td><td>1906-12-09</td></tr></table>
<table><tr><td>Medication</td><td>Since</td></tr><tr><td>Aspirin</td><td>2012-05-04</td></tr></table>
<table><tr><th>SSN</th><td>219-46-8317</td></tr><tr><td>MRN:</td><td>100201</td></tr></table>
<table><tr><td>left<table><tr><td>inner</td></tr></table></td><td>right</td></tr></table>
<form><input type=hidden name="patient_id" value="100201"><input type="submit" name="ok" value="Go"><input type=checkbox name=c value=1><input type=radio name="sex" value=F checked>
<textarea name="note">seen &lt;well&gt;</textarea></form>
<ul><li data-mrn="100202" data-name="Grace Quillfeather">first<li>second</ul>
</body></html>`

func TestPage(t *testing.T) {
	got := formattest.Collect(Reader{}, "page.html", []byte(page))
	if got.Err != nil {
		t.Fatal(got.Err)
	}
	var have []string
	for _, r := range got.Records {
		line := ""
		for _, c := range r {
			line += fmt.Sprintf("%s=%s; ", c.Field, strings.ReplaceAll(c.Value, "\n", "/"))
		}
		have = append(have, line)
	}
	slices.Sort(have)
	want := []string{
		"body=Visit of Ada Plantagenet/Summary/Seen on May 4, 2012 & well./Call 503-555-0100 us , or write to ada@planted-mail.org her ./hidden MRN 100201/portrait of Ada; ",
		"body=inner | /right/first/second; ", "body=left; ",
		"comment()= exported for Dr. Seven ; ",
		"data/mrn=100202; data/name=Grace Quillfeather; ",
		"form/patient_id=100201; form/sex=F; form/note=seen <well>; ",
		"meta/author=Henry Quill; ",
		"table/Medication=Aspirin; table/Since=2012-05-04; ",
		"table/Name=Ada Plantagenet; table/Date of Birth=1970-12-10; ", "table/Name=Grace Quillfeather; table/Date of Birth=1906-12-09; ",
		"table/SSN=219-46-8317; table/MRN=100201; ",
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(got.Inner) != 1 || got.Inner[0].Name != "script[1]" || got.Inner[0].Hint != "application/ld+json" {
		t.Errorf("inner %v", got.Inner)
	}
	if len(got.Gaps) != 1 || got.Gaps[0].Reason != estate.GapNoReader {
		t.Errorf("gaps %v", got.Gaps)
	}
}

func TestContract(t *testing.T) {
	formattest.Run(t, Reader{},
		formattest.Sample{Name: "page.html", Data: []byte(page), Claim: format.Certain},
		formattest.Sample{Name: "x.xhtml", Data: []byte(`<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "xhtml1-strict.dtd"><html xmlns="http://www.w3.org/1999/xhtml"><head><title/><script src="a.js"/></head><body><p>Ada</p></body></html>`),
			Claim: format.Certain, Want: []formattest.Record{{{Field: "body", Value: "Ada"}}}},
		formattest.Sample{Name: "piece", Data: []byte(`<div class="a"><p>Ada Plantagenet</div>`), Claim: format.Likely},
	)
}

func TestClaims(t *testing.T) {
	for text, want := range map[string]format.Claim{
		"<!-- a --><!DOCTYPE HTML><p>": format.Certain, "<?xml version='1.0'?>\n<HTML>": format.Certain, "<TABLE border=1><tr>": format.Likely,
		"<svg xmlns='http://www.w3.org/2000/svg'/>": format.No, "<?xml version='1.0'?><note/>": format.No, "<134>log": format.No, "text <p>": format.No, "<": format.No, "<!--": format.No,
	} {
		if got := (Reader{}).Claims("a", []byte(text)); got != want {
			t.Errorf("%s: claim %d, want %d", text, got, want)
		}
	}
}

// ours writes the tokens of a text down.
func ours(text string) (out []string) {
	s := xml.NewScanner(context.Background(), strings.NewReader(text), int64(len(text)))
	s.HTML()
	words := ""
	flush := func() {
		if words != "" {
			out = append(out, "T "+words)
			words = ""
		}
	}
	for {
		t, err := s.Next()
		if err != nil || t == xml.EOF {
			flush()
			return out
		}
		switch t {
		case xml.Start:
			flush()
			out = append(out, "S "+string(s.Name()))
			for _, a := range s.Attrs() {
				out = append(out, "A "+strings.ToLower(string(a.Name))+"="+squeeze(string(a.Value)))
			}
		case xml.End:
			flush()
			out = append(out, "E "+string(s.Name()))
		case xml.Text:
			words += squeeze(string(s.Value()))
		}
	}
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }

// theirs writes the tokens down as the Go project's tokenizer sees them.
func theirs(text string) (out []string) {
	z := html.NewTokenizer(strings.NewReader(text))
	words := ""
	flush := func() {
		if words != "" {
			out = append(out, "T "+words)
			words = ""
		}
	}
	for {
		tt := z.Next()
		if tt == html.ErrorToken {
			flush()
			return out
		}
		token := z.Token()
		switch tt {
		case html.StartTagToken, html.SelfClosingTagToken:
			flush()
			out = append(out, "S "+token.Data)
			for _, a := range token.Attr {
				out = append(out, "A "+a.Key+"="+squeeze(a.Val))
			}
		case html.EndTagToken:
			flush()
			out = append(out, "E "+token.Data)
		case html.TextToken:
			words += squeeze(token.Data)
		}
	}
}

// TestTokensAgreeWithLibrary compares the tokenizer with another on random pages.
func TestTokensAgreeWithLibrary(t *testing.T) {
	piece := rapid.SampledFrom([]string{"<p>", "<P CLASS=a>", "<br/>", "<td width=10% nowrap>", "</td>", "</p >", "<a href='x?a=1&amp;b=2' title=\"t\">", "<input disabled value=5>",
		"text ", "a &lt; b ", "&eacute;&nbsp;&copy ", "5 < 6 ", "<script>if (a < b) { '<p>' }</script>", "<title>a &amp; <b></title>", "<textarea>\n<p></textarea>",
		"<!-- c -->", "<style>p > a {}</style>", "\n", "é", "<h1\n id=x\n>", "</div>", "<option selected>", "<img alt='a>b'>"})
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(piece, 0, 30).Draw(t, "pieces"), "")
		if diff := cmp.Diff(theirs(text), ours(text)); diff != "" {
			t.Fatalf("%q (-theirs +ours):\n%s", text, diff)
		}
	})
	if diff := cmp.Diff(theirs(page), ours(page)); diff != "" {
		t.Errorf("page (-theirs +ours):\n%s", diff)
	}
}

// TestNothingIsLost finds every word of a random page in some cell.
func TestNothingIsLost(t *testing.T) {
	piece := rapid.SampledFrom([]string{"<table>", "</table>", "<tr>", "</tr>", "<td>", "</td>", "<th>", "</th>", "<p>", "<div>", "</div>", "<form>", "</form>", "<thead>", "<textarea name=t>", "</textarea>"})
	rapid.Check(t, func(t *rapid.T) {
		text, count := "<html>", 0
		for _, p := range rapid.SliceOfN(piece, 0, 60).Draw(t, "pieces") {
			text += fmt.Sprintf("%sword%d ", p, count)
			count++
		}
		got := formattest.Collect(Reader{}, "a.html", []byte(text))
		all := ""
		for _, r := range got.Records {
			for _, c := range r {
				all += " " + c.Field + " " + c.Value + " "
			}
		}
		for i := range count {
			if word := fmt.Sprintf("word%d", i); !strings.Contains(all, word) {
				t.Fatalf("%s is lost of %s: %s", word, text, all)
			}
		}
	})
}

func TestLongThings(t *testing.T) {
	long := strings.Repeat("seen and well ", 60_000)
	text := "<html><p>" + long + "<img src='data:image/png;base64," + long + "'><textarea name=n>" + long + "</textarea><script>" + long + "</script><table><tr><th>a<th>b<tr><td>" + long + "<td>x</table>"
	got := formattest.Collect(Reader{}, "a.html", []byte(text))
	if n := len(strings.Join(got.Values("body"), " ")); got.Err != nil || n < 2*len(long)-100 || n > 2*len(long)+100 {
		t.Errorf("%v, body of %d bytes", got.Err, n)
	}
	if n := len(strings.Join(got.Values("form/n"), "")); n < len(long)-2 {
		t.Errorf("a field of %d bytes", n)
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte(page))
	f.Add([]byte("<table><table><tr><td><tr><th>a<th>b<tr><td>1</table></td><textarea name=x>"))
	f.Add([]byte("<script type=json>{</script><iframe srcdoc='<p>'></iframe><title/>&#x;</"))
	f.Fuzz(func(t *testing.T, data []byte) {
		formattest.Collect(Reader{}, "a.html", data)
		Reader{}.Claims("a.html", data)
	})
}

func BenchmarkReader(b *testing.B) {
	row := "<tr><td>Ada Plantagenet</td><td>1970-12-10</td><td>17 Quarry Rd</td><td class=\"n\">100201</td></tr>\n"
	data := []byte("<html><p>" + strings.Repeat("Seen on May 4 and <b>well</b> since then.<br>\n", 50_000) + "<table><tr><th>a<th>b<th>c<th>d</tr>" + strings.Repeat(row, 40_000) + "</table>")
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		in := format.Input{Name: "a.html", Size: int64(len(data)), Head: data[:format.HeadSize], Body: bytes.NewReader(data)}
		out := format.Output{Places: &record.Places{}, Batch: func(*record.Batch) error { return nil }, Gap: func(estate.GapReason, string) {}}
		if err := (Reader{}).Read(context.Background(), in, out); err != nil {
			b.Fatal(err)
		}
	}
}
