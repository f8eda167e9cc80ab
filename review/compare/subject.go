package compare

import (
	"time"

	"github.com/chartroom/chartroom/estate"
)

// Answer is what is known of a yes-or-no question. Its zero value is that nothing is.
type Answer uint8

// The answers.
const (
	Unknown Answer = iota
	No
	Yes
)

// State is an answer with what it rests on, or with what would settle it.
type State struct {
	Answer
	Because string
}

// Repository is what is known of one repository of a custodian.
type Repository struct {
	Name       string
	PHI        bool       // it holds patient data
	Seen       *time.Time // when its oldest evidence was seen; nil = it never was
	Items      int64      // that were listed
	Gaps       int64
	Unlisted   []string // what of it could not be listed: nobody knows how much stands there; "" = the whole
	Readers    bool     // who can read it was collected, or declared
	Doubts     []string // what is not known of that all the same: others may read it, too
	Registered State    // in the governed register
	OutOfReach State    // encrypted, and no reader has the key
	Open       State    // readable by anyone: the public, or every account of a system
}

// Foothold is an account, a token or a vendor that reads people of the custodian.
type Foothold struct {
	ID, Name string
	Person   bool         // an account of a person: only such have second factors
	MFA      string       // none, sms, otp, push, phishing_resistant, enrolled (some, not said which); "" = not known
	People   estate.Count // distinct people of the custodian that it reads for sure, acts that it can take included
	Most     estate.Count // and if what is not known holds
}

// perhaps tells whether it is not sure that it reads anybody.
func (f *Foothold) perhaps() bool { return f.People.High == 0 }

// Subject is all that is known of a custodian at a time.
type Subject struct {
	Custodian    string
	At           time.Time // for which the answer is asked
	Repositories []Repository
	Footholds    []Foothold
	Doubts       []string
	Took         time.Duration // measured: to answer what is there, and who can read one repository
	// Count counts the distinct people of some of the repositories.
	Count func(repositories []string) (estate.Count, error)
}

// phi gives the repositories that hold patient data.
func (s *Subject) phi() (out []Repository) {
	for _, r := range s.Repositories {
		if r.PHI {
			out = append(out, r)
		}
	}
	return out
}

// unread gives the repositories of which nothing was ever read: what stands there could change every count.
func (s *Subject) unread() (out []string) {
	for i := range s.Repositories {
		if r := &s.Repositories[i]; r.Seen == nil || r.Items == 0 && len(r.Unlisted) > 0 {
			out = append(out, r.Name)
		}
	}
	return out
}
