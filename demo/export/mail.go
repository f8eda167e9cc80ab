package export

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"

	"github.com/chartroom/chartroom/demo"
)

const mailHead = "Message-ID: <%d@meridian.example.org>\r\nDate: Tue, 30 Dec 2025 08:00:00 -0800\r\nFrom: records@meridian.example.org\r\nTo: intake@lakeside.example.org\r\nSubject: %s\r\nMIME-Version: 1.0\r\n"

// EML writes a message (RFC 5322) with the table attached in base64.
func EML(w io.Writer, people People) error {
	var table bytes.Buffer
	if err := CSV(&table, people); err != nil {
		return err
	}
	out := newCounted(w)
	out.printf(mailHead+"Content-Type: multipart/mixed; boundary=\"part\"\r\n\r\n--part\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nThe list is attached.\r\n\r\n", 1, "List")
	out.printf("--part\r\nContent-Type: text/csv; name=\"patients.csv\"\r\nContent-Disposition: attachment; filename=\"patients.csv\"\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	lines := base64.StdEncoding.EncodeToString(table.Bytes())
	for len(lines) > 0 {
		n := min(76, len(lines))
		out.printf("%s\r\n", lines[:n])
		lines = lines[n:]
	}
	out.printf("--part--\r\n")
	return out.close()
}

// Mbox writes a mailbox with a message a person: the letter to him.
func Mbox(w io.Writer, people People) error {
	return records(w, "", "", people, func(b []byte, p *demo.Person) []byte {
		b = append(b, "From records@meridian.example.org Tue Dec 30 08:00:00 2025\n"...)
		head := bytes.ReplaceAll(fmt.Appendf(nil, mailHead+"Content-Type: text/plain; charset=utf-8\r\n\r\n", p.Index, "Summary of visit"), []byte("\r"), nil)
		return AppendLetter(append(b, head...), p)
	})
}
