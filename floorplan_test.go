package chartroom

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/chartroom/chartroom"

// floors are the rooms by floor. A room imports from lower floors only.
var floors = map[string]int{
	"phi": 0, "estate": 1, "record": 2, "audit": 2,
	"source": 3, "format": 3, "detect": 3, "fingerprint": 3, "catalog": 3,
	"scan": 4, "access": 4, "claim": 4,
	"threat": 5, "review": 5, "incident": 5, "fleet": 5, "demo": 5,
	"web": 6, "bench": 6, "cmd": 7, "deploy": 8,
}

// hot rooms may see values; nothing else may import record.
var hot = map[string]bool{"record": true, "source": true, "format": true, "detect": true, "fingerprint": true, "scan": true, "claim": true}

// neighbours are imports between two folders of one room that are neither parent and child nor the room's list, with the
// reason why.
var neighbours = map[string]string{
	"format/fhir -> format/json":          "FHIR is JSON, and one tokenizer serves both",
	"format/json -> format/charset":       "text comes in many encodings",
	"format/fhir -> format/charset":       "text comes in many encodings",
	"format/csv -> format/charset":        "text comes in many encodings",
	"format/hl7v2 -> format/charset":      "text comes in many encodings",
	"format/text -> format/charset":       "text comes in many encodings",
	"format/x12 -> format/charset":        "text comes in many encodings",
	"format/sql -> format/charset":        "text comes in many encodings",
	"format/sqlite -> format/sql":         "SQLite keeps the definitions of its tables as SQL",
	"format/yaml -> format/charset":       "text comes in many encodings",
	"format/yaml -> format/json":          "YAML is a superset of JSON, and is read by way of it",
	"format/xml -> format/charset":        "text comes in many encodings",
	"format/xml -> format/json":           "one tree of paths and one writer of batches serve both",
	"format/ccda -> format/charset":       "text comes in many encodings",
	"format/ccda -> format/xml":           "CDA is XML, and one tokenizer serves both",
	"format/ccda -> format/json":          "one tree of paths and one writer of batches serve both",
	"format/fhir -> format/xml":           "FHIR is XML, too",
	"format/html -> format/charset":       "text comes in many encodings",
	"format/html -> format/xml":           "the tokens of HTML are those of XML by other rules",
	"format/archive -> format/compressed": "the members of archives are compressed by the same methods",
	"format/office -> format/charset":     "text comes in many encodings",
	"format/pdf -> format/pdffile":        "pages are made of the objects of the file",
	"format/mail -> format/charset":       "text comes in many encodings",
	"format/vcard -> format/charset":      "text comes in many encodings",
	"catalog/ledger -> catalog/store":     "the one writes the file that the other is",
	"catalog/list -> catalog/store":       "the same, and the one reads a list there that the other keeps",
	"access/graph -> access/cutset":       "the graph hands what changes can alter to a search that knows no graph",
	"access/graph -> access/people":       "the one counts over the lists that the other makes",
	"format/parquet -> format/typed":      "values in binary form are shown alike whatever they stand in",
	"format/avro -> format/typed":         "values in binary form are shown alike whatever they stand in",

	"incident/desk -> incident/assessment": "the desk puts the parts of a case together, of which none knows another",
	"incident/desk -> incident/obligation": "the same",
	"incident/desk -> incident/pack":       "the same",
	"incident/desk -> incident/protocol":   "the same",
	"incident/desk -> incident/texts":      "the same",
	"incident/desk -> incident/trial":      "the same",

	"format/office/number -> format/typed": "a day is written alike wherever it comes from",
	"access/explain -> access/iampolicy":   "the one reads the questions that the other answers",
	"access/iampolicy -> access/wildcard":  "the patterns of policies are matched apart from what they mean",
	"access/aws -> access/iampolicy":       "the one knows who has which policies, the other what policies allow",
	"access/declared -> access/place":      "places are found alike wherever somebody names them",
	"access/opengraph -> access/place":     "places are found alike wherever somebody names them",
	"review/board -> review/compare":       "a board reads a comparison beside the ledger",
	"demo/plant -> demo/export":            "what is planted stands in every form in which records are handed on",
	"threat/gather -> threat/facts":        "the one reads what the other puts into words",
	"web/page -> web/draw":                 "pages hold pictures",
	"access/keep -> access/all":            "what is kept is what all compilers together make of the facts",
	"fleet/carrier -> fleet/seal":          "the one brings what the other has sealed, and does not bring what does not open",
}

// wholes are rooms whose folders are parts of one thing, and not adapters to different outside things.
var wholes = map[string]bool{"detect": true, "catalog": true, "bench": true, "web": true, "cmd": true}

// file is one source file of the house.
type file struct {
	path, dir string
	ast       *ast.File
	lines     int
	fset      *token.FileSet
}

