package detect

import (
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"math"
	"slices"

	"github.com/chartroom/chartroom/detect/codes"
	"github.com/chartroom/chartroom/detect/column"
	"github.com/chartroom/chartroom/detect/header"
	"github.com/chartroom/chartroom/detect/linear"
	"github.com/chartroom/chartroom/estate/packed"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// A state of an item is what Merge and Result need of one that looked at a part of a file, so that another process can put it to the
// others: places, counts, and hashes of persons as the caller's key made them. It holds no value, nor part of one. A name of a field
// that answers would not show, since it may be a value, goes as they show it, with a keyed hash to tell it from others.

// Seed is the secret that states of the parts of one item share; whoever reads them need not know it.
type Seed [32]byte

// Bounds of a state: what a part of an item comes to is far below them.
const (
	mostCount   = 1 << 40 // of values or records
	mostName    = 1 << 16 // bytes of a field's name, or of the rule of its place
	mostTallies = 1 << 10 // at one place
)

// AppendState ends the item, and writes its state.
func (it *Item) AppendState(b []byte, seed *Seed) []byte {
	it.End()
	it.relabel()
	b = binary.AppendUvarint(b, uint64(it.records))
	b = it.health.appendState(b)
	b, told := it.appendPlaces(b, seed)
	for i := range it.found {
		b = binary.AppendUvarint(b, uint64(len(it.found[i].tallies)))
		for _, t := range it.found[i].tallies {
			b = it.engine.appendTally(b, t)
		}
	}
	b = packed.AppendBools(b, it.columns)
	if it.columns {
		b = it.table.AppendState(b, linear.NewVeil(*seed), func(place uint32) bool { return told[place] })
	}
	return b
}

// Restore makes an item of a state, for Merge and Result. The name is that of the item's. Where the state is damaged, the reader says
// so, and the item is good for nothing.
func (e *Engine) Restore(name string, r *packed.Reader) *Item {
	it := &Item{engine: e, places: &record.Places{}}
	it.records = r.Int64(mostCount)
	it.health.readState(r)
	it.readPlaces(r)
	for i := range it.found {
		for range r.Count(mostTallies, leastTally) {
			it.found[i].tallies = append(it.found[i].tallies, e.readTally(r))
		}
	}
	r.Bools(&it.columns)
	options := column.Options{Words: e.words, Name: name, Custom: e.columns}
	if it.columns {
		it.table = column.ReadState(r, it.places, options)
	} else {
		it.table = column.NewTable(it.places, options)
	}
	return it
}

// mark tells a place from others whose names are shown alike. It is never 0.
func (s *Seed) mark(p *record.Place) uint64 {
	sum := sha256.Sum256(append(append(append(s[:len(s):len(s)], p.Field...), 0), p.Name...))
	return binary.LittleEndian.Uint64(sum[:]) | 1
}

// appendPlaces writes the places, and gives which of them went with their names.
func (it *Item) appendPlaces(b []byte, seed *Seed) (_ []byte, told []bool) {
	b = binary.AppendUvarint(b, uint64(it.places.Len()))
	told = make([]bool, it.places.Len())
	var last record.Place
	for i := range told {
		p := *it.places.At(uint32(i))
		mark := uint64(0)
		if p.Mode != record.Labelled {
			if shown := fieldName(p.Field, it.engine.words); shown != p.Field || fieldName(p.Name, it.engine.words) != p.Name {
				mark = seed.mark(&p)
				p.Field, p.Name = shown, ""
			}
		}
		told[i] = mark == 0
		b = packed.AppendBools(b, p.Other, p.Document, told[i])
		if mark != 0 {
			b = binary.LittleEndian.AppendUint64(b, mark)
		}
		b = append(b, byte(p.Mode), byte(p.Kind), byte(p.Part), byte(p.Subject), byte(p.System))
		b = binary.AppendUvarint(b, uint64(p.Classes))
		b = appendBehind(appendBehind(b, last.Field, p.Field), last.Rule, p.Rule)
		b = appendBehind(binary.AppendUvarint(b, uint64(len(p.Name))), tail(p.Field, len(p.Name)), p.Name)
		last = p
	}
	return b, told
}

// tail is the end of a text, of n bytes: a column's name is mostly that of its field.
func tail(s string, n int) string { return s[max(0, len(s)-n):] }

// appendBehind writes a text by how far it is the same as another, and the rest.
func appendBehind(b []byte, other, s string) []byte {
	same := 0
	for same < len(s) && same < len(other) && s[same] == other[same] {
		same++
	}
	return packed.AppendBytes(binary.AppendUvarint(b, uint64(same)), s[same:])
}

func readBehind(r *packed.Reader, other string) string {
	same := int(r.Uint(uint64(len(other))))
	return other[:same] + r.Text(mostName)
}

// leastPlace and leastTally are how many bytes one takes at least.
const (
	leastPlace = 12
	leastTally = 10
)

func (it *Item) readPlaces(r *packed.Reader) {
	n := r.Count(record.MaxPlaces+mostFurther, leastPlace)
	it.found = make([]place, n)
	var last record.Place
	for range n {
		var p record.Place
		told, mark := false, uint64(0)
		r.Bools(&p.Other, &p.Document, &told)
		if !told {
			mark = r.Uint64()
		}
		p.Mode, p.Kind, p.Part = record.Mode(r.Byte(byte(record.Text))), header.ReadKind(r), phi.Part(r.Byte(math.MaxUint8))
		p.Subject, p.System = readSubject(r), phi.System(r.Byte(byte(phi.NumSystems)-1))
		p.Classes = readClasses(r)
		p.Field, p.Rule = readBehind(r, last.Field), readBehind(r, last.Rule)
		length := int(r.Uint(mostName))
		p.Name = readBehind(r, tail(p.Field, length))
		if !r.OK() || len(p.Field) > mostName || len(p.Rule) > mostName {
			r.Fail()
			return
		}
		it.add(p, mark)
		last = p
	}
}

func readSubject(r *packed.Reader) phi.Subject { return phi.Subject(r.Byte(byte(phi.Workforce))) }
func readClasses(r *packed.Reader) phi.Classes { return phi.Classes(r.Uint(1<<phi.NumClasses - 1)) }

// appendState writes what speaks for health.
func (e *evidence) appendState(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(e.coded))
	b = packed.AppendBools(b, e.position, e.personText, e.patientText, e.part2, e.minors)
	return binary.AppendUvarint(binary.AppendUvarint(b, uint64(e.classes)), uint64(e.suspect))
}

