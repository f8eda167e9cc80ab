package s3

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	aws3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
)

// pageSize is how many objects are listed with one request, and held at a time.
const pageSize = 1000

// ref is the handle of an object.
type ref struct {
	key     string // as the store knows it
	version string // "" = the latest
	etag    string // with its quotation marks; "" = the store gives none
	size    int64
}

// object is an object as one of the two listings gives it.
type object struct {
	ref
	class    string
	modified time.Time
	restored bool // from an archive, for a while
}

// Items lists the objects: the latest versions, or all. A marker of a folder, which is an empty object whose key ends with a slash,
// is no item. Objects of storage classes that must be restored before they can be read are gaps, and so is, once for the bucket,
// what older versions hold that are not listed.
func (b *Bucket) Items(ctx context.Context, yield func(source.Listed) error) error {
	beneath := b.prefix
	if beneath != "" {
		beneath += "/"
	}
	any := false
	each := func(o object) error {
		any = true
		return b.item(o, strings.TrimPrefix(o.key, beneath), yield)
	}
	if err := b.objects(ctx, beneath, 0, each, yield); err != nil {
		return err
	}
	if b.prefix != "" && !b.folder {
		if err := b.itself(ctx, any, yield); err != nil {
			return err
		}
	}
	return b.older(yield)
}

// itself lists the object whose key is the prefix. In the order of keys it comes before all that begin with it.
func (b *Bucket) itself(ctx context.Context, crowded bool, yield func(source.Listed) error) error {
	name := path.Base(b.prefix)
	if crowded {
		name = "../" + name // what stands beneath the prefix may have the same name
	}
	return b.objects(ctx, b.prefix, 1, func(o object) error {
		if o.key != b.prefix {
			return errEnough
		}
		return b.item(o, name, yield)
	}, yield)
}

// errEnough ends a listing.
var errEnough = errors.New("enough was listed")

// older tells that there are versions that were not listed.
func (b *Bucket) older(yield func(source.Listed) error) error {
	for _, t := range b.repository.Traits {
		if t.Name == "versioning" && t.Known && t.Value != "no" && !b.versions {
			return yield(source.Listed{Gap: &estate.Gap{Path: "?versions", Reason: estate.GapNotFollowed, Bytes: -1,
				Detail: "the bucket keeps older versions of its objects, and deleted ones; they were not read (the option versions=all reads them)"}})
		}
	}
	return nil
}

// item yields an object under a path.
func (b *Bucket) item(o object, rel string, yield func(source.Listed) error) error {
	if strings.HasSuffix(o.key, "/") && o.size == 0 {
		return nil
	}
	p := display(rel)
	if b.versions && o.version != "" {
		p += versionMark + display(o.version)
	}
	if reason := archived(o); reason != "" {
		return yield(source.Listed{Gap: &estate.Gap{Path: p, Reason: estate.GapUnreadable, Detail: reason, Bytes: o.size}})
	}
	mark := fmt.Sprintf("%s %d %d", strings.Trim(o.etag, `"`), o.size, o.modified.UnixNano())
	if o.version != "" {
		mark += " " + o.version
	}
	return yield(source.Listed{Item: source.Item{Path: p, Version: mark, Bytes: o.size, Modified: o.modified, Ref: o.ref}})
}

// archived says why an object cannot be read as it is, "" where it can.
func archived(o object) string {
	switch types.ObjectStorageClass(o.class) {
	case types.ObjectStorageClassGlacier, types.ObjectStorageClassDeepArchive:
		if !o.restored {
			return "its storage class is " + o.class + ": it must be restored before it can be read"
		}
	}
	return ""
}

// objects gives what the listing has beneath a prefix, page after page; only as many as limit, where that is not 0. Where the
// listing breaks off after its first page, the rest is a gap.
func (b *Bucket) objects(ctx context.Context, prefix string, limit int32, each func(object) error, yield func(source.Listed) error) error {
	next := b.latest(prefix)
	if b.versions {
		next = b.all(prefix)
	}
	size := b.page
	if limit > 0 && !b.versions {
		size = limit
	}
	for first := true; ; first = false {
		page, more, err := next(ctx, size)
		if err != nil && (first || ctx.Err() != nil) {
			return fmt.Errorf("list %s: %w", b.repository.Name, plain(err))
		}
		if err != nil {
			return yield(source.Listed{Gap: &estate.Gap{Under: true, Reason: estate.GapUnreadable, Detail: "the listing broke off: " + plain(err).Error(), Bytes: -1}})
		}
		for _, o := range page {
			err := ctx.Err()
			if err == nil {
				err = each(o)
			}
			if errors.Is(err, errEnough) {
				return nil
			}
			if err != nil {
				return err
			}
		}
		if !more || size == limit {
			return nil
		}
	}
}

