package office

import (
	"fmt"
	"path"
	"strings"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format/office/markup"
	"github.com/chartroom/chartroom/format/office/number"
	"github.com/chartroom/chartroom/format/office/pool"
)

// tab is a sheet as the workbook names it.
type tab struct {
	name, id string
}

// book reads a workbook's strings and styles, and then its sheets in their order, hidden ones like others. A package that is no
// workbook has none of them.
func (d *document) book() error {
	at := d.workbook()
	if at < 0 {
		return nil
	}
	d.parts[at].done = true
	tabs, err := d.tabs(at)
	if err := d.fault("the workbook", err); err != nil {
		return err
	}
	if err := d.settle(); err != nil {
		return err
	}
	rels, targets := d.related(d.parts[at].name)
	sheets := map[string]int{}
	for i, r := range rels {
		if targets[i] < 0 {
			continue
		}
		switch path.Base(r.kind) {
		case "sharedStrings":
			err = d.lookUp(targets[i], "shared strings", d.readStrings)
		case "styles":
			err = d.lookUp(targets[i], "styles", d.styles)
		case "pivotCacheDefinition":
		default:
			sheets[r.id] = targets[i]
		}
		if err != nil {
			return err
		}
	}
	for n, t := range tabs {
		i, ok := sheets[t.id]
		if !ok || d.parts[i].done {
			continue // its part, if there is one, is read with all others
		}
		if err := d.tab(i, t.name, n); err != nil {
			return err
		}
	}
	return d.caches(rels, targets)
}

// workbook finds the part of the workbook: the one that the package names, or the one by its usual name; -1 when there is none.
func (d *document) workbook() int {
	rels, targets := d.related("")
	for i, r := range rels {
		if path.Base(r.kind) == "officeDocument" && targets[i] >= 0 && strings.HasSuffix(strings.ToLower(d.parts[targets[i]].name), "workbook.xml") {
			return targets[i]
		}
	}
	if i, ok := d.byName["xl/workbook.xml"]; ok {
		return i
	}
	return -1
}

// lookUp reads a part that the sheets need, once.
func (d *document) lookUp(i int, what string, read func(*markup.Scanner) error) error {
	if d.parts[i].done {
		return nil
	}
	d.parts[i].done = true
	s, c, err := d.xmlOf(i)
	if err == nil {
		err = read(s)
		c.Close()
	}
	if d.stop != nil {
		return d.stop
	}
	return d.fault(what, err)
}

// readStrings writes the shared strings down.
func (d *document) readStrings(s *markup.Scanner) error {
	t, err := d.sharedStrings(s)
	if t == nil {
		return d.ended(err)
	}
	if d.shared != nil {
		d.shared.Close()
	}
	d.shared = t
	if t.Over() {
		d.out.Gap(estate.GapLimit, fmt.Sprintf("more than %d shared strings, or %d GiB of them", pool.MaxStrings, int64(pool.MaxSize)>>30+1))
	}
	if t.Cut() > 0 {
		d.out.Gap(estate.GapLimit, plural(t.Cut(), "text")+fmt.Sprintf(" of over %d MiB cut off", pool.MaxString>>20))
	}
	return err
}

// tabs reads the workbook: its sheets, its names, its system of dates (ISO/IEC 29500-1, 18.2).
func (d *document) tabs(i int) (tabs []tab, err error) {
	s, c, err := d.xmlOf(i)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	for {
		token, err := s.Next()
		if err != nil || token == markup.EOF {
			return tabs, err
		}
		if token != markup.Start {
			continue
		}
		switch string(s.Name()) {
		case "sheet":
			var t tab
			for s.NextAttr() {
				switch string(s.Key()) {
				case "name":
					t.name = fieldName(s.Value())
					err = d.text("sheet names").line(s.Value())
				case "id":
					t.id = string(s.Value())
				}
			}
			if len(tabs) < maxRelationships {
				tabs = append(tabs, t)
			}
		case "workbookPr":
			if v := string(s.Attr("date1904")); v == "1" || v == "true" || v == "on" {
				d.date = number.Since1904
			}
		case "definedName":
			for s.NextAttr() {
				if k := string(s.Key()); k == "name" || k == "comment" || k == "description" {
					if err := d.text("defined names").line(s.Value()); err != nil {
						return tabs, err
					}
				}
			}
			err = d.gatherLine("defined names", s)
		case "fileSharing":
			err = d.tellAuthor("authors", s.Attr("userName"))
		}
		if err != nil {
			return tabs, err
		}
	}
}

// fieldName makes a name of the user's fit to be a field's: on one line, and not too long.
func fieldName(v []byte) string {
	return strings.Join(strings.Fields(strings.ToValidUTF8(string(v[:min(len(v), 128)]), "")), " ")
}

// tab reads one sheet.
func (d *document) tab(i int, name string, n int) error {
	what := fmt.Sprintf("sheet %d", n+1)
	if name == "" {
		name = what
	}
	s, c, err := d.xmlOf(i)
	if err != nil {
		d.parts[i].done = true
		return d.fault(what, err)
	}
	defer c.Close()
	root, err := rootOf(s)
	if err == nil && root != "worksheet" && root != "macrosheet" && root != "dialogsheet" {
		return nil // something else by that name: it is read as what it is
	}
	d.parts[i].done = true
	if err == nil {
		err = d.sheet(s, name)
	}
	if d.stop != nil {
		return d.stop
	}
	if err := d.settle(); err != nil {
		return err
	}
	return d.fault(what, err)
}
