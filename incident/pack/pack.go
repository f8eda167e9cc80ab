// Package pack makes one file of a whole case, which anybody can check offline: that no byte of it has changed, without any key; and with
// the key, that each thing in it is what the manifest says, and that the log follows line by line to its Merkle root.
//
// A pack is a line of text that names the format, an age file (age-encryption.org/v1) with a tar archive in it, and the SHA-256 of all of
// that. Whoever makes another pack can compute another sum: who packed what, and when, stands in the log, and in whatever the sum was written
// down in.
package pack

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"slices"
	"time"

	"filippo.io/age"
	"github.com/chartroom/chartroom/incident"
)

// magic is the first line of a pack.
const magic = "chartroom case pack 1\n"

// Names of what every pack holds.
const (
	LogFile      = "log.jsonl"
	manifestFile = "manifest.json"
)

// Limits of what is opened: bytes in all, and files.
const (
	mostBytes = 1 << 30
	mostFiles = 10_000
)

// ErrChanged says that a pack is not as it was made.
var ErrChanged = errors.New("the pack was changed")

// Manifest says what a pack holds.
type Manifest struct {
	Case    string          `json:"case"`
	Made    time.Time       `json:"made"`
	By      string          `json:"by"`
	Version string          `json:"chartroom"`
	Lines   int             `json:"lines"`
	Head    string          `json:"head"`        // hash of the log's last line
	Root    string          `json:"merkle_root"` // of the log's lines (RFC 6962)
	Files   map[string]File `json:"files"`
}

// File is one file of a pack.
type File struct {
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Contents are what goes into a pack beside the log: by name their bytes.
type Contents map[string][]byte

// Write writes a pack of a log, and of what belongs to it. It gives the pack's SHA-256, which is its last 32 bytes.
func Write(w io.Writer, m Manifest, log []incident.Line, files Contents, to ...age.Recipient) (sum string, err error) {
	all := maps.Clone(files)
	if all == nil {
		all = Contents{}
	}
	all[LogFile] = nil
	leaves := make([][]byte, len(log))
	for i, l := range log {
		leaves[i] = l.Bytes
		all[LogFile] = append(append(all[LogFile], l.Bytes...), '\n')
	}
	root := Root(leaves)
	m.Lines, m.Root, m.Files = len(log), hex.EncodeToString(root[:]), map[string]File{}
	if len(log) > 0 {
		m.Head = log[len(log)-1].Hash
	}
	for name, b := range all {
		m.Files[name] = File{int64(len(b)), sha(b)}
	}
	if all[manifestFile], err = json.MarshalIndent(m, "", " "); err != nil {
		return "", err
	}
	out := sha256.New()
	both := io.MultiWriter(w, out)
	if _, err := io.WriteString(both, magic); err != nil {
		return "", err
	}
	sealed, err := age.Encrypt(both, to...)
	if err != nil {
		return "", fmt.Errorf("encrypt the pack: %w", err)
	}
	t := tar.NewWriter(sealed)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if err := t.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(all[name])), ModTime: m.Made}); err != nil {
			return "", err
		}
		if _, err := t.Write(all[name]); err != nil {
			return "", err
		}
	}
	if err := errors.Join(t.Close(), sealed.Close()); err != nil {
		return "", err
	}
	end := out.Sum(nil)
	_, err = w.Write(end)
	return hex.EncodeToString(end), err
}

