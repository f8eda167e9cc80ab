package pdf

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/formattest"
)

// words counts the words of a text.
func words(text string) map[string]int {
	m := map[string]int{}
	for _, w := range strings.Fields(text) {
		m[w]++
	}
	return m
}

// everything gives all text of a document, its tables with it.
func everything(s *formattest.Summary) string {
	var b strings.Builder
	for _, r := range s.Records {
		for _, c := range r {
			b.WriteString(c.Value + "\n")
		}
	}
	for name, p := range s.Parts {
		for _, r := range p.Records {
			for _, c := range r {
				b.WriteString(c.Value + "\n")
			}
		}
		if strings.HasPrefix(name, "table") {
			for _, r := range p.Records[:min(1, len(p.Records))] {
				for _, c := range r {
					b.WriteString(c.Field + "\n") // the header, which is no record
				}
			}
		}
	}
	return b.String()
}

// TestAgainstPdftotext holds the words of documents against those that another program finds in them: documents of our own, and
// those of the corpus and of CHARTROOM_PDFS where they are there.
func TestAgainstPdftotext(t *testing.T) {
	if _, err := exec.LookPath("pdftotext"); err != nil {
		t.Skip("no pdftotext")
	}
	var table [][]string
	for _, r := range []string{"MRN,Last name,Born", "100201,Lovelace,1815-12-10", "100202,Hopper,1906-12-09", "100203,Curie,1867-11-07"} {
		table = append(table, strings.Split(r, ","))
	}
	var files []string
	for _, content := range []string{letter, rows(table)} {
		own := filepath.Join(t.TempDir(), "own.pdf")
		if err := os.WriteFile(own, onePage(content), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, own)
	}
	corpus := os.Getenv("CHARTROOM_CORPUS")
	if corpus == "" {
		corpus = filepath.Join("..", "..", "..", "shared", "data")
	}
	for _, dir := range []string{"testdata", filepath.Join(corpus, "*"), os.Getenv("CHARTROOM_PDFS")} {
		more, _ := filepath.Glob(filepath.Join(dir, "*.pdf"))
		files = append(files, more...)
	}
	for _, file := range files {
		theirs, err := exec.Command("pdftotext", "-layout", file, "-").Output()
		if err != nil {
			t.Logf("%s: pdftotext: %v", filepath.Base(file), err)
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s := formattest.Collect(Reader{}, file, data)
		want, got := words(string(theirs)), words(everything(s))
		all, missed := 0, 0
		var examples []string
		for w, n := range want {
			all += n
			if short := n - got[w]; short > 0 {
				missed += short
				if len(examples) < 10 {
					examples = append(examples, w)
				}
			}
		}
		t.Logf("%s: %d of %d words, gaps %v", filepath.Base(file), all-missed, all, s.Gaps)
		if missed*20 > all {
			t.Errorf("%s: %d of %d words missed, as %q; %v", filepath.Base(file), missed, all, examples, s.Err)
		}
	}
}

// TestWhatAnotherProgramWrites lets qpdf write a document anew in its ways (object streams, linearised, encrypted by every cipher)
// and reads the same text each time.
func TestWhatAnotherProgramWrites(t *testing.T) {
	if _, err := exec.LookPath("qpdf"); err != nil {
		t.Skip("no qpdf")
	}
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain.pdf")
	if err := os.WriteFile(plain, onePage(letter), 0o600); err != nil {
		t.Fatal(err)
	}
	want := everything(formattest.Collect(Reader{}, plain, onePage(letter)))
	for name, args := range map[string][]string{
		"objects": {"--object-streams=generate"}, "linear": {"--linearize", "--object-streams=generate"}, "unpacked": {"--stream-data=uncompress"},
		"rc4-40": {"--allow-weak-crypto", "--encrypt", "", "owner", "40", "--"}, "rc4-128": {"--allow-weak-crypto", "--encrypt", "", "owner", "128", "--use-aes=n", "--"},
		"aes-128": {"--allow-weak-crypto", "--encrypt", "", "owner", "128", "--use-aes=y", "--"}, "aes-256": {"--object-streams=generate", "--encrypt", "", "owner", "256", "--"},
		"clear metadata": {"--encrypt", "", "owner", "256", "--cleartext-metadata", "--"},
		"r5":             {"--allow-weak-crypto", "--encrypt", "", "owner", "256", "--force-R5", "--"}, "locked": {"--encrypt", "secret", "owner", "256", "--"},
	} {
		file := filepath.Join(dir, "out.pdf")
		if out, err := exec.Command("qpdf", append(args, plain, file)...).CombinedOutput(); err != nil {
			t.Errorf("%s: qpdf: %v %s", name, err, out)
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s := formattest.Collect(Reader{}, file, data)
		switch {
		case name == "locked":
			if !errors.Is(s.Err, format.ErrEncrypted) {
				t.Errorf("%s: %v", name, s.Err)
			}
		case s.Err != nil || everything(s) != want:
			t.Errorf("%s: %v %v: %q", name, s.Err, s.Gaps, everything(s))
		}
	}
}
