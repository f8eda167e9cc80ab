package format

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
)

// TestManyDocumentsAreFewItems: small documents of a kind come together, and every one of them comes, in its order.
func TestManyDocumentsAreFewItems(t *testing.T) {
	var names []string
	var bodies []string
	d := Documents{Field: "t.doc", Out: Output{Inner: func(name, _ string, body io.Reader) error {
		b, err := io.ReadAll(body)
		names, bodies = append(names, name), append(bodies, string(b))
		return err
	}}}
	var want [2]strings.Builder
	for i := range 30_000 {
		doc := []byte(fmt.Sprintf(`{"resourceType":"Patient","id":"%d","text":"%s"}`, i, strings.Repeat("x", 30)))
		kind, end := 0, "\n"
		if i%3 == 0 {
			doc, kind, end = []byte(fmt.Sprintf("MSH|^~\\&|A|B|C|D|20200101||ADT^A01|%d|P|2.5\rPID|1||100201^^^H^MR||Byron^Ada\r", i)), 1, "\r"
		}
		want[kind].Write(doc)
		want[kind].WriteString(end)
		if err := d.Take(EmbeddingOf(doc), doc); err != nil {
			t.Fatal(err)
		}
		clear(doc) // it was copied
	}
	alone := []byte("%PDF-1.7 " + strings.Repeat("x", 100))
	if err := d.Take(EmbeddingOf(alone), alone); err != nil || bodies[len(bodies)-1] != string(alone) {
		t.Errorf("a document that stands alone: %v", err)
	}
	if err := d.Flush(); err != nil {
		t.Fatal(err)
	}
	if len(names) > 10 {
		t.Errorf("%d items", len(names))
	}
	var got [2]bytes.Buffer
	for _, b := range bodies {
		if !strings.HasPrefix(b, "%PDF") {
			kind := min(strings.Index(b, "MSH")+1, 1)
			got[kind].WriteString(b + "\n\r"[kind:kind+1])
		}
	}
	for kind := range want {
		if got[kind].String() != want[kind].String() {
			t.Errorf("kind %d: %d bytes of %d", kind, got[kind].Len(), want[kind].Len())
		}
	}
}
