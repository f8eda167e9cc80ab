package declared

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

func mistakes(e Estate) (out []string) {
	e.Check(func(path, format string, args ...any) { out = append(out, path+": "+fmt.Sprintf(format, args...)) })
	return out
}

func TestCheck(t *testing.T) {
	vendor := Custodian{Name: "Harbor Archive", Kind: "vendor"}
	for name, c := range map[string]struct {
		estate Estate
		want   string // a part of the one mistake; "" = there is none
	}{
		"nothing":             {},
		"good":                {Estate{Custodians: []Custodian{vendor}, Targets: []Target{{URL: "postgres://r@h/d", Custodian: "Harbor Archive", Password: Secret{Env: "P"}, Schedule: "daily"}, {Path: "x"}}}, ""},
		"no kind":             {Estate{Custodians: []Custodian{{Name: "a"}}}, "custodians[0]: its kind is missing"},
		"twice":               {Estate{Custodians: []Custodian{vendor, vendor}}, "two custodians Harbor Archive"},
		"bad day":             {Estate{Custodians: []Custodian{{Name: "a", Kind: "acquired", Since: "April"}}}, "custodians[0].since"},
		"no place":            {Estate{Targets: []Target{{Name: "a"}}}, "neither a url nor a path"},
		"two places":          {Estate{Targets: []Target{{URL: "s3://a", Path: "b"}}}, "one target is one place"},
		"same place":          {Estate{Targets: []Target{{URL: "s3://a"}, {URL: "s3://a", Name: "b"}}}, "targets[1]: the same place"},
		"same name":           {Estate{Targets: []Target{{URL: "s3://a", Name: "b"}, {URL: "s3://c", Name: "b"}}}, "two targets b"},
		"no address":          {Estate{Targets: []Target{{URL: "bucket"}}}, "begins with its kind"},
		"secret":              {Estate{Targets: []Target{{URL: "postgres://u:p@h/d"}}}, "a secret never stands in this file"},
		"unknown custodian":   {Estate{Targets: []Target{{Path: "a", Custodian: "x"}}}, "no custodian x"},
		"two secrets":         {Estate{Targets: []Target{{URL: "mysql://u@h/d", Password: Secret{Env: "A", File: "b"}}}}, "not in several"},
		"keyring":             {Estate{Targets: []Target{{URL: "mysql://u@h/d", Password: Secret{Keyring: "chartroom/ehr"}}}}, ""},
		"no entry":            {Estate{Targets: []Target{{URL: "mysql://u@h/d", Password: Secret{Keyring: "chartroom"}}}}, "SERVICE/ACCOUNT"},
		"no variable":         {Estate{Targets: []Target{{URL: "mysql://u@h/d", Password: Secret{Env: "A b"}}}}, "no name of a variable"},
		"s3 password":         {Estate{Targets: []Target{{URL: "s3://a", Password: Secret{Env: "A"}}}}, "profile"},
		"path password":       {Estate{Targets: []Target{{Path: "a", Password: Secret{Env: "A"}}}}, "needs no password"},
		"schedule":            {Estate{Targets: []Target{{Path: "a", Schedule: "1m"}}}, "targets[0].schedule"},
		"limit":               {Estate{Targets: []Target{{Path: "a", Limits: Limits{Workers: 5000}}}}, "targets[0].limits.workers: a number from 1 to 1024"},
		"drill":               {Estate{Targets: []Target{{Path: "a", Drill: "perhaps"}}}, "targets[0].drill"},
		"enclave":             {Estate{Targets: []Target{{Path: "a", Enclave: "East wing"}}}, "targets[0].enclave"},
		"register":            {Estate{Register: []Registered{{Repository: "s3://a"}}}, "register[0]: its classification is missing"},
		"registered twice":    {Estate{Register: []Registered{{Repository: "s3://a", Classification: "x"}, {Repository: "s3://a", Classification: "y"}}}, "registered twice"},
		"fact":                {Estate{Facts: []Fact{{Type: "rumour"}}}, "types of declared facts"},
		"fact without a file": {Estate{Facts: []Fact{{Type: "users"}}}, "its file is missing"},
		"fact without a name": {Estate{Facts: []Fact{{Type: "vendor"}}}, "its name is missing"},
		"fact with a file":    {Estate{Facts: []Fact{{Type: "vendor", Name: "a", File: "b"}}}, "have no file"},
		"login":               {Estate{Facts: []Fact{{Type: "logins", Who: []string{"a"}, On: []string{"b"}}}}, ""},
		"empty login":         {Estate{Facts: []Fact{{Type: "logins"}}}, "or who and on say one fact"},
		"half a login":        {Estate{Facts: []Fact{{Type: "logins", Who: []string{"a"}}}}, "on is missing"},
		"login in both":       {Estate{Facts: []Fact{{Type: "logins", File: "a", Who: []string{"a"}}}}, "declared[0].who: this stands in the file, or here"},
		"odd right":           {Estate{Facts: []Fact{{Type: "access", Who: []string{"a"}, May: []string{"fly"}, On: []string{"b"}}}}, "one may read, write, admin, key"},
		"empty who":           {Estate{Facts: []Fact{{Type: "logins", Who: []string{""}, On: []string{"b"}}}}, "one of these is empty"},
		"odd part":            {Estate{Facts: []Fact{{Type: "control", Name: "a", Who: []string{"b"}}}}, "have no who"},
		"vendor without may":  {Estate{Facts: []Fact{{Type: "vendor", Name: "a", On: []string{"b"}}}}, "may is missing"},
		"two rights":          {Estate{Facts: []Fact{{Type: "edge_kind", Name: "a", May: []string{"read", "write"}}}}, "gives one right"},
		"front door":          {Estate{Facts: []Fact{{Type: "front_door", Name: "a", Element: "patient_portal", File: "b", On: []string{"c"}}}}, ""},
		"no element":          {Estate{Facts: []Fact{{Type: "front_door", Name: "a"}}}, "its name, or its element, is missing"},
		"exposure":            {Estate{Facts: []Fact{{Type: "exposure", Name: "a", Is: map[string]string{"prior_leak": "yes"}}}}, ""},
		"no assignments":      {Estate{Facts: []Fact{{Type: "app_assignments", Name: "a"}}}, "its file is missing"},
		"until":               {Estate{Facts: []Fact{{Type: "control", Name: "a", Until: "soon"}}}, "declared[0].until"},
	} {
		t.Run(name, func(t *testing.T) {
			got := mistakes(c.estate)
			if c.want == "" && got != nil || c.want != "" && (len(got) != 1 || !strings.Contains(got[0], c.want)) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestSchedules(t *testing.T) {
	for s, want := range map[string]time.Duration{"": 0, "daily": 24 * time.Hour, "6h": 6 * time.Hour} {
		if d, err := Every(s); err != nil || d != want {
			t.Errorf("%q: %s %v", s, d, err)
		}
	}
	for _, s := range []string{"often", "1s", "-6h"} {
		if _, err := Every(s); err == nil {
			t.Errorf("%q is a schedule", s)
		}
	}
}

func TestRefs(t *testing.T) {
	for text, want := range map[string]Ref{
		"ann@x": {Name: "ann@x"}, "group:Nurses": {Kind: "group", Name: "Nurses"}, "Okta#app:M": {System: "Okta", Kind: "app", Name: "M"}, "Okta#Everyone": {System: "Okta", Kind: "everyone"},
		"arn:aws:iam::1:role/r": {ID: "arn:aws:iam::1:role/r"}, "postgres://h:5432#r": {ID: "postgres://h:5432#r"}, "ward:3": {Name: "ward:3"},
	} {
		if got := ParseRef(text); got != want {
			t.Errorf("%s is %+v, want %+v", text, got, want)
		}
	}
	if got := ID("Okta", "group", "Nurses") + " " + ID("Okta", "user", "Ann@X") + " " + ID("x", "vendor", "Harbor"); got != "okta#group:nurses okta#ann@x vendor#harbor" {
		t.Error(got)
	}
}

// TestDetail: the detail of a grant has sorted keys, and can be read again.
func TestDetail(t *testing.T) {
	typ := reflect.TypeFor[Said]()
	for i := 1; i < typ.NumField(); i++ {
		if a, b := typ.Field(i-1).Tag.Get("json"), typ.Field(i).Tag.Get("json"); a >= b {
			t.Errorf("%s stands before %s", a, b)
		}
	}
	s := Said{MFA: "otp", Groups: []string{"a"}, Is: map[string]string{"x": "y"}}
	if got, err := ReadSaid(s.Detail()); err != nil || !reflect.DeepEqual(got, s) {
		t.Errorf("%+v %v", got, err)
	}
	if empty := (&Said{}).Detail(); empty != "" {
		t.Error(empty)
	}
}
