package access

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"testing"
)

func stored(t interface {
	Helper()
	Fatal(...any)
}, e *Estate) *Estate {
	t.Helper()
	var kept bytes.Buffer
	if err := e.Encode(&kept); err != nil {
		t.Fatal(err)
	}
	back, err := Decode(kept.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return back
}

func small() *world {
	archive := Place{Repository: "file:///archive"}
	ann := user("ann")
	ann.Traits = map[string]string{"last_used": "2025-01-01", "idp": "no"}
	return &world{items: map[Place][]int{{archive.Repository, "a/x.csv"}: {1, 2}}, doubts: []Fact{{ID: 99}}, systems: []system{{
		nodes: []Node{ann, {ID: "staff", Kind: Group, Name: "staff", System: "s"}, res(archive)},
		edges: []Edge{{From: "ann", To: "staff", Verb: "is a member of", Proof: []int{11}}, {From: "staff", To: "file:///archive ", Verb: "may read", Right: Read, Proof: []int{12}},
			{From: "staff", To: "file:///archive ", Verb: "may write", Right: Write, Condition: "it rains", Proof: []int{12, 13}}},
	}}}
}

func TestAnEstateHoldsUntilSomethingRunsOut(t *testing.T) {
	w := small()
	in := w.input()
	in.By, in.Turns = "1.2", []string{"2026-03-10"}
	e, err := Build(in)
	if err != nil {
		t.Fatal(err)
	}
	e = stored(t, e)
	for _, c := range []struct {
		by, day string
		want    bool
	}{{"1.2", "2026-03-01", true}, {"1.2", "2026-03-10", true}, {"1.2", "2026-03-11", false}, {"1.3", "2026-03-01", false}} {
		if got := e.Holds(c.by, c.day); got != c.want {
			t.Errorf("by %s on %s: %v", c.by, c.day, got)
		}
	}
}

func TestEveryDamagedByteIsFound(t *testing.T) {
	var kept bytes.Buffer
	if err := small().build(t).Encode(&kept); err != nil {
		t.Fatal(err)
	}
	for i := range kept.Len() {
		for _, b := range [][]byte{append(bytes.Clone(kept.Bytes()[:i]), append([]byte{kept.Bytes()[i] ^ 1}, kept.Bytes()[i+1:]...)...), kept.Bytes()[:i]} {
			if _, err := Decode(b); !errors.Is(err, ErrDamaged) {
				t.Fatalf("byte %d of %d: %v", i, kept.Len(), err)
			}
		}
	}
}

// FuzzDecode sets the checksum right, so that what is behind it is tried; whatever is taken must answer without a panic.
func FuzzDecode(f *testing.F) {
	var kept bytes.Buffer
	e := small().build(f)
	if err := e.Encode(&kept); err != nil {
		f.Fatal(err)
	}
	f.Add(kept.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := Decode(summed(data))
		if err != nil {
			return
		}
		for _, name := range e.Repositories() {
			_, _, _ = e.Who(Place{Repository: name}, 0)
		}
		for n := range min(e.first, 20) {
			_, _ = e.Reach(n)
		}
		_, _ = e.Findings("2026-03-01", 10)
		_, _ = e.Cut(CutQuestion{Most: 2, Day: "2026-03-01"})
	})
}

// summed sets the sum of all but the graph right.
func summed(data []byte) []byte {
	const head = 16
	if len(data) < head+4 {
		return data
	}
	out := bytes.Clone(data)
	n := binary.LittleEndian.Uint64(out[8:])
	if n <= uint64(len(out)-head-4) {
		binary.LittleEndian.PutUint32(out[head+int(n):], crc32.Checksum(out[head:head+int(n)], crc32.MakeTable(crc32.Castagnoli)))
	}
	return out
}
