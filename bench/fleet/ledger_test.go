package main

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
)

// TestLedgerSeesFaults: a shard that is done twice, one that is left, one that is given up.
func TestLedgerSeesFaults(t *testing.T) {
	const done = `UPDATE shards SET state = 1 WHERE id = `
	for name, c := range map[string]struct {
		steps []string
		want  string // in the error; "" = none
	}{
		"all done":        {[]string{done + "1", done + "2"}, ""},
		"done by a retry": {[]string{`UPDATE shards SET attempts = 2 WHERE id = 1`, done + "1", done + "2"}, ""},
		"replaced":        {[]string{done + "1", `DELETE FROM shards WHERE id = 2`}, ""},
		"ended":           {[]string{done + "1", done + "2", `DELETE FROM shards`}, ""},
		"left":            {[]string{done + "1"}, "1 open"},
		"given up":        {[]string{done + "1", `UPDATE shards SET state = 2 WHERE id = 2`}, "1 given up"},
		"done twice":      {[]string{done + "1", done + "2", done + "1"}, "UNIQUE"},
		"done and undone": {[]string{done + "1", `UPDATE shards SET state = 0 WHERE id = 1`, done + "1"}, "UNIQUE"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "catalog.db")
			db, err := sql.Open("sqlite", file)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.Exec(`CREATE TABLE shards (id INTEGER PRIMARY KEY, run INTEGER, state INTEGER, attempts INTEGER)`); err != nil {
				t.Fatal(err)
			}
			l, err := openLedger(file)
			if err != nil {
				t.Fatal(err)
			}
			_, err = db.Exec(`INSERT INTO shards VALUES (1, 7, 0, 0), (2, 7, 0, 0)`)
			for _, s := range c.steps {
				if err == nil {
					_, err = db.Exec(s)
				}
			}
			if err == nil {
				_, err = l.check()
			}
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}
