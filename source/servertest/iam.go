package servertest

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// StartGatewayWithIAM starts a gateway whose users are those of an IAM server beside it, and gives a client of that: users with access keys and inline
// policies, which are enforced.
func StartGatewayWithIAM(t testing.TB) (Gateway, *iam.Client) {
	t.Helper()
	cache, _ := os.UserCacheDir()
	program := find(t, "versitygw", []string{filepath.Join(cache, "chartroom", "bin")}, "versitygw")
	dir := directory(t, nil)
	for _, d := range []string{"data", "iam", "sidecar"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	socket, port := filepath.Join(dir, "s"), freePort(t)
	common := []string{program, "--access", Admin, "--secret", AdminPassword, "--quiet", "--keep-alive"}
	users := &Server{Host: "127.0.0.1", Port: port, dir: dir, args: append(append([]string{}, common...), "--port", "127.0.0.1:"+strconv.Itoa(port), "iam", "--dir", filepath.Join(dir, "iam"), "--private-ports", socket, "--quiet")}
	client := iam.New(iam.Options{BaseEndpoint: aws.String("http://" + users.Address()), Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider(Admin, AdminPassword, "")})
	users.start(t, func(ctx context.Context) error {
		_, err := client.ListUsers(ctx, &iam.ListUsersInput{})
		return err
	})
	t.Cleanup(func() { users.stop(os.Kill) })
	port = freePort(t)
	g := Gateway{&Server{Host: "127.0.0.1", Port: port, dir: dir, args: append(append([]string{}, common...), "--port", "127.0.0.1:"+strconv.Itoa(port), "--iam-standalone-endpoint", socket,
		"--iam-cache-disable", "posix", "--sidecar", filepath.Join(dir, "sidecar"), filepath.Join(dir, "data"))}, program}
	c := g.Client(Admin, AdminPassword)
	g.start(t, func(ctx context.Context) error {
		_, err := c.ListBuckets(ctx, &s3.ListBucketsInput{})
		return err
	})
	t.Cleanup(func() { g.stop(os.Kill) })
	return g, client
}
