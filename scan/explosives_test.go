package scan

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"database/sql"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	_ "modernc.org/sqlite" // the driver
)

// explosives are files that come to far more than they are, by the name that their formats are known by.
func explosives() map[string]func(t *testing.T) []byte {
	all := map[string]func(t *testing.T) []byte{
		"overlapping.zip": overlapping,
		"nested.zip": func(t *testing.T) []byte {
			data := []byte(people)
			for range 200 {
				data = zipOf(t, archived{"x.zip", data})
			}
			return data
		},
		"laughs.xml":    func(*testing.T) []byte { return []byte(laughs()) },
		"flate.pdf":     func(t *testing.T) []byte { return pdfBomb(t) },
		"sizes.parquet": parquetBomb,
		"aliases.yaml":  func(*testing.T) []byte { return []byte(aliases()) },
		"DICOMDIR":      func(*testing.T) []byte { return cyclicDirectory() },
		"rows.xlsx":     func(t *testing.T) []byte { return sheetBomb(t, "<row/>") },
		"cells.xlsx":    func(t *testing.T) []byte { return sheetBomb(t, `<row><c t="inlineStr"><is><t>a</t></is></c></row>`) },
		"cell.xlsx":     func(t *testing.T) []byte { return sheetBomb(t, `a`) },
		"cycle.sqlite":  sqliteCycle,
		"parts.eml": func(*testing.T) []byte {
			return []byte("From: a@b.example\r\nTo: c@b.example\r\nSubject: x\r\nDate: Tue, 30 Dec 2025 08:00:00 -0800\r\nMIME-Version: 1.0\r\n" +
				"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\nContent-Type: application/json\r\n\r\n{}\r\n", 100_000) + "--b--\r\n")
		},
	}
	for _, name := range []string{"one.csv.gz", "layers.gz", "tree.zip", "fan.zip"} {
		all[name] = func(t *testing.T) []byte { return bombs(t)[name] }
	}
	return all
}

// inflated gives a deflate stream of a beginning, so many MiB of a text again and again, and an end. It is put together from a block that
// was compressed once.
func inflated(t *testing.T, begin, again, end string, mib int) []byte {
	t.Helper()
	block := func(text string) []byte {
		var b bytes.Buffer
		w, err := flate.NewWriter(&b, flate.BestCompression)
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err == nil {
			err = w.Flush()
		}
		if err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	out := append(block(begin), bytes.Repeat(block(strings.Repeat(again, 1<<20/len(again))), mib)...)
	return append(append(out, block(end)...), 3, 0) // an empty last block
}

// overlapping is a zip whose directory names one compressed member again and again.
func overlapping(t *testing.T) []byte {
	body := inflated(t, "mrn,name\n", "1001,Ada\n", "", 64)
	const name, members = "a.csv", 20_000
	local := binary.LittleEndian.AppendUint32(nil, 0x04034b50)
	field := func(b []byte, values ...uint16) []byte {
		for _, v := range values {
			b = binary.LittleEndian.AppendUint16(b, v)
		}
		return b
	}
	sizes := binary.LittleEndian.AppendUint32(nil, 0) // a checksum that is wrong
	sizes = binary.LittleEndian.AppendUint32(sizes, uint32(len(body)))
	sizes = binary.LittleEndian.AppendUint32(sizes, 64<<20)
	local = append(append(field(local, 20, 0, 8, 0, 0), sizes...), field(nil, uint16(len(name)), 0)...)
	out := append(append(local, name...), body...)
	at := len(out)
	for i := range members {
		other := fmt.Sprintf("%05d.csv", i)
		out = binary.LittleEndian.AppendUint32(out, 0x02014b50)
		out = append(append(field(out, 20, 20, 0, 8, 0, 0), sizes...), field(nil, uint16(len(other)), 0, 0, 0, 0)...)
		out = append(append(out, make([]byte, 8)...), other...) // attributes, and where the member stands: at 0
	}
	size := len(out) - at
	out = field(binary.LittleEndian.AppendUint32(out, 0x06054b50), 0, 0, members, members)
	out = binary.LittleEndian.AppendUint32(out, uint32(size))
	return field(binary.LittleEndian.AppendUint32(out, uint32(at)), 0)
}

// laughs is a document of entities that would be a thousand million words.
func laughs() string {
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\"?>\n<!DOCTYPE a [<!ENTITY l0 \"ha\">")
	for i := range 9 {
		fmt.Fprintf(&b, `<!ENTITY l%d "%s">`, i+1, strings.Repeat(fmt.Sprintf("&l%d;", i), 10))
	}
	return b.String() + "]><a><b>&l9;</b></a>"
}

// aliases is the same in YAML.
func aliases() string {
	var b strings.Builder
	b.WriteString("a0: &a0 [ha, ha]\n")
	for i := range 9 {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i+1, i+1, strings.Join(strings.Fields(strings.Repeat(fmt.Sprintf("*a%d ", i), 10)), ", "))
	}
	return b.String()
}

