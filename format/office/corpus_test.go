package office

import (
	"bytes"
	stdcsv "encoding/csv"
	"html"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/csv"
	"github.com/chartroom/chartroom/format/formattest"
)

// TestCorpus reads all packages of the corpus of labelled files, and reads something of each.
func TestCorpus(t *testing.T) {
	dir := os.Getenv("CHARTROOM_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	var files []string
	for _, ext := range []string{"xlsx", "docx", "pptx", "odt", "ods", "odp"} {
		more, err := filepath.Glob(filepath.Join(dir, "neg-office", "*."+ext))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, more...)
	}
	if len(files) == 0 {
		t.Skip("no corpus")
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if claim := (Reader{}).Claims(name, data[:min(len(data), format.HeadSize)]); claim != format.Certain {
			t.Errorf("%s: claim %d", name, claim)
		}
		got := formattest.Collect(Reader{}, name, data)
		if got.Err != nil || len(got.Records) == 0 {
			t.Errorf("%s: %d records, error %v", name, len(got.Records), got.Err)
		}
		for _, g := range got.Gaps {
			if g.Reason == "damaged" {
				t.Errorf("%s: %s", name, g.Detail)
			}
		}
	}
}

// TestAgreesWithCSV: a sheet and a CSV file of the same table have the same columns.
func TestAgreesWithCSV(t *testing.T) {
	dir := os.Getenv("CHARTROOM_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*", "*.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skip("no corpus")
	}
	agree, all := 0, 0
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		data = data[:min(len(data), 256<<10)]
		r := stdcsv.NewReader(bytes.NewReader(data))
		r.FieldsPerRecord, r.LazyQuotes = -1, true
		var table [][]string
		for len(table) < 60 {
			row, err := r.Read()
			if err != nil {
				break
			}
			for i, v := range row {
				row[i] = html.EscapeString(strings.ToValidUTF8(v, ""))
			}
			table = append(table, row[:min(len(row), 26)])
		}
		if len(table) < 3 || len(table[0]) < 2 || len(table[0]) > 25 {
			continue
		}
		sheet := fieldsOf(formattest.Collect(Reader{}, "a.xlsx", workbook(t, "", []string{"S", rows(table...)})))
		want := fieldsOf(formattest.Collect(csv.Reader{}, name, data))
		missing := 0
		for _, field := range sheet {
			if column, ok := strings.CutPrefix(field, "S."); ok && !strings.HasPrefix(column, "column ") && !slices.Contains(want, column) {
				missing++
			}
		}
		named := func(fields []string) bool {
			return slices.ContainsFunc(fields, func(f string) bool {
				return f != "sheet names" && !strings.Contains(f, "column ") && f != "preamble" && f != "S"
			})
		}
		if all++; missing == 0 && named(sheet) == named(want) {
			agree++
		} else {
			t.Logf("%s: %q, as CSV %q", filepath.Base(name), sheet[:min(len(sheet), 5)], want[:min(len(want), 5)])
		}
	}
	t.Logf("%d of %d agree", agree, all)
	if agree*100 < all*97 {
		t.Error("too few")
	}
}
