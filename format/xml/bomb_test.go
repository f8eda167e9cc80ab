package xml

import (
	"errors"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/formattest"
)

// TestBombsStayWithinMemory reads documents that never end, of every shape that could make a reader hold them.
func TestBombsStayWithinMemory(t *testing.T) {
	const size, limit = 8 << 20, 16 << 20
	for name, body := range map[string]*formattest.Repeat{
		"nesting":      {Data: []byte("<a>")},
		"attribute":    {First: []byte(`<a b="`), Data: []byte("seen and well ")},
		"attributes":   {First: []byte(`<a `), Data: []byte(`b="c" `)},
		"name":         {First: []byte(`<a`), Data: []byte("b")},
		"key":          {First: []byte(`<a `), Data: []byte("b")},
		"text":         {First: []byte(`<a>`), Data: []byte("seen and well ")},
		"references":   {First: []byte(`<!DOCTYPE a [<!ENTITY b "&b;&b;">]><a>`), Data: []byte("&b;")},
		"comment":      {First: []byte(`<a><!--`), Data: []byte("seen and well ")},
		"cdata":        {First: []byte(`<a><![CDATA[`), Data: []byte("seen]] and >")},
		"subset":       {First: []byte(`<!DOCTYPE a [`), Data: []byte("<!ELEMENT a (b)>")},
		"namespaces":   {First: []byte(`<a>`), Data: []byte(`<b:c xmlns:b="urn:d">`)},
		"declarations": {First: []byte(`<a `), Data: []byte(`xmlns:b="urn:d" `)},
		"ends":         {First: []byte(`<a>`), Data: []byte(`</b>`)},
		"records":      {First: []byte(`<a>`), Data: []byte(`<b c="d"><e>f</e></b>`)},
	} {
		body.Size = size
		t.Run(name, func(t *testing.T) {
			_, _, err := formattest.Bounded(t, Reader{}, "a.xml", body, limit)
			if !errors.Is(err, format.ErrDamaged) { // none of them ends
				t.Errorf("error %v", err)
			}
		})
	}
}

// TestManyNamesStayWithinMemory reads a document that invents a name for each element.
func TestManyNamesStayWithinMemory(t *testing.T) {
	var b strings.Builder
	b.WriteString("<a>")
	name := []byte("aaaaaa")
	for i := range 400_000 {
		for j, n := 0, i; j < len(name); j, n = j+1, n/26 {
			name[j] = byte('a' + n%26)
		}
		b.WriteString("<" + string(name) + " k" + string(name) + "='1'/>")
	}
	b.WriteString("</a>")
	got := formattest.Collect(Reader{}, "a.xml", []byte(b.String()))
	fields := map[string]bool{}
	for _, r := range got.Records {
		for _, c := range r {
			fields[c.Field] = true
		}
	}
	if got.Err != nil || len(fields) > 3000 {
		t.Errorf("%v, %d fields", got.Err, len(fields))
	}
}