func (e *evidence) readState(r *packed.Reader) {
	e.coded = r.Int64(mostCount)
	r.Bools(&e.position, &e.personText, &e.patientText, &e.part2, &e.minors)
	e.classes, e.suspect = readClasses(r), readClasses(r)
}

// appendTally writes a tally, but for the person who was met last.
func (e *Engine) appendTally(b []byte, t *tally) []byte {
	b = packed.AppendBools(append(b, byte(t.kind), byte(t.subject)), t.spans)
	for _, n := range []uint64{uint64(t.values), uint64(t.wellFormed), uint64(t.labelled), uint64(math.Float32bits(t.likelihood)), uint64(t.classes),
		uint64(t.suspected), e.customNumber(t.custom), uint64(len(t.rows))} {
		b = binary.AppendUvarint(b, n)
	}
	for _, row := range slices.Sorted(maps.Keys(t.rows)) {
		b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(row)), uint64(t.rows[row]))
	}
	if t.spans {
		for _, n := range t.rules {
			b = binary.AppendUvarint(b, uint64(n))
		}
	}
	return t.people.AppendState(b)
}

func (e *Engine) readTally(r *packed.Reader) *tally {
	t := &tally{kind: header.ReadKind(r), subject: readSubject(r)}
	r.Bools(&t.spans)
	t.values, t.wellFormed, t.labelled = r.Int64(mostCount), r.Int64(mostCount), r.Int64(mostCount)
	t.likelihood = math.Float32frombits(uint32(r.Uint(uint64(math.Float32bits(1))))) // bits of what is not negative rise with it
	t.classes, t.suspected = readClasses(r), readClasses(r)
	if n := r.Uint(uint64(len(e.custom))); n > 0 {
		t.custom = e.custom[n-1].id.Name
	}
	known := codes.Load().Len()
	if n := r.Count(known, 2); n > 0 {
		t.rows = make(map[int32]int64, n)
		for range n {
			row := int32(r.Uint(uint64(known - 1)))
			t.rows[row] = r.Int64(mostCount)
		}
	}
	for i := 0; t.spans && i < len(t.rules); i++ {
		t.rules[i] = r.Int64(mostCount)
	}
	t.people.ReadState(r)
	return t
}

// customNumber gives the number of an identifier of the organisation's own, counted from 1; 0 = none.
func (e *Engine) customNumber(name string) uint64 {
	for i := range e.custom {
		if name != "" && e.custom[i].id.Name == name {
			return uint64(i + 1)
		}
	}
	return 0
}
