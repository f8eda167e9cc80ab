package backup

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/catalog/catalogtest"
	"github.com/chartroom/chartroom/catalog/store"
	"github.com/chartroom/chartroom/catalog/store/storetest"
	"github.com/chartroom/chartroom/catalog/transfer"
	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
)

// hand is somebody who can open what was sealed to him.
func hand(t testing.TB) *age.X25519Identity {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func lived(t testing.TB) *catalogtest.Story {
	s := catalogtest.New(t, storetest.Fresh(t), 5, 3)
	s.Live(6)
	s.Case("archive", 1, "a line")
	return s
}

// saved is a backup in memory.
func saved(t testing.TB, s *catalogtest.Story, to ...age.Recipient) []byte {
	t.Helper()
	var out bytes.Buffer
	folder := t.TempDir()
	m, err := (&Job{From: s.File, Who: catalogtest.Keeper(), Recipients: to, Version: "test", Folder: folder}).Save(t.Context(), &out)
	if err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(folder); len(left) > 0 || err != nil {
		t.Errorf("something plain was left behind: %v, %v", left, err)
	}
	if m.Rows["items"] == 0 || m.Run == 0 || m.Key != s.Key || m.Bytes == 0 || m.Schema != store.SchemaVersion() {
		t.Errorf("manifest %+v", m)
	}
	return out.Bytes()
}

func written(t testing.TB, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "backup")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func unpacked(t testing.TB, b []byte, id ...age.Identity) (*Opened, error) {
	t.Helper()
	folder := t.TempDir()
	o, err := Unpack(t.Context(), written(t, b), id, folder, catalogtest.Keeper())
	if err != nil {
		if left, _ := os.ReadDir(folder); len(left) > 0 {
			t.Errorf("%s was left behind", left[0].Name())
		}
		return nil, err
	}
	t.Cleanup(func() { o.Close() })
	return o, nil
}

func TestABackupIsRestoredAsItWas(t *testing.T) {
	s := lived(t)
	one, two := hand(t), hand(t)
	b := saved(t, s, one.Recipient(), two.Recipient())
	times := []time.Time{{}, s.Clock.Add(-100 * time.Hour), s.Clock.Add(-200 * time.Hour)}
	var want []string
	for _, at := range times {
		want = append(want, catalogtest.Answers(t, s.Catalog, at))
	}
	for _, id := range []age.Identity{one, two} {
		o, err := unpacked(t, b, id)
		s.Must(err)
		path := storetest.Fresh(t)
		s.Must(o.Place(t.Context(), path, catalogtest.Keeper(), nil))
		if info, err := os.Stat(path); !storetest.OnServer() && (err != nil || info.Mode().Perm() != 0o600) {
			t.Error(info.Mode(), err)
		}
		c, err := catalog.Open(t.Context(), path)
		s.Must(err)
		for i, at := range times {
			if diff := cmp.Diff(want[i], catalogtest.Answers(t, c, at)); diff != "" {
				t.Error(diff)
			}
		}
		s.Must(c.Close())
		if err := o.Place(t.Context(), path, catalogtest.Keeper(), nil); !errors.Is(err, ErrExists) && !errors.Is(err, transfer.ErrNotEmpty) {
			t.Error("a second time:", err)
		}
	}
}

// The oracles: age and zstd as others wrote them, and SQLite as it comes.
func TestOtherToolsOpenABackup(t *testing.T) {
	s, id := lived(t), hand(t)
	plain, err := age.Decrypt(bytes.NewReader(saved(t, s, id.Recipient())), id)
	s.Must(err)
	packed, err := io.ReadAll(plain)
	s.Must(err)
	if len(packed)%chunk != 0 {
		t.Errorf("%d bytes were sealed, no whole chunks", len(packed))
	}
	unzstd, err := zstd.NewReader(bytes.NewReader(packed))
	s.Must(err)
	pages, err := io.ReadAll(unzstd)
	s.Must(err)
	if !bytes.HasPrefix(pages, []byte("SQLite format 3\x00")) {
		t.Errorf("it begins with %q", pages[:20])
	}
	if tool, err := exec.LookPath("zstd"); err == nil {
		cmd := exec.Command(tool, "-dc")
		cmd.Stdin = bytes.NewReader(packed)
		if out, err := cmd.Output(); err != nil || !bytes.Equal(out, pages) {
			t.Errorf("zstd gives %d bytes, %v", len(out), err)
		}
	}
}

// What is wrong with a backup is said, and each fault by its own name.
func TestFaultsAreToldApart(t *testing.T) {
	s, id := lived(t), hand(t)
	good := saved(t, s, id.Recipient(), hand(t).Recipient())
	head := bytes.Index(good, []byte("\n--- "))
	flip := func(at int) []byte {
		b := bytes.Clone(good)
		b[at] ^= 1
		return b
	}
	for _, c := range []struct {
		name string
		b    []byte
		id   age.Identity
		want error
	}{
		{"another identity", good, hand(t), ErrIdentity},
		{"nothing", nil, id, ErrTruncated},
		{"the first bytes", good[:10], id, ErrTruncated},
		{"half a header", good[:head/2], id, ErrTruncated},
		{"no payload", good[:head+49], id, ErrTruncated},
		{"half", good[:len(good)/2], id, ErrTruncated},
		{"a byte less", good[:len(good)-1], id, ErrTruncated},
		{"a chunk less", good[:len(good)-sealed], id, ErrTruncated},
		{"a byte more", append(bytes.Clone(good), 0), id, ErrTruncated},
		{"a stanza altered", flip(60), id, ErrDamaged},
		{"a stanza altered, another identity", flip(60), hand(t), ErrDamaged},
		{"the header's end altered", flip(head + 10), id, ErrDamaged},
		{"the nonce altered", flip(head + 60), id, ErrDamaged},
		{"the middle altered", flip(len(good) / 2), id, ErrDamaged},
		{"the end altered", flip(len(good) - 1), id, ErrDamaged},
		{"another file", []byte("PK\x03\x04 something else that is long enough to be anything"), id, ErrNoBackup},
		{"an age file of somebody", plainAge(t, id), id, ErrNoBackup},
	} {
		_, err := unpacked(t, c.b, c.id)
		for _, e := range []error{ErrNoBackup, ErrIdentity, ErrTruncated, ErrDamaged} {
			if errors.Is(err, e) != (e == c.want) {
				t.Errorf("%s: %v, want %v", c.name, err, c.want)
			}
		}
	}
}

// plainAge is a file of age as long as a backup could be.
func plainAge(t *testing.T, id *age.X25519Identity) []byte {
	var out bytes.Buffer
	w, err := age.Encrypt(&out, id.Recipient())
	if err == nil {
		_, err = w.Write(make([]byte, chunk))
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// A backup that is made while a survey runs is the catalog of one moment: an item is in it with all that it holds, or not at all.
func TestABackupBesideASurvey(t *testing.T) {
	s, id := lived(t), hand(t)
	moment := s.Clock
	s.File.Now = func() time.Time { return moment } // the story's own clock goes on in the other goroutine
	var wg sync.WaitGroup
	stop := make(chan struct{})
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				s.Survey(20)
			}
		}
	})
	var backups [][]byte
	for range 5 {
		backups = append(backups, saved(t, s, id.Recipient()))
	}
	close(stop)
	wg.Wait()
	before := int64(0)
	for _, b := range backups {
		o, err := unpacked(t, b, id) // which asks whether the catalog contradicts itself
		s.Must(err)
		if n := o.Manifest.Rows["items"]; n < before {
			t.Errorf("%d items, and %d before", n, before)
		} else {
			before = n
		}
		c, err := catalog.Open(t.Context(), o.path())
		s.Must(err)
		catalogtest.Answers(t, c, time.Time{})
		run, err := c.Begin(t.Context(), catalogtest.Keeper(), catalog.RunSpec{Key: s.Key}) // it lives on
		s.Must(err)
		s.Must(run.Abandon(context.Background()))
		s.Must(c.Close())
	}
}

