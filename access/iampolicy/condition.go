package iampolicy

import (
	"bytes"
	"encoding/base64"
	"errors"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/chartroom/chartroom/access/wildcard"
)

// quantifier says how a condition treats a key with several values.
// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
type quantifier uint8

const (
	plain quantifier = iota
	forAll
	forAny
)

// compare tells whether one value of the request stands as the operator says to one of the policy's. A value of another kind does not.
type compare func(c *condition, value string) bool

// operator is a kind of comparison; the negated ones, IfExists and the set prefixes are told apart before.
type operator struct {
	name    string // as it stands in policies
	negated string // its opposite, "" when it has none
	strings bool   // values are templates and are matched as such
	like    bool   // * and ? are wildcards
	fold    bool   // case does not matter
	arn     bool   // each of the six parts is matched apart
	read    func(c *condition, s string) bool
	compare compare
}

// operators of conditions.
// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
var operators = []operator{
	{name: "StringEquals", negated: "StringNotEquals", strings: true},
	{name: "StringEqualsIgnoreCase", negated: "StringNotEqualsIgnoreCase", strings: true, fold: true},
	{name: "StringLike", negated: "StringNotLike", strings: true, like: true},
	{name: "ArnLike", negated: "ArnNotLike", strings: true, like: true, arn: true},
	{name: "ArnEquals", negated: "ArnNotEquals", strings: true, like: true, arn: true},
	{name: "Bool", strings: true, fold: true},
	{name: "NumericEquals", negated: "NumericNotEquals", read: readNumber, compare: numeric(func(d int) bool { return d == 0 })},
	{name: "NumericLessThan", read: readNumber, compare: numeric(func(d int) bool { return d < 0 })},
	{name: "NumericLessThanEquals", read: readNumber, compare: numeric(func(d int) bool { return d <= 0 })},
	{name: "NumericGreaterThan", read: readNumber, compare: numeric(func(d int) bool { return d > 0 })},
	{name: "NumericGreaterThanEquals", read: readNumber, compare: numeric(func(d int) bool { return d >= 0 })},
	{name: "DateEquals", negated: "DateNotEquals", read: readDate, compare: dated(func(d int) bool { return d == 0 })},
	{name: "DateLessThan", read: readDate, compare: dated(func(d int) bool { return d < 0 })},
	{name: "DateLessThanEquals", read: readDate, compare: dated(func(d int) bool { return d <= 0 })},
	{name: "DateGreaterThan", read: readDate, compare: dated(func(d int) bool { return d > 0 })},
	{name: "DateGreaterThanEquals", read: readDate, compare: dated(func(d int) bool { return d >= 0 })},
	{name: "BinaryEquals", read: readBinary, compare: sameBytes},
	{name: "IpAddress", negated: "NotIpAddress", read: readNetwork, compare: inNetwork},
	{name: "Null"},
}

// condition is one key under one operator: all of a statement's must hold.
type condition struct {
	op       *operator
	word     string   // operator and key as they were written
	listed   []string // and the values
	key      string   // lower case
	id       keyID
	negated  bool
	ifExists bool
	of       quantifier

	values    []template // operators on strings
	numbers   []number
	dates     []time.Time
	binaries  [][]byte
	networks  []netip.Prefix
	wantNull  bool
	wantValue bool
	bad       bool // a value is none of the operator's kind: nobody can say how it compares
}

var errOperator = errors.New("an operator is not known")

func compileCondition(word, key string, values []string, variables bool) (condition, error) {
	c := condition{word: word + " " + key, listed: values, key: strings.ToLower(key)}
	c.id = keyOf(c.key)
	if err := c.operator(word); err != nil {
		return c, err
	}
	for _, v := range values {
		switch {
		case c.op.name == "Null":
			c.wantNull = c.wantNull || strings.EqualFold(v, "true")
			c.wantValue = c.wantValue || strings.EqualFold(v, "false")
		case c.op.strings:
			if c.op.fold {
				c.values = append(c.values, compileTemplate(v, false, variables))
				continue
			}
			t := compileTemplate(v, c.op.like, variables)
			if c.op.arn && t.parts == nil {
				t.fields = arnFields(t.fixed.Tokens)
			}
			c.values = append(c.values, t)
		default:
			c.bad = !c.op.read(&c, v) || c.bad
		}
	}
	return c, nil
}

