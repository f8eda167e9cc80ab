package record

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

const secret = "078-05-1120 Jane Planted"

func planted() (*Batch, Value) {
	b := NewBatch(&Places{})
	at := b.Places.Add(Place{Field: "ssn"})
	b.Put(at, []byte(secret))
	b.EndRecord()
	return b, b.Value(b.Cells[0])
}

// TestValuesDoNotPrint tries every way in which a value leaks from a careless line of code.
func TestValuesDoNotPrint(t *testing.T) {
	b, v := planted()
	type wrapper struct{ inner Value }
	type batchWrapper struct{ batch *Batch }
	for _, x := range []any{v, &v, wrapper{v}, []Value{v}, map[string]Value{"a": v}, b, *b, batchWrapper{b}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			if out := fmt.Sprintf(verb, x); leaks(out) {
				t.Errorf("%s of a %T prints the value: %s", verb, x, out)
			}
		}
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "value", x)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "value", x)
		if leaks(log.String()) {
			t.Errorf("slog of a %T prints the value", x)
		}
		if js, err := json.Marshal(x); err == nil && leaks(string(js)) {
			t.Errorf("JSON of a %T prints the value", x)
		}
		var g bytes.Buffer
		if err := gob.NewEncoder(&g).Encode(x); err == nil && leaks(g.String()) {
			t.Errorf("gob of a %T holds the value", x)
		}
	}
}

// leaks looks for the secret as text, as hexadecimal and as a list of numbers.
func leaks(out string) bool {
	return strings.Contains(out, "Planted") || strings.Contains(out, "506c616e746564") || strings.Contains(out, "80 108 97 110 116 101 100") ||
		strings.Contains(out, "0x50, 0x6c, 0x61")
}

func TestBatchKeepsRecordsApart(t *testing.T) {
	b := NewBatch(&Places{})
	at := b.Places.Add(Place{Field: "x"})
	b.Put(at, []byte("a"))
	b.Put(at, []byte("b"))
	b.EndRecord()
	b.EndRecord() // an empty record does not count
	b.Put(at, []byte("c"))
	if !b.Open() {
		t.Error("a cell stands behind the last record")
	}
	b.EndRecord()
	if b.Len() != 2 || len(b.Record(0)) != 2 || len(b.Record(1)) != 1 || string(b.Bytes(b.Record(1)[0])) != "c" {
		t.Errorf("%d records: %v", b.Len(), b)
	}
	if got := len(b.Records(0, 2)); got != 3 || len(b.Records(1, 2)) != 1 || len(b.Records(1, 1)) != 0 || len(b.Records(0, 0)) != 0 {
		t.Errorf("the records together have %d cells", got)
	}
	b.Reset()
	if b.Len() != 0 || b.Open() || b.Size() != 0 {
		t.Error("a reset batch is empty")
	}
}

func TestUseAndPoint(t *testing.T) {
	b := NewBatch(&Places{})
	at := b.Places.Add(Place{Field: "x"})
	b.Use([]byte("one,two"))
	b.Point(at, 4, 3)
	b.Put(at, []byte("three"))
	b.EndRecord()
	if got := string(b.Bytes(b.Cells[0])) + "+" + string(b.Bytes(b.Cells[1])); got != "two+three" {
		t.Errorf("cells are %q", got)
	}
	for _, c := range b.Cells {
		if got := string(b.Memory()[c.Off : c.Off+c.Len]); got != string(b.Bytes(c)) {
			t.Errorf("the memory has %q where the cell is %q", got, b.Bytes(c))
		}
	}
	if v := append(b.Bytes(b.Cells[0]), 'X'); string(b.Bytes(b.Cells[1])) != "three" || len(v) != 4 {
		t.Error("appending to a value wrote over its neighbour")
	}
}

func TestIdentity(t *testing.T) {
	var id Identity
	if !id.Empty() {
		t.Error("nothing tells nobody apart")
	}
	id.Full = []byte("Jane Planted")
	if id.Empty() {
		t.Error("a name tells something")
	}
	id.Reset()
	if !id.Empty() {
		t.Error("reset forgets")
	}
}
