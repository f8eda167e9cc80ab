package archive

import "slices"

// extent is a run of bytes, from one offset to before another.
type extent struct{ from, to int64 }

// maxExtents bounds how many runs are remembered. Files that stand in the order of the directory make one.
const maxExtents = 1 << 14

// extents are the parts of an archive that its files took so far. A ZIP whose files share their bytes holds petabytes in a few of
// them; no honest one does it.
type extents struct {
	runs []extent // ascending, and apart from one another
	rest int64    // what was taken when there were too many to remember
}

// take takes a run, and tells whether none of it was taken before. Beyond maxExtents only a total is kept, so that files may be
// read twice, but not many times.
func (e *extents) take(from, to int64) bool {
	i, _ := slices.BinarySearchFunc(e.runs, from, func(x extent, from int64) int {
		if x.to <= from {
			return -1
		}
		return 1
	})
	switch {
	case i < len(e.runs) && e.runs[i].from < to:
		return false
	case i > 0 && from-e.runs[i-1].to <= 64: // a data descriptor or a few bytes that align: no file has room there
		e.runs[i-1].to = to
		if i < len(e.runs) && e.runs[i].from-to <= 64 {
			e.runs[i-1].to = e.runs[i].to
			e.runs = slices.Delete(e.runs, i, i+1)
		}
	case i < len(e.runs) && e.runs[i].from-to <= 64:
		e.runs[i].from = from
	case len(e.runs) < maxExtents:
		e.runs = slices.Insert(e.runs, i, extent{from, to})
	default:
		e.rest += to - from
		return e.rest <= e.runs[len(e.runs)-1].to
	}
	return true
}
