package s3

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	aws3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/chartroom/chartroom/estate"
)

// groups of grantees that stand for everybody, and for everybody with an account anywhere.
const (
	everybody = "http://acs.amazonaws.com/groups/global/AllUsers"
	anyLogin  = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
)

// describe asks the store what it says of the bucket as a whole. Each question stands alone: a store that does not know one, or does not
// answer it to us, leaves that trait open.
func (b *Bucket) describe(ctx context.Context) {
	patient := b.client
	b.client = aws3.New(patient.Options(), func(o *aws3.Options) { o.RetryMaxAttempts = 2 }) // a trait is not worth a long wait
	defer func() { b.client = patient }()
	bucket := aws.String(b.name)
	key := ""
	b.trait("encryption", func() (value, none string, err error) {
		value, key, none, err = b.encryption(ctx, bucket)
		return value, none, err
	})
	if key != "" {
		b.repository.Traits = append(b.repository.Traits, estate.Trait{Name: "encryption_key", Value: display(key), Known: true})
	}
	b.trait("public_access_block", func() (string, string, error) { return b.block(ctx, bucket) })
	b.trait("public_policy", func() (string, string, error) {
		out, err := b.client.GetBucketPolicyStatus(ctx, &aws3.GetBucketPolicyStatusInput{Bucket: bucket})
		if err != nil || out.PolicyStatus == nil {
			return "", "NoSuchBucketPolicy", err
		}
		return yes(aws.ToBool(out.PolicyStatus.IsPublic)), "", nil
	})
	b.trait("public_acl", func() (string, string, error) {
		out, err := b.client.GetBucketAcl(ctx, &aws3.GetBucketAclInput{Bucket: bucket})
		if err != nil {
			return "", "", err
		}
		if out.Owner != nil {
			b.repository.Owner = firstOf(aws.ToString(out.Owner.DisplayName), aws.ToString(out.Owner.ID))
		}
		return yes(open(out.Grants)), "", nil
	})
	b.trait("versioning", func() (string, string, error) {
		out, err := b.client.GetBucketVersioning(ctx, &aws3.GetBucketVersioningInput{Bucket: bucket})
		if err != nil {
			return "", "", err
		}
		return firstOf(strings.ToLower(string(out.Status)), "no"), "", nil
	})
	b.trait("access_log", func() (string, string, error) {
		out, err := b.client.GetBucketLogging(ctx, &aws3.GetBucketLoggingInput{Bucket: bucket})
		if err != nil {
			return "", "", err
		}
		if out.LoggingEnabled == nil {
			return "no", "", nil
		}
		return "to " + display(aws.ToString(out.LoggingEnabled.TargetBucket)), "", nil
	})
	b.probe(ctx)
}

// trait asks one question. The answer is a value, or an error; an error with the code named none is a no.
func (b *Bucket) trait(name string, ask func() (value, none string, err error)) {
	value, none, err := ask()
	t := estate.Trait{Name: name, Value: value, Known: true}
	switch {
	case err == nil && value == "":
		t.Value, t.Known = "the store gave an empty answer", false
	case err == nil:
	case none != "" && code(err) == none:
		t.Value = "no"
	case status(err) == http.StatusForbidden:
		t.Value, t.Known = "the login may not ask", false
	case status(err) == http.StatusNotImplemented || code(err) == "NotImplemented":
		t.Value, t.Known = "the store does not answer this question", false
	default:
		t.Value, t.Known = plain(err).Error(), false
	}
	b.repository.Traits = append(b.repository.Traits, t)
}

// encryption tells by which method new objects are encrypted if nobody asks for another, and with which key of KMS; "" = one of the store's own.
func (b *Bucket) encryption(ctx context.Context, bucket *string) (value, key, none string, err error) {
	none = "ServerSideEncryptionConfigurationNotFoundError"
	out, err := b.client.GetBucketEncryption(ctx, &aws3.GetBucketEncryptionInput{Bucket: bucket})
	if err != nil || out.ServerSideEncryptionConfiguration == nil {
		return "", "", none, err
	}
	for _, r := range out.ServerSideEncryptionConfiguration.Rules {
		if d := r.ApplyServerSideEncryptionByDefault; d != nil && d.SSEAlgorithm != "" {
			return string(d.SSEAlgorithm), aws.ToString(d.KMSMasterKeyID), none, nil
		}
	}
	return "", "", none, nil
}

// block tells whether the bucket refuses to be opened to everybody.
func (b *Bucket) block(ctx context.Context, bucket *string) (value, none string, err error) {
	none = "NoSuchPublicAccessBlockConfiguration"
	out, err := b.client.GetPublicAccessBlock(ctx, &aws3.GetPublicAccessBlockInput{Bucket: bucket})
	if err != nil || out.PublicAccessBlockConfiguration == nil {
		return "", none, err
	}
	c, n := out.PublicAccessBlockConfiguration, 0
	for _, on := range []*bool{c.BlockPublicAcls, c.BlockPublicPolicy, c.IgnorePublicAcls, c.RestrictPublicBuckets} {
		if aws.ToBool(on) {
			n++
		}
	}
	switch n {
	case 4:
		return "yes", none, nil
	case 0:
		return "no", none, nil
	}
	return fmt.Sprintf("%d of 4 settings", n), none, nil
}

// open tells whether a list of grants lets everybody in, or everybody who has an account.
func open(grants []types.Grant) bool {
	for _, g := range grants {
		if g.Grantee != nil && (aws.ToString(g.Grantee.URI) == everybody || aws.ToString(g.Grantee.URI) == anyLogin) {
			return true
		}
	}
	return false
}

// probe tries whether the login could write, without writing: it sends an empty part of an upload that was never begun, under a key
// that nobody has. A store checks the permission first (s3:PutObject), and then misses the upload.
func (b *Bucket) probe(ctx context.Context) {
	key := "chartroom-write-probe-" + strings.ToLower(rand.Text())
	if b.prefix != "" {
		key = b.prefix + "/" + key
	}
	_, err := b.client.UploadPart(ctx, &aws3.UploadPartInput{Bucket: aws.String(b.name), Key: aws.String(key), UploadId: aws.String("00000000-0000-0000-0000-000000000000"),
		PartNumber: aws.Int32(1), ContentLength: aws.Int64(0), Body: strings.NewReader("")})
	if code(err) == "NoSuchUpload" {
		b.warnings = append(b.warnings, fmt.Sprintf("the login of %s may write there (s3:PutObject); docs/sources.md has the policy of one which may only read", b.repository.Name))
	}
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
