// Package oscal writes a review as OSCAL 1.1.3 in JSON: assessment results of a framework, and a plan of action and milestones of the
// ledger (https://pages.nist.gov/OSCAL). The same answers give the same bytes, identifiers included.
package oscal

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/chartroom/chartroom/review"
)

// Version is the version of OSCAL that is written.
const Version = "1.1.3"

// Namespace is that of the properties that OSCAL does not define.
const Namespace = "https://github.com/chartroom/chartroom/ns/oscal"

// The part of the assessment layer that is written. Names are OSCAL's.
type (
	metadata struct {
		Title        string `json:"title"`
		LastModified string `json:"last-modified"`
		Version      string `json:"version"`
		OSCAL        string `json:"oscal-version"`
		Remarks      string `json:"remarks,omitempty"`
	}
	prop struct {
		Name  string `json:"name"`
		NS    string `json:"ns,omitempty"`
		Value string `json:"value"`
	}
	evidence struct {
		Href        string `json:"href"`
		Description string `json:"description"`
	}
	observation struct {
		UUID        string     `json:"uuid"`
		Title       string     `json:"title"`
		Description string     `json:"description"`
		Props       []prop     `json:"props,omitempty"`
		Methods     []string   `json:"methods"`
		Evidence    []evidence `json:"relevant-evidence,omitempty"`
		Collected   string     `json:"collected"`
		Expires     string     `json:"expires,omitempty"`
	}
	related struct {
		Observation string `json:"observation-uuid,omitempty"`
		Risk        string `json:"risk-uuid,omitempty"`
	}
	resource struct {
		UUID        string `json:"uuid"`
		Title       string `json:"title"`
		Description string `json:"description,omitempty"`
		RLinks      []link `json:"rlinks,omitempty"`
	}
	link struct {
		Href string `json:"href"`
	}
	backMatter struct {
		Resources []resource `json:"resources"`
	}
	imported struct {
		Href string `json:"href"`
	}
)

// namer makes identifiers of version 5 (RFC 9562, 5.5) from what they name.
type namer struct{ space uuid.UUID }

func newNamer(of ...string) namer {
	return namer{uuid.NewSHA1(uuid.NewSHA1(uuid.NameSpaceURL, []byte(Namespace)), []byte(strings.Join(of, "\x00")))}
}

func (n namer) id(of ...string) string {
	return uuid.NewSHA1(n.space, []byte(strings.Join(of, "\x00"))).String()
}

// moment writes a time as OSCAL has it, with its zone.
func moment(at time.Time) string { return at.UTC().Truncate(time.Second).Format(time.RFC3339) }

// head makes the metadata. A framework that is a draft in parts says so.
func head(title string, at time.Time, remarks string) metadata {
	return metadata{Title: title, LastModified: moment(at), Version: moment(at), OSCAL: Version, Remarks: remarks}
}

// property makes a property of our own. OSCAL lets none be empty, or begin or end with a blank.
func property(name, value string) prop {
	return prop{Name: name, NS: Namespace, Value: line(value)}
}

// line writes a text as one line that is not empty.
func line(s string) string {
	return cmp.Or(strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " "), "none")
}

// token writes an identifier as OSCAL lets one be: it begins with a letter, and has letters, digits, dots, hyphens and underscores.
func token(id string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(strings.TrimPrefix(id, "45 CFR ")) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' {
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			gap = false
			b.WriteRune(r)
		} else {
			gap = true
		}
	}
	out := b.String()
	if out == "" || out[0] < 'a' || out[0] > 'z' {
		out = "c-" + out
	}
	return out
}

// tokens gives each identifier a token of its own.
type tokens map[string]string

func (t tokens) of(id string) string {
	out := token(id)
	if taken, has := t[out]; has && taken != id {
		sum := sha256.Sum256([]byte(id))
		out += "-" + hex.EncodeToString(sum[:4])
	}
	t[out] = id
	return out
}

// proofs writes evidence. What its IDs open stands in the catalog: chartroom review --evidence ID.
func proofs(list []review.Evidence) (out []evidence) {
	for _, e := range list {
		says := e.Says
		if e.Seen != nil {
			says += ", seen " + moment(*e.Seen)
		}
		if e.Stale {
			says += ", stale"
		}
		out = append(out, evidence{"urn:chartroom:" + url.PathEscape(e.ID), fmt.Sprintf("%s (%s, %s)", says, e.Basis, cmp.Or(e.By, "unknown"))})
	}
	return out
}

// methods tells how the evidence was had: TEST where a collector measured, EXAMINE where an export was read, INTERVIEW where somebody
// said so.
func methods(list []review.Evidence) []string {
	basis := map[review.Basis]bool{}
	for _, e := range list {
		basis[e.Basis] = true
	}
	var out []string
	for _, m := range []struct {
		of  review.Basis
		set string
	}{{review.Measured, "TEST"}, {review.Exported, "EXAMINE"}, {review.Declared, "INTERVIEW"}} {
		if basis[m.of] {
			out = append(out, m.set)
		}
	}
	if out == nil {
		out = []string{"UNKNOWN"}
	}
	return out
}

// oldest is when the oldest evidence was seen.
func oldest(list []review.Evidence, now time.Time) time.Time {
	at := now
	for _, e := range list {
		if e.Seen != nil && e.Seen.Before(at) {
			at = *e.Seen
		}
	}
	return at
}

func write(w io.Writer, document any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	return enc.Encode(document)
}
