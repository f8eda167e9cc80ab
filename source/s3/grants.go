package s3

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	aws3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/chartroom/chartroom/estate"
)

// grants collects who may do what with one bucket.
type grants struct {
	b      *Bucket
	bucket *string
	scope  string
	yield  func(estate.Grant) error
	from   string // the call that is being told of
}

// Grants reports the bucket's policy, access list, public-access block, ownership and default encryption as they stand. A question that the store
// does not answer, or not to us, is a fact of the kind unseen.
func (b *Bucket) Grants(ctx context.Context, yield func(estate.Grant) error) error {
	g := &grants{b: b, bucket: aws.String(b.name), yield: yield}
	account := g.account(ctx)
	g.scope = "aws:" + cmp.Or(account, g.server())
	detail := map[string]string{}
	for k, v := range map[string]string{"account": account, "server": g.server(), "region": b.client.Options().Region} {
		if v != "" {
			detail[k] = v
		}
	}
	g.from = "HeadBucket"
	if err := g.tell(estate.Grant{Kind: "bucket"}, detail); err != nil {
		return err
	}
	for _, ask := range []func(context.Context) error{g.policy, g.acl, g.block, g.ownership, g.encryption} {
		if err := ask(ctx); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// server is the address of a compatible server, "" for Amazon's.
func (g *grants) server() string {
	at := aws.ToString(g.b.client.Options().BaseEndpoint)
	if u, err := url.Parse(at); at != "" && err == nil && !strings.HasSuffix(u.Hostname(), ".amazonaws.com") {
		return u.Host
	}
	return ""
}

// account finds out whether the bucket is of the login's own account: a bucket that is not refuses to be asked for as one. Whose it is
// otherwise nothing tells.
func (g *grants) account(ctx context.Context) string {
	if g.server() != "" {
		return ""
	}
	o := g.b.client.Options()
	who, err := sts.New(sts.Options{Region: o.Region, Credentials: o.Credentials, HTTPClient: o.HTTPClient}).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return ""
	}
	if _, err = g.b.client.HeadBucket(ctx, &aws3.HeadBucketInput{Bucket: g.bucket, ExpectedBucketOwner: who.Account}); err != nil {
		return ""
	}
	return aws.ToString(who.Account)
}

// tell reports a fact of the bucket. The detail is an object with sorted keys, or nothing.
func (g *grants) tell(f estate.Grant, detail any) error {
	f.System, f.Scope, f.Target, f.From = "aws", g.scope, "arn:aws:s3:::"+g.b.name, g.from
	if detail != nil {
		text, err := json.Marshal(detail)
		if err != nil {
			return fmt.Errorf("tell of the bucket %s: %w", g.b.name, err)
		}
		f.Detail = string(text)
	}
	return g.yield(f)
}

// answer sorts the errors of a question: nothing is set, or something was not seen.
func (g *grants) answer(err error, none, what string) error {
	if none != "" && code(err) == none {
		return g.tell(estate.Grant{Kind: what, Action: "none"}, nil)
	}
	why := "the store gave an empty answer (" + g.from + ")"
	switch {
	case err == nil:
	case status(err) == http.StatusForbidden:
		why = "the login may not ask (" + g.from + ")"
	case status(err) == http.StatusNotImplemented || code(err) == "NotImplemented":
		why = "the store does not answer this question (" + g.from + ")"
	default:
		why = plain(err).Error()
	}
	return g.tell(estate.Grant{Kind: "unseen", Action: what, Why: why}, nil)
}

func (g *grants) policy(ctx context.Context) error {
	g.from = "GetBucketPolicy"
	out, err := g.b.client.GetBucketPolicy(ctx, &aws3.GetBucketPolicyInput{Bucket: g.bucket})
	if err != nil {
		return g.answer(err, "NoSuchBucketPolicy", "bucket_policy")
	}
	text := json.RawMessage(aws.ToString(out.Policy))
	if !json.Valid(text) {
		return g.tell(estate.Grant{Kind: "unseen", Action: "bucket_policy", Why: "the text of the bucket's policy is no JSON"}, nil)
	}
	return g.tell(estate.Grant{Kind: "bucket_policy"}, text)
}

func (g *grants) acl(ctx context.Context) error {
	g.from = "GetBucketAcl"
	out, err := g.b.client.GetBucketAcl(ctx, &aws3.GetBucketAclInput{Bucket: g.bucket})
	if err != nil {
		return g.answer(err, "", "acl")
	}
	if out.Owner != nil {
		if err := g.tell(estate.Grant{Kind: "owner", Principal: aws.ToString(out.Owner.ID)}, nil); err != nil {
			return err
		}
	}
	for _, a := range out.Grants {
		if a.Grantee == nil {
			continue
		}
		if err := g.tell(estate.Grant{Kind: "acl", Principal: cmp.Or(aws.ToString(a.Grantee.URI), aws.ToString(a.Grantee.ID)), Action: string(a.Permission)}, nil); err != nil {
			return err
		}
	}
	return nil
}

func (g *grants) block(ctx context.Context) error {
	g.from = "GetPublicAccessBlock"
	out, err := g.b.client.GetPublicAccessBlock(ctx, &aws3.GetPublicAccessBlockInput{Bucket: g.bucket})
	if err != nil || out.PublicAccessBlockConfiguration == nil {
		return g.answer(err, "NoSuchPublicAccessBlockConfiguration", "public_access")
	}
	c := out.PublicAccessBlockConfiguration
	return g.tell(estate.Grant{Kind: "public_access"}, map[string]bool{"BlockPublicAcls": aws.ToBool(c.BlockPublicAcls), "BlockPublicPolicy": aws.ToBool(c.BlockPublicPolicy),
		"IgnorePublicAcls": aws.ToBool(c.IgnorePublicAcls), "RestrictPublicBuckets": aws.ToBool(c.RestrictPublicBuckets)})
}

func (g *grants) ownership(ctx context.Context) error {
	g.from = "GetBucketOwnershipControls"
	out, err := g.b.client.GetBucketOwnershipControls(ctx, &aws3.GetBucketOwnershipControlsInput{Bucket: g.bucket})
	if err != nil || out.OwnershipControls == nil || len(out.OwnershipControls.Rules) == 0 {
		return g.answer(err, "OwnershipControlsNotFoundError", "ownership")
	}
	return g.tell(estate.Grant{Kind: "ownership", Action: string(out.OwnershipControls.Rules[0].ObjectOwnership)}, nil)
}

func (g *grants) encryption(ctx context.Context) error {
	g.from = "GetBucketEncryption"
	out, err := g.b.client.GetBucketEncryption(ctx, &aws3.GetBucketEncryptionInput{Bucket: g.bucket})
	if err != nil || out.ServerSideEncryptionConfiguration == nil {
		return g.answer(err, "ServerSideEncryptionConfigurationNotFoundError", "encryption")
	}
	for _, r := range out.ServerSideEncryptionConfiguration.Rules {
		d := r.ApplyServerSideEncryptionByDefault
		if d == nil {
			continue
		}
		detail := map[string]string{}
		if key := aws.ToString(d.KMSMasterKeyID); key != "" {
			detail["key"] = key
		}
		return g.tell(estate.Grant{Kind: "encryption", Action: string(d.SSEAlgorithm)}, detail)
	}
	return g.tell(estate.Grant{Kind: "encryption", Action: "none"}, nil)
}
