package archive

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/format/formattest"
)

// TestArchivesOfOtherTools reads what other tools made of the same files. Those that are not in unread must come out whole.
func TestArchivesOfOtherTools(t *testing.T) {
	unread := map[string]string{
		"aes.7z": "sealed", "aes.zip": "sealed", "zipcrypto.zip": "sealed", "aeshead.7z": "encrypted",
		"m-PPMd.7z": "sealed", "m-PPMd.zip": "sealed",
	}
	files, err := filepath.Glob("testdata/*.*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if filepath.Ext(f) == ".md" {
			continue
		}
		t.Run(filepath.Base(f), func(t *testing.T) {
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			got := formattest.Collect(Reader{}, f, data)
			if got.Err != nil {
				t.Fatal(got.Err)
			}
			bodies := map[string]string{}
			for _, in := range got.Inner {
				bodies[path.Base(in.Name)] = in.Body
			}
			note := strings.Repeat("The patient was seen today and was well.\n", 5)
			want := map[string]string{"empty.txt": "", "note.txt": note, "café.txt": "Seen at the cafe.\n"}
			switch kind := unread[filepath.Base(f)]; {
			case kind == "encrypted":
				if len(got.Gaps) != 1 || got.Gaps[0].Reason != "encrypted" || len(got.Inner) != 0 {
					t.Errorf("%v %v", got.Gaps, slices.Collect(maps.Keys(bodies)))
				}
				return
			case kind == "sealed": // each file is there, and none of its content
				if len(got.Inner) < 3 || len(got.Gaps) != 0 || bodies["note.txt"] != "" {
					t.Errorf("%v %v", got.Gaps, slices.Collect(maps.Keys(bodies)))
				}
				return
			case filepath.Ext(f) == ".ar" || filepath.Ext(f) == ".a":
				delete(want, "empty.txt")
				delete(want, "café.txt")
			}
			for name, body := range want {
				if got, ok := bodies[name]; !ok || got != body {
					t.Errorf("%s holds %d bytes, want %d; there are %v", name, len(got), len(body), slices.Collect(maps.Keys(bodies)))
				}
			}
			if table := bodies["patients.csv"]; len(table) != 2316 || !strings.HasPrefix(table, "mrn,last_name,") {
				t.Errorf("the table has %d bytes", len(table))
			}
			if len(got.Gaps) > 0 {
				t.Errorf("gaps: %v", got.Gaps)
			}
		})
	}
}

// TestDeflate64Against7z reads what 7z packs by Deflate64: text that repeats from far away, noise, and long runs of one byte.
func TestDeflate64Against7z(t *testing.T) {
	tool, err := exec.LookPath("7z")
	if err != nil {
		t.Skip("no 7z here")
	}
	dir := t.TempDir()
	noise := make([]byte, 150<<10)
	rand.NewChaCha8([32]byte{}).Read(noise)
	var far strings.Builder
	for i := range 40_000 {
		fmt.Fprintf(&far, "%d,Plantagenet%d,%x\n", 10_012_231+i, i%977, noise[i:i+3])
	}
	content := map[string]string{"far.csv": far.String() + far.String()[:100_000], "noise": string(noise) + string(noise[:60_000]), "runs": strings.Repeat("a", 700_000) + "b"}
	for name, body := range content {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, kind := range [][]string{{"-tzip", "-mm=Deflate64"}, {"-t7z", "-m0=Deflate64"}} {
		out := filepath.Join(dir, "packed."+kind[0][2:])
		cmd := exec.Command(tool, append(append([]string{"a", "-bd", "-y"}, kind...), out, "far.csv", "noise", "runs")...)
		cmd.Dir = dir
		if msg, err := cmd.CombinedOutput(); err != nil {
			t.Skipf("7z: %v %s", err, msg)
		}
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		got := formattest.Collect(Reader{}, "a", data)
		if len(got.Inner) != 3 || got.Err != nil {
			t.Fatalf("%v: %d files, %v", kind, len(got.Inner), got.Err)
		}
		for _, in := range got.Inner {
			if in.Body != content[in.Name] {
				t.Errorf("%v: %s has %d bytes, want %d", kind, in.Name, len(in.Body), len(content[in.Name]))
			}
		}
	}
}
