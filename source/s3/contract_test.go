package s3

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	aws3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/chartroom/chartroom/source"
	"github.com/chartroom/chartroom/source/servertest"
	"github.com/chartroom/chartroom/source/sourcetest"
)

func TestContract(t *testing.T) {
	g := servertest.StartGateway(t)
	login(t, servertest.Admin, servertest.AdminPassword)
	g.Bucket(t, "archive", "")
	for key, size := range map[string]int{"a.txt": 10, "b/c.bin": 5 << 20, "b/d.txt": 0, "ü.txt": 2000} {
		put(t, g, "archive", key, random(uint64(size), size))
	}
	sourcetest.Run(t, sourcetest.Subject{
		Open:  func(t testing.TB) source.Source { return open1(t, g.URL(), "s3://archive") },
		Items: []string{"a.txt", "b/c.bin", "b/d.txt", "ü.txt"},
		Large: "b/c.bin", Moments: true, // what is read is the version that was listed, or nothing
		Change: func(t testing.TB, path string) { put(t, g, "archive", path, random(99, 5<<20)) },
		Remove: func(t testing.TB, path string) {
			c := g.Client(servertest.Admin, servertest.AdminPassword)
			if _, err := c.DeleteObject(t.Context(), &aws3.DeleteObjectInput{Bucket: aws.String("archive"), Key: aws.String(path)}); err != nil {
				t.Fatal(err)
			}
		},
	})
}
