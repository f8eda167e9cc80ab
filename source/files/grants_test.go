//go:build linux

package files

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/chartroom/chartroom/estate"
)

// grants gives the facts of a tree by kind, a line each; those of modes relative to the tree.
func grants(t testing.TB, root string) map[string][]string {
	t.Helper()
	tree, err := Open(root, "")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	err = tree.Grants(t.Context(), func(g estate.Grant) error {
		if g.System != "posix" || g.Scope == "" || g.Repository != tree.Repository().Name || g.From == "" {
			t.Errorf("a fact does not say where it is from: %+v", g)
		}
		target, below := strings.CutPrefix(g.Target, tree.root)
		if g.Kind == "dir" && !below {
			return nil // above the tree
		}
		out[g.Kind] = append(out[g.Kind], strings.TrimRight(strings.Join([]string{g.Principal, target, g.Detail, g.Why}, "|"), "|"))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// plant makes files and directories with their modes.
func plant(t testing.TB, root string, modes map[string]os.FileMode) {
	t.Helper()
	for name, mode := range modes {
		path := filepath.Join(root, name)
		dir := path
		if !strings.HasSuffix(name, "/") {
			dir = filepath.Dir(path)
		}
		err := os.MkdirAll(dir, 0o755)
		if err == nil && dir != path {
			err = os.WriteFile(path, nil, 0o600)
		}
		if err == nil {
			err = os.Chmod(path, mode)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestGrantsWhereSomethingChanges: a mode is told where it differs from that above it, and not otherwise.
func TestGrantsWhereSomethingChanges(t *testing.T) {
	root := t.TempDir()
	plant(t, root, map[string]os.FileMode{"a": 0o640, "b": 0o640, "odd": 0o604, "same/": 0o755, "same/c": 0o640, "closed/": 0o700, "closed/deep/": 0o700, "closed/deep/d": 0o600,
		"closed/open/": 0o755, "closed/empty/": 0o700, "drop/": os.ModeSticky | 0o777})
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(root, "link")); err != nil {
		t.Fatal(err)
	}
	detail := func(mode string) string {
		return fmt.Sprintf(`|{"gid":%d,"mode":"%s","uid":%d}`, os.Getegid(), mode, os.Geteuid())
	}
	got := grants(t, root)
	for kind, want := range map[string][]string{
		"dir":   {"|/" + detail("0755"), "|/closed/" + detail("0700"), "|/closed/open/" + detail("0755"), "|/drop/" + detail("1777")},
		"files": {"|/" + detail("0640"), "|/closed/deep/" + detail("0600")},
		"file":  {"|/odd" + detail("0604")},
		"tree":  {fmt.Sprintf(`||{"file":false,"repository":"file://%s"}`, root)},
	} {
		if diff := cmp.Diff(want, got[kind]); diff != "" {
			t.Errorf("%s: %s", kind, diff)
		}
	}
	if len(got["user"]) == 0 || len(got["group"]) == 0 || len(got["mount"]) == 0 {
		t.Errorf("%q", got)
	}
	if one := grants(t, filepath.Join(root, "odd")); len(one["file"]) != 1 || len(one["dir"]) != 0 {
		t.Errorf("a tree of one file: %q", one)
	}
}

// TestGrantsStayFew: files of random modes are told together, and a thousand like each other as one.
func TestGrantsStayFew(t *testing.T) {
	root := t.TempDir()
	modes := map[string]os.FileMode{}
	for i := range 1000 {
		modes[fmt.Sprintf("wild/%d", i)] = os.FileMode(0o400 + i%100)
		modes[fmt.Sprintf("tame/%d/%d", i%10, i)] = 0o640
	}
	plant(t, root, modes)
	got := grants(t, root)
	if n := len(got["file"]) + len(got["files"]) + len(got["dir"]) + len(got["mixed"]); n > 20 || len(got["mixed"]) != 1 || strings.Count(got["mixed"][0], `"mode"`) != 100 {
		t.Errorf("%d facts of modes: %q", n, got)
	}
}

func TestAccessLists(t *testing.T) {
	entry := func(b []byte, tag, perm uint16, id uint32) []byte {
		return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(b, tag), perm), id)
	}
	b := binary.LittleEndian.AppendUint32(nil, 2)
	for _, e := range [][3]uint32{{1, 6, 1<<32 - 1}, {2, 4, 4711}, {4, 0, 1<<32 - 1}, {8, 5, 100}, {16, 4, 1<<32 - 1}, {32, 0, 1<<32 - 1}} {
		b = entry(b, uint16(e[0]), uint16(e[1]), e[2])
	}
	want := []string{"user::rw-", "user:4711:r--", "group::---", "group:100:r-x", "mask::r--", "other::---"}
	got, err := parseACL(b)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	for _, bad := range [][]byte{nil, b[:3], b[:7], {1, 0, 0, 0}, entry(b[:4:4], 3, 1, 1), entry(b[:4:4], 1, 8, 1)} {
		if got, err := parseACL(bad); err == nil {
			t.Errorf("%x: %q", bad, got)
		}
	}
	root := t.TempDir()
	plant(t, root, map[string]os.FileMode{"a": 0o640})
	if err := unix.Setxattr(filepath.Join(root, "a"), "system.posix_acl_access", b, 0); err != nil {
		t.Skipf("skipped: the filesystem has no access lists: %v", err)
	}
	if got := grants(t, root)["files"]; len(got) != 1 || !strings.Contains(got[0], `"acl":["user::rw-","user:4711:r--"`) {
		t.Errorf("%q", got)
	}
}

func FuzzParseACL(f *testing.F) {
	f.Add([]byte{2, 0, 0, 0})
	f.Add([]byte{2, 0, 0, 0, 1, 0, 7, 0, 255, 255, 255, 255, 2, 0, 4, 0, 9, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, err := parseACL(b); err == nil && len(got) != (len(b)-4)/8 {
			t.Errorf("%d entries in %d bytes", len(got), len(b))
		}
	})
}

// BenchmarkGrants walks a tree of 10,000 files, or as many as CHARTROOM_FILES says.
func BenchmarkGrants(b *testing.B) {
	n := 10_000
	if text := os.Getenv("CHARTROOM_FILES"); text != "" {
		if _, err := fmt.Sscan(text, &n); err != nil {
			b.Fatal(err)
		}
	}
	root := b.TempDir()
	for i := range n {
		dir := filepath.Join(root, fmt.Sprint(i%1000))
		if i < 1000 {
			if err := os.Mkdir(dir, 0o755); err != nil {
				b.Fatal(err)
			}
		}
		mode := os.FileMode(0o640)
		if i%997 == 0 {
			mode = 0o600
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(i)), nil, mode); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		facts := 0
		for _, lines := range grants(b, root) {
			facts += len(lines)
		}
		b.ReportMetric(float64(facts), "facts")
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "files/s")
}
