// Package archive reads containers of files: ZIP, tar, 7z, RAR, ar and cpio. Each file in one is handed on as an inner item, by the
// name that it has there. The name is only shown: nothing is written anywhere. Folders hold nothing of their own, links name
// what stands elsewhere in the archive or nowhere, and devices are empty, so that these are passed by.
package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/chartroom/chartroom/format"
	"golang.org/x/text/encoding/charmap"
)

// Reader reads an archive.
type Reader struct{}

// Name is the reader's name and version.
func (Reader) Name() string { return "archive/1" }

// kind is a kind of archive.
type kind uint8

const (
	none kind = iota
	zipKind
	tarKind
	sevenZipKind
	rarKind
	arKind
	cpioKind
)

// Claims knows archives by their signatures, and tar by the checksum of its first header. A ZIP is claimed as likely only, as
// documents are made of it, too; so is one behind a program that unpacks it.
func (Reader) Claims(name string, head []byte) format.Claim {
	_, claim := kindOf(name, head)
	return claim
}

func kindOf(name string, head []byte) (kind, format.Claim) {
	switch {
	case begins(head, "PK\x03\x04"), begins(head, "PK\x05\x06"), begins(head, "PK\x07\x08PK"), begins(head, "PK00PK\x03\x04"):
		return zipKind, format.Likely
	case begins(head, sevenZipMagic):
		return sevenZipKind, format.Certain
	case begins(head, "Rar!\x1a\x07"):
		return rarKind, format.Certain
	case begins(head, arMagic):
		return arKind, format.Certain
	case cpioWidth(head) > 0:
		return cpioKind, format.Likely
	case len(head) >= tarBlock && tarChecksum(head[:tarBlock]):
		return tarKind, format.Certain
	case len(head) >= tarBlock && begins(head[257:], "ustar"): // and its first header is damaged
		return tarKind, format.Likely
	case (begins(head, "MZ") || begins(head, "#!")) && strings.Contains(string(head), "PK\x03\x04"):
		return zipKind, format.Likely
	case zipNames[strings.ToLower(path.Ext(name))] && !begins(head, "MZ") && strings.IndexByte(string(head), 0) >= 0:
		return zipKind, format.Maybe // the last of several volumes, or a damaged one
	case len(head) >= tarBlock && strings.EqualFold(path.Ext(name), ".tar") && blank(head):
		return tarKind, format.Maybe
	}
	return none, format.No
}

// zipNames are the extensions of what is a ZIP whatever it begins with.
var zipNames = map[string]bool{".zip": true, ".jar": true, ".war": true, ".ear": true, ".kmz": true, ".xpi": true, ".whl": true}

func begins(head []byte, magic string) bool {
	return len(head) >= len(magic) && string(head[:len(magic)]) == magic
}

// blank tells whether all bytes are zero.
func blank(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// Read hands the files on, one after the other. What is wrong with one is told where that one is read, and the others are read.
func (Reader) Read(ctx context.Context, in format.Input, out format.Output) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	kind, _ := kindOf(in.Name, in.Head)
	switch kind {
	case zipKind:
		return readZIP(ctx, in, out)
	case tarKind:
		return readTar(ctx, in, out)
	case sevenZipKind:
		return readSevenZip(ctx, in, out)
	case rarKind:
		return readRAR(ctx, in, out)
	case arKind:
		return readAr(ctx, in, out)
	case cpioKind:
		return readCPIO(ctx, in, out)
	}
	return format.Damaged("no archive begins here")
}

// member is the content of one file. It remembers the error that was told with it, and stops when the reading is cancelled.
type member struct {
	ctx context.Context
	r   io.Reader
	err error
}

// Read reads.
func (m *member) Read(p []byte) (int, error) {
	if m.err != nil {
		return 0, m.err
	}
	if m.err = m.ctx.Err(); m.err != nil {
		return 0, m.err
	}
	n, err := m.r.Read(p)
	if err != nil && err != io.EOF {
		m.err = err
	}
	return n, err
}

// handOn lets a file be read. An error that came with its content was told there, and does not end the archive.
func handOn(ctx context.Context, out format.Output, name string, r io.Reader) error {
	m := &member{ctx: ctx, r: r}
	var body io.Reader = m
	if at, ok := r.(randomAccess); ok {
		body = &jumpingMember{m, at}
	}
	err := out.Inner(name, "", body)
	if err != nil && m.err != nil && errors.Is(err, m.err) {
		return ctx.Err()
	}
	return err
}

// unreadable hands on a file that cannot be read.
func unreadable(ctx context.Context, out format.Output, name string, why error) error {
	return handOn(ctx, out, name, failing{why})
}

// failing is a content that cannot be read.
type failing struct{ err error }

// Read fails.
func (f failing) Read([]byte) (int, error) { return 0, f.err }

// randomAccess is a content that can be read at any place.
type randomAccess interface {
	io.ReaderAt
	Size() int64
}

// jumpingMember is a file that can be read at any place.
type jumpingMember struct {
	*member
	randomAccess
}

// noMethod says that nobody here knows how a file was compressed.
func noMethod(what string, number int) error {
	return fmt.Errorf("compressed by a method that is not read (%s %d): %w", what, number, errors.ErrUnsupported)
}

// encrypted says that a file cannot be read without a password.
func encrypted() error { return fmt.Errorf("its content is %w", format.ErrEncrypted) }

// nameOf gives a file's name as text. Where it is no UTF-8 it is read by the character set given.
func nameOf(raw []byte, set *charmap.Charmap) string {
	if i := strings.IndexByte(string(raw), 0); i >= 0 {
		raw = raw[:i]
	}
	if utf8.Valid(raw) {
		return string(raw)
	}
	text, err := set.NewDecoder().Bytes(raw)
	if err != nil {
		return strconv.QuoteToASCII(string(raw))
	}
	return string(text)
}
