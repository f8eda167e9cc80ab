package iampolicy

import "strings"

// Context holds the context keys of a request, by their names in lower case.
type Context struct {
	Values map[string][]string
	// Open says that keys which are not in Values may be in the request all the same. Otherwise what is not here is absent.
	Open bool
}

// Set puts a key in, whatever its case.
func (c *Context) Set(key string, values ...string) {
	if c.Values == nil {
		c.Values = map[string][]string{}
	}
	c.Values[strings.ToLower(key)] = values
}

// Action is an action, service:Name, read once and used for many requests. Actions ignore case.
type Action struct{ text, full, service, name string }

// ParseAction reads an action; its result is never nil, and without a colon it is of no service.
func ParseAction(s string) Action {
	a := Action{text: s, full: strings.ToLower(s)}
	a.service, a.name, _ = strings.Cut(a.full, ":")
	return a
}

// String gives the action as it was written.
func (a Action) String() string { return a.text }

// Request is one question: may this principal do this to that?
type Request struct {
	Principal *Principal
	Action    Action
	Resource  string // an ARN, or "*" where the action has none
	// ResourceAccount is the account of the resource; "" = the ARN's, and where that names none (S3), the principal's.
	ResourceAccount string
	// Context is nil when nothing is known of it: then a condition on a key that does not follow from the rest is undecided.
	Context *Context

	pattern []rune    // the resource as a pattern, for questions about many
	through string    // the service that makes the request to KMS for the principal
	service [1]string // and its name in kms:ViaService
	assumed bool      // nobody said whose the resource is
	owner   [1]string
}

// keyID names the keys that follow from principal, action and resource.
// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
type keyID uint8

const (
	keyOther keyID = iota
	keyUserName
	keyUserID
	keyPrincipalARN
	keyPrincipalAccount
	keyPrincipalType
	keyIsService
	keyServiceName
	derivedKeys // the keys above follow from the principal alone
	keyResourceAccount
	keyCallerAccount
	keyVia
	keyKMS // any other key of KMS
)

func keyOf(lower string) keyID {
	switch lower {
	case "aws:username":
		return keyUserName
	case "aws:userid":
		return keyUserID
	case "aws:principalarn":
		return keyPrincipalARN
	case "aws:principalaccount":
		return keyPrincipalAccount
	case "aws:principaltype":
		return keyPrincipalType
	case "aws:principalisawsservice":
		return keyIsService
	case "aws:principalservicename":
		return keyServiceName
	case "aws:resourceaccount", "s3:resourceaccount":
		return keyResourceAccount
	case "kms:calleraccount":
		return keyCallerAccount
	case "kms:viaservice":
		return keyVia
	}
	if strings.HasPrefix(lower, "kms:") {
		return keyKMS
	}
	return keyOther
}

// derive fills in the keys that follow from the principal. An empty list is a key that is surely absent, nil one that is not known.
func (p *Principal) derive() {
	none := []string{}
	for i := range p.derived {
		p.derived[i] = none
	}
	set := func(id keyID, v string) { p.derived[id] = []string{v} }
	if p.Kind != Anonymous {
		set(keyIsService, map[bool]string{true: "true", false: "false"}[p.Kind == Service])
	}
	if p.Account != "" && p.Kind != Provider {
		set(keyPrincipalAccount, p.Account)
	}
	p.derived[keyUserID] = nil
	switch p.Kind {
	case Anonymous:
		set(keyPrincipalType, "Anonymous")
		p.derived[keyUserID] = none
	case Root:
		set(keyPrincipalARN, p.ARN)
		set(keyPrincipalType, "Account")
		set(keyUserID, p.Account)
	case User:
		set(keyPrincipalARN, p.ARN)
		set(keyPrincipalType, "User")
		set(keyUserName, p.Name)
	case Role:
		set(keyPrincipalARN, p.ARN)
		set(keyPrincipalType, "AssumedRole")
	case Session: // the key holds the role's ARN, not the session's
		set(keyPrincipalARN, "arn:"+p.Partition+":iam::"+p.Account+":role/"+p.Name)
		set(keyPrincipalType, "AssumedRole")
	case Federated:
		set(keyPrincipalARN, p.ARN)
		set(keyPrincipalType, "FederatedUser")
		set(keyUserID, p.Account+":"+p.Name)
	case Service:
		set(keyServiceName, p.Name)
		p.derived[keyPrincipalType] = nil
	default:
		p.derived[keyPrincipalType] = nil
	}
}

// presence is what is known of a key.
type presence uint8

const (
	absent presence = iota
	present
	unknown
)

// lookup gives a key's values. What the request says wins over what follows from it.
func (r *Request) lookup(key string, id keyID) ([]string, presence) {
	if r.Context != nil {
		if v, ok := r.Context.Values[key]; ok {
			return v, present
		}
	}
	var v []string
	switch {
	case id == keyOther:
	case id < derivedKeys:
		if v = r.Principal.derived[id]; v != nil && len(v) == 0 {
			return nil, absent
		}
	case id == keyResourceAccount:
		if r.owner[0] != "" {
			v = r.owner[:]
		}
	case id == keyVia && r.through != "":
		v = r.via()
	case id == keyCallerAccount && r.Action.service == "kms":
		v = r.Principal.derived[keyPrincipalAccount]
	}
	if len(v) > 0 {
		return v, present
	}
	if r.Context == nil || r.Context.Open || r.through != "" && (id == keyKMS || id == keyVia) {
		return nil, unknown
	}
	return nil, absent
}

// via gives kms:ViaService of a request that a service makes, where the region is known.
// Source: https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
func (r *Request) via() []string {
	if r.Context == nil || len(r.Context.Values["aws:requestedregion"]) != 1 {
		return nil
	}
	r.service[0] = r.through + "." + r.Context.Values["aws:requestedregion"][0] + ".amazonaws.com"
	return r.service[:]
}

// settle finds the resource's account, which several rules rest on. The account "aws" owns what AWS gives everybody, and is nobody else's.
func (r *Request) settle() {
	acct := r.ResourceAccount
	r.assumed = false
	if acct == "" {
		if a, ok := parseARN(r.Resource); ok && !strings.ContainsAny(a.account, "*?") {
			acct, r.assumed = a.account, a.account == ""
		}
	}
	if acct == "" || acct == "aws" {
		acct = r.Principal.Account
	}
	r.owner[0] = acct
}
