package catalog

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
)

// TestRestored seals the large catalog into a backup, restores that, and asks both the same, by the program as somebody would: each answer must
// be the same to the last byte.
func TestRestored(t *testing.T) {
	path := large(t)
	program, dir := built(t), t.TempDir()
	run := func(args ...string) {
		t.Helper()
		began := time.Now()
		if out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", args[:2], err, out)
		}
		t.Logf("%s: %v", strings.Join(args[:2], " "), time.Since(began).Round(time.Second))
	}
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	key, sealed, back := filepath.Join(dir, "identity.txt"), filepath.Join(dir, "catalog.age"), filepath.Join(dir, "restored.db")
	if err := os.WriteFile(key, []byte(identity.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run("catalog", "backup", sealed, "--recipient", identity.Recipient().String(), "--catalog", path)
	run("catalog", "restore", sealed, "--identity", key, "--catalog", back)
	some := populous()
	for _, args := range [][]string{{"where"}, {"where", "--sensitivity", "SUD"}, {"where", "--sensitivity", "SUD,HIV"}, {"where", "--custodian", "Custodian 03"}, {"where", "--state", "CA"},
		{"where", "--repository", some}, {"where", "--items", "--repository", some}, {"fields", some}, {"fields", "--limit", "100000"}, {"gaps"}} {
		began := time.Now()
		sum, bytes := answer(t, program, args, path)
		again, _ := answer(t, program, args, back)
		if sum != again || bytes == 0 {
			t.Errorf("%s: the restored catalog answers otherwise", strings.Join(args, " "))
		}
		t.Logf("%-40s the same %d bytes, %v", strings.Join(args, " "), bytes, time.Since(began).Round(time.Second))
	}
}

// answer is what the program says, as a hash, and how long it is.
func answer(t *testing.T, program string, args []string, catalog string) (sum string, bytes int64) {
	t.Helper()
	h := sha256.New()
	counted := writerFunc(func(b []byte) (int, error) {
		bytes += int64(len(b))
		return h.Write(b)
	})
	cmd := exec.CommandContext(t.Context(), program, append(args, "-o", "json", "--catalog", catalog)...)
	cmd.Stdout, cmd.Stderr = counted, os.Stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v", strings.Join(args, " "), err)
	}
	return fmt.Sprintf("%x", h.Sum(nil)), bytes
}

type writerFunc func([]byte) (int, error)

// Write implements io.Writer.
func (f writerFunc) Write(b []byte) (int, error) { return f(b) }
