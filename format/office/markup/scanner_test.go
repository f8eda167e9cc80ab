package markup

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"github.com/chartroom/chartroom/format"
)

// told writes down what a scanner tells: <name key=value> for a start, / for an end, and the text.
func told(s *Scanner) (string, error) {
	var b strings.Builder
	for {
		token, err := s.Next()
		if err != nil || token == EOF {
			return b.String(), err
		}
		switch token {
		case Start:
			b.WriteString("<" + string(s.Name()))
			for s.NextAttr() {
				b.WriteString(" " + string(s.Key()) + "=" + string(s.Value()))
			}
			b.WriteString(">")
		case End:
			b.WriteString("/")
		case Text:
			b.Write(s.Text())
		}
	}
}

func TestScanner(t *testing.T) {
	for in, want := range map[string]string{
		"":     "",
		"<a/>": "<a>/",
		"<?xml version='1.0'?><w:a w:b=\"1\" c='2'>x</w:a>": "<a b=1 c=2>x/",
		"<a x = \"1\"\n\ty='2' />":                          "<a x=1 y=2>/",
		"<a xmlns=\"u\" xmlns:r=\"v\" r:id=\"7\"/>":         "<a id=7>/",
		"<a b=\"x>y\" c='\">'>z</a>":                        "<a b=x>y c=\">>z/",
		"<a>&lt;&#65;&#x42;&amp;amp;&quot;&apos;&gt;</a>":   "<a><AB&amp;\"'>/",
		"<a>&nbsp;&b;& &#; &#xZ; &#0;</a>":                  "<a>&nbsp;&b;& &#; &#xZ;  /",
		"<a><!-- <b> --><![CDATA[<c>&amp;]]]]></a>":         "<a><c>&amp;]]/",
		"<a><![CDATA[]]></a>":                               "<a>/",
		"<!DOCTYPE a [<!ENTITY b \"]>\"> ]><a>&b;</a>":      "<a>&b;/",
		"<!DOCTYPE a SYSTEM \"x\"><a/>":                     "<a>/",
		"<a></b>":                                           "<a>/",
	} {
		for how, r := range map[string]io.Reader{"whole": strings.NewReader(in), "bytes": iotest.OneByteReader(strings.NewReader(in))} {
			if got, err := told(New(r)); got != want || err != nil {
				t.Errorf("%q, %s: %q, %v", in, how, got, err)
			}
		}
	}
	for _, in := range []string{"<a>", "<a", "</a>", "<a><", "<", "<!-- ", "<a><![CDATA[x", "<!DOCTYPE a [", "< >", "<a b=\"x", "<>", "<a></a></a>"} {
		if _, err := told(New(strings.NewReader(in))); !errors.Is(err, format.ErrDamaged) {
			t.Errorf("%q: %v", in, err)
		}
	}
}

// TestBorders: what stands across the border of the memory is read like anything else.
func TestBorders(t *testing.T) {
	for _, piece := range []string{"<b c=\"d\"/>", "&amp;", "<![CDATA[x]]>", "<!-- y -->", "</b><b>"} {
		for shift := range 24 {
			in := "<a><b>" + strings.Repeat("x", bufferSize-shift) + piece + "tail</b></a>"
			short, err := told(New(strings.NewReader("<a><b>" + piece + "tail</b></a>")))
			if err != nil {
				t.Fatal(err)
			}
			got, err := told(New(strings.NewReader(in)))
			if want := strings.Replace(short, "<a><b>", "<a><b>"+strings.Repeat("x", bufferSize-shift), 1); got != want || err != nil {
				t.Fatalf("%q at %d: %v", piece, shift, err)
			}
		}
	}
}

func TestErrors(t *testing.T) {
	broken := errors.New("broken")
	if _, err := told(New(io.MultiReader(strings.NewReader("<a>"), iotest.ErrReader(broken)))); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	if _, err := told(New(strings.NewReader("<a b=\"" + strings.Repeat("x", 5<<20) + "\"/>"))); !errors.Is(err, format.ErrLimit) {
		t.Errorf("%v", err)
	}
	s := New(strings.NewReader("<a b=\"" + strings.Repeat("x", 1<<20) + "\"/>"))
	if _, err := told(s); err != nil {
		t.Errorf("%v", err)
	}
	if s.Reset(strings.NewReader("<a/>")); len(s.buf) != bufferSize {
		t.Error("the memory of a long tag was kept")
	}
}

