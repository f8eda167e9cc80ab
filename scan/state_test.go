package scan

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/demo"
	"github.com/chartroom/chartroom/source"
)

// account is a number that a person alone has, one more than that of the one before.
func account(p *demo.Person) uint64 { return 700_113_000_000 + uint64(p.Index) }

// accounts writes a row with the number, alone and among digits that say nothing.
func accounts(b []byte, p *demo.Person) []byte {
	return fmt.Appendf(b, "%d,%s,%s,%s,%d\n", account(p), p.MRN, p.Given+" "+p.Family, p.Email, p.Index%7)
}

// formsOf are the forms in which values of a person could stand in a state.
func formsOf(p *demo.Person) (forms [][]byte) {
	for _, text := range []string{p.SSN, p.MRN, p.Email, p.Given + " " + p.Family, p.Phone, p.Birth.Format("2006-01-02")} {
		if len(text) > 6 {
			forms = append(forms, []byte(text))
		}
	}
	for _, text := range []string{p.SSN, fmt.Sprint(account(p))} {
		n := uint64(0)
		for _, c := range strings.ReplaceAll(text, "-", "") {
			n = n*10 + uint64(c-'0')
		}
		forms = append(forms, []byte(fmt.Sprint(n)), binary.AppendUvarint(nil, n), binary.AppendVarint(nil, int64(n)),
			binary.LittleEndian.AppendUint64(nil, n), binary.BigEndian.AppendUint64(nil, n))
	}
	return forms
}

// TestNoValueStandsInAState looks for what persons are called and numbered, as text and as bytes of integers.
func TestNoValueStandsInAState(t *testing.T) {
	var forms [][]byte
	for p := range demo.People(1, 400) {
		forms = append(forms, formsOf(p)...)
	}
	o := handOptions(smallPieces)
	all := handFiles()
	all["accounts.csv"] = many(300<<10, "account,mrn,name,email,ward\n", accounts)
	for name, data := range all {
		if !slices.ContainsFunc(forms, func(f []byte) bool { return bytes.Contains(data, f) }) && name != "blank.txt" {
			t.Fatalf("nothing was planted in %s", name)
		}
		src, _ := written(t, name, data)
		item := listedItem(t, src)
		plan, n := planned(t, src, item, o)
		for i, s := range append(byHands(t, src, item, plan, n, o), plan) {
			for _, f := range forms {
				if bytes.Contains(s, f) {
					t.Errorf("%s: state %d of %d holds %q", name, i, n, f)
				}
			}
		}
	}
}

// FuzzJoin takes what a worker sent that is not to be trusted.
func FuzzJoin(f *testing.F) {
	o := handOptions(smallPieces)
	o.Limits.Base = 1 << 20
	files := handFiles()
	for _, name := range []string{"headless.csv", "docs.ndjson", "batch.hl7", "letters.txt", "keyed.ndjson"} {
		src, _ := written(f, "a"+name[strings.IndexByte(name, '.'):], files[name][:170<<10])
		item := listedItem(f, src)
		plan, n := planned(f, src, item, o)
		states := byHands(f, src, item, plan, n, o)
		f.Add(item.Path, states[0], states[1])
		f.Add(item.Path, states[0], states[1][:len(states[1])/2])
	}
	f.Fuzz(func(t *testing.T, path string, first, second []byte) {
		for _, states := range [][][]byte{{first, second}, {first, first}} {
			err := Join(t.Context(), "r", source.Item{Path: path}, o, each(states), func(p Parcel) error {
				for _, f := range p.Facts {
					if f.Gap != nil && strings.Contains(f.Gap.Detail, "a fault at") {
						t.Error(f.Gap.Detail)
					}
				}
				return p.Check()
			})
			_ = err // it may be refused
		}
		if p, err := readPlan(first, source.Item{Path: path}, o.Rules); err == nil && p.n == 0 {
			t.Error("a plan of no pieces")
		}
	})
}

// BenchmarkStates shows what it costs to write states, read them and put them together, beside reading the pieces.
func BenchmarkStates(b *testing.B) {
	o := handOptions(0)
	for name, data := range map[string][]byte{"patients.csv": large(demo.PatientHeader, demo.AppendPatientRow), "bulk.ndjson": large("", demo.AppendFHIR)} {
		src, _ := written(b, name, data)
		item := listedItem(b, src)
		plan, n := planned(b, src, item, o)
		states := byHands(b, src, item, plan, n, o)
		b.Run(name+"/alone", func(b *testing.B) {
			b.SetBytes(item.Bytes)
			one := o
			one.Workers = 1
			for b.Loop() {
				if err := NewHand(src, one, func(Parcel) error { return nil }).Read(b.Context(), source.Listed{Item: item}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/pieces", func(b *testing.B) {
			b.SetBytes(item.Bytes)
			for b.Loop() {
				if err := NewHand(src, o, nil).Piece(b.Context(), item, plan, 0, n, func(int, []byte) error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/join", func(b *testing.B) {
			b.SetBytes(item.Bytes)
			for b.Loop() {
				if err := Join(b.Context(), "r", item, o, each(states), func(Parcel) error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
