package source

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestSecretFile(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, c := range []struct{ name, text, want string }{{"line", "correct horse\n", "correct horse"}, {"bare", "x", "x"}, {"dos", "x y\r\nz\r\n", "x y"}} {
		if got, err := SecretFile(file(c.name, c.text, 0o600)); err != nil || got != c.want {
			t.Errorf("%s: %q %v", c.name, got, err)
		}
	}
	for _, path := range []string{file("empty", "\n", 0o400), filepath.Join(dir, "nowhere"), dir} {
		var te *TargetError
		if _, err := SecretFile(path); !errors.As(err, &te) || te.Hint == "" {
			t.Errorf("%s: %v", path, err)
		}
	}
	if runtime.GOOS == "windows" {
		return
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o644} {
		_, err := SecretFile(file("open"+mode.String(), "hunter2", mode))
		if err == nil || !strings.Contains(err.Error(), "others may read") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("mode %s: %v", mode, err)
		}
	}
}

func TestPasswordFileOfAnAddress(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte("correct horse\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := ParseAddress("postgres://reader@ehr/portal?password_file=" + path + "&sslmode=require")
	if err != nil || a.Password != "correct horse" || !a.Named || a.RawQuery != "sslmode=require" {
		t.Errorf("%+v %v", a, err)
	}
	if _, err := ParseAddress("postgres://reader@ehr/portal?password_file=/nowhere"); err == nil {
		t.Error("a password of a file that is not there")
	}
}