func sha(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Check tells whether a pack is as it was made, without any key: a changed byte, wherever it stands, gives an error that wraps ErrChanged.
// It gives the pack's SHA-256.
func Check(r io.Reader) (sum string, err error) {
	b := &body{r: r, sum: sha256.New()}
	if _, err := io.Copy(io.Discard, b); err != nil {
		return "", err
	}
	return b.end()
}

// body reads a pack but for its first line and the sum at its end, and hashes what it reads.
type body struct {
	r     io.Reader
	sum   hash.Hash
	held  []byte // the last bytes read, which may be the sum
	begun bool
	over  bool
}

// Read gives what the age file holds.
func (b *body) Read(p []byte) (int, error) {
	if !b.begun {
		first := make([]byte, len(magic))
		if _, err := io.ReadFull(b.r, first); err != nil || string(first) != magic {
			return 0, fmt.Errorf("%w: it does not begin as a pack does", ErrChanged)
		}
		b.begun = true
		b.sum.Write(first)
	}
	for len(b.held) <= sha256.Size && !b.over {
		buf := make([]byte, 32<<10)
		n, err := b.r.Read(buf)
		b.held = append(b.held, buf[:n]...)
		if errors.Is(err, io.EOF) {
			b.over = true
		} else if err != nil {
			return 0, err
		}
	}
	n := min(len(p), len(b.held)-sha256.Size)
	if n <= 0 {
		return 0, io.EOF
	}
	copy(p, b.held[:n])
	b.sum.Write(b.held[:n])
	b.held = b.held[n:]
	return n, nil
}

// end compares the sum, once all was read.
func (b *body) end() (string, error) {
	if !bytes.Equal(b.held, b.sum.Sum(nil)) {
		return "", fmt.Errorf("%w: its SHA-256 is another than it says at its end", ErrChanged)
	}
	return hex.EncodeToString(b.held), nil
}

// Opened is a pack that was opened and found whole.
type Opened struct {
	Manifest
	Sum     string
	Content Contents
	Entries []incident.Entry
	State   *incident.Case
}

// Open checks a pack, opens it with a key, and checks all that is in it: the sum, the manifest, the chain of the log, its root, and that what
// was approved is what was approved.
func Open(r io.Reader, keys ...age.Identity) (*Opened, error) {
	b := &body{r: r, sum: sha256.New()}
	plain, err := age.Decrypt(b, keys...)
	if err != nil {
		if _, e := io.Copy(io.Discard, b); e == nil {
			if _, e = b.end(); e != nil {
				return nil, e
			}
		}
		return nil, fmt.Errorf("open the pack: %w", err)
	}
	files, err := untar(plain)
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(io.Discard, b); err != nil {
		return nil, err
	}
	o := &Opened{Content: files}
	if o.Sum, err = b.end(); err != nil {
		return nil, err
	}
	return o, o.check()
}

// untar reads the files, within limits.
func untar(r io.Reader) (Contents, error) {
	files, left := Contents{}, int64(mostBytes)
	t := tar.NewReader(r)
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			_, err = io.Copy(io.Discard, r) // to the last block, so that all of it was authenticated
			return files, err
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrChanged, err)
		}
		text, err := io.ReadAll(io.LimitReader(t, left+1))
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrChanged, err)
		}
		if left -= int64(len(text)); left < 0 || len(files) == mostFiles {
			return nil, fmt.Errorf("the pack holds more than %d files or %d bytes; none of ours does", mostFiles, mostBytes)
		}
		if _, twice := files[h.Name]; twice {
			return nil, fmt.Errorf("%w: %s is in it twice", ErrChanged, h.Name)
		}
		files[h.Name] = text
	}
}

// check holds everything against the manifest.
func (o *Opened) check() error {
	d := json.NewDecoder(bytes.NewReader(o.Content[manifestFile]))
	d.DisallowUnknownFields()
	if err := d.Decode(&o.Manifest); err != nil {
		return fmt.Errorf("%w: its manifest: %w", ErrChanged, err)
	}
	delete(o.Content, manifestFile)
	for name, f := range o.Files {
		if b, ok := o.Content[name]; !ok || int64(len(b)) != f.Bytes || sha(b) != f.SHA256 {
			return fmt.Errorf("%w: %s is not what the manifest says", ErrChanged, name)
		}
	}
	if len(o.Files) != len(o.Content) {
		return fmt.Errorf("%w: it holds files that the manifest does not name", ErrChanged)
	}
	var lines []incident.Line
	var leaves [][]byte
	for l := range bytes.Lines(o.Content[LogFile]) {
		l = bytes.TrimSuffix(l, []byte("\n"))
		lines, leaves = append(lines, incident.Line{Bytes: l, Hash: sha(l)}), append(leaves, l)
	}
	root := Root(leaves)
	var err error
	if o.Entries, err = incident.Read(lines); err == nil {
		o.State, err = incident.Fold(o.Entries, o.Head)
	}
	switch {
	case err != nil:
		return err
	case len(lines) != o.Lines || len(lines) == 0 || lines[len(lines)-1].Hash != o.Head:
		return fmt.Errorf("%w: its log ends elsewhere than the manifest says", ErrChanged)
	case hex.EncodeToString(root[:]) != o.Root:
		return fmt.Errorf("%w: the root of its log is another than the manifest says", ErrChanged)
	}
	return nil
}
