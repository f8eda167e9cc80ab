package mongodb

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
	"pgregory.net/rapid"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
	"github.com/chartroom/chartroom/source/sourcetest"
)

// open opens the database clinic as the login reader.
func open(t testing.TB, s *server, options string) *Database {
	t.Helper()
	t.Setenv("READER_PASSWORD", password)
	srcs, err := Open(t.Context(), "mongodb://reader@"+s.Addr().String()+"/clinic?directConnection=true&serverSelectionTimeoutMS=1500&password_env=READER_PASSWORD"+options, "Lakeside")
	if err != nil {
		t.Fatal(err)
	}
	return srcs[0].(*Database)
}

// list gives what a source lists, by path; a gap as its reason.
func list(t testing.TB, ctx context.Context, src source.Source) (items map[string]source.Item, gaps map[string]string) {
	t.Helper()
	items, gaps = map[string]source.Item{}, map[string]string{}
	err := src.Items(ctx, func(l source.Listed) error {
		if l.Gap != nil {
			gaps[l.Gap.Path] = string(l.Gap.Reason) + ": " + l.Gap.Detail
		} else {
			items[l.Item.Path] = l.Item
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return items, gaps
}

func read(t testing.TB, src source.Source, it source.Item) (string, error) {
	t.Helper()
	body, err := src.Open(t.Context(), it)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(body)
	return string(text), errors.Join(err, body.Close())
}

// people are n documents.
func people(n int) (out []bson.D) {
	for i := range n {
		out = append(out, bson.D{{Key: "_id", Value: i}, {Key: "note", Value: strings.Repeat("x", 1000)}})
	}
	return out
}

func TestContract(t *testing.T) {
	s := newServer(t)
	s.put("a", "collection", people(3)...)
	s.put("b", "collection", people(5000)...)
	s.put("c", "timeseries", people(1)...)
	s.put("seen", "view")
	s.put("system.views", "collection")
	s.put("system.buckets.c", "collection")
	sourcetest.Run(t, sourcetest.Subject{
		Open:  func(t testing.TB) source.Source { return open(t, s, "") },
		Items: []string{"a", "b", "c"}, Large: "b", Moments: true,
		Change: func(_ testing.TB, path string) { s.set(func() { s.docs[path] = people(4) }) },
		Remove: func(_ testing.TB, path string) { s.set(func() { delete(s.meta, path) }) },
	})
}

// TestMoments: what can be read as of one moment is, and everything else as most servers of the set have it.
func TestMoments(t *testing.T) {
	s := newServer(t)
	s.put("a", "collection", people(1)...)
	s.put("capped", "collection", people(1)...)
	s.put("z", "collection", people(1)...)
	s.set(func() { s.denied["z"] = 246 }) // SnapshotUnavailable
	levels := func() []string {
		s.set(func() { s.levels = nil })
		d := open(t, s, "")
		items, _ := list(t, t.Context(), d)
		for _, name := range []string{"a", "capped", "z"} {
			if text, err := read(t, d, items[name]); err != nil || strings.Count(text, "\n") != 1 {
				t.Errorf("%s: %v", name, err)
			}
		}
		var seen []string
		s.set(func() { seen = s.levels })
		return seen
	}
	if diff := cmp.Diff([]string{"snapshot", "majority", "snapshot", "majority"}, levels()); diff != "" {
		t.Error(diff)
	}
	s.set(func() { s.old = true })
	if diff := cmp.Diff([]string{"local", "local", "local"}, levels()); diff != "" {
		t.Error(diff)
	}
}

// TestAnswersThatAreNone: the driver does not take us with it when a server answers nonsense.
func TestAnswersThatAreNone(t *testing.T) {
	s := newServer(t)
	s.put("a", "collection", people(1)...)
	s.set(func() { s.part = "nonsense" })
	items, _ := list(t, t.Context(), open(t, s, ""))
	if items["a"].Bytes != -1 {
		t.Errorf("%+v", items["a"])
	}
}

func TestFilesOfGridFS(t *testing.T) {
	s := newServer(t)
	id, broken := bson.NewObjectID(), bson.NewObjectID()
	day := bson.NewDateTimeFromTime(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	s.put("fs.files", "collection", bson.D{{Key: "_id", Value: id}, {Key: "length", Value: int64(6)}, {Key: "filename", Value: "a\nb.pdf"}, {Key: "uploadDate", Value: day}},
		bson.D{{Key: "_id", Value: broken}, {Key: "length", Value: int64(6)}, {Key: "filename", Value: "c"}, {Key: "uploadDate", Value: day}})
	chunk := func(of bson.ObjectID, n int, text string) bson.D {
		return bson.D{{Key: "_id", Value: bson.NewObjectID()}, {Key: "files_id", Value: of}, {Key: "n", Value: n}, {Key: "data", Value: []byte(text)}}
	}
	s.put("fs.chunks", "collection", chunk(id, 0, "abc"), chunk(id, 1, "def"), chunk(broken, 0, "abc"), chunk(broken, 2, "def"))
	d := open(t, s, "")
	items, gaps := list(t, t.Context(), d)
	whole, cut := items["fs/"+id.Hex()+`/a\x0ab.pdf`], items["fs/"+broken.Hex()+"/c"]
	if len(items) != 3 || len(gaps) != 0 || whole.Bytes != 6 || whole.Version == "" {
		t.Fatalf("%v %v", items, gaps)
	}
	if text, err := read(t, d, whole); text != "abcdef" || err != nil {
		t.Errorf("%q %v", text, err)
	}
	var ge *source.GapError
	if _, err := read(t, d, cut); !errors.As(err, &ge) || ge.Reason != estate.GapTruncated {
		t.Error(err)
	}
	s.set(func() { s.docs["fs.chunks"] = nil })
	if _, err := read(t, d, whole); !errors.As(err, &ge) || ge.Reason != estate.GapVanished {
		t.Error(err)
	}
}

// TestCuts: a connection that is cut before anything was handed on is made anew; in the middle it is an error of that collection alone.
func TestCuts(t *testing.T) {
	s := newServer(t)
	s.put("b", "collection", people(5000)...)
	d := open(t, s, "")
	items, _ := list(t, t.Context(), d)
	s.set(func() { s.first = 2 })
	if text, err := read(t, d, items["b"]); err != nil || strings.Count(text, "\n") != 5000 {
		t.Errorf("%d lines, %v", strings.Count(text, "\n"), err)
	}
	s.set(func() { s.cuts = 3 })
	if _, err := read(t, d, items["b"]); err == nil || !strings.Contains(err.Error(), "connection was lost") {
		t.Error(err)
	}
	s.set(func() { s.cuts = 0 })
	s.set(func() { s.denied["b"] = 11601 }) // Interrupted
	if _, err := read(t, d, items["b"]); err == nil || !strings.Contains(err.Error(), "an administrator") || strings.Contains(err.Error(), "Ada") {
		t.Error(err)
	}
}

func TestWhatALoginMayNotSeeIsAGap(t *testing.T) {
	s := newServer(t)
	s.put("a", "collection", people(1)...)
	s.put("b", "collection", people(1)...)
	s.set(func() { s.hidden, s.denied["b"], s.actions = true, 13, []string{"find", "insert", "dropCollection"} })
	d := open(t, s, "")
	items, gaps := list(t, t.Context(), d)
	if len(items) != 2 || !strings.Contains(gaps[""], "does not name the collections") {
		t.Errorf("%v %v", items, gaps)
	}
	if _, err := read(t, d, items["b"]); err == nil || !strings.Contains(err.Error(), "no right") {
		t.Error(err)
	}
	if w := d.Warnings(); len(w) != 1 || !strings.Contains(w[0], "dropCollection, insert") {
		t.Errorf("%q", w)
	}
	traits := map[string]string{}
	for _, tr := range d.Repository().Traits {
		traits[tr.Name] = fmt.Sprint(tr.Value, " ", tr.Known)
	}
	want := map[string]string{"version": "7.0.0 true", "size": "4711 true", "rows_estimate": "5 true", "tls": "no true", "public_access": "no true",
		"encryption": "the login has no right to it (error 13) false"}
	if diff := cmp.Diff(want, traits); diff != "" {
		t.Error(diff)
	}
	s.set(func() { s.auth = false })
	srcs, err := Open(t.Context(), "mongodb://"+s.Addr().String()+"/?directConnection=true", "") // and every database
	if err != nil || len(srcs) != 1 || srcs[0].Repository().Name != "mongodb://"+s.Addr().String()+"/clinic" {
		t.Fatalf("%v %v", srcs, err)
	}
	if w := srcs[0].(*Database).Warnings(); !slices.ContainsFunc(w, func(w string) bool { return strings.Contains(w, "everybody in") }) {
		t.Errorf("%q", w)
	}
}

// TestBadTargets: each mistake is told in words of ours, with what to do, and without anything secret.
func TestBadTargets(t *testing.T) {
	s, secure := newServer(t), newServer(t)
	secure.withTLS(t)
	t.Setenv("RIGHT", password)
	t.Setenv("WRONG", "s3cret")
	for _, c := range []struct{ name, target, want, hint string }{
		{"wrong password", "mongodb://reader@" + s.Addr().String() + "/clinic?directConnection=true&serverSelectionTimeoutMS=1500&password_env=WRONG", "password is wrong", "authSource"},
		{"no login", "mongodb://" + s.Addr().String() + "/clinic?directConnection=true", "no right", "role read"},
		{"TLS required", "mongodb://reader@" + secure.Addr().String() + "/clinic?directConnection=true&serverSelectionTimeoutMS=1500&password_env=RIGHT", "could not be reached", "tls=true"},
		{"untrusted certificate", "mongodb://reader@" + secure.Addr().String() + "/clinic?directConnection=true&serverSelectionTimeoutMS=1500&tls=true&password_env=RIGHT", "not trusted", "tlsCAFile"},
		{"password in the address", "mongodb://reader:s3cret@localhost/clinic", "refused", "password_env"},
		{"no such option", "mongodb://localhost/clinic?x=s3cret", "not understood", "known are"},
		{"no password", "mongodb://reader@localhost/clinic?authMechanism=SCRAM-SHA-256", "driver does not take it", "password_env"},
	} {
		_, err := Open(t.Context(), c.target, "")
		var te *source.TargetError
		if !errors.As(err, &te) || !strings.Contains(te.Error(), c.want) || !strings.Contains(te.Hint, c.hint) {
			t.Errorf("%s: %v; %+v", c.name, err, te)
			continue
		}
		if strings.Contains(te.Error()+te.Hint, "s3cret") || strings.Contains(te.Error(), "Ada") || !te.Usage && te.Repository.Name == "" {
			t.Errorf("%s: %+v", c.name, te)
		}
	}
	srcs, err := Open(t.Context(), "mongodb://reader@"+secure.Addr().String()+"/clinic?directConnection=true&serverSelectionTimeoutMS=1500&tlsInsecure=true&tls=true&password_env=RIGHT", "")
	if err != nil || len(srcs) != 1 {
		t.Errorf("with TLS: %v", err)
	}
}

func TestDocumentsAsJSON(t *testing.T) {
	scan := "%PDF-1.4 \x00\x01 a page"
	doc, err := bson.Marshal(bson.D{{Key: "_id", Value: bson.ObjectID{1, 2}}, {Key: "name", Value: bson.D{{Key: "family", Value: "Ada \"\\\n\u2028é"}}},
		{Key: "born", Value: bson.NewDateTimeFromTime(time.Date(1962, 3, 4, 0, 0, 0, 0, time.UTC))}, {Key: "codes", Value: bson.A{"F11.20", int32(7), int64(1) << 40, 2.5, nil, true}},
		{Key: "id", Value: bson.Binary{Subtype: 4, Data: bytes.Repeat([]byte{0xab}, 16)}}, {Key: "scan", Value: []byte(scan)}, {Key: "text", Value: []byte("MSH|^~\\&")},
		{Key: "raw", Value: []byte{0, 1, 2, 0xff}}, {Key: "secret", Value: bson.Binary{Subtype: 6, Data: []byte{1, 2, 3}}}, {Key: "at", Value: bson.Timestamp{T: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	var l lines
	got, err := l.append(nil, doc)
	want := `{"_id":"010200000000000000000000","name":{"family":"Ada \"\\\u000a` + "\u2028é" + `"},"born":"1962-03-04T00:00:00Z","codes":["F11.20",7,1099511627776,2.5,null,true],` +
		`"id":"abababab-abab-abab-abab-abababababab","scan":"JVBERi0xLjQgAAEgYSBwYWdl","text":"MSH|^~\\&","raw":"AAEC/w==","secret":null,"at":"1970-01-01T00:00:01Z"}` + "\n"
	if diff := cmp.Diff(want, string(got)); diff != "" || err != nil || l.opaque != 1 || l.encrypted != 1 {
		t.Errorf("%s %v %+v", diff, err, l)
	}
	var ge *source.GapError
	if !errors.As(l.untold(), &ge) || ge.Reason != estate.GapEncrypted {
		t.Error(l.untold())
	}
}

// TestStringsAreJSON: whatever a string holds, a reader of JSON gets it back.
func TestStringsAreJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOf(rapid.Byte()).Draw(t, "string")
		var got string
		if err := json.Unmarshal(appendString(nil, want), &got); err != nil || got != strings.ToValidUTF8(string([]rune(string(want))), "\ufffd") {
			t.Fatalf("%q of %q: %v", got, want, err)
		}
	})
}

// FuzzDocuments: whatever a server gives, what comes of it is a line of JSON, or an error.
func FuzzDocuments(f *testing.F) {
	for _, d := range []bson.D{{}, {{Key: "a", Value: bson.D{{Key: "b", Value: bson.A{1, "x", nil, 1.5}}}}}, {{Key: "r", Value: bson.Regex{Pattern: "a", Options: "i"}}, {Key: "d", Value: bson.Decimal128{}}},
		{{Key: "c", Value: bson.CodeWithScope{Code: "f()", Scope: bson.D{}}}, {Key: "s", Value: bson.Symbol("y")}, {Key: "b", Value: bson.Binary{Subtype: 2, Data: []byte{1}}}}} {
		raw, err := bson.Marshal(d)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		var l lines
		out, err := l.append(nil, doc)
		if err == nil && (!json.Valid(out) || bytes.Count(out, []byte("\n")) != 1) {
			t.Errorf("%q", out)
		}
		if bson.Raw(doc).Validate() == nil {
			fileOf("fs", doc)
		}
	})
}
