package transfer

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"iter"
	"math/bits"
	"strings"

	"github.com/chartroom/chartroom/catalog/store"
)

// everyStep is after how many rows it is told how far it has come.
const everyStep = 1 << 14

// rowsOf goes through a table in the order of its key: rows that refer to others of the same table come behind them. A row's values are nil,
// int64, string or []byte, and are good until the next.
func rowsOf(ctx context.Context, q store.Querier, t store.Table) iter.Seq2[[]any, error] {
	query := `SELECT ` + strings.Join(t.Columns, ", ") + ` FROM ` + t.Name
	if len(t.Key) > 0 {
		query += ` ORDER BY ` + strings.Join(t.Key, ", ")
	}
	return func(yield func([]any, error) bool) {
		row, into := make([]any, len(t.Columns)), make([]any, len(t.Columns))
		for i := range row {
			into[i] = &row[i]
		}
		for rows, err := range store.Rows(ctx, q, query) {
			if err == nil {
				err = rows.Scan(into...)
			}
			for i := 0; i < len(row) && err == nil; i++ {
				row[i], err = plain(row[i])
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// plain makes what drivers give the same for all of them.
func plain(v any) (any, error) {
	switch v := v.(type) {
	case nil, int64, string:
		return v, nil
	case []byte:
		if v == nil {
			return []byte{}, nil
		}
		return v, nil
	}
	return nil, fmt.Errorf("a value of the type %T, which no column has", v)
}

// digest sums rows up whatever their order: SHA-256 of each, added as numbers of 256 bits, so that no two rows undo each other.
type digest struct {
	rows int64
	sum  [4]uint64
	form []byte
}

func (d *digest) add(row []any) {
	b := d.form[:0]
	for _, v := range row {
		switch v := v.(type) {
		case nil:
			b = append(b, 0)
		case int64:
			b = binary.BigEndian.AppendUint64(append(b, 1), uint64(v))
		case string:
			b = append(binary.BigEndian.AppendUint64(append(b, 2), uint64(len(v))), v...)
		case []byte:
			b = append(binary.BigEndian.AppendUint64(append(b, 3), uint64(len(v))), v...)
		}
	}
	d.form = b
	h := sha256.Sum256(b)
	var carry uint64
	for i := range d.sum {
		d.sum[i], carry = bits.Add64(d.sum[i], binary.LittleEndian.Uint64(h[8*i:]), carry)
	}
	d.rows++
}

// table is what the rows so far come to.
func (d *digest) table(name string) Table {
	var b []byte
	for _, n := range d.sum {
		b = binary.LittleEndian.AppendUint64(b, n)
	}
	return Table{Name: name, Rows: d.rows, Digest: hex.EncodeToString(b)}
}

// Bounds of what waits to be written: values, and bytes.
const (
	mostValues = 1 << 19
	mostBytes  = 4 << 20
)

// writer enters rows into a table, many in a transaction.
type writer struct {
	to    *store.File
	table store.Table
	step  func(n int64)

	values  []any
	bytes   int
	written int64
}

func (w *writer) write(ctx context.Context, row []any) error {
	for _, v := range row {
		switch v := v.(type) {
		case string:
			w.bytes += len(v)
		case []byte:
			w.bytes += len(v)
		}
	}
	w.values = append(w.values, row...)
	w.written++
	if len(w.values)+len(row) <= mostValues && w.bytes < mostBytes {
		return nil
	}
	return w.flush(ctx)
}

// flush writes what waits.
func (w *writer) flush(ctx context.Context) error {
	if len(w.values) == 0 {
		return nil
	}
	err := w.to.Load(ctx, &w.table, w.values)
	clear(w.values)
	w.values, w.bytes = w.values[:0], 0
	w.step(w.written)
	return err
}

// count makes a server count on behind the numbers that came, and look at the table again before it plans queries. SQLite does so by itself.
func (w *writer) count(ctx context.Context) error {
	if !store.OnServer(w.to.Path) {
		return nil
	}
	return w.to.Update(ctx, func(tx *sql.Tx) error {
		if w.table.Counted {
			if _, err := tx.ExecContext(ctx, `SELECT setval(pg_get_serial_sequence('`+w.table.Name+`', 'id'), max(id)) FROM `+w.table.Name); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `ANALYZE `+w.table.Name)
		return err
	})
}
