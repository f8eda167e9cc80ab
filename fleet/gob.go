package fleet

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"reflect"
	"sync"
)

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

// append writes by gob.
func (w *Words) append(b []byte, words any) ([]byte, error) {
	k := w.kind(words)
	if len(k.types) == 0 {
		to := bytes.NewBuffer(b)
		err := gob.NewEncoder(to).Encode(words)
		return to.Bytes(), unwritten(words, err)
	}
	n := k.writers.Get().(*writer)
	if err := n.gob.Encode(words); err != nil {
		return nil, unwritten(words, err) // it is not used again: what it has written is not known
	}
	b = append(append(b, k.types...), n.to.Bytes()...)
	if n.to.Reset(); n.to.Cap() < mostKept {
		k.writers.Put(n)
	}
	return b, nil
}

// mostKept is up to which size a buffer is kept.
const mostKept = 1 << 20

// read reads by gob.
func (w *Words) read(b []byte, words any) (err error) {
	defer spared(&err)
	k := w.kind(words)
	value, ours := bytes.CutPrefix(b, k.types)
	if !ours || len(k.types) == 0 { // of another version of the program
		return unread(words, gob.NewDecoder(bytes.NewReader(b)).Decode(words))
	}
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

// spared makes an error of a panic of the decoder.
func spared(err *error) {
	if recover() != nil {
		*err = ErrWords
	}
}

func unwritten(words any, err error) error {
	if err != nil {
		return fmt.Errorf("write %T: %w", words, err)
	}
	return nil
}

func unread(words any, err error) error {
	if err != nil {
		return fmt.Errorf("%w: %T: %w", ErrWords, words, err)
	}
	return nil
}
