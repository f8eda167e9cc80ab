package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chartroom/chartroom/demo"
	"github.com/chartroom/chartroom/review/compare"
)

// compared runs the command and reads its answer.
func compared(t *testing.T, args ...string) (c compare.Comparison, verdicts map[string]compare.Verdict) {
	t.Helper()
	out, _ := typedIn(t, 0, append([]string{"compare", "-o", "json"}, args...)...)
	if err := json.Unmarshal([]byte(out), &c); err != nil {
		t.Fatal(err)
	}
	verdicts = map[string]compare.Verdict{}
	for _, r := range c.Rows {
		verdicts[r.Name] = r.Verdict
	}
	return c, verdicts
}

// TestBeforeBesideAfter mends one thing after the other in the demo's estate, and each time exactly its measure is better.
func TestBeforeBesideAfter(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	if _, err := demo.Write(dir, demo.Options{People: 300}); err != nil {
		t.Fatal(err)
	}
	file, catalog := filepath.Join(dir, demo.EstateFile), filepath.Join(dir, "c.db")
	flags := []string{"-c", file, "--catalog", catalog, "--key", filepath.Join(dir, "key")}
	scan := func() string {
		typedIn(t, 0, append([]string{"scan"}, flags...)...)
		time.Sleep(20 * time.Millisecond)
		now := time.Now().Format(time.RFC3339Nano)
		time.Sleep(20 * time.Millisecond)
		return now
	}
	mend := func(name, old, mended string) {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err == nil && !strings.Contains(string(text), old) {
			t.Fatalf("%s has no %q", name, old)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), []byte(strings.ReplaceAll(string(text), old, mended)), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	ask := func(custodian, before string) (compare.Comparison, map[string]compare.Verdict) {
		return compared(t, append(flags, custodian, "--as-of", before+",now")...)
	}
	before := scan()
	if c, v := compared(t, append(flags, "Meridian", "Harbor")...); v["unregistered"] != compare.Better || v["mfa"] != compare.Better || v["encryption"] != compare.NotKnown || v["largest_foothold"] != compare.Equal || !strings.Contains(c.Decision, "Meridian is the bigger one") {
		t.Errorf("%s %v", c.Decision, v)
	}
	for _, m := range []struct{ measure, file, old, mended string }{
		{"unregistered", demo.EstateFile, "\ndeclared:\n", "  - {repository: harbor, classification: restricted, registered: 2026-01-01}\n\ndeclared:\n"},
		{"mfa", "access/okta_users.csv", ",sms,", ",phishing_resistant,"},
	} {
		mend(m.file, m.old, m.mended)
		after := scan()
		custodian := map[string]string{"unregistered": "Harbor", "mfa": "Lakeside"}[m.measure]
		c, v := ask(custodian, before)
		for name, verdict := range v {
			if want := map[bool]compare.Verdict{true: compare.Better, false: compare.Equal}[name == m.measure]; verdict != want {
				t.Errorf("%s is mended: %s is %s", m.measure, name, verdict)
			}
		}
		if !c.Decided || !strings.HasPrefix(c.Decision, "Safer than before") {
			t.Error(c.Decision)
		}
		before = after
	}
	typedIn(t, exitUsage, append(flags, "compare", "Harbor")...)
	typedIn(t, exitUsage, append(flags, "compare", "Harbor", "Nobody")...)
	typedIn(t, exitNot, append(flags, "compare", "Harbor", "--as-of", "2001-01-01,now")...)
}

// TestDocumentsOfAReview: what the commands answer stands in the documents.
func TestDocumentsOfAReview(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	typedIn(t, 0, "demo", "--dir", dir, "--people", "300")
	flags := []string{"--catalog", filepath.Join(dir, "catalog.db"), "-c", filepath.Join(dir, demo.EstateFile)}
	out := filepath.Join(dir, "out")
	typedIn(t, 0, append(flags, "review", "--out", out)...)
	c, _ := compared(t, append(flags, "Meridian", "Lakeside")...)
	page, err := os.ReadFile(filepath.Join(out, "board.html"))
	if err != nil || !strings.Contains(string(page), c.Decision) {
		t.Errorf("the page has no %q: %v", c.Decision, err)
	}
	var whole struct {
		Ledger struct{ Gaps []struct{ ID string } }
	}
	text, err := os.ReadFile(filepath.Join(out, "review.json"))
	if err == nil {
		err = json.Unmarshal(text, &whole)
	}
	if err != nil || len(whole.Ledger.Gaps) == 0 {
		t.Fatal(whole, err)
	}
	gaps, _ := os.ReadFile(filepath.Join(out, "gaps.csv"))
	review, _ := os.ReadFile(filepath.Join(out, "review.html"))
	for _, g := range whole.Ledger.Gaps {
		if !strings.Contains(string(gaps), g.ID) || !strings.Contains(string(review), g.ID) {
			t.Errorf("%s is not in every form", g.ID)
		}
	}
	for _, name := range []string{"board.pdf", "review.pdf", "ledger.csv", "compare-lakeside-clinics.csv"} {
		if info, err := os.Stat(filepath.Join(out, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Error(name, err)
		}
	}
}
