package iampolicy

import (
	"strings"

	"github.com/chartroom/chartroom/access/wildcard"
)

// template is a string of a policy in which variables may stand. Without any it is compiled once; with some it is put together for each
// request.
// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
type template struct {
	text   string
	fixed  wildcard.Glob
	parts  []part          // nil when it holds no variable
	fields []wildcard.Glob // of a fixed ARN pattern: its six parts; nil when it has fewer, or is not wanted
}

// part is a run of a template: tokens, or a variable with its default.
type part struct {
	tokens     []rune
	key        string // lower case; "" = tokens
	id         keyID
	fallback   string
	defaulted  bool
	impossible bool // not the form of a variable: it never resolves
}

// The three variables that stand for a character which would otherwise mean something.
var characters = map[string]rune{"*": '*', "?": '?', "$": '$'}

// compileTemplate reads a string. like makes * and ? wildcards; variables are known only from version 2012-10-17 on, and are plain text before.
func compileTemplate(s string, like, variables bool) template {
	t := template{text: s}
	read := func(s string) []rune {
		if like {
			return wildcard.Tokens(s)
		}
		return []rune(s)
	}
	var run []rune
	rest := s
	for variables {
		i := strings.Index(rest, "${")
		if i < 0 {
			break
		}
		end := closing(rest[i+2:])
		if end < 0 {
			break
		}
		run = append(run, read(rest[:i])...)
		name := rest[i+2 : i+2+end]
		rest = rest[i+2+end+1:]
		if r, ok := characters[name]; ok {
			run = append(run, r)
			continue
		}
		if len(run) > 0 {
			t.parts = append(t.parts, part{tokens: run})
		}
		t.parts, run = append(t.parts, variable(name)), nil
	}
	run = append(run, read(rest)...)
	if t.parts != nil {
		t.parts = append(t.parts, part{tokens: run})
		return t
	}
	t.fixed = wildcard.Compile(wildcard.Normal(run))
	return t
}

// closing finds the brace that ends a variable, past a default in quotes.
func closing(s string) int {
	quoted := false
	for i := range len(s) {
		switch s[i] {
		case '\'':
			quoted = !quoted
		case '}':
			if !quoted {
				return i
			}
		}
	}
	return -1
}

// variable reads the inside of ${...}: a key, or a key, a comma and a default in single quotes.
func variable(s string) part {
	key, rest, found := strings.Cut(s, ",")
	p := part{key: strings.ToLower(strings.TrimSpace(key))}
	p.id = keyOf(p.key)
	if rest = strings.TrimSpace(rest); found {
		if len(rest) < 2 || rest[0] != '\'' || rest[len(rest)-1] != '\'' {
			p.impossible = true
			return p
		}
		p.fallback, p.defaulted = rest[1:len(rest)-1], true
	}
	p.impossible = p.key == ""
	return p
}

// resolve puts a template with variables together. A variable that is not in the request makes it unresolved; one of which that is not known
// stands as a star, and the answer that rests on it is a Maybe.
func (t *template) resolve(r *Request) (p []rune, open, resolved bool) {
	for i := range t.parts {
		part := &t.parts[i]
		if part.tokens != nil || part.key == "" && !part.impossible {
			p = append(p, part.tokens...)
			continue
		}
		if part.impossible {
			return nil, false, false
		}
		values, known := r.lookup(part.key, part.id)
		switch {
		case known == unknown:
			p, open = append(p, wildcard.Star), true
		case known == present && len(values) == 1:
			p = append(p, []rune(values[0])...)
		case known == absent && part.defaulted:
			p = append(p, []rune(part.fallback)...)
		default: // absent, or several values, which no variable can stand for
			return nil, false, false
		}
	}
	return wildcard.Normal(p), open, true
}

// match tells whether a text is the template's, and whether the template could be resolved at all.
func (t *template) match(r *Request, s string) (v val, resolved bool) {
	if t.parts == nil {
		return truthOf(t.fixed.Match(s)), true
	}
	p, open, ok := t.resolve(r)
	if !ok {
		return no, false
	}
	if !wildcard.Match(p, s) {
		return no, true
	}
	if open {
		return onContext, true
	}
	return yes, true
}

// matchPattern is match for a resource that is itself a pattern: yes when the template covers all of it, no when they have nothing in common.
func (t *template) matchPattern(r *Request, q []rune) (v val, resolved bool) {
	p, open := t.fixed.Tokens, false
	if t.parts != nil {
		if p, open, resolved = t.resolve(r); !resolved {
			return no, false
		}
	}
	switch {
	case wildcard.Covers(p, q):
		v = yes
	case wildcard.Meet(p, q):
		v = onResource
	}
	if open {
		v = and(v, onContext)
	}
	return v, true
}

// foldTemplate compiles the pattern of an action, which ignores case and holds no variables.
func foldTemplate(s string) template {
	t := compileTemplate(strings.ToLower(s), true, false)
	t.text = s
	return t
}
