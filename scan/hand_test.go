package scan

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/gob"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/chartroom/chartroom/demo"
	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/estate"
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

// smallPieces are as large as the head that a reader is chosen by, and a little more.
const smallPieces = 80 << 10

func handOptions(piece int64) Options {
	return Options{Engine: detect.New(nil), Rules: "rules", Key: testKey, Workers: 2, Now: func() time.Time { return moment }, pieceSize: piece}
}

// seen is a source whose only item is as it was seen.
type seen struct {
	source.Source
	item source.Item
}

func (s seen) Items(_ context.Context, yield func(source.Listed) error) error {
	return yield(source.Listed{Item: s.item})
}

// listedItem lists the only item of a source.
func listedItem(t testing.TB, src source.Source) (item source.Item) {
	t.Helper()
	if err := src.Items(t.Context(), func(l source.Listed) error {
		item = l.Item
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return item
}

// alone reads the item as Source does.
func alone(t *testing.T, src source.Source, o Options) *taken {
	t.Helper()
	k := &taken{}
	o.Ledger = k
	if _, err := Source(t.Context(), src, o); err != nil {
		t.Fatal(err)
	}
	return k
}

// planned plans an item.
func planned(t testing.TB, src source.Source, item source.Item, o Options) (plan []byte, n int) {
	t.Helper()
	plan, n, err := NewHand(src, o, nil).Pieces(t.Context(), item)
	if err != nil || n < 2 {
		t.Fatalf("%d pieces: %v", n, err)
	}
	return plan, n
}

// byHands reads the pieces of a plan in ranges, in any order.
func byHands(t testing.TB, src source.Source, item source.Item, plan []byte, n int, o Options) (states [][]byte) {
	t.Helper()
	states = make([][]byte, n)
	var ranges [][2]int
	for from := 0; from < n; {
		to := min(n, from+1+rand.IntN(3))
		ranges = append(ranges, [2]int{from, to})
		from = to
	}
	rand.Shuffle(len(ranges), func(i, j int) { ranges[i], ranges[j] = ranges[j], ranges[i] })
	for _, r := range ranges {
		err := NewHand(src, o, nil).Piece(t.Context(), item, plan, r[0], r[1], func(i int, state []byte) error {
			states[i] = state
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return states
}

// each hands states out.
func each(states [][]byte) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for _, s := range states {
			if !yield(s, nil) {
				return
			}
		}
	}
}

func join(t testing.TB, src source.Source, item source.Item, states [][]byte, o Options) *taken {
	t.Helper()
	k := &taken{}
	if err := Join(t.Context(), src.Repository().Name, source.Item{Path: item.Path}, o, each(states), k.take); err != nil {
		t.Fatal(err)
	}
	return k
}

// written makes a source of one file.
func written(t testing.TB, name string, data []byte) (src source.Source, path string) {
	t.Helper()
	dir := t.TempDir()
	path = filepath.Join(dir, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	src, err := files.Open(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	return src, path
}

// many makes so many bytes of data of a kind.
func many(size int, begin string, append func(b []byte, p *demo.Person) []byte) []byte {
	b := []byte(begin)
	for p := range demo.People(1, 1<<30) {
		if b = append(b, p); len(b) > size {
			break
		}
	}
	return b
}

// attached writes a document with a table in it, and now and then a message.
func attached(b []byte, p *demo.Person) []byte {
	kind, content := "text/csv", "mrn,last_name,note\n"+p.MRN+","+p.Family+",seen\n"
	if p.Index%3 == 0 {
		kind, content = "application/hl7-v2", string(demo.AppendHL7v2(nil, p))
	}
	return fmt.Appendf(b, `{"resourceType":"DocumentReference","subject":{"reference":"Patient/%s"},"content":[{"attachment":{"contentType":%q,"data":%q}}]}`+"\n",
		p.MRN, kind, base64.StdEncoding.EncodeToString([]byte(content)))
}

// letter writes a letter.
func letter(b []byte, p *demo.Person) []byte {
	return fmt.Appendf(b, "Patient: %s %s\nMRN: %s\nDOB: %s\n\nDear colleague,\nthe patient was seen for depression on %s, SSN %s, call %s.\n\n", p.Given, p.Family, p.MRN,
		p.Birth.Format("01/02/2006"), p.Birth.AddDate(40, 0, 0).Format("01/02/2006"), p.SSN, p.Phone)
}

// keyed writes a document whose keys are values.
func keyed(b []byte, p *demo.Person) []byte {
	return fmt.Appendf(b, `{"patients":{"%s":{"%s":{"diagnosis":"F11.20","visit":%d,"subject":"a letter to %s"}}},"mrn":%q}`+"\n", p.SSN, p.Email, p.Index, p.Given, p.MRN)
}

// headless writes a row of a table without a header.
func headless(b []byte, p *demo.Person) []byte {
	return fmt.Appendf(b, "%d;%s;%s %s;%s;%s;CA\n", p.Index, p.SSN, p.Given, p.Family, p.Birth.Format("2006-01-02"), p.Email)
}

// handFiles are files that are cut at awkward places.
func handFiles() map[string][]byte {
	const size = 600 << 10
	torn := many(size, demo.PatientHeader, demo.AppendPatientRow)
	for i := 70 << 10; i < len(torn); i += 90 << 10 {
		copy(torn[i:], "\"unclosed, \x00\n\n,,,,")
	}
	broken := many(size, "", demo.AppendFHIR)
	for i := 70 << 10; i < len(broken); i += 50 << 10 {
		copy(broken[i:], "}}]\n{\"resourceType\":")
	}
	wide := many(size/3, "", demo.AppendFHIR)
	wide = append(append(append(wide, `{"resourceType":"Basic","text":"`...), bytes.Repeat([]byte("without an end "), 25_000)...), "\"}\n"...)
	return map[string][]byte{
		"patients.csv":  many(size, demo.PatientHeader, demo.AppendPatientRow),
		"notes.csv":     many(size, "mrn,last_name,note\n", noted),
		"headless.csv":  many(size, "", headless),
		"torn.csv":      torn,
		"bulk.ndjson":   many(size, "", demo.AppendFHIR),
		"broken.ndjson": broken,
		"wide.ndjson":   many(size/3, string(wide), demo.AppendFHIR),
		"docs.ndjson":   many(size, "", attached),
		"keyed.ndjson":  many(size, "", keyed),
		"batch.hl7":     many(size, "", demo.AppendHL7v2),
		"cut.hl7":       many(size, "", demo.AppendHL7v2)[:size-70],
		"letters.txt":   many(size, "", letter),
		"notes.md":      many(size, "# Ward\n\n", letter),
		"blank.txt":     bytes.Repeat([]byte("          \n"), size/11),
	}
}

// TestManyHandsTellWhatOneTells reads files as Source does, and in pieces by several hands.
func TestManyHandsTellWhatOneTells(t *testing.T) {
	for name, data := range handFiles() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := handOptions(smallPieces + rand.Int64N(40<<10))
			src, _ := written(t, name, data)
			item := listedItem(t, src)
			one := alone(t, src, o)
			plan, n := planned(t, src, item, o)
			same(t, one, join(t, src, item, byHands(t, src, item, plan, n, o), o))
			if len(one.facts) == 0 || one.facts[len(one.facts)-1].Item == nil {
				t.Error("the item is in no books")
			}
		})
	}
}

// TestManyHandsOfFullPieces reads pieces as large as those of a survey, and looks how large their states are.
func TestManyHandsOfFullPieces(t *testing.T) {
	if testing.Short() {
		t.Skip("a large file")
	}
	o := handOptions(0)
	src, _ := written(t, "patients.csv", large(demo.PatientHeader, demo.AppendPatientRow))
	item := listedItem(t, src)
	plan, n := planned(t, src, item, o)
	states := byHands(t, src, item, plan, n, o)
	k := join(t, src, item, states, o)
	same(t, alone(t, src, o), k)
	traces := 0
	for _, f := range k.facts {
		if f.Traces != nil {
			traces += len(f.Traces.Set)
		}
	}
	all := len(slices.Concat(states...))
	if rest := (all - traces) / n; rest > 1<<20 {
		t.Errorf("beside its traces a state has %d KiB", rest>>10)
	}
	t.Logf("%d states of %d KiB, %d KiB of them traces", n, all>>10, traces>>10)
}

// TestHandsSeeThatAnItemChanged: as Source does, where it changes after it was listed.
func TestHandsSeeThatAnItemChanged(t *testing.T) {
	o := handOptions(smallPieces)
	data := many(400<<10, demo.PatientHeader, demo.AppendPatientRow)
	for name, change := range map[string]func(path string) error{
		"grown":  func(path string) error { return os.WriteFile(path, append(slices.Clone(data), data[1000:]...), 0o600) },
		"shrunk": func(path string) error { return os.Truncate(path, 200<<10) },
		"gone":   os.Remove,
	} {
		t.Run(name, func(t *testing.T) {
			src, path := written(t, "a.csv", data)
			item := listedItem(t, src)
			plan, n := planned(t, src, item, o)
			time.Sleep(20 * time.Millisecond) // the clock of the file system is coarse
			if err := change(path); err != nil {
				t.Fatal(err)
			}
			one := alone(t, seen{src, item}, o)
			same(t, one, join(t, src, item, byHands(t, src, item, plan, n, o), o))
			if name == "gone" {
				return
			}
			// And whoever finds the item anew knows that it is another.
			now := listedItem(t, src)
			k := join(t, src, item, byHands(t, src, now, plan, n, o), o)
			if len(k.facts) != 1 || k.facts[0].Gap == nil || k.facts[0].Gap.Reason != estate.GapChanging {
				t.Errorf("%+v", k.facts)
			}
		})
	}
}

// TestReadOfAHand sends what Source brings to the ledger.
func TestReadOfAHand(t *testing.T) {
	o := handOptions(smallPieces)
	src, _ := written(t, "docs.ndjson", handFiles()["docs.ndjson"])
	k := &taken{}
	for _, l := range []source.Listed{{Item: listedItem(t, src)}} {
		if err := NewHand(src, o, k.take).Read(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
	same(t, alone(t, src, o), k)
	broke := errors.New("the line broke")
	if err := NewHand(src, o, func(Parcel) error { return broke }).Read(t.Context(), source.Listed{Item: listedItem(t, src)}); !errors.Is(err, broke) {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := NewHand(src, o, k.take).Read(ctx, source.Listed{Item: listedItem(t, src)}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// TestWhatDoesNotBelongTogether is refused.
func TestWhatDoesNotBelongTogether(t *testing.T) {
	o := handOptions(smallPieces)
	src, _ := written(t, "a.csv", many(300<<10, demo.PatientHeader, demo.AppendPatientRow))
	item := listedItem(t, src)
	plan, n := planned(t, src, item, o)
	states := byHands(t, src, item, plan, n, o)
	nobody := func(Parcel) error { return nil }
	other := o
	other.Rules = "others"
	for name, try := range map[string]func() error{
		"a state too few": func() error { return Join(t.Context(), "r", item, o, each(states[1:]), nobody) },
		"a state too many": func() error {
			return Join(t.Context(), "r", item, o, each(append(slices.Clone(states), states[0])), nobody)
		},
		"another order": func() error { return Join(t.Context(), "r", item, o, each([][]byte{states[1], states[0]}), nobody) },
		"another item":  func() error { return Join(t.Context(), "r", source.Item{Path: "b.csv"}, o, each(states), nobody) },
		"other rules":   func() error { return Join(t.Context(), "r", item, other, each(states), nobody) },
		"no state":      func() error { return Join(t.Context(), "r", item, o, each(nil), nobody) },
		"half a state": func() error {
			return Join(t.Context(), "r", item, o, each([][]byte{states[0][:len(states[0])/2]}), nobody)
		},
		"rules of the plan": func() error { return NewHand(src, other, nil).Piece(t.Context(), item, plan, 0, 1, nil) },
		"a piece too many":  func() error { return NewHand(src, o, nil).Piece(t.Context(), item, plan, 0, n+1, nil) },
		"no plan":           func() error { return NewHand(src, o, nil).Piece(t.Context(), item, []byte("no plan"), 0, 1, nil) },
	} {
		if err := try(); !errors.Is(err, ErrState) && !errors.Is(err, ErrPlan) {
			t.Errorf("%s: %v", name, err)
		}
	}
	broke := errors.New("the line broke")
	if err := Join(t.Context(), "r", item, o, each(states), func(Parcel) error { return broke }); !errors.Is(err, broke) {
		t.Errorf("%v", err)
	}
	if err := NewHand(src, o, nil).Piece(t.Context(), item, plan, 0, n, func(int, []byte) error { return broke }); !errors.Is(err, broke) {
		t.Errorf("%v", err)
	}
}
