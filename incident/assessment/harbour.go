// Package assessment prepares what a human must judge of a breach: the four factors of 45 CFR 164.402(2) for each repository, and for each
// path whether the data was secured against it. It fills in what the evidence says and leaves open what it does not; it closes nothing itself.
package assessment

import (
	"fmt"
	"strings"

	"github.com/chartroom/chartroom/incident"
)

// Layer is where encryption holds: who reads through it differs.
type Layer string

// The layers.
const (
	NoLayer     Layer = "none"        // in the clear
	Media       Layer = "media"       // disk or volume: guards a machine that is switched off, and a disk that is stolen
	Database    Layer = "database"    // transparent, by the server: guards its files, and nothing from a login that reads rows
	Storage     Layer = "storage"     // by the store with a key that the store asks a key service for: guards from who may not use that key
	Application Layer = "application" // by the program, or the client, before the data is stored
	NotKnown    Layer = ""
)

// Path is one way that a foothold may have read a repository.
type Path struct {
	Layer     Layer
	Session   incident.Known // it read through a live, authorised session of the system
	Key       incident.Known // the key, or the right to decrypt, was in its reach
	Validated incident.Known // the method is one of the guidance: SP 800-111 at rest, or FIPS 140 validated in motion
	Proof     []string       // what that rests on, and what is not known of it
}

// Finding is what a path comes to: whether the data was unsecured on it (45 CFR 164.402; 74 FR 19006).
type Finding struct {
	Secured incident.Known `json:"-"`
	Word    string         `json:"secured"`
	Because string         `json:"because"`
	Decides string         `json:"decides,omitempty"` // what would settle it, where it is open
	Proof   []string       `json:"proof,omitempty"`   // who could read through it, by which grants
}

// Harbour judges a path. Only data whose key was out of reach, by a method of the guidance, at a layer that the path did not read through, is
// secured; whatever is not known leaves it open, unless another fact settles it alone.
func Harbour(p Path) Finding {
	no := func(why string) Finding { return Finding{incident.No, "no", why, "", p.Proof} }
	open := func(what string) Finding {
		return Finding{incident.Open, "not known", "it hangs on " + what, what, p.Proof}
	}
	switch {
	case p.Layer == NoLayer:
		return no("it was not encrypted")
	case p.Key == incident.Yes:
		return no("the key, or the right to use it, was in the foothold's reach")
	case p.Session == incident.Yes && (p.Layer == Media || p.Layer == Database):
		return no("encryption of the disk or of the database's files does nothing against a session that reads what the server decrypts for it")
	case p.Validated == incident.No:
		return no("the method is none of those that the guidance names (SP 800-111; in motion SP 800-52, 800-77, 800-113, or FIPS 140 validated)")
	case p.Layer == NotKnown:
		return open("at which layer it is encrypted, if at all")
	case p.Key == incident.Open:
		return open("whether the foothold could reach the key")
	case p.Session == incident.Open && (p.Layer == Media || p.Layer == Database):
		return open("whether it was read through a live session")
	case p.Validated == incident.Open:
		return open("whether the method is one of the guidance; record its certificate and the day")
	}
	return Finding{incident.Yes, "yes", "the key was out of the foothold's reach, and the method is one of the guidance", "", p.Proof}
}

// LayerOf reads what a server says of its encryption at rest, as the inventory keeps it.
func LayerOf(words string) Layer {
	switch strings.ToLower(words) {
	case "none", "no", "disabled", "off":
		return NoLayer
	case "aws:kms", "aws:kms:dsse":
		return Storage
	case "aes256", "enabled", "yes", "on", "tde":
		return Database // by the server itself: whoever may read, reads
	}
	var some, all int
	if n, err := fmt.Sscanf(words, "%d of %d tables", &some, &all); err == nil && n == 2 && all > 0 {
		switch some {
		case 0:
			return NoLayer
		case all:
			return Database
		}
	}
	return NotKnown
}
