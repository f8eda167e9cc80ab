package mongodb

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
)

// collection is the handle of a collection.
type collection struct {
	Name    string `bson:"name"`
	Type    string `bson:"type"` // collection, view, timeseries
	Options struct {
		Capped bool `bson:"capped"`
	} `bson:"options"`
	Info struct {
		UUID bson.Binary `bson:"uuid"`
	} `bson:"info"`
	size int64 // bytes, without compression; -1 where not known
}

// stored is the handle of a file of GridFS.
type stored struct {
	chunks string // the collection that holds it
	id     bson.RawValue
	length int64
}

// Items lists the database. Its connections are held until the context ends.
func (d *Database) Items(ctx context.Context, yield func(source.Listed) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	context.AfterFunc(ctx, d.end)
	all, whole, err := d.collections(ctx, "")
	if err != nil {
		return fmt.Errorf("list %s: %w", d.name, gap(ctx, err))
	}
	chunks := map[string]bool{}
	for _, c := range all {
		chunks[c.Name] = strings.HasSuffix(c.Name, ".chunks")
	}
	for i := range all {
		c := &all[i]
		bucket, isFiles := strings.CutSuffix(c.Name, ".files")
		if ofFiles, ok := strings.CutSuffix(c.Name, ".chunks"); ok && slices.ContainsFunc(all, func(o collection) bool { return o.Name == ofFiles+".files" }) {
			continue // told file by file
		}
		c.size = d.size(ctx, c.Name)
		if err := yield(source.Listed{Item: source.Item{Path: source.Display(c.Name), Bytes: c.size, Ref: c}}); err != nil {
			return err
		}
		if isFiles && chunks[bucket+".chunks"] {
			if err := d.files(ctx, bucket, yield); err != nil {
				return err
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	if !whole {
		return yield(source.Listed{Gap: &estate.Gap{Under: true, Reason: estate.GapUnreadable, Bytes: -1,
			Detail: "the login may not list the database: the server does not name the collections that it has no right to"}})
	}
	return nil
}

// collections lists the collections, or the one of a name, that hold documents of their own; whole is false where the login is not shown all.
func (d *Database) collections(ctx context.Context, name string) (out []collection, whole bool, err error) {
	command := bson.D{{Key: "listCollections", Value: 1}}
	if name != "" {
		command = append(command, bson.E{Key: "filter", Value: bson.D{{Key: "name", Value: name}}})
	}
	rows, err := d.all(ctx, command)
	whole = code(err) != errUnauthorized
	if !whole {
		rows, err = d.all(ctx, append(command, bson.E{Key: "nameOnly", Value: true}, bson.E{Key: "authorizedCollections", Value: true}))
	}
	for _, r := range rows {
		var c collection
		if err := bson.Unmarshal(r, &c); err != nil {
			return nil, whole, err
		}
		// Views show what stands elsewhere; system.buckets holds what a time series shows.
		if c.Type != "view" && c.Name != "system.views" && !strings.HasPrefix(c.Name, "system.buckets.") {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b collection) int { return cmp.Compare(a.Name, b.Name) })
	return out, whole, err
}

// all runs a command whose answer is a list, and gives it whole.
func (d *Database) all(ctx context.Context, command bson.D) (out []bson.Raw, err error) {
	c, err := d.connected()
	if err != nil {
		return nil, err
	}
	err = d.patience.Connect(ctx, func() (bool, error) {
		out = nil
		cursor, err := c.Database(d.db).RunCommandCursor(ctx, append(slices.Clip(command), bson.E{Key: "cursor", Value: bson.D{}}), d.settings.readFrom())
		if err != nil {
			return passing(err), err
		}
		defer leave(ctx, cursor)
		for {
			doc, err := next(ctx, cursor)
			if err == io.EOF {
				return false, nil
			}
			if err != nil {
				return passing(err), err
			}
			out = append(out, slices.Clone(doc))
		}
	})
	return out, err
}

// size asks for how many bytes a collection holds; -1 where the server does not say.
func (d *Database) size(ctx context.Context, name string) int64 {
	rows, err := d.all(ctx, bson.D{{Key: "aggregate", Value: name}, {Key: "pipeline", Value: bson.A{bson.D{{Key: "$collStats", Value: bson.D{{Key: "storageStats", Value: bson.D{}}}}}}}})
	size := int64(-1)
	for _, r := range rows { // one a shard
		n, ok := r.Lookup("storageStats", "size").AsInt64OK()
		if !ok || n < 0 || err != nil {
			return -1
		}
		size = max(size, 0) + n
	}
	return size
}

// files lists the files of a bucket of GridFS (GridFS specification). A file is never changed there, but replaced by another.
func (d *Database) files(ctx context.Context, bucket string, yield func(source.Listed) error) error {
	failed := func(err error) error {
		return yield(source.Listed{Gap: &estate.Gap{Path: source.Display(bucket), Under: true, Reason: estate.GapUnreadable, Detail: "its files could not be listed: " + cold(err).Error(), Bytes: -1}})
	}
	fields := bson.D{{Key: "length", Value: 1}, {Key: "filename", Value: 1}, {Key: "uploadDate", Value: 1}}
	cursor, err := d.find(ctx, bucket+".files", nil, bson.E{Key: "projection", Value: fields})
	if err != nil {
		return failed(err)
	}
	defer leave(ctx, cursor)
	for {
		doc, err := next(ctx, cursor)
		switch {
		case err == io.EOF || ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return failed(err)
		}
		if err := yield(source.Listed{Item: fileOf(bucket, slices.Clone(doc))}); err != nil {
			return err
		}
	}
}

// fileOf makes an item of a document of a bucket's files.
func fileOf(bucket string, doc bson.Raw) source.Item {
	id := doc.Lookup("_id")
	f := &stored{chunks: bucket + ".chunks", id: id, length: -1}
	if n, ok := doc.Lookup("length").AsInt64OK(); ok && n >= 0 {
		f.length = n
	}
	it := source.Item{Bytes: f.length, Ref: f}
	if ms, ok := doc.Lookup("uploadDate").DateTimeOK(); ok {
		it.Modified = time.UnixMilli(ms).UTC()
		it.Version = fmt.Sprintf("gridfs-%d-%d", f.length, ms)
	}
	key := hex.EncodeToString(id.Value)
	if name, ok := doc.Lookup("filename").StringValueOK(); ok {
		it.Path = source.Display(bucket + "/" + key + "/" + name)
	} else {
		it.Path = source.Display(bucket + "/" + key)
	}
	return it
}