// listing gives the next page of at most so many objects, and whether another one follows.
type listing func(ctx context.Context, size int32) (page []object, more bool, err error)

// latest lists the latest versions.
func (b *Bucket) latest(prefix string) listing {
	in := &aws3.ListObjectsV2Input{Bucket: aws.String(b.name), Prefix: aws.String(prefix), EncodingType: types.EncodingTypeUrl,
		OptionalObjectAttributes: []types.OptionalObjectAttributes{types.OptionalObjectAttributesRestoreStatus}}
	return func(ctx context.Context, size int32) (page []object, more bool, err error) {
		in.MaxKeys = aws.Int32(size)
		out, err := b.client.ListObjectsV2(ctx, in)
		if err != nil {
			return nil, false, err
		}
		for i := range out.Contents {
			o := &out.Contents[i]
			key, err := decoded(o.Key, out.EncodingType)
			if err != nil {
				return nil, false, err
			}
			page = append(page, object{ref: ref{key: key, etag: aws.ToString(o.ETag), size: aws.ToInt64(o.Size)}, class: string(o.StorageClass),
				modified: aws.ToTime(o.LastModified), restored: restored(o.RestoreStatus)})
		}
		was := aws.ToString(in.ContinuationToken)
		in.ContinuationToken = out.NextContinuationToken
		more = aws.ToBool(out.IsTruncated)
		if token := aws.ToString(in.ContinuationToken); more && (token == "" || token == was) {
			return page, false, errors.New("the store says that there is more, and not where")
		}
		return page, more, nil
	}
}

// all lists all versions. Markers of deletion hold nothing, and are passed by.
func (b *Bucket) all(prefix string) listing {
	in := &aws3.ListObjectVersionsInput{Bucket: aws.String(b.name), Prefix: aws.String(prefix), EncodingType: types.EncodingTypeUrl,
		OptionalObjectAttributes: []types.OptionalObjectAttributes{types.OptionalObjectAttributesRestoreStatus}}
	return func(ctx context.Context, size int32) (page []object, more bool, err error) {
		in.MaxKeys = aws.Int32(size)
		out, err := b.client.ListObjectVersions(ctx, in)
		if err != nil {
			return nil, false, err
		}
		for i := range out.Versions {
			o := &out.Versions[i]
			key, err := decoded(o.Key, out.EncodingType)
			if err != nil {
				return nil, false, err
			}
			page = append(page, object{ref: ref{key: key, version: aws.ToString(o.VersionId), etag: aws.ToString(o.ETag), size: aws.ToInt64(o.Size)},
				class: string(o.StorageClass), modified: aws.ToTime(o.LastModified), restored: restored(o.RestoreStatus)})
		}
		key, err := decoded(out.NextKeyMarker, out.EncodingType)
		if err != nil {
			return nil, false, err
		}
		more = aws.ToBool(out.IsTruncated)
		same := key == aws.ToString(in.KeyMarker) && aws.ToString(out.NextVersionIdMarker) == aws.ToString(in.VersionIdMarker)
		if more && (key == "" || same) {
			return page, false, errors.New("the store says that there is more, and not where")
		}
		in.KeyMarker, in.VersionIdMarker = aws.String(key), out.NextVersionIdMarker
		return page, more, nil
	}
}

// decoded gives the key of a listing as it is. A store that was asked to encode keys says whether it did.
func decoded(key *string, how types.EncodingType) (string, error) {
	if how != types.EncodingTypeUrl {
		return aws.ToString(key), nil
	}
	k, err := url.QueryUnescape(aws.ToString(key))
	if err != nil {
		return "", errors.New("the store lists keys in a form that it does not keep to")
	}
	return k, nil
}

// restored tells whether an archived object can be read just now.
func restored(s *types.RestoreStatus) bool {
	return s != nil && s.RestoreExpiryDate != nil && !aws.ToBool(s.IsRestoreInProgress)
}
