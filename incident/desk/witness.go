package desk

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// head is the end of a case's log, as it was witnessed when a line was added. The heads are kept apart from the catalog, beside the key:
// whoever puts an older catalog in the place of this one, knowingly or not, does not put them back, too.
type head struct {
	First  string    `json:"first"` // hash of the case's first line, which tells it from others of its name
	Case   string    `json:"case"`
	Number int       `json:"number"`
	Hash   string    `json:"hash"`
	At     time.Time `json:"at"`
}

// witnesses is the file beside the key. A line is only ever added to it.
func (d *Desk) witnesses() string { return d.Key + ".heads" }

// witness notes the end of the log.
func (k *Case) witness() error {
	if k.desk.Log != nil {
		return nil
	}
	n := len(k.Lines)
	line, err := json.Marshal(head{k.Lines[0].Hash, k.Name, n, k.Lines[n-1].Hash, k.Entries[n-1].At})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(k.desk.witnesses()), 0o700); err != nil {
		return fmt.Errorf("line %d is written, and was not witnessed: %w", n, err)
	}
	f, err := os.OpenFile(k.desk.witnesses(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.Write(append(line, '\n'))
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return fmt.Errorf("line %d is written, and was not witnessed: %w", n, err)
	}
	k.lost = nil
	return nil
}

// heads reads the last head of each case, by its first line.
func heads(path string) (map[string]head, error) {
	out := map[string]head{}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return out, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what was witnessed of the cases: %w", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		var h head
		if err := json.Unmarshal(lines.Bytes(), &h); err != nil {
			return nil, fmt.Errorf("%s:%d is damaged: an end of a case's log belongs there", path, n)
		}
		if h.Number >= out[h.First].Number { // two who write at once may be witnessed in the other order
			out[h.First] = h
		}
	}
	return out, lines.Err()
}

// missing gives the last head that was witnessed, where the log does not have it; nil where it has.
func (k *Case) missing(seen map[string]head) *head {
	h, ok := seen[k.Lines[0].Hash]
	if !ok || h.Number <= len(k.Lines) && k.Lines[h.Number-1].Hash == h.Hash {
		return nil
	}
	return &h
}

// lostError says what is missing.
func (k *Case) lostError() error {
	if k.lost.Number > len(k.Lines) {
		return saying(ErrOlder, "the log of case %s ends at line %d, and %d lines were witnessed, the last on %s: an older catalog stands in the place of this one",
			k.Name, len(k.Lines), k.lost.Number, k.lost.At.Format(time.RFC3339))
	}
	return saying(ErrOlder, "line %d of case %s is not the one that was witnessed on %s: another log stands in its place", k.lost.Number, k.Name, k.lost.At.Format(time.RFC3339))
}
