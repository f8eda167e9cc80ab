package servertest

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

func TestServersStartAndStop(t *testing.T) {
	t.Run("postgres", func(t *testing.T) {
		p := StartPostgres(t)
		p.Database(t, "clinic", "reader", "pw")
		p.Exec(t, "clinic", "CREATE TABLE a (x int)")
		p.Kill()
		p.Start(t)
		p.Exec(t, "clinic", "INSERT INTO a VALUES (1)")
	})
	t.Run("mariadb", func(t *testing.T) {
		m := StartMariaDB(t)
		m.Database(t, "clinic", "reader", "pw")
		m.Exec(t, "clinic", "CREATE TABLE a (x int)")
	})
	t.Run("gateway", func(t *testing.T) {
		g := StartGateway(t)
		g.Bucket(t, "archive", "")
		g.Kill()
		g.Start(t)
		if _, err := g.Client(Admin, AdminPassword).HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: aws.String("archive")}); err != nil {
			t.Error(err)
		}
	})
}
