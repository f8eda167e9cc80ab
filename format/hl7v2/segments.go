package hl7v2

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/chartroom/chartroom/phi"
)

// chapters is the table of positions as it is written: the segments of the standard by its chapters, and, alone in
// historyFile, another view of one of them.
//
//go:embed data/*.txt
var chapters embed.FS

// historyFile holds QPD as the query for a person's immunisations has it.
const historyFile = "data/history.txt"

// segment is a segment of the standard. It is written as a line
//
//	PID 3 40 patient
type segment struct {
	id      string
	chapter string // of HL7 v2.9
	last    uint16 // number of its last field in v2.9; what stands behind is no position of the standard
	who     who    // whom its fields are about where they do not say otherwise
	fields  []field
}

// field is a field that holds something of interest. The fields of a segment that are not listed hold coded, numeric
// or technical values, or the names and numbers of organisations. It is written as an indented line below its segment,
// with the data type's name, then, in any order, what else there is to say, and after a colon the field's name:
//
//	29 DTM date death: Patient Death Date and Time
type field struct {
	n      uint16
	t      dataType
	name   string
	kind   phi.Kind // of types that leave the kind to the field: as phi.Kind.String says
	who    who
	part   phi.Part   // of types that leave the part to the field: a name of partNames
	system phi.System // of codes without a named system: as phi.System.String says
	void   string     // of status fields: the values that make the segment's codes not count, between blanks; written void=D,X
	shaped bool       // a code without a named system is ICD where it looks like it; written shaped
}

// who says whom a field is about.
type who uint8

const (
	unsaid   who = iota // as the segment says
	patient             // the record's own person
	relative            // a relative, guarantor, insured person, employer or contact: a patient in the sense of the rule, but another one
	provider
	organisation
	workforce
)

var whoNames = []string{unsaid: "", patient: "patient", relative: "relative", provider: "provider", organisation: "organisation", workforce: "workforce"}

var partNames = map[string]phi.Part{"sex": phi.PartSex, "county": phi.PartCounty, "death": phi.PartDeath}

// readSegments reads the table: the segments, and QPD of historyFile. An error names file and line.
func readSegments(files fs.FS) (segments []segment, history segment, err error) {
	names, err := fs.Glob(files, "data/*.txt")
	if err != nil {
		return nil, history, err
	}
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, history, err
		}
		if name != historyFile {
			if segments, err = addSegments(segments, name, string(text)); err != nil {
				return nil, history, err
			}
			continue
		}
		alone, err := addSegments(nil, name, string(text))
		if err != nil {
			return nil, history, err
		}
		if len(alone) != 1 {
			return nil, history, fmt.Errorf("%s: %d segments", name, len(alone))
		}
		history = alone[0]
	}
	return segments, history, nil
}

// addSegments adds the segments of a file to those before.
func addSegments(all []segment, file, text string) ([]segment, error) {
	before := len(all)
	for i, line := range strings.Split(text, "\n") {
		var err error
		switch bare := strings.TrimSpace(line); {
		case bare == "" || bare[0] == '#':
		case line[0] != ' ':
			var s segment
			if s, err = parseSegment(line); slices.ContainsFunc(all, func(o segment) bool { return o.id == s.id }) {
				err = fmt.Errorf("%s stands twice", s.id)
			}
			all = append(all, s)
		case len(all) == before:
			err = errors.New("a field without a segment")
		default:
			err = all[len(all)-1].add(line)
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, i+1, err)
		}
	}
	return all, nil
}

func parseSegment(line string) (segment, error) {
	w := strings.Fields(line)
	if len(w) != 4 {
		return segment{}, errors.New("a segment is its name, chapter, last field, and whom it is about")
	}
	s := segment{id: w[0], chapter: w[1], who: who(max(0, slices.Index(whoNames, w[3])))}
	if len(s.id) != 3 || !segmentName([]byte(s.id)) {
		return segment{}, fmt.Errorf("%q is no segment's name", s.id)
	}
	last, err := strconv.ParseUint(w[2], 10, 16)
	if err != nil || last == 0 {
		return segment{}, fmt.Errorf("%q is no number of a field", w[2])
	}
	if s.who == unsaid {
		return segment{}, fmt.Errorf("%q is nobody", w[3])
	}
	s.last = uint16(last)
	return s, nil
}

// add adds the field that a line describes.
func (s *segment) add(line string) error {
	head, name, ok := strings.Cut(line, ": ")
	w := strings.Fields(head)
	if !ok || len(w) < 2 {
		return errors.New("a field is its number, type, and after a colon its name")
	}
	n, err := strconv.ParseUint(w[0], 10, 16)
	if err != nil || n == 0 {
		return fmt.Errorf("%q is no number of a field", w[0])
	}
	f := field{n: uint16(n), t: dataType(max(0, slices.Index(typeNames[:], w[1]))), name: name}
	if typeNames[f.t] != w[1] {
		return fmt.Errorf("no type %q", w[1])
	}
	for _, word := range w[2:] {
		if err := f.say(word); err != nil {
			return err
		}
	}
	if k := len(s.fields); k > 0 && s.fields[k-1].n >= f.n || f.n > s.last && f.t != qip {
		return fmt.Errorf("field %d is out of order, or beyond the last", n)
	}
	s.fields = append(s.fields, f)
	return f.check()
}

// say takes in what else a line says of a field.
func (f *field) say(word string) error {
	kind, isKind := phi.ParseKind(word)
	part, isPart := partNames[word]
	void, isVoid := strings.CutPrefix(word, "void=")
	var again bool
	switch w := slices.Index(whoNames, word); {
	case isKind && kind != phi.None:
		again, f.kind = f.kind != phi.None, kind
	case isPart:
		again, f.part = f.part != phi.PartNone, part
	case w > 0:
		again, f.who = f.who != unsaid, who(w)
	case phi.ParseSystem(word) != phi.NoSystem:
		again, f.system = f.system != phi.NoSystem, phi.ParseSystem(word)
	case isVoid && void != "":
		again, f.void = f.void != "", " "+strings.ReplaceAll(void, ",", " ")+" "
	case word == "shaped":
		again, f.shaped = f.shaped, true
	default:
		return fmt.Errorf("no meaning %q", word)
	}
	if again {
		return fmt.Errorf("%q after another of its sort", word)
	}
	return nil
}

// check tells what a field lacks, or says that its type has no use for.
func (f *field) check() error {
	kind := f.kind != phi.None
	switch f.t {
	case cx, ei, eip, varies, qip:
		if !kind {
			return errors.New("this type needs a kind")
		}
	case dtm:
		if f.kind.Coarse() != phi.Date {
			return errors.New("this type needs a kind of date")
		}
	case st:
		if !kind && f.part == phi.PartNone {
			return errors.New("this type needs a kind or a part")
		}
	case xcn: // of the number of a person
	default:
		if kind {
			return errors.New("this type has its own kinds")
		}
	}
	if (f.t == status) != (f.void != "") {
		return errors.New("a status, and nothing else, has values that make void")
	}
	if f.t != cwe && (f.shaped || f.system != phi.NoSystem) {
		return errors.New("only codes have a system")
	}
	return nil
}
