package aws

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	aws2 "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/access/iampolicy"
	"github.com/chartroom/chartroom/source/servertest"
)

// gatewayAccount is the account of all users of the gateway.
const gatewayAccount = "000000000000"

// client is one who asks the gateway: a user, or nobody who signed.
type client struct {
	name string // "" = nobody
	s3   *s3.Client
	who  *iampolicy.Principal
	docs []m
	have []*iampolicy.Policy // the docs
}

func (c *client) arn() string { return "arn:aws:iam::" + gatewayAccount + ":user/" + c.name }

// oracle is a gateway with its users and buckets.
type oracle struct {
	servertest.Gateway
	users    *aws2.Client
	clients  []*client
	buckets  map[string]m // their policies; nil = none
	policies map[string]*iampolicy.Policy
	compiled *told
	signed   *told // without that everybody can also come without a signature, and so pass by what denies him by name
	asked    atomic.Int64
	allowed  atomic.Int64
	certain  atomic.Int64 // answers of the compiler that left nothing open
	rnd      *rand.Rand
}

var (
	oracleBuckets = []string{"lake", "lake-two", "pond"}
	oracleKeys    = []string{"a.csv", "in/a.csv", "in/b.txt", "in/deep/a.csv", "ann/a.csv", "out/x"}
)

// TestGatewayAgrees holds decisions against a real S3 gateway that enforces inline policies of users and policies of buckets: the engine must
// say what the gateway does, and what the compiler calls certain must be so.
//
// Where the gateway's dialect differs from AWS's, the questions keep to what both have: its policies of buckets know neither Not
// elements, nor variables or conditions about who asks; it has no managed policies, groups, boundaries or organisations; its root
// user passes everything and is not asked; a bucket's policy may speak of that bucket alone.
func TestGatewayAgrees(t *testing.T) {
	g, users := servertest.StartGatewayWithIAM(t)
	o := &oracle{Gateway: g, users: users, buckets: map[string]m{}, rnd: rand.New(rand.NewPCG(5, 22))}
	o.populate(t)
	for o.asked.Load() < 5000 && !t.Failed() {
		o.shuffle(t)
		o.round(t)
	}
	t.Logf("%d requests, of which %d were allowed; the compiler was certain about %d", o.asked.Load(), o.allowed.Load(), o.certain.Load())
	if share := float64(o.allowed.Load()) / float64(o.asked.Load()); share < 0.1 || share > 0.9 {
		t.Errorf("%.0f %% were allowed: the questions decide too little", 100*share)
	}
}

