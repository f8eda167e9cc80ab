package lex

import (
	"math"

	"github.com/chartroom/chartroom/phi"
)

// Span is a piece of a text and what it is. It holds offsets in bytes and never the bytes.
type Span struct {
	Start, End int
	Kind       phi.Kind
	Part       phi.Part
	Subject    phi.Subject
	Likelihood float32
	WellFormed bool // passes the kind's syntax and check digit
	Rule       Rule
	Labelled   bool // a label stood before it: "MRN:", "Patient:"
}

// TooLow is the weight of evidence below which nothing is reported: a likelihood of 0.3.
const TooLow = -0.85

// Chance turns a weight, which is a logarithm of odds, into a likelihood.
func Chance(weight float64) float32 { return float32(1 / (1 + math.Exp(-weight))) }

// Rule is the rule that found a span.
type Rule uint8

// The rules.
const (
	NoRule      Rule = iota
	ByShape          // the form alone
	ByChecksum       // form and check digit
	ByLabel          // a label before it
	ByContext        // words around it
	ByNames          // given names and surnames
	ByStreet         // a street word
	ByPlace          // State, country, ZIP code
	ByTimestamp      // the time of a log line

	NumRules
)

var ruleTexts = [...]string{"", "form", "form and check digit", "a label before it", "words around it", "given names and surnames",
	"a street word", "State, country or ZIP code", "time of a log line"}

// String tells the rule in words.
func (r Rule) String() string {
	if int(r) < len(ruleTexts) {
		return ruleTexts[r]
	}
	return ""
}
