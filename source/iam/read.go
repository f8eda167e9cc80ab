package iam

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/chartroom/chartroom/estate"
)

// Limits of a file.
const (
	maxFile     = 1 << 30 // bytes
	maxDocument = 1 << 20 // bytes of one policy: AWS takes far less
	maxLevels   = 16      // of an organisation: AWS has at most five beneath its root
)

// reader reads the objects that the AWS tools write, and tells facts.
type reader struct {
	account    string
	from       string
	tell       func(estate.Grant) error
	waiting    []estate.Grant // until it is known whose they are
	scps, rcps bool           // the file had a word on them
	users      bool           // and on users, groups and roles
	management bool
}

// named is a policy with its name and text.
type named struct {
	PolicyName     string
	PolicyDocument json.RawMessage
}

// attached is a managed policy that somebody has.
type attached struct{ PolicyName, PolicyArn string }

// boundary is somebody's permissions boundary.
type boundary struct{ PermissionsBoundaryArn string }

// identity is an element of UserDetailList, GroupDetailList or RoleDetailList.
// Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
type identity struct {
	Arn, UserName, GroupName, RoleName string
	CreateDate                         json.RawMessage
	PasswordLastUsed                   string
	GroupList                          []string
	UserPolicyList                     []named
	GroupPolicyList                    []named
	RolePolicyList                     []named
	AttachedManagedPolicies            []attached
	PermissionsBoundary                *boundary
	AssumeRolePolicyDocument           json.RawMessage
	RoleLastUsed                       struct{ LastUsedDate string }
	InstanceProfileList                []struct{ Arn string }
}

// managed is an element of Policies.
type managed struct {
	Arn, PolicyName, DefaultVersionId string
	PolicyVersionList                 []struct {
		VersionId        string
		IsDefaultVersion bool
		Document         json.RawMessage
	}
}

var errForm = errors.New("it is no JSON object of an AWS account, as aws iam get-account-authorization-details writes it")

// document reads a whole file, element after element.
func (r *reader) document(in io.Reader) error {
	dec := json.NewDecoder(io.LimitReader(in, maxFile))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return errForm
	}
	for dec.More() {
		t, err := dec.Token()
		key, ok := t.(string)
		if err != nil || !ok {
			return errForm
		}
		if err := r.member(dec, key); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) member(dec *json.Decoder, key string) error {
	switch key {
	case "UserDetailList", "GroupDetailList", "RoleDetailList", "Policies":
		r.users = true
		return r.list(dec, key)
	}
	var raw json.RawMessage
	if dec.Decode(&raw) != nil {
		return fmt.Errorf("%s: %w", strconv.Quote(key), errForm)
	}
	switch key {
	case "Account":
		_ = json.Unmarshal(raw, &r.account) // what is no text says nothing
	case "Management":
		_ = json.Unmarshal(raw, &r.management)
	case "ServiceControlPolicies":
		r.scps = true
		return r.levels("scp", raw)
	case "ResourceControlPolicies":
		r.rcps = true
		return r.levels("rcp", raw)
	case "KeyPolicies":
		return r.byName(raw, func(arn string, v json.RawMessage) error {
			return r.policy(estate.Grant{Kind: "key_policy", Target: arn}, v)
		})
	case "KeyGrants":
		return r.byName(raw, r.keyGrants)
	case "Buckets":
		return r.byName(raw, r.bucket)
	case "PublicAccessBlock":
		return r.tell(estate.Grant{Kind: "public_access", Target: r.account, Detail: compact(raw)})
	case "Content":
		return r.report(raw)
	case "ResponseMetadata", "ResultMetadata", "IsTruncated", "Marker", "GeneratedTime", "ReportFormat":
	default:
		return r.unseen(key, "this part of the file is not understood")
	}
	return nil
}

// list reads a list, one element at a time.
func (r *reader) list(dec *json.Decoder, key string) error {
	if t, err := dec.Token(); err != nil || t != json.Delim('[') {
		if t == nil && err == nil {
			return nil // null
		}
		return fmt.Errorf("%s: %w", key, errForm)
	}
	for n := 1; dec.More(); n++ {
		var raw json.RawMessage
		if dec.Decode(&raw) != nil {
			return fmt.Errorf("%s, element %d: %w", key, n, errForm)
		}
		if err := r.element(key, n, raw); err != nil {
			return err
		}
	}
	_, err := dec.Token()
	return err
}

func (r *reader) element(key string, n int, raw json.RawMessage) error {
	var wrong, err error
	if key == "Policies" {
		var m managed
		if wrong = json.Unmarshal(raw, &m); wrong == nil {
			err = r.managed(&m)
		}
	} else {
		var i identity
		if wrong = json.Unmarshal(raw, &i); wrong == nil && i.Arn == "" {
			wrong = errForm
		}
		if wrong == nil {
			err = r.identity(strings.ToLower(strings.TrimSuffix(key, "DetailList")), &i)
		}
	}
	if wrong != nil {
		return r.unseen(key, fmt.Sprintf("element %d is not understood", n))
	}
	return err
}

