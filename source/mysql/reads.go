package mysql

import (
	"slices"
	"strings"
)

// maxReads bounds the tables, and the columns of a table, that are told of one view.
const maxReads = 1000

// read is a table or view that a view reads, with those of its columns that it uses.
type read struct {
	Columns  []string `json:"columns"`
	Database string   `json:"database"`
	Table    string   `json:"table"`
}

// reads takes the tables and columns out of a view's text as the server writes it: names stand in backquotes, tables with their database,
// columns with their table or its alias, and joins are spelt out. Nothing else of the text is kept.
func reads(text string) []read {
	var out []read
	alias := map[string]int{} // the table that a name stands for
	var columns [][]string
	expect, named := false, -1 // a table comes next; the table that an alias may follow
	next := tokens(text)
	for {
		w, ok := next()
		switch {
		case !ok:
			return attach(out, alias, columns)
		case w.names != nil && expect && len(w.names) == 2:
			if len(out) == maxReads {
				return attach(out, alias, columns)
			}
			out = append(out, read{Columns: []string{}, Database: w.names[0], Table: w.names[1]})
			named = len(out) - 1
			for _, key := range []string{w.names[0] + "\x00" + w.names[1], w.names[1]} {
				if _, taken := alias[key]; !taken {
					alias[key] = named
				}
			}
			expect = false
		case w.names != nil && len(w.names) == 1 && named >= 0:
			alias[w.names[0]], named = named, -1
		case w.names != nil:
			columns, named, expect = append(columns, w.names), -1, false
		case w.bare == "from" || w.bare == "join" || w.bare == "straight_join":
			expect, named = true, -1
		case w.bare == "(": // before the first table of a join, or a query
		default:
			expect, named = false, -1
		}
	}
}

// attach puts the columns to their tables.
func attach(tables []read, alias map[string]int, columns [][]string) []read {
	seen := make([]map[string]bool, len(tables))
	for _, c := range columns {
		i, ok := 0, false
		if n := len(c); n >= 2 {
			i, ok = alias[strings.Join(c[:n-1], "\x00")]
		}
		if name := c[len(c)-1]; ok && !seen[i][name] && len(seen[i]) < maxReads {
			if seen[i] == nil {
				seen[i] = map[string]bool{}
			}
			seen[i][name] = true
			tables[i].Columns = append(tables[i].Columns, name)
		}
	}
	for i := range tables {
		slices.Sort(tables[i].Columns)
	}
	return tables
}

// token is a dotted name, or anything else.
type token struct {
	names []string
	bare  string // in lower case
}

// tokens cuts the text of a view to words. What stands in quotes is passed over.
func tokens(text string) func() (token, bool) {
	i := 0
	return func() (token, bool) {
		for i < len(text) && strings.IndexByte(" \t\r\n", text[i]) >= 0 {
			i++
		}
		if i >= len(text) {
			return token{}, false
		}
		switch c := text[i]; {
		case c == '`':
			var w token
			for i < len(text) && text[i] == '`' {
				var name string
				name, i = quoted(text, i, false)
				w.names = append(w.names, name)
				if i+1 >= len(text) || text[i] != '.' || text[i+1] != '`' {
					break
				}
				i++
			}
			return w, true
		case c == '\'' || c == '"':
			_, i = quoted(text, i, true)
			return token{bare: "''"}, true
		case letter(c):
			from := i
			for i < len(text) && letter(text[i]) {
				i++
			}
			return token{bare: strings.ToLower(text[from:i])}, true
		default:
			i++
			return token{bare: string(c)}, true
		}
	}
}

func letter(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '_' || c >= 0x80
}

// quoted reads what stands in quotes, which are doubled within; it gives the place behind them.
func quoted(text string, i int, escapes bool) (string, int) {
	q := text[i]
	var b strings.Builder
	for i++; i < len(text); i++ {
		switch {
		case escapes && text[i] == '\\':
			i++
		case text[i] == q && i+1 < len(text) && text[i+1] == q:
			i++
			b.WriteByte(q)
		case text[i] == q:
			return b.String(), i + 1
		default:
			b.WriteByte(text[i])
		}
	}
	return b.String(), i
}
