// Package show puts answers in words: sentences, tables, CSV, JSON. It knows what an answer means and never where it comes from.
package show

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

// Answer is one answer in its renderings: JSON from the structs, table and CSV from the cells.
type Answer struct {
	First   string   // the sentence that answers
	Columns []Column // for table and CSV
	Rows    [][]string
	Last    string // what could change the answer, and what to type next
	Structs any    // for JSON
}

// Column is the head of a column.
type Column struct {
	Name  string
	Right bool
	Most  int // runes that a table shows of a cell, whose middle is left out beyond; 0 = all. CSV has all
}

// Print renders the answer as table, json or csv.
func (a *Answer) Print(w io.Writer, form string) error {
	switch form {
	case "json":
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", " ")
		return enc.Encode(a.Structs)
	case "csv":
		out := csv.NewWriter(w)
		names := make([]string, len(a.Columns))
		for i, c := range a.Columns {
			names[i] = strings.ToLower(c.Name)
		}
		if err := out.Write(names); err != nil {
			return err
		}
		return out.WriteAll(a.Rows)
	}
	return a.table(w)
}

func (a *Answer) table(w io.Writer) error {
	var b strings.Builder
	if a.First != "" {
		b.WriteString(a.First + "\n")
	}
	if len(a.Rows) > 0 {
		b.WriteString("\n")
		width := make([]int, len(a.Columns))
		rows := make([][]string, len(a.Rows))
		for k, r := range a.Rows {
			rows[k] = make([]string, len(r))
			for i, c := range a.Columns {
				rows[k][i] = shorten(r[i], c.Most)
				width[i] = max(width[i], len(c.Name), utf8.RuneCountInString(rows[k][i]))
			}
		}
		names := make([]string, len(a.Columns))
		for i, c := range a.Columns {
			names[i] = c.Name
		}
		a.line(&b, names, width)
		for _, r := range rows {
			a.line(&b, r, width)
		}
	}
	if a.Last != "" {
		b.WriteString("\n" + a.Last + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// shorten leaves out the middle of what is longer than so many runes.
func shorten(s string, most int) string {
	if most == 0 || utf8.RuneCountInString(s) <= most {
		return s
	}
	r := []rune(s)
	return string(r[:most/2-1]) + "…" + string(r[len(r)-most+most/2:])
}

func (a *Answer) line(b *strings.Builder, cells []string, width []int) {
	var line strings.Builder
	for i, c := range cells {
		pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(c))
		line.WriteString("  ")
		if a.Columns[i].Right {
			line.WriteString(pad + c)
		} else {
			line.WriteString(c + pad)
		}
	}
	b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
}

// Thousands writes a number with commas.
func Thousands(n int64) string {
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

// Size writes a number of bytes in decimal units, as storage is sold and claims are made.
func Size(n int64) string {
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

// Age writes how long ago something was.
func Age(t, now time.Time) string {
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

// Plural writes a number with its noun.
func Plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Thousands(n) + " " + many
}