// learn takes the account from an ARN, where nothing has said it yet.
func (r *reader) learn(arn string) {
	if r.account == "" {
		r.account = accountOf(arn)
	}
}

func (r *reader) managed(m *managed) error {
	r.learn(m.Arn)
	for _, v := range m.PolicyVersionList {
		if v.IsDefaultVersion || v.VersionId == m.DefaultVersionId && v.VersionId != "" {
			return r.policy(estate.Grant{Kind: "policy", Target: m.Arn, Action: v.VersionId}, v.Document)
		}
	}
	return r.unseen(m.Arn, "the text of the policy's default version is not in the file")
}

func (r *reader) identity(kind string, i *identity) error {
	r.learn(i.Arn)
	profiles := make([]string, len(i.InstanceProfileList))
	for n, p := range i.InstanceProfileList {
		profiles[n] = p.Arn
	}
	d := map[string]any{"name": i.UserName + i.GroupName + i.RoleName, "password_last_used": day(i.PasswordLastUsed), "last_used": day(i.RoleLastUsed.LastUsedDate)}
	if err := r.tell(estate.Grant{Kind: kind, Principal: i.Arn, Detail: write(d)}); err != nil {
		return err
	}
	if kind == "role" {
		if err := r.policy(estate.Grant{Kind: "trust", Principal: i.Arn}, i.AssumeRolePolicyDocument); err != nil {
			return err
		}
	}
	var facts []estate.Grant
	add := func(kind, target string) {
		facts = append(facts, estate.Grant{Kind: kind, Principal: i.Arn, Target: target})
	}
	for _, g := range i.GroupList {
		add("member", g)
	}
	for _, p := range i.AttachedManagedPolicies {
		add("attached", p.PolicyArn)
	}
	for _, p := range profiles {
		add("instance_profile", p)
	}
	if i.PermissionsBoundary != nil && i.PermissionsBoundary.PermissionsBoundaryArn != "" {
		add("boundary", i.PermissionsBoundary.PermissionsBoundaryArn)
	}
	for _, g := range facts {
		if err := r.tell(g); err != nil {
			return err
		}
	}
	for _, p := range slices.Concat(i.UserPolicyList, i.GroupPolicyList, i.RolePolicyList) {
		if err := r.policy(estate.Grant{Kind: "inline", Principal: i.Arn, Target: p.PolicyName}, p.PolicyDocument); err != nil {
			return err
		}
	}
	return nil
}

// policy tells a fact whose Detail is a policy's text.
func (r *reader) policy(g estate.Grant, raw json.RawMessage) error {
	text, ok := Document(raw)
	if !ok {
		return r.unseen(strings.TrimSpace(g.Principal+" "+g.Target), "the text of its policy ("+g.Kind+") is not in the file, or no JSON")
	}
	g.Detail = text
	return r.tell(g)
}

// Document gives the text of a policy: an object, or a text that holds one, escaped as the API answers it or not.
func Document(raw []byte) (text string, ok bool) {
	raw = bytes.TrimSpace(raw)
	if len(raw) > 3*maxDocument { // escaped
		return "", false
	}
	if len(raw) > 0 && raw[0] == '"' {
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return "", false
		}
		raw = []byte(strings.TrimSpace(s))
	}
	if len(raw) > 0 && raw[0] == '%' {
		s, err := url.PathUnescape(string(raw))
		if err != nil {
			return "", false
		}
		raw = []byte(s)
	}
	if text = compact(raw); text == "" || text[0] != '{' || len(text) > maxDocument {
		return "", false
	}
	return text, true
}

// compact takes the white space out of JSON; "" for what is none.
func compact(raw []byte) string {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return ""
	}
	return b.String()
}

// levels reads the policies of an organisation: a list for each level, from the root down; of each policy its text, or an object with
// Name and Document.
func (r *reader) levels(kind string, raw json.RawMessage) error {
	var levels [][]json.RawMessage
	if json.Unmarshal(raw, &levels) != nil || len(levels) > maxLevels {
		return r.unseen(kind, "a list for each level of the organisation is wanted, from its root down to the account")
	}
	for n, policies := range levels {
		for m, p := range policies {
			var w struct {
				Name     string
				Document json.RawMessage
			}
			if json.Unmarshal(p, &w) != nil || w.Document == nil {
				w.Name, w.Document = fmt.Sprintf("%s %d of level %d", kind, m+1, n+1), p
			}
			if err := r.policy(estate.Grant{Kind: kind, Principal: r.account, Action: strconv.Itoa(n + 1), Target: w.Name}, w.Document); err != nil {
				return err
			}
		}
	}
	return nil
}

