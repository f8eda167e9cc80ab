package xml

import (
	"bytes"
	"context"
	stdxml "encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/charset"
	"github.com/chartroom/chartroom/format/formattest"
)

// flat writes down the tokens of a text, pieces put together and white space in text taken out.
func flat(src io.Reader) (out []string, s *Scanner, err error) {
	s = NewScanner(context.Background(), src, -1)
	text := ""
	flush := func() {
		if text != "" {
			out = append(out, "T "+text)
			text = ""
		}
	}
	for {
		t, err := s.Next()
		if err != nil || t == EOF {
			flush()
			return out, s, err
		}
		switch t {
		case Start:
			flush()
			out = append(out, "S "+space(s.URI(s.Space()))+" "+string(s.Name()))
			for _, a := range s.Attrs() {
				out = append(out, "A "+string(a.Name)+"="+squeeze(string(a.Value)))
			}
		case Long:
			v := string(s.Value())
			k := string(s.Key())
			for s.More() {
				if _, err := s.Next(); err != nil {
					return out, s, err
				}
				v += string(s.Value())
			}
			out = append(out, "A "+k+"="+squeeze(v))
		case End:
			flush()
			out = append(out, "E "+string(s.Name()))
		case Text:
			text += squeeze(string(s.Value()))
		case Comment:
			v := string(s.Value())
			for s.More() {
				if _, err := s.Next(); err != nil {
					return out, s, err
				}
				v += string(s.Value())
			}
			flush()
			out = append(out, "C "+squeeze(v))
		}
	}
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }

// oracle writes the tokens down as the standard library sees them.
func oracle(src io.Reader) (out []string, err error) {
	d := stdxml.NewDecoder(src)
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	text := ""
	flush := func() {
		if text != "" {
			out = append(out, "T "+text)
			text = ""
		}
	}
	for {
		t, err := d.Token()
		if err != nil {
			flush()
			if err == io.EOF {
				err = nil
			}
			return out, err
		}
		switch t := t.(type) {
		case stdxml.StartElement:
			flush()
			out = append(out, "S "+space(t.Name.Space)+" "+t.Name.Local)
			for _, a := range t.Attr {
				if a.Name.Local != "xmlns" && a.Name.Space != "xmlns" {
					out = append(out, "A "+a.Name.Local+"="+squeeze(a.Value))
				}
			}
		case stdxml.EndElement:
			flush()
			out = append(out, "E "+t.Name.Local)
		case stdxml.CharData:
			text += squeeze(string(t))
		case stdxml.Comment:
			flush()
			out = append(out, "C "+squeeze(string(t)))
		}
	}
}

// space blanks what is only a prefix that was not declared.
func space(s string) string {
	if strings.ContainsAny(s, ":/") {
		return s
	}
	return ""
}

func agree(t interface{ Fatalf(string, ...any) }, name string, text []byte) {
	want, err := oracle(bytes.NewReader(text))
	if err != nil {
		return // what the library refuses is ours to recover from
	}
	for how, src := range map[string]io.Reader{"whole": bytes.NewReader(text), "halves": iotest.HalfReader(bytes.NewReader(text))} {
		got, s, err := flat(src)
		if err != nil {
			t.Fatalf("%s, %s: %v", name, how, err)
		}
		if n, at := s.Faults(); n > 0 {
			t.Fatalf("%s, %s: %d faults, first at %d", name, how, n, at)
		}
		for i := range max(len(got), len(want)) {
			if i >= len(got) || i >= len(want) || got[i] != want[i] {
				t.Fatalf("%s, %s: token %d: got %.120q, want %.120q", name, how, i, got[min(i, len(got)):min(i+2, len(got))], want[min(i, len(want)):min(i+2, len(want))])
			}
		}
	}
}

func TestScannerAgreesWithLibraryOnCorpus(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(formattest.Corpus(t), "*", "*.xml"))
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		r, _ := charset.Reader(data[:min(len(data), format.HeadSize)], bytes.NewReader(data))
		text, _ := io.ReadAll(r)
		agree(t, f, text)
	}
	t.Logf("%d files", len(files))
}

