package scan

import (
	"bytes"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/demo"
	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source/files"
)

// maxSample is how much of a sample is damaged: most of what can go wrong goes wrong at the beginning.
const maxSample = 48 << 10

// samples are files of every format that the project has: the demo's, those beside the readers' tests, and archives of them.
func samples(t *testing.T) []archived {
	t.Helper()
	est, err := demo.Write(t.TempDir(), demo.Options{People: 60})
	if err != nil {
		t.Fatal(err)
	}
	byExt := map[string]int{}
	var out []archived
	take := func() func(string, fs.DirEntry, error) error {
		return func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() && d.Name() == "fuzz" {
				return fs.SkipDir
			}
			if !d.Type().IsRegular() {
				return nil
			}
			ext := filepath.Dir(filepath.Dir(path)) + filepath.Ext(path)
			if byExt[ext]++; byExt[ext] > 12 {
				return nil
			}
			data, err := os.ReadFile(path)
			if err == nil && len(data) > 0 {
				out = append(out, archived{filepath.Base(path), data[:min(len(data), maxSample)]})
			}
			return err
		}
	}
	roots, err := filepath.Glob("../format/*/testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, root := range append(roots, est.Dir) {
		if err := filepath.WalkDir(root, take()); err != nil {
			t.Fatal(err)
		}
	}
	few := slices.Clone(out[:min(len(out), 40)])
	for i := range few {
		few[i].body = few[i].body[:min(len(few[i].body), 2<<10)]
	}
	return append(out, archived{"all.zip", zipOf(t, few...)}, archived{"all.tar", tarOf(t, few...)}, archived{"all.tar.gz", gzipOf(t, tarOf(t, few...))},
		archived{"deep.zip", zipOf(t, archived{"in.tar.gz", gzipOf(t, tarOf(t, few[:5]...))})})
}

// damage does harm to a copy of a file: it flips bits, puts in bytes that mean something, cuts, repeats, and splices in parts of others.
func damage(r *rand.Rand, data []byte, all []archived) []byte {
	data = bytes.Clone(data)
	for range 1 + r.IntN(4) {
		if len(data) == 0 {
			break
		}
		from := r.IntN(len(data))
		if r.IntN(3) == 0 {
			from = r.IntN(min(len(data), 64)) // where the headers stand
		}
		to := min(len(data), from+1+r.IntN(64))
		switch r.IntN(8) {
		case 0, 1:
			for range 1 + r.IntN(8) {
				data[r.IntN(len(data))] ^= 1 << r.IntN(8)
			}
		case 2:
			for i := from; i < to; i++ {
				data[i] = "\x00\xff\x7f\x80\"\n<{[|\\"[r.IntN(11)]
			}
		case 3:
			data = data[:from]
		case 4:
			data = slices.Delete(data, from, to)
		case 5:
			data = slices.Insert(data, from, bytes.Repeat(data[from:to], 1+r.IntN(20))...)
		case 6:
			other := all[r.IntN(len(all))].body
			at := r.IntN(len(other))
			data = slices.Insert(data, from, other[at:min(len(other), at+r.IntN(4<<10))]...)
		case 7:
			copy(data[from:], []byte{0xff, 0xff, 0xff, byte(r.IntN(256)), 0x7f, 0, 0, 0x80}[:1+r.IntN(8)]) // lengths that cannot be
		}
	}
	return data[:min(len(data), 2*maxSample)]
}

// TestDamagedTree surveys a tree of damaged files of every format: nothing panics, nothing is lost from the books, and what is not read
// has a reason. CHARTROOM_DAMAGED is how many files there are, CHARTROOM_SEED where chance begins.
func TestDamagedTree(t *testing.T) {
	number := func(name string, otherwise int) int {
		if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
			return n
		}
		return otherwise
	}
	n, seed := number("CHARTROOM_DAMAGED", 2000), number("CHARTROOM_SEED", 1)
	all := samples(t)
	r := rand.New(rand.NewPCG(uint64(seed), 0))
	dir := t.TempDir()
	for i := range n {
		s := all[i%len(all)]
		path := filepath.Join(dir, strconv.Itoa(i/100), fmt.Sprintf("%d-%s", i, s.name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, damage(r, s.body, all), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	src, err := files.Open(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	c, err := catalog.Open(t.Context(), filepath.Join(t.TempDir(), "catalog.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	run, err := c.Begin(t.Context(), audit.Local(), catalog.RunSpec{})
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Repository(t.Context(), src.Repository()); err != nil {
		t.Fatal(err)
	}
	listed, err := Source(t.Context(), src, Options{Engine: detect.New(nil), Rules: "1", Key: testKey, Ledger: run})
	if err != nil {
		t.Fatal(err)
	}
	books, err := run.Finish(t.Context(), []catalog.Listing{{Repository: src.Repository().Name, Complete: true, Items: listed}})
	if err != nil || listed != int64(n) || books.Balance() != nil {
		t.Errorf("%d of %d listed, %+v: %v", listed, n, books, err)
	}
	reasons := map[estate.GapReason]int{}
	if err := c.EachGap(t.Context(), audit.Local(), catalog.Filter{}, func(g catalog.Gap) error {
		switch reasons[estate.GapReason(g.Reason)]++; estate.GapReason(g.Reason) {
		case estate.GapFault, estate.GapUnreadable, estate.GapVanished, estate.GapChanging: // a disk without faults, and nobody else there
			t.Errorf("%s: %s", g.Item, g.Detail)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := c.Verify(t.Context(), audit.Local()); err != nil {
		t.Error(err)
	}
	t.Logf("%d samples, %+v, gaps %v", len(all), books, reasons)
}