func (c *condition) operator(word string) error {
	base := word
	if s, ok := strings.CutPrefix(base, "ForAllValues:"); ok {
		base, c.of = s, forAll
	} else if s, ok := strings.CutPrefix(base, "ForAnyValue:"); ok {
		base, c.of = s, forAny
	}
	base, c.ifExists = strings.CutSuffix(base, "IfExists")
	for i := range operators {
		if op := &operators[i]; base == op.name || base == op.negated {
			c.op, c.negated = op, base == op.negated
			if op.name == "Null" && c.ifExists {
				return errOperator
			}
			return nil
		}
	}
	return errOperator
}

// eval decides a condition. A key that is absent does not match, so a negated operator holds; IfExists holds; ForAllValues holds for no
// values at all, and ForAnyValue does not.
func (c *condition) eval(r *Request) val {
	values, known := r.lookup(c.key, c.id)
	if known == unknown {
		return onContext
	}
	if c.op.name == "Null" {
		if len(values) == 0 {
			return truthOf(c.wantNull)
		}
		return truthOf(c.wantValue)
	}
	if known == absent && c.ifExists {
		return yes
	}
	if c.of != plain {
		return c.each(r, values)
	}
	if len(values) == 0 {
		return truthOf(c.negated)
	}
	// Several values without a set operator: one that matches is a match.
	sum := no
	for _, v := range values {
		m, ok := c.matches(r, v)
		if !ok && c.negated {
			return no
		}
		sum = or(sum, m)
	}
	if c.negated {
		return not(sum)
	}
	return sum
}

// each applies ForAllValues and ForAnyValue. A lone empty string is an empty set.
func (c *condition) each(r *Request, values []string) val {
	if len(values) == 1 && values[0] == "" {
		values = nil
	}
	sum := truthOf(c.of == forAll)
	for _, v := range values {
		m, ok := c.matches(r, v)
		if c.negated {
			if m = not(m); !ok {
				m = no
			}
		}
		if c.of == forAll {
			sum = and(sum, m)
		} else {
			sum = or(sum, m)
		}
	}
	return sum
}

// matches tells whether a value is one of the policy's. ok is false when a variable of the policy does not resolve: such a value matches
// nothing, and does not make a negated operator hold either.
func (c *condition) matches(r *Request, v string) (sum val, ok bool) {
	ok = true
	if c.bad {
		return onContext, true
	}
	if !c.op.strings {
		return truthOf(c.op.compare(c, v)), true
	}
	for i := range c.values {
		m, resolved := c.matchText(r, &c.values[i], v)
		ok = ok && resolved
		if sum = or(sum, m); sum == yes {
			return yes, ok
		}
	}
	return sum, ok
}

func (c *condition) matchText(r *Request, t *template, v string) (val, bool) {
	switch {
	case c.op.arn && t.parts == nil:
		return truthOf(matchFields(t.fields, v)), true
	case c.op.arn:
		p, open, ok := t.resolve(r)
		if !ok || !matchFields(arnFields(p), v) {
			return no, ok
		}
		return openness(open), true
	case c.op.fold && t.parts == nil:
		return truthOf(strings.EqualFold(t.fixed.Literal(), v)), true
	case c.op.fold:
		p, open, ok := t.resolve(r)
		if !ok || !wildcard.Match(tokensFold(p), strings.ToLower(v)) {
			return no, ok
		}
		return openness(open), true
	}
	return t.match(r, v)
}

func openness(open bool) val {
	if open {
		return onContext
	}
	return yes
}

func tokensFold(p []rune) []rune {
	for i, r := range p {
		if r >= 0 {
			p[i] = []rune(strings.ToLower(string(r)))[0]
		}
	}
	return p
}

