package files

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
	"github.com/chartroom/chartroom/source/sourcetest"
)

// oddNames are names that a form for showing could lose.
var oddNames = []string{"new\nline", "\xff\xfe", "50%", "%41", "a\\b", `\x61`, "tab\t", "ü", "\xc3", "dots..", " ", "-", "~", "a!", "q?versionId=1", strings.Repeat("x", 255),
	strings.Repeat("\xf0", 250), "in\nside/" + strings.Repeat("d", 200) + "/" + strings.Repeat("e", 200) + "/\x01"}

func TestOddNamesAreFoundAgain(t *testing.T) {
	dir := t.TempDir()
	for _, name := range oddNames {
		write(t, dir, name, "of "+name)
	}
	for from, to := range map[string]string{"loop": "loop", "out": "/etc/hostname", "within": "50%", "broken": "nothing"} {
		if err := os.Symlink(to, filepath.Join(dir, from)); err != nil {
			t.Fatal(err)
		}
	}
	sourcetest.Finds(t, func(t testing.TB) source.Source { return tree(t, dir) })
}

func tree(t testing.TB, path string) *Tree {
	t.Helper()
	tree, err := Open(path, "")
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestASingleFileIsFoundAgain(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "one\nfile.csv", "x")
	sourcetest.Finds(t, func(t testing.TB) source.Source { return tree(t, filepath.Join(dir, "one\nfile.csv")) })
}

func TestNothingIsFoundBehindALinkOrOutside(t *testing.T) {
	outside, dir := t.TempDir(), t.TempDir()
	write(t, outside, "secret.csv", "x")
	write(t, dir, "folder/file.csv", "x")
	write(t, dir, "file.csv", "x")
	for from, to := range map[string]string{"away": outside, "within": "folder", "folder/up": ".."} {
		if err := os.Symlink(to, filepath.Join(dir, from)); err != nil {
			t.Fatal(err)
		}
	}
	up, err := filepath.Rel(dir, outside)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"away/secret.csv", "within/file.csv", "folder/up/file.csv", up + "/secret.csv", filepath.Join(outside, "secret.csv"), "folder", "within",
		"./file.csv", "folder//file.csv", "folder/../file.csv", "file.csv/", "file.csv/x"} {
		it, err := tree(t, dir).Find(t.Context(), source.Item{Path: path})
		var gap *source.GapError
		if !errors.As(err, &gap) || gap.Reason != estate.GapVanished && gap.Reason != estate.GapUnreadable {
			t.Errorf("%s was found: %+v, %v", path, it, err)
		}
	}
	gone := tree(t, dir)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	var gap *source.GapError
	if _, err := gone.Find(t.Context(), source.Item{Path: "file.csv"}); err == nil || errors.As(err, &gap) {
		t.Errorf("in a tree that is gone as a whole: %v", err)
	}
}

func TestDisplayIsUndone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := string(rapid.SliceOf(rapid.SampledFrom([]byte("ab\\x01cé\xff\x00\n\x7f/%"))).Draw(t, "name"))
		if got, ok := source.Undisplay(source.Display(name)); !ok || got != name {
			t.Fatalf("%q came back as %q", name, got)
		}
		if got, ok := source.Undisplay(name); ok && source.Display(got) != name {
			t.Fatalf("%q has two forms", got)
		}
	})
}
