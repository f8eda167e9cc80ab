package scan

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format/formattest"
	"github.com/chartroom/chartroom/source"
	"github.com/chartroom/chartroom/source/files"
)

// What a bomb may take: the promise, and how far a machine that is slow or busy may be behind it.
const (
	bombTime   = 10 * time.Second
	bombSlow   = 6
	bombMemory = 256 << 20
)

// readWhole are long, but no longer than they say, and are read to their end.
var readWhole = map[string]bool{"parts.eml": true, "field.hl7": true, "titles.txt": true}

// endless is a source of one item that is made while it is read, for what no test could store.
type endless struct {
	name string
	body func() *formattest.Repeat
}

func (endless) Repository() estate.Repository { return estate.Repository{Name: "made", Kind: "files"} }

func (endless) Grants(context.Context, func(estate.Grant) error) error { return nil }

func (s endless) Items(_ context.Context, yield func(source.Listed) error) error {
	return yield(source.Listed{Item: source.Item{Path: s.name, Version: "1", Bytes: s.body().Size}})
}

func (s endless) Open(context.Context, source.Item) (io.ReadCloser, error) {
	return io.NopCloser(s.body()), nil
}

// TestEveryBombEndsAsAGap: whatever is made to exhaust a reader ends as a gap, soon, and in little memory. Files that grow:
func TestEveryBombEndsAsAGap(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a minute")
	}
	for name, build := range explosives() {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, name), build(t), 0o600); err != nil {
				t.Fatal(err)
			}
			src, err := files.Open(dir, "")
			if err != nil {
				t.Fatal(err)
			}
			defuse(t, src)
		})
	}
}

// TestEndlessThingsEndAsAGap: and inputs that nest, or go on, without end.
func TestEndlessThingsEndAsAGap(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a minute")
	}
	const mail = "From: a@b.example\r\nTo: c@b.example\r\nSubject: x\r\nDate: Tue, 30 Dec 2025 08:00:00 -0800\r\nMIME-Version: 1.0\r\n"
	for _, c := range []struct {
		name, first, again string
		size               int64
	}{
		{"deep.json", "", `[`, 100 << 20},
		{"keys.json", "", `{"a":`, 100 << 20},
		{"deep.xml", "<?xml version=\"1.0\"?>\n", `<a>`, 100 << 20},
		{"deep.html", "<!DOCTYPE html><html><body>", `<table><tr><td>`, 100 << 20},
		{"deep.yaml", "a: ", "[", 100 << 20},
		{"segment.837", interchange + "NM1*IL*1*", "A", 1 << 30},
		{"field.hl7", "MSH|^~\\&|A|B|C|D|20200101||ADT^A01|1|P|2.5.1\rPID|1||", "A", 1 << 30},
		{"quote.csv", "mrn,name\n1,\"", "a,\n", 256 << 20},
		{"insert.sql", "CREATE TABLE a (b text);\nINSERT INTO a VALUES ", "(", 100 << 20},
		{"multipart.eml", mail + "Content-Type: multipart/mixed; boundary=b\r\n\r\n", "--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n", 50 << 20},
		{"letters.pdf", "%PDF-1.7\n", "o", 100 << 20},
		{"trailers.pdf", "%PDF-1.7\n", "trailer ", 100 << 20},
		{"objects.pdf", "%PDF-1.7\n", "1 0 obj ", 100 << 20},
		{"titles.txt", "seen by ", "Dr. ", 50 << 20},
		{"header.eml", mail + "X-A: ", "a", 256 << 20},
	} {
		if os.Getenv("CHARTROOM_BOMBS") == "" {
			c.size /= 10 // a test of every day; make bench-bombs reads all
		}
		t.Run(c.name, func(t *testing.T) {
			defuse(t, endless{c.name, func() *formattest.Repeat {
				return &formattest.Repeat{First: []byte(c.first), Data: []byte(c.again), Size: c.size}
			}})
		})
	}
}

// interchange begins claims.
const interchange = "ISA*00*          *00*          *ZZ*MERIDIAN       *ZZ*CASCADIA       *251230*0800*^*00501*000000001*0*P*:~GS*HC*MERIDIAN*CASCADIA*20251230*0800*1*X*005010X222A1~" +
	"ST*837*0001*005010X222A1~BHT*0019*00*1*20251230*0800*CH~HL*1**20*1~HL*2*1*22*0~SBR*P*18*******CI~"

// defuse surveys a bomb by the limits that are in force where nobody sets others.
func defuse(t *testing.T, src source.Source) {
	t.Helper()
	m := newMemory()
	peak := watchHeap()
	start := time.Now()
	_, err := Source(t.Context(), src, Options{Engine: detect.New(nil), Rules: "1", Key: testKey, Ledger: m, Workers: 2})
	took, most := time.Since(start), peak()
	if err != nil {
		t.Fatal(err)
	}
	gaps := 0
	first := ""
	for path, all := range m.gaps {
		for _, g := range all {
			if gaps++; first == "" || strings.Count(path, "!/") == 0 {
				first = string(g.Reason) + ": " + g.Detail
			}
			if g.Reason == estate.GapFault {
				t.Errorf("%s: a fault: %s", path, g.Detail)
			}
		}
	}
	t.Logf("%s, %d MiB, %d items, %d gaps: %.150s", took.Round(10*time.Millisecond), most>>20, len(m.items), gaps, first)
	for path, it := range m.items {
		top, _, _ := strings.Cut(path, "!/")
		if whole := readWhole[top]; whole != (gaps == 0) || whole && it.Evidence.Coverage != "all" {
			t.Errorf("%s: %d gaps, and what was read is %s", path, gaps, it.Evidence.Coverage)
			break
		}
	}
	if took > bombSlow*bombTime {
		t.Errorf("it took %s", took)
	}
	if most > bombMemory {
		t.Errorf("the heap grew by %d MiB", most>>20)
	}
}

// watchHeap looks at the heap all the while, and gives how far it was above what it was at the beginning.
func watchHeap() (peak func() uint64) {
	runtime.GC()
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	from, most := sample[0].Value.Uint64(), uint64(0)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for {
			metrics.Read(sample)
			if now := sample[0].Value.Uint64(); now > from {
				most = max(most, now-from)
			}
			select {
			case <-stop:
				return
			case <-tick.C:
			}
		}
	}()
	return func() uint64 {
		close(stop)
		<-done
		return most
	}
}
