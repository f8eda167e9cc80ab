package playbook

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chartroom/chartroom/threat"
)

func shipped(t testing.TB) *threat.Book {
	t.Helper()
	b, err := Shipped()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestShippedRowsAreSound(t *testing.T) {
	b := shipped(t)
	if len(b.Rows) != 64 || b.Version != "19" {
		t.Errorf("%d rows for ATT&CK %s", len(b.Rows), b.Version)
	}
	asked := map[string]bool{threat.Lost: true, "custodian": true, "log_kept": true}
	for _, r := range b.Rows {
		if own := b.Technique(r.Technique); own == nil && !strings.HasPrefix(r.ID, "ST-") {
			t.Errorf("%s: %s is no technique of the version", r.ID, r.Technique)
		}
		for _, l := range slices.Concat(r.If, r.Gives) {
			asked[l.Predicate] = true
		}
		if !strings.HasPrefix(r.ID, "ST-") && (r.Evidence == "" || r.Mitigation == "" || r.Source == "") {
			t.Errorf("%s says not what would show it, what helps, or who says so", r.ID)
		}
	}
	for name, p := range b.Predicates {
		if !asked[name] {
			t.Errorf("no row asks for %s", name)
		}
		if p.Words == "" || !p.Attacker && p.Not == "" {
			t.Errorf("%s has no words", name)
		}
		if p.Silence == threat.Perhaps && p.Question == "" {
			t.Errorf("nobody can be asked for %s", name)
		}
		for _, also := range p.Also {
			if b.Predicates[also] == nil || b.Predicates[also].Arity != p.Arity {
				t.Errorf("%s takes away %s, too", name, also)
			}
		}
	}
}

// TestShippedRowsAreThoseOfTheTable holds what ships against the table that it is made of.
func TestShippedRowsAreThoseOfTheTable(t *testing.T) {
	shared := os.Getenv("CHARTROOM_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "shared")
	}
	text, err := os.ReadFile(filepath.Join(shared, "threat", "predicates.json"))
	if err != nil {
		t.Skip("the table is not here")
	}
	var table struct{ Estate, Attacker []string }
	if err := json.Unmarshal(text, &table); err != nil {
		t.Fatal(err)
	}
	b := shipped(t)
	for attacker, names := range map[bool][]string{false: table.Estate, true: table.Attacker} {
		for _, name := range names {
			if p := b.Predicates[name]; p == nil || p.Attacker != attacker {
				t.Errorf("%s is %+v", name, p)
			}
		}
	}
	text, err = os.ReadFile(filepath.Join(shared, "threat", "shinyhunters.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range b.Rows {
		if !strings.HasPrefix(r.ID, "ST-") && !strings.Contains(string(text), ","+r.ID+",") {
			t.Errorf("%s is not of the table", r.ID)
		}
	}
}

func TestRevokedTechniquesHaveWhatTookTheirPlace(t *testing.T) {
	b := shipped(t)
	if got := b.Technique("T1656"); got == nil || got.ID != "T1684.001" || got.Name != "Impersonation" {
		t.Errorf("T1656 is now %+v", got)
	}
	if b.Technique("T0000") != nil || b.Technique("") != nil {
		t.Error("a technique that is none was found")
	}
	if err := Extend(b, "own.csv", strings.NewReader("id,phase,step,technique,if,gives\nOWN-1,credential,Ask,T1656,user(U),cred(U)\n")); err != nil {
		t.Fatal(err)
	}
	if got := b.Rows[64].Technique; got != "T1684.001" {
		t.Errorf("a row of the user's names %s", got)
	}
	names, err := Names()
	if err != nil || names["M1032"] == "" || names["DET0539"] == "" {
		t.Errorf("the names of mitigations and detections: %v", err)
	}
}

func TestOwnRows(t *testing.T) {
	b := shipped(t)
	text := "\ufeffid,phase,crew,step,if,gives,breaks,log\n" +
		`OWN-1,pivot,ours,"Walk in","user(U) ; can_read(U, ""s3://archive/x (old)"");
			!mfa(U,fido2)",acts_as(U);reads("s3://archive/x (old)"),"mfa(U,fido2)",sign-in` + "\n"
	if err := Extend(b, "own.csv", strings.NewReader(text)); err == nil {
		t.Fatal("a field with a quotation mark in it, unquoted, was read")
	}
	text = strings.Replace(text, `acts_as(U);reads("s3://archive/x (old)")`, `"acts_as(U);reads(""s3://archive/x (old)"")"`, 1)
	if err := Extend(b, "own.csv", strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	u, store := threat.Term{Name: "U", Variable: true}, threat.Term{Name: "s3://archive/x (old)"}
	want := threat.Row{ID: "OWN-1", Step: "Walk in", Crew: "ours", Phase: "pivot", Log: "sign-in",
		If:     []threat.Literal{{Predicate: "user", Terms: []threat.Term{u}}, {Predicate: "can_read", Terms: []threat.Term{u, store}}, {Predicate: "mfa", Terms: []threat.Term{u, {Name: "fido2"}}, Not: true}},
		Gives:  []threat.Literal{{Predicate: "acts_as", Terms: []threat.Term{u}}, {Predicate: "reads", Terms: []threat.Term{store}}},
		Breaks: []threat.Literal{{Predicate: "mfa", Terms: []threat.Term{u, {Name: "fido2"}}}}}
	if d := cmp.Diff(want, b.Rows[64]); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestFaultsAreSaidWithTheirPlace(t *testing.T) {
	const head = "id,phase,step,if,gives,breaks,technique,log,confidence\n"
	for text, want := range map[string]string{
		"":                      "own.csv: read the first line",
		"id,phase,step,iff\n":   `own.csv, line 1, column 15 (iff): "iff" is no column of a playbook; the nearest is if`,
		"id,phase,step,gives\n": "own.csv: the column if is missing",
		head + "A 1,pivot,x,user(U),cred(U),,,,\n":                                                       `line 2, column 1 (id): "A 1" is no id`,
		head + "SH-REC-1,pivot,x,user(U),cred(U),,,,\n":                                                  "line 2, column 1 (id): there is a row SH-REC-1 already",
		head + "A,pivott,x,user(U),cred(U),,,,\n":                                                        `column 3 (phase): "pivott" is no phase; the nearest is pivot`,
		head + "A,pivot,,user(U),cred(U),,,,\n":                                                          "(step): what is done is missing",
		head + "A,pivot,x,,cred(U),,,,\n":                                                                "(if): nothing is asked for",
		head + "A,pivot,x,user(U),,,,,\n":                                                                "(gives): nothing is given",
		head + "A,pivot,x,user(U);can_reed(U;S),reads(S),,,,\n":                                          "line 2, column 29 (if): ) is missing at the end of can_reed",
		head + "A,pivot,x,\"user(U);can_reed(U,S)\",reads(S),,,,\n":                                      `line 2, column 20 (if): "can_reed" is no predicate; the nearest is can_read`,
		head + "A,pivot,x,\"user(U);can_read(U)\",reads(U),,,,\n":                                        "column 20 (if): can_read has 2 names, not 1",
		head + "A,pivot,x,user(U);!cred(U),session(U),,,,\n":                                             "column 19 (if): cred is the crew's",
		head + "A,pivot,x,user(U);!fido2_only(V),session(U),,,,\n":                                       "column 19 (if): the variable V stands in nothing that must hold",
		head + "A,pivot,x,user(U);!fido2_only(V),session(U),,,,\n\n":                                     "the variable V",
		head + "A,pivot,x,user(U),cred(V),,,,\n":                                                         "(gives): the variable V stands in nothing that must hold",
		head + "A,pivot,x,user(U),user(U),,,,\n":                                                         "(gives): user is of the estate",
		head + "A,pivot,x,user(U),!cred(U),,,,\n":                                                        "(gives): a row gives, and does not take away",
		head + "A,pivot,x,user(U),cred(U),fido2_only(U),,,\n":                                            "(breaks): fido2_only breaks nothing that the row asks for",
		head + "A,pivot,x,user(U),cred(U),,T15,,\n":                                                      `(technique): "T15" is no id`,
		head + "A,pivot,x,user(U),cred(U),,,signin,\n":                                                   `(log): "signin" is no class of logs; the nearest is sign-in`,
		head + "A,pivot,x,user(U),cred(U),,,,sure\n":                                                     `(confidence): "sure" is no confidence`,
		head + "A,pivot,x,user(),cred(U),,,,\n":                                                          "column 16 (if): a name is missing",
		head + "A,pivot,x,user(U,\n":                                                                     "own.csv: record on line 2: wrong number of fields",
		head + "A,pivot,x," + strings.Repeat("user(U);", 13) + ",x,,,,\n":                                "more than 12 things in one list",
		head + "A,pivot," + strings.Repeat("x", 5000) + ",user(U),x,,,,\n":                               "5000 bytes are more than the 4000",
		head + "A,pivot,x,\"user(U);\r\n  can_read(U,\"\"a b\"\");\r\n   can_reed(U,S)\",reads(S),,,,\n": `line 4, column 4 (if): "can_reed" is no predicate`,
		"id\xff\n": "it is no text in UTF-8",
	} {
		b := shipped(t)
		err := Extend(b, "own.csv", strings.NewReader(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80q: %v, want %s", text, err, want)
		}
		if len(b.Rows) != 64 {
			t.Errorf("%.80q: a row was added", text)
		}
	}
}

func FuzzExtend(f *testing.F) {
	f.Add(string(rowsFile))
	f.Add("id,phase,step,if,gives,breaks\nA,pivot,x,\"user(U);!mfa(U,fido2)\",cred(U),\"mfa(U,fido2)\"\n")
	f.Add("id,phase,step,if,gives\nA,pivot,x,\"leverage(O);can_read(U,\"\"a b\"\")\",pressure(O)\n")
	b := shipped(f)
	ships := len(b.Rows)
	f.Fuzz(func(t *testing.T, text string) {
		own := *b
		own.Rows = slices.Clip(slices.Clone(b.Rows))
		if err := Extend(&own, "own.csv", strings.NewReader(text)); err != nil {
			if len(own.Rows) != ships {
				t.Error("rows of a file with a fault were added")
			}
			return
		}
		if _, err := threat.Ground(threat.NewFacts(), own.Rows[ships:]); err != nil {
			t.Errorf("what was taken for sound is not grounded: %v", err)
		}
	})
}
