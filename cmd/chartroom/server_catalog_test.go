package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/source/servertest"
	"github.com/google/go-cmp/cmp"
)

// TestTheCatalogMayStandOnAServer: the same commands, with an address in the place of a path, give the same answers.
func TestTheCatalogMayStandOnAServer(t *testing.T) {
	p := servertest.StartPostgres(t)
	p.Database(t, "estate", "keeper", "secret")
	p.Exec(t, "estate", `CREATE SCHEMA chartroom AUTHORIZATION keeper`)
	dir := t.TempDir()
	for name, v := range map[string]string{"HOME": dir, "XDG_DATA_HOME": dir + "/data", "XDG_CONFIG_HOME": dir + "/config", "PGPASSWORD": "", "PGPASSFILE": dir + "/none", "CATALOG_SECRET": "secret"} {
		t.Setenv(name, v)
	}
	var csv strings.Builder
	csv.WriteString("mrn,ssn,first_name,last_name,birth_date,state\n")
	for i := range 100 {
		fmt.Fprintf(&csv, "10%06d,2%02d-4%d-83%02d,Ada,Plantagenet,19%02d-03-04,CA\n", i, i%90, i%10, i%100, 20+i%70)
	}
	for name, text := range map[string]string{"people.csv": csv.String(), "odd\xff\\name.csv": csv.String(), "unknown.bin": "\x00\x01\x02\x03"} {
		if err := os.MkdirAll(filepath.Join(dir, "estate", "ward"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "estate", "ward", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	server := "postgres://keeper@" + p.Address() + "/estate?sslmode=disable"
	if _, errs := typedIn(t, exitNot, "where", "--catalog", server); !strings.Contains(errs, "docs/catalog.md") {
		t.Errorf("without its password: %s", errs)
	}
	server += "&password_env=CATALOG_SECRET"
	if _, errs := typedIn(t, exitNot, "where", "--catalog", server); !strings.Contains(errs, "there is no catalog at") {
		t.Errorf("before the first scan: %s", errs)
	}
	var told [2][]any
	for i, address := range []string{filepath.Join(dir, "catalog.db"), server} {
		for round := range 2 {
			_, errs := typedIn(t, 0, "scan", filepath.Join(dir, "estate"), "--catalog", address)
			if made := strings.Contains(errs, "made the catalog at "+address); made != (round == 0) {
				t.Errorf("round %d: %s", round, errs)
			}
		}
		for _, ask := range []string{"where", "fields", "gaps", "footholds"} {
			out, _ := typedIn(t, 0, ask, "-o", "json", "--catalog", address)
			var rows []map[string]any
			if err := json.Unmarshal([]byte(out), &rows); err != nil {
				t.Fatal(err)
			}
			for _, row := range rows {
				for _, of := range []string{"observed_at", "since", "evidence"} {
					delete(row, of)
				}
				told[i] = append(told[i], row)
			}
		}
	}
	if diff := cmp.Diff(told[0], told[1]); diff != "" || len(told[0]) < 5 {
		t.Errorf("%d answers; a file (-) and a server (+):\n%s", len(told[0]), diff)
	}
}
