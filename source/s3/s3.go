// Package s3 is the source of object stores that speak the S3 protocol: Amazon's, and any compatible one. A repository is a bucket,
// or what stands in it beneath a prefix; an item is an object.
//
// Nothing is ever written. The credentials are those of the SDK's usual chain (environment, shared files and their profiles, single
// sign-on, the role of the machine), and never stand in a target. A target is
//
//	s3://bucket/prefix?region=eu-west-1    one bucket, or the objects beneath a prefix, or one object
//	s3://                                  every bucket that the login may list
//
// with the options endpoint (address of a compatible server), region, path_style (1 = the bucket stands in the path and not in the
// host name), profile (of the shared files), versions (all = older versions of objects, too), and rate (20MB = how many bytes a second
// may be read).
package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	aws3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
)

// How often a request is tried, and how long is waited between at most. A cut connection costs a try only where nothing came.
const (
	tries   = 6
	backoff = 5 * time.Second
)

// defaultRegion is where a store that was given no region is asked first; it says where a bucket really is.
const defaultRegion = "us-east-1"

// Bucket is a bucket, or the part of one beneath a prefix.
type Bucket struct {
	client     *aws3.Client
	name       string
	prefix     string // without a slash at its end
	folder     bool   // the target ended with a slash: no object is meant
	versions   bool   // all of them
	repository estate.Repository
	warnings   []string
	rate       *source.Rate
	page       int32 // how many keys are listed with one request
	wait       func(ctx context.Context, try int) error
}

// target is an address that was taken apart.
type target struct {
	bucket, prefix            string
	folder                    bool
	endpoint, region, profile string
	pathStyle, versions       bool
	rate                      int64
}

// Open makes the sources of a target: one, or of s3:// alone one for each bucket that the login may list. It asks each bucket for
// its traits, and for what the login could do there beyond reading. It returns a source.TargetError where the target is no address, the
// store cannot be reached, or will not let the login list; a bucket of several that it will not is a source with nothing but a gap.
func Open(ctx context.Context, address, custodian string) ([]source.Source, error) {
	t, err := parse(address)
	if err != nil {
		return nil, err
	}
	client, err := connect(ctx, t)
	if err != nil {
		return nil, err
	}
	names, regions := []string{t.bucket}, map[string]string{}
	if t.bucket == "" {
		if names, regions, err = buckets(ctx, client); err != nil {
			return nil, err
		}
	}
	var out []source.Source
	rate := source.NewRate(t.rate)
	for _, name := range names {
		b := &Bucket{client: client, name: name, prefix: t.prefix, folder: t.folder, versions: t.versions, rate: rate, page: pageSize, wait: pause}
		b.client, err = located(ctx, client, name, regions[name])
		b.repository = estate.Repository{Name: b.address(), Kind: "s3", Custodian: custodian}
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil && t.bucket != "":
			return nil, refused(b.repository, err)
		case err != nil:
			out = append(out, source.Closed(b.repository, plain(err).Error()))
			continue
		}
		b.describe(ctx)
		if at := aws.ToString(b.client.Options().BaseEndpoint); strings.HasPrefix(at, "http://") && !local(at) {
			b.warnings = append(b.warnings, fmt.Sprintf("the connection to %s is not encrypted; write https:// in its endpoint", b.repository.Name))
		}
		out = append(out, b)
	}
	return out, nil
}

// local tells whether an address is one of this machine.
func local(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
}

// parse takes a target apart.
func parse(address string) (t target, err error) {
	bad := func(form string, args ...any) (target, error) {
		return t, &source.TargetError{Usage: true, Err: fmt.Errorf("%s: %s", shown(address), fmt.Sprintf(form, args...)), Hint: "write s3://bucket/prefix?region=eu-west-1; docs/sources.md has the options"}
	}
	rest, ok := strings.CutPrefix(address, "s3://")
	if !ok {
		return bad("no s3:// address")
	}
	rest, options, _ := strings.Cut(rest, "?")
	if strings.Contains(rest, "@") && !strings.Contains(rest, "/") || strings.Contains(strings.SplitN(rest, "/", 2)[0], ":") {
		return bad("credentials do not belong into an address; the usual places of the AWS tools are looked at (environment, profile, role)")
	}
	bucket, prefix, _ := strings.Cut(rest, "/")
	t.bucket, t.folder = bucket, strings.HasSuffix(prefix, "/") || prefix == ""
	if t.prefix, err = url.PathUnescape(strings.TrimSuffix(prefix, "/")); err != nil {
		return bad("a %% in the prefix is written %%25")
	}
	if bucket == "" && prefix != "" {
		return bad("a prefix without a bucket")
	}
	query, err := url.ParseQuery(options)
	if err != nil {
		return bad("its options cannot be read")
	}
	for name, values := range query {
		v := values[len(values)-1]
		switch name {
		case "endpoint":
			u, err := url.Parse(v)
			if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
				return bad("its endpoint is no address such as https://minio.example.org:9000")
			}
			t.endpoint = v
		case "region":
			t.region = v
		case "profile":
			t.profile = v
		case "path_style":
			t.pathStyle = v == "1" || v == "true"
		case "versions":
			if v != "all" && v != "latest" {
				return bad("versions is all or latest")
			}
			t.versions = v == "all"
		case "rate":
			if t.rate, err = source.ParseRate(v); err != nil {
				return bad("%v; write rate=20MB for 20 million bytes a second", err)
			}
		default:
			return bad("there is no option %s; there are endpoint, region, path_style, profile, versions and rate", name)
		}
	}
	return t, nil
}

