// Package declared reads what an organisation says of who may do what: the facts of its estate's file, and the CSV files that it names,
// as identity providers and others export them. A declaration is told as it stands; what follows from it is for package
// access/declared.
package declared

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/estate/declared"
	"github.com/chartroom/chartroom/source"
)

// mistakesTold is how many mistakes of one file are told one by one.
const mistakesTold = 100

// Declarations is a source that has no items, only grants.
type Declarations struct {
	e       *declared.Estate
	path    string // of the estate's file
	targets map[string]string
}

// New makes the source of what an estate declares. Files are named from where the estate's file stands.
func New(e *declared.Estate, path string) *Declarations {
	d := &Declarations{e: e, path: path, targets: map[string]string{}}
	for i := range e.Targets {
		if t := &e.Targets[i]; t.Name != "" {
			d.targets[t.Name] = t.Address()
		}
	}
	return d
}

// Repository is the file of the estate.
func (d *Declarations) Repository() estate.Repository {
	abs, err := filepath.Abs(d.path)
	if err != nil {
		abs = d.path
	}
	return estate.Repository{Name: declared.System + "://" + source.Display(abs), Kind: declared.System}
}

// Items gives nothing: what is declared has no items.
func (d *Declarations) Items(context.Context, func(source.Listed) error) error { return nil }

// Open opens nothing.
func (d *Declarations) Open(context.Context, source.Item) (io.ReadCloser, error) {
	return nil, errors.New("a declaration has nothing to open")
}

// Grants tells every declared fact, in the order of the file of the estate. What cannot be read of a file is a fact of the kind unseen, and
// the rest is told. Facts of the types graph and aws_account are not read here.
func (d *Declarations) Grants(ctx context.Context, yield func(estate.Grant) error) error {
	for i := range d.e.Facts {
		f := &d.e.Facts[i]
		tell := func(g estate.Grant) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			if f.By != "" {
				g.From += ", " + f.By
			}
			if f.AsOf != "" {
				g.From += " on " + f.AsOf
			}
			return yield(g)
		}
		var err error
		switch {
		case f.Type == "graph", f.Type == "aws_account":
		case f.Type == declared.KindDoor:
			err = d.door(f, fmt.Sprintf("%s, declared[%d]", filepath.Base(d.path), i), tell)
		case f.File != "":
			err = d.file(f, tell)
		default:
			from := fmt.Sprintf("%s, declared[%d]", filepath.Base(d.path), i)
			for _, g := range d.facts(f) {
				if g.From = from; err == nil {
					err = tell(g)
				}
			}
		}
		if err != nil {
			return err
		}
	}
	for _, g := range d.governed() {
		if err := yield(g); err != nil {
			return err
		}
	}
	return nil
}

// Check reports every mistake of the files that the estate names, as mistakes of the setting that names the file; of each file the first
// few of its rows. Of graphs it asks only that they are there.
func (d *Declarations) Check(report declared.Report) {
	for i := range d.e.Facts {
		f, told := &d.e.Facts[i], 0
		at := fmt.Sprintf("declared[%d].file", i)
		t, ok := declared.TypeOf(f.Type)
		if !ok || t.File == "" || f.File == "" {
			continue
		}
		if f.Type == "graph" {
			if _, err := os.Stat(d.under(f.File)); err != nil {
				report(at, "%s: %s", source.Display(f.File), cause(err))
			}
			continue
		}
		read := d.file
		if f.Type == declared.KindDoor {
			read = func(f *declared.Fact, tell func(estate.Grant) error) error { return d.door(f, "", tell) }
		}
		_ = read(f, func(g estate.Grant) error {
			if g.Kind == declared.KindUnseen {
				if told++; told <= 10 {
					report(at, "%s: %s", g.From, g.Why)
				}
			}
			return nil
		})
	}
}

// under gives a path that the estate's file names.
func (d *Declarations) under(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(d.path), path)
}

// scope is the system whose accounts a fact speaks of.
func (d *Declarations) scope(f *declared.Fact) string {
	if f.Name != "" && (f.File != "" || f.Type == "identity_provider") {
		return f.Name
	}
	if f.Provider != "" && outside(f.Provider) != "no" {
		return f.Provider
	}
	return cmp.Or(f.Custodian, declared.System)
}

// said is what a fact says of all that it speaks of.
func (d *Declarations) said(f *declared.Fact) declared.Said {
	s := declared.Said{AsOf: f.AsOf, By: f.By, Until: f.Until, Custodian: f.Custodian}
	if f.Provider != "" {
		s.Idp = outside(f.Provider)
	} else if f.File != "" && d.provider(f.Name) {
		s.Idp = f.Name
	}
	return s
}

// provider tells whether a system is declared to be an identity provider.
func (d *Declarations) provider(name string) bool {
	for i := range d.e.Facts {
		if f := &d.e.Facts[i]; f.Type == "identity_provider" && strings.EqualFold(f.Name, name) {
			return true
		}
	}
	return false
}

// file tells a CSV file.
func (d *Declarations) file(f *declared.Fact, tell func(estate.Grant) error) error {
	path := d.under(f.File)
	name := source.Display(filepath.Base(path))
	unseen := func(line, column int, text string) error {
		from := name
		if line > 0 {
			from = fmt.Sprintf("%s:%d:%d", name, line, column)
		}
		return tell(estate.Grant{System: declared.System, Scope: d.scope(f), Kind: declared.KindUnseen, Principal: name, Why: text, From: from})
	}
	src, err := os.Open(path)
	if err != nil {
		return unseen(0, 0, "the file cannot be read: "+cause(err))
	}
	defer src.Close()
	t, err := openTable(src, f.Type)
	if err != nil {
		return unseen(1, 1, err.Error())
	}
	if t.missing != nil {
		return unseen(1+t.skip, 1, fmt.Sprintf("it has no column %s; docs/estate.md says which headers are understood", strings.Join(t.missing, ", nor ")))
	}
	return d.table(&rows{table: t, d: d, fact: f, scope: d.scope(f), common: d.said(f)}, name, tell, unseen)
}

// table tells the rows of a file, then the file.
func (d *Declarations) table(r *rows, name string, tell func(estate.Grant) error, unseen func(line, column int, text string) error) error {
	read, wrong := 0, 0
	for {
		m, err := r.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return unseen(r.line+1, 1, "from here on the file was not read: "+plain(err).Error())
		}
		r.mistakes = r.mistakes[:0]
		var grants []estate.Grant
		if m != nil {
			r.mistakes = append(r.mistakes, *m)
		} else {
			grants = r.grants()
		}
		read++
		for _, m := range r.mistakes {
			if wrong++; wrong > mistakesTold {
				continue
			}
			if err := unseen(m.line, m.column, m.text); err != nil {
				return err
			}
		}
		for _, g := range grants {
			g.From = fmt.Sprintf("%s:%d", name, r.line)
			if err := tell(g); err != nil {
				return err
			}
		}
	}
	if wrong > mistakesTold {
		if err := unseen(0, 0, fmt.Sprintf("%d more cells and rows were not understood", wrong-mistakesTold)); err != nil {
			return err
		}
	}
	s := declared.Said{Type: r.fact.Type, Rows: read, Unread: r.unread}
	return tell(estate.Grant{System: declared.System, Scope: r.scope, Kind: declared.KindFile, Principal: name, Detail: s.Detail(), From: name})
}

// cause is the system's own word for what is wrong with a file.
func cause(err error) string {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}
