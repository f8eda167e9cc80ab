package scan

import (
	"os"
	"testing"

	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format/converter"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/source/files"
)

// TestAConverterReadsWhatNoReaderDoes: a picture, at the top and in an archive; the program drops the picture's head.
func TestAConverterReadsWhatNoReaderDoes(t *testing.T) {
	const tail, sh = "/usr/bin/tail", "/bin/sh"
	for _, program := range []string{tail, sh} {
		if _, err := os.Stat(program); err != nil {
			t.Skip("no " + program)
		}
	}
	picture := "\xff\xd8\xff\xe0\x00\n" + "Patient: Ada Plantagenet, SSN 219-46-8317, seen for opioid dependence.\n"
	dir := tree(t, map[string]string{"scan.jpg": picture, "box.zip": string(zipOf(t, archived{"in.jpg", []byte(picture)})), "bad.gif": "GIF89a\x00\x00", "pic.png": "\x89PNG\r\n\x1a\n\x00\x00"})
	src, err := files.Open(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	m := newMemory()
	if _, err := Source(t.Context(), src, Options{Engine: detect.New(nil), Rules: "1", Key: testKey, Ledger: m, Converters: []converter.Converter{
		{Name: "ocr", Formats: []string{"JPEG"}, Command: []string{tail, "-n", "+2"}},
		{Name: "broken", Extensions: []string{"gif"}, Command: []string{sh, "-c", "exit 4"}},
	}}); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"scan.jpg", "box.zip!/in.jpg"} {
		text := m.items[path+"!/ocr.txt"]
		if text == nil || text.Format != "text" || text.Verdict < phi.VerdictPII || len(m.gaps[path]) != 0 {
			t.Errorf("%s: %+v, gaps %v", path, text, m.gaps[path])
		}
		if it := m.items[path]; it.Evidence.Reader != "converter ocr" || it.Evidence.Coverage != "all" || it.Read != int64(len(picture)) {
			t.Errorf("%s: %+v, %d bytes", path, it.Evidence, it.Read)
		}
	}
	if g := m.gaps["bad.gif"]; len(g) != 1 || g[0].Reason != estate.GapDamaged || m.items["bad.gif"].Evidence.Coverage != "part" {
		t.Errorf("bad.gif: %v", g)
	}
	if g := m.gaps["pic.png"]; len(g) != 1 || g[0].Reason != estate.GapNoReader {
		t.Errorf("pic.png, which no converter is for: %v", g)
	}
}
