package declared

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/estate/declared"
)

// grants gives the lines of what one file says: kind, principal, action, target, detail, from.
func grants(t testing.TB, kind, text string) (out []string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "f.csv"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	e := &declared.Estate{Facts: []declared.Fact{{Type: kind, File: "f.csv", Name: "Okta"}}}
	if err := New(e, filepath.Join(dir, "estate.yaml")).Grants(context.Background(), func(g estate.Grant) error {
		out = append(out, strings.Join([]string{g.Kind, g.Principal, g.Action, g.Target, g.Detail + g.Why, g.From}, "|"))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestExports(t *testing.T) {
	utf16le := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune("who\tas\nänn\tehr#r\n")) {
		utf16le = append(utf16le, byte(u), byte(u>>8))
	}
	for name, c := range map[string]struct {
		kind, text string
		want       []string
	}{
		"Okta": {"users", "login,firstName,email,status,lastLogin,factors,Admin Roles\na@x,Ann,ann@x,LOCKED_OUT,2026-03-01T10:00:00.000Z,Google Authenticator,Super Administrator\n", []string{
			`user|a@x|||{"admin":"yes","aliases":["ann@x"],"enabled":"yes","last_used":"2026-03-01","mfa":"otp"}|f.csv:2`,
			`file|f.csv|||{"rows":1,"type":"users","unread":["firstName"]}|f.csv`}},
		"Entra ID": {"users", "\xef\xbb\xbfuserPrincipalName,displayName,accountEnabled,userType,id\r\nb_x.example#EXT#@t.onmicrosoft.com,B,False,Guest,6f9619ff-8b86-d011-b42d-00cf4fc964ff\r\n", []string{
			`user|b_x.example#EXT#@t.onmicrosoft.com|||{"aliases":["6f9619ff-8b86-d011-b42d-00cf4fc964ff"],"enabled":"no","idp":"no","name":"B"}|f.csv:2`,
			`file|f.csv|||{"rows":1,"type":"users"}|f.csv`}},
		"Google Workspace": {"users", "First Name [Required],Email Address [Required],Status [READ ONLY],Last Sign In [READ ONLY],2sv Enrolled [READ ONLY],Password [Required]\nC,c@x,Suspended,Never logged in,False,****\n", []string{
			`user|c@x|||{"enabled":"no","last_used":"never","mfa":"none"}|f.csv:2`,
			`file|f.csv|||{"rows":1,"type":"users","unread":["First Name [Required]","Password [Required]"]}|f.csv`}},
		"Salesforce tokens": {"oauth_apps", "AppName,UserId,LastUsedDate,UseCount,AccessToken,scopes\nMover,005xx,2026-02-01,7,secretsecret,\"api refresh_token\"\n", []string{
			`app|Mover|||{"granted_by":"005xx","last_used":"2026-02-01","scopes":["api","refresh_token"]}|f.csv:2`,
			`file|f.csv|||{"rows":1,"type":"oauth_apps","unread":["AccessToken","UseCount"]}|f.csv`}},
		"consents of Entra ID": {"oauth_apps", "Client Display Name;Consent Type;Scope;Resource Display Name\nMover;AllPrincipals;Files.Read.All offline_access;Microsoft Graph\n", []string{
			`app|Mover|||{"granted_by":"everyone","scopes":["Files.Read.All","offline_access"],"system":"Microsoft Graph"}|f.csv:2`,
			`file|f.csv|||{"rows":1,"type":"oauth_apps"}|f.csv`}},
		"UTF-16 with tabs": {"logins", string(utf16le), []string{"login|änn||ehr#r||f.csv:2", `file|f.csv|||{"rows":1,"type":"logins"}|f.csv`}},
		"PowerShell":       {"groups", "#TYPE X\n\"Group\",\"Member\",\"MemberType\"\n\"g\",\"h\",\"GROUP\"\n\"g\",\"\",\"\"\n", []string{`member|h||g|{"member":"group"}|f.csv:3`, "group|g||||f.csv:4", `file|f.csv|||{"rows":2,"type":"groups"}|f.csv`}},
		"Windows-1252":     {"groups", "group,member\ng,\xe9ric\n", []string{"member|éric||g||f.csv:2", `file|f.csv|||{"rows":1,"type":"groups"}|f.csv`}},
		"rights":           {"access", "who,may,on\nann,editor,s3://b/x\n", []string{"access|ann|read|s3://b/x||f.csv:2", "access|ann|write|s3://b/x||f.csv:2", `file|f.csv|||{"rows":1,"type":"access"}|f.csv`}},
		"service accounts": {"service_accounts", "id,owner,groups,disabled\netl,ann,\"CN=a,OU=b\",false\n", []string{`service|etl|||{"enabled":"yes","groups":["CN=a,OU=b"],"owner":"ann"}|f.csv:2`, `file|f.csv|||{"rows":1,"type":"service_accounts"}|f.csv`}},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(c.want, grants(t, c.kind, c.text)); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestMistakes: what is wrong is told with its place, without its text, and the rest is read.
func TestMistakes(t *testing.T) {
	for name, c := range map[string]struct {
		kind, text string
		want       string // a line that there is
	}{
		"odd factor":      {"users", "id,mfa\na,pigeon\n", "unseen|f.csv|||mfa: none, sms, otp, push or phishing_resistant belongs here|f.csv:2:3"},
		"odd factor row":  {"users", "id,mfa\na,pigeon\n", "user|a||||f.csv:2"},
		"odd day":         {"users", "id,last login\na,03/04/2026\n", "unseen|f.csv|||last_login: a day is written as 2026-03-01|f.csv:2:3"},
		"odd status":      {"users", "id,status\na,green\n", "unseen|f.csv|||enabled: active or disabled belongs here|f.csv:2:3"},
		"short row":       {"users", "id,mfa\na\nb,sms\n", "unseen|f.csv|||the header has 2 columns, and this row has 1|f.csv:2:1"},
		"after short row": {"users", "id,mfa\na\nb,sms\n", `user|b|||{"mfa":"sms"}|f.csv:3`},
		"quote":           {"users", "id,mfa\n\"a\"x,sms\nb,sms\n", `unseen|f.csv|||extraneous or missing " in quoted-field|f.csv:2:3`},
		"after quote":     {"users", "id,mfa\n\"a\"x,sms\nb,sms\n", `user|b|||{"mfa":"sms"}|f.csv:3`},
		"open quote":      {"users", "id\n\"" + strings.Repeat("a\n", maxRow), "unseen|f.csv|||from here on the file was not read: a row has more than 1 MiB; is a quotation mark missing?|f.csv:2:1"},
		"no name":         {"users", "id,mfa\n,sms\n", "unseen|f.csv|||the account has no name|f.csv:2:1"},
		"no column":       {"access", "user,x\na,b\n", "unseen|f.csv|||it has no column may, nor on; docs/estate.md says which headers are understood|f.csv:1:1"},
		"empty":           {"users", "", "unseen|f.csv|||the file is empty|f.csv:1:1"},
		"binary":          {"users", "PK\x03\x04\x00\x00", "unseen|f.csv|||this is no CSV file|f.csv:1:1"},
		"odd right":       {"access", "who,may,on\na,fly,s3://b\n", "unseen|f.csv|||may: read, write, admin or key belongs here|f.csv:2:3"},
		"too many":        {"users", "id,mfa\n" + strings.Repeat("a,pigeon\n", 150), "unseen|f.csv|||50 more cells and rows were not understood|f.csv"},
	} {
		t.Run(name, func(t *testing.T) {
			got := grants(t, c.kind, c.text)
			if !slices.Contains(got, c.want) {
				t.Errorf("no %q in %.2000q", c.want, got)
			}
			if slices.ContainsFunc(got, func(l string) bool { return strings.Contains(l, "pigeon") }) {
				t.Error("a cell is shown")
			}
		})
	}
}

func TestCells(t *testing.T) {
	for cell, want := range map[string]string{"": "", "TRUE": "enrolled", "No": "none", "Okta Verify; sms": "sms", "passkey": "phishing_resistant", "password;question": "none", "FIDO2|push": "push",
		"microsoftAuthenticatorPasswordless": "push", "Enforced": "enrolled", "passwordless security key": "phishing_resistant", "mobilePhone": "sms", "softwareOneTimePasscode": "otp"} {
		if got, err := mfa(cell); err != nil || got != want {
			t.Errorf("mfa %q: %q %v, want %q", cell, got, err, want)
		}
	}
	for cell, want := range map[string]string{"": "", "never": "never", "Never logged in": "never", "2026-03-01 10:00": "2026-03-01", "3/31/2026": "2026-03-31", "31/3/2026": "2026-03-31", "133500000000000000": "2024-01-17",
		"1767225600": "2026-01-01", "9223372036854775807": "never", "0": ""} {
		if got, err := day(cell); err != nil || got != want {
			t.Errorf("day %q: %q %v, want %q", cell, got, err, want)
		}
	}
	for cell, want := range map[string]string{"Read Only Administrator": "no", "Super Admin; Read Only": "yes", "0": "no"} {
		if got, err := admin(cell); err != nil || got != want {
			t.Errorf("admin %q: %q %v, want %q", cell, got, err, want)
		}
	}
}

// TestFacts: what stands in the estate's file itself, with the names of its targets.
func TestFacts(t *testing.T) {
	e := &declared.Estate{
		Targets: []declared.Target{{Name: "ehr", URL: "postgresql://chartroom@ehr.example:5432/portal?sslmode=require"}, {Name: "files", Path: "sub"}, {Name: "minio", URL: "s3://b?endpoint=http://h:9000/"}},
		Facts: []declared.Fact{
			{Type: "identity_provider", Name: "Okta", Who: []string{"root"}, Is: map[string]string{"mfa": "enforced"}, By: "CISO", AsOf: "2026-01-15"},
			{Type: "access", Who: []string{"ann"}, May: []string{"read"}, On: []string{"ehr", "ehr/public/t", "minio", "mysql://u@h/d"}, Until: "2027-01-01"},
			{Type: "logins", Who: []string{"ann"}, On: []string{"ehr#role"}},
			{Type: "help_desk", Name: "D", On: []string{"everyone"}},
			{Type: "same_as", Name: "S-1-5", On: []string{"minio"}},
			{Type: "edge_kind", Name: "X_Reads", May: []string{"read"}},
			{Type: "control", Name: "DLP"},
		},
	}
	var got []string
	if err := New(e, "/srv/estate.yaml").Grants(context.Background(), func(g estate.Grant) error {
		got = append(got, strings.Join([]string{g.System, g.Scope, g.Kind, g.Principal, g.Action, g.Target, g.Detail, g.From}, "|"))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	want := []string{
		`declared|Okta|identity_provider|Okta|||{"as_of":"2026-01-15","by":"CISO","is":{"mfa":"enforced"}}|estate.yaml, declared[0], CISO on 2026-01-15`,
		`declared|Okta|admin|root||Okta|{"as_of":"2026-01-15","by":"CISO","is":{"mfa":"enforced"}}|estate.yaml, declared[0], CISO on 2026-01-15`,
		`declared|declared|access|ann|read|postgres://ehr.example/portal|{"until":"2027-01-01"}|estate.yaml, declared[1]`,
		`declared|declared|access|ann|read|postgres://ehr.example/portal/public/t|{"until":"2027-01-01"}|estate.yaml, declared[1]`,
		`declared|declared|access|ann|read|s3://b?endpoint=http://h:9000|{"until":"2027-01-01"}|estate.yaml, declared[1]`,
		`declared|declared|access|ann|read|mysql://h/d|{"until":"2027-01-01"}|estate.yaml, declared[1]`,
		`declared|declared|login|ann||postgres://ehr.example:5432#role||estate.yaml, declared[2]`,
		`declared|declared|help_desk|D||||estate.yaml, declared[3]`,
		`declared|declared|reset|D|mfa|everyone||estate.yaml, declared[3]`,
		`declared|declared|reset|D|password|everyone||estate.yaml, declared[3]`,
		`opengraph|declared|same_as|S-1-5||s3://b?endpoint=http://h:9000||estate.yaml, declared[4]`,
		`opengraph|declared|edge_kind|X_Reads|read|||estate.yaml, declared[5]`,
		`declared|declared|control|DLP||||estate.yaml, declared[6]`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestCheck(t *testing.T) {
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, "u.csv"), []byte("id,mfa\n"+strings.Repeat("a,pigeon\n", 20)), 0o600)
	e := &declared.Estate{Facts: []declared.Fact{{Type: "control", Name: "c"}, {Type: "users", File: "u.csv"}, {Type: "users", File: "none.csv"}, {Type: "rumour", File: "u.csv"}, {Type: "graph", File: "none.json"}}}
	var got []string
	New(e, filepath.Join(dir, "estate.yaml")).Check(func(path, format string, args ...any) { got = append(got, path+" "+fmt.Sprintf(format, args...)) })
	if len(got) != 12 || got[11] != "declared[4].file none.json: no such file or directory" || got[0] != "declared[1].file u.csv:2:3: mfa: none, sms, otp, push or phishing_resistant belongs here" ||
		got[10] != "declared[2].file none.csv: the file cannot be read: no such file or directory" {
		t.Errorf("%q", got)
	}
}

// TestColumnsAreDocumented: every column and header that is understood stands in the docs.
func TestColumnsAreDocumented(t *testing.T) {
	rows, err := csv.NewReader(bytes.NewReader(columnsCSV)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	docs, err := os.ReadFile("../../docs/estate.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for _, r := range rows[1:] {
		if old, twice := seen[r[0]+" "+key(r[2])]; twice {
			t.Errorf("%s: %s means %s and %s", r[0], r[2], old, r[1])
		}
		seen[r[0]+" "+key(r[2])] = r[1]
		if !bytes.Contains(docs, []byte("| `"+r[1]+"` |")) || !bytes.Contains(docs, []byte(r[2])) {
			t.Errorf("docs/estate.md does not have the column %s (%s)", r[1], r[2])
		}
	}
}

func FuzzTable(f *testing.F) {
	for _, s := range []string{"id,mfa\na,sms\n", "group;member\n\"a\";\"b\nc\"\n", "app,scopes\nm,api id\n", "who,as\n", "who,may,on\na,rw,s3://b\n", "\xff\xfei\x00d\x00\n\x00", "sep=;\nid\n", "#TYPE"} {
		for _, kind := range []string{"users", "groups", "oauth_apps", "logins", "access"} {
			f.Add(kind, []byte(s))
		}
	}
	f.Fuzz(func(t *testing.T, kind string, text []byte) {
		if required[layoutOf(kind)] == nil {
			return
		}
		for _, line := range grants(t, kind, string(text)) {
			if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' }) {
				t.Errorf("%q", line)
			}
		}
	})
}

func BenchmarkMillionUsers(b *testing.B) {
	var text bytes.Buffer
	text.WriteString("login,email,status,lastLogin,factors,groups,department\n")
	for i := range 1_000_000 {
		fmt.Fprintf(&text, "u%d@x.example,user%d@x.example,ACTIVE,2026-03-01T10:00:00Z,push;sms,\"g%d;g%d\",ward %d\n", i, i, i%1000, i%77, i%50)
	}
	dir := b.TempDir()
	os.WriteFile(filepath.Join(dir, "u.csv"), text.Bytes(), 0o600)
	e := &declared.Estate{Facts: []declared.Fact{{Type: "users", File: "u.csv", Name: "Okta"}}}
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		if err := New(e, filepath.Join(dir, "estate.yaml")).Grants(context.Background(), func(estate.Grant) error { n++; return nil }); err != nil || n != 1_000_001 {
			b.Fatal(n, err)
		}
	}
}
