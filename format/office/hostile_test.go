package office

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/formattest"
	"github.com/chartroom/chartroom/record"
)

// tally is what a hostile document gave, without keeping it.
type tally struct {
	err     error
	gaps    []formattest.Gap
	records int
	cells   int
	places  int
	heap    uint64
	took    time.Duration
}

// weigh reads a document and counts, and fails when it takes too long or too much memory.
func weigh(t *testing.T, name string, data []byte) tally {
	t.Helper()
	var got tally
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	start, began, batches := stats.HeapAlloc, time.Now(), 0
	places := &record.Places{}
	got.err = Reader{}.Read(context.Background(), format.Input{Name: name, Size: int64(len(data)), Head: data[:min(len(data), format.HeadSize)], Body: bytes.NewReader(data), At: bytes.NewReader(data)}, format.Output{
		Places: places,
		Batch: func(b *record.Batch) error {
			got.records, got.cells = got.records+b.Len(), got.cells+len(b.Cells)
			if b.Size() > formattest.MaxBatch || len(b.Cells) > formattest.MaxCells {
				t.Errorf("a batch of %d bytes and %d cells", b.Size(), len(b.Cells))
			}
			if batches++; batches%200 == 1 {
				runtime.GC()
				runtime.ReadMemStats(&stats)
				got.heap = max(got.heap, stats.HeapAlloc-min(start, stats.HeapAlloc))
			}
			return nil
		},
		Inner: func(_, _ string, body io.Reader) error {
			io.Copy(io.Discard, body)
			return nil
		},
		Gap: func(r estate.GapReason, detail string) {
			got.gaps = append(got.gaps, formattest.Gap{Reason: r, Detail: detail})
		},
	})
	runtime.ReadMemStats(&stats)
	got.heap = max(got.heap, stats.HeapAlloc-min(start, stats.HeapAlloc))
	got.took, got.places = time.Since(began), places.Len()
	if got.heap > 128<<20 {
		t.Errorf("the heap grew by %d MiB", got.heap>>20)
	}
	if got.took > 20*time.Second { // the machine that tests may be busy
		t.Errorf("it took %v", got.took)
	}
	return got
}

func (g tally) limited() bool {
	for _, gap := range g.gaps {
		if gap.Reason == estate.GapLimit {
			return true
		}
	}
	return errors.Is(g.err, format.ErrLimit)
}