func TestSkipGatherOnly(t *testing.T) {
	s := New(strings.NewReader("<a><b>x<c>y</c>z</b><b><v>1&amp;2</v></b><b><v>3</v><w/></b><b/><b><v a=\"\">4</v></b></a>"))
	var got []string
	for {
		token, err := s.Next()
		if err != nil {
			t.Fatal(err)
		}
		if token == EOF {
			break
		}
		if token != Start || string(s.Name()) != "b" {
			continue
		}
		depth := s.Depth()
		if v, ok := s.Only("v"); ok {
			got = append(got, "only "+string(v))
		} else {
			v, err := s.Gather(nil, 2)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(v))
		}
		if s.Depth() != depth-1 {
			t.Errorf("depth %d behind an element at %d", s.Depth(), depth)
		}
	}
	if want := "xy,only 1&2,3,,4"; strings.Join(got, ",") != want {
		t.Errorf("%q", got)
	}
	s = New(strings.NewReader("<a><b><c/></b>x</a>"))
	s.Next()
	s.Next()
	if err := s.Skip(); err != nil || s.Depth() != 1 {
		t.Errorf("%v, depth %d", err, s.Depth())
	}
}

// TestAgreesWithXML compares the scanner with encoding/xml on documents that a machine may write.
func TestAgreesWithXML(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var b strings.Builder
		e := xml.NewEncoder(&b)
		depth := 0
		for range rapid.IntRange(1, 30).Draw(rt, "tokens") {
			switch rapid.IntRange(0, 3).Draw(rt, "token") {
			case 0, 1:
				e.EncodeToken(xml.StartElement{Name: xml.Name{Local: "e"}, Attr: []xml.Attr{{Name: xml.Name{Local: "k"}, Value: rapid.StringMatching(`[ -~é]*`).Draw(rt, "value")}}})
				depth++
			case 2:
				if depth > 0 {
					e.EncodeToken(xml.CharData(rapid.StringMatching(`[ -~é]*`).Draw(rt, "text")))
				}
			case 3:
				if depth > 0 {
					e.EncodeToken(xml.EndElement{Name: xml.Name{Local: "e"}})
					depth--
				}
			}
		}
		for ; depth > 0; depth-- {
			e.EncodeToken(xml.EndElement{Name: xml.Name{Local: "e"}})
		}
		e.Flush()
		var want strings.Builder
		d := xml.NewDecoder(strings.NewReader(b.String()))
		for {
			token, err := d.RawToken()
			if err != nil {
				break
			}
			switch token := token.(type) {
			case xml.StartElement:
				want.WriteString("<e k=" + token.Attr[0].Value + ">")
			case xml.EndElement:
				want.WriteString("/")
			case xml.CharData:
				want.Write(token)
			}
		}
		if got, err := told(New(iotest.HalfReader(strings.NewReader(b.String())))); err != nil || got != want.String() {
			rt.Fatalf("%q: %q, want %q, %v", b.String(), got, want.String(), err)
		}
	})
}

func FuzzScanner(f *testing.F) {
	for _, seed := range []string{"<a b='c'>d&amp;<e/></a>", "<!DOCTYPE a [<!ENTITY b 'c'>]><a><![CDATA[x]]><!-- y --></a>", "<a><v>1</v></a>"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		whole, err := told(New(strings.NewReader(in)))
		parts, err2 := told(New(iotest.OneByteReader(strings.NewReader(in))))
		if whole != parts || (err == nil) != (err2 == nil) {
			t.Fatalf("%q at once, %q byte by byte", whole, parts)
		}
		s := New(strings.NewReader(in))
		for {
			token, err := s.Next()
			if err != nil || token == EOF {
				return
			}
			if token == Start {
				s.Only("v")
			}
			if s.Depth() < 0 {
				t.Fatal("depth")
			}
		}
	})
}
