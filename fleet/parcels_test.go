package fleet

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/scan"
)

// filler fills all that there is with something that is not zero, each time with something else; texts are of so many, where that is not 0.
type filler struct{ n, texts int }

func (f *filler) fill(v reflect.Value) {
	f.n++
	switch at := v.Addr().Interface().(type) {
	case *time.Time:
		*at = time.Unix(int64(1_000_000*f.n), int64(f.n)).UTC()
		return
	case **estate.People:
		*at = estate.NewPeople(0)
		(*at).Add(estate.Person{Marks: []estate.Mark{estate.Mark(f.n) << 8, estate.Mark(f.n) << 9}, Birth: uint32(f.n), Minor: true})
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			f.fill(v.Field(i))
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		f.fill(v.Index(0))
		f.fill(v.Index(1))
	case reflect.String:
		n := f.n
		if f.texts != 0 {
			n %= f.texts
		}
		v.SetString(fmt.Sprintf("a text of %d", n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64:
		v.SetFloat(1 / float64(f.n))
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(f.n)<<32 - 1)
	default:
		v.SetUint(uint64(f.n%100 + 1))
	}
}

// full is a parcel with a fact of each kind, in which everything is said.
func full(f *filler) scan.Parcel {
	p := scan.Parcel{Part: estate.Part{Repository: "r", Path: "a", Number: f.n}, Last: true}
	for kind := range reflect.TypeFor[estate.Fact]().NumField() {
		var fact estate.Fact
		f.fill(reflect.ValueOf(&fact).Elem().Field(kind))
		p.Facts = append(p.Facts, fact)
	}
	return p
}

// TestParcelsLoseNothing: whatever is said of a fact arrives, and where a field is added it must, too.
func TestParcelsLoseNothing(t *testing.T) {
	f := &filler{}
	want := []scan.Parcel{full(f), {Part: estate.Part{Repository: "r"}}, full(f)}
	want[0].Facts = append(want[0].Facts, estate.Fact{Item: &estate.Item{Bytes: -1}}, estate.Fact{Gap: &estate.Gap{Bytes: -1}}, estate.Fact{Finding: &estate.Finding{}})
	b, err := appendParcels(nil, want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := readParcels(b)
	if err != nil || same(want, got) != "" {
		t.Fatalf("%v: %s", err, same(want, got))
	}
	for n := range b {
		if _, err := readParcels(b[:n]); err == nil {
			t.Errorf("%d bytes of %d are enough", n, len(b))
		}
	}
	if _, err := readParcels(append(b, 0)); err == nil {
		t.Error("one byte more is read")
	}
}

func TestParcelsThatSayNothing(t *testing.T) {
	if _, err := appendParcels(nil, []scan.Parcel{{Facts: []estate.Fact{{}}}}); err == nil {
		t.Error("a fact that says nothing is written")
	}
	for _, b := range [][]byte{{}, {parcelsForm}, {parcelsForm + 1, 0}, {parcelsForm, 255, 255, 255, 255, 15}} {
		if got, err := readParcels(b); err == nil {
			t.Errorf("%v is read as %v", b, got)
		}
	}
}

// TestTextsOfParcels: each is written once, whatever it is, and comes at all its places.
func TestTextsOfParcels(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOf(rapid.SampledFrom([]string{"", "a", "b", "\x00", "\xff", "a long one, with spaces"})).Draw(t, "texts")
		var want scan.Parcel
		for _, s := range texts {
			want.Facts = append(want.Facts, estate.Fact{Gap: &estate.Gap{Path: s, Detail: s}})
		}
		b, err := appendParcels(nil, []scan.Parcel{want})
		if err != nil {
			t.Fatal(err)
		}
		got, err := readParcels(b)
		if err != nil || same([]scan.Parcel{want}, got) != "" {
			t.Fatalf("%v: %s", err, same([]scan.Parcel{want}, got))
		}
	})
}

// BenchmarkParcels writes and reads a delivery of 500 facts whose texts come again and again, as those of a shard do.
func BenchmarkParcels(b *testing.B) {
	f := &filler{texts: 200}
	var all []scan.Parcel
	for range 100 {
		all = append(all, full(f))
	}
	d, w := &Delivery{Parcels: all}, &Words{}
	for name, write := range map[string]func() []byte{"gob": func() []byte { return plain(b, d) }, "own": func() []byte { t, _ := w.Encode(d); return t }} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				text := write()
				b.SetBytes(int64(len(text)))
				if err := w.Decode(text, &Delivery{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
