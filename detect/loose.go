package detect

import (
	"hash/maphash"

	"github.com/chartroom/chartroom/detect/text"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// looseText takes the spans of running text, and puts those that stand behind a label ("MRN:", "Patient:") together to the
// person that the text is about, where no record says who that is. A second value of the same kind begins the next person.
// It holds values only until the person is complete, in memory of its own, since the text moves on.
type looseText struct {
	item  *Item
	at    uint32
	label label
	seed  maphash.Seed
	buf   []byte
	id    record.Identity
	seen  [32]uint64 // hash of the value of each kind, by its number; 0 = none yet
	any   bool
}

func (l *looseText) begin(it *Item, at uint32, lab label) {
	l.item, l.at, l.label = it, at, lab
	l.seed = it.seed
}

// span counts a span, and keeps it if it tells who the text is about.
func (l *looseText) span(v []byte, s text.Span) {
	subject := s.Subject
	if subject == phi.Unknown {
		subject = l.label.subject
	}
	t := l.item.tally(l.at, s.Kind, subject)
	t.values++
	if s.WellFormed {
		t.wellFormed++
	}
	if s.Labelled {
		t.labelled++
	}
	t.likelihood = max(t.likelihood, s.Likelihood)
	t.spans = true
	t.rules[s.Rule]++
	alone := l.item.places.Len() == 1 || l.item.places.At(l.at).Document // else the record says whose text it is
	if alone && s.Likelihood >= reportable && (s.Labelled || s.Kind == phi.SSN) && (subject == phi.Patient || subject == phi.Unknown) {
		l.tells(s, v[s.Start:s.End])
	}
}

// tells keeps a value of the person that the text is about.
func (l *looseText) tells(s text.Span, v []byte) {
	switch s.Kind {
	case phi.MRN, phi.SSN, phi.HealthPlanID, phi.Name, phi.DateOfBirth:
	default:
		return
	}
	h := maphash.Bytes(l.seed, v) | 1
	if last := l.seen[s.Kind]; last != 0 {
		if last == h {
			return
		}
		if s.Kind == phi.Name || s.Kind == phi.DateOfBirth {
			if len(l.id.IDs) > 0 || l.seen[phi.Name] != 0 && s.Kind == phi.DateOfBirth {
				return // another name in one patient's text is not another patient
			}
		}
		l.flush()
	}
	l.seen[s.Kind], l.any = h, true
	from := len(l.buf)
	l.buf = append(l.buf, v...)
	own := l.buf[from:len(l.buf):len(l.buf)]
	switch s.Kind {
	case phi.Name:
		l.id.Full = own
	case phi.DateOfBirth:
		l.id.Birth = own
	default:
		l.id.IDs = append(l.id.IDs, record.ID{Kind: s.Kind, Value: own})
	}
}

// flush hands out the person.
func (l *looseText) flush() {
	if l.item == nil || !l.any {
		return
	}
	l.id.Classes = l.item.scanner.Classes() | l.item.id.Classes
	if !l.id.Empty() {
		if who := l.item.meet(&l.id); who != 0 {
			for i := range l.item.found[l.at].tallies {
				l.item.found[l.at].tallies[i].meets(who)
			}
		}
	}
	l.id.Reset()
	clear(l.seen[:])
	l.any = false
	clear(l.buf)
	l.buf = l.buf[:0]
}
