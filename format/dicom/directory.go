package dicom

import (
	"slices"

	"github.com/chartroom/chartroom/record"
)

const (
	maxDirectory = 4 * maxBatch // bytes of a directory's values that are put in the order of its tree
	maxEntries   = 1 << 17      // and its records
)

// entry is a directory record (PS3.3 annex F).
type entry struct {
	at          int64 // where it stands in the file: what offsets point at
	next, lower uint32
	from, to    int // its cells
	patient     bool
}

// directory is the tree of a DICOMDIR's records, by patients: the records may stand in any order in the file, and offsets lead
// from a patient to his studies, their series, and their images.
type directory struct {
	from    int // the first cell
	entries []entry
	spilled bool // what comes is taken as it comes
	again   int  // records that offsets lead to a second time, as in a circle
}

// begin begins a record.
func (d *directory) begin(at int64, cell int) {
	if !d.spilled {
		d.entries = append(d.entries, entry{at: at, from: cell, to: cell})
	}
}

// end ends it.
func (d *directory) end(cell int) {
	if !d.spilled && len(d.entries) > 0 {
		d.entries[len(d.entries)-1].to = cell
	}
}

// directoryValue notes what the record being read says of its place in the tree.
func (r *reading) directoryValue(t tag, v []byte) {
	if t == tagRecordType {
		if string(trim(v)) == "PATIENT" {
			r.patient()
		}
		return
	}
	if r.dir.spilled || len(v) != 4 {
		return
	}
	e := &r.dir.entries[len(r.dir.entries)-1]
	if t == tagNextRecord {
		e.next = r.parser.enc.order.Uint32(v)
	} else {
		e.lower = r.parser.enc.order.Uint32(v)
	}
}

// patient begins a patient.
func (r *reading) patient() {
	r.who, r.held = r.who[:0], 0
	if r.dir.spilled {
		r.batch.EndRecord()
		return
	}
	r.dir.entries[len(r.dir.entries)-1].patient = true
}

// spill puts what was read in order; what is still to come is taken as it comes.
func (d *directory) spill(b *record.Batch) {
	if d.spilled {
		return
	}
	if n := len(d.entries); n > 0 {
		d.entries[n-1].to = len(b.Cells)
	}
	d.order(b)
	d.spilled, d.entries = true, nil
}

// order puts the cells in the order of the tree, a record for each patient.
func (d *directory) order(b *record.Batch) {
	owners := d.owners()
	order := make([]int, len(owners))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return owners[i] - owners[j] })
	cells := slices.Clone(b.Cells)
	b.Cells = b.Cells[:d.from]
	for n, i := range order {
		if n > 0 && owners[i] != owners[order[n-1]] {
			b.EndRecord()
		}
		b.Cells = append(b.Cells, cells[d.entries[i].from:d.entries[i].to]...)
	}
	b.EndRecord()
}

// owners gives the patient's record of each record: the one whose offsets lead to it, else the one before it in the file. No
// record is visited twice, wherever offsets lead.
func (d *directory) owners() []int {
	owners := make([]int, len(d.entries))
	for i := range owners {
		owners[i] = -1
		if d.entries[i].patient {
			owners[i] = i
		}
	}
	var open []uint32
	for p := range d.entries {
		if !d.entries[p].patient {
			continue
		}
		open = append(open[:0], d.entries[p].lower)
		for len(open) > 0 {
			i, ok := d.find(open[len(open)-1])
			open = open[:len(open)-1]
			switch {
			case !ok:
			case owners[i] >= 0:
				d.again++
			default:
				owners[i] = p
				open = append(open, d.entries[i].next, d.entries[i].lower)
			}
		}
	}
	last := -1
	for i := range owners {
		if d.entries[i].patient {
			last = i
		} else if owners[i] < 0 {
			owners[i] = last
		}
	}
	return owners
}

// find gives the record at an offset.
func (d *directory) find(at uint32) (int, bool) {
	return slices.BinarySearchFunc(d.entries, int64(at), func(e entry, at int64) int { return int(min(max(e.at-at, -1), 1)) })
}