func house(t *testing.T, tests bool) []file {
	t.Helper()
	var out []file
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") && !tests {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, path, text, parser.ParseComments)
		if err != nil {
			return err
		}
		out = append(out, file{path, filepath.ToSlash(filepath.Dir(path)), f, strings.Count(string(text), "\n"), fset})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func room(dir string) string {
	r, _, _ := strings.Cut(dir, "/")
	return r
}

// allowed tells whether a package may import another, and if not, why.
func allowed(from, to string) (string, bool) {
	a, b := room(from), room(to)
	if from == "." {
		return "", true
	}
	fa, ok := floors[a]
	if !ok {
		return "the room " + a + " has no floor", false
	}
	if to == "record" && !hot[a] {
		return "only the hot rooms may see values", false
	}
	if a != b {
		if floors[b] >= fa {
			return "imports go down only", false
		}
		return "", true
	}
	parent := strings.HasPrefix(from, to+"/") || strings.HasPrefix(to, from+"/")
	list := from == a+"/all"
	if parent || list || wholes[a] || neighbours[from+" -> "+to] != "" {
		return "", true
	}
	return "neighbours in a room do not know each other", false
}

func TestImportsGoDownOnly(t *testing.T) {
	for _, f := range house(t, false) {
		for _, imp := range f.ast.Imports {
			path, _ := strconv.Unquote(imp.Path.Value)
			to, ok := strings.CutPrefix(path, module+"/")
			if !ok {
				continue
			}
			if why, ok := allowed(f.dir, to); !ok {
				t.Errorf("%s imports %s: %s", f.path, to, why)
			}
		}
	}
}

// TestFloorPlanCatchesFaults shows that the rule can fail.
func TestFloorPlanCatchesFaults(t *testing.T) {
	for _, c := range [][2]string{{"estate", "catalog"}, {"catalog", "record"}, {"format/csv", "format/hl7v2"}, {"scan", "claim"}, {"phi", "estate"}} {
		if _, ok := allowed(c[0], c[1]); ok {
			t.Errorf("%s may import %s", c[0], c[1])
		}
	}
}

func TestRoomsStaySmall(t *testing.T) {
	packages := map[string]int{}
	documented := map[string]bool{}
	for _, f := range house(t, false) {
		packages[f.dir] += f.lines
		if f.ast.Doc != nil {
			documented[f.dir] = true
		}
		if f.lines > 600 {
			t.Errorf("%s has %d lines, over 600", f.path, f.lines)
		}
		for _, d := range f.ast.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if n := f.fset.Position(fn.End()).Line - f.fset.Position(fn.Pos()).Line + 1; n > 100 {
				t.Errorf("%s: %s has %d lines, over 100", f.path, fn.Name.Name, n)
			}
			if fn.Name.Name == "init" && fn.Recv == nil {
				t.Errorf("%s has an init function", f.path)
			}
		}
	}
	for dir, n := range packages {
		if n > 2500 {
			t.Errorf("%s has %d lines, over 2,500", dir, n)
		}
		if !documented[dir] {
			t.Errorf("%s has no package comment", dir)
		}
	}
}

func TestExportedNamesAreDocumented(t *testing.T) {
	all, bare := 0, []string{}
	for _, f := range house(t, false) {
		for _, d := range f.ast.Decls {
			for name, doc := range exported(d) {
				all++
				if !doc {
					bare = append(bare, f.path+": "+name)
				}
			}
		}
	}
	if len(bare)*20 > all {
		t.Errorf("%d of %d exported names have no comment:\n%s", len(bare), all, strings.Join(bare, "\n"))
	}
}

// exported gives the exported names of a declaration, and whether each has a comment of its own or of its group.
func exported(d ast.Decl) map[string]bool {
	out := map[string]bool{}
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() {
			out[d.Name.Name] = d.Doc != nil
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() {
					out[s.Name.Name] = d.Doc != nil || s.Doc != nil
				}
			case *ast.ValueSpec:
				for _, n := range s.Names {
					if n.IsExported() {
						out[n.Name] = d.Doc != nil || s.Doc != nil || s.Comment != nil
					}
				}
			}
		}
	}
	return out
}

// TestBridgesHandOutColdTypes: the rooms that may see values and feed those that may not export nothing that names a hot type.
func TestBridgesHandOutColdTypes(t *testing.T) {
	for _, f := range house(t, false) {
		if r := room(f.dir); r != "scan" && r != "claim" {
			continue
		}
		for _, d := range f.ast.Decls {
			if name := hotExport(d); name != "" {
				t.Errorf("%s: %s names a type of package record", f.path, name)
			}
		}
	}
}

// hotExport gives the exported name of a declaration whose type, not whose body, mentions package record.
func hotExport(d ast.Decl) string {
	mentions := func(n ast.Node) (hot bool) {
		ast.Inspect(n, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "record" {
					hot = true
				}
			}
			return true
		})
		return hot
	}
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && mentions(d.Type) {
			return d.Name.Name
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			if ts, ok := s.(*ast.TypeSpec); ok && ts.Name.IsExported() && mentions(ts.Type) {
				return ts.Name.Name
			}
		}
	}
	return ""
}
