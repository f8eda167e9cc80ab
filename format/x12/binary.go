package x12

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
)

const (
	maxBinaryHeader = 64      // bytes in which BIN or BDS say how long their data are
	maxBinary       = 1 << 40 // bytes of data
)

// binary hands out the data of a binary segment as an inner item: BIN, the length, the data; or BDS, how they are encoded, the
// length, the data. Data may hold any byte, so they end where the length says. It tells whether it was such a segment.
func (r *reading) binary() (bool, error) {
	b := r.buf[r.at:r.n]
	if len(b) < 6 || string(b[:3]) != "BIN" && string(b[:3]) != "BDS" || b[3] != r.sep.element {
		return false, nil
	}
	name, coding, i := string(b[:3]), "", 4
	if name == "BDS" {
		end := bytes.IndexByte(b[i:min(len(b), maxBinaryHeader)], r.sep.element)
		if end < 0 {
			return false, nil
		}
		coding = string(b[i : i+end])
		i += end + 1
	}
	length, from := int64(0), i
	for ; i < len(b) && digit(b[i]) && length < maxBinary; i++ {
		length = length*10 + int64(b[i]-'0')
	}
	if i == from || i >= len(b) || b[i] != r.sep.element {
		return false, nil
	}
	r.at += i + 1
	return true, r.attach(name, coding, length)
}

// attach hands out so many bytes from the open position on. If they do not end where a segment does, that is reported, and
// reading goes on behind the next terminator.
func (r *reading) attach(name, coding string, length int64) error {
	if err := r.flush(); err != nil { // what was decoded for its cells stands where is read now
		return err
	}
	r.batch.Use(r.buf[:r.n])
	r.inners++
	held := int(min(length, int64(r.n-r.at)))
	rest := &io.LimitedReader{R: r.src, N: length - int64(held)}
	body := io.MultiReader(bytes.NewReader(r.buf[r.at:r.at+held]), rest)
	decoded, hint := &checked{r: body}, ""
	if boundary := multipart(r.buf[r.at : r.at+held]); boundary != nil {
		begin := "Content-Type: multipart/mixed; boundary=\"" + string(boundary) + "\"\r\n\r\n"
		decoded.r, hint = io.MultiReader(strings.NewReader(begin), body), "message/rfc822"
	}
	if coding == "B64" || coding == "" && documentInBase64(r.buf[r.at:r.at+held]) {
		decoded.r = base64.NewDecoder(base64.StdEncoding, body)
	}
	if err := r.out.Inner(fmt.Sprintf("%d/%s/%d", max(r.records, 1), name, r.inners), hint, decoded); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, body); err != nil {
		return fmt.Errorf("read record %d: %w", r.records+1, err)
	}
	if int64(held) < length { // the buffer is used up
		r.n, r.eof = r.at, r.eof || rest.N > 0
		if err := r.more(); err != nil {
			return err
		}
	} else {
		r.at += held
	}
	if decoded.bad || rest.N > 0 || r.at < r.n && r.buf[r.at] != r.sep.segment {
		r.gaps.broken++
	}
	return nil
}

// multipart gives the boundary of a MIME package that stands without its header (RFC 2046), as translators write attachments; nil for anything else.
func multipart(b []byte) []byte {
	line, rest, ok := bytes.Cut(b[:min(len(b), 512)], []byte("\n"))
	line = bytes.TrimRight(line, "\r")
	if !ok || len(line) < 3 || len(line) > 72 || !bytes.HasPrefix(line, []byte("--")) || !bytes.HasPrefix(rest, []byte("Content-")) || bytes.IndexByte(line, '"') >= 0 {
		return nil
	}
	return line[2:]
}

// documentInBase64 tells whether data begin as a document does in base64: XML, PDF, RTF, ZIP, JPEG, PNG, TIFF.
func documentInBase64(b []byte) bool {
	for _, p := range [...]string{"PD94bWw", "PENsaW5pY2Fs", "JVBERi0", "e1xydGY", "UEsDB", "/9j/", "iVBORw0KGgo", "SUkqA", "TU0AK"} {
		if len(b) >= 64 && bytes.HasPrefix(b, []byte(p)) {
			return true
		}
	}
	return false
}

// checked notes data that do not decode; what did is the item.
type checked struct {
	r   io.Reader
	bad bool
}

// Read implements io.Reader.
func (c *checked) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if _, corrupt := err.(base64.CorruptInputError); corrupt || err == io.ErrUnexpectedEOF {
		c.bad, err = true, io.EOF
	}
	return n, err
}
