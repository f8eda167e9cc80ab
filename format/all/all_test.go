package all

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/format"
)

// support is the folders in format/ that hold no reader.
var support = []string{"all", "charset", "converter", "formattest", "pdffile", "typed"}

// TestListIsComplete proves that each folder of a reader is in the list, fuzzes itself, runs the contract, and has a row in
// the documentation.
func TestListIsComplete(t *testing.T) {
	folders, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	docs, err := os.ReadFile(filepath.Join("..", "..", "docs", "formats.md"))
	if err != nil {
		t.Fatal(err)
	}
	listed := listed(t)
	for _, f := range folders {
		if !f.IsDir() || slices.Contains(support, f.Name()) || f.Name() == "testdata" {
			continue
		}
		name := f.Name()
		if !slices.Contains(listed, name) {
			t.Errorf("format/%s is not in the list", name)
		}
		fuzzes, contract := tested(t, filepath.Join("..", name))
		if !fuzzes {
			t.Errorf("format/%s has no fuzz function", name)
		}
		if !contract {
			t.Errorf("format/%s does not run the contract suite", name)
		}
		if !strings.Contains(string(docs), "| "+name+"/") {
			t.Errorf("docs/formats.md has no row for %s", name)
		}
	}
}

// TestNamesAgree proves that names are unique, that each reader is named after its folder, and that the documentation
// tells its version.
func TestNamesAgree(t *testing.T) {
	docs, err := os.ReadFile(filepath.Join("..", "..", "docs", "formats.md"))
	if err != nil {
		t.Fatal(err)
	}
	folders := listed(t)
	for i, r := range Readers() {
		if name, _, _ := strings.Cut(r.Name(), "/"); name != folders[i] {
			t.Errorf("the reader of format/%s is called %s", folders[i], r.Name())
		}
		if !strings.Contains(string(docs), "| "+r.Name()+" |") {
			t.Errorf("docs/formats.md does not tell %s", r.Name())
		}
	}
}

// listed gives the packages whose readers stand in the literal list of Readers, in their order.
func listed(t *testing.T) (names []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "all.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.CompositeLit); ok {
			if sel, ok := lit.Type.(*ast.SelectorExpr); ok && sel.Sel.Name == "Reader" {
				names = append(names, sel.X.(*ast.Ident).Name)
			}
		}
		return true
	})
	return names
}

// tested tells whether a folder's tests have a fuzz function and a call of formattest.Run.
func tested(t *testing.T, dir string) (fuzzes, contract bool) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				fuzzes = fuzzes || strings.HasPrefix(n.Name.Name, "Fuzz")
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok {
					contract = contract || x.Name == "formattest" && n.Sel.Name == "Run"
				}
			}
			return true
		})
	}
	return fuzzes, contract
}

