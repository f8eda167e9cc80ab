package declared

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/estate/declared"
	"github.com/google/go-cmp/cmp"
)

// doorFiles are small files of each kind, and what they say.
var doorFiles = map[string]struct {
	text string
	want map[string]string
}{
	"openapi": {`{"openapi":"3.1.0","security":[{"oauth":[]}],"paths":{"/Patient":{"get":{},"post":{"security":[]}},"/status":{"get":{"security":[{}]},"summary":"x"},"/$export":{"get":{}}}}`,
		map[string]string{"routes": "4", "open_routes": "2", "bulk_export": "yes"}},
	"openapi without any login": {`{"swagger":"2.0","paths":{"/a":{"get":{}}}}`, map[string]string{"routes": "1", "open_routes": "1"}},
	"capability statement": {`{"resourceType":"CapabilityStatement","rest":[{"security":{"service":[{"coding":[{"code":"SMART-on-FHIR"}]}]},"operation":[{"name":"export"}]}]}`,
		map[string]string{"capability_statement": "yes", "security": "SMART-on-FHIR", "bulk_export": "yes"}},
	"smart": {`{"token_endpoint":"https://a.example/token","registration_endpoint":"https://a.example/register","scopes_supported":["system/*.rs","launch"],"capabilities":["launch-ehr","client-public"]}`,
		map[string]string{"oauth_client": "yes", "public_client": "yes", "scopes": "launch system/*.rs", "system_scope": "yes", "launch": "launch-ehr", "registration": "yes"}},
	"profile": {`<Profile><objectPermissions><allowRead>true</allowRead><object>Case</object></objectPermissions><objectPermissions><allowRead>false</allowRead><object>Lead</object></objectPermissions><userPermissions><enabled>true</enabled><name>ApiEnabled</name></userPermissions></Profile>`,
		map[string]string{"guest_read": "yes", "objects": "Case", "api_enabled": "yes"}},
	"profile that reads nothing": {`<PermissionSet></PermissionSet>`, map[string]string{"guest_read": "no", "api_enabled": "no"}},
}

func TestDoorFiles(t *testing.T) {
	for name, c := range doorFiles {
		got, err := parseDoor([]byte(c.text))
		if d := cmp.Diff(c.want, got); d != "" || err != nil {
			t.Errorf("%s: %v %s", name, err, d)
		}
	}
	for name, text := range map[string]string{"nothing": "", "something else": `{"a":1}`, "a page": "<html></html>", "deep": strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100), "damaged": `{"openapi":`, "prose": "hello", "yaml": "openapi: 3.0.0\n"} {
		if got, err := parseDoor([]byte(text)); err == nil || len(got) > 0 {
			t.Errorf("%s: %v %v", name, got, err)
		}
	}
}

// TestDoor: what an element says itself outdoes its file; a file that cannot be read is told, and the element stands.
func TestDoor(t *testing.T) {
	e := declared.Estate{Facts: []declared.Fact{
		{Type: "front_door", Name: "site", Element: "patient_portal", File: "guest.xml", On: []string{"s3://crm"}, Is: map[string]string{"guest_read": "unknown"}},
		{Type: "front_door", Name: "gone", Element: "fhir_api", File: "gone.json"},
	}}
	got := tell(t, e, map[string]string{"guest.xml": doorFiles["profile"].text})
	want := []string{
		`front_door|site|patient_portal|s3://crm|{"is":{"api_enabled":"yes","guest_read":"unknown","objects":"Case"}}|estate.yaml, declared[0], guest.xml`,
		`unseen|gone.json|||the file cannot be read: no such file or directory|gone.json`,
		`front_door|gone|fhir_api|||estate.yaml, declared[1], gone.json`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestSettings: of each row the words of facts are read, and nothing else.
func TestSettings(t *testing.T) {
	e := declared.Estate{Facts: []declared.Fact{{Type: "settings", Name: "Okta", File: "mail.csv", By: "mail team", AsOf: "2026-03-01"}}}
	got := tell(t, e, map[string]string{"mail.csv": "Mailbox,Mailbox rules,mfa,Password,(note)\nann@a.example,no,push,hunter2,-\n,yes,,,\nbob@a.example,,,unknown,\n"})
	want := []string{
		`unseen|mail.csv|||password: yes, no or unknown belongs here|mail.csv:2:23, mail team on 2026-03-01`,
		`exposure|Okta||ann@a.example|{"as_of":"2026-03-01","by":"mail team","is":{"mailbox_rules":"no","mfa":"push"}}|mail.csv:2, mail team on 2026-03-01`,
		`unseen|mail.csv|||on is empty|mail.csv:3:1, mail team on 2026-03-01`,
		`exposure|Okta||bob@a.example|{"as_of":"2026-03-01","by":"mail team","is":{"password":"unknown"}}|mail.csv:4, mail team on 2026-03-01`,
		`file|mail.csv|||{"rows":3,"type":"settings"}|mail.csv, mail team on 2026-03-01`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// tell gives the grants of an estate with files, as lines.
func tell(t *testing.T, e declared.Estate, files map[string]string) (out []string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	err := New(&e, dir+"/estate.yaml").Grants(t.Context(), func(g estate.Grant) error {
		detail := g.Detail
		if g.Why != "" {
			detail = g.Why
		}
		out = append(out, strings.Join([]string{g.Kind, g.Principal, g.Action, g.Target, detail, g.From}, "|"))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// FuzzDoor: whatever a file holds, it says little, in few words, without control characters.
func FuzzDoor(f *testing.F) {
	for _, c := range doorFiles {
		f.Add([]byte(c.text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := parseDoor(text)
		if got == nil || err != nil && len(got) > 0 {
			t.Fatal(got, err)
		}
		for _, v := range maps.All(got) {
			if len(v) > 4096 || strings.ContainsFunc(v, func(r rune) bool { return r < ' ' }) {
				t.Fatalf("%q", v)
			}
		}
	})
}
