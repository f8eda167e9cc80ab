package s3

import (
	"context"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	aws3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
)

// Find implements source.Finder. Where the object is still what was listed, as its headers tell, that is all that is asked; a
// listing of the one key costs more, and tells what it is now.
func (b *Bucket) Find(ctx context.Context, was source.Item) (source.Item, error) {
	shown, version := was.Path, ""
	if i := strings.Index(shown, versionMark); b.versions && i >= 0 { // the mark cannot be part of a key that is shown
		shown, version = shown[:i], shown[i+len(versionMark):]
	}
	rel, ok := undisplay(shown)
	version, known := undisplay(version)
	if !ok || !known {
		return source.Item{}, source.Gone()
	}
	beneath := b.prefix
	if beneath != "" {
		beneath += "/"
	}
	if o, ok := b.same(ctx, ref{key: beneath + rel, version: version}, was); ok {
		return o, nil
	}
	keys := []string{beneath + rel}
	if name := path.Base(b.prefix); b.prefix != "" && !b.folder && (rel == name || rel == "../"+name) {
		keys = append(keys, b.prefix) // see itself
	}
	for _, key := range keys {
		if it, err := b.one(ctx, ref{key: key, version: version}, was.Path); err != nil || it.Ref != nil {
			return it, err
		}
	}
	return source.Item{}, source.Gone()
}

// same gives the item that was listed, where the headers of its object say that it is still what it was. They tell the time of a version to
// the second, where some stores list it more precisely.
func (b *Bucket) same(ctx context.Context, r ref, was source.Item) (source.Item, bool) {
	mark := strings.Fields(was.Version)
	if len(mark) < 3 || len(mark) == 3 != (r.version == "") || len(mark) > 3 && mark[3] != r.version {
		return source.Item{}, false
	}
	nanos, err := strconv.ParseInt(mark[2], 10, 64)
	if err != nil {
		return source.Item{}, false
	}
	in := &aws3.HeadObjectInput{Bucket: aws.String(b.name), Key: aws.String(r.key)}
	if r.version != "" {
		in.VersionId = aws.String(r.version)
	}
	out, err := b.client.HeadObject(ctx, in)
	if err != nil {
		return source.Item{}, false
	}
	r.etag, r.size = aws.ToString(out.ETag), aws.ToInt64(out.ContentLength)
	o := object{ref: r, class: string(out.StorageClass), modified: time.Unix(0, nanos).UTC(), restored: strings.HasPrefix(aws.ToString(out.Restore), `ongoing-request="false"`)}
	if bare(r.etag) != mark[0] || fmt.Sprint(r.size) != mark[1] || !aws.ToTime(out.LastModified).Equal(o.modified.Truncate(time.Second)) || archived(o) != "" {
		return source.Item{}, false
	}
	return source.Item{Path: was.Path, Version: was.Version, Bytes: r.size, Modified: o.modified, Ref: r}, true
}

// one lists one key, or one version of it, and gives its item; one without a Ref where there is none.
func (b *Bucket) one(ctx context.Context, r ref, as string) (it source.Item, err error) {
	next := b.latest(r.key)
	if b.versions {
		next = b.all(r.key)
	}
	for more := true; more; { // in the order of keys, the key itself comes before all that begin with it
		var page []object
		if page, more, err = next(ctx, oneKey(b.versions)); err != nil {
			return it, fmt.Errorf("find in %s: %w", b.repository.Name, plain(err))
		}
		for _, o := range page {
			if o.key != r.key {
				return it, nil
			}
			if b.versions && o.version != r.version {
				continue
			}
			err := b.item(o, "", func(l source.Listed) error {
				if l.Gap != nil {
					return &source.GapError{Reason: estate.GapUnreadable, Err: &said{words: l.Gap.Detail}}
				}
				it = l.Item
				it.Path = as
				return nil
			})
			return it, err
		}
	}
	return it, nil
}

// oneKey is how much is listed at once where one key is looked for: a key has one latest version, and may have many others.
func oneKey(versions bool) int32 {
	if versions {
		return pageSize
	}
	return 1
}
