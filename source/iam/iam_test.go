package iam

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	aws2 "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"github.com/chartroom/chartroom/estate"
)

const account = `{"UserDetailList":[{"Path":"/","UserName":"ann","Arn":"arn:aws:iam::111122223333:user/ann","PasswordLastUsed":"2026-02-03T04:05:06Z","GroupList":["Nurses"],
 "UserPolicyList":[{"PolicyName":"own","PolicyDocument":{"Version":"2012-10-17", "Statement":[]}}],"AttachedManagedPolicies":[{"PolicyName":"P","PolicyArn":"arn:aws:iam::111122223333:policy/P"}],
 "PermissionsBoundary":{"PermissionsBoundaryType":"Policy","PermissionsBoundaryArn":"arn:aws:iam::111122223333:policy/B"}}],
"GroupDetailList":[{"GroupName":"Nurses","Arn":"arn:aws:iam::111122223333:group/Nurses"}],
"RoleDetailList":[{"RoleName":"R","Arn":"arn:aws:iam::111122223333:role/R","AssumeRolePolicyDocument":"%7B%22Version%22%3A%222012-10-17%22%7D","RoleLastUsed":{"LastUsedDate":"2026-01-02T00:00:00Z","Region":"us-east-1"},
 "InstanceProfileList":[{"Arn":"arn:aws:iam::111122223333:instance-profile/R"}]}],
"Policies":[{"PolicyName":"P","Arn":"arn:aws:iam::111122223333:policy/P","DefaultVersionId":"v2","PolicyVersionList":[{"VersionId":"v1","Document":{"old":1}},{"VersionId":"v2","IsDefaultVersion":true,"Document":{"new":1}}]}]}`

// collect reads a file, and gives its facts in short.
func collect(t testing.TB, text, id string) ([]string, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "account.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return short(t, New(path, id, "Lakeside Clinics"))
}

func short(t testing.TB, a *Account) (out []string, err error) {
	err = a.Grants(t.Context(), func(g estate.Grant) error {
		if g.System != System || !strings.HasPrefix(g.Scope, "aws:") || g.From == "" {
			t.Errorf("%+v", g)
		}
		out = append(out, strings.TrimSpace(strings.Join([]string{g.Kind, g.Principal, g.Action, g.Target, g.Detail, g.Why}, "|")))
		return nil
	})
	for i := range out {
		out[i] = strings.ReplaceAll(out[i], "arn:aws:iam::111122223333:", "~")
	}
	return out, err
}

var accountFacts = []string{
	`user|~user/ann|||{"name":"ann","password_last_used":"2026-02-03"}|`,
	`member|~user/ann||Nurses||`,
	`attached|~user/ann||~policy/P||`,
	`boundary|~user/ann||~policy/B||`,
	`inline|~user/ann||own|{"Version":"2012-10-17","Statement":[]}|`,
	`group|~group/Nurses|||{"name":"Nurses"}|`,
	`role|~role/R|||{"last_used":"2026-01-02","name":"R"}|`,
	`trust|~role/R|||{"Version":"2012-10-17"}|`,
	`instance_profile|~role/R||~instance-profile/R||`,
	`policy||v2|~policy/P|{"new":1}|`,
	`account|111122223333|||{"users":true}|`,
}

func TestFile(t *testing.T) {
	got, err := collect(t, account, "")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(accountFacts, got); d != "" {
		t.Error(d)
	}
}

