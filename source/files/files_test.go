package files

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
	"github.com/google/go-cmp/cmp"
)

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// listing gives what a tree lists, a line a thing.
func listing(t *testing.T, path string) []string {
	t.Helper()
	tree, err := Open(path, "")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	err = tree.Items(context.Background(), func(l source.Listed) error {
		if l.Gap != nil {
			out = append(out, l.Gap.Path+": "+string(l.Gap.Reason))
			return nil
		}
		if !utf8.ValidString(l.Item.Path) || l.Item.Version == "" {
			t.Errorf("item %q has version %q", l.Item.Path, l.Item.Version)
		}
		out = append(out, l.Item.Path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

func TestEverythingIsListedOrAGap(t *testing.T) {
	dir, away := t.TempDir(), t.TempDir()
	write(t, dir, "a.csv", "x")
	write(t, dir, "sub/b.csv", "x")
	write(t, dir, "new\nline.txt", "x")
	write(t, dir, "bad\xffutf8.txt", "x")
	write(t, dir, `back\slash.txt`, "x")
	write(t, away, "far.txt", "x")
	for link, target := range map[string]string{"inside": filepath.Join(dir, "a.csv"), "outside": filepath.Join(away, "far.txt"), "broken": "nowhere",
		"loop": "loop", "up": dir} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", filepath.Join(dir, "sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	want := []string{"a.csv", "sub/b.csv", `new\x0aline.txt`, `bad\xffutf8.txt`, `back\x5cslash.txt`,
		"outside: not followed", "broken: broken link", "loop: loop", "pipe: special file", "sock: special file"}
	slices.Sort(want)
	if d := cmp.Diff(want, listing(t, dir)); d != "" {
		t.Error(d)
	}
}

func TestOneFileIsARepositoryToo(t *testing.T) {
	path := write(t, t.TempDir(), "a.csv", "x")
	if d := cmp.Diff([]string{"a.csv"}, listing(t, path)); d != "" {
		t.Error(d)
	}
}

func TestUnreadableDirectory(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may read everything")
	}
	dir := t.TempDir()
	write(t, dir, "shut/a.csv", "x")
	if err := os.Chmod(filepath.Join(dir, "shut"), 0); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(filepath.Join(dir, "shut"), 0o700)
	if d := cmp.Diff([]string{"shut: unreadable"}, listing(t, dir)); d != "" {
		t.Error(d)
	}
}

func first(t *testing.T, path string) (*Tree, source.Item) {
	t.Helper()
	tree, err := Open(path, "")
	if err != nil {
		t.Fatal(err)
	}
	var item source.Item
	if err := tree.Items(context.Background(), func(l source.Listed) error { item = l.Item; return nil }); err != nil {
		t.Fatal(err)
	}
	return tree, item
}

func TestVersionFollowsTheContent(t *testing.T) {
	path := write(t, t.TempDir(), "a.csv", "one")
	_, before := first(t, path)
	_, same := first(t, path)
	if before.Version != same.Version {
		t.Error("an untouched file has two versions")
	}
	old := time.Now().Add(-time.Hour)
	write(t, filepath.Dir(path), "a.csv", "two")
	if err := os.Chtimes(path, old, old); err != nil {
		t.Fatal(err)
	}
	_, after := first(t, path)
	if err := os.Chtimes(path, before.Modified, before.Modified); err != nil {
		t.Fatal(err)
	}
	if _, hidden := first(t, path); after.Version == before.Version || hidden.Version == before.Version {
		t.Error("a change that keeps size and time was not noticed")
	}
}

func TestAFileThatGrowsIsNoticed(t *testing.T) {
	path := write(t, t.TempDir(), "a.csv", "one")
	tree, item := first(t, path)
	body, err := tree.Open(context.Background(), item)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(body); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Dir(path), "a.csv", "one and more")
	if err := body.Close(); !errors.Is(err, source.ErrChanged) {
		t.Errorf("close: %v", err)
	}
}

func TestWhatTookAFilesPlaceIsNotOpened(t *testing.T) {
	path := write(t, t.TempDir(), "a.csv", "one")
	tree, item := first(t, path)
	for name, replace := range map[string]func() error{
		"nothing": func() error { return nil },
		"pipe":    func() error { return syscall.Mkfifo(path, 0o600) },
		"link":    func() error { return os.Symlink("/etc/passwd", path) },
	} {
		os.Remove(path)
		if err := replace(); err != nil {
			t.Fatal(err)
		}
		_, err := tree.Open(context.Background(), item)
		var gap *source.GapError
		if !errors.As(err, &gap) {
			t.Errorf("%s: %v", name, err)
		}
		if name == "nothing" && gap.Reason != estate.GapVanished {
			t.Errorf("a file that is gone is %s", gap.Reason)
		}
		if strings.Contains(err.Error(), path) {
			t.Errorf("%s: the error repeats the path: %v", name, err)
		}
	}
}

func TestAStopEndsTheWalk(t *testing.T) {
	dir := t.TempDir()
	for i := range 50 {
		write(t, dir, string(rune('a'+i%26))+string(rune('a'+i/26))+"/x", "x")
	}
	tree, _ := Open(dir, "")
	ctx, cancel := context.WithCancel(context.Background())
	err := tree.Items(ctx, func(source.Listed) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the walk ended with %v", err)
	}
	stop := errors.New("stop")
	if err := tree.Items(context.Background(), func(source.Listed) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("the walk ended with %v", err)
	}
}
