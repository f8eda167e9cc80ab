package scan

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/chartroom/chartroom/format"
)

// Limits bound what one item, and all that stands in it, may cost. The zero Limits are sane.
type Limits struct {
	Depth    int           // how deep things may stand in things; 0 = 16
	ItemTime time.Duration // how long one item may take; 0 = a day
	// What stands in an item may come to Base and Ratio times the item's size, at each depth. 0 = 64 MiB and 200. A bomb is far
	// beyond it (deflate alone comes to 1,032), a log of nothing but repetitions is not.
	Base  int64 // bytes
	Ratio int64
	// Members is how many things may stand in an item, at all depths together; 0 = a million. A small item may hold fewer: each
	// counts as four KiB of what Base and Ratio allow.
	Members int64
}

// defaultLimits are in force where nothing else is asked for.
var defaultLimits = Limits{Depth: 16, ItemTime: 24 * time.Hour, Base: 64 << 20, Ratio: 200, Members: 1_000_000}

// memberCost is what a thing counts as at least, in bytes.
const memberCost = 4 << 10

func (l *Limits) defaults() {
	for _, n := range []struct{ to, def *int64 }{{&l.Base, &defaultLimits.Base}, {&l.Ratio, &defaultLimits.Ratio}, {&l.Members, &defaultLimits.Members}} {
		if *n.to == 0 {
			*n.to = *n.def
		}
	}
	if l.Depth == 0 {
		l.Depth = defaultLimits.Depth
	}
	if l.ItemTime == 0 {
		l.ItemTime = defaultLimits.ItemTime
	}
}

// budget is what one top item has cost so far. A converter reads a content in another goroutine than that which reads the text.
type budget struct {
	limits Limits
	size   int64 // of the item, -1 when not known

	mu     sync.Mutex
	read   int64 // of the item
	levels []int64
	things int64
	over   error // it has come to a limit: nothing in it is read any more
}

// spent gives the limit that the item has come to, nil while there is none.
func (b *budget) spent() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.over
}

// item counts bytes of the item itself.
func (b *budget) item(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.read += int64(n)
}

// allowed is how many bytes may stand within the item at each depth.
func (b *budget) allowed() int64 {
	size := b.size
	if size < 0 {
		size = b.read
	}
	if size > (1<<62)/b.limits.Ratio {
		return 1 << 62
	}
	return b.limits.Base + b.limits.Ratio*size
}

// thing counts one thing within the item.
func (b *budget) thing() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.count(1)
}

// add counts what was spent elsewhere on pieces of the same item.
func (b *budget) add(o *budget) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.read += o.read
	if o.things > 0 {
		b.count(o.things)
	}
	for depth, n := range o.levels {
		b.level(depth, n)
	}
}

func (b *budget) count(things int64) {
	b.things += things
	switch {
	case b.over != nil:
	case b.things > b.limits.Members:
		b.over = fmt.Errorf("more than %d things stand in it (max_members); the rest was not read: %w", b.limits.Members, format.ErrLimit)
	case b.things > b.allowed()/memberCost:
		b.over = fmt.Errorf("%d things stand in it, too many for its size (max_inner_ratio); the rest was not read: %w", b.things, format.ErrLimit)
	}
}

// spend counts bytes of things at a depth.
func (b *budget) spend(depth, n int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.level(depth, int64(n))
	return b.over
}

func (b *budget) level(depth int, n int64) {
	for len(b.levels) <= depth {
		b.levels = append(b.levels, 0)
	}
	b.levels[depth] += n
	if b.over == nil && b.levels[depth] > b.allowed() {
		b.over = fmt.Errorf("what stands in it comes to more than %d MiB and %d times its size (max_inner_ratio), as in a decompression bomb; the rest was not read: %w",
			b.limits.Base>>20, b.limits.Ratio, format.ErrLimit)
	}
}

// metered is the content of a thing within the item. It fails when the item has come to a limit. Where the content itself is damaged
// or cut off, it ends there, so that a reader hands out what came before; whoever made it tells what is wrong.
type metered struct {
	r      io.Reader
	budget *budget
	depth  int
	broken error
}

// Read reads and counts.
func (m *metered) Read(p []byte) (int, error) {
	if over := m.budget.spent(); over != nil {
		return 0, over
	}
	if m.broken != nil {
		return 0, io.EOF
	}
	n, err := m.r.Read(p)
	if over := m.budget.spend(m.depth, n); over != nil {
		return n, over
	}
	if err != nil && (errors.Is(err, format.ErrDamaged) || errors.Is(err, io.ErrUnexpectedEOF)) {
		m.broken, err = err, io.EOF
	}
	return n, err
}

// randomAccess is a content that can be read at any place.
type randomAccess interface {
	io.ReaderAt
	Size() int64
}

// meteredAt counts what is read out of order.
type meteredAt struct {
	randomAccess
	meter *metered
}

// ReadAt reads at a place and counts.
func (m *meteredAt) ReadAt(p []byte, off int64) (int, error) {
	if over := m.meter.budget.spent(); over != nil {
		return 0, over
	}
	n, err := m.randomAccess.ReadAt(p, off)
	if over := m.meter.budget.spend(m.meter.depth, n); over != nil {
		return n, over
	}
	return n, err
}

// maxInnerName bounds the name of a thing within a thing, in bytes.
const maxInnerName = 1 << 10

// innerName writes the name that a container gives a thing so that it can be shown, stored, and told from what stands deeper: an
// archive may hold any bytes as a name. Control characters, backslashes and what is no UTF-8 become \xNN, as in the names of
// files; the mark between a container and what is in it cannot be part of a name; a name has an end that is no slash.
func innerName(name string) string {
	if plainName(name) {
		return name
	}
	var b strings.Builder
	for i := 0; i < len(name) && b.Len() < maxInnerName; {
		r, n := utf8.DecodeRuneInString(name[i:])
		switch {
		case r == utf8.RuneError && n <= 1 || r < ' ' || r == 0x7f || r == '\\' || r == '!' && strings.HasPrefix(name[i+1:], "/"):
			fmt.Fprintf(&b, `\x%02x`, name[i])
			n = 1
		case invisible(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
		i += n
	}
	clean := strings.Trim(b.String(), "/")
	if clean == "" {
		return "(without a name)"
	}
	return clean
}

// invisible tells whether a character only changes how others are shown: C1 controls, and those that turn the direction.
func invisible(r rune) bool {
	return r >= 0x80 && r < 0xa0 || r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2060 && r <= 0x206f || r == 0xfeff
}

// plainName tells whether a name can stand as it is.
func plainName(name string) bool {
	if name == "" || len(name) > maxInnerName || name[0] == '/' || name[len(name)-1] == '/' {
		return false
	}
	for i := 0; i < len(name); i++ {
		if c := name[i]; c < ' ' || c >= 0x7f || c == '\\' || c == '!' {
			return false
		}
	}
	return true
}
