package aws

import (
	"fmt"
	"testing"

	"github.com/chartroom/chartroom/access"
)

// counting counts what it is told.
type counting struct{ nodes, edges int }

func (c *counting) Node(access.Node)   { c.nodes++ }
func (c *counting) Edge(access.Edge)   { c.edges++ }
func (c *counting) Doubt(access.Doubt) {}

// BenchmarkCompile compiles 10,000 principals and 1,000 buckets: 8,000 users in 200 groups, 2,000 roles, and policies of buckets that name some
// of them.
func BenchmarkCompile(b *testing.B) {
	var users, groups, roles []m
	buckets, places := m{}, []access.Place{}
	arn := "arn:aws:iam::" + acct + ":"
	for n := range 1000 {
		name := fmt.Sprintf("bucket-%d", n)
		about := m{"Ownership": "BucketOwnerEnforced", "PublicAccessBlock": m{"RestrictPublicBuckets": true}}
		if n%3 == 0 {
			about["Policy"] = policyOf(with(deny("s3:*", "arn:aws:s3:::"+name+"/*"), "Principal", "*"), with(allow("s3:GetObject", "arn:aws:s3:::"+name+"/*"), "Principal", m{"AWS": fmt.Sprintf("%suser/u%d", arn, n)}))
			about["Policy"].(m)["Statement"].([]m)[0]["Condition"] = m{"Bool": m{"aws:SecureTransport": "false"}}
		}
		buckets[name] = about
		places = append(places, access.Place{Repository: "s3://" + name})
	}
	for n := range 200 {
		groups = append(groups, group(fmt.Sprintf("g%d", n), policyOf(allow([]string{"s3:GetObject", "s3:PutObject"}, []string{fmt.Sprintf("arn:aws:s3:::bucket-%d/*", n*5), fmt.Sprintf("arn:aws:s3:::bucket-%d*/in/*", n)}))))
	}
	for n := range 8000 {
		users = append(users, with(user(fmt.Sprintf("u%d", n)), "GroupList", []string{fmt.Sprintf("g%d", n%200)}))
	}
	for n := range 2000 {
		roles = append(roles, role(fmt.Sprintf("r%d", n), trusts(m{"Service": "lambda.amazonaws.com"}), policyOf(allow("s3:GetObject", fmt.Sprintf("arn:aws:s3:::bucket-%d/*", n%1000)))))
	}
	all := facts(b, acct, m{"UserDetailList": users, "GroupDetailList": groups, "RoleDetailList": roles, "Buckets": buckets, "ServiceControlPolicies": [][]m{}, "ResourceControlPolicies": [][]m{}})
	for b.Loop() {
		out := &counting{}
		Compile(all, places, out)
		b.ReportMetric(float64(out.edges), "edges")
		b.ReportMetric(float64(out.nodes), "nodes")
	}
}
