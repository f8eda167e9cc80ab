package backup

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"
)

// What is sealed is a file of zstd (RFC 8878): frames of 4 MiB each, and skippable frames between them, which zstd passes over. The first says
// what it is, one before each frame how long that is, one behind the last is the manifest, and the last fills up to whole chunks of age.
// So age and zstd alone open a backup, too.
const (
	magicLength   = 0x184D2A50
	magicManifest = 0x184D2A51
	magicKind     = 0x184D2A52
	magicFill     = 0x184D2A5F

	frame      = 4 << 20
	mostFrame  = frame + frame/64 + 1024 // what does not shrink grows a little
	mostWords  = 1 << 20
	frameHead  = 8
	formatName = "chartroom-backup-1 "
)

// The kinds of what is sealed.
const (
	KindCatalog = "catalog"
	KindKey     = "key"
)

// Manifest says what a backup holds.
type Manifest struct {
	Kind    string           `json:"kind"`
	Made    time.Time        `json:"made"`
	Version string           `json:"version"`           // of the chartroom that made it
	Schema  int              `json:"schema,omitempty"`  // of the catalog
	Run     int64            `json:"run,omitempty"`     // the last that had finished; 0 = none
	Running bool             `json:"running,omitempty"` // another was at work: what it had written until then is there
	Key     string           `json:"key,omitempty"`     // public name of the key of the marks
	Bytes   int64            `json:"bytes"`
	SHA256  string           `json:"sha256"`
	Rows    map[string]int64 `json:"rows,omitempty"` // by table
}

// sealing writes a backup.
type sealing struct {
	to    io.WriteCloser // of age
	pack  *zstd.Encoder
	plain []byte // of the frame that is being filled
	out   []byte
	sum   hash.Hash
	bytes int64
	wrote int64
}

// seal begins a backup of a kind.
func seal(to io.Writer, kind string, recipients []age.Recipient) (*sealing, error) {
	if len(recipients) == 0 {
		return nil, errors.New("a backup is sealed to somebody: name a recipient")
	}
	w, err := age.Encrypt(to, hands(recipients))
	if err != nil {
		return nil, err
	}
	pack, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(true))
	if err != nil {
		return nil, err
	}
	s := &sealing{to: w, pack: pack, plain: make([]byte, 0, frame), sum: sha256.New()}
	return s, s.skippable(magicKind, []byte(formatName+kind))
}

// Write takes what is backed up.
func (s *sealing) Write(b []byte) (int, error) {
	all := len(b)
	for len(b) > 0 {
		n := min(len(b), frame-len(s.plain))
		s.plain, b = append(s.plain, b[:n]...), b[n:]
		if len(s.plain) == frame {
			if err := s.flush(); err != nil {
				return 0, err
			}
		}
	}
	return all, nil
}

func (s *sealing) flush() error {
	if len(s.plain) == 0 {
		return nil
	}
	s.sum.Write(s.plain)
	s.bytes += int64(len(s.plain))
	s.out = s.pack.EncodeAll(s.plain, s.out[:0])
	s.plain = s.plain[:0]
	if err := s.skippable(magicLength, binary.LittleEndian.AppendUint32(nil, uint32(len(s.out)))); err != nil {
		return err
	}
	return s.put(s.out)
}

func (s *sealing) put(b []byte) error {
	s.wrote += int64(len(b))
	_, err := s.to.Write(b)
	return err
}

func (s *sealing) skippable(magic uint32, words []byte) error {
	head := binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, magic), uint32(len(words)))
	return s.put(append(head, words...))
}

// close ends the backup with its manifest, in which it fills in the digest.
func (s *sealing) close(m *Manifest) error {
	if err := s.flush(); err != nil {
		return err
	}
	m.Bytes, m.SHA256 = s.bytes, hex.EncodeToString(s.sum.Sum(nil))
	words, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if err := s.skippable(magicManifest, words); err != nil {
		return err
	}
	fill := chunk - (s.wrote+frameHead)%chunk
	if err := s.skippable(magicFill, make([]byte, fill)); err != nil {
		return err
	}
	return s.to.Close()
}

