package cases

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAPassphraseIsTheFirstLineOfAFile(t *testing.T) {
	p := &Program{Usage: fmt.Errorf}
	file := filepath.Join(t.TempDir(), "pass")
	if err := os.WriteFile(file, []byte("correct horse\nbattery\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := secret(file); err != nil || text != "correct horse" {
		t.Error(text, err)
	}
	if to, err := p.recipients(nil, file); err != nil || len(to) != 1 {
		t.Error(to, err)
	}
	if keys, err := p.identities("", file); err != nil || len(keys) != 1 {
		t.Error(keys, err)
	}
	if _, err := p.recipients([]string{"age1x"}, file); err == nil {
		t.Error("both at once")
	}
	if _, err := p.identities(file, ""); err == nil || strings.Contains(err.Error(), "horse") {
		t.Error(err)
	}
	if err := os.WriteFile(file, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := secret(file); err == nil {
		t.Error("an empty passphrase")
	}
}
