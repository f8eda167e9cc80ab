package all_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
)

// message is a mail about the n-th person.
func message(n int) string {
	return fmt.Sprintf("From: desk@lakeside.example\r\nTo: records@lakeside.example\r\nSubject: chart\r\nDate: Mon, 5 Jan 2026 10:00:00 +0000\r\n\r\nPatient %s %s, MRN %s, SSN %s, born %s, is treated for opioid dependence.\r\n",
		given[n%len(given)], family[n%len(family)], mrn(n), ssn(n), born(n))
}

// TestExportsOfMail: a folder that somebody exported is surveyed as a path: Maildir with its folders, an mbox within the zip of a takeout;
// what Outlook writes is a gap that says so.
func TestExportsOfMail(t *testing.T) {
	dir := t.TempDir()
	put := func(name string, text []byte) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("Maildir/cur/1767607200.M1P1.mail,S=300_2,S", []byte(message(0)))
	put("Maildir/.Sent/cur/1767607200.M2P1.mail,S=300_2,S", []byte(message(1)))
	if err := os.Mkdir(filepath.Join(dir, "Maildir", "tmp"), 0o700); err != nil {
		t.Fatal(err)
	}
	var zipped bytes.Buffer
	z := zip.NewWriter(&zipped)
	w, err := z.Create("Takeout/Mail/All mail Including Spam and Trash.mbox")
	if err != nil {
		t.Fatal(err)
	}
	for n := range 20 {
		fmt.Fprintf(w, "From 1800000000000000000@xxx Mon Jan 05 10:00:00 +0000 2026\r\n%s\r\n", message(n))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	put("takeout-20260105T100000Z-001.zip", zipped.Bytes())
	put("purview/mailbox.pst", append([]byte("!BDN"), make([]byte, 1000)...))
	put("purview/mailbox.ost", append([]byte("!BDN"), make([]byte, 1000)...))
	cat := newCatalog(t)
	books, err := survey(t, cat, dir)
	if err != nil || books.Listed != 5 {
		t.Fatalf("%+v %v", books, err)
	}
	all := items(t, cat)
	const mbox = "takeout-20260105T100000Z-001.zip!/Takeout/Mail/All mail Including Spam and Trash.mbox"
	for name, people := range map[string]int64{"Maildir/cur/1767607200.M1P1.mail,S=300_2,S": 1, "Maildir/.Sent/cur/1767607200.M2P1.mail,S=300_2,S": 1, mbox: 20} {
		if r, ok := all[name]; !ok || r.Verdict != "phi" || r.People.Estimate != people {
			t.Errorf("%s: %+v; there are %q", name, r, slices.Sorted(maps.Keys(all)))
		}
	}
	gaps := map[string]string{}
	if err := cat.EachGap(t.Context(), audit.Local(), catalog.Filter{}, func(g catalog.Gap) error { gaps[g.Item] = g.Detail; return nil }); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"purview/mailbox.pst", "purview/mailbox.ost"} {
		if !strings.Contains(gaps[name], "Outlook store") {
			t.Errorf("%s: %q of %q", name, gaps[name], gaps)
		}
	}
}