// pdfBomb is a page of a million bytes that become a thousand million.
func pdfBomb(t *testing.T) []byte {
	content := append([]byte{0x78, 0xda}, inflated(t, "BT /F1 9 Tf ", "1 0 0 1 50 700 Tm (seen) Tj\n", "ET", 1000)...)
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	var offsets []int
	for i, o := range []string{"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream", len(content), content),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"} {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	at := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, at)
	return b.Bytes()
}

// parquetBomb is a file of one long text that stands in each of its rows, by dictionary.
func parquetBomb(t *testing.T) []byte {
	type row struct {
		Note string `parquet:"note,dict"`
	}
	var b bytes.Buffer
	w := parquet.NewGenericWriter[row](&b, parquet.Compression(&parquet.Zstd), parquet.DataPageStatistics(false))
	long := strings.Repeat("seen and well, ", 2<<10)
	rows := make([]row, 10_000)
	for i := range rows {
		rows[i].Note = long
	}
	for range 10 {
		if _, err := w.Write(rows); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// sheetBomb is a workbook of a sheet that says the same again and again.
func sheetBomb(t *testing.T, again string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	const vocabulary = "http://schemas.openxmlformats.org/"
	begin, end := `<worksheet><sheetData>`, `</sheetData></worksheet>`
	if again[0] != '<' {
		begin, end = begin+`<row><c t="str"><v>`, `</v></c></row>`+end
	}
	sheet := inflated(t, begin, again, end, 4000)
	for _, part := range []archived{
		{"[Content_Types].xml", []byte(`<Types xmlns="` + vocabulary + `package/2006/content-types"/>`)},
		{"xl/workbook.xml", []byte(`<workbook xmlns="` + vocabulary + `spreadsheetml/2006/main"><sheets><sheet name="a" sheetId="1"/></sheets></workbook>`)},
	} {
		w, err := z.Create(part.name)
		if err == nil {
			_, err = w.Write(part.body)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	w, err := z.CreateRaw(&zip.FileHeader{Name: "xl/worksheets/sheet1.xml", Method: zip.Deflate, CompressedSize64: uint64(len(sheet)), UncompressedSize64: 4000 << 20})
	if err == nil {
		_, err = w.Write(sheet)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// cyclicDirectory is a DICOMDIR whose only record is followed by itself, and stands below itself.
func cyclicDirectory() []byte {
	element := func(b []byte, group, number uint16, vr string, value []byte) []byte {
		b = binary.LittleEndian.AppendUint16(b, group)
		b = append(binary.LittleEndian.AppendUint16(b, number), vr...)
		if vr == "SQ" {
			return append(binary.LittleEndian.AppendUint32(append(b, 0, 0), uint32(len(value))), value...)
		}
		return append(binary.LittleEndian.AppendUint16(b, uint16(len(value))), value...)
	}
	long := func(n int) []byte { return binary.LittleEndian.AppendUint32(nil, uint32(n)) }
	meta := element(nil, 0x0002, 0x0002, "UI", []byte("1.2.840.10008.1.3.10"))
	meta = element(meta, 0x0002, 0x0010, "UI", []byte("1.2.840.10008.1.2.1\x00"))
	b := append(make([]byte, 128), "DICM"...)
	b = append(element(b, 0x0002, 0x0000, "UL", long(len(meta))), meta...)
	b = element(b, 0x0004, 0x1130, "CS", []byte("SET "))
	at := len(b) + 12 + 12 + 10 + 12 // behind two offsets, the flag, and the head of the sequence
	b = element(b, 0x0004, 0x1200, "UL", long(at))
	b = element(b, 0x0004, 0x1202, "UL", long(at))
	b = element(b, 0x0004, 0x1212, "US", []byte{0, 0})
	item := element(nil, 0x0004, 0x1400, "UL", long(at))
	item = element(item, 0x0004, 0x1410, "US", []byte{0xff, 0xff})
	item = element(item, 0x0004, 0x1420, "UL", long(at))
	item = element(item, 0x0004, 0x1430, "CS", []byte("PATIENT "))
	item = element(item, 0x0010, 0x0010, "PN", []byte("Doe^Jane"))
	item = element(item, 0x0010, 0x0020, "LO", []byte("M1000234"))
	item = append(append([]byte{0xfe, 0xff, 0x00, 0xe0}, long(len(item))...), item...)
	return element(b, 0x0004, 0x1220, "SQ", item)
}

// sqliteCycle is a database in which a page of a table's tree is below itself.
func sqliteCycle(t *testing.T) []byte {
	path := filepath.Join(t.TempDir(), "a.sqlite")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"PRAGMA page_size=512", "CREATE TABLE a (mrn TEXT, name TEXT)",
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 5000) INSERT INTO a SELECT 10000000+i, 'Plantagenet' FROM n"} {
		if _, err := db.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	root := data[512:1024] // page 2, which is the table's
	if root[0] != 5 {
		t.Fatal("the table's root has no pages below it")
	}
	cells := int(binary.BigEndian.Uint16(root[3:]))
	for i := range cells {
		at := binary.BigEndian.Uint16(root[12+2*i:])
		binary.BigEndian.PutUint32(root[at:], 2)
	}
	return data
}
