// Package plant puts small repositories of invented people where somebody allowed it, and takes away what it planted and nothing else.
//
// Each plant has a name that nobody can guess, and stands in a journal on the disk before anything of it is written: where it will be, and
// the hash of what it will hold. So whatever happens to the process, the journal knows all that there can be; and what has not that name,
// or does not hold what was planted, is never removed, but told. The logins that write are never those that a survey reads with.
package plant

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/chartroom/chartroom/demo"
	"github.com/chartroom/chartroom/demo/export"
	"github.com/chartroom/chartroom/phi"
)

// Kinds of ground.
const (
	Files    = "files"    // beneath a folder
	Postgres = "postgres" // schemas of a database
	S3       = "s3"       // prefixes of a bucket
)

// Target is a place where somebody allowed to plant.
type Target struct {
	Label   string `json:"label"`
	Kind    string `json:"kind"`
	Address string `json:"address"`         // without a secret
	Login   string `json:"login,omitempty"` // the variable of the environment that holds the login that writes
}

// Plant is one small repository: a folder with a file, a schema with a table, a prefix with an object.
type Plant struct {
	Number int    `json:"plant"`
	Target int    `json:"target"` // its place in the head of the journal
	Name   string `json:"name"`   // of the folder, schema or prefix
	Form   string `json:"form"`   // of the file in it, or of the table
	Seed   uint64 `json:"seed"`
	People int    `json:"people"`
	Marker string `json:"marker"` // stands at the plant, where the ground has room for it
	Sum    string `json:"sha256"` // of what it holds
}

// Ground is where plants stand.
type Ground interface {
	// Forms are those in which plants can stand there.
	Forms() []string
	// Plant writes a plant, which must be in the journal. It overwrites nothing.
	Plant(ctx context.Context, p *Plant) error
	// Remove takes a plant away, and tells whether it was there. Where something else stands in its place it returns ErrChanged and
	// removes nothing.
	Remove(ctx context.Context, p *Plant) (was bool, err error)
	Close()

	content(p *Plant) ([]byte, error) // what a plant holds: the same each time
}

// ErrChanged says that something other than what was planted stands where a plant stood.
var ErrChanged = errors.New("it is not what was planted")

// ErrLogin says that there is no login to plant with.
var ErrLogin = errors.New("there is no login that may write")

// Open opens a ground. secret is the login that writes: user:password, or the access key and the secret key of an object store.
func Open(ctx context.Context, t Target, secret string) (Ground, error) {
	switch t.Kind {
	case Files:
		return openFiles(t)
	case Postgres:
		return openPostgres(ctx, t, secret)
	case S3:
		return openS3(ctx, t, secret)
	}
	return nil, fmt.Errorf("nothing can be planted in %s: only in folders, PostgreSQL databases and S3 buckets", t.Label)
}

// New makes up plant number n of a target.
func New(g Ground, target, n, people int) (Plant, error) {
	forms := g.Forms()
	p := Plant{Number: n, Target: target, Name: words[n%len(words)] + "_" + nonce(), Marker: nonce(), Form: forms[n%len(forms)], Seed: seed(), People: people}
	content, err := g.content(&p)
	p.Sum = sum(content)
	return p, err
}

// words are what forgotten copies are called.
var words = []string{"export", "old_charts", "migration", "to_delete", "scans", "backup", "referrals", "billing_copy", "lab_feed", "portal_dump"}

// nonce gives 128 bits of chance in 32 letters. There are no digits in it, so that it is no number of anybody's.
func nonce() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	out := make([]byte, 0, 32)
	for _, c := range b {
		out = append(out, 'a'+c>>4, 'a'+c&15)
	}
	return string(out)
}

func seed() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:])
	return binary.LittleEndian.Uint64(b[:])
}

// planted tells whether a name can be that of a plant.
func planted(name string) bool {
	if len(name) < 34 || name[len(name)-33] != '_' {
		return false
	}
	for i, c := range []byte(name) {
		if c != '_' && (c < 'a' || c > 'z') || i >= len(name)-32 && c > 'p' {
			return false
		}
	}
	return true
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// filed is a ground whose plants are files.
type filed struct{}

// Forms are all in which the demo's people can stand in a file.
func (filed) Forms() []string {
	var out []string
	for _, f := range export.Forms() {
		out = append(out, f.Name)
	}
	return out
}

func (filed) content(p *Plant) ([]byte, error) {
	for _, f := range export.Forms() {
		if f.Name == p.Form {
			var b bytes.Buffer
			err := f.Write(&b, demo.People(p.Seed, p.People))
			return b.Bytes(), err
		}
	}
	return nil, fmt.Errorf("there is no form %s", p.Form)
}

// Truth is what a survey should find in a plant.
type Truth struct {
	People  int
	Classes []string // HL7 codes of the classes that its codes define, in their order
}

// Truth says what a survey should find in the plant.
func (p *Plant) Truth() Truth {
	var t Truth
	var classes phi.Classes
	for who := range demo.People(p.Seed, p.People) {
		t.People++
		classes |= who.Classes()
	}
	t.Classes = classes.Names()
	return t
}
