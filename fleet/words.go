package fleet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/chartroom/chartroom/estate/packed"
)

// mostWords bounds a call or an answer, in bytes.
const mostWords = 64 << 20

// ErrWords says that what came is none of the words of this package.
var ErrWords = errors.New("what came over the line cannot be read")

// Words writes and reads questions and answers: by gob, whose descriptions of the types it keeps, as understanding them takes several times as long
// as a small value does; and the parcels of a delivery in a form of their own behind it. Its zero value is ready. It is safe for concurrent use.
type Words struct{ kinds sync.Map } // of *kind, by reflect.Type

// Encode writes a question or an answer, to which words points.
func (w *Words) Encode(words any) ([]byte, error) { return w.Append(nil, words) }

// Append writes behind b what Encode does.
func (w *Words) Append(b []byte, words any) ([]byte, error) {
	d, ok := words.(*Delivery)
	if !ok || len(d.Parcels) == 0 {
		return w.append(b, words)
	}
	others := *d
	others.Parcels = nil
	at := len(b) + len(withParcels)
	b, err := w.append(append(append(b, withParcels...), 0, 0, 0, 0), &others)
	if err == nil {
		binary.LittleEndian.PutUint32(b[at:], uint32(len(b)-at-4))
		b, err = appendParcels(b, d.Parcels)
	}
	if err != nil {
		return nil, fmt.Errorf("write a delivery: %w", err)
	}
	return b, nil
}

// withParcels stands before a delivery that has parcels: four bytes that say how long it is without them, that, and they. Nothing that gob
// writes begins so.
const withParcels = "\x00"

// Decode reads what Encode wrote, of this version or another: unknown fields are passed by. Of a delivery b is part from now on, and must stay as it is.
func (w *Words) Decode(b []byte, words any) (err error) {
	if len(b) > mostWords {
		return fmt.Errorf("%w: %d bytes are too many", ErrWords, len(b))
	}
	d, ok := words.(*Delivery)
	rest, found := bytes.CutPrefix(b, []byte(withParcels))
	if !ok || !found {
		return w.read(b, words)
	}
	r := packed.NewReader(rest)
	others := r.Take(int(r.Uint32()))
	if !r.OK() {
		return ErrWords
	}
	if err := w.read(others, d); err != nil {
		return err
	}
	d.Parcels, err = readParcels(rest[4+len(others):])
	return err
}
