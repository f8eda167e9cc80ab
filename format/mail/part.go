package mail

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
)

// part reads one part of a message: those within it, its text, or an attachment.
func (r *reading) part(e *message.Entity, depth int) error {
	if r.parts++; depth > maxDepth || r.parts > maxParts {
		return fmt.Errorf("parts over %d deep, or over %d: %w", maxDepth, maxParts, format.ErrLimit)
	}
	media, params, _ := e.Header.ContentType()
	media = strings.ToLower(media)
	disposition, about, _ := e.Header.ContentDisposition()
	name := about["filename"]
	if name == "" {
		name = params["name"]
	}
	switch {
	case media == "multipart/encrypted", media == "application/pkcs7-mime" && params["smime-type"] != "signed-data", media == "application/pgp-encrypted":
		r.out.Gap(estate.GapEncrypted, r.at("an encrypted part"))
		return nil
	case strings.HasPrefix(media, "multipart/"):
		return r.multipart(e, depth)
	case (media == "text/plain" || media == "") && name == "" && !strings.EqualFold(disposition, "attachment"):
		return r.text(e.Body)
	case media == "application/pgp-signature" || media == "application/pkcs7-signature" || media == "application/x-pkcs7-signature":
		return nil
	}
	if media == "message/rfc822" && name == "" {
		name = "message.eml"
	}
	inner := &faulty{r: e.Body}
	err := r.out.Inner(r.at(r.named(name, media)), media, &tolerant{inner})
	if err == nil && inner.err != nil {
		return r.bad("an attachment", inner.err)
	}
	return err
}

// at says where something is in a mailbox.
func (r *reading) at(what string) string {
	if r.where == "" {
		return what
	}
	return r.where + "/" + what
}

// named is what a part is called: by the mail, or by its kind and number.
func (r *reading) named(name, media string) string {
	name = strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f || c == '/' || c == '\\' || c == utf8.RuneError {
			return '_'
		}
		return c
	}, strings.ToValidUTF8(name, "_"))
	for len(name) > maxName {
		_, n := utf8.DecodeRuneInString(name)
		name = name[n:] // the end stays, for its extension
	}
	if name == "" {
		_, kind, _ := strings.Cut(media, "/")
		return fmt.Sprintf("part %d %s", r.parts, strings.Map(func(c rune) rune {
			if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '.' || c == '+' || c == '-' {
				return c
			}
			return -1
		}, kind[:min(len(kind), 40)]))
	}
	return fmt.Sprintf("%d %s", r.parts, name)
}

// multipart reads the parts of a part. One that has no end is read as far as it goes.
func (r *reading) multipart(e *message.Entity, depth int) error {
	parts := e.MultipartReader()
	if parts == nil {
		return r.text(e.Body)
	}
	for {
		p, err := parts.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err):
			return r.bad("a part", err)
		}
		if err := r.part(p, depth+1); err != nil {
			return err
		}
	}
}

// text takes running text. A short one belongs to the record of its message.
func (r *reading) text(body io.Reader) error {
	src := &faulty{r: body}
	err := format.Pieces(&tolerant{src}, func(p format.Piece) error {
		if p.From == 0 && p.Last {
			r.batch.Put(r.place, p.Text)
			return nil
		}
		if err := r.flush(); err != nil { // a piece of text stands alone in its batch
			return err
		}
		r.batch.Put(r.place, p.Text)
		r.batch.From, r.batch.To = uint32(p.From), uint32(p.To)
		return r.flush()
	})
	if err == nil && src.err != nil {
		return r.bad("a text", src.err)
	}
	return err
}

// tolerant ends at damage as if it were the end: what came before it is read.
type tolerant struct{ r *faulty }

// Read implements io.Reader.
func (t *tolerant) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	if err != nil {
		err = io.EOF
	}
	return n, err
}
