package hub

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/fleet"
	"github.com/chartroom/chartroom/fleet/inside"
	"github.com/chartroom/chartroom/scan"
	"github.com/chartroom/chartroom/scan/survey"
)

// gaps are the gaps of a catalog, as words.
func gaps(t *testing.T, c *catalog.Catalog) (out []string) {
	t.Helper()
	if err := c.EachGap(t.Context(), officer, catalog.Filter{}, func(g catalog.Gap) error {
		out = append(out, fmt.Sprintf("%s %s %s: %s", g.Repository, g.Item, g.Reason, g.Detail))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAnItemThatEndsItsWorkersIsAGapAndTheOthersAreRead(t *testing.T) {
	line := inside.New(Main)
	w := newWorld(t, line, newFolder("a", 50))
	books, _, err := w.survey(t.Context(), line.Post, 2, habits{poison: func(s *fleet.Spec, i int) bool {
		return s.Kind == fleet.Read && i >= 0 && s.Items[i].Path == "d2/f0020.csv"
	}}, 1)
	if err != nil || books.Balance() != nil || books.Listed != 50 {
		t.Fatalf("%+v, %v", books, err)
	}
	_, want := w.alone()
	if books.Read != want.Read-1 || books.Gaps != want.Gaps+1 {
		t.Errorf("%+v, and one process has %+v", books, want)
	}
	if all := strings.Join(gaps(t, w.hub.Catalog), "\n"); !strings.Contains(all, "a d2/f0020.csv reader fault: given up after 3 attempts; the workers w") || strings.Count(all, "given up") != 1 {
		t.Error(all)
	}
}

func TestAWorkerThatBringsNonsenseGetsNoMoreShards(t *testing.T) {
	line := inside.New(Main)
	w := newWorld(t, line, newFolder("a", 200))
	ctx, stop := context.WithCancel(t.Context())
	var beside sync.WaitGroup
	defer beside.Wait()
	defer stop()
	liar := &fake{world: w, post: line.Post("liar"), name: "liar", habits: habits{lies: 100}, r: rand.New(rand.NewPCG(1, 1))}
	beside.Go(func() { liar.run(ctx) })
	refused := func() bool {
		all := w.hub.Status().Workers
		i := slices.IndexFunc(all, func(w fleet.Worker) bool { return w.Name == "liar" })
		return i >= 0 && strings.Contains(all[i].Refused, "start it anew")
	}
	books, _, err := w.survey(ctx, line.Post, 1, habits{poison: func(s *fleet.Spec, _ int) bool {
		for s.Kind == fleet.Read && !refused() && ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
		return false
	}}, 1)
	if err != nil {
		t.Fatal(err)
	}
	w.same(books)
}

func TestAListingThatEndsItsWorkersIsAGapAndOthersGoOn(t *testing.T) {
	line := inside.New(Main)
	w := newWorld(t, line, newFolder("a", 90), newFolder("b", 10))
	books, _, err := w.survey(t.Context(), line.Post, 2, habits{poison: func(s *fleet.Spec, i int) bool { return s.Kind == fleet.List && s.Repository == "a" && i == 50 }}, 1)
	if err != nil || books.Balance() != nil {
		t.Fatalf("%+v, %v, %v", books, err, books.Balance())
	}
	all := strings.Join(gaps(t, w.hub.Catalog), "\n")
	if !strings.Contains(all, "a  reader fault: given up after 3 attempts") || books.Listed != 40+10 {
		t.Errorf("%+v\n%s", books, all)
	}
}

func TestATargetThatNobodyOpens(t *testing.T) {
	line := inside.New(Main)
	w := newWorld(t, line, newFolder("a", 5), newFolder("b", 10))
	books, j, err := w.survey(t.Context(), line.Post, 2, habits{poison: func(s *fleet.Spec, _ int) bool { return s.Kind == fleet.Open && s.Target.Label == "a" }}, 1)
	if err != nil || books.Balance() != nil || books.Listed != 10 {
		t.Fatalf("%+v, %v", books, err)
	}
	if f := j.Targets[0].Failure; f == nil || !strings.Contains(f.Error(), "given up after 3 attempts") || j.Targets[1].Failure != nil || !j.Targets[0].Finished() {
		t.Errorf("%v, %v", f, j.Targets[1].Failure)
	}
}

func TestWhatWasStoppedGoesOnWithTheNextHub(t *testing.T) {
	line := inside.New(Main)
	w := newWorld(t, line, newFolder("a", 1200))
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var read atomic.Int64
	_, _, err := w.survey(ctx, line.Post, 2, habits{poison: func(s *fleet.Spec, i int) bool {
		if s.Kind == fleet.Read && i >= 0 && read.Add(1) == 700 {
			stop()
		}
		return false
	}}, 1)
	var stopped *survey.StoppedError
	if !errors.As(err, &stopped) || !errors.Is(err, context.Canceled) {
		t.Fatalf("it was to be stopped: %v", err)
	}
	before := w.hub.Catalog
	w.hub = &Hub{Catalog: before, Line: line, Version: "test", Now: w.now, every: w.hub.every}
	books, _, err := w.survey(t.Context(), line.Post, 2, habits{}, 2)
	if err != nil || books.Unchanged == 0 || books.Balance() != nil {
		t.Fatalf("%+v, %v", books, err)
	}
	c, _ := w.alone()
	if got, want := inventory(t, before), inventory(t, c); !slices.Equal(got, want) {
		t.Error("the inventory is another")
	}
}

// byHand is a worker that a test leads step by step.
type byHand struct {
	*fake
	t   *testing.T
	ctx context.Context
}

// lead begins a survey and gives workers to lead.
func (w *world) lead(ctx context.Context, j *Job, line *inside.Line, names ...string) (hands []*byHand, ended chan answer) {
	t := w.t.(*testing.T)
	go w.hub.Serve(ctx)
	ended = make(chan answer, 1)
	go func() {
		books, err := w.hub.Survey(ctx, j)
		if err != nil && ctx.Err() == nil {
			t.Error(err)
		}
		ended <- answer{w.hub.Catalog, books}
	}()
	for _, n := range names {
		h := &byHand{&fake{world: w, post: line.Post(n), name: n, process: 1}, t, ctx}
		if err := h.hello(ctx); err != nil {
			t.Fatal(err)
		}
		hands = append(hands, h)
	}
	return hands, ended
}

// take takes a ticket and claims it.
func (h *byHand) take() (fleet.Held, fleet.Claimed) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.ctx, 20*time.Second)
	defer cancel()
	held, err := h.post.Next(ctx)
	if err != nil {
		h.t.Fatalf("no ticket came: %v", err)
	}
	return held, h.claim(held.Ticket(), "")
}

func (h *byHand) claim(t fleet.Ticket, rules string) fleet.Claimed {
	h.t.Helper()
	c, err := ask[fleet.Claimed](h.ctx, h.fake, fleet.CallClaim, &fleet.Claim{Ticket: t, Rules: rules, NeedJob: true})
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

// does takes a ticket of a kind, and delivers.
func (h *byHand) does(k fleet.Kind, d fleet.Delivery) fleet.Claimed {
	h.t.Helper()
	for {
		held, c := h.take()
		if c.Verdict == fleet.Gone {
			continue
		}
		if c.Verdict == fleet.Later {
			held.Return(h.ctx, 10*time.Millisecond)
			continue
		}
		if c.Verdict != fleet.Go || c.Spec.Kind != k {
			h.t.Fatalf("%d wanted: %+v", k, c)
		}
		if r := h.deliver(held.Ticket(), &c, d); r.Stop {
			h.t.Fatal("it was taken away")
		}
		return c
	}
}

func (h *byHand) deliver(t fleet.Ticket, c *fleet.Claimed, d fleet.Delivery) fleet.Receipt {
	h.t.Helper()
	d.Ticket, d.Attempt, d.Number = t, c.Attempt, 1
	r, err := ask[fleet.Receipt](h.ctx, h.fake, fleet.CallDeliver, &d)
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}

var lake = []estate.Repository{{Name: "lake", Kind: "files"}}

// wasRead says of an item that it was read.
func wasRead(path string) fleet.Delivery {
	it := &estate.Item{Repository: "lake", Path: path, Version: "1", Bytes: 1 << 30, Evidence: estate.Evidence{Coverage: estate.All.String(), Rules: (&survey.Settings{}).Rules(scan.Limits{})}}
	return fleet.Delivery{Items: []int{0}, Last: true, Parcels: []scan.Parcel{{Part: estate.Part{Repository: "lake", Path: path}, Facts: []estate.Fact{{Item: it}}, Last: true}}}
}

// The states of pieces that were read are there for the next hub; those that cannot be put together are no loss but of time.
func TestPiecesAreTakenOverAndWhatDoesNotFitIsReadWhole(t *testing.T) {
	line := inside.New(Main)
	w := newWorld(t, line, newFolder("lake", 0))
	w.hub.Now = nil
	cutUp := fleet.Delivery{Cut: &fleet.Cut{Plan: []byte("a plan"), N: 10}, Last: true}
	listed := fleet.Delivery{Listed: []fleet.Listed{{Path: "large", Version: "1", Bytes: 1 << 30}}, Last: true, Complete: true}
	begin := func(h *byHand) {
		h.does(fleet.Open, fleet.Delivery{Repositories: lake, Last: true})
		h.does(fleet.List, listed)
		h.does(fleet.Grants, fleet.Delivery{Last: true, Complete: true})
		if c := h.does(fleet.Read, cutUp); c.Spec.Whole || len(c.Spec.Items) != 1 {
			t.Fatalf("%+v", c.Spec)
		}
	}
	states := func(from, to int) (d fleet.Delivery) {
		for n := from; n < to; n++ {
			d.Pieces = append(d.Pieces, fleet.PieceState{Number: n, State: []byte("no state")})
		}
		d.Last = true
		return d
	}
	ctx, stop := context.WithCancel(t.Context())
	hands, ended := w.lead(ctx, w.job(), line, "w")
	begin(hands[0])
	if c := hands[0].does(fleet.Pieces, states(0, 4)); c.Spec.From != 0 || c.Spec.To != 4 || string(c.Spec.Plan) != "a plan" {
		t.Fatalf("%+v", c.Spec)
	}
	stop()
	<-ended
	next := inside.New(Main)
	w.hub = &Hub{Catalog: w.hub.Catalog, Line: next, Version: "test"}
	ctx, stop = context.WithCancel(t.Context())
	defer stop()
	hands, ended = w.lead(ctx, w.job(), next, "w")
	begin(hands[0])
	for _, want := range [][2]int{{4, 8}, {8, 10}} {
		if c := hands[0].does(fleet.Pieces, states(want[0], want[1])); c.Spec.From != want[0] || c.Spec.To != want[1] {
			t.Fatalf("%+v", c.Spec)
		}
	}
	if c := hands[0].does(fleet.Read, wasRead("large")); !c.Spec.Whole {
		t.Fatalf("%+v", c.Spec)
	}
	if a := <-ended; a.books.Read != 1 || a.books.Balance() != nil {
		t.Errorf("%+v", a.books)
	}
}

func TestPiecesThatNobodyCanReadAreReadWhole(t *testing.T) {
	line := inside.New(Main)
	w := newWorld(t, line, newFolder("lake", 0))
	w.hub.Now = nil
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	hands, ended := w.lead(ctx, w.job(), line, "w")
	h := hands[0]
	h.does(fleet.Open, fleet.Delivery{Repositories: lake, Last: true})
	h.does(fleet.List, fleet.Delivery{Listed: []fleet.Listed{{Path: "large", Version: "1", Bytes: 1 << 30}}, Last: true, Complete: true})
	h.does(fleet.Grants, fleet.Delivery{Last: true, Complete: true})
	h.does(fleet.Read, fleet.Delivery{Cut: &fleet.Cut{Plan: []byte("a plan"), N: 10}})
	h.version, h.process = "newer", 2
	if err := h.hello(ctx); err != nil {
		t.Fatal(err)
	}
	held, c := h.take()
	if c.Verdict != fleet.Later {
		t.Fatalf("%+v", c)
	}
	held.Return(ctx, 0)
	if c := h.does(fleet.Read, wasRead("large")); !c.Spec.Whole {
		t.Fatalf("%+v", c.Spec)
	}
	if a := <-ended; a.books.Read != 1 || a.books.Balance() != nil {
		t.Errorf("%+v", a.books)
	}
}

func TestWorkersAreHeldBack(t *testing.T) {
	line := inside.New(Main)
	w := newWorld(t, line, newFolder("lake", 0))
	w.hub.Now = nil
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	j := w.job()
	j.Targets[0].Limits.Workers, j.Targets[0].Limits.Rate = 2, "10MB"
	hands, ended := w.lead(ctx, j, line, "w", "v", "u")
	h, v, u := hands[0], hands[1], hands[2]
	w.hub.Pause()
	held, c := h.take()
	if c.Verdict != fleet.Later || !strings.Contains(c.Why, "paused") || !w.hub.Status().Paused {
		t.Errorf("%+v", c)
	}
	w.hub.Resume()
	if c = h.claim(held.Ticket(), "other rules"); c.Verdict != fleet.Later || !strings.Contains(w.hub.Status().Workers[2].Refused, "other rules") {
		t.Errorf("%+v", c)
	}
	if err := h.hello(ctx); err != nil {
		t.Fatal(err)
	}
	if err := w.hub.Drain("nobody"); !errors.Is(err, ErrNoWorker) {
		t.Error(err)
	}
	if err := w.hub.Drain("u"); err != nil {
		t.Fatal(err)
	}
	if c = u.claim(held.Ticket(), ""); c.Verdict != fleet.Later || !strings.Contains(c.Why, "drained") {
		t.Errorf("%+v", c)
	}
	if r, err := ask[fleet.Receipt](ctx, u.fake, fleet.CallBeat, &fleet.Beat{Runs: []int64{99}}); err != nil || !r.Drain || !slices.Equal(r.Over, []int64{99}) {
		t.Errorf("%+v, %v", r, err)
	}
	if c = h.claim(held.Ticket(), ""); c.Verdict != fleet.Go || c.Rate != 10e6 || c.Job == nil {
		t.Fatalf("%+v", c)
	}
	if again := v.claim(held.Ticket(), ""); again.Verdict != fleet.Later {
		t.Errorf("%+v", again)
	}
	if c = h.claim(held.Ticket(), ""); c.Verdict != fleet.Go || c.Attempt != 2 || c.Rate != 10e6 {
		t.Errorf("an answer that was lost cannot be heard again: %+v", c)
	}
	if _, err := ask[fleet.Receipt](ctx, h.fake, fleet.CallBeat, &fleet.Beat{Working: []fleet.Ticket{held.Ticket()}}); err != nil {
		t.Error(err)
	}
	if again := h.claim(held.Ticket(), ""); again.Verdict != fleet.Later {
		t.Errorf("one that it works at: %+v", again)
	}
	h.deliver(held.Ticket(), &c, fleet.Delivery{Repositories: lake, Last: true})
	if again := v.claim(held.Ticket(), ""); again.Verdict != fleet.Gone {
		t.Errorf("%+v", again)
	}
	list, c := h.take()
	grants, g := v.take()
	if c.Spec.Kind != fleet.List || g.Spec.Kind != fleet.Grants || g.Rate != 5e6 {
		t.Fatalf("%+v, %+v", c, g)
	}
	r := h.deliver(list.Ticket(), &c, fleet.Delivery{Listed: []fleet.Listed{{Path: "f", Version: "1"}}, Last: false})
	if r.Rates["lake"] != 5e6 {
		t.Errorf("%+v", r)
	}
	if s := w.hub.Status(); s.Working != 2 || s.Open != 2 || s.Done != 1 || s.Run == 0 {
		t.Errorf("%+v", s)
	}
	h.deliver(list.Ticket(), &c, fleet.Delivery{Last: true, Complete: true}) // the same number: it came before
	if s := w.hub.Status(); s.Done != 1 {
		t.Errorf("a delivery was taken twice: %+v", s)
	}
	if r, err := ask[fleet.Receipt](ctx, h.fake, fleet.CallDeliver, &fleet.Delivery{Ticket: list.Ticket(), Attempt: c.Attempt, Number: 2, Last: true, Complete: true}); err != nil || r.Stop {
		t.Errorf("%+v, %v", r, err)
	}
	v.deliver(grants.Ticket(), &g, fleet.Delivery{Last: true, Complete: true})
	h.does(fleet.Read, wasRead("f"))
	if a := <-ended; a.books.Read != 1 || a.books.Balance() != nil {
		t.Errorf("%+v", a.books)
	}
}

// two is a line to two enclaves.
type two struct{ east, west *inside.Line }

func (l two) Enclaves() []string { return []string{"east", "west"} }

func (l two) Call(ctx context.Context, enclave string, tickets ...fleet.Ticket) error {
	return errors.Join(l.east.Call(ctx, enclave, tickets...), l.west.Call(ctx, enclave, tickets...))
}

func (l two) Waiting(ctx context.Context, enclave string) (int64, error) {
	if enclave == "east" {
		return l.east.Waiting(ctx, enclave)
	}
	return l.west.Waiting(ctx, enclave)
}

func (l two) Answer(ctx context.Context, f func(context.Context, fleet.Peer, fleet.Method, []byte) ([]byte, error)) error {
	go l.west.Answer(ctx, f)
	return l.east.Answer(ctx, f)
}

func TestAWorkerHearsNothingOfAnotherEnclave(t *testing.T) {
	line := two{inside.New("east"), inside.New("west")}
	w := newWorld(t, line, newFolder("lake", 0))
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	j := w.job()
	j.Targets[0].Enclave = "north"
	if _, err := w.hub.Survey(ctx, j); err == nil || !strings.Contains(err.Error(), "there is no enclave north") {
		t.Fatal(err)
	}
	j.Targets[0].Enclave = "east"
	hands, _ := w.lead(ctx, j, line.east, "here")
	there := &fake{world: w, post: line.west.Post("here"), process: 1} // the same name, elsewhere
	if err := there.hello(ctx); err != nil {
		t.Fatal(err)
	}
	held, c := hands[0].take()
	if c.Verdict != fleet.Go {
		t.Fatalf("%+v", c)
	}
	if c, err := ask[fleet.Claimed](ctx, there, fleet.CallClaim, &fleet.Claim{Ticket: held.Ticket(), NeedJob: true}); err == nil || c.Job != nil {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err := ask[fleet.Receipt](ctx, there, fleet.CallDeliver, &fleet.Delivery{Ticket: held.Ticket(), Attempt: c.Attempt, Number: 1, Repositories: lake, Last: true}); err == nil {
		t.Error("it delivers for others")
	}
	if _, err := there.post.Ask(ctx, "sing", nil); err == nil {
		t.Error("a call that there is not")
	}
	if n, _ := line.Waiting(ctx, "west"); n != 0 {
		t.Errorf("%d tickets are in the other enclave", n)
	}
}

func TestAWorkerOfAnotherVersionWaits(t *testing.T) {
	for name, q := range map[string]fleet.Hello{
		"protocol": {Protocol: fleet.Protocol + 1, Rules: detect.RulesVersion, Readers: readers()},
		"rules":    {Protocol: fleet.Protocol, Rules: "older", Readers: readers()},
		"readers":  {Protocol: fleet.Protocol, Rules: detect.RulesVersion},
	} {
		if refusal(&q) == "" {
			t.Errorf("other %s are taken", name)
		}
	}
	if why := refusal(&fleet.Hello{Protocol: fleet.Protocol - 1, Rules: detect.RulesVersion, Readers: readers()}); why != "" {
		t.Errorf("the protocol before is not taken: %s", why)
	}
}

// A file that is read in pieces by two tells the same as one that is read by one.
func TestALargeFileInPieces(t *testing.T) {
	if testing.Short() {
		t.Skip("70 MiB are read twice")
	}
	dir := t.TempDir()
	var b strings.Builder
	b.WriteString("mrn,name,date_of_birth,icd10,note\n")
	for i := 0; b.Len() < 70<<20; i++ {
		fmt.Fprintf(&b, "MRN%07d,Ada Example%d,19%02d-02-%02d,F11.20,%s\n", i%5000, i%5000, i%90+10, i%28+1, strings.Repeat("a long note of nothing ", 40))
	}
	if err := os.WriteFile(filepath.Join(dir, "large.csv"), []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	realSurvey(t, dir)
}
