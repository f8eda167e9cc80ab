package backup

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
)

// The errors of opening a backup, each of which asks for something else to be done.
var (
	ErrNoBackup  = errors.New("it is no backup of chartroom")
	ErrIdentity  = errors.New("it was sealed to others: none of the identities opens it")
	ErrTruncated = errors.New("it is cut short, or something was added behind its end")
	ErrDamaged   = errors.New("it is damaged")
)

// sumType is the stanza that says what the other stanzas of the header come to. Who opens the file with other tools passes it over, as the
// age specification asks for. Without it nobody could tell a damaged header from the wrong identity.
const sumType = "chartroom-sum"

// hands are recipients with the sum of their stanzas.
type hands []age.Recipient

// Wrap seals the key of a file to each recipient.
func (h hands) Wrap(fileKey []byte) ([]*age.Stanza, error) {
	s, _, err := h.WrapWithLabels(fileKey)
	return s, err
}

// WrapWithLabels does the same and keeps the labels, by which recipients that must not be mixed are told apart.
func (h hands) WrapWithLabels(fileKey []byte) (all []*age.Stanza, labels []string, err error) {
	for i, r := range h {
		var s []*age.Stanza
		var l []string
		if with, ok := r.(age.RecipientWithLabels); ok {
			s, l, err = with.WrapWithLabels(fileKey)
		} else {
			s, err = r.Wrap(fileKey)
		}
		if err != nil {
			return nil, nil, err
		}
		if i > 0 && strings.Join(l, " ") != strings.Join(labels, " ") {
			return nil, nil, errors.New("recipients of keys that stand up to quantum computers cannot be mixed with others")
		}
		all, labels = append(all, s...), l
	}
	return append(all, &age.Stanza{Type: sumType, Args: []string{sumOf(all)}}), labels, nil
}

func sumOf(stanzas []*age.Stanza) string {
	h := sha256.New()
	for _, s := range stanzas {
		fmt.Fprintf(h, "%s %q %x\n", s.Type, s.Args, s.Body)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// The form of an age file (age-encryption.org/v1): a header that begins with a line and ends with one, then 16 bytes, then chunks of 64 KiB
// with 16 bytes each.
const (
	ageFirst   = "age-encryption.org/v1\n"
	ageLast    = "\n--- "
	ageNonce   = 16
	chunk      = 64 << 10
	sealed     = chunk + 16
	mostHeader = 1 << 20
)

// opening opens a sealed file of a size. It tells damage, a file that is cut short and wrong identities from one another: what was sealed is
// filled up to whole chunks, so the length says whether all of it is there.
func opening(src io.ReadSeeker, size int64, identities []age.Identity) (io.Reader, error) {
	head := make([]byte, min(size, mostHeader))
	if _, err := io.ReadFull(src, head); err != nil {
		return nil, err
	}
	if !strings.HasPrefix(string(head), ageFirst) {
		if len(head) < len(ageFirst) && strings.HasPrefix(ageFirst, string(head)) {
			return nil, ErrTruncated
		}
		return nil, ErrNoBackup
	}
	end := bytes.Index(head, []byte(ageLast))
	if end < 0 {
		return nil, ErrTruncated
	}
	stanzas := head[len(ageFirst) : end+1]
	line := bytes.IndexByte(head[end+len(ageLast):], '\n')
	if line < 0 {
		return nil, ErrTruncated
	}
	if payload := size - int64(end+len(ageLast)+line+1) - ageNonce; payload <= 0 || payload%sealed != 0 {
		return nil, ErrTruncated
	}
	if err := checkStanzas(stanzas); err != nil {
		return nil, err
	}
	if _, err := src.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	plain, err := age.Decrypt(bufio.NewReaderSize(src, 1<<20), identities...)
	var none *age.NoIdentityMatchError
	switch {
	case errors.As(err, &none):
		return nil, ErrIdentity
	case err != nil:
		return nil, fmt.Errorf("%w: %v", ErrDamaged, err)
	}
	return &unsealing{plain}, nil
}

// checkStanzas holds the stanzas of a header against their sum.
func checkStanzas(text []byte) error {
	var stanzas []*age.Stanza
	var last *age.Stanza
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if words, ok := strings.CutPrefix(line, "-> "); ok {
			parts := strings.Split(words, " ")
			last = &age.Stanza{Type: parts[0], Args: parts[1:]}
			stanzas = append(stanzas, last)
			continue
		}
		body, err := base64.RawStdEncoding.Strict().DecodeString(line)
		if err != nil || last == nil {
			return fmt.Errorf("%w: its header does not follow its form", ErrDamaged)
		}
		last.Body = append(last.Body, body...)
	}
	switch n := len(stanzas) - 1; {
	case n < 0 || stanzas[n].Type != sumType || len(stanzas[n].Args) != 1:
		return fmt.Errorf("%w, or its header is damaged", ErrNoBackup)
	case stanzas[n].Args[0] != sumOf(stanzas[:n]):
		return fmt.Errorf("%w: its header was altered", ErrDamaged)
	}
	return nil
}

// unsealing words the errors of what is being opened.
type unsealing struct{ from io.Reader }

// Read reads what was sealed.
func (u *unsealing) Read(b []byte) (int, error) {
	n, err := u.from.Read(b)
	switch {
	case err == nil || err == io.EOF:
		return n, err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return n, ErrTruncated
	}
	return n, fmt.Errorf("%w: %v", ErrDamaged, err)
}
