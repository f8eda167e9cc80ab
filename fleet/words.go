package fleet

import (
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"
	"reflect"
	"sync"
)

// mostWords bounds a call or an answer, in bytes.
const mostWords = 64 << 20

// ErrWords says that what came is none of the words of this package.
var ErrWords = errors.New("what came over the line cannot be read")

// Encode writes a question or an answer.
func Encode(words any) ([]byte, error) {
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(words); err != nil {
		return nil, fmt.Errorf("write %T: %w", words, err)
	}
	return b.Bytes(), nil
}

// Decode reads what Encode wrote. Unknown fields, of a newer version, are passed by.
func Decode(b []byte, words any) (err error) {
	defer spared(&err)
	if len(b) > mostWords {
		return fmt.Errorf("%w: %d bytes are too many", ErrWords, len(b))
	}
	return unread(words, gob.NewDecoder(bytes.NewReader(b)).Decode(words))
}

// spared makes an error of a panic of the decoder.
func spared(err *error) {
	if recover() != nil {
		*err = ErrWords
	}
}

func unread(words any, err error) error {
	if err != nil {
		return fmt.Errorf("%w: %T: %w", ErrWords, words, err)
	}
	return nil
}

// Words reads and writes as Encode and Decode do, the same bytes, and faster where it is done often: gob puts the descriptions of the types
// before each value, and understanding them takes several times as long as a small value does. Its zero value is ready. It is safe for
// concurrent use.
type Words struct{ kinds sync.Map } // of *kind, by reflect.Type

// kind is a type of words, with those that have its descriptions behind them.
type kind struct {
	types   []byte // the descriptions, as this version of the program writes them; empty = it has none that stand apart
	readers sync.Pool
	writers sync.Pool
}

type reader struct {
	from bytes.Reader
	gob  *gob.Decoder
}

type writer struct {
	to  bytes.Buffer
	gob *gob.Encoder
}

// kind finds out how words are written, which are a pointer.
func (w *Words) kind(words any) *kind {
	t := reflect.TypeOf(words)
	if k, ok := w.kinds.Load(t); ok {
		return k.(*kind)
	}
	k := &kind{}
	if first := newWriter(t); first != nil {
		twice := first.to.Len()
		first.to.Reset()
		if err := first.gob.EncodeValue(reflect.New(t.Elem())); err == nil { // the second time the value comes alone
			k.types = bytes.Clone(newWriter(t).to.Bytes()[:twice-first.to.Len()])
		}
	}
	k.readers.New = func() any { return newReader(t, k.types) }
	k.writers.New = func() any {
		n := newWriter(t)
		n.to.Reset()
		return n
	}
	got, _ := w.kinds.LoadOrStore(t, k)
	return got.(*kind)
}

// newWriter makes one that has written a zero value; nil where that cannot be done.
func newWriter(t reflect.Type) *writer {
	n := &writer{}
	n.gob = gob.NewEncoder(&n.to)
	if t.Kind() != reflect.Pointer || n.gob.EncodeValue(reflect.New(t.Elem())) != nil {
		return nil
	}
	return n
}

// newReader makes one that has read descriptions.
func newReader(t reflect.Type, types []byte) *reader {
	n := &reader{}
	n.gob = gob.NewDecoder(&n.from)
	n.from.Reset(newWriter(t).to.Bytes())
	_ = n.gob.DecodeValue(reflect.New(t.Elem())) // this program has just written it
	return n
}

// Encode does what the function does.
func (w *Words) Encode(words any) ([]byte, error) {
	k := w.kind(words)
	if len(k.types) == 0 {
		return Encode(words)
	}
	n := k.writers.Get().(*writer)
	n.to.Write(k.types)
	if err := n.gob.Encode(words); err != nil {
		return nil, fmt.Errorf("write %T: %w", words, err) // it is not used again: what it has written is not known
	}
	out := bytes.Clone(n.to.Bytes())
	if n.to.Reset(); n.to.Cap() < mostKept {
		k.writers.Put(n)
	}
	return out, nil
}

// mostKept is up to which size a buffer is kept.
const mostKept = 4 << 20

// Decode does what the function does.
func (w *Words) Decode(b []byte, words any) (err error) {
	k := w.kind(words)
	value, ours := bytes.CutPrefix(b, k.types)
	if len(k.types) == 0 || !ours || len(b) > mostWords {
		return Decode(b, words) // of another version of the program
	}
	defer spared(&err)
	n := k.readers.Get().(*reader)
	n.from.Reset(value)
	if err := unread(words, n.gob.Decode(words)); err != nil {
		return err
	}
	if n.from.Len() == 0 {
		n.from.Reset(nil)
		k.readers.Put(n)
	}
	return nil
}