// arnFields cuts a pattern into the six parts of an ARN, nil when it has fewer. A lone star is any ARN.
func arnFields(p []rune) []wildcard.Glob {
	if len(p) == 1 && p[0] == wildcard.Star {
		return []wildcard.Glob{wildcard.Compile(p)}
	}
	var out []wildcard.Glob
	start := 0
	for i, r := range p {
		if r == ':' && len(out) < 5 {
			out = append(out, wildcard.Compile(p[start:i:i]))
			start = i + 1
		}
	}
	if out = append(out, wildcard.Compile(p[start:])); len(out) < 6 {
		return nil
	}
	return out
}

func matchFields(fields []wildcard.Glob, s string) bool {
	if len(fields) == 1 {
		return strings.HasPrefix(s, "arn:")
	}
	if fields == nil {
		return false
	}
	for i := range 5 {
		head, rest, ok := strings.Cut(s, ":")
		if !ok || !fields[i].Match(head) {
			return false
		}
		s = rest
	}
	return fields[5].Match(s)
}

// number is an integer exactly, or else a decimal.
type number struct {
	whole   int64
	decimal float64
	exact   bool
}

func parseNumber(s string) (number, bool) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return number{n, float64(n), true}, true
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) || strings.ContainsAny(s, "xX_") {
		return number{}, false
	}
	return number{decimal: f}, true
}

func (n number) cmp(m number) int {
	if n.exact && m.exact {
		switch {
		case n.whole < m.whole:
			return -1
		case n.whole > m.whole:
			return 1
		}
		return 0
	}
	switch {
	case n.decimal < m.decimal:
		return -1
	case n.decimal > m.decimal:
		return 1
	}
	return 0
}

func readNumber(c *condition, s string) bool {
	n, ok := parseNumber(s)
	c.numbers = append(c.numbers, n)
	return ok
}

func numeric(holds func(int) bool) compare {
	return func(c *condition, v string) bool {
		n, ok := parseNumber(v)
		for _, m := range c.numbers {
			if ok && holds(n.cmp(m)) {
				return true
			}
		}
		return false
	}
}

// layouts are the forms of ISO 8601 that the W3C note allows, without fractions, which Go reads in any of them.
var layouts = []string{time.RFC3339, "2006-01-02T15:04Z07:00", time.DateOnly, "2006-01", "2006", "2006-01-02T15:04:05"}

// latest is the last second of epoch time that is taken for a date: the year 9999.
const latest = 253402300799

func parseDate(s string) (time.Time, bool) {
	if n, ok := parseNumber(s); ok && len(s) > 4 && math.Abs(n.decimal) <= latest {
		whole, part := math.Modf(n.decimal)
		return time.Unix(int64(whole), int64(part*1e9)), true
	}
	for _, l := range layouts {
		if t, err := time.Parse(l, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func readDate(c *condition, s string) bool {
	t, ok := parseDate(s)
	c.dates = append(c.dates, t)
	return ok
}

func dated(holds func(int) bool) compare {
	return func(c *condition, v string) bool {
		t, ok := parseDate(v)
		for _, d := range c.dates {
			if ok && holds(t.Compare(d)) {
				return true
			}
		}
		return false
	}
}

func readBinary(c *condition, s string) bool {
	b, err := base64.StdEncoding.DecodeString(s)
	c.binaries = append(c.binaries, b)
	return err == nil
}

func sameBytes(c *condition, v string) bool {
	b, err := base64.StdEncoding.DecodeString(v)
	for _, want := range c.binaries {
		if err == nil && bytes.Equal(b, want) {
			return true
		}
	}
	return false
}

// readNetwork reads an address or a range; an address alone is a range of one.
func readNetwork(c *condition, s string) bool {
	n, ok := parseNetwork(s)
	c.networks = append(c.networks, n)
	return ok
}

func parseNetwork(s string) (netip.Prefix, bool) {
	if n, err := netip.ParsePrefix(s); err == nil {
		return n.Masked(), true
	}
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}, false
	}
	a = a.Unmap()
	return netip.PrefixFrom(a, a.BitLen()), true
}

func inNetwork(c *condition, v string) bool {
	n, ok := parseNetwork(v)
	for _, want := range c.networks {
		if ok && want.Bits() <= n.Bits() && want.Contains(n.Addr()) {
			return true
		}
	}
	return false
}
