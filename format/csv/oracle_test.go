package csv

import (
	"bytes"
	gocsv "encoding/csv"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/charset"
	"github.com/chartroom/chartroom/format/formattest"
)

// oracle reads with the standard library: the cells that are not empty, trimmed as ours are, row by row.
func oracle(data string, delim rune, lazy bool) ([][]string, error) {
	r := gocsv.NewReader(strings.NewReader(data))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = delim, -1, lazy
	var out [][]string
	for {
		row, err := r.Read()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		var cells []string
		for _, c := range row {
			if c = strings.Trim(c, " "); c != "" {
				cells = append(cells, c)
			}
		}
		if len(cells) > 0 {
			out = append(out, cells)
		}
	}
}

// values gives the values of our records; the standard library turns a line break within a cell into \n.
func values(s *formattest.Summary) (out [][]string) {
	for _, r := range s.Records {
		var cells []string
		for _, c := range r {
			cells = append(cells, strings.ReplaceAll(c.Value, "\r\n", "\n"))
		}
		out = append(out, cells)
	}
	return out
}

// TestOracle writes random tables by the standard library and reads them back.
func TestOracle(t *testing.T) {
	cell := rapid.OneOf(rapid.StringMatching(`[A-Za-z0-9 .-]{0,12}`), rapid.StringMatching("[a-z\",;|\n 0-9]{0,20}"),
		rapid.StringMatching(`[a-z" ]{0,300}`))
	rapid.Check(t, func(t *rapid.T) {
		columns := rapid.IntRange(2, 12).Draw(t, "columns")
		delim := rapid.SampledFrom([]rune{',', '\t', '|', ';'}).Draw(t, "delim")
		crlf := rapid.Bool().Draw(t, "crlf")
		var b strings.Builder
		w := gocsv.NewWriter(&b)
		w.Comma, w.UseCRLF = delim, crlf
		header := make([]string, columns)
		for i := range header {
			header[i] = "field_" + string(rune('a'+i))
		}
		w.Write(header)
		for range rapid.IntRange(3, 20).Draw(t, "rows") {
			row := make([]string, columns)
			for i := range row {
				row[i] = cell.Draw(t, "cell")
			}
			row[0] = "x" + row[0] // no blank line, no comment
			w.Write(row)
		}
		w.Flush()
		// A random table is too odd to sniff: the delimiter is told.
		p := formattest.Collect(Reader{}, "a.csv", []byte("sep="+string(delim)+"\n"+b.String()))
		if p.Err != nil || len(p.Gaps) > 0 {
			t.Fatalf("%v %v", p.Err, p.Gaps)
		}
		want, err := oracle(b.String(), delim, false)
		if err != nil {
			t.Skip(err)
		}
		if diff := cmp.Diff(want[1:], values(p)[1:]); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	})
}

// TestCorpus reads the labelled corpus: every column that is labelled must be found, and the cells must be those of the
// standard library.
func TestCorpus(t *testing.T) {
	root := formattest.Corpus(t)
	err := filepath.WalkDir(root, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || willingness(extension(path)) != table || filepath.Dir(path) == root ||
			strings.Contains(path, "labels") || strings.Contains(path, "spans") {
			return err
		}
		name, _ := filepath.Rel(root, path)
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		t.Run(name, func(t *testing.T) {
			head := data[:min(len(data), format.HeadSize)]
			if c := (Reader{}).Claims(name, head); c != format.Likely && bytes.Count(data, []byte("\n")) > 1 {
				t.Errorf("claim %d", c)
			}
			text := string(charset.Head(data))
			d := sniff([]byte(text), extension(name), true)
			if !d.header {
				t.Error("no header")
			}
			s := formattest.Collect(Reader{}, name, data)
			want, err := oracle(text, rune(d.delim), true)
			if err != nil || s.Err != nil || len(s.Gaps) > 0 {
				t.Fatalf("%v; %v; %v", err, s.Err, s.Gaps)
			}
			if diff := cmp.Diff(want[1:], values(s), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-want +got):\n%.2000s", diff)
			}
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// FuzzRead feeds arbitrary bytes through the contract's plain and slow readings, and compares with the standard library
// where it takes the input without complaint.
func FuzzRead(f *testing.F) {
	for _, s := range []string{
		"id,name\n1,Ada\n2,Bo\n", "a|b|c\r\n1||3\r\n", "\"a\",\"b\"\n\"1\"\"2\",\"x\ny\"\n", "sep=;\na;b\n1;2\n",
		"# c\nid\tname\n1\t\"\n2\tx\n", "a,b\n\"\\\"x\\\" \",2\n\"open", "\xff\xfea\x00,\x00b\x00\n\x00", "a\rb\rc", ",,,\n,,,\n", "\"\"\"\"\"",
	} {
		f.Add("a.csv", []byte(s))
	}
	f.Add("a.tsv", []byte("a\tb\n1\t2\n"))
	f.Add("README", []byte("Dear all,\nthis is prose, and more.\n"))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		head := data[:min(len(data), format.HeadSize)]
		Reader{}.Claims(name, head)
		s := formattest.Collect(Reader{}, name, data)
		if s.Err != nil {
			t.Fatal(s.Err)
		}
		text := string(charset.Head(data))
		if _, set := charset.Reader(head, nil); set != charset.UTF8 || !utf8.ValidString(text) || strings.ContainsAny(text, "\\#") {
			return
		}
		d := sniff([]byte(text), extension(name), true)
		want, err := oracle(text, rune(d.delim), false)
		if err != nil || d.header || d.start > 0 || d.eol != '\n' || strings.Contains(strings.ReplaceAll(text, "\r\n", ""), "\r") || strings.Contains(text, "\" ") || strings.Contains(text, " \"") {
			return
		}
		if diff := cmp.Diff(want, values(s), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}
