package pack

import (
	"archive/tar"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/chartroom/chartroom/incident"
)

var t0 = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// TestRootOfTheReferenceTree: the leaves and roots of the tests of Certificate Transparency's reference implementation, which RFC 6962 comes with.
func TestRootOfTheReferenceTree(t *testing.T) {
	var leaves [][]byte
	for _, h := range []string{"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"} {
		b, err := hex.DecodeString(h)
		if err != nil {
			t.Fatal(err)
		}
		leaves = append(leaves, b)
	}
	for n, want := range []string{
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	} {
		if got := Root(leaves[:n]); hex.EncodeToString(got[:]) != want {
			t.Errorf("%d leaves: %x, want %s", n, got, want)
		}
	}
}

// log writes a small case.
func log(t testing.TB) (lines []incident.Line) {
	t.Helper()
	for i, body := range []any{incident.Claim{Title: "Archive", Text: "we have it", Entity: "covered_entity", Zone: "UTC"},
		incident.Note{Text: "the press calls", About: incident.Press}, incident.LevelBody{Level: incident.C1, Why: "a way in exists"}} {
		b, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		e := incident.Entry{Number: i + 1, At: t0.Add(time.Duration(i) * time.Minute), Author: "Ada", Kind: []incident.Kind{incident.Opened, incident.Noted, incident.Levelled}[i], Body: b}
		if i > 0 {
			e.Previous = lines[i-1].Hash
		}
		l, err := incident.Seal(e)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, l)
	}
	return lines
}

func packed(t testing.TB) (pack []byte, key *age.X25519Identity) {
	t.Helper()
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := Write(&b, Manifest{Case: "archive", Made: t0, By: "Ada"}, log(t), Contents{"protocol.yaml": []byte("version: 1\n")}, key.Recipient()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), key
}

func TestAPackIsOpenedWithItsKeyOnly(t *testing.T) {
	pack, key := packed(t)
	sum, err := Check(bytes.NewReader(pack))
	if err != nil || len(sum) != 64 {
		t.Fatal(sum, err)
	}
	o, err := Open(bytes.NewReader(pack), key)
	if err != nil {
		t.Fatal(err)
	}
	if o.State.Level != incident.C1 || o.Lines != 3 || o.Sum != sum || string(o.Content["protocol.yaml"]) != "version: 1\n" || o.Case != "archive" {
		t.Errorf("%+v", o.Manifest)
	}
	other, _ := age.GenerateX25519Identity()
	if _, err := Open(bytes.NewReader(pack), other); err == nil || errors.Is(err, ErrChanged) {
		t.Error("another key:", err)
	}
	if bytes.Contains(pack, []byte("press")) || bytes.Contains(pack, []byte("archive")) {
		t.Error("the pack shows what is in it")
	}
}

// TestEveryChangedByteIsFound changes single bytes of a pack, 10,000 times, without the key and at some places with it.
func TestEveryChangedByteIsFound(t *testing.T) {
	pack, key := packed(t)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 10_000 {
		at := r.IntN(len(pack))
		was := pack[at]
		pack[at] ^= byte(1 + r.IntN(255))
		if _, err := Check(bytes.NewReader(pack)); !errors.Is(err, ErrChanged) {
			t.Fatalf("byte %d of %d: %v", at, len(pack), err)
		}
		if i%50 == 0 {
			if _, err := Open(bytes.NewReader(pack), key); err == nil {
				t.Fatalf("byte %d of %d, with the key", at, len(pack))
			}
		}
		pack[at] = was
	}
	for _, n := range []int{0, 1, len(magic), len(magic) + 10, len(pack) - 33, len(pack) - 32, len(pack) - 1} {
		if _, err := Check(bytes.NewReader(pack[:n])); !errors.Is(err, ErrChanged) {
			t.Errorf("cut to %d bytes: %v", n, err)
		}
	}
	if _, err := Check(bytes.NewReader(append(bytes.Clone(pack), 0))); !errors.Is(err, ErrChanged) {
		t.Error("one byte more:", err)
	}
}

// TestALogThatWasForgedBeforePackingIsFound: whoever can encrypt can make a pack, and its log must still follow.
func TestALogThatWasForgedBeforePackingIsFound(t *testing.T) {
	key, _ := age.GenerateX25519Identity()
	forge := func(lines []incident.Line) error {
		var b bytes.Buffer
		if _, err := Write(&b, Manifest{Case: "archive", Made: t0}, lines, nil, key.Recipient()); err != nil {
			t.Fatal(err)
		}
		_, err := Open(&b, key)
		return err
	}
	lines := log(t)
	lines[1].Bytes = bytes.Replace(lines[1].Bytes, []byte("press"), []byte("board"), 1)
	if err := forge(lines); !errors.Is(err, incident.ErrBroken) || !strings.Contains(err.Error(), "line 3") {
		t.Error("a changed line:", err)
	}
	if err := forge(append(log(t)[:1], log(t)[2])); !errors.Is(err, incident.ErrBroken) {
		t.Error("a line that is missing:", err)
	}
	if err := forge(nil); !errors.Is(err, ErrChanged) {
		t.Error("no log:", err)
	}
}

func TestWhatTheManifestDoesNotSayIsRefused(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"a file that is not named": {manifestFile: `{"files":{}}`, "more": "x"},
		"one that is missing":      {manifestFile: `{"files":{"log.jsonl":{"bytes":1,"sha256":""}}}`},
		"no manifest":              {"log.jsonl": ""},
		"words that nobody knows":  {manifestFile: `{"mood":1}`},
	} {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for n, text := range files {
			if err := w.WriteHeader(&tar.Header{Name: n, Size: int64(len(text))}); err != nil {
				t.Fatal(err)
			}
			_, _ = w.Write([]byte(text))
		}
		w.Close()
		content, err := untar(&b)
		if err == nil {
			err = (&Opened{Content: content}).check()
		}
		if !errors.Is(err, ErrChanged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzOpen(f *testing.F) {
	pack, key := packed(f)
	f.Add(pack)
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, check := Check(bytes.NewReader(b))
		if _, err := Open(bytes.NewReader(b), key); err == nil && check != nil {
			t.Error("it opens, and its sum is wrong")
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	pack, _ := packed(b)
	b.SetBytes(int64(len(pack)))
	for b.Loop() {
		if _, err := Check(bytes.NewReader(pack)); err != nil {
			b.Fatal(err)
		}
	}
}
