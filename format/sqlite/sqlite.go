// Package sqlite reads SQLite database files (format 3, as sqlite.org/fileformat2.html tells it) without the library that made
// them: nothing is written, nothing in the file is executed, and a damaged page costs what stands beneath it and no more.
//
// Each table is an item of its own within the file, and each of its rows a record. Tables that SQLite keeps for itself, those
// behind full-text indices and those without row ids are read as well; indices and views repeat what tables hold. Free pages may
// still hold deleted rows: they are reported and not read, and so is a write-ahead log beside the file.
package sqlite

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/sql"
)

// magic is what a database begins with.
const magic = "SQLite format 3\x00"

// Reader reads SQLite databases.
type Reader struct{}

// Name implements format.Reader.
func (Reader) Name() string { return "sqlite/1" }

// Claims implements format.Reader.
func (Reader) Claims(_ string, head []byte) format.Claim {
	if len(head) >= len(magic) && string(head[:len(magic)]) == magic {
		return format.Certain
	}
	return format.No
}

// Read implements format.Reader.
func (Reader) Read(ctx context.Context, in format.Input, out format.Output) error {
	whole, err := in.Whole(ctx)
	if err != nil {
		return err
	}
	defer whole.Close()
	db, err := open(ctx, whole)
	if err != nil {
		return err
	}
	tables, err := db.schema()
	if err != nil {
		if err = db.tell(out, "the list of tables", err); err != nil {
			return err
		}
	}
	for _, t := range tables {
		if err := db.table(t, out); err != nil {
			return err
		}
	}
	if db.free > 0 {
		out.Gap(estate.GapNotFollowed, fmt.Sprintf("%d free pages, which may hold deleted rows", db.free))
	}
	return nil
}

// tell reports damage as a gap, so that what else is in the file is read; any other error ends the reading.
func (db *database) tell(out format.Output, what string, err error) error {
	if !errors.Is(err, format.ErrDamaged) && !errors.Is(err, format.ErrLimit) {
		return err
	}
	out.Gap(estate.GapDamaged, what+": "+err.Error())
	return nil
}

// table is a table of the schema.
type table struct {
	sql.Table
	root uint32
}

// maxTables bounds how many tables of one file are read.
const maxTables = 100_000

// schema reads the list of tables, which stands in the first page (section 2.6).
func (db *database) schema() (tables []table, err error) {
	var row [5]value
	v := &visitor{db: db, row: func(p *payload) error {
		if err := p.columns(row[:]); err != nil {
			return err
		}
		root := row[3].integer()
		if string(row[0].text(db)) != "table" || root <= 0 || root > int64(db.pages) {
			return nil
		}
		def, ok := sql.Define(string(row[4].text(db)))
		if !ok {
			def = sql.Table{}
		}
		if name := row[1].text(db); len(name) > 0 {
			def.Name = format.Shown(string(name))
		}
		if len(tables) == maxTables {
			return fmt.Errorf("over %d tables: %w", maxTables, format.ErrLimit)
		}
		tables = append(tables, table{def, uint32(root)})
		return nil
	}}
	err = v.walk(1, 0)
	return tables, err
}

// table reads one table as an item of its own.
func (db *database) table(t table, out format.Output) error {
	part, done := out.Part(t.Name)
	defer done()
	r := newRows(db, t, part)
	v := &visitor{db: db, row: r.take}
	if err := v.walk(t.root, 0); err != nil {
		if err = db.tell(part, fmt.Sprintf("row %d and those behind it", r.count+1), err); err != nil {
			return err
		}
	}
	if r.binary > 0 {
		part.Gap(estate.GapUnknown, fmt.Sprintf("%d binary values of no known format", r.binary))
	}
	return r.rows.Flush()
}

// stored gives the columns in the order in which a row holds them: computed ones are left out, and a table without row ids holds
// its key first (section 2.4).
func (t *table) stored() (columns []sql.Column) {
	if t.WithoutRowid {
		for _, key := range t.Key {
			i := slices.IndexFunc(t.Columns, func(c sql.Column) bool { return equal(c.Name, key) })
			if i >= 0 && !slices.Contains(columns, t.Columns[i]) {
				columns = append(columns, t.Columns[i])
			}
		}
	}
	for _, c := range t.Columns {
		if !c.Generated && !(t.WithoutRowid && slices.Contains(columns, c)) {
			columns = append(columns, c)
		}
	}
	return columns
}
