// Package texts words what an organisation says in an extortion: a template for each audience, filled from the facts of a case and nothing
// else. A text says at which level of knowledge it stands; where a fact is missing it is a draft, and says which.
package texts

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"text/template"
)

// Template is one of the texts.
type Template struct {
	ID     string  `json:"id"` // H1
	Title  string  `json:"title"`
	For    string  `json:"for"`             // public, patients, board, regulator, partner, workforce
	Source string  `json:"source"`          // what prescribes it
	Grade  float64 `json:"grade,omitempty"` // the reading level that it must not exceed; 0 = none is asked of it
	body   *template.Template
}

// Text is a text, filled in.
type Text struct {
	Template
	Body    string   `json:"text"`    // with its heading
	Hash    string   `json:"hash"`    // hexadecimal SHA-256 of Body: what is approved
	Missing []string `json:"missing"` // facts that are not known; with any, it is a draft
	Reads   float64  `json:"reading_level"`
}

//go:embed templates/*.txt
var files embed.FS

// All gives the templates in the order of the protocol's list.
func All() ([]*Template, error) {
	var out []*Template
	for _, id := range []string{"H1", "H2", "H3", "L1", "L2", "L3", "L4", "R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8", "B1", "B2", "I1", "I2", "I3", "I4", "I5", "E1", "E2"} {
		t, err := read(id)
		if err != nil {
			return nil, fmt.Errorf("template %s: %w", id, err)
		}
		out = append(out, t)
	}
	return out, nil
}

// read reads a template: its heads, a line of hyphens, its words. Only these files are ever parsed as templates, and nothing that anybody typed.
func read(id string) (*Template, error) {
	b, err := fs.ReadFile(files, "templates/"+id+".txt")
	if err != nil {
		return nil, err
	}
	heads, words, ok := strings.Cut(string(b), "---\n")
	if !ok {
		return nil, fmt.Errorf("it has no line of hyphens")
	}
	t := &Template{ID: id}
	for line := range strings.Lines(heads) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch name {
		case "title":
			t.Title = value
		case "for":
			t.For = value
		case "source":
			t.Source = value
		case "grade":
			t.Grade, err = strconv.ParseFloat(value, 64)
		default:
			err = fmt.Errorf("it has no head %q", name)
		}
		if err != nil {
			return nil, err
		}
	}
	t.body, err = template.New(id).Option("missingkey=error").Parse(words)
	return t, err
}

// Find gives the template of an ID.
func Find(id string) (*Template, error) {
	all, err := All()
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, t := range all {
		if strings.EqualFold(t.ID, id) {
			return t, nil
		}
		ids = append(ids, t.ID)
	}
	return nil, fmt.Errorf("there is no text %q; there are %s", id, strings.Join(ids, ", "))
}

// Fill fills a template in. The same input gives the same bytes.
func (t *Template) Fill(in *Input) (*Text, error) {
	p := &page{Input: in}
	var b strings.Builder
	if err := t.body.Execute(&b, p); err != nil {
		return nil, fmt.Errorf("fill in text %s: %w", t.ID, err)
	}
	words := b.String()
	head := fmt.Sprintf("[%s. %s. Level %s: %s. As of %s.]\n\n", t.ID, t.Title, in.Case.Level, Means(in.Case.Level), p.time(in.AsOf))
	if len(p.missing) > 0 {
		head = "DRAFT. Not resolved: " + strings.Join(p.missing, "; ") + ".\n" + head
	}
	out := &Text{Template: *t, Body: head + words, Missing: p.missing, Reads: Grade(words)}
	out.Hash = Hash(out.Body)
	return out, nil
}

// Hash is what of a text is approved: hexadecimal SHA-256 of its bytes.
func Hash(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}
