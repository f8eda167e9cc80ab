package office

import (
	"bytes"
	"fmt"
	"path"
	"strings"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/charset"
	"github.com/chartroom/chartroom/format/office/markup"
)

// kind is what is known of parts with one root element.
type kind struct {
	what string // in our own words
	read func(d *document, s *markup.Scanner) error
}

// kinds by the name of the root element. Those without a function are layout, and hold nothing of the document's own.
var kinds = map[string]kind{
	// workbooks (ISO/IEC 29500-1, 18)
	"worksheet": {"a sheet", nameless("sheet")}, "dialogsheet": {"a sheet", nameless("sheet")}, "macrosheet": {"a sheet", nameless("macro sheet")},
	"chartsheet": {"a sheet", nameless("chart sheet")}, "externalLink": {"cells of another workbook", nameless("external workbook")},
	"pivotCacheRecords": {"records of a pivot table", (*document).orphans}, "pivotCacheDefinition": {"fields of a pivot table", (*document).cacheAlone},
	"ThreadedComments": {"comments", prosaic("comments")}, "comments": {"comments", prosaic("comments")},
	"connections": {"connections", (*document).connections}, "queryTable": {"a query", attributes("connections")},
	"personList": {"authors", (*document).people}, "people": {"authors", (*document).people},
	"cmAuthorLst": {"authors", (*document).people}, "authorLst": {"authors", (*document).people},
	"sst": {}, "styleSheet": {}, "workbook": {}, "calcChain": {}, "metadata": {}, "table": {}, "pivotTableDefinition": {}, "singleXmlCells": {},
	"worksheetSortMap": {}, "formControlPr": {}, "volTypes": {}, "supportingPropertyBags": {}, "rvTypesInfo": {}, "rvStructures": {},

	// texts (17)
	"document": {"the text", prosaic("text")}, "glossaryDocument": {"building blocks", prosaic("building blocks")},
	"hdr": {"a header", prosaic("header")}, "ftr": {"a footer", prosaic("footer")}, "footnotes": {"footnotes", prosaic("footnotes")},
	"endnotes": {"endnotes", prosaic("endnotes")}, "settings": {"settings", (*document).settings},
	"styles": {}, "numbering": {}, "fonts": {}, "webSettings": {}, "commentsEx": {}, "commentsIds": {}, "commentsExtensible": {}, "datastoreItem": {},

	// presentations and drawings (19 to 21)
	"sld": {"a slide", prosaic("slides")}, "notes": {"notes", prosaic("notes")}, "sldLayout": {"a layout", prosaic("masters")},
	"sldMaster": {"a master", prosaic("masters")}, "notesMaster": {"a master", prosaic("masters")}, "handoutMaster": {"a master", prosaic("masters")},
	"cmLst": {"comments", prosaic("comments")}, "wsDr": {"a drawing", prosaic("drawings")}, "drawing": {"a drawing", prosaic("drawings")},
	"userShapes": {"a drawing", prosaic("drawings")}, "dataModel": {"a diagram", prosaic("drawings")}, "xml": {"a drawing", prosaic("drawings")},
	"chartSpace": {"a chart", prosaic("charts")}, "tagLst": {"tags", attributes("properties")},
	"presentation": {}, "presentationPr": {}, "viewPr": {}, "tblStyleLst": {}, "theme": {}, "themeOverride": {}, "themeManager": {}, "clrMap": {},
	"layoutDef": {}, "styleDef": {}, "colorsDef": {}, "chartStyle": {}, "colorStyle": {}, "revInfo": {},

	// packages and their properties (ISO/IEC 29500-2)
	"Relationships": {"relationships", (*document).relationships}, "coreProperties": {"properties", (*document).core},
	"Properties": {"properties", (*document).properties}, "Types": {},

	// OpenDocument (ISO/IEC 26300-3)
	"document-content": {"the content", (*document).content}, "document-styles": {"headers and footers", (*document).content},
	"document-meta": {"properties", (*document).core}, "document-settings": {}, "manifest": {}, "RDF": {},
}

// read reads all parts: a workbook's own in their order first, then whatever there is.
func (d *document) read() error {
	if err := d.manifest(); err != nil {
		return err
	}
	if err := d.book(); err != nil {
		return err
	}
	for i := range d.parts {
		if d.parts[i].done {
			continue
		}
		if err := d.part(i); err != nil {
			return err
		}
	}
	return d.finish()
}

// finish hands out what is left, and tells what was not read.
func (d *document) finish() error {
	if err := d.settle(); err != nil {
		return err
	}
	if err := d.grid.Flush(); err != nil {
		return err
	}
	if err := d.handWaiting(); err != nil {
		return err
	}
	for _, g := range [...]struct {
		n      int
		reason estate.GapReason
		text   string
	}{
		{d.pictures, estate.GapNoReader, plural(d.pictures, "picture") + " not read"},
		{d.macros, estate.GapNoReader, "macros not read"},
		{d.outside, estate.GapNotFollowed, plural(d.outside, "link") + " to data outside of the document"},
		{d.faults - maxGaps, estate.GapDamaged, plural(d.faults-maxGaps, "more part") + " not read whole"},
	} {
		if g.n > 0 {
			d.out.Gap(g.reason, g.text)
		}
	}
	return nil
}

