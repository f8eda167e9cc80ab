package fleet

import (
	"bytes"
	"encoding/gob"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

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

// plain writes by gob alone.
func plain(t testing.TB, words any) []byte {
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(words); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// same compares what is said.
func same(want, got any) string {
	return cmp.Diff(want, got, cmp.Comparer(func(a, b *estate.People) bool {
		if a == nil || b == nil {
			return a == b
		}
		one, err := a.MarshalBinary()
		other, err2 := b.MarshalBinary()
		return err == nil && err2 == nil && bytes.Equal(one, other)
	}), cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) }), cmpopts.EquateNaNs())
}

func TestWordsAreReadAsTheyWereWritten(t *testing.T) {
	w := &Words{}
	for n := range 5 {
		for _, d := range []*Delivery{sample(n), {}} {
			b, err := w.Append([]byte("before"), d)
			if err != nil {
				t.Fatal(err)
			}
			alone, err := w.Encode(d)
			if err != nil || !bytes.Equal(b[len("before"):], alone) {
				t.Fatalf("behind others they are others: %v", err)
			}
			for _, by := range []*Words{w, {}} {
				got := &Delivery{}
				if err := by.Decode(alone, got); err != nil || same(d, got) != "" {
					t.Errorf("%v: %s", err, same(d, got))
				}
			}
		}
	}
}

// TestWorkersOfTheVersionBeforeAreRead: all that they write is gob, parcels too; and what a hub answers is what gob reads.
func TestWorkersOfTheVersionBeforeAreRead(t *testing.T) {
	w, got := &Words{}, &Delivery{}
	if err := w.Decode(plain(t, sample(3)), got); err != nil || same(sample(3), got) != "" {
		t.Errorf("%v: %s", err, same(sample(3), got))
	}
	answer := &Receipt{Drain: true, Rates: map[string]int64{"a": 2}}
	if b, err := w.Encode(answer); err != nil || !bytes.Equal(b, plain(t, answer)) {
		t.Errorf("%v: %q", err, b)
	}
}

func TestWordsOfAnotherVersionAreRead(t *testing.T) {
	type newer struct {
		Working []Ticket
		Bytes   int64
		Mood    string
	}
	b := plain(t, &newer{Working: []Ticket{{1, 2}}, Bytes: 3, Mood: "fair"})
	w, got := &Words{}, Beat{}
	if err := w.Decode(b, &got); err != nil || got.Bytes != 3 || len(got.Working) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}

// FuzzDecode: whatever comes is read or refused, and what was read before has left nothing behind.
func FuzzDecode(f *testing.F) {
	w := &Words{}
	for n := range 3 {
		b, err := w.Encode(sample(n))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		f.Add(b[:len(b)-n-1])
		f.Add(plain(f, sample(n)))
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		var one, other Delivery
		first, second := w.Decode(b, &one), (&Words{}).Decode(b, &other)
		if (first == nil) != (second == nil) {
			t.Fatalf("%v and %v", first, second)
		}
		if first != nil {
			return
		}
		if d := same(one, other); d != "" {
			t.Fatal(d)
		}
		again, err := w.Encode(&one)
		if err != nil {
			t.Skip("gob has read what has no parcels in it") // facts that say nothing, which the hub refuses
		}
		var third Delivery
		if err := w.Decode(again, &third); err != nil {
			t.Fatal(err)
		}
		if d := same(one, third); d != "" && strings.HasPrefix(string(b), withParcels) { // by gob a fact can say several things, and then says nothing
			t.Error(d)
		}
	})
}
