package iampolicy

import (
	"errors"
	"strings"
)

// PrincipalKind is who asks.
type PrincipalKind uint8

// The kinds of principals.
// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
const (
	Anonymous PrincipalKind = iota // nobody who signed
	Root                           // the root user of an account
	User
	Role      // a role, whatever the session
	Session   // an assumed role under the name of a session
	Federated // a session of GetFederationToken
	Service   // an AWS service on its own behalf
	Provider  // an identity provider, when it asks for a role
	Canonical // an Amazon S3 canonical user id
)

var kindNames = [...]string{"nobody who signed", "the root user", "the user", "the role", "the role session", "the federated user", "the service", "the identity provider", "the canonical user"}

// String gives the kind in words.
func (k PrincipalKind) String() string { return kindNames[k] }

// Principal is who asks, read once and used for many requests.
type Principal struct {
	Kind      PrincipalKind
	ARN       string // as it was given; of a service or a provider its name
	Partition string // aws, aws-cn, aws-us-gov
	Account   string // "" of those that belong to none
	Name      string // of a user or a role the last part of its path; of a session the role's name
	Linked    bool   // a service-linked role, or a session of one

	derived [derivedKeys][]string
}

// ErrPrincipal says that a text is none of the ways to name a principal.
var ErrPrincipal = errors.New("the principal is no ARN of a user, role, session or root, no account id, no service and not anonymous")

const linkedPrefix = "AWSServiceRoleFor"

// ParsePrincipal reads a principal: an ARN of a user, role, assumed-role session, federated user, root user or identity provider; an account id,
// which is its root user; a service such as s3.amazonaws.com; a host name of an identity provider; a canonical user id; or anonymous. The error is ErrPrincipal.
func ParsePrincipal(s string) (*Principal, error) {
	p := &Principal{ARN: s, Partition: "aws"}
	switch {
	case s == "anonymous":
		p.ARN = ""
	case isAccount(s):
		p.Kind, p.Account, p.ARN = Root, s, "arn:aws:iam::"+s+":root"
	case strings.HasPrefix(s, "arn:"):
		if !p.parseARN() {
			return nil, ErrPrincipal
		}
	case isService(s):
		p.Kind, p.Name = Service, s
	case len(s) == 64 && strings.Trim(s, "0123456789abcdef") == "":
		p.Kind = Canonical
	case strings.Contains(s, ".") && !strings.ContainsAny(s, " *?:"):
		p.Kind = Provider
	default:
		return nil, ErrPrincipal
	}
	p.derive()
	return p, nil
}

func isAccount(s string) bool { return len(s) == 12 && strings.Trim(s, "0123456789") == "" }

func isService(s string) bool {
	return strings.HasSuffix(s, ".amazonaws.com") || strings.HasSuffix(s, ".amazonaws.com.cn") || strings.HasSuffix(s, ".amazonaws.eu")
}

func (p *Principal) parseARN() bool {
	a, ok := parseARN(p.ARN)
	if !ok || a.account == "" || a.service != "iam" && a.service != "sts" {
		return false
	}
	p.Partition, p.Account = a.partition, a.account
	kind, rest, _ := strings.Cut(a.resource, "/")
	p.Name = rest[strings.LastIndexByte(rest, '/')+1:]
	switch kind {
	case "root":
		p.Kind = Root
		return rest == ""
	case "user":
		p.Kind = User
	case "role":
		p.Kind = Role
		p.Linked = strings.HasPrefix(rest, "aws-service-role/")
	case "assumed-role":
		p.Kind = Session
		role, session, ok := strings.Cut(rest, "/")
		p.Name = role
		p.Linked = strings.HasPrefix(role, linkedPrefix)
		return ok && role != "" && session != ""
	case "federated-user":
		p.Kind = Federated
	case "saml-provider", "oidc-provider":
		p.Kind = Provider
	default:
		return false
	}
	return p.Name != ""
}

// arn is an Amazon Resource Name in its parts.
type arn struct{ partition, service, region, account, resource string }