func TestTheKeyGoesByItself(t *testing.T) {
	id, other := hand(t), hand(t)
	var out bytes.Buffer
	if err := SaveKey(&out, []byte("chartroom-key-1 00"), Manifest{Key: "abcd", Made: time.Now()}, []age.Recipient{id.Recipient()}); err != nil {
		t.Fatal(err)
	}
	if _, err := unpacked(t, out.Bytes(), other); !errors.Is(err, ErrIdentity) {
		t.Error(err)
	}
	o, err := unpacked(t, out.Bytes(), id)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "deep", "key")
	if err := o.PlaceKey(path); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	info, _ := os.Stat(path)
	if string(b) != "chartroom-key-1 00" || err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%q, %v, %v", b, info.Mode(), err)
	}
	if err := o.PlaceKey(path); !errors.Is(err, ErrExists) {
		t.Error(err)
	}
	if err := Belong([]*Opened{o, {Manifest: &Manifest{Kind: KindCatalog, Key: "ffff"}}}); err == nil || !strings.Contains(err.Error(), "ffff") {
		t.Error(err)
	}
	if err := Belong([]*Opened{o, o}); err == nil {
		t.Error("two keys at once")
	}
	if err := Apart([]age.Recipient{other.Recipient(), id.Recipient()}, []age.Recipient{id.Recipient()}); !errors.Is(err, ErrSameHand) {
		t.Error(err)
	}
	if err := Apart([]age.Recipient{other.Recipient()}, []age.Recipient{id.Recipient()}); err != nil {
		t.Error(err)
	}
}