// bomb writes a package of parts whose content is a beginning, so many MiB of one byte, and an end. Its stream is put together from
// a block that was compressed once, so that the test need not compress it all.
func bomb(t *testing.T, size int, filler string, parts ...[3]string) []byte {
	t.Helper()
	deflated := func(text string) []byte {
		var b bytes.Buffer
		w, err := flate.NewWriter(&b, flate.BestCompression)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	block := deflated(strings.Repeat(filler, 1<<20/len(filler)))
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for _, p := range parts {
		body := append(deflated(p[1]), bytes.Repeat(block, size)...)
		body = append(append(body, deflated(p[2])...), 3, 0) // an empty last block
		w, err := z.CreateRaw(&zip.FileHeader{Name: p[0], Method: zip.Deflate, CompressedSize64: uint64(len(body)), UncompressedSize64: uint64(len(p[1]) + size*(1<<20/len(filler))*len(filler) + len(p[2]))})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(body); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// TestBombs: whatever grows too much ends as a gap.
func TestBombs(t *testing.T) {
	rels := [3]string{"xl/_rels/workbook.xml.rels", relationshipsOf("worksheet", "s.xml", "sharedStrings", "t.xml"), ""}
	for name, data := range map[string][]byte{
		"a cell":           bomb(t, 4000, "0", [3]string{"xl/worksheets/s.xml", `<worksheet><row><c t="str"><v>`, `</v></c></row></worksheet>`}),
		"a shared string":  bomb(t, 4000, "0", rels, [3]string{"xl/workbook.xml", "<workbook/>"}, [3]string{"xl/t.xml", "<sst><si><t>", "</t></si></sst>"}),
		"a paragraph":      bomb(t, 4000, "0", [3]string{"word/document.xml", "<w:document><w:p><w:t>", "</w:t></w:p></w:document>"}),
		"blanks":           bomb(t, 4000, " ", [3]string{"word/document.xml", "<w:document>", "</w:document>"}),
		"an embedded file": bomb(t, 4000, "0", [3]string{"word/embeddings/a.txt", "", ""}),
		"empty rows":       bomb(t, 4000, "<row/>", [3]string{"xl/worksheets/s.xml", "<worksheet>", "</worksheet>"}),
		"shared strings":   bomb(t, 4000, "<si/>", rels, [3]string{"xl/workbook.xml", "<workbook/>"}, [3]string{"xl/t.xml", "<sst>", "</sst>"}),
		"empty paragraphs": bomb(t, 4000, "<w:p/>", [3]string{"word/document.xml", "<w:document>", "</w:document>"}),
		"open elements":    bomb(t, 4000, "<w:tbl><w:p>", [3]string{"word/document.xml", "<w:document>", "</w:document>"}),
		"a comment":        bomb(t, 4000, "-", [3]string{"word/document.xml", "<w:document><!--", "--></w:document>"}),
		"a DOCTYPE":        bomb(t, 4000, "<!ENTITY a \"b\">", [3]string{"word/document.xml", "<!DOCTYPE w [", "]><w:document/>"}),
	} {
		t.Run(name, func(t *testing.T) {
			inner := name == "an embedded file" || name == "a DOCTYPE" // the inner item ends with the error
			if got := weigh(t, "a.docx", data); !got.limited() && !inner {
				t.Errorf("no gap: %v, %v", got.gaps, got.err)
			}
		})
	}
	many := make([][3]string, 60)
	for i := range many {
		many[i] = [3]string{fmt.Sprintf("word/header%d.xml", i), "<w:hdr><w:p><w:t>", "</w:t></w:p></w:hdr>"}
	}
	if got := weigh(t, "a.docx", bomb(t, 20, "0", many...)); !errors.Is(got.err, format.ErrLimit) {
		t.Errorf("many parts: %v", got.err)
	}
}

// TestHostile: nothing of this may take long, take much memory, or be taken for more than it is.
func TestHostile(t *testing.T) {
	laughs := `<!DOCTYPE w [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>`
	if got := weigh(t, "a.docx", pack(t, entry{"[Content_Types].xml", types}, entry{"word/document.xml", laughs + `<w:document>` + para("&c;&c;") + `</w:document>`})); got.records != 1 || got.err != nil {
		t.Errorf("entities: %+v", got)
	}
	repeated := `<office:spreadsheet><table:table><table:table-row table:number-rows-repeated="1000000000"><table:table-cell table:number-columns-repeated="1000000000"><text:p>x</text:p></table:table-cell></table:table-row>` +
		strings.Repeat(`<table:table-row table:number-rows-repeated="9"><table:table-cell table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell></table:table-row>`, 1000) + `</table:table></office:spreadsheet>`
	if got := weigh(t, "a.ods", open(t, "spreadsheet", repeated)); got.err != nil || got.cells > 4<<20 || got.records == 0 {
		t.Errorf("repeated cells: %+v", got)
	}
	if got := weigh(t, "a.odt", open(t, "text", `<office:text><text:p>`+strings.Repeat(`<text:s text:c="1000000000"/>x`, 1000)+`</text:p></office:text>`)); got.err != nil {
		t.Errorf("blanks: %+v", got)
	}
	deep := strings.Repeat(`<w:tbl><w:tr><w:tc><w:p>x`, 200_000)
	weigh(t, "a.docx", word(t, deep+strings.Repeat(`<w:r><w:t>x</w:t></w:r>`, 1000)))
	weigh(t, "a.odt", open(t, "text", `<office:text>`+strings.Repeat(`<text:p><office:annotation><table:table><table:table-row><table:table-cell>x`, 100_000)))
	if got := weigh(t, "a.docx", word(t, `<w:p w:x="`+noise(5<<20)+`"/>`)); !got.limited() {
		t.Errorf("a long tag: %+v", got)
	}
	var circle []string
	for i := range 100 {
		circle = append(circle, fmt.Sprintf("S%d", i), "")
	}
	if got := weigh(t, "a.xlsx", workbook(t, "", circle, entry{"xl/worksheets/_rels/sheet1.xml.rels", relationshipsOf("worksheet", "sheet1.xml", "x", "../workbook.xml")})); got.err != nil {
		t.Errorf("circles: %v", got.err)
	}
	self := pack(t, entry{"[Content_Types].xml", types}, entry{"xl/workbook.xml", `<workbook><sheets><sheet name="a" r:id="rId1"/><sheet name="b" r:id="rId2"/></sheets></workbook>`},
		entry{"xl/_rels/workbook.xml.rels", relationshipsOf("worksheet", "workbook.xml", "worksheet", "_rels/workbook.xml.rels", "sharedStrings", "workbook.xml", "styles", "workbook.xml", "pivotCacheDefinition", "workbook.xml")})
	if got := weigh(t, "a.xlsx", self); got.err != nil {
		t.Errorf("a workbook that is its own sheet: %v", got.err)
	}
}

// TestManyPlaces: tables that name a column in each cell do not fill the table of places beyond its bound.
func TestManyPlaces(t *testing.T) {
	var b strings.Builder
	b.WriteString("<row>")
	for i := range 1 << 14 {
		fmt.Fprintf(&b, `<c><v>%d</v></c>`, i)
	}
	b.WriteString("</row>")
	sheets := []string{}
	for i := range 6 {
		sheets = append(sheets, fmt.Sprintf("S%d", i), b.String())
	}
	if got := weigh(t, "a.xlsx", workbook(t, "", sheets)); got.places > record.MaxPlaces+64 || got.cells < 6<<14 {
		t.Errorf("%d places, %d cells", got.places, got.cells)
	}
}

// TestLongTexts: no text is lost where it is longer than what is held.
func TestLongTexts(t *testing.T) {
	long := noise(3 << 20)
	for name, data := range map[string][]byte{
		"a.docx": word(t, para(long)), "b.docx": word(t, tableOf([]string{long, "b"}, []string{"c", "d"})), "c.xlsx": workbook(t, "", []string{"S", `<row><c t="str"><v>` + long[:1<<20] + `</v></c></row>`}),
		"d.odt": open(t, "text", `<text:p>`+long+`</text:p>`),
	} {
		got := read(t, name, data)
		n := 0
		for _, r := range got.Records {
			for _, c := range r {
				n += len(strings.ReplaceAll(c.Value, "\n", ""))
			}
		}
		if n < 3<<20 && name != "c.xlsx" || n < 1<<20 {
			t.Errorf("%s: %d bytes", name, n)
		}
	}
}

// TestDirectory: a directory that is too long is not read, whatever it says of itself.
func TestDirectory(t *testing.T) {
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for i := range 160_000 {
		if _, err := z.CreateRaw(&zip.FileHeader{Name: fmt.Sprintf("word/%08d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if got := weigh(t, "a.docx", buf.Bytes()); !errors.Is(got.err, format.ErrLimit) {
		t.Errorf("%v", got.err)
	}
}

// TestBigWorkbook: a sheet of a hundred thousand rows whose strings do not fit into memory.
func TestBigWorkbook(t *testing.T) {
	sheet, shared := bigSheet(100_000)
	got := weigh(t, "a.xlsx", workbook(t, shared, []string{"People", sheet}))
	if got.err != nil || got.records != 100_000+1 || len(got.gaps) > 0 {
		t.Errorf("%d records, %v, %v", got.records, got.err, got.gaps)
	}
}

// failingAt is a source that breaks.
type failingAt struct {
	*bytes.Reader
	from int64
}

var errDisk = errors.New("the disk has a bad sector")

func (f failingAt) ReadAt(p []byte, off int64) (int, error) {
	if off < f.from && off+int64(len(p)) > f.from-64 {
		return 0, errDisk
	}
	return f.Reader.ReadAt(p, off)
}

// TestSourceFails: an error of the source is no damage of the document.
func TestSourceFails(t *testing.T) {
	data := word(t, para(noise(100_000)))
	for _, from := range []int64{100, 1000, int64(len(data)) - 200} {
		in := format.Input{Name: "a.docx", Size: int64(len(data)), Head: data[:100], At: failingAt{bytes.NewReader(data), from}}
		err := Reader{}.Read(t.Context(), in, format.Output{Places: &record.Places{}, Batch: func(*record.Batch) error { return nil },
			Inner: func(string, string, io.Reader) error { return nil }, Gap: func(estate.GapReason, string) {}})
		if !errors.Is(err, errDisk) {
			t.Errorf("from %d: %v", from, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(word(f, para("Ada")+tableOf([]string{"mrn", "dob"}, []string{"1", "2"})))
	f.Add(workbook(f, "<si><t>mrn</t></si>", []string{"S", `<row><c t="s"><v>0</v></c></row>`}))
	f.Add(open(f, "text", "<text:p>Ada</text:p>"))
	f.Add([]byte(`<?xml version="1.0"?><office:document x="y"><text:p>Ada</text:p></office:document>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		Reader{}.Claims("a.docx", data)
		got := formattest.Collect(Reader{}, "a", data)
		if got.Err != nil && !errors.Is(got.Err, format.ErrDamaged) && !errors.Is(got.Err, format.ErrLimit) && !errors.Is(got.Err, format.ErrEncrypted) {
			t.Fatal(got.Err)
		}
	})
}

// FuzzParts puts the same bytes in the place of each kind of part.
func FuzzParts(f *testing.F) {
	for _, seed := range []string{
		wordOpen + para("Ada") + tableOf([]string{"mrn", "dob"}, []string{"1", "2"}) + `<w:del><w:delText>x</w:delText></w:del>` + wordEnd,
		`<worksheet><sheetData>` + rows([]string{"mrn", "dob"}, []string{"1", "2"}) + `<row r="9"><c r="B9" s="1"><v>4e4</v></c></row></sheetData><headerFooter><oddHeader>x</oddHeader></headerFooter></worksheet>`,
		`<sst><si><r><t>a</t></r><rPh><t>b</t></rPh></si></sst>`,
		`<styleSheet><numFmts><numFmt numFmtId="170" formatCode="[&lt;=99]0\-0;&quot;a&quot;00"/></numFmts><cellXfs><xf numFmtId="14"/><xf numFmtId="170"/></cellXfs></styleSheet>`,
		`<workbook><workbookPr date1904="1"/><sheets><sheet name="S" r:id="rId1"/></sheets><definedNames><definedName name="x">"y"</definedName></definedNames></workbook>`,
		`<Relationships><Relationship Id="rId1" Type="a/worksheet" Target="s.xml"/><Relationship Id="rId2" Type="a/sharedStrings" Target="t.xml"/></Relationships>`,
		`<pivotCacheDefinition><cacheField name="a"><s v="x"/></cacheField></pivotCacheDefinition>`, `<pivotCacheRecords><r><x v="0"/><s v="1"/></r></pivotCacheRecords>`,
		openHead + `<office:text><text:p>a<office:annotation><dc:creator>b</dc:creator></office:annotation></text:p><table:table><table:table-row table:number-rows-repeated="3"><table:table-cell table:number-columns-repeated="5"><text:p>x</text:p></table:table-cell></table:table-row></table:table></office:text>` + openEnd,
		`<Properties><property name="a"><x>b</x></property></Properties>`, `<coreProperties><creator>x</creator></coreProperties>`, `<c:chartSpace><c:pt><c:v>1</c:v></c:pt></c:chartSpace>`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		body := string(data)
		rels := `<Relationships><Relationship Id="rId1" Type="a/worksheet" Target="s.xml"/><Relationship Id="rId2" Type="a/sharedStrings" Target="t.xml"/><Relationship Id="rId3" Type="a/styles" Target="y.xml"/><Relationship Id="rId4" Type="a/pivotCacheDefinition" Target="p.xml"/></Relationships>`
		cells := `<row><c s="0"><v>41234.5</v></c><c s="1"><v>1234567</v></c><c t="s"><v>0</v></c></row>`
		for _, parts := range [][]entry{
			{{"word/document.xml", body}, {"content.xml", body}, {"META-INF/manifest.xml", body}, {"docProps/core.xml", body}},
			{{"xl/workbook.xml", body}, {"xl/_rels/workbook.xml.rels", rels}, {"xl/s.xml", body}, {"xl/t.xml", body}, {"xl/y.xml", body}, {"xl/p.xml", body}},
			{{"xl/workbook.xml", `<workbook><sheet name="S" r:id="rId1"/></workbook>`}, {"xl/_rels/workbook.xml.rels", rels}, {"xl/s.xml", "<worksheet>" + cells + "</worksheet>"}, {"xl/t.xml", body}, {"xl/y.xml", body}, {"xl/p.xml", body}, {"xl/_rels/p.xml.rels", body}},
			{{"xl/workbook.xml", "<workbook/>"}, {"xl/_rels/workbook.xml.rels", body}},
		} {
			if got := formattest.Collect(Reader{}, "a", pack(t, parts...)); got.Err != nil && !errors.Is(got.Err, format.ErrDamaged) && !errors.Is(got.Err, format.ErrLimit) && !errors.Is(got.Err, format.ErrEncrypted) {
				t.Fatal(got.Err)
			}
		}
	})
}
