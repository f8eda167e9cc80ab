package detect

import (
	"bytes"
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
	fresh [maxFresh]freshClass // what the text at hand said last
	last  int                  // how many of them there are
}

// freshClass is a class that the text said, and where. What stands in the paragraph of the next person's label is the heading of his text.
type freshClass struct {
	class phi.Class
	at    int
}

// maxFresh is how many such classes are kept apart, and maxHeading how far before a label its heading begins, in bytes.
const (
	maxFresh   = 16
	maxHeading = 400
)

func (l *looseText) begin(it *Item, at uint32, lab label) {
	l.item, l.at, l.label = it, at, lab
	l.seed = it.seed
	l.settle(l.last) // offsets are those of one text
}

// class takes a class that the text says.
func (l *looseText) class(c phi.Class, at int) {
	if l.last == maxFresh {
		l.settle(1)
	}
	l.fresh[l.last] = freshClass{c, at}
	l.last++
}

// settle gives the first n fresh classes to the person at hand.
func (l *looseText) settle(n int) {
	for _, f := range l.fresh[:n] {
		l.id.Classes = l.id.Classes.With(f.class)
	}
	l.last = copy(l.fresh[:], l.fresh[n:l.last])
}

// next hands out the person at hand, because text[at:] is about another one, who has the classes of the heading.
func (l *looseText) next(text []byte, at int) {
	from := max(0, at-maxHeading)
	heading := text[from:at]
	for _, end := range []string{"\n\n", "\n\r\n"} {
		if i := bytes.LastIndex(heading, []byte(end)); i >= 0 {
			from += i + len(end)
			heading = text[from:at]
		}
	}
	n := 0
	for n < l.last && l.fresh[n].at < from {
		n++
	}
	l.settle(n)
	l.flush()
}

// lives keeps the State of an address of the person, which ends with its ZIP code.
func (l *looseText) lives(address []byte) {
	if i := bytes.LastIndexByte(address, ' ') + 1; i > 0 && len(address)-i >= 5 {
		if state, ok := l.item.engine.words.ZIP(address[i : i+5]); ok && l.id.States == 0 {
			l.id.States |= 1 << state
		}
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
	t.spans = true
	t.rules[s.Rule]++
	alone := l.item.places.Len() == 1 || l.item.places.At(l.at).Document // else the record says whose text it is
	if alone && s.Likelihood >= reportable && (s.Labelled || s.Kind == phi.SSN) && (subject == phi.Patient || subject == phi.Unknown) {
		l.tells(s, v)
	}
}

// tells keeps a value of the person that the text is about.
func (l *looseText) tells(s text.Span, all []byte) {
	v := all[s.Start:s.End]
	switch s.Kind {
	case phi.MRN, phi.SSN, phi.HealthPlanID, phi.Name, phi.DateOfBirth:
	case phi.Address:
		l.lives(v)
		return
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
		l.next(all, s.Start)
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

// end hands out the last person.
func (l *looseText) end() {
	l.settle(l.last)
	l.flush()
}

// flush hands out the person.
func (l *looseText) flush() {
	if l.item == nil || !l.any {
		return
	}
	l.id.Classes |= l.label.classes
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
