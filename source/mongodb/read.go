package mongodb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
)

const (
	longest = 24 * 3600 * 1000 // milliseconds that the server may work on one collection
	// A server keeps a moment for five minutes, where nobody has set more (minSnapshotHistoryWindowInSeconds). A collection over momentary
	// bytes may take longer.
	momentary = 1 << 30
)

// find begins a search, with further parts of the command.
func (d *Database) find(ctx context.Context, name string, filter bson.D, more ...bson.E) (*mongo.Cursor, error) {
	c, err := d.connected()
	if err != nil {
		return nil, err
	}
	if filter == nil {
		filter = bson.D{}
	}
	command := append(bson.D{{Key: "find", Value: name}, {Key: "filter", Value: filter}, {Key: "maxTimeMS", Value: longest}, {Key: "comment", Value: "chartroom"}}, more...)
	var cursor *mongo.Cursor
	err = d.patience.Connect(ctx, func() (bool, error) {
		cursor, err = c.Database(d.db).RunCommandCursor(ctx, command, d.settings.readFrom())
		return passing(err), err
	})
	return cursor, err
}

// errAnswer says that the driver cannot make anything of an answer.
var errAnswer = &source.GapError{Reason: estate.GapDamaged, Err: errors.New("the server does not answer as MongoDB does")}

// next gives the next document, valid until the next step, and io.EOF behind the last. The driver panics at some answers that no server
// of good will gives.
func next(ctx context.Context, c *mongo.Cursor) (doc bson.Raw, err error) {
	defer func() {
		if recover() != nil {
			err = errAnswer
		}
	}()
	switch {
	case c.Next(ctx):
		return c.Current, nil
	case c.Err() != nil:
		return nil, c.Err()
	}
	return nil, io.EOF
}

// leave lets the server forget a search; otherwise it does so by itself in ten minutes.
func leave(ctx context.Context, c *mongo.Cursor) {
	defer func() { _ = recover() }() // as in next
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_ = c.Close(ctx)
}

// Open opens a collection or a file. A connection that is lost before anything was handed on is made anew.
func (d *Database) Open(ctx context.Context, item source.Item) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r := &reading{outer: ctx}
	r.ctx, r.cancel = context.WithCancel(ctx)
	var err error
	switch ref := item.Ref.(type) {
	case *collection:
		err = d.documents(r, ref)
	case *stored:
		err = d.chunks(r, ref)
	default:
		err = &source.GapError{Reason: estate.GapUnreadable, Err: errors.New("an item of another source")}
	}
	if err != nil {
		r.release()
		return nil, gap(ctx, err)
	}
	return r, nil
}

// reading is one item that is being read.
type reading struct {
	*source.Stream
	outer   context.Context // of whoever opened it
	ctx     context.Context // ends with Close, too
	cancel  context.CancelFunc
	cursor  *mongo.Cursor
	writing lines
	last    error // what was not read, told behind the last byte
	length  int64 // of a file: what is to come yet
	n       int64 // of a file: the number of the next chunk
}

// documents begins to read a collection: as of one moment, where the server can, and otherwise what most servers of a set have.
func (d *Database) documents(r *reading, c *collection) error {
	now, whole, err := d.collections(r.ctx, c.Name)
	if err != nil {
		return err
	}
	if len(now) == 0 || whole && !slices.Equal(now[0].Info.UUID.Data, c.Info.UUID.Data) {
		return &source.GapError{Reason: estate.GapVanished, Err: errors.New("it was listed, and is gone")}
	}
	levels := []string{"local"} // a server for itself
	if d.server.joined() {
		levels = []string{"majority", "local"}
	}
	if d.server.snapshots() && !c.Options.Capped && c.Type != "timeseries" && c.size >= 0 && c.size <= momentary {
		levels = append([]string{"snapshot"}, levels...)
	}
	for _, level := range levels {
		r.cursor, err = d.find(r.ctx, c.Name, nil, bson.E{Key: "readConcern", Value: bson.D{{Key: "level", Value: level}}})
		if err == nil {
			r.Stream, err = source.NewStream(nil, r.fillDocuments)
		}
		if !concern[code(err)] {
			break
		}
	}
	return err
}

// concern are the codes by which a server says that it cannot read so: InvalidOptions, NotAReplicaSet, ReadConcernMajorityNotEnabled,
// SnapshotTooOld, SnapshotUnavailable, OperationNotSupportedInTransaction.
var concern = map[int]bool{72: true, 123: true, 148: true, 239: true, 246: true, 263: true}

// fillDocuments makes the next part of a collection ready.
func (r *reading) fillDocuments(out []byte) ([]byte, error) {
	for len(out) < source.StreamPart {
		doc, err := next(r.ctx, r.cursor)
		if err == io.EOF {
			r.last = r.writing.untold()
		}
		if err != nil {
			return out, err
		}
		if out, err = r.writing.append(out, doc); err != nil {
			return out, &source.GapError{Reason: estate.GapDamaged, Err: err}
		}
	}
	return out, nil
}

// chunks begins to read a file.
func (d *Database) chunks(r *reading, f *stored) (err error) {
	r.length = f.length
	r.cursor, err = d.find(r.ctx, f.chunks, bson.D{{Key: "files_id", Value: f.id}}, bson.E{Key: "sort", Value: bson.D{{Key: "n", Value: 1}}})
	if err != nil {
		return err
	}
	r.Stream, err = source.NewStream(nil, r.fillChunks)
	if errors.Is(err, errCutFile) && r.n == 0 {
		err = &source.GapError{Reason: estate.GapVanished, Err: errors.New("it was listed, and is gone")}
	}
	return err
}

// errCutFile says that the chunks of a file are not what its length says.
var errCutFile = &source.GapError{Reason: estate.GapTruncated, Err: errors.New("its chunks do not make up the file")}

// fillChunks makes the next part of a file ready.
func (r *reading) fillChunks(out []byte) ([]byte, error) {
	for len(out) < source.StreamPart {
		doc, err := next(r.ctx, r.cursor)
		if err == io.EOF && r.length > 0 {
			return out, errCutFile
		}
		if err != nil {
			return out, err
		}
		n, ok := doc.Lookup("n").AsInt64OK()
		_, data, bin := doc.Lookup("data").BinaryOK()
		if !ok || !bin || n != r.n || r.length >= 0 && int64(len(data)) > r.length {
			return out, errCutFile
		}
		out = append(out, data...)
		r.n++
		if r.length >= 0 {
			r.length -= int64(len(data))
		}
	}
	return out, nil
}

// Read gives the next part.
func (r *reading) Read(p []byte) (int, error) {
	n, err := r.Stream.Read(p)
	return n, source.Outcome(r.outer, err, &r.last, cold)
}

// Close ends the reading. What was read cannot have changed: it is as the server held it when the reading began.
func (r *reading) Close() error {
	r.cancel()
	r.Stop()
	r.release()
	return nil
}

// release lets the server forget the search.
func (r *reading) release() {
	r.cancel()
	if r.cursor != nil {
		leave(r.outer, r.cursor)
	}
}

// untold says what of the documents is not told in JSON; nil for nothing.
func (l *lines) untold() error {
	switch {
	case l.encrypted > 0:
		return &source.GapError{Reason: estate.GapEncrypted, Err: fmt.Errorf("%d values are encrypted by whoever wrote them", l.encrypted)}
	case l.opaque > 0:
		return &source.GapError{Reason: estate.GapUnknown, Err: fmt.Errorf("%d binary values of no known format", l.opaque)}
	}
	return nil
}
