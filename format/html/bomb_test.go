package html

import (
	"errors"
	"testing"

	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/formattest"
)

// TestBombsStayWithinMemory reads pages that never end.
func TestBombsStayWithinMemory(t *testing.T) {
	const size, limit = 8 << 20, 24 << 20
	for name, body := range map[string]*formattest.Repeat{
		"tables":  {First: []byte("<html>"), Data: []byte("<table>")},
		"nested":  {First: []byte("<html>"), Data: []byte("<table><tr><td>a")},
		"cells":   {First: []byte("<html><table><tr>"), Data: []byte("<td>a")},
		"headers": {First: []byte("<html><table><tr>"), Data: []byte("<th>a")},
		"rows":    {First: []byte("<html><table><tr><th>a<th>b"), Data: []byte("<tr><td>1<td>2")},
		"pairs":   {First: []byte("<html><table>"), Data: []byte("<tr><th>a<td>2")},
		"inputs":  {First: []byte("<html><form>"), Data: []byte("<input name=a value=b>")},
		"text":    {First: []byte("<html>"), Data: []byte("seen and well ")},
		"script":  {First: []byte("<html><script>"), Data: []byte("</scrip")},
		"json":    {First: []byte("<html><script type=json>"), Data: []byte("[1,2")},
		"title":   {First: []byte("<html><title>"), Data: []byte("seen &amp; well ")},
	} {
		body.Size = size
		t.Run(name, func(t *testing.T) {
			if _, _, err := formattest.Bounded(t, Reader{}, "a.html", body, limit); err != nil && !errors.Is(err, format.ErrDamaged) { // some end within a tag
				t.Errorf("error %v", err)
			}
		})
	}
}
