package office

import (
	"io"
	"path"
	"strings"

	"github.com/chartroom/chartroom/format/office/grid"
	"github.com/chartroom/chartroom/format/office/markup"
	"github.com/chartroom/chartroom/format/office/pool"
)

// maxFields bounds the fields of a pivot table that are told apart.
const maxFields = 1 << 14

// cache is what a pivot table keeps of its source, which may be long deleted (ISO/IEC 29500-1, 18.10).
type cache struct {
	*document
	s      *markup.Scanner
	names  []string
	first  []int // by field, the number of its first shared item
	shared *pool.Table
	items  int
}

// caches reads the pivot tables' caches: the fields with their shared items from one part, the records from another.
func (d *document) caches(rels []relationship, targets []int) error {
	for i, r := range rels {
		at := targets[i]
		if path.Base(r.kind) != "pivotCacheDefinition" || at < 0 || d.parts[at].done {
			continue
		}
		d.parts[at].done = true
		records := -1
		subs, parts := d.related(d.parts[at].name)
		for k, sub := range subs {
			if path.Base(sub.kind) == "pivotCacheRecords" && parts[k] >= 0 && !d.parts[parts[k]].done {
				records = parts[k]
			}
		}
		if err := d.cache(at, records); err != nil {
			return err
		}
	}
	return nil
}

// cache reads one cache. Where its records are not there the shared items are read alone.
func (d *document) cache(at, records int) error {
	name := d.count("pivot cache")
	s, c, err := d.xmlOf(at)
	if err != nil {
		return d.fault(name, err)
	}
	x := &cache{document: d, s: s}
	x.shared, err = pool.New(d.ctx, x.item)
	c.Close()
	if x.shared == nil {
		return d.ended(err)
	}
	defer x.shared.Close()
	if err := d.fault(name, err); err != nil {
		return err
	}
	if records < 0 {
		return x.alone(name)
	}
	d.parts[records].done = true
	if x.s, c, err = d.xmlOf(records); err != nil {
		return d.fault(name, err)
	}
	defer c.Close()
	d.grid.Names(name, x.names)
	err = x.records()
	if d.stop != nil {
		return d.stop
	}
	if e := d.grid.End(); e != nil {
		return e
	}
	return d.fault(name, err)
}

// item gives the next shared item of the definition, and takes the names of its fields on the way.
func (x *cache) item(to []byte) ([]byte, error) {
	for {
		token, err := x.s.Next()
		if err != nil {
			return nil, err
		}
		if token == markup.EOF {
			return nil, io.EOF
		}
		if token != markup.Start {
			continue
		}
		switch name := x.s.Name(); {
		case string(name) == "cacheField":
			if len(x.names) < maxFields {
				x.names, x.first = append(x.names, fieldName(x.s.Attr("name"))), append(x.first, x.items)
			}
		case len(name) == 1 && strings.IndexByte("sndbem", name[0]) >= 0 && len(x.names) > 0:
			v := x.s.Attr("v")
			x.items++
			return append(to, v[:min(len(v), pool.MaxString)]...), nil
		}
	}
}

// records reads the records: each value is written in it, or is the number of a shared item of its field.
func (x *cache) records() error {
	col := 0
	for {
		token, err := x.s.Next()
		if err != nil || token == markup.EOF {
			return err
		}
		name := x.s.Name()
		if len(name) != 1 || token == markup.Text {
			continue
		}
		switch {
		case name[0] == 'r' && token == markup.Start:
			col = 0
		case name[0] == 'r':
			err = x.grid.EndRow()
		case token == markup.Start && strings.IndexByte("sndbemx", name[0]) >= 0:
			v := x.s.Attr("v")
			if name[0] == 'x' {
				i := whole(v)
				v = nil
				if col < len(x.first) && i >= 0 {
					if v, err = x.shared.Get(x.first[col] + i); err != nil {
						return x.ended(err)
					}
				}
			}
			err = x.grid.Cell(col, v, grid.Plain)
			col++
		}
		if err != nil {
			return err
		}
	}
}

// alone hands out the shared items of each field.
func (x *cache) alone(name string) error {
	x.grid.Names(name, x.names)
	for col := range x.names {
		end := x.shared.Len()
		if col+1 < len(x.first) {
			end = min(x.first[col+1], end)
		}
		for i := x.first[col]; i < end; i++ {
			v, err := x.shared.Get(i)
			if err != nil {
				return x.ended(err)
			}
			if err := x.grid.Cell(col, v, grid.Plain); err != nil {
				return err
			}
			if err := x.grid.EndRow(); err != nil {
				return err
			}
		}
	}
	return x.grid.End()
}

// orphans reads records of a pivot table whose fields nobody names.
func (d *document) orphans(s *markup.Scanner) error {
	d.grid.Names(d.count("pivot cache"), nil)
	x := &cache{document: d, s: s, shared: &pool.Table{}}
	if err := x.records(); err != nil {
		return err
	}
	return d.grid.End()
}

// cacheAlone reads the fields of a pivot table that no workbook names: their items are its texts.
func (d *document) cacheAlone(s *markup.Scanner) error { return attributes("pivot cache")(d, s) }
