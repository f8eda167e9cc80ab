package scan

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/chartroom/chartroom/demo"
	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/source"
	"github.com/chartroom/chartroom/source/files"
)

// taken is a ledger that keeps all facts of one item in their order.
type taken struct {
	mu    sync.Mutex
	facts []estate.Fact
	parts int
}

func (k *taken) Unchanged(context.Context, string, string, string, string) (estate.Renewal, error) {
	return estate.Renewal{}, nil
}

func (k *taken) Append(_ context.Context, facts []estate.Fact) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.facts = append(k.facts, facts...)
	return nil
}

func (k *taken) Stage(ctx context.Context, p estate.Part, facts []estate.Fact) error {
	k.parts++
	return k.Append(ctx, facts)
}

// take takes a parcel as a ledger would.
func (k *taken) take(p Parcel) error {
	if !p.Last {
		return k.Stage(context.Background(), p.Part, p.Facts)
	}
	return k.Append(context.Background(), p.Facts)
}

// same compares facts to the byte: people and traces as they are stored.
func same(t *testing.T, alone, joined *taken) {
	t.Helper()
	if len(alone.facts) != len(joined.facts) || alone.parts != joined.parts {
		t.Errorf("%d facts in %d parts alone, %d in %d joined", len(alone.facts), alone.parts, len(joined.facts), joined.parts)
		for _, f := range joined.facts {
			if f.Gap != nil {
				t.Errorf("%+v", f.Gap)
			}
		}
		return
	}
	told := 0
	for i := range alone.facts {
		if a, b := alone.facts[i], joined.facts[i]; told < 3 && !bytes.Equal(storedFact(t, a), storedFact(t, b)) {
			told++
			t.Errorf("fact %d (-alone +joined):\n%.2000s", i, cmp.Diff(a, b, cmpopts.IgnoreUnexported(estate.People{}), cmpopts.IgnoreFields(estate.TraceSet{}, "Set")))
		}
	}
}

func storedFact(t *testing.T, f estate.Fact) []byte {
	var b bytes.Buffer
	if f.Item != nil { // the same moment may be written in several ways
		it := *f.Item
		it.Modified, it.Evidence.Seen, it.Evidence.Read = it.Modified.UTC(), it.Evidence.Seen.UTC(), it.Evidence.Read.UTC()
		f.Item = &it
	}
	if err := gob.NewEncoder(&b).Encode(f); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// moment is when all that is compared is read.
var moment = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

func handOptions() Options {
	return Options{Engine: detect.New(nil), Rules: "rules", Key: testKey, Workers: 2, Now: func() time.Time { return moment }}
}

// listedItem lists the only item of a source.
func listedItem(t *testing.T, src source.Source) source.Item {
	t.Helper()
	var item source.Item
	if err := src.Items(t.Context(), func(l source.Listed) error {
		item = l.Item
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return item
}

// alone reads the item as Source does.
func alone(t *testing.T, src source.Source) *taken {
	t.Helper()
	k, o := &taken{}, handOptions()
	o.Ledger = k
	if _, err := Source(t.Context(), src, o); err != nil {
		t.Fatal(err)
	}
	return k
}

// byHands reads an item in ranges of pieces, in any order, and joins them.
func byHands(t *testing.T, src source.Source, item source.Item) (k *taken, states [][]byte) {
	t.Helper()
	plan, n, err := NewHand(src, handOptions(), nil).Pieces(t.Context(), item)
	if err != nil || n < 2 {
		t.Fatalf("%d pieces: %v", n, err)
	}
	states = make([][]byte, n)
	var ranges [][2]int
	for from := 0; from < n; {
		to := min(n, from+1+rand.IntN(3))
		ranges = append(ranges, [2]int{from, to})
		from = to
	}
	rand.Shuffle(len(ranges), func(i, j int) { ranges[i], ranges[j] = ranges[j], ranges[i] })
	for _, r := range ranges {
		err := NewHand(src, handOptions(), nil).Piece(t.Context(), item, plan, r[0], r[1], func(i int, state []byte) error {
			states[i] = state
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return join(t, src, item, states), states
}

func join(t *testing.T, src source.Source, item source.Item, states [][]byte) *taken {
	t.Helper()
	k := &taken{}
	err := Join(t.Context(), src.Repository().Name, item, handOptions(), func(yield func([]byte, error) bool) {
		for _, s := range states {
			if !yield(s, nil) {
				return
			}
		}
	}, k.take)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// written makes a source of one file.
func written(t *testing.T, name string, data []byte) source.Source {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
	src, err := files.Open(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// TestManyHandsTellWhatOneTells reads large files as Source does, and in pieces by several hands.
func TestManyHandsTellWhatOneTells(t *testing.T) {
	if testing.Short() {
		t.Skip("large files")
	}
	for name, data := range map[string][]byte{
		"patients.csv": large(demo.PatientHeader, demo.AppendPatientRow),
		"notes.csv":    large("mrn,last_name,note\n", noted),
		"bulk.ndjson":  large("", demo.AppendFHIR),
		"batch.hl7":    large("", demo.AppendHL7v2),
	} {
		if only := os.Getenv("ONLY"); only != "" && only != name {
			continue
		}
		src := written(t, name, data)
		item := listedItem(t, src)
		one := alone(t, src)
		many, states := byHands(t, src, item)
		same(t, one, many)
		for _, s := range states {
			t.Logf("%s: a state of %d KiB", name, len(s)>>10)
		}
	}
}

var _ = errors.Is
var _ = fmt.Sprint
var _ = format.PieceSize
