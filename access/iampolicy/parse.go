package iampolicy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// Limits of a policy document: several times what AWS takes (a key policy has at most 32 KiB, an ARN 2,048 characters), so that
// indented text passes and hostile text does not.
const (
	maxDocument   = 512 << 10
	maxStatements = 2000
	maxStrings    = 20000 // in one list
	maxString     = 4 << 10
)

// member is one member of a JSON object, in the order of the text.
type member struct {
	name  string
	value json.RawMessage
}

var errJSON = errors.New("it is no valid JSON")

// members reads an object. A name that comes twice is an error: readers disagree on which one counts, and AWS takes neither.
func members(text []byte) ([]member, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	if t, err := dec.Token(); err != nil {
		return nil, errJSON
	} else if t != json.Delim('{') {
		return nil, errors.New("an object is wanted")
	}
	var out []member
	for dec.More() {
		t, err := dec.Token()
		name, ok := t.(string)
		if err != nil || !ok {
			return nil, errJSON
		}
		m := member{name: name}
		if dec.Decode(&m.value) != nil {
			return nil, errJSON
		}
		for _, o := range out {
			if o.name == name {
				return nil, errors.New("a name comes twice in one object")
			}
		}
		if out = append(out, m); len(out) > maxStatements {
			return nil, errors.New("an object has too many members")
		}
	}
	if _, err := dec.Token(); err != nil {
		return nil, errJSON
	}
	return out, nil
}

// list reads a list, or one value that stands for a list of one.
func list(text []byte) ([]json.RawMessage, error) {
	if kindOf(text) != '[' {
		return []json.RawMessage{text}, nil
	}
	var out []json.RawMessage
	if json.Unmarshal(text, &out) != nil {
		return nil, errJSON
	}
	if len(out) > maxStrings {
		return nil, errors.New("a list is too long")
	}
	return out, nil
}

// kindOf gives the first byte of a JSON value, which says what it is.
func kindOf(text []byte) byte {
	if text = bytes.TrimLeft(text, " \t\r\n"); len(text) > 0 {
		return text[0]
	}
	return 0
}

// texts reads a string or a list of strings; loose takes numbers and booleans for strings too, as conditions do.
func texts(text []byte, loose bool) ([]string, error) {
	items, err := list(text)
	if err != nil {
		return nil, err
	}
	out := make([]string, 0, len(items))
	for _, it := range items {
		var s string
		switch k := kindOf(it); {
		case k == '"':
			if json.Unmarshal(it, &s) != nil {
				return nil, errJSON
			}
		case loose && (k == 't' || k == 'f' || k == '-' || '0' <= k && k <= '9'):
			s = string(bytes.TrimSpace(it))
		default:
			return nil, errors.New("a string or a list of strings is wanted")
		}
		if len(s) > maxString {
			return nil, errors.New("a string is too long")
		}
		out = append(out, s)
	}
	return out, nil
}

// Parse compiles a policy document. The name is what answers call it. What AWS would not take is an error; it says where, by statement and
// element, and repeats nothing of the text.
// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
func Parse(name string, text []byte) (*Policy, error) {
	p := &Policy{name: name}
	if err := p.parse(text); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return p, nil
}

func (p *Policy) parse(text []byte) error {
	if len(text) > maxDocument {
		return fmt.Errorf("the document is longer than %d bytes", maxDocument)
	}
	ms, err := members(text)
	if err != nil {
		return err
	}
	variables := false
	var statements []json.RawMessage
	for _, m := range ms {
		switch m.name {
		case "Version":
			v, err := texts(m.value, false)
			if err != nil || len(v) != 1 || v[0] != "2012-10-17" && v[0] != "2008-10-17" {
				return errors.New("Version is neither 2012-10-17 nor 2008-10-17")
			}
			variables = v[0] == "2012-10-17"
		case "Id":
		case "Statement":
			if statements, err = list(m.value); err != nil {
				return fmt.Errorf("Statement: %w", err)
			}
		default:
			return errors.New("the document has an element that is not Version, Id or Statement")
		}
	}
	if statements == nil {
		return errors.New("the document has no Statement")
	}
	if len(statements) > maxStatements {
		return errors.New("the document has too many statements")
	}
	for i, text := range statements {
		s := statement{policy: p.name, number: i + 1}
		if err := s.parse(text, variables); err != nil {
			return fmt.Errorf("statement %d: %w", i+1, err)
		}
		p.statements = append(p.statements, s)
	}
	return nil
}

