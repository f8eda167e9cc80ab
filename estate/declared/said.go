package declared

import (
	"encoding/json"
	"strings"
)

// System is whose words declared facts are.
const System = "declared"

// The kinds of facts that declarations come to. Scope is always the system whose accounts they speak of.
const (
	KindFile     = "file"              // Principal: a file that was read; Said.Rows and Said.Unread
	KindUnseen   = "unseen"            // something could not be read; Why says what, From where
	KindUser     = "user"              // Principal: an account of a person
	KindService  = "service"           // Principal: an account of a machine
	KindGroup    = "group"             // Principal: a group
	KindMember   = "member"            // Principal is in the group Target; Said.Member says what it is
	KindApp      = "app"               // Principal: an app, with Said.Scopes and Said.GrantedBy; Target: the repository that it reaches, if that is said
	KindLogin    = "login"             // Principal logs in as Target
	KindAccess   = "access"            // Principal may Action (read, write, admin, key) on the repository Target
	KindVendor   = "vendor"            // Principal: a vendor
	KindHolds    = "holds"             // the vendor Principal holds the account, app or token Target
	KindProvider = "identity_provider" // Principal: an identity provider
	KindAdmin    = "admin"             // Principal administers the identity provider Target
	KindHelpDesk = "help_desk"         // Principal: a help desk
	KindStaff    = "staff"             // Principal works at the help desk Target
	KindReset    = "reset"             // the help desk Principal may reset Action (password, mfa) of Target
	KindControl  = "control"           // Principal: a control, on Target
	KindSystem   = "system"            // Principal: a system, which keeps its data in the repository Target
	KindExposure = "exposure"          // Principal: a weakness that is known, of Target
	KindDoor     = "front_door"        // Principal: an element of the front door, of the type Action, that leads to the repository Target
	KindAssigned = "assigned"          // Principal may open the system Target by its identity provider

	KindCustodian  = "custodian"         // Principal: a custodian; Said.Is: kind, since
	KindRegistered = "registered"        // Target: a repository or a part of one in the governed register; Said.Is: classification, registered, steward, retention
	KindAttested   = "attestation"       // Principal: a control or an assessment; Said.Is: by framework, which rows it attests, behind semicolons, or all
	KindLabels     = "labels"            // Principal: a scheme of labels; Said.Is: by label, which grades (N, R, V) may stand under it
	KindBroker     = "privileged_access" // Principal: what all privileged access to the repository Target goes through
	KindLogging    = "logging"           // Principal: where access to the repository Target is logged; Said.Is: kept
	KindKeys       = "keys"              // Principal: a store of keys, of Said.Custodian, which has those that encrypt the repository Target
)

// Said is what a declaration says beside who, what and whose: the Detail of its grant. What is empty was not said. Days are written as
// 2026-03-01, and yes and no as such.
type Said struct {
	Admin      string            `json:"admin,omitempty"`
	Aliases    []string          `json:"aliases,omitempty"` // other names of the principal
	AsOf       string            `json:"as_of,omitempty"`
	BreakGlass string            `json:"break_glass,omitempty"`
	By         string            `json:"by,omitempty"`
	Condition  string            `json:"condition,omitempty"`
	Custodian  string            `json:"custodian,omitempty"`
	Enabled    string            `json:"enabled,omitempty"`
	Expires    string            `json:"expires,omitempty"`
	GrantedBy  string            `json:"granted_by,omitempty"` // an account, or everyone
	Groups     []string          `json:"groups,omitempty"`
	Idp        string            `json:"idp,omitempty"`
	Is         map[string]string `json:"is,omitempty"`
	LastUsed   string            `json:"last_used,omitempty"`
	Member     string            `json:"member,omitempty"` // user, group or service
	MFA        string            `json:"mfa,omitempty"`    // none, sms, otp, push, phishing_resistant; enrolled = some, not said which
	Name       string            `json:"name,omitempty"`
	Owner      string            `json:"owner,omitempty"`
	Rows       int               `json:"rows,omitempty"`
	Scopes     []string          `json:"scopes,omitempty"`
	Shared     string            `json:"shared,omitempty"`
	System     string            `json:"system,omitempty"` // that an app reaches into
	Tokens     string            `json:"tokens,omitempty"`
	Type       string            `json:"type,omitempty"`   // of a file
	Unread     []string          `json:"unread,omitempty"` // columns of a file that are not understood
	Until      string            `json:"until,omitempty"`
	Vendor     string            `json:"vendor,omitempty"`
}

// Detail writes it as a grant's Detail: one JSON object with sorted keys, "" for nothing.
func (s *Said) Detail() string {
	b, _ := json.Marshal(s)
	if string(b) == "{}" {
		return ""
	}
	return string(b)
}

// ReadSaid reads a Detail.
func ReadSaid(detail string) (s Said, err error) {
	if detail != "" {
		err = json.Unmarshal([]byte(detail), &s)
	}
	return s, err
}

// Ref is a principal as somebody wrote it.
type Ref struct {
	ID     string // set: its name in the whole estate, as an ARN or postgres://db.example:5432#alice, and nothing else is
	System string // in which it is; "" = not said
	Kind   string // user, group, service, app or vendor; everyone; "" = not said
	Name   string
}

// ParseRef reads alice@example.org, group:Nurses, Okta#alice@example.org, Okta#group:Nurses, everyone, vendor:Harbor Archive, an ARN or an
// address with #.
func ParseRef(text string) Ref {
	if kind, name, ok := strings.Cut(text, ":"); ok && kind == "vendor" { // whose name may be an address
		return Ref{Kind: kind, Name: name}
	}
	if strings.Contains(text, "://") || strings.HasPrefix(text, "arn:") {
		return Ref{ID: text}
	}
	r := Ref{Name: text}
	if system, name, ok := strings.Cut(text, "#"); ok {
		r.System, r.Name = system, name
	}
	if strings.EqualFold(r.Name, "everyone") {
		return Ref{System: r.System, Kind: "everyone"}
	}
	if kind, name, ok := strings.Cut(r.Name, ":"); ok {
		switch kind {
		case "user", "group", "service", "app", "vendor":
			r.Kind, r.Name = kind, name
		}
	}
	return r
}

// ID names a declared principal in the whole estate: okta#alice@example.org, okta#group:nurses, vendor#harbor archive. Case does not
// matter in names of accounts, so it is lower.
func ID(system, kind, name string) string {
	name = strings.ToLower(name)
	switch kind {
	case "user":
		return strings.ToLower(system) + "#" + name
	case "vendor":
		return "vendor#" + name
	case "everyone":
		return strings.ToLower(system) + "#everyone"
	}
	return strings.ToLower(system) + "#" + kind + ":" + name
}
