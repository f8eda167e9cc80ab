package s3

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source/servertest"
)

// TestGrants collects from a real gateway, which answers some questions and not others: what it does not answer was not seen, and is no "no".
func TestGrants(t *testing.T) {
	g := servertest.StartGateway(t)
	g.User(t, "ann", "secret-of-ann")
	g.Bucket(t, "lake", policy("lake", "ann", "s3:GetObject", "s3:ListBucket", "s3:GetBucketPolicy"))
	g.Bucket(t, "pond", "")
	collect := func(user, secret, bucket string) map[string]string {
		login(t, user, secret)
		out := map[string]string{}
		err := open1(t, g.URL(), "s3://"+bucket).Grants(t.Context(), func(f estate.Grant) error {
			if f.System != "aws" || f.Scope != "aws:"+g.Address() || f.Target != "arn:aws:s3:::"+bucket || f.From == "" {
				t.Errorf("%+v", f)
			}
			out[strings.Trim(f.Kind+" "+f.Action, " ")] = f.Principal + f.Detail + f.Why
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	got := collect(servertest.Admin, servertest.AdminPassword, "lake")
	if !strings.Contains(got["bucket_policy"], `"ann"`) {
		t.Errorf("the policy is %q", got["bucket_policy"])
	}
	if got["owner"] != servertest.Admin {
		t.Errorf("the owner is %q", got["owner"])
	}
	for _, what := range []string{"public_access", "encryption"} {
		if !strings.Contains(got["unseen "+what], "does not answer this question") {
			t.Errorf("%s: %q", what, got)
		}
	}
	if _, ok := collect(servertest.Admin, servertest.AdminPassword, "pond")["bucket_policy none"]; !ok {
		t.Error("that there is no policy is not told")
	}
	mine := collect("ann", "secret-of-ann", "lake")
	if !strings.Contains(mine["unseen acl"], "may not ask") || cmp.Equal(mine["bucket_policy"], "") {
		t.Errorf("what ann may not ask: %q", mine)
	}
}
