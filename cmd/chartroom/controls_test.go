package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/chartroom/chartroom/access/keep"
	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/review"
	"github.com/chartroom/chartroom/review/gather"
	"github.com/chartroom/chartroom/source/servertest"
)

// patients makes a table of patients in the SQL of both servers.
func patients() []string {
	rows := make([]string, 60)
	for i := range rows {
		rows[i] = fmt.Sprintf("('10%06d', '2%02d-4%d-83%02d', 'Plantagenet', 'Ada', '19%02d-03-04', 'F11.20')", i, i%90, i%10, i%100, 20+i%70)
	}
	return []string{"CREATE TABLE patients (mrn VARCHAR(20), ssn VARCHAR(11), last_name VARCHAR(40), first_name VARCHAR(40), birth_date DATE, icd10 VARCHAR(8))",
		"INSERT INTO patients VALUES " + strings.Join(rows, ", ")}
}

// described makes the demo's estate with two servers more, an account for emergencies and an incident that was led: all that a
// collector can see is there, and all that somebody can say is said.
func described(t *testing.T) (dir string, flags []string) {
	t.Helper()
	dir = t.TempDir()
	typedIn(t, 0, "demo", "--dir", dir, "--people", "200")
	pg, maria := servertest.StartPostgres(t), servertest.StartMariaDB(t)
	pg.Database(t, "clinic", "reader", "reader-secret")
	maria.Database(t, "clinic", "reader", "reader-secret")
	pg.Exec(t, "clinic", patients()...)
	pg.Exec(t, "clinic", "GRANT SELECT ON patients TO reader")
	maria.Exec(t, "clinic", patients()...)
	t.Setenv("READER", "reader-secret")
	for _, fault := range repairs {
		apply(t, dir, fault, false)
	}
	targets := ""
	for _, url := range []string{"postgres://reader@" + pg.Address() + "/clinic?sslmode=require", "mysql://reader@" + maria.Address() + "/clinic?tls=skip-verify"} {
		targets += fmt.Sprintf("  - {url: '%s', password: {env: READER}, custodian: Lakeside Clinics, owner: it@lakeside.example}\n", url)
	}
	apply(t, dir, []repair{{"estate.yaml", "targets:\n", "targets:\n" + targets},
		{"estate.yaml", "declared:\n", "declared:\n  - {type: attestation, name: Training of the workforce, by: HR, as_of: 2025-12-01, is: {csf: 'PR.AT-01; PR.AT-02', hipaa: 45 CFR 164.308(a)(5)(i)}}\n" +
			"  - {type: attestation, name: HITRUST r2, by: an assessor, as_of: 2024-01-15, until: 2026-01-15, is: {hipaa: all}}\n"},
		{"access/entra_users.csv", "login,display name,mfa,status,last login\n", "login,display name,mfa,status,last login,break glass\nemergency@meridian.example,Emergency,phishing_resistant,active,never,yes\n"}}, false)
	flags = []string{"--catalog", filepath.Join(dir, "catalog.db"), "--key", filepath.Join(dir, "key")}
	claim := filepath.Join(dir, "claim.txt")
	if err := os.WriteFile(claim, []byte("We have the archive. Pay."), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, command := range [][]string{{"scan", "-c", filepath.Join(dir, "estate.yaml")}, {"case", "open", "--title", "Archive", "--text", claim, "--custodian", "Harbor Archive"}, {"case", "approve", "B1", "--by", "Ada Officer"},
		{"case", "level", "C1", "--why", "a sample was looked at"}, {"case", "evidence", claim, "--custody", "from the web page"}, {"case", "decide", "--question", "Is it a breach?", "--decision", "not yet", "--reason", "nothing was matched"}} {
		typedIn(t, 0, append(command, flags...)...)
	}
	return dir, flags
}

// TestMostRowsAreEvidenced: on a fully described estate collectors evidence at least 60 % of the rows that concern assets, access, data,
// logging, suppliers and response, of the CSF and of HIPAA; and no row is called evidenced without evidence that opens.
func TestMostRowsAreEvidenced(t *testing.T) {
	dir, flags := described(t)
	c, err := openCatalog(t.Context(), filepath.Join(dir, "catalog.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r, err := gather.Review(t.Context(), c, keep.Question{Who: audit.Local(), Now: time.Now(), Version: version()})
	if err != nil {
		t.Fatal(err)
	}
	opened := map[string]bool{}
	for _, name := range []string{"csf", "hipaa", "sp800-66"} {
		out, _ := typedIn(t, 0, append([]string{"review", "--framework", name, "-o", "json"}, flags...)...)
		var a review.ControlsAnswer
		if err := json.Unmarshal([]byte(out), &a); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d of %d counted rows are evidenced, %.0f %%; of all %d: %v, %v", name, a.Counted.Done, a.Counted.Of, a.Counted.Percent, len(a.Rows), a.Counts, a.Outcomes)
		if name != "sp800-66" && (a.Counted.Percent < 60 || a.Counted.Of < 40) {
			t.Errorf("%s: %d of %d", name, a.Counted.Done, a.Counted.Of)
		}
		for _, row := range a.Rows {
			if row.Topic != "" && row.Status != review.Evidenced && len(row.Checks) > 0 {
				t.Logf("  %s is %s: %s", row.ID, row.Status, row.Says)
			}
			proven := false
			for _, res := range row.Results {
				for _, e := range res.Evidence {
					proven = proven || e.Basis != review.Declared
					if !opened[e.ID] {
						_, ok, err := r.Open(e.ID)
						if opened[e.ID] = true; !ok || err != nil {
							t.Errorf("%s: %s opens nothing: %v", row.ID, e.ID, err)
						}
					}
				}
			}
			if proven != (row.Status == review.Evidenced) && row.Outcome != review.Undecided {
				t.Errorf("%s is %s, evidence of collectors: %v", row.ID, row.Status, proven)
			}
		}
	}
	attested(t, flags)
	official(t, flags)
	for id := range opened {
		if kind, _, _ := strings.Cut(id, ":"); !opened[kind] { // one of each kind, as a user opens it
			opened[kind] = true
			typedIn(t, 0, append([]string{"review", "--evidence", id}, flags...)...)
		}
	}
	typedIn(t, 2, append([]string{"review", "--evidence", "fact:999999999"}, flags...)...)
}

// official holds the OSCAL documents against the schema.
func official(t *testing.T, flags []string) {
	schemas := jsonschema.NewCompiler()
	schemas.AssertFormat()
	for command, definition := range map[string]string{"--framework csf": "document-ar", "--framework hipaa": "document-ar", "--framework sp800-66": "document-ar", "--tickets": "document-poam"} {
		s, err := schemas.Compile("../../review/oscal/testdata/oscal-1.1.json#/definitions/" + definition)
		if err != nil {
			t.Fatal(err)
		}
		out, _ := typedIn(t, 0, append(append([]string{"review", "-o", "oscal"}, strings.Fields(command)...), flags...)...)
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(out))
		if err == nil {
			err = s.Validate(doc)
		}
		if err != nil {
			t.Errorf("%s: %v", command, err)
		}
	}
}

// attested checks that what somebody said stands beside what was measured, with its age.
func attested(t *testing.T, flags []string) {
	out, _ := typedIn(t, 0, append([]string{"review", "--framework", "hipaa", "-o", "json"}, flags...)...)
	var a review.ControlsAnswer
	if err := json.Unmarshal([]byte(out), &a); err != nil {
		t.Fatal(err)
	}
	for _, row := range a.Rows {
		switch row.ID {
		case "45 CFR 164.312(d)":
			if row.Status != review.Evidenced || len(row.Attested) != 1 || !row.Attested[0].Outdated || row.Attested[0].AgeDays < 300 || row.Attested[0].Measured != row.Outcome {
				t.Errorf("the certificate does not stand beside the measurement: %+v", row)
			}
		case "45 CFR 164.308(a)(5)(i)":
			if row.Status != review.Attested || !strings.Contains(row.Says, "HR on 2025-12-01") {
				t.Errorf("training: %s, %s", row.Status, row.Says)
			}
		case "45 CFR 164.308(a)(1)(ii)(C)":
			if row.Status != review.Missing {
				t.Errorf("the sanction policy is %s by a certificate that is out of date", row.Status)
			}
		}
	}
}
