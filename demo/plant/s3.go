package plant

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// bucket is the ground of an object store: beneath a prefix of a bucket. A plant is a prefix with one object.
type bucket struct {
	filed
	client         *s3.Client
	bucket, prefix string
	label          string
}

func openS3(ctx context.Context, t Target, secret string) (*bucket, error) {
	access, key, ok := strings.Cut(secret, ":")
	if !ok {
		return nil, fmt.Errorf("plant in %s: %w: access-key:secret-key belongs into the variable", t.Label, ErrLogin)
	}
	u, err := url.Parse(t.Address)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("plant in %s: its address has to name one bucket", t.Label)
	}
	q := u.Query()
	if access == reads(ctx, q.Get("profile")) {
		return nil, fmt.Errorf("plant in %s: %w: that is the login that the survey reads with, and must not be able to write", t.Label, ErrLogin)
	}
	region := q.Get("region")
	if region == "" {
		region = os.Getenv("AWS_REGION")
	}
	if region == "" {
		region = "us-east-1"
	}
	cfg, err := config.LoadDefaultConfig(ctx, config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(access, key, "")), config.WithRegion(region))
	if err != nil {
		return nil, fmt.Errorf("plant in %s: %w", t.Label, err)
	}
	b := &bucket{bucket: u.Host, prefix: strings.Trim(u.Path, "/"), label: t.Label}
	if b.prefix != "" {
		b.prefix += "/"
	}
	b.client = s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.UsePathStyle = q.Get("path_style") == "1"
		if e := q.Get("endpoint"); e != "" {
			o.BaseEndpoint = aws.String(e)
		}
	})
	return b, nil
}

// reads gives the access key that a survey would read with; "" where there is none, or finding it takes too long.
func reads(ctx context.Context, profile string) string {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	cfg, err := config.LoadDefaultConfig(ctx, config.WithSharedConfigProfile(profile))
	if err != nil || cfg.Credentials == nil {
		return ""
	}
	found, err := cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return ""
	}
	return found.AccessKeyID
}

// Close has nothing to give back.
func (b *bucket) Close() {}

func (b *bucket) key(p *Plant) *string { return aws.String(b.prefix + p.Name + "/" + p.Form) }

// mark is the name of the object's metadata that holds the marker.
const mark = "chartroom-drill"

// Plant puts the object. A store makes it whole or not at all.
func (b *bucket) Plant(ctx context.Context, p *Plant) error {
	content, err := b.content(p)
	if err != nil {
		return err
	}
	_, err = b.client.PutObject(ctx, &s3.PutObjectInput{Bucket: &b.bucket, Key: b.key(p), Body: bytes.NewReader(content), Metadata: map[string]string{mark: p.Marker}})
	if err != nil {
		return fmt.Errorf("plant in %s: %w", b.label, err)
	}
	return nil
}

// Remove removes the object if it bears the marker and holds what was planted. Where the bucket keeps versions, it removes exactly those.
func (b *bucket) Remove(ctx context.Context, p *Plant) (was bool, err error) {
	for {
		got, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.bucket, Key: b.key(p)})
		if missing(err) {
			return was, nil
		}
		if err != nil {
			return was, fmt.Errorf("look for the plant in %s: %w", b.label, err)
		}
		was = true
		content, err := io.ReadAll(io.LimitReader(got.Body, 64<<20))
		if err = errors.Join(err, got.Body.Close()); err != nil {
			return was, fmt.Errorf("look for the plant in %s: %w", b.label, err)
		}
		if sum(content) != p.Sum || got.Metadata[mark] != p.Marker {
			return was, ErrChanged
		}
		if _, err = b.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &b.bucket, Key: b.key(p), VersionId: got.VersionId}); err != nil {
			return was, fmt.Errorf("remove the plant from %s: %w", b.label, err)
		}
	}
}

func missing(err error) bool {
	var answer *awshttp.ResponseError
	return errors.As(err, &answer) && answer.HTTPStatusCode() == http.StatusNotFound
}