func TestFileOfOtherPolicies(t *testing.T) {
	got, err := collect(t, `{"Account":"111122223333","Management":true,"ServiceControlPolicies":[[{"Name":"root","Document":{"a":1}}],[{"b":2}]],"ResourceControlPolicies":[],
		"KeyPolicies":{"arn:k":{"c":3}},"KeyGrants":{"arn:k":[{"GranteePrincipal":"arn:p","Operations":["Decrypt","Encrypt"],"Constraints":{"EncryptionContextSubset":{"a":"b"}}}]},
		"Buckets":{"lake":{"Policy":{"d":4},"Ownership":"ObjectWriter","Encryption":{"Algorithm":"aws:kms","Key":"arn:k"},"PublicAccessBlock":{"IgnorePublicAcls":true},
		"Acl":{"Owner":{"ID":"me"},"Grants":[{"Grantee":{"ID":"you","Type":"CanonicalUser"},"Permission":"READ"}]}}},"Surprise":1}`, "")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`scp|111122223333|1|root|{"a":1}|`, `scp|111122223333|2|scp 1 of level 2|{"b":2}|`, `key_policy|||arn:k|{"c":3}|`, `key_grant|arn:p|Decrypt Encrypt|arn:k|{"constrained":true}|`,
		`bucket|||arn:aws:s3:::lake|{"account":"111122223333"}|`, `owner|me||arn:aws:s3:::lake||`, `acl|you|READ|arn:aws:s3:::lake||`, `public_access|||arn:aws:s3:::lake|{"IgnorePublicAcls":true}|`,
		`ownership||ObjectWriter|arn:aws:s3:::lake||`, `encryption||aws:kms|arn:aws:s3:::lake|{"key":"arn:k"}|`, `bucket_policy|||arn:aws:s3:::lake|{"d":4}|`,
		`unseen|||Surprise||this part of the file is not understood`, `account|111122223333|||{"management":true,"rcps":true,"scps":true}|`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestCredentialReport(t *testing.T) {
	report := "user,arn,password_enabled,password_last_used,mfa_active,access_key_1_active,access_key_1_last_used_date\n" +
		"ann,arn:aws:iam::111122223333:user/ann,true,2026-02-03T00:00:00+00:00,false,true,2026-03-01T00:00:00+00:00\n"
	text, _ := json.Marshal(map[string]any{"Content": []byte(report), "ReportFormat": "text/csv"})
	got, err := collect(t, string(text), "")
	if err != nil {
		t.Fatal(err)
	}
	if want := `credentials|~user/ann|||{"key_1":"true","last_used":"2026-03-01","mfa":"false","password":"true"}|`; got[0] != want {
		t.Errorf("%s, want %s", got[0], want)
	}
}

func TestWhatIsWrongIsTold(t *testing.T) {
	for text, want := range map[string]string{
		``:                          "no JSON object",
		`[]`:                        "no JSON object",
		`{"UserDetailList":[{"Arn"`: "element 1",
		`{"UserDetailList":7}`:      "UserDetailList",
		`{"Policies":[]}`:           "names no account",
	} {
		if _, err := collect(t, text, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	got, err := collect(t, `{"UserDetailList":[7,{"Arn":"arn:aws:iam::111122223333:user/ann","UserPolicyList":[{"PolicyName":"x","PolicyDocument":"no"}]}],"Policies":[{"Arn":"arn:p"}],"ServiceControlPolicies":{},"KeyPolicies":3}`, "111122223333")
	if n := strings.Count(strings.Join(got, "\n"), "unseen|"); err != nil || n != 5 {
		t.Errorf("%d things were not seen, want 5: %v\n%s", n, err, strings.Join(got, "\n"))
	}
	if _, err := short(t, New(filepath.Join(t.TempDir(), "none"), "", "")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

// TestLive reads an account from a server that answers as IAM does, in two pages.
func TestLive(t *testing.T) {
	const user = `<member><UserName>ann</UserName><Arn>arn:aws:iam::111122223333:user/ann</Arn><UserPolicyList><member><PolicyName>own</PolicyName><PolicyDocument>%7B%22Version%22%3A%222012-10-17%22%7D</PolicyDocument></member></UserPolicyList></member>`
	const role = `<member><RoleName>R</RoleName><Arn>arn:aws:iam::111122223333:role/R</Arn><AssumeRolePolicyDocument>%7B%22Id%22%3A%22t%22%7D</AssumeRolePolicyDocument></member>`
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		w.Header().Set("Content-Type", "text/xml")
		page := `<UserDetailList>` + user + `</UserDetailList><IsTruncated>true</IsTruncated><Marker>more</Marker>`
		switch {
		case r.Form.Get("Action") == "GetCredentialReport":
			w.WriteHeader(http.StatusGone)
			_, _ = w.Write([]byte(`<ErrorResponse><Error><Type>Sender</Type><Code>ReportNotPresent</Code><Message>none</Message></Error></ErrorResponse>`))
			return
		case r.Form.Get("Marker") == "more":
			page = `<RoleDetailList>` + role + `</RoleDetailList><IsTruncated>false</IsTruncated>`
		}
		_, _ = w.Write([]byte(`<GetAccountAuthorizationDetailsResponse><GetAccountAuthorizationDetailsResult>` + page + `</GetAccountAuthorizationDetailsResult></GetAccountAuthorizationDetailsResponse>`))
	}))
	defer s.Close()
	client := aws2.New(aws2.Options{BaseEndpoint: aws.String(s.URL), Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")})
	got, err := short(t, live(client, "111122223333", ""))
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(got, "\n")
	for _, want := range []string{`user|~user/ann`, `inline|~user/ann||own|{"Version":"2012-10-17"}|`, `trust|~role/R|||{"Id":"t"}|`, `unseen|||credential report`, `account|111122223333|||{"users":true}`} {
		if !strings.Contains(all, want) {
			t.Errorf("%s is missing:\n%s", want, all)
		}
	}
}

func FuzzFile(f *testing.F) {
	f.Add(account)
	f.Add(`{"Account":"111122223333","Buckets":{"a":{"Policy":"{}"}},"KeyGrants":{"k":[{}]},"ServiceControlPolicies":[[{}]],"Content":"YSxhcm4KMSwy"}`)
	f.Fuzz(func(t *testing.T, text string) {
		r := &reader{account: "111122223333", tell: func(estate.Grant) error { return nil }}
		_ = r.document(strings.NewReader(text))
	})
}

// TestAddress tells what an address of an account can be.
func TestAddress(t *testing.T) {
	for _, a := range []string{"aws://host", "aws://?what=1", "aws://u:p@/", "aws://?profile=" + url.QueryEscape("no such profile of anybody")} {
		if _, err := Open(t.Context(), a, ""); err == nil {
			t.Errorf("%s is an address", a)
		}
	}
}
