// Package audit says who asks, what a role may do, and how an act is recorded. The catalog applies it within each of its
// reads and writes, so that no page and no command can forget to.
package audit

import (
	"errors"
	"fmt"
	"os/user"
	"time"
)

// Role is what a caller may do. Each role may do all that the roles before it may. The zero Role may do nothing.
type Role uint8

// The roles, from the least to the most.
const (
	NoRole         Role = iota
	Viewer              // sees which repositories hold what, in sums
	Analyst             // sees items, fields and gaps, too
	PrivacyOfficer      // reads the audit trail and decides cases, too
	Admin               // surveys repositories and keeps the catalog, too
)

var roleNames = [...]string{"none", "viewer", "analyst", "privacy officer", "admin"}

// String gives the role's name.
func (r Role) String() string {
	if int(r) < len(roleNames) {
		return roleNames[r]
	}
	return fmt.Sprintf("role(%d)", uint8(r))
}

// ParseRole is the inverse of String. "none" is no role that can be given.
func ParseRole(name string) (Role, error) {
	for i, n := range roleNames[1:] {
		if n == name {
			return Role(i + 1), nil
		}
	}
	return NoRole, fmt.Errorf("no role is called %q (there are viewer, analyst, privacy officer and admin)", name)
}

// Action is something that a caller does with the catalog.
type Action string

// The actions.
const (
	ReadMap    Action = "read map"    // repositories and sums of people
	ReadRuns   Action = "read runs"   // surveys and their books
	ReadDiff   Action = "read diff"   // what changed
	ReadItems  Action = "read items"  // one row an item
	ReadFields Action = "read fields" // one row a field
	ReadGaps   Action = "read gaps"   // what was not read
	ReadGrants Action = "read grants" // who may read what
	ReadAudit  Action = "read audit"  // the trail itself
	ReadCase   Action = "read case"   // an incident's log
	WriteCase  Action = "write case"  // a line of an incident's log
	Survey     Action = "survey"      // a scan writes what it found
	Check      Action = "check"       // the catalog's integrity
	Keep       Action = "keep"        // the catalog as a whole: copied, backed up, its history removed

	OwnAccount   Action = "own account"   // one's own password, passkeys, sessions and tokens
	TestClaim    Action = "test claim"    // hold a sample against the traces
	KeepAccounts Action = "keep accounts" // everybody's roles, invitations, sessions and tokens

	// LogIn is the line that an attempt to log in leaves. Nobody is permitted it: it is how a caller comes about.
	LogIn Action = "log in"
)

// least gives the role that an action needs at least. An action that is not named here is refused to everybody.
func least(a Action) (Role, bool) {
	switch a {
	case ReadMap, ReadRuns, OwnAccount:
		return Viewer, true
	case ReadItems, ReadFields, ReadGaps, ReadDiff, ReadGrants:
		return Analyst, true
	case ReadAudit, ReadCase, WriteCase, TestClaim:
		return PrivacyOfficer, true
	case Survey, Check, Keep, KeepAccounts:
		return Admin, true
	}
	return NoRole, false
}

// Actions lists every action that a role can include.
func Actions() []Action {
	return []Action{ReadMap, ReadRuns, ReadDiff, ReadItems, ReadFields, ReadGaps, ReadGrants, ReadAudit, ReadCase, WriteCase, Survey, Check, Keep,
		OwnAccount, TestClaim, KeepAccounts}
}

// Caller is who asks. The zero Caller is nobody and is refused everything.
type Caller struct {
	Name string
	Role Role
}

// Local is the user of this machine who runs a command: whoever can read the catalog's file has no one to ask.
func Local() Caller {
	name := "local user"
	if u, err := user.Current(); err == nil && u.Username != "" {
		name = u.Username
	}
	return Caller{Name: name, Role: Admin}
}

var (
	// ErrNobody says that an act came without a caller.
	ErrNobody = errors.New("no caller was named")
	// ErrDenied says that the caller's role does not include the action.
	ErrDenied = errors.New("not permitted")
)

// Permit tells whether the caller may do it: nil, ErrNobody, or an error that wraps ErrDenied and names the role that may.
func (c Caller) Permit(a Action) error {
	if c.Name == "" {
		return fmt.Errorf("%s: %w", a, ErrNobody)
	}
	need, ok := least(a)
	if !ok {
		return fmt.Errorf("%s: %w: no role includes it", a, ErrDenied)
	}
	if c.Role < need || c.Role > Admin {
		return fmt.Errorf("%s: %w: %s is %s, it needs at least %s", a, ErrDenied, c.Name, c.Role, need)
	}
	return nil
}

// Outcome is how an act ended at the gate.
type Outcome string

// The outcomes.
const (
	Allowed Outcome = "allowed"
	Denied  Outcome = "denied"
)

// Record is one line of the audit trail.
type Record struct {
	Time    time.Time `json:"time"`
	Caller  string    `json:"caller"`
	Role    string    `json:"role"`
	Action  Action    `json:"action"`
	Target  string    `json:"target"`
	Outcome Outcome   `json:"outcome"`
}
