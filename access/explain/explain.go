// Package explain reads questions about AWS policies, one JSON object a line, and answers them.
package explain

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/chartroom/chartroom/access/iampolicy"
)

// maxLine is how long one request may be, in bytes: room for every policy that AWS lets one request meet.
const maxLine = 16 << 20

// maxName is how long a principal or a resource may be, in bytes: several times what AWS takes.
const maxName = 4 << 10

// maxHeld is how many bytes of policies a Reader remembers before it begins anew.
const maxHeld = 32 << 20

// Answer is the answer to one line.
type Answer struct {
	Decision    string   `json:"decision"` // as iampolicy.Outcome prints itself
	Conditional bool     `json:"conditional"`
	Because     []string `json:"because"`
}

// AnswerTo puts a decision and its reasons into the form in which it is printed.
func AnswerTo(d iampolicy.Decision, because []string) Answer {
	return Answer{d.Outcome.String(), d.Conditional, because}
}

// line is a request as it comes; the project's own keys beside the contract's are kms_key and kms_grants.
type line struct {
	Principal       string          `json:"principal"`
	Action          string          `json:"action"`
	Resource        string          `json:"resource"`
	ResourceAccount string          `json:"resource_account"`
	Context         json.RawMessage `json:"context"`
	Identity        json.RawMessage `json:"identity"`
	ResourcePolicy  json.RawMessage `json:"resource_policy"`
	SCPs            json.RawMessage `json:"scps"`
	RCPs            json.RawMessage `json:"rcps"`
	Boundary        json.RawMessage `json:"boundary"`
	Session         json.RawMessage `json:"session"`
	Endpoint        json.RawMessage `json:"endpoint"`
	Key             json.RawMessage `json:"kms_key_policy"`
	KeyARN          string          `json:"kms_key"`
	Grants          []struct {
		Grantee     string          `json:"GranteePrincipal"`
		Operations  []string        `json:"Operations"`
		Constraints json.RawMessage `json:"Constraints"`
	} `json:"kms_grants"`
}

// Reader reads requests and answers them. Policies that come again are compiled once. The zero value is ready; it is not safe for use by several goroutines.
type Reader struct {
	policies   map[string]*iampolicy.Policy
	principals map[string]*iampolicy.Principal
	held       int
	key        []byte
}

// Each reads requests, one a line, and calls yield for each with its number from 1 and its answer, or what is wrong with the line. It
// ends at the end of the input, with yield's error, or with that of the input.
func (rd *Reader) Each(in io.Reader, yield func(n int, a Answer, err error) error) error {
	br := bufio.NewReaderSize(in, 64<<10)
	var buf []byte
	for n := 1; ; n++ {
		text, whole, err := readLine(br, &buf)
		if err != nil && err != io.EOF {
			return fmt.Errorf("read line %d: %w", n, err)
		}
		if !whole || len(bytes.TrimSpace(text)) > 0 {
			a, wrong := Answer{}, fmt.Errorf("it is longer than %d bytes", maxLine)
			if whole {
				a, wrong = rd.Answer(text)
			}
			if e := yield(n, a, wrong); e != nil {
				return e
			}
		}
		if err == io.EOF {
			return nil
		}
	}
}

// readLine reads a line. One that is too long is read to its end, and is not whole.
func readLine(br *bufio.Reader, buf *[]byte) (text []byte, whole bool, err error) {
	*buf, whole = (*buf)[:0], true
	for {
		part, err := br.ReadSlice('\n')
		if len(*buf)+len(part) > maxLine {
			whole = false
		} else {
			*buf = append(*buf, part...)
		}
		if err != bufio.ErrBufferFull {
			return *buf, whole, err
		}
	}
}

// Answer answers one request, a JSON object. Policies that are absent, null or empty are none; an object stands for a list of one.
func (rd *Reader) Answer(text []byte) (Answer, error) {
	r, p, err := rd.read(text)
	if err != nil {
		return Answer{}, err
	}
	return AnswerTo(p.Explain(r)), nil
}

func (rd *Reader) read(text []byte) (*iampolicy.Request, *iampolicy.Policies, error) {
	var l line
	if json.Unmarshal(text, &l) != nil {
		return nil, nil, errors.New("it is no JSON object of a request")
	}
	if rd.held > maxHeld || rd.policies == nil {
		rd.policies, rd.principals, rd.held = map[string]*iampolicy.Policy{}, map[string]*iampolicy.Principal{}, 0
	}
	service, name, _ := strings.Cut(l.Action, ":")
	if service == "" || name == "" {
		return nil, nil, errors.New("action is not of the form service:Name")
	}
	r := &iampolicy.Request{Action: iampolicy.ParseAction(l.Action), Resource: l.Resource, ResourceAccount: l.ResourceAccount}
	if r.Resource == "" {
		r.Resource = "*"
	}
	if len(r.Resource) > maxName || len(l.Principal) > maxName {
		return nil, nil, errors.New("principal or resource is too long")
	}
	var err error
	if r.Principal, err = rd.principal(l.Principal); err != nil {
		return nil, nil, err
	}
	if l.Context != nil && kindOf(l.Context) != 'n' {
		if r.Context, err = iampolicy.ParseContext(l.Context); err != nil {
			return nil, nil, fmt.Errorf("context: %w", err)
		}
	}
	p, err := rd.all(&l)
	return r, p, err
}