func TestNobodyBacksUpWithoutPermission(t *testing.T) {
	s := lived(t)
	_, err := (&Job{From: s.File, Who: audit.Caller{Name: "Anna", Role: audit.Analyst}, Recipients: []age.Recipient{hand(t).Recipient()}}).Save(t.Context(), io.Discard)
	if !errors.Is(err, audit.ErrDenied) {
		t.Error(err)
	}
	if _, err := (&Job{From: s.File, Who: catalogtest.Keeper()}).Save(t.Context(), io.Discard); err == nil {
		t.Error("it was sealed to nobody")
	}
}

func TestRecipientsAreKeysOfAge(t *testing.T) {
	if _, err := Recipients([]string{hand(t).Recipient().String(), "age1nonsense"}); err == nil || !strings.Contains(err.Error(), "age1nonsense") {
		t.Error(err)
	}
	if r, err := Recipients([]string{hand(t).Recipient().String()}); err != nil || len(r) != 1 {
		t.Error(r, err)
	}
}

// FuzzFrames: whatever somebody sealed to us, no more than errors come of it.
func FuzzFrames(f *testing.F) {
	id := hand(f)
	var out bytes.Buffer
	if err := SaveKey(&out, bytes.Repeat([]byte("a key "), 20), Manifest{}, []age.Recipient{id.Recipient()}); err != nil {
		f.Fatal(err)
	}
	plain, err := age.Decrypt(&out, id)
	if err != nil {
		f.Fatal(err)
	}
	packed, err := io.ReadAll(plain)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(packed[:400])
	f.Add(packed[:30])
	f.Add([]byte("\x52\x2a\x4d\x18\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := reading(bytes.NewReader(b))
		if err != nil {
			return
		}
		if m, err := r.Copy(io.Discard); err == nil && m.Bytes > frame*int64(len(b)) {
			t.Errorf("%d bytes of %d", m.Bytes, len(b))
		}
	})
}

// FuzzHeader: whatever stands in a file, no more than errors come of it.
func FuzzHeader(f *testing.F) {
	id := hand(f)
	var out bytes.Buffer
	if err := SaveKey(&out, []byte("a key"), Manifest{}, []age.Recipient{id.Recipient()}); err != nil {
		f.Fatal(err)
	}
	f.Add(out.Bytes()[:bytes.Index(out.Bytes(), []byte("\n--- "))+60])
	f.Add([]byte(ageFirst + "-> X25519 a\n\n--- a\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := opening(bytes.NewReader(b), int64(len(b)), []age.Identity{id}); err == nil && !bytes.HasPrefix(b, []byte(ageFirst)) {
			t.Error("it opened")
		}
	})
}
