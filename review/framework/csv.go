package framework

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/chartroom/chartroom/review"
)

// columns are what a table of controls can have, each with the headers under which exports have it, in small letters without signs.
var columns = map[string]string{
	"id": "id", "control id": "id", "control": "id", "requirement id": "id", "requirement": "id", "reference": "id", "ref": "id", "number": "id", "identifier": "id", "unique id": "id",
	"baseline unique id": "id", "control reference": "id", "subcategory": "id", "citation": "id",
	"title": "title", "name": "title", "control name": "title", "control title": "title", "requirement title": "title", "objective": "title",
	"group": "group", "domain": "group", "family": "group", "category": "group", "section": "group", "function": "group", "assessment domain": "group", "control category": "group",
	"text": "text", "description": "text", "statement": "text", "requirement statement": "text", "control specification": "text", "specification": "text", "outcome": "text", "control text": "text",
	"topic": "topic", "checks": "checks", "check": "checks", "chartroom checks": "checks", "also": "also", "maps to": "also", "crosswalk": "also", "mapping": "also",
}

// topics are those that are counted.
var topics = map[string]bool{"assets": true, "access": true, "data": true, "logging": true, "suppliers": true, "response": true}

// readCSV reads a table with a header. Columns may stand in any order; those that are not known are not read.
func readCSV(f *review.Framework, b []byte) error {
	if !utf8.Valid(b) {
		return errors.New("it is not UTF-8; save it as \"CSV UTF-8\"")
	}
	in := csv.NewReader(bytes.NewReader(b))
	in.Comma, in.FieldsPerRecord, in.LazyQuotes, in.ReuseRecord = comma(b), -1, true, true
	header, err := in.Read()
	if err != nil {
		return errors.New("it has no header line")
	}
	place := map[string]int{}
	for i, h := range header {
		if c, ok := columns[plain(h)]; ok {
			if _, had := place[c]; !had {
				place[c] = i
			}
		}
	}
	if _, ok := place["id"]; !ok {
		return errors.New("its header has no column id; docs/review.md says which columns are understood")
	}
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("the line behind control %d is damaged", len(f.Controls))
		}
		line, _ := in.FieldPos(0)
		c, err := control(row, place)
		if err != nil {
			return fmt.Errorf("line %d: %w", line, err)
		}
		if c == nil {
			continue
		}
		if f.Controls = append(f.Controls, *c); len(f.Controls) > mostControls {
			return fmt.Errorf("it has more than %d controls", mostControls)
		}
	}
}

// control reads a row; nil where it is empty.
func control(row []string, place map[string]int) (*review.Control, error) {
	cell := func(column string) string {
		if i, ok := place[column]; ok && i < len(row) {
			return strings.TrimSpace(row[i])
		}
		return ""
	}
	empty := true
	for _, v := range row {
		if len(v) > mostText {
			return nil, fmt.Errorf("a cell is longer than %d KiB", mostText>>10)
		}
		empty = empty && strings.TrimSpace(v) == ""
	}
	if empty {
		return nil, nil
	}
	c := &review.Control{ID: cell("id"), Title: cell("title"), Group: cell("group"), Text: cell("text"), Topic: strings.ToLower(cell("topic")), Checks: words(cell("checks"))}
	for _, also := range strings.Split(cell("also"), ";") {
		if also = strings.TrimSpace(also); also != "" {
			c.Also = append(c.Also, also)
		}
	}
	switch {
	case c.ID == "":
		return nil, errors.New("the control has no id")
	case c.Topic != "" && !topics[c.Topic]:
		return nil, errors.New("a topic is assets, access, data, logging, suppliers, response, or nothing")
	case c.Title == "":
		c.Title = brief(c.Text)
	}
	return c, nil
}

// comma is what parts the cells of the header.
func comma(b []byte) rune {
	line, _, _ := bytes.Cut(b, []byte("\n"))
	best, most := ',', 0
	for _, r := range ",;\t|" {
		if n := bytes.Count(line, []byte(string(r))); n > most {
			best, most = r, n
		}
	}
	return best
}

// plain writes a header in small letters, with one blank for each run of other signs.
func plain(h string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(h), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }), " ")
}

// mostTitle is how long a title is that is made of a text.
const mostTitle = 120

// brief is the beginning of a text.
func brief(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	if r := []rune(text); len(r) > mostTitle {
		return string(r[:mostTitle]) + "…"
	}
	return text
}
