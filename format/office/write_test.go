package office

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// entry is a part of a package that a test writes.
type entry struct{ name, body string }

// pack writes a package.
func pack(t testing.TB, parts ...entry) []byte {
	t.Helper()
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for _, p := range parts {
		method := zip.Deflate
		if p.name == "mimetype" {
			method = zip.Store
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: p.name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(p.body)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

const (
	declaration = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	types       = declaration + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`
	relations   = `http://schemas.openxmlformats.org/officeDocument/2006/relationships`
)

// relationshipsOf writes a part of relationships: kind and target, by turns. Ids are rId1, rId2, ...
func relationshipsOf(pairs ...string) string {
	var b strings.Builder
	b.WriteString(declaration + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`)
	for i := 0; i < len(pairs); i += 2 {
		fmt.Fprintf(&b, `<Relationship Id="rId%d" Type="%s/%s" Target="%s"/>`, i/2+1, relations, pairs[i], pairs[i+1])
	}
	return b.String() + `</Relationships>`
}

// workbook writes a workbook of sheets, given by name and content of sheetData by turns, with shared strings and more parts.
func workbook(t testing.TB, shared string, sheets []string, more ...entry) []byte {
	t.Helper()
	var names strings.Builder
	pairs := []string{"sharedStrings", "sharedStrings.xml", "styles", "styles.xml"}
	parts := []entry{{"[Content_Types].xml", types}, {"_rels/.rels", relationshipsOf("officeDocument", "xl/workbook.xml")}}
	for i := 0; i < len(sheets); i += 2 {
		fmt.Fprintf(&names, `<sheet name="%s" sheetId="%d" r:id="rId%d"/>`, sheets[i], i/2+1, i/2+3)
		pairs = append(pairs, "worksheet", fmt.Sprintf("worksheets/sheet%d.xml", i/2+1))
		parts = append(parts, entry{fmt.Sprintf("xl/worksheets/sheet%d.xml", i/2+1), declaration + `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>` + sheets[i+1] + `</sheetData></worksheet>`})
	}
	parts = append(parts, entry{"xl/workbook.xml", declaration + `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="` + relations + `"><sheets>` + names.String() + `</sheets></workbook>`},
		entry{"xl/_rels/workbook.xml.rels", relationshipsOf(pairs...)},
		entry{"xl/sharedStrings.xml", declaration + `<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="1000000000" uniqueCount="1000000000">` + shared + `</sst>`},
		entry{"xl/styles.xml", declaration + `<styleSheet><numFmts><numFmt numFmtId="170" formatCode="000\-00\-0000"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="170"/></cellXfs></styleSheet>`})
	return pack(t, append(parts, more...)...)
}

// rows writes rows of inline strings.
func rows(cells ...[]string) string {
	var b strings.Builder
	for i, row := range cells {
		fmt.Fprintf(&b, `<row r="%d">`, i+1)
		for k, v := range row {
			if v != "" {
				fmt.Fprintf(&b, `<c r="%c%d" t="inlineStr"><is><t>%s</t></is></c>`, 'A'+k, i+1, v)
			}
		}
		b.WriteString(`</row>`)
	}
	return b.String()
}
