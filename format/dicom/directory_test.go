package dicom

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format/formattest"
	"pgregory.net/rapid"
)

// link says where the offsets of a record lead: to the records of those numbers; -1 = nowhere.
type link struct{ next, lower int }

// media writes a DICOMDIR of records of the types. Record i is about "Pi", and a study's description is "of Pn", n being the number
// that its links make it belong to; without links every record leads nowhere.
func media(types []string, links []link) []byte {
	w := &writer{}
	w.str(0x00041130, "CS", "SET").long(0x00041200, 0).long(0x00041202, 0).short(0x00041212, 0)
	var items []string
	var at []int
	start := len(file(explicitUID, w.String())) + 12
	for i, kind := range types {
		at = append(at, start+8)
		item := w.item(func(w *writer) {
			w.long(tagNextRecord, 0).short(0x00041410, 0xFFFF).long(tagLowerRecord, 0).str(tagRecordType, "CS", kind)
			if kind == "PATIENT" {
				w.str(0x00100010, "PN", fmt.Sprintf("Doe^P%d", i)).str(0x00100020, "LO", fmt.Sprintf("M%d", i))
			} else {
				w.str(0x00081030, "LO", fmt.Sprintf("record %d", i))
			}
		})
		start += 8 + len(item)
		items = append(items, item)
	}
	for i, l := range links {
		b := []byte(items[i])
		if l.next >= 0 {
			binary.LittleEndian.PutUint32(b[8:], uint32(at[l.next]-8))
		}
		if l.lower >= 0 {
			binary.LittleEndian.PutUint32(b[8+4+10+8:], uint32(at[l.lower]-8))
		}
		items[i] = string(b)
	}
	w.seq(tagRecords, false, items...)
	return file(explicitUID, w.String())
}

// people gives for each record of the reading who it is about and which directory records it holds.
func people(t *testing.T, data []byte) (out []string) {
	t.Helper()
	s := formattest.Collect(Reader{}, "DICOMDIR", data)
	if s.Err != nil {
		t.Error(s.Err)
	}
	for _, r := range s.Records {
		line, records := "", ""
		for _, c := range r {
			switch c.Field {
			case "PatientID":
				line += c.Value + ":"
			case "StudyDescription":
				records += " " + strings.TrimPrefix(c.Value, "record ")
			}
		}
		if line += records; line != "" {
			out = append(out, line)
		}
	}
	return out
}

func TestDirectory(t *testing.T) {
	for name, c := range map[string]struct {
		types string
		links []link
		want  string
	}{
		"in order":       {"P S I P S", []link{{3, 1}, {-1, 2}, {-1, -1}, {-1, 4}, {-1, -1}}, "M0: 1 2|M3: 4"},
		"patients first": {"P P S S I I", []link{{1, 2}, {-1, 3}, {-1, 4}, {-1, 5}, {-1, -1}, {-1, -1}}, "M0: 2 4|M1: 3 5"},
		"children first": {"I S P", []link{{-1, -1}, {-1, 0}, {-1, 1}}, "M2: 0 1"},
		"no offsets":     {"P S P S", nil, "M0: 1|M2: 3"},
		"cycles":         {"P S S P", []link{{0, 1}, {2, 1}, {1, 0}, {3, 3}}, "M0: 1 2|M3:"},
		"to each other":  {"P P S", []link{{1, 1}, {0, 0}, {2, 2}}, "M0:|M1: 2"},
		"nobody":         {"S S", nil, " 0 1"},
		"two parents":    {"P P S", []link{{1, 2}, {-1, 2}, {-1, -1}}, "M0: 2|M1:"},
	} {
		types := strings.Fields(strings.NewReplacer("P", "PATIENT", "S", "STUDY", "I", "IMAGE").Replace(c.types))
		if got := strings.Join(people(t, media(types, c.links)), "|"); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

// TestACircleIsAGap: offsets that lead to where one was before are damage, and those of a tree are not.
func TestACircleIsAGap(t *testing.T) {
	for _, c := range []struct {
		links []link
		gaps  int
	}{{[]link{{-1, 1}, {-1, -1}}, 0}, {[]link{{0, 0}, {-1, -1}}, 1}, {[]link{{-1, 1}, {1, -1}}, 1}} {
		s := formattest.Collect(Reader{}, "DICOMDIR", media([]string{"PATIENT", "STUDY"}, c.links))
		if len(s.Gaps) != c.gaps || c.gaps > 0 && s.Gaps[0].Reason != estate.GapDamaged {
			t.Errorf("%v: gaps %v", c.links, s.Gaps)
		}
	}
}

// TestDirectoryLosesNothing: wherever offsets lead, every record is read once, and every patient has a record.
func TestDirectoryLosesNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(rt, "n")
		var types []string
		var links []link
		var want []string
		for i := range n {
			kind := rapid.SampledFrom([]string{"PATIENT", "STUDY", "IMAGE"}).Draw(rt, "type")
			types = append(types, kind)
			links = append(links, link{rapid.IntRange(-1, n-1).Draw(rt, "next"), rapid.IntRange(-1, n-1).Draw(rt, "lower")})
			if kind == "PATIENT" {
				want = append(want, fmt.Sprintf("M%d:", i))
			} else {
				want = append(want, fmt.Sprint(i))
			}
		}
		got := strings.Fields(strings.Join(people(t, media(types, links)), " "))
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			rt.Fatalf("got %v, want %v", got, want)
		}
	})
}
