package main

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"filippo.io/age"
)

// TestNoValueIsInACase plants values of every kind, tests claims with them, leads a case through all its acts, tries to type values into every
// text that a person types, and looks for them in everything that was written: the outputs, the refusals, the files, and what is in the pack.
func TestNoValueIsInACase(t *testing.T) {
	home, estate := t.TempDir(), t.TempDir()
	plant(t, estate)
	claim := filepath.Join(estate, "claim.words")
	if err := os.WriteFile(claim, []byte("We have 8.8 TB of your patients. Pay, or it is public.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(t.TempDir(), "chartroom")
	if err := os.Symlink(self, bin); err != nil {
		t.Fatal(err)
	}
	run := func(want bool, args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), bin, args...)
		cmd.Env = append(os.Environ(), "HOME="+home, "XDG_DATA_HOME="+home+"/data", "XDG_CONFIG_HOME="+home+"/config")
		out, err := cmd.CombinedOutput()
		if (err == nil) != want || len(out) == 0 {
			t.Errorf("chartroom %.40q: %v\n%s", args, err, out)
		}
		if args[0] != "case" || args[1] != "verify" {
			holds(t, fmt.Sprintf("the output of chartroom %.30q", args), out)
		}
	}
	run(true, "scan", filepath.Join(estate, "people.csv"), filepath.Join(estate, "note.txt"), filepath.Join(estate, "table.zip"))
	run(true, "case", "open", "--title", "Planted", "--text", claim, "--actor", "Team X", "--public")
	for _, form := range []string{"table", "json", "csv"} {
		for _, file := range []string{"people.csv", "headerless.csv", "one.fhir.json", "table.zip", "broken.json", "note.txt", "book.xlsx"} {
			run(true, "claim", "--sample", filepath.Join(estate, file), "--known-leak", filepath.Join(estate, "card.vcf"), "-o", form)
		}
	}
	v := plantedValues
	typed := []string{"her number is " + v["ssn"], "MRN: " + v["mrn"], "Patient: " + v["given name"] + " " + v["family name"] + ", DOB " + v["birth"], v["family name"] + ", " + v["given name"] + " " + v["birth"]}
	for _, words := range typed {
		for _, args := range [][]string{{"note", words}, {"evidence", claim, "--custody", words}, {"fact", "encrypted", "no", "--source", words}, {"fact", "encrypted", "no", "--source", "x", "--why", words},
			{"level", "C1", "--why", words}, {"decide", "--question", "x", "--decision", "y", "--reason", words}, {"decide", "--question", words, "--decision", "y", "--reason", "z"},
			{"decide", "--question", "x", "--decision", "y", "--reason", "z", "--dissent", words}, {"approve", "B1", "--by", words}, {"approve", "H1", "--fill", "phone=" + words, "--fill", "web=w", "--fill", "press=p"},
			{"factors", "people", "--close", "low", "--by", "Ada", "--reason", words}, {"close", "--why", words}} {
			run(false, append([]string{"case"}, args...)...)
		}
	}
	run(true, "case", "level", "--sample", filepath.Join(estate, "table.zip"), "--happened", "10m")
	run(true, "case", "decide", "--question", "Is it a breach?", "--decision", "yes", "--reason", "a sample was matched", "--breach")
	run(true, "case", "approve", "B1")
	for _, form := range []string{"table", "json", "csv"} {
		for _, args := range [][]string{{"show"}, {"clock"}, {"log"}, {"obligations"}, {"factors"}, {"factors", "people"}, {"texts", "--all"}, {"board"}, {"list"}} {
			run(true, append(append([]string{"case"}, args...), "-o", form)...)
		}
	}
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(home, "case.pack")
	run(true, "case", "pack", file, "--to", key.Recipient().String())
	unpacked(t, file, key)
	err = filepath.WalkDir(home, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		holds(t, path, b)
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// unpacked looks into each file of a pack: behind its first line stands an age file with a tar archive, and then a sum of 32 bytes.
func unpacked(t *testing.T, path string, key age.Identity) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	begin := bytes.IndexByte(b, '\n') + 1
	plain, err := age.Decrypt(bytes.NewReader(b[begin:len(b)-32]), key)
	if err != nil {
		t.Fatal(err)
	}
	files := 0
	for in := tar.NewReader(plain); ; files++ {
		head, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		inside, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		holds(t, "in the pack, "+head.Name, append([]byte(head.Name+"\n"), inside...))
	}
	if files < 30 {
		t.Errorf("the pack has %d files", files)
	}
}