// byName goes through an object in the order of its names.
func (r *reader) byName(raw json.RawMessage, each func(name string, v json.RawMessage) error) error {
	var m map[string]json.RawMessage
	if json.Unmarshal(raw, &m) != nil {
		return r.unseen("", "an object is wanted where another value stands")
	}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if err := each(name, m[name]); err != nil {
			return err
		}
	}
	return nil
}

// keyGrants reads what aws kms list-grants says of a key.
func (r *reader) keyGrants(arn string, raw json.RawMessage) error {
	var grants []struct {
		GranteePrincipal string
		Operations       []string
		Constraints      map[string]any
	}
	if json.Unmarshal(raw, &grants) != nil {
		return r.unseen(arn, "the grants of the key are not understood")
	}
	for _, g := range grants {
		f := estate.Grant{Kind: "key_grant", Principal: g.GranteePrincipal, Action: strings.Join(g.Operations, " "), Target: arn}
		if len(g.Constraints) > 0 {
			f.Detail = `{"constrained":true}`
		}
		if err := r.tell(f); err != nil {
			return err
		}
	}
	return nil
}

// bucket reads what the calls for a bucket answer, by their own names.
func (r *reader) bucket(name string, raw json.RawMessage) error {
	var b struct {
		Policy            json.RawMessage
		PublicAccessBlock json.RawMessage
		Ownership         string
		Encryption        *struct{ Algorithm, Key string }
		Acl               struct {
			Owner  struct{ ID string }
			Grants []struct {
				Grantee    struct{ ID, URI string }
				Permission string
			}
		}
	}
	arn := "arn:aws:s3:::" + name
	if json.Unmarshal(raw, &b) != nil {
		return r.unseen(arn, "what is said of the bucket is not understood")
	}
	facts := []estate.Grant{{Kind: "bucket", Target: arn, Detail: write(map[string]any{"account": r.account})}}
	if b.Acl.Owner.ID != "" {
		facts = append(facts, estate.Grant{Kind: "owner", Principal: b.Acl.Owner.ID, Target: arn})
	}
	for _, g := range b.Acl.Grants {
		facts = append(facts, estate.Grant{Kind: "acl", Principal: cmp.Or(g.Grantee.URI, g.Grantee.ID), Action: g.Permission, Target: arn})
	}
	if b.PublicAccessBlock != nil {
		facts = append(facts, estate.Grant{Kind: "public_access", Target: arn, Detail: compact(b.PublicAccessBlock)})
	}
	if b.Ownership != "" {
		facts = append(facts, estate.Grant{Kind: "ownership", Action: b.Ownership, Target: arn})
	}
	if b.Encryption != nil {
		facts = append(facts, estate.Grant{Kind: "encryption", Action: b.Encryption.Algorithm, Target: arn, Detail: write(map[string]any{"key": b.Encryption.Key})})
	}
	for _, g := range facts {
		if err := r.tell(g); err != nil {
			return err
		}
	}
	if b.Policy == nil {
		return nil
	}
	return r.policy(estate.Grant{Kind: "bucket_policy", Target: arn}, b.Policy)
}

// report reads a credential report: CSV in base64.
// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
func (r *reader) report(raw json.RawMessage) error {
	var text []byte
	if json.Unmarshal(raw, &text) != nil { // base64, as of any bytes
		return r.unseen("Content", "the credential report is not understood")
	}
	rows := csv.NewReader(bytes.NewReader(text))
	rows.FieldsPerRecord, rows.ReuseRecord = -1, false
	head, err := rows.Read()
	if err != nil || !slices.Contains(head, "arn") {
		return r.unseen("Content", "the credential report is not understood")
	}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return r.unseen("Content", "from here on the credential report was not understood")
		}
		cell := func(column string) string {
			if i := slices.Index(head, column); i >= 0 && i < len(row) {
				return row[i]
			}
			return ""
		}
		arn := cell("arn")
		r.learn(arn)
		used := max(day(cell("password_last_used")), day(cell("access_key_1_last_used_date")), day(cell("access_key_2_last_used_date")))
		d := map[string]any{"mfa": cell("mfa_active"), "password": cell("password_enabled"), "last_used": used, "key_1": cell("access_key_1_active"), "key_2": cell("access_key_2_active")}
		if err := r.tell(estate.Grant{Kind: "credentials", Principal: arn, Detail: write(d)}); err != nil {
			return err
		}
	}
}

// day gives the day of a time as the tools write it, "" for none.
func day(text string) string {
	if len(text) < 10 {
		return ""
	}
	if _, err := time.Parse(time.DateOnly, text[:10]); err != nil {
		return ""
	}
	return text[:10]
}

func (r *reader) unseen(what, why string) error {
	return r.tell(estate.Grant{Kind: "unseen", Target: what, Why: why})
}
