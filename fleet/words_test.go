package fleet

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/scan"
)

// sample is a delivery with something in every corner.
func sample(n int) *Delivery {
	who := estate.NewPeople(0)
	it := &estate.Item{Repository: "r", Path: "a", People: who, Evidence: estate.Evidence{Seen: time.UnixMilli(int64(n)).UTC()}}
	return &Delivery{Ticket: Ticket{1, int64(n)}, Attempt: 2, Number: n, Listed: []Listed{{Path: "b", Gap: &estate.Gap{Path: "b"}}}, Cut: &Cut{Plan: []byte{1}},
		Parcels: []scan.Parcel{{Part: estate.Part{Path: "a"}, Facts: []estate.Fact{{Item: it}, {Finding: &estate.Finding{Path: "a", Values: int64(n)}}}, Last: true}}}
}

func TestWordsAreWrittenAndReadAsByTheFunctions(t *testing.T) {
	w := &Words{}
	for n := range 5 {
		for _, d := range []*Delivery{sample(n), {}} {
			plain, err := Encode(d)
			if err != nil {
				t.Fatal(err)
			}
			fast, err := w.Encode(d)
			if err != nil || !bytes.Equal(plain, fast) {
				t.Fatalf("%d bytes and %d bytes, %v", len(plain), len(fast), err)
			}
			for _, read := range []func([]byte, any) error{Decode, w.Decode} {
				got := &Delivery{}
				if err := read(plain, got); err != nil {
					t.Fatal(err)
				}
				again, err := Encode(got)
				if err != nil || !bytes.Equal(again, plain) {
					t.Errorf("read otherwise: %v", cmp.Diff(d.Listed, got.Listed))
				}
			}
		}
	}
}

func TestWordsOfAnotherVersionAreRead(t *testing.T) {
	type newer struct {
		Working []Ticket
		Bytes   int64
		Mood    string
	}
	b, err := Encode(&newer{Working: []Ticket{{1, 2}}, Bytes: 3, Mood: "fair"})
	if err != nil {
		t.Fatal(err)
	}
	w, got := &Words{}, Beat{}
	if err := w.Decode(b, &got); err != nil || got.Bytes != 3 || len(got.Working) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}

// FuzzDecode: whatever comes is read or refused, the same by both ways, and what was read before has left nothing behind.
func FuzzDecode(f *testing.F) {
	w := &Words{}
	for n := range 3 {
		b, err := w.Encode(sample(n))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		f.Add(b[:len(b)-n-1])
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		var one, other Delivery
		plain, fast := Decode(b, &one), w.Decode(b, &other)
		if (plain == nil) != (fast == nil) {
			t.Fatalf("%v and %v", plain, fast)
		}
		if plain != nil {
			return
		}
		first, err := Encode(&one)
		second, err2 := Encode(&other)
		if err != nil || err2 != nil || !bytes.Equal(first, second) {
			t.Fatalf("read otherwise: %v, %v", err, err2)
		}
	})
}
