// Package board makes the documents of a review: one page for a board, and the whole, as HTML, PDF and CSV. It decides nothing: all figures
// are those of the answers that it is given, and stand in every form alike.
package board

import (
	"slices"
	"time"
)

// Document is a review as people read it.
type Document struct {
	Title    string
	About    string // whose estate, against whose governance
	AsOf     time.Time
	Made     time.Time
	Version  string   // of the program
	Answer   []string // sentences that answer, the most important first
	Figures  []Figure
	Sections []Section
	Doubts   []string // what could change it
}

// Figure is one number that a board looks at.
type Figure struct {
	Name, Value string
	Note        string
	Tone        Tone
}

// Tone is how a state is coloured, beside being said.
type Tone string

// The tones.
const (
	Plain Tone = ""
	Good  Tone = "good"
	Bad   Tone = "bad"
	Open  Tone = "open"
)

// Section is a part of the whole with one table.
type Section struct {
	Name    string // for files: ledger, gaps, compare
	Title   string
	Lead    string
	Columns []Column
	Rows    [][]Cell
	Page    int // rows that stand on the one page, too; 0 = none
}

// Column is the head of a column.
type Column struct {
	Name  string
	Right bool
}

// Cell is one cell of a table.
type Cell struct {
	Text string
	Tone Tone
}

// onePage is what a board reads: no section but those that are meant for it, and of those the first rows.
func (d *Document) onePage() *Document {
	out := *d
	out.Sections = nil
	for _, s := range d.Sections {
		if s.Page > 0 {
			s.Rows = shortened(s.Rows[:min(s.Page, len(s.Rows))])
			out.Sections = append(out.Sections, s)
		}
	}
	out.Doubts = d.Doubts[:min(len(d.Doubts), 3)]
	return &out
}

// longest is how many runes a cell of the one page has at most; the whole has all.
const longest = 150

// shortened cuts what is too long for one page, and shows that it did.
func shortened(rows [][]Cell) [][]Cell {
	out := make([][]Cell, len(rows))
	for i, row := range rows {
		out[i] = slices.Clone(row)
		for k := range out[i] {
			if r := []rune(out[i][k].Text); len(r) > longest {
				out[i][k].Text = string(r[:longest-1]) + "…"
			}
		}
	}
	return out
}

// texts makes cells of plain words.
func texts(words ...string) []Cell {
	out := make([]Cell, len(words))
	for i, w := range words {
		out[i].Text = w
	}
	return out
}
