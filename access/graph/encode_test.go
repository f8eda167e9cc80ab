package graph

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func encoded(t testing.TB, g *Graph) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := g.Encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAStoredGraphAnswersAsBefore(t *testing.T) {
	d := drawGraph(rand.New(rand.NewPCG(15, 16)), 30, 10, 150, 20)
	g := d.build(t, d.edges)
	b := encoded(t, g)
	h, err := Decode(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b, encoded(t, h)) {
		t.Error("written again, it differs")
	}
	one, err := g.Rank(views[3])
	if err != nil {
		t.Fatal(err)
	}
	two, err := h.Rank(views[3])
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(one, two); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(g.Search().People(g.Resources()...), h.Search().People(h.Resources()...)); diff != "" {
		t.Error(diff)
	}
}

func TestDamageIsFound(t *testing.T) {
	d := drawGraph(rand.New(rand.NewPCG(17, 18)), 6, 3, 20, 4)
	b := encoded(t, d.build(t, d.edges))
	for i := range b {
		bent := bytes.Clone(b)
		bent[i] ^= 1 << (i % 8)
		if _, err := Decode(bytes.NewReader(bent), int64(len(bent))); !errors.Is(err, ErrDamaged) {
			t.Fatalf("byte %d differs: %v", i, err)
		}
		if _, err := Decode(bytes.NewReader(b[:i]), int64(i)); !errors.Is(err, ErrDamaged) {
			t.Fatalf("cut at %d: %v", i, err)
		}
	}
	if _, err := Decode(bytes.NewReader(b), 1<<60); !errors.Is(err, ErrDamaged) {
		t.Error("a length that is not there is believed")
	}
}

// FuzzDecode gives every input the checksum that it needs, so that what lies behind is reached; whatever is accepted must answer.
func FuzzDecode(f *testing.F) {
	for i := range uint64(4) {
		d := drawGraph(rand.New(rand.NewPCG(i, 1)), 4, 2, int(i*8), 3)
		b := encoded(f, d.build(f, d.edges))
		f.Add(b[:len(b)-4])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		b = binary.LittleEndian.AppendUint32(bytes.Clone(b), crc32.Checksum(b, castagnoli))
		g, err := Decode(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		s := g.Search()
		s.People(g.Resources()...)
		if _, err := g.Rank(views[3]); err != nil {
			t.Fatal(err)
		}
		for n := range uint32(min(4, g.Nodes())) {
			if _, err := s.Who(views[3], n); err != nil {
				t.Fatal(err)
			}
			s.Path(0)
		}
		q := Cuts{View: views[3], Most: 2, Work: 1000}
		for i := range min(3, len(g.grants)) {
			q.Candidates = append(q.Candidates, []int{int(g.grants[i])})
		}
		if g.Nodes() > 0 && !g.IsResource(0) {
			q.Footholds = []uint32{0}
		}
		if _, err := s.Cut(q); err != nil {
			t.Fatal(err)
		}
	})
}