// anElement writes a random element, its names and values full of what is special.
func anElement(t *rapid.T, depth int) string {
	name := rapid.SampledFrom([]string{"a", "b", "patient", "x:c", "ö", "a.b-c_1"}).Draw(t, "name")
	var b strings.Builder
	b.WriteString("<" + name)
	if rapid.Bool().Draw(t, "declares") {
		b.WriteString(` xmlns:x="urn:x` + rapid.SampledFrom([]string{"1", "2"}).Draw(t, "uri") + `"`)
	}
	if rapid.IntRange(0, 4).Draw(t, "default") == 0 {
		b.WriteString(` xmlns="urn:` + rapid.SampledFrom([]string{"d", "e"}).Draw(t, "uri") + `"`)
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "attributes") {
		q := rapid.SampledFrom([]string{`"`, `'`}).Draw(t, "quote")
		b.WriteString(fmt.Sprintf("%s k%d %s=\n%s%s%s", rapid.SampledFrom([]string{"", "\n", "\t "}).Draw(t, "blank"), i, "", q,
			strings.ReplaceAll(chars(t), q, ""), q))
	}
	if rapid.IntRange(0, 3).Draw(t, "empty") == 0 {
		return b.String() + rapid.SampledFrom([]string{"/>", " />", "\n/>"}).Draw(t, "end")
	}
	b.WriteString(">")
	for range rapid.IntRange(0, 4).Draw(t, "children") {
		switch rapid.IntRange(0, 5).Draw(t, "child") {
		case 0, 1:
			b.WriteString(chars(t))
		case 2:
			b.WriteString("<![CDATA[" + strings.ReplaceAll(rapid.StringMatching(`[ -~<>&\]]{0,20}`).Draw(t, "cdata"), "]]>", "") + "]]>")
		case 3:
			b.WriteString("<!--" + rapid.StringMatching(`[a-z<>&' ]{0,12}`).Draw(t, "comment") + "-->")
		case 4:
			b.WriteString("<?pi " + rapid.StringMatching(`[a-z<& ]{0,12}`).Draw(t, "pi") + "?>")
		default:
			if depth < 5 {
				b.WriteString(anElement(t, depth+1))
			}
		}
	}
	return b.String() + "</" + name + rapid.SampledFrom([]string{"", " ", "\n"}).Draw(t, "blank") + ">"
}

func chars(t *rapid.T) string {
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", " ", "\n", "\"", "'", "&lt;", "&gt;", "&amp;", "&quot;", "&apos;",
		"&#65;", "&#x1F600;", "&#xe9;", "é", "]]", "€", "/", ">", "="}), 0, 12).Draw(t, "chars"), "")
}

func TestScannerAgreesWithLibraryOnRandomDocuments(t *testing.T) {
	read := 0
	rapid.Check(t, func(t *rapid.T) {
		text := []byte("<?xml version='1.0'?>\n" + anElement(t, 0))
		if _, err := oracle(bytes.NewReader(text)); err == nil {
			read++
		}
		agree(t, string(text), text)
	})
	if read < 10 {
		t.Errorf("the library read only %d documents", read)
	}
}