func parseARN(s string) (a arn, ok bool) {
	parts := [6]string{}
	for i := range 5 {
		if parts[i], s, ok = strings.Cut(s, ":"); !ok {
			return a, false
		}
	}
	return arn{parts[1], parts[2], parts[3], parts[4], s}, parts[0] == "arn"
}

// grade is how a statement of a resource's policy names who asks: it decides which other policies still limit what the statement gives.
// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
type grade uint8

const (
	unnamed grade = iota
	account       // by its account: delegates, and gives nobody anything by itself
	limited       // a session by its role, or its user: the boundary and the session policy still limit it
	direct        // itself, or everybody
)

// named is one ARN or account of a Principal element.
type named struct {
	kind               PrincipalKind // Root = an account
	text               string
	partition, account string
	name               string
}

// principals is a Principal or NotPrincipal element.
type principals struct {
	given     bool
	inverse   bool // NotPrincipal
	all       bool
	aws       []named
	services  []string
	providers []string
	canonical []string
}

func (ps *principals) add(class, value string) error {
	if value == "*" {
		switch class {
		case "AWS":
			ps.all = true
			return nil
		case "CanonicalUser":
			return errors.New("a canonical user is named by its id, not by *")
		}
	}
	switch class {
	case "AWS":
		n := named{text: value}
		if p, err := ParsePrincipal(value); err == nil && p.Account != "" {
			n = named{p.Kind, p.ARN, p.Partition, p.Account, p.Name}
		} // anything else is the id of a principal that is gone, and names nobody
		ps.aws = append(ps.aws, n)
	case "Service":
		ps.services = append(ps.services, value)
	case "Federated":
		ps.providers = append(ps.providers, value)
	case "CanonicalUser":
		ps.canonical = append(ps.canonical, value)
	default:
		return errors.New("Principal has a class that is not AWS, Service, Federated or CanonicalUser")
	}
	return nil
}

// names is what a list says of one principal.
type names struct{ self, role, user, account, canonical bool }

func (ps *principals) find(p *Principal) (n names) {
	switch p.Kind {
	case Anonymous:
		return n
	case Service, Provider:
		n.self = contains(ps.services, p.ARN) && p.Kind == Service || contains(ps.providers, p.ARN)
		return n
	case Canonical:
		n.self = contains(ps.canonical, p.ARN)
		return n
	}
	n.canonical = len(ps.canonical) > 0
	for i := range ps.aws {
		e := &ps.aws[i]
		if e.account != p.Account {
			continue
		}
		switch {
		case e.kind == Root:
			n.account = true
		case e.text == p.ARN:
			n.self = true
		case e.kind == Role && p.Kind == Session && e.name == p.Name && e.partition == p.Partition:
			n.role = true // names of roles are unique in an account whatever their path
		case e.kind == User && p.Kind == Federated && e.name == p.Name && e.partition == p.Partition:
			n.user = true
		}
	}
	return n
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s || x == "*" {
			return true
		}
	}
	return false
}

// match tells how an element names who asks, and whether that is sure.
func (ps *principals) match(p *Principal, effect Effect, bounded bool) (grade, val) {
	if ps.inverse {
		return direct, truthOf(ps.excepts(p, effect, bounded))
	}
	if ps.all {
		return direct, yes
	}
	n := ps.find(p)
	switch {
	case n.self && p.Kind == Role:
		return limited, yes
	case n.self:
		return direct, yes
	case n.role || n.user:
		return limited, yes
	case n.account:
		return account, yes
	case n.canonical:
		return account, onIdentity
	}
	return unnamed, no
}

// excepts tells whether a NotPrincipal statement is about who asks. With Deny, an exception needs the account beside the user, and the
// account and the role beside the session; and it does not help a user or role that has a permissions boundary.
// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
func (ps *principals) excepts(p *Principal, effect Effect, bounded bool) bool {
	if ps.all {
		return false
	}
	n := ps.find(p)
	if effect == Allow {
		return n == names{} || n == names{canonical: true}
	}
	switch p.Kind {
	case Root:
		return !n.account
	case User, Role, Federated:
		return bounded || !n.self || !n.account
	case Session:
		return bounded || !n.self || !n.role || !n.account
	}
	return !n.self
}