func (o *oracle) populate(t *testing.T) {
	nobody, _ := iampolicy.ParsePrincipal("anonymous")
	o.clients = []*client{{who: nobody}}
	for _, name := range []string{"ann", "bob", "cy", "deb", "eve"} {
		c := &client{name: name}
		_, err := o.users.CreateUser(t.Context(), &aws2.CreateUserInput{UserName: aws.String(name)})
		key, err2 := o.users.CreateAccessKey(t.Context(), &aws2.CreateAccessKeyInput{UserName: aws.String(name)})
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		c.s3 = o.Client(aws.ToString(key.AccessKey.AccessKeyId), aws.ToString(key.AccessKey.SecretAccessKey))
		c.who, _ = iampolicy.ParsePrincipal(c.arn())
		o.clients = append(o.clients, c)
	}
	root := o.Client(servertest.Admin, servertest.AdminPassword)
	for _, b := range oracleBuckets {
		o.Bucket(t, b, "")
		for _, key := range oracleKeys {
			if _, err := root.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(b), Key: aws.String(key), Body: strings.NewReader("x")}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

// some picks one or two.
func some(r *rand.Rand, from ...string) []string {
	out := []string{pick(r, from...)}
	if r.IntN(3) == 0 {
		out = append(out, pick(r, from...))
	}
	return out
}

// statement makes what is common to the statements of both sides.
func (o *oracle) statement(resources []string) m {
	r := o.rnd
	s := allow(some(r, "s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:Get*", "s3:*", "s3:G?tObject", "s3:*Object", "S3:putobject"), some(r, resources...))
	if r.IntN(3) == 0 {
		s["Effect"] = "Deny"
	}
	if r.IntN(3) == 0 {
		s["Condition"] = pick(r, m{"IpAddress": m{"aws:SourceIp": "127.0.0.0/8"}}, m{"NotIpAddress": m{"aws:SourceIp": []string{"10.0.0.0/8", "127.0.0.1"}}},
			m{"Bool": m{"aws:SecureTransport": "false"}}, m{"Bool": m{"aws:SecureTransport": "true"}}, m{"Null": m{"aws:Referer": "true"}}, m{"StringLike": m{"aws:Referer": "*"}},
			m{"StringNotLike": m{"aws:Referer": "x*"}}, m{"StringEqualsIfExists": m{"aws:Referer": "x"}}, m{"DateGreaterThan": m{"aws:CurrentTime": "2020-01-01T00:00:00Z"}},
			m{"DateLessThan": m{"aws:CurrentTime": "2020-01-01T00:00:00Z"}, "IpAddress": m{"aws:SourceIp": "127.0.0.1"}})
	}
	return s
}

// identity makes an inline policy.
func (o *oracle) identity() m {
	r := o.rnd
	var out []m
	for range 1 + r.IntN(3) {
		b := pick(r, oracleBuckets...)
		arn := "arn:aws:s3:::" + b
		s := o.statement([]string{"*", arn, arn + "/*", arn + "/in/*", arn + "/*.csv", "arn:aws:s3:::lake*/*", arn + "/in/?.*", arn + "/${aws:username}/*", arn + "/a.csv"})
		if r.IntN(8) == 0 {
			s["NotAction"] = s["Action"]
			delete(s, "Action")
		}
		if r.IntN(8) == 0 {
			s["NotResource"] = s["Resource"]
			delete(s, "Resource")
		}
		if r.IntN(5) == 0 {
			s["Condition"] = pick(r, m{"StringEquals": m{"aws:username": []string{"ann", "cy"}}}, m{"StringLike": m{"aws:username": "?nn"}}, m{"ArnLike": m{"aws:PrincipalArn": "arn:aws:iam::*:user/b*"}},
				m{"StringNotEquals": m{"aws:username": "eve"}}, m{"ArnNotLike": m{"aws:PrincipalArn": "arn:aws:iam::*:user/d*"}})
		}
		out = append(out, s)
	}
	return policyOf(out...)
}

// bucketPolicy makes the policy of a bucket.
func (o *oracle) bucketPolicy(b string) m {
	r := o.rnd
	var out []m
	arn := "arn:aws:s3:::" + b
	for range 1 + r.IntN(3) {
		s := o.statement([]string{arn + "/*", arn + "/in/*", arn + "/*.csv", arn + "/a.csv", arn + "/in/?.*", arn})
		s["Principal"] = pick[any](r, "*", m{"AWS": "*"}, m{"AWS": []string{o.clients[1+r.IntN(5)].arn(), o.clients[1+r.IntN(5)].arn()}}, m{"AWS": o.clients[1+r.IntN(5)].arn()},
			m{"AWS": gatewayAccount}, m{"AWS": "arn:aws:iam::" + gatewayAccount + ":root"})
		out = append(out, s)
	}
	return policyOf(out...)
}

// shuffle gives everybody other policies. A policy of a bucket that the gateway does not take is drawn again.
func (o *oracle) shuffle(t *testing.T) {
	for _, c := range o.clients[1:] {
		c.docs = nil
		for n := range 2 {
			name := aws.String(fmt.Sprint("p", n))
			if o.rnd.IntN(3) == 0 {
				_, _ = o.users.DeleteUserPolicy(t.Context(), &aws2.DeleteUserPolicyInput{UserName: aws.String(c.name), PolicyName: name})
				continue
			}
			doc := o.identity()
			if _, err := o.users.PutUserPolicy(t.Context(), &aws2.PutUserPolicyInput{UserName: aws.String(c.name), PolicyName: name, PolicyDocument: aws.String(text(doc))}); err != nil {
				t.Fatalf("%v\n%s", err, text(doc))
			}
			c.docs = append(c.docs, doc)
		}
	}
	root := o.Client(servertest.Admin, servertest.AdminPassword)
	for _, b := range oracleBuckets {
		o.buckets[b] = nil
		_, err := root.DeleteBucketPolicy(t.Context(), &s3.DeleteBucketPolicyInput{Bucket: aws.String(b)})
		if err != nil {
			t.Fatal(err)
		}
		for o.rnd.IntN(4) > 0 {
			doc := o.bucketPolicy(b)
			if _, err := root.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: aws.String(b), Policy: aws.String(text(doc))}); err == nil {
				o.buckets[b] = doc
				break
			}
		}
	}
}

func text(doc m) string {
	b, _ := json.Marshal(doc)
	return string(b)
}

// round asks everything once.
func (o *oracle) round(t *testing.T) {
	o.compiled, o.policies = o.compile(t), map[string]*iampolicy.Policy{}
	o.signed = &told{nodes: o.compiled.nodes, edges: slices.DeleteFunc(slices.Clone(o.compiled.edges), func(e access.Edge) bool { return e.To == everybody })}
	for b, d := range o.buckets {
		if d != nil {
			o.policies[b] = parse(t, d)
		}
	}
	for _, c := range o.clients {
		c.have = nil
		for _, d := range c.docs {
			c.have = append(c.have, parse(t, d))
		}
	}
	var wg sync.WaitGroup
	for _, c := range o.clients {
		wg.Go(func() {
			for _, b := range oracleBuckets {
				for _, key := range oracleKeys {
					o.one(t, c, b, key, "s3:GetObject")
					o.one(t, c, b, key, "s3:PutObject")
				}
				o.one(t, c, b, "", "s3:ListBucket")
			}
		})
	}
	wg.Wait()
}