func TestScannerRecovers(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"<a><b>x</a>", "S  a|S  b|T x|E b|E a"},
		{"<a></b>x</a>", "S  a|T x|E a"},
		{"<a>1 < 2 & 3</a>", "S  a|T 1<2&3|E a"},
		{"<a b=c d>x</a>", "S  a|A b=c|A d=|T x|E a"},
		{"<a b='x' <c/></a>", "S  a|A b=x|S  c|E c|E a"},
		{"<a>&nbsp;&x;</a>", "S  a|T &nbsp;&x;|E a"},
		{"<a/><b/>tail", "S  a|E a|S  b|E b|T tail"},
		{"<p:a xmlns:p='urn:1'><p:b/></p:a><p:c/>", "S urn:1 a|S urn:1 b|E b|E a|S  c|E c"},
		{"<a><![CDATA[<b>&amp;]]>c</a>", "S  a|T <b>&amp;c|E a"},
		{"<!DOCTYPE a [<!-- it's --><!ENTITY x 'a>b'><?p '?>]><a>&x;</a>", "S  a|T &x;|E a"},
		{"<a>&#0;&#xD800;&#99999999;</a>", "S  a|T \uFFFD\uFFFD\uFFFD|E a"},
	} {
		got, _, err := flat(strings.NewReader(c.text))
		if s := strings.Join(got, "|"); s != c.want || err != nil {
			t.Errorf("%s: %s, %v; want %s", c.text, s, err, c.want)
		}
	}
	for _, text := range []string{"<a", "<a>", "<a b='", "<a b", "<!--", "<a><![CDATA[x", "<!DOCTYPE [", "<?x", "<a></a", "<a></"} {
		if _, _, err := flat(strings.NewReader(text)); !errors.Is(err, format.ErrDamaged) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestScannerTakesLongThingsInPieces reads names, values, attributes and comments that are longer than any chunk.
func TestScannerTakesLongThingsInPieces(t *testing.T) {
	long := strings.Repeat("0123456789&amp;é", 100_000)
	plain := strings.ReplaceAll(long, "&amp;", "&")
	many := ""
	for i := range 3000 {
		many += fmt.Sprintf(" k%d='v'", i)
	}
	for name, c := range map[string]struct{ text, want string }{
		"text":       {"<a>" + long + "</a>", "S  a|T " + plain + "|E a"},
		"attribute":  {"<a x='1' b='" + long + "' c='2'>t</a>", "S  a|A x=1|A b=" + plain + "|A c=2|T t|E a"},
		"empty":      {"<a b='" + long + "'/>", "S  a|A b=" + plain + "|E a"},
		"comment":    {"<a><!--" + long + "--></a>", "S  a|C " + long + "|E a"},
		"cdata":      {"<a><![CDATA[" + long + "]]></a>", "S  a|T " + long + "|E a"},
		"attributes": {"<a" + many + "/>", "S  a|A " + strings.Join(strings.Fields(strings.ReplaceAll(many, "'", "")), "|A ") + "|E a"},
		"deep": {strings.Repeat("<d>", MaxDepth+100) + "x" + strings.Repeat("</d>", MaxDepth+100),
			strings.Repeat("S  d|", MaxDepth) + strings.Repeat("E d|", MaxDepth-1) + "E d"},
	} {
		got, s, err := flat(strings.NewReader(c.text))
		if g := strings.Join(got, "|"); g != c.want || err != nil {
			i := 0
			for i < min(len(g), len(c.want)) && g[i] == c.want[i] {
				i++
			}
			t.Errorf("%s: %d bytes for %d, differ at %d, %v", name, len(g), len(c.want), i, err)
		}
		if n, _ := s.Faults(); n > 0 {
			t.Errorf("%s: %d faults", name, n)
		}
		if name == "deep" && s.TooDeep() != 1 {
			t.Errorf("%d elements too deep", s.TooDeep())
		}
	}
}

func BenchmarkScanner(b *testing.B) {
	data := ccd()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		s := NewScanner(context.Background(), bytes.NewReader(data), -1)
		for {
			if t, err := s.Next(); err != nil {
				b.Fatal(err)
			} else if t == EOF {
				break
			}
		}
	}
}

// ccd writes a document of the density of a clinical one.
func ccd() []byte {
	var b bytes.Buffer
	b.WriteString("<ClinicalDocument xmlns=\"urn:hl7-org:v3\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n")
	for i := range 20_000 {
		fmt.Fprintf(&b, "\t\t\t<entryRelationship typeCode=\"SUBJ\">\n\t\t\t\t<observation classCode=\"OBS\" moodCode=\"EVN\">\n"+
			"\t\t\t\t\t<templateId root=\"2.16.840.1.113883.10.20.22.4.4\" extension=\"2015-08-01\"/>\n"+
			"\t\t\t\t\t<code code=\"64572001\" codeSystem=\"2.16.840.1.113883.6.96\" displayName=\"Condition\"/>\n"+
			"\t\t\t\t\t<effectiveTime>\n\t\t\t\t\t\t<low value=\"2012%04d\"/>\n\t\t\t\t\t</effectiveTime>\n"+
			"\t\t\t\t\t<text>Some words of narrative, and more.</text>\n\t\t\t\t</observation>\n\t\t\t</entryRelationship>\n", i%1200)
	}
	b.WriteString("</ClinicalDocument>\n")
	return b.Bytes()
}
