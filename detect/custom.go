package detect

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"strings"

	"github.com/chartroom/chartroom/detect/column"
	"github.com/chartroom/chartroom/phi"
	"github.com/wasilibs/go-re2"
)

// Identifier is an identifier of the organisation's own: a record number's format, say. It is found by the name of its
// column, or by its pattern; a pattern that is common needs a keyword before it or a checksum.
type Identifier struct {
	Name     string   `yaml:"name"`     // for explanations
	Kind     phi.Kind `yaml:"kind"`     // what it is reported as; other_id by default
	Columns  []string `yaml:"columns"`  // names of columns that hold it
	Pattern  string   `yaml:"pattern"`  // RE2 expression of a whole value
	Keywords []string `yaml:"keywords"` // words of which one must stand before it in running text
	Checksum string   `yaml:"checksum"` // luhn or mod11; empty = none
}

// Compile checks the identifiers and makes them ready for columns and text.
func Compile(ids []Identifier) ([]Custom, error) {
	var out []Custom
	var errs []error
	for i, id := range ids {
		c, err := compile(id)
		if err != nil {
			errs = append(errs, fmt.Errorf("identifier %d (%s): %w", i+1, id.Name, err))
			continue
		}
		out = append(out, c)
	}
	return out, errors.Join(errs...)
}

// Custom is an identifier that was compiled.
type Custom struct {
	id    Identifier
	check func([]byte) bool
	whole *re2.Regexp // matches a whole value; nil without a pattern
	find  *re2.Regexp // finds values in text
}

func compile(id Identifier) (Custom, error) {
	c := Custom{id: id}
	if id.Name == "" {
		return c, errors.New("it has no name")
	}
	if c.id.Kind == phi.None {
		c.id.Kind = phi.OtherID
	}
	if len(id.Columns) == 0 && id.Pattern == "" {
		return c, errors.New("it has neither columns nor a pattern, so nothing would ever match")
	}
	switch strings.ToLower(id.Checksum) {
	case "":
	case "luhn":
		c.check = luhn
	case "mod11":
		c.check = mod11
	default:
		return c, fmt.Errorf("the checksum %q is neither luhn nor mod11", id.Checksum)
	}
	if id.Pattern == "" {
		return c, nil
	}
	if _, err := syntax.Parse(id.Pattern, syntax.Perl); err != nil { // in our words, before the library says it in its own
		return c, fmt.Errorf("its pattern: %w", err)
	}
	var err error
	if c.whole, err = re2.Compile(`\A(?:` + id.Pattern + `)\z`); err != nil {
		return c, fmt.Errorf("its pattern: %w", err)
	}
	if c.whole.MatchString("") {
		return c, errors.New("its pattern matches nothing at all, so it would match everywhere")
	}
	c.find, err = re2.Compile(`\b(?:` + id.Pattern + `)\b`)
	return c, err
}

// match tells whether a whole value is one.
func (c *Custom) match(v []byte) bool {
	return c.whole != nil && len(v) < 256 && c.whole.Match(v) && (c.check == nil || c.check(v))
}

// columns hands the identifiers to the column engine.
func columns(cs []Custom) []column.Custom {
	var out []column.Custom
	for i := range cs {
		c := &cs[i]
		cc := column.Custom{Name: c.id.Name, Kind: c.id.Kind, Columns: c.id.Columns, Keywords: c.id.Keywords}
		if c.whole != nil {
			cc.Match = c.match
		}
		out = append(out, cc)
	}
	return out
}

// keywordReach is how far before a value its keyword may stand, in bytes.
const keywordReach = 48

// spans finds the identifier in text[from:to].
func (c *Custom) spans(text []byte, from, to int, emit func(start, end int)) {
	if c.find == nil {
		return
	}
	for _, at := range c.find.FindAllIndex(text[from:to], -1) {
		start, end := from+at[0], from+at[1]
		if (c.check == nil || c.check(text[start:end])) && c.prompted(text[max(0, start-keywordReach):start]) {
			emit(start, end)
		}
	}
}

func (c *Custom) prompted(before []byte) bool {
	if len(c.id.Keywords) == 0 {
		return true
	}
	low := strings.ToLower(string(before))
	for _, k := range c.id.Keywords {
		if strings.Contains(low, strings.ToLower(k)) {
			return true
		}
	}
	return false
}

// luhn checks the digits of a value, its last digit included, by ISO/IEC 7812-1 annex B.
func luhn(v []byte) bool {
	sum, n := 0, 0
	for i := len(v) - 1; i >= 0; i-- {
		if v[i] < '0' || v[i] > '9' {
			continue
		}
		d := int(v[i] - '0')
		if n%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
		n++
	}
	return n > 1 && sum%10 == 0
}

// mod11 checks the digits of a value by weights 2, 3, 4, ... from the right, modulo 11; a final X is ten.
func mod11(v []byte) bool {
	sum, weight := 0, 1
	for i := len(v) - 1; i >= 0; i-- {
		switch c := v[i]; {
		case c >= '0' && c <= '9':
			sum += weight * int(c-'0')
			weight++
		case weight == 1 && (c == 'X' || c == 'x'):
			sum += 10
			weight++
		}
	}
	return weight > 2 && sum%11 == 0
}