// compile compiles the account as the collectors would tell it.
func (o *oracle) compile(t *testing.T) *told {
	var users []m
	for _, c := range o.clients[1:] {
		u := user(c.name, c.docs...)
		u["Arn"] = c.arn()
		users = append(users, u)
	}
	buckets, places := m{}, []string{}
	for b, p := range o.buckets {
		about := m{"Ownership": "BucketOwnerEnforced", "PublicAccessBlock": m{}}
		if p != nil {
			about["Policy"] = p
		}
		buckets[b] = about
		places = append(places, "s3://"+b)
	}
	return compileAs(t, gatewayAccount, m{"UserDetailList": users, "Buckets": buckets, "ServiceControlPolicies": [][]m{}, "ResourceControlPolicies": [][]m{}}, places...)
}

// one holds one decision against the gateway.
func (o *oracle) one(t *testing.T, c *client, bucket, key, action string) {
	status := o.ask(t, c, bucket, key, action)
	if status != http.StatusOK && status != http.StatusForbidden {
		t.Errorf("%s %s of %s/%s: the gateway answers %d", c.name, action, bucket, key, status)
		return
	}
	o.asked.Add(1)
	allowed := status == http.StatusOK
	if allowed {
		o.allowed.Add(1)
	}
	p := iampolicy.Policies{Identity: c.have}
	if d := o.policies[bucket]; d != nil {
		p.Resource = []*iampolicy.Policy{d}
	}
	r := &iampolicy.Request{Principal: c.who, Action: iampolicy.ParseAction(action), Resource: "arn:aws:s3:::" + bucket, ResourceAccount: gatewayAccount, Context: &iampolicy.Context{}}
	if key != "" {
		r.Resource += "/" + key
	}
	r.Context.Set("aws:SourceIp", "127.0.0.1")
	r.Context.Set("aws:SecureTransport", "false")
	r.Context.Set("aws:CurrentTime", time.Now().UTC().Format(time.RFC3339))
	if d := p.Decide(r); (d.Outcome == iampolicy.Allowed) != allowed || d.Conditional {
		t.Errorf("%q %s of %s/%s: the gateway answers %d, and we %s (conditional: %t)\nidentity %s\nbucket %s", c.name, action, bucket, key, status, d.Outcome, d.Conditional, text(m{"": c.docs}), text(o.buckets[bucket]))
	}
	if key == "" {
		return
	}
	from, right := everybody, map[string]access.Right{"s3:GetObject": access.Read, "s3:PutObject": access.Write}[action]
	if c.name != "" {
		from = c.arn()
	}
	place := o.compiled.placeOf("s3://"+bucket, key)
	got, signed := o.compiled.may(from, right, place, access.Entitled), o.signed.may(from, right, place, access.Entitled)
	switch {
	case got == "no" && allowed, signed == "yes" && !allowed && right == access.Read: // who may write may delete, and need not put
		t.Errorf("%q %s of %s/%s: the gateway answers %d, and the compiler says %s\nidentity %s\nbucket %s", c.name, action, bucket, key, status, got, text(m{"": c.docs}), text(o.buckets[bucket]))
	case got == "no" || signed == "yes":
		o.certain.Add(1)
	}
}

func parse(t *testing.T, doc m) *iampolicy.Policy {
	p, err := iampolicy.Parse("p", []byte(text(doc)))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// ask sends the request, and gives the status of the answer.
func (o *oracle) ask(t *testing.T, c *client, bucket, key, action string) int {
	if c.name == "" {
		method, body := http.MethodGet, ""
		if action == "s3:PutObject" {
			method, body = http.MethodPut, "x"
		}
		req, err := http.NewRequestWithContext(t.Context(), method, o.URL()+"/"+bucket+"/"+key, strings.NewReader(body))
		if err != nil {
			t.Error(err)
			return 0
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Error(err)
			return 0
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	var err error
	b, k := aws.String(bucket), aws.String(key)
	switch action {
	case "s3:GetObject":
		var out *s3.GetObjectOutput
		if out, err = c.s3.GetObject(t.Context(), &s3.GetObjectInput{Bucket: b, Key: k}); err == nil {
			out.Body.Close()
		}
	case "s3:PutObject":
		_, err = c.s3.PutObject(t.Context(), &s3.PutObjectInput{Bucket: b, Key: k, Body: strings.NewReader("x")})
	default:
		_, err = c.s3.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: b})
	}
	var answer *awshttp.ResponseError
	switch {
	case err == nil:
		return http.StatusOK
	case errors.As(err, &answer):
		return answer.HTTPStatusCode()
	}
	t.Error(err)
	return 0
}
