package servertest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Gateway is a running S3 server on a directory, with users and policies of its own that it enforces.
type Gateway struct {
	*Server
	program string
}

// StartGateway starts a gateway whose root user is Admin with AdminPassword. It keeps versions of objects in the buckets that ask for
// them.
func StartGateway(t testing.TB) Gateway {
	t.Helper()
	cache, _ := os.UserCacheDir()
	program := find(t, "versitygw", []string{filepath.Join(cache, "chartroom", "bin")}, "versitygw")
	dir := directory(t, nil)
	for _, d := range []string{"data", "iam", "versions", "sidecar"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	port := freePort(t)
	g := Gateway{&Server{Host: "127.0.0.1", Port: port, dir: dir, args: []string{program, "--port", "127.0.0.1:" + strconv.Itoa(port),
		"--access", Admin, "--secret", AdminPassword, "--iam-dir", filepath.Join(dir, "iam"), "--quiet", "--keep-alive", "posix",
		"--versioning-dir", filepath.Join(dir, "versions"), "--sidecar", filepath.Join(dir, "sidecar"), filepath.Join(dir, "data")}}, program}
	g.Start(t)
	t.Cleanup(func() { g.stop(os.Kill) }) // at SIGTERM it would wait for connections that are kept alive
	return g
}

// Start starts the gateway again after Kill.
func (g Gateway) Start(t testing.TB) {
	t.Helper()
	c := g.Client(Admin, AdminPassword)
	g.start(t, func(ctx context.Context) error {
		_, err := c.ListBuckets(ctx, &s3.ListBucketsInput{})
		return err
	})
}

// URL is the gateway's address.
func (g Gateway) URL() string { return "http://" + g.Address() }

// Client makes a client of a user.
func (g Gateway) Client(user, secret string) *s3.Client {
	return s3.New(s3.Options{BaseEndpoint: aws.String(g.URL()), Region: "us-east-1", UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(user, secret, "")})
}

// User makes a user, who may do nothing yet.
func (g Gateway) User(t testing.TB, name, secret string) {
	t.Helper()
	out, err := exec.Command(g.program, "admin", "--access", Admin, "--secret", AdminPassword, "--endpoint-url", g.URL(),
		"create-user", "--access", name, "--secret", secret, "--role", "user").CombinedOutput()
	if err != nil {
		t.Fatalf("make user %s: %v\n%s", name, err, out)
	}
}

// Bucket makes a bucket with a policy; "" is none.
func (g Gateway) Bucket(t testing.TB, name, policy string) {
	t.Helper()
	c, ctx := g.Client(Admin, AdminPassword), context.Background()
	_, err := c.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String(name)})
	if err == nil && policy != "" {
		_, err = c.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: aws.String(name), Policy: aws.String(policy)})
	}
	if err != nil {
		t.Fatalf("make bucket %s: %v", name, err)
	}
}