// shown is an address without anything that may be a secret.
func shown(address string) string {
	address, _, _ = strings.Cut(address, "?")
	if i := strings.LastIndexByte(address, '@'); i >= 0 {
		return "s3://..." + address[i:]
	}
	return address
}

// connect makes the client, by the SDK's chain.
func connect(ctx context.Context, t target) (*aws3.Client, error) {
	var opts []func(*config.LoadOptions) error
	if t.region != "" {
		opts = append(opts, config.WithRegion(t.region))
	}
	if t.profile != "" {
		opts = append(opts, config.WithSharedConfigProfile(t.profile))
	}
	opts = append(opts, config.WithLogger(logging.Nop{}), config.WithRetryer(func() aws.Retryer { return patient(backoff) }))
	opts = append(opts, config.WithHTTPClient(awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.ResponseHeaderTimeout, t.MaxIdleConnsPerHost = stall, 64
	})))
	cfg, err := config.LoadDefaultConfig(ctx, opts...)
	if err != nil {
		return nil, &source.TargetError{Err: fmt.Errorf("settings of the AWS tools: %w", err), Hint: "aws configure list shows where they come from"}
	}
	if cfg.Region == "" {
		cfg.Region = defaultRegion
	}
	return aws3.NewFromConfig(cfg, func(o *aws3.Options) {
		if t.endpoint != "" {
			o.BaseEndpoint = aws.String(t.endpoint)
		}
		o.UsePathStyle = o.UsePathStyle || t.pathStyle
		// Objects are read in ranges, for which no checksums exist; a range that is not of the listed version is refused.
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		o.DisableLogOutputChecksumValidationSkipped = true
	}), nil
}

// patient tries a request again, after a while of at most so long.
func patient(longest time.Duration) aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts, o.MaxBackoff = tries, longest
		o.Retryables = append([]retry.IsErrorRetryable{retry.IsErrorRetryableFunc(cut)}, o.Retryables...)
	})
}

// cut tells that an answer that ended in the middle is worth another try. All requests but those for contents are such.
func cut(err error) aws.Ternary {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return aws.TrueTernary
	}
	return aws.UnknownTernary
}

// pause waits before a request is tried again.
func pause(ctx context.Context, try int) error {
	d := min(backoff, 100*time.Millisecond<<min(try, 10))
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// buckets lists the buckets of the login, and their regions where the store tells.
func buckets(ctx context.Context, c *aws3.Client) (names []string, regions map[string]string, err error) {
	regions = map[string]string{}
	pages := aws3.NewListBucketsPaginator(c, &aws3.ListBucketsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, nil, refused(estate.Repository{}, err)
		}
		for _, b := range page.Buckets {
			name := aws.ToString(b.Name)
			names = append(names, name)
			regions[name] = aws.ToString(b.BucketRegion)
		}
	}
	return names, regions, nil
}

// located gives a client for the region of a bucket, after it was asked for.
func located(ctx context.Context, c *aws3.Client, bucket, region string) (*aws3.Client, error) {
	in := func(region string) *aws3.Client {
		o := c.Options()
		return aws3.New(o, func(o *aws3.Options) { o.Region = region })
	}
	if region != "" && region != c.Options().Region {
		c = in(region)
	}
	few := func(o *aws3.Options) { o.RetryMaxAttempts = 3 } // who waits here does not know yet whether there is a store
	_, err := c.HeadBucket(ctx, &aws3.HeadBucketInput{Bucket: aws.String(bucket)}, few)
	if region := elsewhere(err); region != "" {
		c = in(region)
		_, err = c.HeadBucket(ctx, &aws3.HeadBucketInput{Bucket: aws.String(bucket)}, few)
	}
	return c, err
}

// address is the repository's name. A compatible server's own address is a part of it: its buckets are not those of another.
func (b *Bucket) address() string {
	name := "s3://" + b.name
	if b.prefix != "" {
		name += "/" + display(b.prefix)
	}
	if e := aws.ToString(b.client.Options().BaseEndpoint); e != "" && !strings.Contains(e, ".amazonaws.com") {
		name += "?endpoint=" + strings.TrimSuffix(e, "/")
	}
	return name
}

// Repository is the bucket's s3:// address, and what the store says of it.
func (b *Bucket) Repository() estate.Repository { return b.repository }

// Rate implements source.Rated.
func (b *Bucket) Rate() *source.Rate { return b.rate }

// Remote implements source.Remote.
func (b *Bucket) Remote() {}

// Warnings says what the login may do that a survey does not need, and what else about the connection is unsafe.
func (b *Bucket) Warnings() []string { return slices.Clone(b.warnings) }
