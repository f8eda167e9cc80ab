package export

import (
	"archive/zip"
	"fmt"
	"io"

	"github.com/chartroom/chartroom/demo"
)

// declaration begins a part of Office Open XML (ECMA-376), and the rest are the names of its vocabularies.
const (
	declaration = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	packages    = "http://schemas.openxmlformats.org/package/2006/"
	documents   = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	spreadsheet = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	wordText    = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
)

// opc writes the parts of a package that are the same in all: what the main part is, and of what type.
func opc(z *zip.Writer, part, contentType string) error {
	types := fmt.Sprintf(`%s<Types xmlns="%scontent-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>`+
		`<Default Extension="xml" ContentType="application/xml"/><Override PartName="/%s" ContentType="application/vnd.openxmlformats-officedocument.%s.main+xml"/></Types>`,
		declaration, packages, part, contentType)
	if err := put(z, "[Content_Types].xml", types); err != nil {
		return err
	}
	return put(z, "_rels/.rels", relationships("officeDocument", part))
}

func relationships(kind, target string) string {
	return fmt.Sprintf(`%s<Relationships xmlns="%srelationships"><Relationship Id="rId1" Type="%s/%s" Target="%s"/></Relationships>`, declaration, packages, documents, kind, target)
}

// put writes a member of an archive.
func put(z *zip.Writer, name, body string) error {
	w, err := z.Create(name)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, body)
	return err
}

// XLSX writes a workbook of one sheet; values stand in the cells themselves.
func XLSX(w io.Writer, people People) error {
	z := zip.NewWriter(w)
	if err := opc(z, "xl/workbook.xml", "spreadsheetml.sheet"); err != nil {
		return err
	}
	book := fmt.Sprintf(`%s<workbook xmlns="%s" xmlns:r="%s"><sheets><sheet name="Patients" sheetId="1" r:id="rId1"/></sheets></workbook>`, declaration, spreadsheet, documents)
	if err := put(z, "xl/workbook.xml", book); err != nil {
		return err
	}
	if err := put(z, "xl/_rels/workbook.xml.rels", relationships("worksheet", "worksheets/sheet1.xml")); err != nil {
		return err
	}
	sheet, err := z.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		return err
	}
	n := 1
	begin := fmt.Sprintf(`%s<worksheet xmlns="%s"><sheetData>%s`, declaration, spreadsheet, cells(nil, n, columns))
	err = records(sheet, begin, "</sheetData></worksheet>", people, func(b []byte, p *demo.Person) []byte {
		n++
		return cells(b, n, escaped(row(p)))
	})
	if err != nil {
		return err
	}
	return z.Close()
}

// cells writes a row of a sheet.
func cells(b []byte, n int, values []string) []byte {
	b = fmt.Appendf(b, `<row r="%d">`, n)
	for i, v := range values {
		b = fmt.Appendf(b, `<c r="%c%d" t="inlineStr"><is><t>%s</t></is></c>`, 'A'+i, n, v)
	}
	return append(b, "</row>"...)
}

// DOCX writes a text with a table.
func DOCX(w io.Writer, people People) error {
	z := zip.NewWriter(w)
	if err := opc(z, "word/document.xml", "wordprocessingml.document"); err != nil {
		return err
	}
	body, err := z.Create("word/document.xml")
	if err != nil {
		return err
	}
	begin := fmt.Sprintf(`%s<w:document xmlns:w="%s"><w:body><w:p><w:r><w:t>Patients</w:t></w:r></w:p><w:tbl>%s`, declaration, wordText, tableRow(nil, columns))
	err = records(body, begin, "</w:tbl><w:sectPr/></w:body></w:document>", people, func(b []byte, p *demo.Person) []byte { return tableRow(b, escaped(row(p))) })
	if err != nil {
		return err
	}
	return z.Close()
}

func tableRow(b []byte, values []string) []byte {
	b = append(b, "<w:tr>"...)
	for _, v := range values {
		b = fmt.Appendf(b, "<w:tc><w:p><w:r><w:t>%s</w:t></w:r></w:p></w:tc>", v)
	}
	return append(b, "</w:tr>"...)
}
