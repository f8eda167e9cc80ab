package text

import (
	"bytes"
	"math"

	"github.com/chartroom/chartroom/detect/lex"
)

const (
	blockSize = 32 << 10 // how much of a text is lexed at a time
	context   = 400      // how much before and behind a block is lexed with it, where a span may lie across its edge; more than lex.MaxLook
)

// walk goes through a text by lines, and through the windows, which lines do not heed. A line that nothing ties to its neighbours (seam.go) and that is
// like one that was met before is told from memory (repeat.go). What lies between such lines is read in blocks.
type walk struct {
	*Scanner
	text []byte
	to   int
	w    Windows

	begin, edge, size int // the window
	last              int // where the last span ends

	allowed int // how much the scanner may have read at the beginning of the text, for lines to be told by themselves: see thrifty

	open   int        // from here to the line at hand nothing was read yet
	behind bool       // what begins there is tied to what stands before it,
	known  bool       // which is known:
	before lex.Ending // what the line before tells,
	apart  bool       // and whether an empty line stands between
	prev   line       // the line before the one at hand
	gap    bool       // an empty line stands before the line at hand

	learning *form // of the line at hand, nil when it is not being learnt
	learntAt int
}

// line is a line of the text, with the empty lines behind it.
type line struct {
	from, stop int // stop is behind its line feed,
	end        int // end behind the empty lines,
	next       int // and next is where more than blanks stands
	seam       seam
}

// seam is what is known of a line's end: whether a rule may look over it.
type seam uint8

const (
	unknown seam = iota
	tied
	loose
)

// lines goes through text[from:to].
func (k *walk) lines(from int) {
	k.open, k.behind, k.known, k.apart, k.gap = from, from > 0, from == 0, from == 0, from == 0
	k.allowed = k.cost + blockSize - 2*from
	k.prev = line{seam: loose}
	if from > 0 {
		k.prev.seam = tied
	}
	for at := from; at < k.to; at = k.prev.end {
		l := k.line(at)
		if !k.told(&l) {
			if k.gap = l.end > l.stop; l.end-k.open >= blockSize {
				k.read(l.end, k.tied(&l))
			}
		}
		k.prev, k.gap = l, l.end > l.stop
	}
	k.read(k.to, k.tied(&k.prev))
}

// line gives the line that begins at byte at.
func (k *walk) line(at int) line {
	l := line{from: at, stop: k.to, end: k.to, next: k.to}
	n := bytes.IndexByte(k.text[at:], '\n')
	if n < 0 || at+n >= k.to {
		if l.seam = loose; k.to < len(k.text) {
			l.seam = tied
		}
		return l
	}
	l.stop, l.end = at+n+1, at+n+1
	for l.next = l.stop; l.next < len(k.text) && lex.ClassOf(k.text[l.next]) <= lex.ClassLine; l.next++ {
		if k.text[l.next] == '\n' {
			l.end = l.next + 1
		}
	}
	l.end = min(l.end, k.to)
	return l
}

// tied tells whether a rule may look over the end of the line.
func (k *walk) tied(l *line) bool {
	if l.seam == unknown {
		if l.seam = loose; l.next < len(k.text) && k.looks(k.text[l.from:l.stop-1], k.text[l.next:]) {
			l.seam = tied
		}
	}
	return l.seam == tied
}

// thrifty tells whether what was read up to byte at, context and all, is no more than twice the text. Lines that are read by themselves may lean on what
// stands about them, one and all.
func (k *walk) thrifty(at int) bool { return k.cost <= k.allowed+2*at }

// opening tells how the line at hand begins, which nothing unread stands before.
func (k *walk) opening() bool { return k.apart || k.before.Opens() }

// read reads what was not read yet, up to byte to. Tied: what follows is tied to it.
func (k *walk) read(to int, tied bool) {
	for k.open < to {
		end := cut(k.text, k.open, to)
		k.block(k.open, end, k.behind, tied || end < to)
		k.open, k.behind, k.apart = end, tied || end < to || k.last > end, k.gap
	}
}

// block reads text[from:end] and tells what is in it. Where a rule leaned on what stands about it, that is read with it; a large block is read so at once.
func (k *walk) block(from, end int, behind, ahead bool) {
	large := end-from >= 8*context
	k.lex(from, end, behind || large, ahead || large)
	if k.on.Leaned && !large && !(behind && ahead) {
		k.lex(from, end, true, true)
	}
	k.tell(from, end)
}

// lex finds the spans of text[from:end], with what stands before and behind it as far as it is wanted.
func (k *walk) lex(from, end int, behind, ahead bool) {
	opens := lex.Opening{At: math.MaxUint32}
	if k.known && (from == 0 || k.text[from-1] == '\n') {
		opens = lex.Opening{At: from, Low: k.opening()}
	}
	start, stop := from, end
	if behind {
		start = max(0, from-context)
		for start > 0 && start < from && lex.ClassOf(k.text[start-1]) > lex.ClassLine {
			start++
		}
	}
	if ahead {
		stop = min(len(k.text), end+context)
	}
	k.cost += stop - start
	k.Scanner.block(k.text, start, stop, opens)
}

// tell tells what was found in text[from:end].
func (k *walk) tell(from, end int) {
	k.merge(func(sp Span) {
		if sp.Start >= from && sp.Start < end && sp.Start >= k.last {
			k.close(sp.Start, from)
			k.count(from, sp.Start)
			k.span(sp)
		}
	})
	k.close(end-1, from)
	k.count(from, end)
	k.before, k.known = k.on.EndingAt(end), true
}

// span tells a span, and keeps it in mind while a line is learnt.
func (k *walk) span(sp Span) {
	k.last = sp.End
	k.w.Span(sp)
	if f := k.learning; f != nil && !f.particular {
		k.memory.spans = append(k.memory.spans, learnt{uint16(sp.Start - k.learntAt), uint16(sp.End - k.learntAt),
			sp.Likelihood, sp.Kind, sp.Part, sp.Subject, sp.Rule, sp.WellFormed, sp.Labelled})
		f.numSpans++
	}
}

// close closes the windows that end at or before at. What the block, which begins at from, holds of them is counted first.
func (k *walk) close(at, from int) {
	for k.edge <= at {
		k.count(from, k.edge)
		k.w.Closed(k.begin, k.edge)
		k.Reset()
		k.begin, k.edge = k.edge, k.edge+k.size
	}
}

// cut gives the end of the block that begins at from: a line's end where there is one.
func cut(text []byte, from, to int) int {
	end := from + blockSize
	if to-end < blockSize/4 {
		return to
	}
	for _, want := range [...]lex.Class{lex.ClassLine, lex.ClassBlank} {
		for i := end; i > end-blockSize/4; i-- {
			if lex.ClassOf(text[i-1]) == want {
				return i
			}
		}
	}
	return end
}
