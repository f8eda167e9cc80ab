package plant

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func begun(t testing.TB, dir string) *Journal {
	t.Helper()
	j, err := Create(dir, Head{Targets: []Target{{Label: "share", Kind: Files, Address: "/nowhere"}}, Expires: time.Unix(2000, 0)})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// TestAJournalCutAnywhere still tells all plants whose lines were whole, or says that it is damaged.
func TestAJournalCutAnywhere(t *testing.T) {
	dir := t.TempDir()
	j := begun(t, dir)
	g, err := openFiles(Target{Address: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	var ends []int
	for n := range 5 {
		p, err := New(g, 0, n, 2)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(j.Announce(p), j.Planted(n)); err != nil {
			t.Fatal(err)
		}
		info, _ := j.f.Stat()
		ends = append(ends, int(info.Size()))
	}
	if err := j.Gone(1); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(j.Path)
	if err != nil {
		t.Fatal(err)
	}
	j.f.Close()
	rapid.Check(t, func(rt *rapid.T) {
		at := rapid.IntRange(0, len(text)).Draw(rt, "at")
		path := filepath.Join(dir, "cut"+ending)
		if err := os.WriteFile(path, text[:at], 0o600); err != nil {
			rt.Fatal(err)
		}
		cut, err := Read(path)
		if err != nil {
			rt.Fatal(err)
		}
		want := 0
		for _, e := range ends {
			if at >= e {
				want++
			}
		}
		if at == len(text) {
			want--
		}
		if got := len(cut.Standing()); got < want || got > want+1 {
			rt.Errorf("cut at %d: %d stand, want %d", at, got, want)
		}
		if err := cut.Close(); err != nil {
			rt.Error(err)
		}
		if _, err := os.Stat(path); (err == nil) != (len(cut.Standing()) > 0) {
			rt.Error("the journal stays while something stands, and goes with it:", err)
		}
	})
}

func FuzzJournal(f *testing.F) {
	f.Add([]byte("{\"drill\":\"x\",\"targets\":[{\"kind\":\"files\"}]}\n{\"plant\":0,\"target\":0,\"name\":\"export_abcdefghijklmnopabcdefghijklmnop\"}\n{\"planted\":0}\n{\"gone\":0}\n"))
	f.Add([]byte("{}\n{\"plant\":1,\"target\":7}\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "x"+ending)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		j, err := Read(path)
		if err != nil {
			return
		}
		for _, p := range j.Standing() {
			if !planted(p.Name) || p.Target >= len(j.Targets) {
				t.Error(p)
			}
		}
		j.f.Close()
	})
}

func TestNamesOfPlants(t *testing.T) {
	for range 100 {
		if n := words[0] + "_" + nonce(); !planted(n) {
			t.Error(n)
		}
	}
	for _, n := range []string{"", "patients", "export_kept", "../export_" + nonce(), "a/b_" + nonce(), "export_" + nonce()[1:] + "z", "export_" + nonce() + "/"} {
		if planted(n) {
			t.Error(n)
		}
	}
}

func TestWhenPlantsAreDue(t *testing.T) {
	j := &Journal{Head: Head{Expires: time.Unix(2000, 0)}}
	if !j.Due(time.Unix(1, 0)) {
		t.Error("a drill that ended early is due")
	}
	if j.Keep = true; j.Due(time.Unix(1999, 0)) || !j.Due(time.Unix(2000, 0)) {
		t.Error("what is kept is due when its time has come")
	}
}

func TestOneDrillAtATime(t *testing.T) {
	dir := t.TempDir()
	unlock, err := Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(dir); !errors.Is(err, ErrBusy) {
		t.Error(err)
	}
	unlock()
	if unlock, err = Lock(dir); err != nil {
		t.Fatal(err)
	}
	unlock()
}

func TestTheTruthOfAPlant(t *testing.T) {
	p := Plant{Seed: 7, People: 12, Form: named}
	truth := p.Truth()
	if truth.People != 12 || len(truth.Classes) == 0 {
		t.Error(truth)
	}
	for _, form := range (&database{}).Forms() {
		p.Form = form
		a, err := tableOf(&p)
		b, _ := tableOf(&p)
		if err != nil || len(a.Rows) < 12 || cmp.Diff(a, b) != "" {
			t.Error(form, len(a.Rows), err)
		}
	}
}
