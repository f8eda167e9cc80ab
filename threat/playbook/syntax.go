package playbook

import (
	"fmt"

	"github.com/chartroom/chartroom/threat"
)

// parser reads literals: can_read(U,S); !fido2_only(U); mfa(U, none); reads("s3://archive"). A name that begins with a capital is a variable;
// constants are words, or stand in quotation marks.
type parser struct {
	text string
	at   int
}

// fault is something wrong at a place of a text, in bytes from its beginning.
type fault struct {
	at   int
	what string
}

func (f *fault) Error() string { return f.what }

// placed is a literal with the place where it stands.
type placed struct {
	threat.Literal
	at int
}

// literals reads a list, separated by semicolons; an empty one is no fault.
func literals(text string) ([]placed, *fault) {
	p := &parser{text: text}
	var out []placed
	for p.blank(); p.at < len(p.text); p.blank() {
		if len(out) == mostLiterals {
			return nil, p.fault("more than %d things in one list", mostLiterals)
		}
		l, err := p.literal()
		if err != nil {
			return nil, err
		}
		out = append(out, l)
		p.blank()
		if p.at < len(p.text) && !p.take(';') {
			return nil, p.fault("a semicolon is missing before the next")
		}
	}
	return out, nil
}

func (p *parser) literal() (placed, *fault) {
	out := placed{at: p.at}
	if p.take('!') {
		out.Not = true
		p.blank()
	}
	from := p.at
	out.Predicate = p.word()
	if out.Predicate == "" || out.Predicate[0] < 'a' || out.Predicate[0] > 'z' {
		p.at = from
		return out, p.fault("the name of a predicate is missing: small letters, digits and _")
	}
	p.blank()
	if !p.take('(') {
		return out, p.fault("( is missing behind %s", out.Predicate)
	}
	for {
		p.blank()
		t, err := p.term()
		if err != nil {
			return out, err
		}
		if len(out.Terms) == threat.MaxTerms {
			return out, p.fault("%s has more than %d names", out.Predicate, threat.MaxTerms)
		}
		out.Terms = append(out.Terms, t)
		p.blank()
		if p.take(')') {
			return out, nil
		}
		if !p.take(',') {
			return out, p.fault(") is missing at the end of %s", out.Predicate)
		}
	}
}

func (p *parser) term() (threat.Term, *fault) {
	if p.take('"') {
		from := p.at
		for ; p.at < len(p.text); p.at++ {
			if p.text[p.at] == '"' {
				p.at++
				return threat.Term{Name: p.text[from : p.at-1]}, nil
			}
		}
		return threat.Term{}, p.fault("a quotation mark is missing")
	}
	w := p.word()
	if w == "" {
		return threat.Term{}, p.fault("a name is missing: a variable (a capital first), a word, or anything in quotation marks")
	}
	return threat.Term{Name: w, Variable: w[0] >= 'A' && w[0] <= 'Z'}, nil
}

func (p *parser) word() string {
	from := p.at
	for ; p.at < len(p.text); p.at++ {
		if c := p.text[p.at]; c != '_' && c != '-' && c != '.' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			break
		}
	}
	return p.text[from:p.at]
}

func (p *parser) take(c byte) bool {
	if p.at < len(p.text) && p.text[p.at] == c {
		p.at++
		return true
	}
	return false
}

func (p *parser) blank() {
	for p.at < len(p.text) && (p.text[p.at] == ' ' || p.text[p.at] == '\t' || p.text[p.at] == '\n' || p.text[p.at] == '\r') {
		p.at++
	}
}

func (p *parser) fault(words string, args ...any) *fault {
	return &fault{p.at, fmt.Sprintf(words, args...)}
}