func (s *statement) parse(text []byte, variables bool) error {
	ms, err := members(text)
	if err != nil {
		return err
	}
	for _, m := range ms {
		if err := s.element(m, variables); err != nil {
			return fmt.Errorf("%s: %w", element(m.name), err)
		}
	}
	switch {
	case s.effect == noEffect:
		return errors.New("Effect is missing")
	case s.actions == nil:
		return errors.New("Action and NotAction are both missing")
	}
	return nil
}

// element gives the name of an element for an error, and not what anybody may have written instead.
func element(name string) string {
	switch name {
	case "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition":
		return name
	}
	return "an element"
}

func (s *statement) element(m member, variables bool) (err error) {
	switch m.name {
	case "Sid":
		var v []string
		if v, err = texts(m.value, false); err == nil && len(v) == 1 {
			s.sid = v[0]
		}
		return err
	case "Effect":
		v, err := texts(m.value, false)
		switch {
		case err != nil:
			return err
		case len(v) == 1 && v[0] == "Allow":
			s.effect = Allow
		case len(v) == 1 && v[0] == "Deny":
			s.effect = Deny
		default:
			return errors.New("it is neither Allow nor Deny")
		}
		return nil
	case "Principal", "NotPrincipal":
		if s.who.given {
			return errors.New("Principal and NotPrincipal exclude each other")
		}
		s.who.given, s.who.inverse = true, m.name == "NotPrincipal"
		return s.who.parse(m.value)
	case "Action", "NotAction":
		s.actions, err = templates(s.actions, m.value, foldTemplate)
		s.notAction = m.name == "NotAction"
		return err
	case "Resource", "NotResource":
		s.resources, err = templates(s.resources, m.value, func(t string) template { return compileTemplate(t, true, variables) })
		s.notResource = m.name == "NotResource"
		return err
	case "Condition":
		s.conditions, err = parseConditions(m.value, variables)
		return err
	}
	return errors.New("no such element is known")
}

func templates(had []template, text []byte, compile func(string) template) ([]template, error) {
	if had != nil {
		return nil, errors.New("it and its Not form exclude each other")
	}
	v, err := texts(text, false)
	if err != nil {
		return nil, err
	}
	if len(v) == 0 {
		return nil, errors.New("it is empty")
	}
	out := make([]template, len(v))
	for i, t := range v {
		out[i] = compile(t)
	}
	return out, nil
}

func (ps *principals) parse(text []byte) error {
	if kindOf(text) == '"' {
		if v, err := texts(text, false); err != nil || v[0] != "*" {
			return errors.New("a string can only be *")
		}
		ps.all = true
		return nil
	}
	ms, err := members(text)
	if err != nil {
		return err
	}
	for _, m := range ms {
		v, err := texts(m.value, false)
		if err != nil {
			return err
		}
		for _, s := range v {
			if err := ps.add(m.name, s); err != nil {
				return err
			}
		}
	}
	return nil
}

func parseConditions(text []byte, variables bool) ([]condition, error) {
	operators, err := members(text)
	if err != nil {
		return nil, err
	}
	var out []condition
	for _, o := range operators {
		keys, err := members(o.value)
		if err != nil {
			return nil, err
		}
		for _, k := range keys {
			v, err := texts(k.value, true)
			if err != nil {
				return nil, err
			}
			c, err := compileCondition(o.name, k.name, v, variables)
			if err != nil {
				return nil, err
			}
			out = append(out, c)
		}
	}
	return out, nil
}

// ParseContext reads the context of a request: an object of keys with a string, number, boolean or a list of them; a null is a key that is absent.
func ParseContext(text []byte) (*Context, error) {
	ms, err := members(text)
	if err != nil {
		return nil, err
	}
	c := &Context{Values: make(map[string][]string, len(ms))}
	for i, m := range ms {
		if kindOf(m.value) == 'n' {
			continue
		}
		v, err := texts(m.value, true)
		if err != nil {
			return nil, errors.New("key " + strconv.Itoa(i+1) + ": " + err.Error())
		}
		c.Set(m.name, v...)
	}
	return c, nil
}