// extensions of parts whose content is not looked at.
var (
	pictures = set("png jpg jpeg jpe jfif gif bmp dib tif tiff emf wmf emz wmz svg svm ico webp jp2 wdp jxr pct pict eps heic avif")
	layout   = set("fntdata odttf ttf otf ttc")
	binaries = set("workbook.bin sharedstrings.bin styles.bin calcchain.bin metadata.bin")
)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

// part reads part i, as what it is.
func (d *document) part(i int) error {
	d.parts[i].done = true
	name := strings.ToLower(d.parts[i].name)
	base, ext := path.Base(name), strings.TrimPrefix(path.Ext(name), ".")
	switch {
	case pictures[ext], strings.HasPrefix(name, "objectreplacements/"), strings.HasPrefix(name, "thumbnails/"):
		d.pictures++
		return nil
	case layout[ext], name == "mimetype", name == "layout-cache", strings.Contains(base, "printersettings"):
		return nil
	case base == "vbaproject.bin", base == "vbadata.xml", base == "vbaprojectsignature.bin":
		d.macros++
		return nil
	case binaries[base], ext == "bin" && strings.HasPrefix(name, "xl/worksheets/"):
		if base == "workbook.bin" {
			d.out.Gap(estate.GapNoReader, "a workbook in the binary form (XLSB)")
		}
		return nil
	}
	return d.known(i)
}

// known reads part i by its root element, or hands it on as an inner item.
func (d *document) known(i int) error {
	what := fmt.Sprintf("part %d", i+1)
	r, c, err := d.entry(i)
	if err != nil {
		return d.fault(what, err)
	}
	head, err := r.Peek(peekSize)
	if len(head) == 0 {
		c.Close()
		if err != nil && d.parts[i].file.UncompressedSize64 > 0 {
			return d.fault(what, err)
		}
		return nil
	}
	if isXML(head) {
		s := d.scan(r)
		root, err := rootOf(s)
		if k, ok := kinds[root]; ok && err == nil {
			if k.read != nil {
				err = d.via(s, k)
			}
			c.Close()
			return d.fault(what+", "+k.what, err)
		}
		c.Close()
		if r, c, err = d.entry(i); err != nil {
			return d.fault(what, err)
		}
	}
	defer c.Close()
	return d.out.Inner(d.parts[i].name, "", r)
}

// via reads one part, and hands out its texts whatever came of it.
func (d *document) via(s *markup.Scanner, k kind) error {
	err := k.read(d, s)
	if d.stop != nil {
		return d.stop
	}
	if e := d.settle(); e != nil {
		return e
	}
	return err
}

// isXML tells whether a part begins with a tag, in UTF-8 or UTF-16.
func isXML(head []byte) bool {
	text := bytes.TrimLeft(charset.Head(head), " \t\r\n")
	return len(text) > 1 && text[0] == '<' && (text[1] == '?' || text[1] == '!' || text[1]|0x20 >= 'a' && text[1]|0x20 <= 'z')
}

// rootOf reads up to the root element's start tag and gives its name.
func rootOf(s *markup.Scanner) (string, error) {
	for {
		token, err := s.Next()
		switch {
		case err != nil:
			return "", err
		case token == markup.EOF:
			return "", format.Damaged("no element")
		case token == markup.Start:
			return string(s.Name()), nil
		}
	}
}

// attributes makes a reader of parts that say what they say in attributes.
func attributes(field string) func(*document, *markup.Scanner) error {
	return func(d *document, s *markup.Scanner) error {
		f := d.text(field)
		for {
			token, err := s.Next()
			if err != nil || token == markup.EOF {
				return err
			}
			for token == markup.Start && s.NextAttr() {
				if err := f.line(s.Value()); err != nil {
					return err
				}
			}
			if token == markup.Text {
				if err := f.line(s.Text()); err != nil {
					return err
				}
			}
		}
	}
}

// connections reads where a workbook has its data from, which is not followed.
func (d *document) connections(s *markup.Scanner) error {
	d.outside++
	return attributes("connections")(d, s)
}

// relationships reads where a part points to outside of the document.
func (d *document) relationships(s *markup.Scanner) error {
	for {
		token, err := s.Next()
		if err != nil || token == markup.EOF {
			return err
		}
		if token != markup.Start {
			continue
		}
		rel := relationshipOf(s)
		if !rel.external {
			continue
		}
		if err := d.text("links").line([]byte(rel.target)); err != nil {
			return err
		}
		switch path.Base(rel.kind) {
		case "externalLinkPath", "xlPathMissing", "oleObject", "mailMergeSource", "subDocument", "frame", "aFChunk", "queryTable", "package":
			d.outside++
		}
	}
}
