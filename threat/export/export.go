// Package export writes what a walk over the playbooks found in the forms of other tools. The same answer gives the same bytes: ids follow
// from what they name, and times are the day of the answer.
package export

import (
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/chartroom/chartroom/threat"
)

// Form is one that an answer can be written in.
type Form struct {
	Name  string
	Write func(w io.Writer, a *threat.Answer) error
}

// Forms gives all of them.
func Forms() []Form {
	return []Form{{"navigator", Navigator}, {"attack-flow", AttackFlow}, {"otm", OTM}, {"sarif", SARIF}}
}

func write(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	return enc.Encode(v)
}

// namespace is that of the identifiers that are made here.
const namespace = "chartroom threat\x00"

// uuid makes an identifier of what it names (RFC 9562, version 5: of a hash of a name).
func uuid(parts ...string) string {
	sum := sha1.Sum([]byte(namespace + strings.Join(parts, "\x00")))
	b := sum[:16]
	b[6], b[8] = b[6]&0x0f|0x50, b[8]&0x3f|0x80
	h := hex.EncodeToString(b)
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
}

// label says in one line what a path costs.
func label(p *threat.Path) string {
	return fmt.Sprintf("%s: %d people, %s", p.Title, p.Loss.People.Estimate, sureness(p.Certain))
}

// short bounds a text.
func short(text string, most int) string {
	r := []rune(text)
	if len(r) <= most {
		return text
	}
	return string(r[:most-1]) + "…"
}
