package dicom

import (
	"fmt"
	"io"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// concepts are the names of content items that say whose a name, number, date or text is, by their code in DCM: the
// observation context of PS3.16, TID 1001 to 1007.
var concepts = map[uint32]meaning{
	121008: {form: list, kind: phi.Name, part: phi.PartFull, subject: phi.Provider},             // Person Observer Name
	121012: {form: list, kind: phi.Device, subject: phi.Organisation},                           // Device Observer UID
	121016: {form: list, kind: phi.Device, subject: phi.Organisation},                           // Device Observer Serial Number
	121018: {form: list, kind: phi.OtherID, subject: phi.Patient},                               // Procedure Study Instance UID
	121019: {form: list, kind: phi.OtherID, subject: phi.Patient},                               // Procedure Study Component UID
	121020: {form: list, kind: phi.OtherID, subject: phi.Patient},                               // Placer Number
	121021: {form: list, kind: phi.OtherID, subject: phi.Patient},                               // Filler Number
	121022: {form: list, kind: phi.OtherID, subject: phi.Patient},                               // Accession Number
	121028: {form: list, kind: phi.OtherID, subject: phi.Patient},                               // Subject UID
	121029: {form: person, kind: phi.Name, subject: phi.Patient},                                // Subject Name
	121030: {form: list, kind: phi.MRN, subject: phi.Patient},                                   // Subject ID
	121031: {form: list, kind: phi.DateOfBirth, subject: phi.Patient},                           // Subject Birth Date
	121036: {form: list, kind: phi.Name, part: phi.PartFull, subject: phi.Patient, other: true}, // Mother of fetus
}

// The attributes that hold the value of a content item (PS3.3 section C.17.3).
const (
	tagContentDate tag = 0x0040A121
	tagContentName tag = 0x0040A123
	tagContentUID  tag = 0x0040A124
	tagContentText tag = 0x0040A160
	tagContent     tag = 0x0040A730 // the sequence of content items
)

// conceptual is what the value of a content item holds, given the concept that names it.
func conceptual(concept uint32, t tag, otherwise meaning) meaning {
	m, ok := concepts[concept]
	if !ok {
		return otherwise
	}
	named := m.kind == phi.Name
	switch {
	case t == tagContentName && named, t == tagContentDate && m.kind == phi.DateOfBirth, t == tagContentText && !named,
		t == tagContentUID && (m.kind == phi.OtherID || m.kind == phi.Device):
		return m
	}
	return otherwise
}

// maxSystems is how many names of code systems are remembered.
const maxSystems = 256

// designated notes the system of the code before it, or behind it where that is long.
func (r *reading) designated(s *scope, designator []byte) {
	system, ok := r.names[string(designator)]
	if !ok {
		system = phi.SystemOf(string(designator))
		if r.names == nil {
			r.names = map[string]phi.System{}
		}
		if len(r.names) < maxSystems {
			r.names[string(designator)] = system
		}
	}
	s.system = system
	if s.sequence == tagConcept && len(r.scopes) > 2 {
		named := &r.scopes[len(r.scopes)-3].concept
		*named = 0
		if string(designator) == "DCM" {
			*named = codeNumber(s.code)
		}
	}
	if len(s.code) > 0 {
		r.code(tagCode, s)
	}
}

// codeNumber reads a code of digits; 0 for any other.
func codeNumber(code []byte) uint32 {
	n := uint32(0)
	for _, c := range code {
		if c < '0' || c > '9' || n > 1<<24 {
			return 0
		}
		n = n*10 + uint32(c-'0')
	}
	return n
}

// code hands out a code of a known system. What a person is identified by (PS3.3 table 10-1) is no code of the patient's.
func (r *reading) code(t tag, s *scope) {
	if s.system == phi.NoSystem || s.system == phi.OtherSystem || s.sequence == tagPersonCode {
		return
	}
	n := len(r.batch.Cells)
	r.put(&element{tag: t}, &meaning{form: codes, subject: phi.Patient}, asIs, s.code)
	if len(r.batch.Cells) > n {
		r.batch.Last().System = s.system
	}
}

// The tag and the value that say that a patient is pregnant (PS3.3 section C.7.4.1).
const (
	tagPregnancy       tag = 0x001021C0
	definitelyPregnant     = 3
)

// missing counts what was not read.
type missing struct {
	pixels, overlays, sounds, encrypted, binaries int64
}

// The classes of objects whose waveforms are sound (PS3.4 annex B).
const (
	classVoice = "1.2.840.10008.5.1.4.1.1.9.4.1"
	classAudio = "1.2.840.10008.5.1.4.1.1.9.4.2"
)

// note counts a value that is skipped.
func (m *missing) note(r *reading, e *element) {
	switch base := e.tag.base(); {
	case pixels(base):
		m.pixels++
	case base == tagOverlay:
		m.overlays++
	case base == tagAudio, base == tagWaveform && (r.class == classVoice || r.class == classAudio):
		m.sounds++
	case base == tagEncrypted:
		m.encrypted++
	case e.tag.private():
		m.binaries++
	}
}

// report tells what was not read.
func (m *missing) report(r *reading) {
	if m.pixels > 0 {
		says := ""
		switch r.burned {
		case 'Y':
			says = "; the file says that there is some"
		case 'N':
			says = "; the file says that there is none, which nobody checked"
		}
		if r.faces == 'Y' {
			says += "; the file says that a face can be recognised"
		}
		r.out.Gap(estate.GapNoReader, "pixels are not read: burned-in text is possible"+says)
	}
	if m.overlays > 0 {
		r.out.Gap(estate.GapNoReader, fmt.Sprintf("%d overlays are not read: text drawn in them is possible", m.overlays))
	}
	if m.sounds > 0 {
		r.out.Gap(estate.GapNoReader, fmt.Sprintf("%d sound recordings are not read: spoken names are possible", m.sounds))
	}
	if m.encrypted > 0 {
		r.out.Gap(estate.GapEncrypted, fmt.Sprintf("%d sets of encrypted attributes", m.encrypted))
	}
	if m.binaries > 0 {
		r.out.Gap(estate.GapUnknown, fmt.Sprintf("%d private binary values", m.binaries))
	}
}

// documents are the media types of encapsulated documents by their class (PS3.4 annex B), and the extension of their inner item. The
// attribute that says the type stands behind the document.
var documents = map[string][2]string{
	"1.2.840.10008.5.1.4.1.1.104.1": {"application/pdf", ".pdf"},
	"1.2.840.10008.5.1.4.1.1.104.2": {"text/xml", ".xml"},
	"1.2.840.10008.5.1.4.1.1.104.3": {"model/stl", ".stl"},
	"1.2.840.10008.5.1.4.1.1.104.4": {"model/obj", ".obj"},
	"1.2.840.10008.5.1.4.1.1.104.5": {"model/mtl", ".mtl"},
}

// startsDocument tells whether bytes begin like a document.
func startsDocument(b []byte) bool {
	for _, magic := range [...]string{"%PDF-", "<?xml", "{\\rtf", "PK\x03\x04", "\x1f\x8b\x08"} {
		if len(b) > len(magic) && string(b[:len(magic)]) == magic {
			return true
		}
	}
	return false
}

// document hands out an encapsulated document.
func (r *reading) document(e *element) error {
	d := documents[r.class]
	return r.inner(e, "EncapsulatedDocument"+d[1], d[0])
}

// inner hands out a value as an inner item. Of its padding a document in text must not see anything.
func (r *reading) inner(e *element, name, hint string) error {
	src := r.parser.src
	r.number++
	if r.number > 1 {
		name = fmt.Sprintf("%d/%s", r.number, name)
	}
	n := e.length
	if r.in.At != nil && r.in.Size >= 0 {
		n = max(min(n, r.in.Size-src.at), 0)
		var last [1]byte
		if n > 0 {
			if _, err := r.in.At.ReadAt(last[:], src.at+n-1); err == nil && last[0] == 0 {
				n--
			}
		}
		return r.out.Inner(name, hint, io.NewSectionReader(r.in.At, src.at, n))
	}
	return r.out.Inner(name, hint, &unpadded{src, n})
}

// preamble hands out what stands before the prefix where it is text. Most is empty, or the head of a TIFF.
func (r *reading) preamble(b []byte) {
	if !readable(b) || !worded(b) {
		return
	}
	place := r.out.Places.Add(record.Place{Field: "preamble", Mode: record.Text, Kind: phi.FreeText})
	r.batch.Put(place, trim(b))
}

// unpadded is a value without the last byte where that is the padding that makes a length even (PS3.5 section 7.1.1).
type unpadded struct {
	src  *source
	left int64
}

// Read implements io.Reader.
func (u *unpadded) Read(p []byte) (int, error) {
	if u.left == 0 {
		return 0, io.EOF
	}
	n, err := u.src.Read(p[:min(int64(len(p)), u.left)])
	u.left -= int64(n)
	if u.left == 0 && n > 0 && p[n-1] == 0 {
		n--
	}
	return n, err
}