// Reading is a backup that is being opened.
type Reading struct {
	Kind string

	from   *bufio.Reader
	unpack *zstd.Decoder
	in     []byte
	out    []byte
}

// Open begins to open a backup of a size, and says what kind of thing is in it. Its errors wrap ErrNoBackup, ErrIdentity, ErrTruncated or
// ErrDamaged.
func Open(src io.ReadSeeker, size int64, identities []age.Identity) (*Reading, error) {
	plain, err := opening(src, size, identities)
	if err != nil {
		return nil, err
	}
	return reading(plain)
}

// reading begins to read what was sealed.
func reading(plain io.Reader) (*Reading, error) {
	unpack, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(2*frame), zstd.WithDecoderMaxWindow(2*frame))
	if err != nil {
		return nil, err
	}
	r := &Reading{from: bufio.NewReaderSize(plain, chunk), unpack: unpack}
	magic, words, err := r.skippable()
	if err != nil {
		return nil, err
	}
	if magic != magicKind || string(words) != formatName+KindCatalog && string(words) != formatName+KindKey {
		return nil, fmt.Errorf("%w, or one of a newer chartroom", ErrNoBackup)
	}
	r.Kind = string(words[len(formatName):])
	return r, nil
}

// skippable reads a frame that zstd passes over.
func (r *Reading) skippable() (magic uint32, words []byte, err error) {
	var head [frameHead]byte
	if err := r.full(head[:]); err != nil {
		return 0, nil, err
	}
	n := binary.LittleEndian.Uint32(head[4:])
	if n > mostWords {
		return 0, nil, malformed()
	}
	words = make([]byte, n)
	return binary.LittleEndian.Uint32(head[:]), words, r.full(words)
}

func (r *Reading) full(b []byte) error {
	_, err := io.ReadFull(r.from, b)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return malformed()
	}
	return err
}

func malformed() error { return fmt.Errorf("%w: it does not follow its form", ErrDamaged) }

// Copy writes what was backed up, checks it to its end, and gives the manifest.
func (r *Reading) Copy(to io.Writer) (*Manifest, error) {
	sum, n := sha256.New(), int64(0)
	to = io.MultiWriter(to, sum)
	for {
		magic, words, err := r.skippable()
		if err != nil {
			return nil, err
		}
		switch {
		case magic == magicLength && len(words) == 4:
			if err := r.frame(binary.LittleEndian.Uint32(words)); err != nil {
				return nil, err
			}
			if _, err := to.Write(r.out); err != nil {
				return nil, err
			}
			n += int64(len(r.out))
		case magic == magicManifest:
			m := &Manifest{}
			if err := json.Unmarshal(words, m); err != nil || m.Kind != r.Kind || m.Bytes != n || m.SHA256 != hex.EncodeToString(sum.Sum(nil)) {
				return nil, fmt.Errorf("%w: it does not hold what its manifest says", ErrDamaged)
			}
			return m, r.end()
		default:
			return nil, malformed()
		}
	}
}

// frame reads a frame of a length into r.out.
func (r *Reading) frame(length uint32) (err error) {
	if length > mostFrame {
		return malformed()
	}
	if cap(r.in) < int(length) {
		r.in = make([]byte, length)
	}
	if err := r.full(r.in[:length]); err != nil {
		return err
	}
	if r.out, err = r.unpack.DecodeAll(r.in[:length], r.out[:0]); err != nil || len(r.out) > frame {
		return malformed()
	}
	return nil
}

// end reads on to where age says that nothing is missing.
func (r *Reading) end() error {
	if magic, _, err := r.skippable(); err != nil || magic != magicFill {
		return errors.Join(err, malformed())
	}
	if _, err := r.from.ReadByte(); err != io.EOF {
		return errors.Join(err, malformed())
	}
	return nil
}
