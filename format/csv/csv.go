// Package csv reads delimited text: rows of cells between commas, tabs, bars, semicolons or carets, with a header or
// without, after RFC 4180 and in the sloppy forms that programs really write.
//
// A row is a record, and each column is a place. The bytes are read once and in chunks, never by line, since a quoted
// cell may hold line breaks and may be of any length. Cells point into the chunk; only a quoted cell with escapes is
// rewritten, shorter and at its own place. A cell that is long or holds line breaks is running text: it stands under a
// second place of the same column. A row of more than some megabytes is handed out as several records.
package csv

import (
	"bytes"
	"context"
	"path"
	"strings"

	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/charset"
	"github.com/chartroom/chartroom/record"
)

// Reader reads delimited text.
type Reader struct{}

// Name gives format and version.
func (Reader) Name() string { return "csv/1" }

// Read reads the input to its end.
func (Reader) Read(ctx context.Context, in format.Input, out format.Output) error {
	body, _ := charset.Reader(in.Head, in.Body)
	size := format.ChunkSize
	if in.Size >= 0 { // most files are small; should there be more than was said, the buffer grows
		size = min(size, max(2*int(min(in.Size, format.ChunkSize)), 4096))
	}
	p := &parser{out: out, body: body, batch: record.NewBatch(out.Places), buf: make([]byte, size+pad)}
	if err := p.fill(ctx); err != nil {
		return err
	}
	p.dia = sniff(p.buf[:p.end], extension(in.Name), p.eof)
	p.preamble()
	p.finish()
	p.naming = p.dia.header
	for {
		p.parse()
		again, err := p.next(ctx)
		if err != nil || !again {
			return err
		}
	}
}

// willing says how far an extension speaks for delimited text.
type willing uint8

const (
	never  willing = iota // source, or a format that has its own name
	unsure                // no extension, or one that says nothing
	open                  // .txt and the like: anything, tables often
	table                 // .csv and the like
)

// extensions of which something is known. All others are unsure.
var extensions = map[string]willing{
	"csv": table, "tsv": table, "psv": table, "tab": table, "ssv": table,
	"txt": open, "text": open, "dat": open, "data": open, "asc": open, "del": open, "out": open, "unl": open, "ext": open,
	"go": never, "py": never, "js": never, "ts": never, "java": never, "c": never, "h": never, "cc": never, "cpp": never,
	"rs": never, "rb": never, "cs": never, "php": never, "sh": never, "ps1": never, "r": never, "css": never, "scss": never,
	"sql": never, "ddl": never, "yaml": never, "yml": never, "json": never, "ndjson": never, "jsonl": never, "xml": never,
	"html": never, "htm": never, "md": never, "rst": never, "tex": never, "toml": never, "ini": never, "cfg": never,
	"conf": never, "properties": never, "env": never, "mod": never, "sum": never, "lock": never, "eml": never,
	"mbox": never, "rtf": never, "hl7": never, "x12": never, "edi": never, "vcf": never, "ics": never, "tf": never,
}

// extension gives a name's extension in small letters without the dot, past one of a compressor.
func extension(name string) string {
	ext := strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
	switch ext {
	case "gz", "bz2", "xz", "zst":
		return extension(strings.TrimSuffix(name, path.Ext(name)))
	}
	return ext
}

func willingness(ext string) willing {
	if w, ok := extensions[ext]; ok {
		return w
	}
	return unsure
}

// Claims is never Certain: nothing signs delimited text. It is Likely when the rows agree on the number of their cells;
// the less the name says, the more rows must, and the less they may look like prose, a log or a configuration.
func (Reader) Claims(name string, head []byte) format.Claim {
	ext := extension(name)
	will := willingness(ext)
	if will == never || len(head) == 0 {
		return format.No
	}
	if !charset.IsText(head) {
		return format.No
	}
	text := charset.Head(head)
	if foreign(text, will) {
		return format.No
	}
	d := sniff(text, ext, len(head) < format.HeadSize)
	if will == table {
		return d.claimTable(text)
	}
	if d.columns < 2 || d.rows < 2 || d.prose(text) {
		return format.No
	}
	switch {
	case will == open && d.rows >= 3 && d.share >= 0.9 && (d.header || d.share >= 0.97):
		return format.Likely
	case will == open && d.rows == 2 && d.share == 1 && d.header && d.columns >= 4:
		return format.Likely
	case will == unsure && d.rows >= 3 && d.share >= 0.97 && d.columns >= 3 && (d.header || d.rows >= 8 && d.share == 1):
		return format.Likely
	}
	return format.No
}

// claimTable judges an input whose name says that it is a table.
func (d dialect) claimTable(text []byte) format.Claim {
	switch {
	case d.columns >= 2 && d.rows >= 2 && d.share >= 0.6:
		return format.Likely
	case d.columns >= 2:
		return format.Maybe
	case d.rows > 0 && len(text)/d.rows <= 64: // one column, if its cells are short
		return format.Maybe
	}
	return format.No
}

// foreign tells whether the beginning is that of another format, which must not be taken for rows.
func foreign(text []byte, will willing) bool {
	text = bytes.TrimLeft(text, " \t\r\n")
	if len(text) < 3 {
		return false
	}
	switch string(text[:3]) {
	case "MSH", "FHS", "BHS":
		return len(text) > 3 && !letter(text[3]) && text[3] != '_'
	case "ISA":
		return len(text) >= 106 && text[3] == text[103]
	}
	switch text[0] {
	case '{':
		return true
	case '<':
		return will != table || letter(text[1]) || text[1] == '!' || text[1] == '?'
	case '[':
		return will != table
	}
	return bytes.HasPrefix(text, []byte("%PDF"))
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func digit(c byte) bool { return c >= '0' && c <= '9' }
