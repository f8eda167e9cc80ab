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
	seen  map[phi.Kind]uint64
}

func (l *looseText) begin(it *Item, at uint32, lab label) {
	l.item, l.at, l.label = it, at, lab
	if l.seen == nil {
		l.seen, l.seed = make(map[phi.Kind]uint64), maphash.MakeSeed()
	}
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
	if t.rules == nil {
		t.rules = make(map[text.Rule]int64)
	}
	t.rules[s.Rule]++
	alone := l.item.places.Len() == 1 // else the record says whose text it is
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
	h := maphash.Bytes(l.seed, v)
	if last, ok := l.seen[s.Kind]; ok {
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
	l.seen[s.Kind] = h
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
	if l.item == nil || len(l.seen) == 0 {
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
	clear(l.seen)
	clear(l.buf)
	l.buf = l.buf[:0]
}
