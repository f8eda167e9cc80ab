// Package pdf reads PDF documents (ISO 32000-2): the text of their pages, tables in it, forms, annotations, properties and attached
// files. Every object of the file is looked at, those of earlier revisions that were not written over, too.
//
// The text is put in the order in which it is read on the page. Lines that stand in line beneath a row of names are a table: an item
// within, whose rows are records. Documents that open without a password are decrypted.
//
// Limits: pictures are not read, so that a page without text is a gap, and so is text in fonts that do not say which characters
// they show. A document may unpack to 256 MiB and a hundred times its own size; a page to 8 MiB of text.
package pdf

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/pdffile"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// Reader reads PDF.
type Reader struct{}

// Name implements format.Reader.
func (Reader) Name() string { return "pdf/1" }

// Claims implements format.Reader. Writers of every age put something before the header, at most a KiB.
func (Reader) Claims(_ string, head []byte) format.Claim {
	if bytes.HasPrefix(head, []byte("%PDF-")) {
		return format.Certain
	}
	if i := bytes.Index(head[:min(len(head), 1024)], []byte("%PDF-")); i > 0 && bytes.IndexByte(head[i:min(len(head), i+12)], '.') > 0 && bytes.Contains(head[i:], []byte(" obj")) {
		return format.Likely
	}
	return format.No
}

// Limits on a document.
const (
	maxPages  = 1_000_000
	maxFiles  = 100_000
	treeDepth = 64
)

// Read implements format.Reader.
func (Reader) Read(ctx context.Context, in format.Input, out format.Output) error {
	whole, err := in.Whole(ctx)
	if err != nil {
		return err
	}
	defer whole.Close()
	opened, err := pdffile.Open(ctx, whole)
	if err != nil {
		return err
	}
	f := &file{opened}
	if f.Objects() == 0 {
		return format.Damaged("a document without an object")
	}
	r := &reading{file: f, ctx: ctx, out: out, batch: record.NewBatch(out.Places), fonts: map[pdffile.Ref]*font{}}
	r.place = out.Places.Add(record.Place{Field: "text", Mode: record.Text, Kind: phi.FreeText, Rule: "text of a page"})
	err = r.document()
	if e := r.closeTable(); err == nil {
		err = e
	}
	if e := r.flush(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	r.report()
	return nil
}

// file is an open document with what only pages need of it.
type file struct{ *pdffile.File }

// reading is one reading of one document.
type reading struct {
	*file
	ctx   context.Context
	out   format.Output
	batch *record.Batch
	place uint32
	fonts map[pdffile.Ref]*font
	text  []byte
	table *table

	count    int // pages so far
	tables   int // tables so far
	pictures int // pages that are nothing but pictures
	images   int // pictures on all pages
	opaque   int // pages with text that cannot be told
	cut      int // pages that were not read to their end
	damaged  int // pages with damage
	first    int // the first of those
	files    int // attached ones so far
	seen     map[pdffile.Ref]bool
}

// document reads all there is.
func (r *reading) document() error {
	r.seen = map[pdffile.Ref]bool{}
	root := r.Dict(r.Trailer["Root"])
	if err := r.tree(root["Pages"], nil, 0); err != nil {
		return err
	}
	for _, p := range r.Pages { // those that the tree does not lead to: of a damaged document, or of an earlier revision
		if !r.seen[p] {
			if err := r.page(p, nil); err != nil {
				return err
			}
		}
	}
	if err := r.closeTable(); err != nil {
		return err
	}
	if err := r.form(root); err != nil {
		return err
	}
	if err := r.properties(root); err != nil {
		return err
	}
	return r.attachments(root)
}

// tree goes through the pages in their order (section 7.7.3). Resources are handed down.
func (r *reading) tree(v any, resources any, depth int) error {
	id, _ := v.(pdffile.Ref)
	d := r.Dict(v)
	if d == nil || depth > treeDepth || r.seen[id] && id.Num != 0 || len(r.seen) > maxPages {
		return nil
	}
	if own := d["Resources"]; own != nil {
		resources = own
	}
	kids := r.Array(d["Kids"])
	if kids == nil {
		return r.page(v, resources)
	}
	r.seen[id] = true
	for _, k := range kids {
		if err := r.tree(k, resources, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// page reads one page.
func (r *reading) page(v any, resources any) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	if id, ok := v.(pdffile.Ref); ok {
		r.seen[id] = true
	}
	if r.Exhausted() {
		return fmt.Errorf("it unpacks to over a hundred times its size: %w", format.ErrLimit)
	}
	d := r.Dict(v)
	r.count++
	if own := d["Resources"]; own != nil {
		resources = own
	}
	p := r.newPage(r.ctx, r.fonts)
	var parts []io.Reader
	switch c := r.Resolve(d["Contents"]).(type) {
	case *pdffile.Stream:
		parts = append(parts, r.Data(c))
	case pdffile.Array:
		for _, e := range c[:min(len(c), 10_000)] {
			if s, ok := r.Resolve(e).(*pdffile.Stream); ok {
				parts = append(parts, r.Data(s), strings.NewReader("\n"))
			}
		}
	case nil:
		if d["Contents"] != nil { // it names an object that is not there
			r.damage()
		}
	}
	err := p.contents(io.MultiReader(parts...), r.Dict(resources))
	if r.ctx.Err() != nil {
		return r.ctx.Err()
	}
	if err != nil {
		r.damage()
	}
	r.tally(p)
	if err := r.layout(p.lines()); err != nil {
		return err
	}
	return r.annotations(d)
}

// damage counts a page that could not be read to its end.
func (r *reading) damage() {
	if r.damaged++; r.damaged == 1 {
		r.first = r.count
	}
}

func (r *reading) tally(p *page) {
	r.images += p.images
	if len(bytes.TrimSpace(p.text)) == 0 && p.images > 0 {
		r.pictures++
	}
	if p.opaque > 0 {
		r.opaque++
	}
	if p.cut {
		r.cut++
	}
}

// report tells what was not read.
func (r *reading) report() {
	if r.pictures > 0 {
		r.out.Gap(estate.GapNoReader, fmt.Sprintf("%d of %d pages are pictures without text", r.pictures, r.count))
	} else if r.images > 0 {
		r.out.Gap(estate.GapNoReader, fmt.Sprintf("%d pictures on pages", r.images))
	}
	if r.opaque > 0 {
		r.out.Gap(estate.GapUnknown, fmt.Sprintf("text in fonts that do not tell their characters on %d of %d pages", r.opaque, r.count))
	}
	if r.cut > 0 {
		r.out.Gap(estate.GapLimit, fmt.Sprintf("%d pages of over %d MiB of text", r.cut, maxPageText>>20))
	}
	if r.damaged > 0 {
		r.out.Gap(estate.GapDamaged, fmt.Sprintf("%d pages, the first is page %d", r.damaged, r.first))
	}
	if r.Exhausted() {
		r.out.Gap(estate.GapLimit, "it unpacks to over a hundred times its size")
	}
	if r.count == 0 {
		r.out.Gap(estate.GapDamaged, "no page")
	}
}
