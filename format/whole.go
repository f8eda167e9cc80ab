package format

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// Sizes of what is kept of an input that must be read out of order and cannot be.
const (
	// MemorySize is how much of an input is kept in memory for a reader that jumps in it.
	MemorySize = 4 << 20
	// SpoolSize is how much of an input is kept on disk, sealed, for a reader that jumps in it.
	SpoolSize = 16 << 30
)

// Whole is an input that can be read at any place. Close it when it was read.
type Whole struct {
	at    io.ReaderAt
	size  int64
	close func() error
}

// ReadAt reads at a place. What stands before the beginning or behind the end, where a hostile input may point, is io.EOF.
func (w *Whole) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= w.size {
		return 0, io.EOF
	}
	return w.at.ReadAt(p, off)
}

// Size is the input's length in bytes.
func (w *Whole) Size() int64 { return w.size }

// Close gives back what the input was kept in.
func (w *Whole) Close() error { return w.close() }

// Section gives a part of the input as a body of its own, which can again be read at any place. A part that begins or ends
// outside of the input is shortened.
func (w *Whole) Section(off, n int64) *io.SectionReader {
	off = min(max(off, 0), w.size)
	return io.NewSectionReader(w, off, min(max(n, 0), w.size-off))
}

// Whole gives the input to a reader that must jump in it. Where the source can only be read once from its beginning, the input is
// kept in memory as long as it is small, and beyond in a temporary file, encrypted with a key that nobody but this
// process ever has: no value reaches a disk. An input over SpoolSize gives ErrLimit. It returns errors of reading as they are.
func (in Input) Whole(ctx context.Context) (*Whole, error) {
	if in.At != nil && in.Size >= 0 {
		return &Whole{in.At, in.Size, func() error { return nil }}, nil
	}
	first, err := io.ReadAll(io.LimitReader(in.Body, MemorySize+1))
	if err != nil {
		return nil, err
	}
	if len(first) <= MemorySize {
		return &Whole{memory(first), int64(len(first)), func() error { return nil }}, nil
	}
	s, err := newSpool()
	if err != nil {
		return nil, err
	}
	if err := s.fill(ctx, first, in.Body); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return &Whole{s, s.size, s.Close}, nil
}

// memory is an input that is small.
type memory []byte

// ReadAt reads at a place.
func (m memory) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= int64(len(m)) {
		return 0, io.EOF
	}
	n := copy(p, m[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// spool is a temporary file that holds its content encrypted. The file has no name while it is used, where the system allows it.
type spool struct {
	file  *os.File
	named bool // the name could not be taken away, and is removed at the end
	block cipher.Block
	size  int64
}

func newSpool() (*spool, error) {
	var key [32]byte
	if _, err := rand.Read(key[:]); err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	f, err := os.CreateTemp("", "chartroom-*")
	if err != nil {
		return nil, fmt.Errorf("keep an input that must be read out of order: %w", err)
	}
	return &spool{file: f, named: os.Remove(f.Name()) != nil, block: block}, nil
}

// fill writes what was read already and the rest.
func (s *spool) fill(ctx context.Context, first []byte, rest io.Reader) error {
	for buf := first; ; {
		if s.size+int64(len(buf)) > SpoolSize {
			return fmt.Errorf("over %d GiB, and can only be read out of order: %w", SpoolSize>>30, ErrLimit)
		}
		s.crypt(buf, s.size)
		if _, err := s.file.WriteAt(buf, s.size); err != nil {
			return fmt.Errorf("keep an input that must be read out of order: %w", err)
		}
		s.size += int64(len(buf))
		n, err := io.ReadFull(rest, first)
		if n == 0 {
			if err == io.EOF || err == io.ErrUnexpectedEOF {
				return nil
			}
			return err
		}
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		buf = first[:n]
	}
}

// crypt en- or decrypts what stands at an offset, by AES-256 in counter mode (NIST SP 800-38A), the counter being the number of
// the block.
func (s *spool) crypt(p []byte, off int64) {
	var iv [aes.BlockSize]byte
	binary.BigEndian.PutUint64(iv[8:], uint64(off/aes.BlockSize))
	stream := cipher.NewCTR(s.block, iv[:])
	var skipped [aes.BlockSize]byte
	stream.XORKeyStream(skipped[:off%aes.BlockSize], skipped[:off%aes.BlockSize])
	stream.XORKeyStream(p, p)
}

// ReadAt reads and decrypts at a place.
func (s *spool) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= s.size {
		return 0, io.EOF
	}
	n, err := s.file.ReadAt(p[:min(int64(len(p)), s.size-off)], off)
	s.crypt(p[:n], off)
	if err == nil && n < len(p) {
		err = io.EOF
	}
	return n, err
}

// Close gives the disk's space back.
func (s *spool) Close() error {
	err := s.file.Close()
	if s.named {
		err = errors.Join(err, os.Remove(s.file.Name()))
	}
	return err
}
