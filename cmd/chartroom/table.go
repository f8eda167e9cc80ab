package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// answer is one answer in its renderings: JSON from the structs, table and CSV from the cells.
type answer struct {
	first   string   // the sentence that answers
	columns []column // for table and CSV
	rows    [][]string
	last    string // what could change the answer, and what to type next
	structs any    // for JSON
}

type column struct {
	name  string
	right bool
}

// print renders the answer as table, json or csv.
func (a *answer) print(w io.Writer, form string) error {
	switch form {
	case "json":
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", " ")
		return enc.Encode(a.structs)
	case "csv":
		out := csv.NewWriter(w)
		names := make([]string, len(a.columns))
		for i, c := range a.columns {
			names[i] = strings.ToLower(c.name)
		}
		if err := out.Write(names); err != nil {
			return err
		}
		return out.WriteAll(a.rows)
	}
	return a.table(w)
}

func (a *answer) table(w io.Writer) error {
	var b strings.Builder
	if a.first != "" {
		b.WriteString(a.first + "\n")
	}
	if len(a.rows) > 0 {
		b.WriteString("\n")
		width := make([]int, len(a.columns))
		for i, c := range a.columns {
			width[i] = len(c.name)
			for _, r := range a.rows {
				width[i] = max(width[i], utf8.RuneCountInString(r[i]))
			}
		}
		names := make([]string, len(a.columns))
		for i, c := range a.columns {
			names[i] = c.name
		}
		a.line(&b, names, width)
		for _, r := range a.rows {
			a.line(&b, r, width)
		}
	}
	if a.last != "" {
		b.WriteString("\n" + a.last + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (a *answer) line(b *strings.Builder, cells []string, width []int) {
	var line strings.Builder
	for i, c := range cells {
		pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(c))
		line.WriteString("  ")
		if a.columns[i].right {
			line.WriteString(pad + c)
		} else {
			line.WriteString(c + pad)
		}
	}
	b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
}

// thousands writes a number with commas.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	neg := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	if neg {
		return "-" + s
	}
	return s
}

// size writes a number of bytes in decimal units, as storage is sold and claims are made.
func size(n int64) string {
	if n < 0 {
		return "?"
	}
	units := []string{"B", "kB", "MB", "GB", "TB", "PB", "EB"}
	v, u := float64(n), 0
	for v >= 999.5 && u < len(units)-1 {
		v /= 1000
		u++
	}
	if u == 0 || v >= 99.5 {
		return fmt.Sprintf("%.0f %s", v, units[u])
	}
	return fmt.Sprintf("%.1f %s", v, units[u])
}

// age writes how long ago something was.
func age(t, now time.Time) string {
	if t.IsZero() {
		return "never"
	}
	switch d := now.Sub(t); {
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h ago", int(d.Hours()))
	default:
		return fmt.Sprintf("%d d ago", int(d.Hours()/24))
	}
}

// plural writes a number with its noun.
func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + many
}
