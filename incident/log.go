package incident

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Entry is one line of a case's log: who did, knew, decided or said what, and when. A line is never changed and never removed. What was
// wrong is corrected by a later line; what happened earlier than it was written down says so itself (Happened).
type Entry struct {
	Number   int             `json:"number"`
	At       time.Time       `json:"at"`                 // when it was written, by this machine's clock
	Happened *time.Time      `json:"happened,omitempty"` // when it happened, where that is not when it was written
	Author   string          `json:"author"`
	Kind     Kind            `json:"kind"`
	Body     json.RawMessage `json:"body"`
	Previous string          `json:"previous"` // hash of the line before, "" for the first
}

// Kind is what sort of line it is.
type Kind string

// The kinds.
const (
	Opened   Kind = "open"
	Learned  Kind = "fact"
	Levelled Kind = "level"
	Decided  Kind = "decision"
	Approved Kind = "approval"
	Sent     Kind = "sent"
	Noted    Kind = "note"
	Evidence Kind = "evidence"
	Fired    Kind = "threshold"
	Closed   Kind = "close"
)

// Line is an entry as it is kept: its exact bytes, and their hash.
type Line struct {
	Bytes []byte // JSON without a line break
	Hash  string // hexadecimal SHA-256 of the bytes, which name the line before
}

// maxLine bounds a line, in bytes.
const maxLine = 1 << 20

// ErrBroken says that a log is not as it was written.
var ErrBroken = errors.New("the log was changed")

// Seal makes the line of an entry.
func Seal(e Entry) (Line, error) {
	e.At = e.At.UTC().Truncate(time.Millisecond)
	if e.Happened != nil {
		t := e.Happened.UTC()
		e.Happened = &t
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		return Line{}, fmt.Errorf("write line %d of the log: %w", e.Number, err)
	}
	line := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	if len(line) > maxLine {
		return Line{}, fmt.Errorf("line %d of the log would have %d bytes; at most %d are taken: name a file as evidence instead", e.Number, len(line), maxLine)
	}
	return Line{line, hash(line)}, nil
}

func hash(line []byte) string {
	sum := sha256.Sum256(line)
	return hex.EncodeToString(sum[:])
}

// Read checks the lines of a log from the first on, and gives its entries. An error wraps ErrBroken, and names the line.
func Read(lines []Line) ([]Entry, error) {
	out := make([]Entry, 0, len(lines))
	previous := ""
	for i, l := range lines {
		var e Entry
		d := json.NewDecoder(bytes.NewReader(l.Bytes))
		d.DisallowUnknownFields()
		err := d.Decode(&e)
		switch {
		case hash(l.Bytes) != l.Hash:
			return out, fmt.Errorf("line %d: %w: its hash is another", i+1, ErrBroken)
		case err != nil:
			return out, fmt.Errorf("line %d: %w: %w", i+1, ErrBroken, err)
		case e.Number != i+1:
			return out, fmt.Errorf("line %d: %w: it says that it is line %d", i+1, ErrBroken, e.Number)
		case e.Previous != previous:
			return out, fmt.Errorf("line %d: %w: it does not follow the line before", i+1, ErrBroken)
		case i > 0 && e.At.Before(out[i-1].At):
			return out, fmt.Errorf("line %d: %w: it is older than the line before", i+1, ErrBroken)
		}
		previous = l.Hash
		out = append(out, e)
	}
	return out, nil
}
