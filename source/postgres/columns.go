package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/chartroom/chartroom/record/rows"
	"github.com/chartroom/chartroom/source"
)

// longValue is from which length on a value is read by itself, in bytes: only then is its length known before it comes, and it need
// not be held.
const longValue = 1 << 20

// column is one column that is read.
type column struct {
	rows.Column
	quoted string
	text   string // an expression that shows the value as text, or as the bytes of a bytea
	base   string // oid of its type, below domains
	long   bool   // it has values over longValue
}

// Types that need no conversion (pg_type.dat).
const (
	oidBytea   = "17"
	oidText    = "25"
	oidVarchar = "1043"
)

// columns asks for the columns of a table, under its present name. Hidden counts those that the login may not read.
func (s *session) columns(ctx context.Context, t *table) (cols []column, hidden int, err error) {
	now, err := s.ask(ctx, `SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = $1::oid`, t.oid)
	if err != nil {
		return nil, 0, err
	}
	if len(now) == 0 {
		return nil, 0, errGone
	}
	t.schema, t.name = now[0].text(0), now[0].text(1)
	rs, err := s.ask(ctx, `WITH RECURSIVE base(of, oid) AS (
			SELECT DISTINCT atttypid, atttypid FROM pg_attribute WHERE attrelid = $1::oid AND attnum > 0 AND NOT attisdropped
			UNION ALL SELECT b.of, t.typbasetype FROM base b JOIN pg_type t ON t.oid = b.oid WHERE t.typtype = 'd')
		SELECT a.attname, t.oid, has_column_privilege(a.attrelid, a.attnum, 'SELECT'),
			EXISTS (SELECT FROM pg_cast k WHERE k.castsource = t.oid AND k.casttarget = 25 AND k.castmethod = 'f' AND k.oid >= 16384),
			n.nspname, o.proname, t.typlen < 0
		FROM pg_attribute a JOIN base b ON b.of = a.atttypid JOIN pg_type t ON t.oid = b.oid AND t.typtype <> 'd'
		JOIN pg_proc o ON o.oid = t.typoutput JOIN pg_namespace n ON n.oid = o.pronamespace
		WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`, t.oid)
	for _, r := range rs {
		if r[2] == nil { // the snapshot shows a table that is not there any more
			return nil, 0, errGone
		}
		if !r.bool(2) {
			hidden++
			continue
		}
		c := column{quoted: quote(r.text(0)), base: r.text(1)}
		c.Name = source.Display(r.text(0))
		switch {
		case c.base == oidBytea:
			c.Kind, c.text = rows.Binary, c.quoted
		case c.base == oidText || c.base == oidVarchar:
			c.text = c.quoted
		case r.bool(3): // a cast that somebody made is a function of his
			c.text = fmt.Sprintf("textin(%s.%s(%s))", quote(r.text(4)), quote(r.text(5)), c.quoted)
		default:
			c.text = c.quoted + "::text"
		}
		c.long = r.bool(6) // it might; measure tells
		cols = append(cols, c)
	}
	return cols, hidden, err
}

// from is the table, without those that inherit from it, or the rows of it that were drawn.
func (t *table) from() string {
	name := quote(t.schema) + "." + quote(t.name)
	if t.kind == 'r' {
		name = "ONLY " + name
	}
	if t.share > 0 && t.kind != 'f' {
		name += t.clause()
	}
	return name
}

// length is an expression for the length of a value that takes no look at it. For types other than text and bytea it is the length as
// stored, which may be a hundredth of the text.
func (c *column) length() (expr string, limit int) {
	switch c.base {
	case oidBytea, oidText, oidVarchar:
		return "octet_length(" + c.quoted + ")", longValue
	}
	return "pg_column_size(" + c.quoted + ")", longValue / 16
}

func (c *column) isLong() string {
	expr, limit := c.length()
	return fmt.Sprintf("%s > %d", expr, limit)
}

// measure finds the columns that have long values. A table whose values over two kilobytes, which stand apart, come to next to nothing
// has none.
func (s *session) measure(ctx context.Context, t *table, cols []column) error {
	some := []string{}
	for i := range cols {
		if cols[i].long {
			some = append(some, fmt.Sprintf("coalesce(bool_or(%s), false)", cols[i].isLong()))
		}
	}
	if t.kind != 'f' && len(some) > 0 {
		// A value is at most 255 times as long as it is stored, by the better of the two methods.
		apart, err := s.ask(ctx, `SELECT c.reltoastrelid <> 0 AND pg_relation_size(c.reltoastrelid) > $2::bigint FROM pg_class c WHERE c.oid = $1::oid`, t.oid, fmt.Sprint(longValue/256))
		if err != nil {
			return err
		}
		if len(apart) == 0 || !apart[0].bool(0) {
			some = nil
		}
	} else {
		some = nil // a foreign table is read once
	}
	var found row
	if len(some) > 0 {
		// Reading takes as long as it takes.
		rs, err := s.ask(ctx, "SELECT "+strings.Join(some, ", ")+" FROM "+t.from())
		if err != nil {
			return err
		}
		found = rs[0]
	}
	n := 0
	for i := range cols {
		if cols[i].long {
			cols[i].long = n < len(found) && found.bool(n)
			n++
		}
	}
	return nil
}

// copyRows is the statement that gives all rows, but for long values.
func copyRows(t *table, cols []column) string {
	var names, values []string
	plain := t.kind == 'r' && t.share == 0 && t.where == ""
	for i := range cols {
		c := &cols[i]
		names = append(names, c.quoted)
		if c.long {
			plain = false
			values = append(values, "CASE WHEN "+c.isLong()+" THEN NULL ELSE "+c.quoted+" END")
		} else {
			values = append(values, c.quoted)
		}
	}
	if plain {
		return "COPY " + quote(t.schema) + "." + quote(t.name) + " (" + strings.Join(names, ", ") + ") TO STDOUT"
	}
	where := t.where
	if t.share > 0 && t.kind == 'f' {
		where = fmt.Sprintf(" WHERE random() < %g", t.share)
	}
	return "COPY (SELECT " + strings.Join(values, ", ") + " FROM " + t.from() + where + ") TO STDOUT"
}

// copyLong is the statement that gives the long values of a column, with their lengths before them.
func copyLong(t *table, c *column) string {
	return "COPY (SELECT " + c.text + " FROM " + t.from() + " WHERE " + c.isLong() + ") TO STDOUT (FORMAT binary)"
}
