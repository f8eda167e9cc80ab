package threats

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestRemembered: what was kept is recalled; where there is nothing yet, nothing; what is damaged, foreign or too large is refused.
func TestRemembered(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "state.json")
	if r, err := recall(path); err != nil || len(r.Paths) != 0 || !r.Seen.IsZero() {
		t.Fatal(r, err)
	}
	now := &remembered{Version: rememberedVersion, Seen: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), Paths: map[string]bool{"aa": true, "bb": false}}
	if err := now.keep(path); err != nil {
		t.Fatal(err)
	}
	r, err := recall(path)
	if err != nil || !r.Seen.Equal(now.Seen) || len(r.Paths) != 2 || !r.Paths["aa"] || r.Paths["bb"] {
		t.Error(r, err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".threat-*")); len(left) > 0 {
		t.Error("left behind:", left)
	}
	for name, text := range map[string]string{"damaged": "{", "another": `{"version":9,"paths":{}}`, "empty": "{}", "too large": strings.Repeat(" ", mostRemembered+1)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if r, err := recall(path); err == nil {
			t.Error(name, r)
		}
	}
	if err := now.keep(filepath.Join(dir, "nowhere", "state.json")); err == nil {
		t.Error("it was kept where nothing can be")
	}
}

func TestEndsWith(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       bool
	}{{"okta#ann@example.org", "ann", true}, {"okta#ann@example.org", "ann@example.org", true}, {"box-local#keeper", "keeper", true}, {"okta#joann@example.org", "ann", false}, {"okta#ann", "okta#ann", false}, {"okta#annabel", "ann", false}} {
		if got := endsWith(c.name, c.text); got != c.want {
			t.Errorf("%s ends with %s: %v", c.name, c.text, got)
		}
	}
}
