package hl7v2

import (
	"maps"
	"math"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/chartroom/chartroom/phi"
)

// TestTable: the table of positions is read, and has what every message has.
func TestTable(t *testing.T) {
	segments, history, err := readSegments(chapters)
	if err != nil {
		t.Fatal(err)
	}
	fields := 0
	for _, s := range segments {
		fields += len(s.fields)
	}
	if len(segments) != 157 || fields != 683 || history.id != "QPD" || len(history.fields) != 7 {
		t.Errorf("%d segments, %d fields, %s with %d", len(segments), fields, history.id, len(history.fields))
	}
	if n := len(positions().plans); n > math.MaxUint8 {
		t.Errorf("%d segments do not fit the index", n)
	}
	want := map[string]field{
		"PID-12": {n: 12, t: st, name: "County Code", kind: phi.Address, part: phi.PartCounty},
		"PID-29": {n: 29, t: dtm, name: "Patient Death Date and Time", kind: phi.Date, part: phi.PartDeath},
		"DG1-3":  {n: 3, t: cwe, name: "Diagnosis Code", shaped: true},
		"DRG-1":  {n: 1, t: cwe, name: "Diagnostic Related Group", system: phi.MSDRG},
		"OBX-11": {n: 11, t: status, name: "Observation Result Status", void: " D W X N I O "},
		"OBX-18": {n: 18, t: ei, name: "Equipment Instance Identifier", kind: phi.Device, who: organisation},
	}
	got := map[string]field{}
	for _, s := range segments {
		for _, f := range s.fields {
			if name := label(key(s.id), int(f.n)); want[name] != (field{}) {
				got[name] = f
			}
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

// TestTableMistakes: a mistake in the table is refused, with the file and the line where it stands.
func TestTableMistakes(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"PID 3 40", "1: a segment is"},
		{"# people\n\nPI 3 40 patient", "3: \"PI\" is no segment's name"},
		{"PID 3 many patient", "1: \"many\" is no number"},
		{"PID 3 40 dog", "1: \"dog\" is nobody"},
		{"PID 3 40 patient\nPV1 3 54 patient\nPID 3 40 patient", "3: PID stands twice"},
		{"  5 XPN: Patient Name", "1: a field without a segment"},
		{"PID 3 40 patient\n  5 XPN Patient Name", "2: a field is"},
		{"PID 3 40 patient\n  0 XPN: Patient Name", "2: \"0\" is no number"},
		{"PID 3 40 patient\n  5 XYZ: Patient Name", "2: no type \"XYZ\""},
		{"PID 3 40 patient\n  5 XPN dead: Patient Name", "2: no meaning \"dead\""},
		{"PID 3 40 patient\n  5 XPN patient relative: Patient Name", "2: \"relative\" after another"},
		{"PID 3 40 patient\n  5 XPN: Patient Name\n  5 XPN: Patient Name", "3: field 5 is out of order"},
		{"PID 3 40 patient\n  41 XPN: Patient Name", "2: field 41 is out of order, or beyond"},
		{"PID 3 40 patient\n  3 CX: Patient Identifier List", "2: this type needs a kind"},
		{"PID 3 40 patient\n  7 DTM ssn: Date of Birth", "2: this type needs a kind of date"},
		{"PID 3 40 patient\n  8 ST: Sex", "2: this type needs a kind or a part"},
		{"PID 3 40 patient\n  5 XPN ssn: Patient Name", "2: this type has its own kinds"},
		{"DG1 6 26 patient\n  21 status: Action", "2: a status, and nothing else"},
		{"DG1 6 26 patient\n  21 status void=: Action", "2: no meaning"},
		{"DG1 6 26 patient\n  5 DTM date NDC: Date", "2: only codes have a system"},
	} {
		_, _, err := readSegments(fstest.MapFS{"data/a.txt": {Data: []byte(c.text)}})
		if err == nil || !strings.HasPrefix(err.Error(), "data/a.txt:"+c.want) {
			t.Errorf("%q: %v, want %s", c.text, err, c.want)
		}
	}
	two := "MSH 2 28 organisation\nFHS 2 14 organisation"
	if _, _, err := readSegments(fstest.MapFS{historyFile: {Data: []byte(two)}}); err == nil {
		t.Error("two histories")
	}
}

// TestPlaces: each outlet of the table makes a place that says what its rule is, and codes and names differ in kind.
func TestPlaces(t *testing.T) {
	for _, p := range positions().plans[1:] {
		for _, f := range p.at {
			if f == nil {
				continue
			}
			for i := range f.outlets {
				place := f.place(i)
				if !strings.HasPrefix(place.Field, p.id+"-") || !strings.Contains(place.Rule, f.name) || place.Kind == own || place.Subject == phi.Unknown {
					t.Errorf("%s-%d outlet %d: %+v", p.id, f.n, i, place)
				}
			}
		}
	}
}

func TestUnescape(t *testing.T) {
	for in, want := range map[string]string{
		`a\F\b\S\c\T\d\R\e\E\f`: `a|b^c&d~e\f`, `x\.br\y\.sp+2\z\.in4\w`: "x\ny\nz w", `\H\bold\N\`: "bold",
		`\X41\\X4243\`: "ABC", `\X4\`: `\X4\`, `\Xzz\`: `\Xzz\`, `a\`: `a\`, `\`: `\`, `C:\new\table`: `C:\new\table`, `\C2842\x`: " x", `\Q\`: `\Q\`, `\\`: `\\`, `\P\`: "#",
	} {
		if got := string(unescape(nil, []byte(in), usual)); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}