func (rd *Reader) principal(s string) (*iampolicy.Principal, error) {
	if p := rd.principals[s]; p != nil {
		return p, nil
	}
	p, err := iampolicy.ParsePrincipal(s)
	if err == nil {
		rd.principals[s] = p
		rd.held += len(s)
	}
	return p, err
}

func (rd *Reader) all(l *line) (p *iampolicy.Policies, err error) {
	p = &iampolicy.Policies{KeyARN: l.KeyARN}
	for _, g := range l.Grants {
		p.Grants = append(p.Grants, iampolicy.Grant{Grantee: g.Grantee, Operations: g.Operations, Constrained: !nothing(g.Constraints)})
	}
	for _, k := range []struct {
		to   *[]*iampolicy.Policy
		text json.RawMessage
		name string
	}{
		{&p.Identity, l.Identity, "identity policy"}, {&p.Resource, l.ResourcePolicy, "resource policy"}, {&p.Boundary, l.Boundary, "permissions boundary"},
		{&p.Session, l.Session, "session policy"}, {&p.Endpoint, l.Endpoint, "endpoint policy"}, {&p.Key, l.Key, "key policy"},
	} {
		if *k.to, err = rd.list(nil, k.text, k.name, 0); err != nil {
			return nil, err
		}
	}
	if p.SCPs, err = rd.levels(l.SCPs, "SCP"); err != nil {
		return nil, err
	}
	p.RCPs, err = rd.levels(l.RCPs, "RCP")
	return p, err
}

// levels reads a list with a list for each level of the organisation. A level with none of the policies is a level all the same.
func (rd *Reader) levels(text json.RawMessage, name string) (out [][]*iampolicy.Policy, err error) {
	if nothing(text) {
		return nil, nil
	}
	items, err := list(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for i, it := range items {
		level, err := rd.list(nil, it, name+" of level "+strconv.Itoa(i+1), 0)
		if err != nil {
			return nil, err
		}
		out = append(out, level)
	}
	return out, nil
}

// list reads policies: an object, a string that holds one, or a list of them.
func (rd *Reader) list(out []*iampolicy.Policy, text json.RawMessage, name string, depth int) ([]*iampolicy.Policy, error) {
	switch {
	case nothing(text):
		return out, nil
	case kindOf(text) == '"':
		var s string
		if json.Unmarshal(text, &s) != nil {
			return nil, fmt.Errorf("%s: %w", name, errPolicy)
		}
		if t, err := url.PathUnescape(s); err == nil && strings.HasPrefix(s, "%") {
			s = t // as IAM's API gives it
		}
		text = json.RawMessage(s)
	case kindOf(text) == '[':
		items, err := list(text)
		if err != nil || depth > 2 {
			return nil, fmt.Errorf("%s: %w", name, errPolicy)
		}
		for _, it := range items {
			if out, err = rd.list(out, it, name, depth+1); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	p, err := rd.policy(text, name, len(out)+1)
	return append(out, p), err
}

func (rd *Reader) policy(text []byte, name string, number int) (*iampolicy.Policy, error) {
	rd.key = append(strconv.AppendInt(append(rd.key[:0], name...), int64(number), 10), text...)
	if p := rd.policies[string(rd.key)]; p != nil {
		return p, nil
	}
	p, err := iampolicy.Parse(name+" "+strconv.Itoa(number), text)
	if err == nil {
		rd.held += 4 * len(rd.key) // what it compiles to included
		rd.policies[string(rd.key)] = p
	}
	return p, err
}

var errPolicy = errors.New("a policy or a list of them is wanted")

// list gives the values of a list, or one value that stands for a list of one.
func list(text json.RawMessage) (out []json.RawMessage, err error) {
	if kindOf(text) != '[' {
		return []json.RawMessage{text}, nil
	}
	return out, json.Unmarshal(text, &out)
}

// kindOf gives the first byte of a JSON value, which says what it is.
func kindOf(text []byte) byte {
	if text = bytes.TrimLeft(text, " \t\r\n"); len(text) > 0 {
		return text[0]
	}
	return 0
}

// nothing tells whether a value stands for no policy: null, "", {} or [].
func nothing(text json.RawMessage) bool {
	switch text = bytes.TrimSpace(text); kindOf(text) {
	case 0, 'n':
		return true
	case '{', '[', '"':
		return len(bytes.TrimSpace(text[1:len(text)-1])) == 0
	}
	return false
}
