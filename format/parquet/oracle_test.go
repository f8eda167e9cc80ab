package parquet

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	pq "github.com/parquet-go/parquet-go"

	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/formattest"
)

// leafNames are the leaves of the table in testdata, in the order of people.json.
var leafNames = strings.Fields(`id full_name birth_date seen at_time amount big_amount score small active note uid tiny wide name.family
	name.given.element name.period.start_d telecom.element.sys telecom.element.val attrs.key attrs.value nested.element.element`)

// TestOtherWriters reads what DuckDB and Arrow wrote, and compares each value with DuckDB's own answer.
func TestOtherWriters(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "people.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want [][]*string
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join("testdata", "*.parquet"))
	if len(files) < 10 {
		t.Fatalf("%d files", len(files))
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			s := collectFile(t, file)
			arrow := strings.HasPrefix(filepath.Base(file), "arrow") // which takes a UUID for mere bytes
			if s.Err != nil || len(s.Gaps) > 0 && !arrow || len(s.Records) != len(want) {
				t.Fatalf("%v, gaps %v, %d records", s.Err, s.Gaps, len(s.Records))
			}
			for i, r := range s.Records {
				got := byField(r)
				for k, name := range leafNames {
					w := ""
					if want[i][k] != nil {
						w = *want[i][k]
					}
					if name == "small" { // a whole number has no point here
						w = strings.TrimSuffix(w, ".0")
					}
					if g := strings.Join(got[name], "|"); g != w && !(arrow && name == "uid") {
						t.Errorf("row %d %s: %q, want %q", i, name, g, w)
					}
				}
			}
		})
	}
}

func collectFile(t *testing.T, file string) *formattest.Summary {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return formattest.Collect(Reader{}, file, data)
}

func byField(r formattest.Record) map[string][]string {
	out := map[string][]string{}
	for _, c := range r {
		out[c.Field] = append(out[c.Field], c.Value)
	}
	return out
}

// strange are files of the library's test data that cannot be compared, and why.
var strange = map[string]string{"lz4_raw_compressed_larger.parquet": "the library gives no values"}

// TestAgainstLibrary reads the test data of parquet-go, which many programs wrote, and compares the number of values of each
// column, and numbers and texts themselves, with what the library reads.
func TestAgainstLibrary(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(libraryDir(t), "testdata", "*.parquet"))
	for _, file := range files {
		name := filepath.Base(file)
		if why := strange[name]; why != "" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			if info, err := os.Stat(file); err != nil || info.Size() > 4<<20 {
				t.Skip("large")
			}
			want, fields := libraryValues(t, file)
			s := collectFile(t, file)
			if s.Err != nil {
				t.Fatal(s.Err)
			}
			got := make([][]string, len(fields))
			for _, r := range s.Records {
				for _, c := range r {
					for i, f := range fields {
						if f.path == c.Field {
							got[i] = append(got[i], c.Value)
							break
						}
					}
				}
			}
			for i, f := range fields {
				if f.lost[lostBinary].n > 0 || f.show == asBinary && len(s.Gaps) > 0 {
					continue
				}
				if len(got[i]) != len(want[i]) {
					t.Errorf("%s: %d values, want %d (gaps %v)", f.path, len(got[i]), len(want[i]), s.Gaps)
					continue
				}
				for k := range got[i] {
					if want[i][k] != "?" && want[i][k] != got[i][k] {
						t.Errorf("%s: value %d is %q, want %q", f.path, k, got[i][k], want[i][k])
						break
					}
				}
			}
		})
	}
}

// TestImpala compares some values that Impala wrote in ways of its own: times of 12 bytes, texts without a type.
func TestImpala(t *testing.T) {
	file := filepath.Join(libraryDir(t), "testdata", "alltypes_plain.parquet")
	if _, err := os.Stat(file); err != nil {
		t.Skip("no test data of parquet-go")
	}
	s := collectFile(t, file)
	for field, want := range map[string]string{
		"timestamp_col":   "2009-03-01 00:00:00 2009-03-01 00:01:00 2009-04-01 00:00:00 2009-04-01 00:01:00 2009-02-01 00:00:00 2009-02-01 00:01:00 2009-01-01 00:00:00 2009-01-01 00:01:00",
		"date_string_col": "03/01/09 03/01/09 04/01/09 04/01/09 02/01/09 02/01/09 01/01/09 01/01/09",
		"bool_col":        "true false true false true false true false",
		"double_col":      "0 10.1 0 10.1 0 10.1 0 10.1",
	} {
		if got := strings.Join(s.Values(field), " "); got != want {
			t.Errorf("%s: %s, want %s", field, got, want)
		}
	}
}

// libraryDir is where the sources of parquet-go stand, with their test data.
func libraryDir(t *testing.T) string {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/parquet-go/parquet-go").Output()
	if err != nil || len(strings.TrimSpace(string(dir))) == 0 {
		t.Skip("no sources of parquet-go")
	}
	return strings.TrimSpace(string(dir))
}

// libraryValues reads a file with parquet-go: by column the values as text, "?" where only their number is compared.
func libraryValues(t *testing.T, file string) (values [][]string, fields []*leaf) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, _ := f.Stat()
	p, err := pq.OpenFile(f, info.Size())
	if err != nil {
		t.Skipf("the library does not read it: %v", err)
	}
	d := &disk{r: f, size: info.Size()}
	foot, err := readFooter(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	if fields, err = leavesOf(foot.schema); err != nil {
		t.Fatal(err)
	}
	values = make([][]string, len(fields))
	for _, g := range p.RowGroups() {
		for i, c := range g.ColumnChunks() {
			pages := c.Pages()
			for {
				page, err := pages.ReadPage()
				if err != nil {
					break
				}
				held := make([]pq.Value, page.NumValues())
				n, _ := page.Values().ReadValues(held)
				for _, v := range held[:n] {
					if text := shown(fields[i], v); text != "" {
						values[i] = append(values[i], text)
					}
				}
			}
			pages.Close()
		}
	}
	return values, fields
}

// shown gives a value as text, "" when there is none.
func shown(l *leaf, v pq.Value) string {
	switch {
	case v.IsNull():
		return ""
	case l.show == asInt && l.physical == int32s:
		return strconv.Itoa(int(v.Int32()))
	case l.show == asInt:
		return strconv.FormatInt(v.Int64(), 10)
	case l.show == asBool:
		return strconv.FormatBool(v.Boolean())
	case l.physical == byteArray && (l.show == asText || l.show == asBinary):
		if format.EmbeddingOf(v.ByteArray()) != format.NotEmbedded { // an inner item
			return ""
		}
		return string(v.ByteArray())
	case l.show == asFloat && v.Double() != v.Double() && v.Float() != v.Float():
		return ""
	}
	return "?"
}
