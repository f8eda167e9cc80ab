package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"database/sql"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite"
)

// plantDocuments writes the values in documents, databases and archives: head and row are a table's, note is running text.
func plantDocuments(t *testing.T, dir, head, row, note string) {
	v := plantedValues
	columns, cells := strings.Split(head, ","), strings.Split(row, ",")
	table := head + "\n" + row + "\n"
	files := map[string]string{
		"claim.x12": strings.Join([]string{"ISA*00*          *00*          *ZZ*A              *ZZ*B              *190227*1200*^*00501*000000001*0*P*:", "GS*HC*A*B*20190227*1200*1*X*005010X222A1",
			"ST*837*0001*005010X222A1", "HL*1**22*0", "SBR*P*18", "NM1*IL*1*" + v["family name"] + "*" + v["given name"] + "****MI*" + v["plan"], "N3*" + v["street"], "N4*" + v["city"] + "*CA*975318642",
			"DMG*D8*" + v["birth packed"] + "*F", "REF*SY*" + v["ssn bare"], "CLM*" + v["account"] + "*100", "DTP*472*D8*" + v["admission packed"], "NTE*ADD*" + v["note"], "SE*10*0001", "GE*1*1", "IEA*1*000000001", ""}, "~"),
		"summary.xml": `<ClinicalDocument xmlns="urn:hl7-org:v3"><recordTarget><patientRole><id root="1.2.3" extension="` + v["mrn"] + `"/><addr><streetAddressLine>` + v["street"] + `</streetAddressLine><city>` + v["city"] +
			`</city></addr><telecom value="tel:` + v["phone"] + `"/><patient><name><given>` + v["given name"] + `</given><family>` + v["family name"] + `</family></name><birthTime value="` + v["birth packed"] +
			`"/></patient></patientRole></recordTarget><component><structuredBody><component><section><text>` + note + `</text></section></component></structuredBody></component></ClinicalDocument>`,
		"rows.xml":   "<people><person><ssn>" + v["ssn"] + "</ssn><last_name>" + v["family name"] + "</last_name></person><person><ssn>" + v["ssn"] + "</ssn></person></people>",
		"page.html":  "<html><table><tr><th>" + strings.Join(columns, "</th><th>") + "</th></tr><tr><td>" + strings.Join(cells, "</td><td>") + "</td></tr></table><p>" + note + "</p><!-- " + v["email"] + " --></html>",
		"chart.yaml": "patient:\n  mrn: " + v["mrn"] + "\n  \"" + v["key"] + "\": x\n  note: |\n    " + strings.ReplaceAll(note, "\n", "\n    ") + "\n# " + v["family name"] + "\n",
		"dump.sql": "CREATE TABLE people (" + strings.ReplaceAll(head, ",", " text,") + " text);\nINSERT INTO people VALUES ('" + strings.Join(cells, "','") + "');\nCOPY people (mrn, note) FROM stdin;\n" +
			v["mrn"] + "\t" + v["note"] + "\n\\.\n-- " + v["ssn"] + "\nUPDATE people SET ssn = '" + v["ssn"] + "' WHERE last_name = '" + v["family name"] + "'; INSERT INTO people VALUES ('" + v["mrn"],
		"letter.eml": "From: " + v["given name"] + " " + v["family name"] + " <" + v["email"] + ">\r\nTo: b@example.org\r\nSubject: " + v["mrn"] + "\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\n" + note +
			"\r\n--x\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; filename=a.csv\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString([]byte(table)) + "\r\n--x",
		"card.vcf": "BEGIN:VCARD\nN:" + v["family name"] + ";" + v["given name"] + "\nTEL:" + v["phone"] + "\nBDAY:" + v["birth"] + "\nX-" + v["mrn"] + "\nNOTE:" + v["note"] + "\n",
		"note.rtf": `{\rtf1 ` + strings.ReplaceAll(note, "\n", `\par `) + `{\object{\*\objdata ` + fmt.Sprintf("%x", note) + `}}`,
		"page.pdf": "%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [3 0 R] >>\nendobj\n3 0 obj\n<< /Type /Page /Contents 4 0 R /Resources << /Font << /F << /Subtype /Type1 >> >> >> >>\nendobj\n" +
			"4 0 obj\n<< >>\nstream\nBT /F 9 Tf (" + strings.ReplaceAll(note, "\n", ") Tj 0 -12 Td (") + ") Tj ET\nendstream\nendobj\ntrailer << /Root 1 0 R /Info << /Author (" + v["family name"] + ") >> >>\n",
		"table.zip":    string(zipped(t, map[string]string{"a.csv": table, "b/note.txt": note})),
		"table.tar.gz": string(tarred(t, "a.csv", table)),
		"book.xlsx": string(zipped(t, map[string]string{"[Content_Types].xml": `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`,
			"xl/worksheets/sheet1.xml": `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>` + sheetRow(columns) + sheetRow(cells) + sheetRow(cells) + `</sheetData></worksheet>`})),
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, "people.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range []string{"CREATE TABLE people (" + head + ")", "INSERT INTO people VALUES ('" + strings.Join(cells, "','") + "')", "DELETE FROM people WHERE mrn = 'x'"} {
		if _, err := db.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
}

// sheetRow writes the cells of a row in a worksheet.
func sheetRow(cells []string) string {
	var b strings.Builder
	b.WriteString("<row>")
	for _, c := range cells {
		b.WriteString(`<c t="inlineStr"><is><t>` + c + `</t></is></c>`)
	}
	return b.String() + "</row>"
}

func zipped(t *testing.T, members map[string]string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range members {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func tarred(t *testing.T, name, text string) []byte {
	var b bytes.Buffer
	g := gzip.NewWriter(&b)
	w := tar.NewWriter(g)
	err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(text))})
	if err == nil {
		_, err = w.Write([]byte(text))
	}
	if err == nil {
		err = w.Close()
	}
	if err == nil {
		err = g.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