func TestChoose(t *testing.T) {
	for _, c := range []struct{ name, head, want string }{
		{"patients.csv", "mrn,last_name\n1,Byron\n2,Hopper\n", "csv"},
		{"patients.csv", "", ""},
		{"export", "mrn|last_name|dob\n1|Byron|1815-12-10\n2|Hopper|1906-12-09\n3|Lovelace|1815-12-10\n", "csv"},
		{"a.csv", `{"resourceType":"Patient","id":"1","name":[{"family":"Byron"}]}`, "fhir"},
		{"a.json", `{"resourceType":"Patient","id":"1","name":[{"family":"Byron"}]}`, "fhir"},
		{"a.json", `{"a":[1,2],"b":"c"}`, "json"},
		{"a.ndjson", "{\"a\":1,\"b\":2}\n{\"a\":3,\"b\":4}\n", "json"},
		{"a.txt", "MSH|^~\\&|A|B|C|D|20200101||ADT^A01|1|P|2.5\rPID|1||100201^^^H^MR||Byron^Ada\r", "hl7v2"},
		{"a.csv", "MSH|^~\\&|A|B|C|D|20200101||ADT^A01|1|P|2.5\rPID|1||100201^^^H^MR||Byron^Ada\r", "hl7v2"},
		{"note.txt", "Dear all,\nthe patient, a man of 40, came in today,\nand left, too.\n", "text"},
		{"main.go", "package main\n\nimport \"fmt\"\n", "text"},
		{"a.sql", "INSERT INTO a VALUES (1,'x',2);\nINSERT INTO a VALUES (2,'y',3);\nINSERT INTO a VALUES (3,'z',4);\n", "sql"},
		{"a.yaml", "a: 1, 2\nb: 3, 4\nc: 5, 6\n", "yaml"},
		{"app.log", "2024-01-01 10:00:00,123 INFO start, ok\n2024-01-01 10:00:01,124 INFO stop, ok\n2024-01-01 10:00:02,124 INFO stop, ok\n", "text"},
		{"a.xml", `<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1.2"/></ClinicalDocument>`, "ccda"},
		{"a", "\xef\xbb\xbf<Patient xmlns=\"http://hl7.org/fhir\"><id value=\"1\"/></Patient>", "fhir"},
		{"a", "<!DOCTYPE HTML>\n<html>", "html"},
		{"a.xml", "<?xml version=\"1.0\"?><dataset><row a=\"1\"/></dataset>", "xml"},
		{"a.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"><text>b</text></svg>", "xml"},
		{"settings", "a=1,b=2,c=3\na=4,b=5,c=6\na=7,b=8,c=9\n", "text"},
	} {
		got := ""
		if r := Choose(c.name, []byte(c.head)); r != nil {
			got, _, _ = strings.Cut(r.Name(), "/")
		}
		if got != c.want && !(c.head == "" && got == "text") {
			t.Errorf("%s %.20q: %q, want %q", c.name, c.head, got, c.want)
		}
	}
}

// corpusFolders is which readers may read the files of a folder of the labelled corpus.
var corpusFolders = map[string]string{
	"cms-idr": "csv", "cms-rif-synthea": "csv", "cms-rif-samhsa": "csv", "cms-synpuf-shape": "csv", "omop-csv": "csv", "synthea-csv": "csv",
	"fhir-bulk-ndjson": "fhir", "fhir-r4-official": "fhir", "fhir-synthea-bundle": "fhir", "fhir-synthea-hiv": "fhir", "hl7v2": "hl7v2",
	"x12": "x12", "ccda-bluebutton": "ccda", "ccda-hl7-examples": "ccda", "sql": "sql xml", "bluebutton-text": "text",
	"saas-okta": "yaml json text", "saas-salesforce": "csv json", "neg-logs": "text json csv", "neg-opendata": "csv json",
	"omop-parquet": "parquet", "neg-health-pdf": "pdf",
}

// TestCorpus chooses a reader for each file of the labelled corpus.
func TestCorpus(t *testing.T) {
	root := os.Getenv("CHARTROOM_CORPUS")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "data")
	}
	if _, err := os.Stat(filepath.Join(root, "labels.csv")); err != nil {
		t.Skip("no corpus: set CHARTROOM_CORPUS")
	}
	counts := map[string]int{}
	for folder, want := range corpusFolders {
		files, _ := filepath.Glob(filepath.Join(root, folder, "*"))
		for _, f := range files {
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			head, got := data[:min(len(data), format.HeadSize)], ""
			if r := Choose(f, head); r != nil {
				got, _, _ = strings.Cut(r.Name(), "/")
			}
			counts[folder+" "+got]++
			if !strings.Contains(" "+want+" ", " "+got+" ") && got != want {
				t.Errorf("%s/%s: %q, want %q", folder, filepath.Base(f), got, want)
			}
			if got == "" || got == "text" {
				name, reason, text := Unread(f, head)
				if got == "" && reason == "" || (got == "text") != text {
					t.Errorf("%s/%s: read by %q, but Unread says %q, %q, text %v", folder, filepath.Base(f), got, name, reason, text)
				}
				counts[folder+" unread "+name]++
			}
		}
	}
	t.Log(counts)
}
