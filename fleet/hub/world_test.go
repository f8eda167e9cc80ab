package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/fingerprint"
	"github.com/chartroom/chartroom/fleet"
	"github.com/chartroom/chartroom/fleet/inside"
	"github.com/chartroom/chartroom/format/all"
	"github.com/chartroom/chartroom/scan"
	"github.com/chartroom/chartroom/scan/survey"
	"github.com/chartroom/chartroom/source"
)

var officer = audit.Caller{Name: "Ada", Role: audit.Admin}

// folder is a repository of small files, some of which cannot be opened or described.
type folder struct {
	name   string
	files  []string // their contents
	breaks bool     // the listing fails at its end
}

func (f *folder) Repository() estate.Repository {
	return estate.Repository{Name: f.name, Kind: "files", Custodian: "Meridian"}
}

func (f *folder) Items(_ context.Context, yield func(source.Listed) error) error {
	for i, text := range f.files {
		l := source.Listed{Item: source.Item{Path: f.path(i), Version: fmt.Sprint("v", len(text)), Bytes: int64(len(text))}}
		if i%17 == 11 {
			l = source.Listed{Gap: &estate.Gap{Path: f.path(i), Reason: estate.GapSpecial, Detail: "a socket", Bytes: -1}}
		}
		if err := yield(l); err != nil {
			return err
		}
	}
	if f.breaks {
		return errors.New("the server went away")
	}
	return nil
}

func (f *folder) path(i int) string { return fmt.Sprintf("d%d/f%04d.csv", i/10, i) }

func (f *folder) Open(_ context.Context, item source.Item) (io.ReadCloser, error) {
	var i, dir int
	if _, err := fmt.Sscanf(item.Path, "d%d/f%d.csv", &dir, &i); err != nil || i >= len(f.files) {
		return nil, source.Gone()
	}
	if i%13 == 5 {
		return nil, errors.New("permission denied")
	}
	return io.NopCloser(strings.NewReader(f.files[i])), nil
}

func (f *folder) Grants(_ context.Context, yield func(estate.Grant) error) error {
	for i := range 3 {
		if err := yield(estate.Grant{System: "posix", Kind: "mode", Principal: fmt.Sprint("user", i), Action: "read", Target: "/"}); err != nil {
			return err
		}
	}
	return nil
}

// newFolder makes one of n files with a person each, and some more.
func newFolder(name string, n int) *folder {
	f := &folder{name: name}
	for i := range n {
		f.files = append(f.files, fmt.Sprintf("mrn,name,date_of_birth\nMRN%05d,Ada Example%d,1980-02-%02d\nMRN00001,Bo Common,1970-01-01\n", i+2, i, i%28+1))
	}
	return f
}

// world is an estate of folders, each a target of its own, with a hub that surveys it.
type world struct {
	t       testing.TB
	folders []*folder
	line    *inside.Line
	hub     *Hub
	key     fingerprint.Key
	engine  *detect.Engine
	speed   time.Duration // how much faster its clock is than ours
	began   time.Time

	merged sync.Map // how often a shard's last delivery was taken, by its number
}

func newWorld(t testing.TB, line fleet.Line, folders ...*folder) *world {
	w := &world{t: t, folders: folders, key: fingerprint.NewKey(), engine: detect.New(nil), speed: 100, began: time.Now()}
	w.hub = &Hub{Catalog: w.catalog(), Line: line, Version: "test", Now: w.now, every: 3 * time.Millisecond, items: 20}
	return w
}

// now is a clock that runs fast, so that workers are missed soon.
func (w *world) now() time.Time { return w.began.Add(time.Since(w.began) * w.speed) }

func (w *world) catalog() *catalog.Catalog {
	c, err := catalog.Open(context.Background(), filepath.Join(w.t.TempDir(), "catalog.db"))
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { c.Close() })
	return c
}

func (w *world) job() *Job {
	j := &Job{Who: officer, Key: w.key, Settings: &survey.Settings{Workers: 2, AtOnce: 2, Version: "test"}}
	for _, f := range w.folders {
		j.Targets = append(j.Targets, &survey.Target{Label: f.name, Address: "test://" + f.name, Progress: &scan.Progress{}})
	}
	return j
}

// alone surveys the same estate in one process.
func (w *world) alone() (*catalog.Catalog, catalog.Books) {
	w.t.Helper()
	c, j := w.catalog(), w.job()
	for i, t := range j.Targets {
		t.Sources = []source.Source{w.folders[i]}
	}
	books, err := (&survey.Job{Catalog: c, Who: officer, Key: w.key, Settings: j.Settings, Targets: j.Targets, Warn: func(string) {}}).Run(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	return c, books
}

// inventory is all that a catalog says, without times.
func inventory(t testing.TB, c *catalog.Catalog) (out []string) {
	t.Helper()
	add := func(what string, v any) error {
		text, err := json.Marshal(v)
		out = append(out, what+" "+string(text))
		return err
	}
	ctx := context.Background()
	err := errors.Join(
		c.EachRepository(ctx, officer, catalog.Filter{}, func(r catalog.Row) error {
			r.ObservedAt, r.Stale, r.Evidence = nil, false, nil
			return add("repository", r)
		}),
		c.EachItem(ctx, officer, catalog.Filter{}, func(r catalog.Row) error {
			if r.ObservedAt, r.Stale = nil, false; r.Evidence != nil {
				e := *r.Evidence
				e.Seen, e.Read = time.Time{}, time.Time{}
				r.Evidence = &e
			}
			return add("item", r)
		}),
		c.EachField(ctx, officer, catalog.Filter{}, func(f catalog.Field) error {
			f.Evidence.Seen, f.Evidence.Read = time.Time{}, time.Time{}
			return add("field", f)
		}),
		c.EachGap(ctx, officer, catalog.Filter{}, func(g catalog.Gap) error {
			return add("gap", []any{g.Repository, g.Item, g.Reason, g.Detail, g.Bytes})
		}),
		c.EachGrant(ctx, officer, catalog.Filter{}, func(_ int64, g estate.Grant) error { return add("grant", g) }))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

// same holds what the hub's catalog says against what a survey in one process says.
func (w *world) same(books catalog.Books) {
	w.t.Helper()
	c, want := w.alone()
	sameAs(w.t, answer{c, want}, answer{w.hub.Catalog, books})
}

// sameAs holds what one catalog says against what another does.
func sameAs(t testing.TB, want, got answer) {
	t.Helper()
	if err := got.books.Balance(); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(want.books, got.books); diff != "" {
		t.Errorf("the books: %s", diff)
	}
	if diff := cmp.Diff(inventory(t, want.catalog), inventory(t, got.catalog)); diff != "" {
		t.Errorf("the inventory: %s", diff)
	}
}

// habits are what a fake worker does wrong, each in so many of a hundred cases.
type habits struct {
	dies, repeats, lies, dawdles int
	poison                       func(s *fleet.Spec, i int) bool // it dies when it comes to an item, or to what it lists; -1 = when it begins
}

// fake is a worker that reads as real ones do, if it is in the mood.
type fake struct {
	world   *world
	post    fleet.Post
	name    string
	process int
	version string
	habits
	r *rand.Rand
}

// errDies ends a fake worker in the middle of something.
var errDies = errors.New("it dies")

func (f *fake) chance(percent int) bool { return f.r.IntN(100) < percent }

// ask makes a call.
func ask[A any](ctx context.Context, f *fake, m fleet.Method, question any) (a A, err error) {
	q, err := (&fleet.Words{}).Encode(question)
	if err != nil {
		return a, err
	}
	words, err := f.post.Ask(ctx, m, q)
	if err != nil {
		return a, err
	}
	return a, (&fleet.Words{}).Decode(words, &a)
}

// run works until the context ends, and comes back whenever it has died.
func (f *fake) run(ctx context.Context) {
	for ctx.Err() == nil {
		f.process++
		if err := f.live(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, errDies) {
			f.world.t.Errorf("worker %s: %v", f.name, err)
			return
		}
	}
}

func (f *fake) hello(ctx context.Context) error {
	var readers []string
	for _, r := range all.Readers() {
		readers = append(readers, r.Name())
	}
	w, err := ask[fleet.Welcome](ctx, f, fleet.CallHello, &fleet.Hello{Protocol: fleet.Protocol, Version: "test" + f.version, Rules: detect.RulesVersion, Readers: readers, Process: f.process})
	if err == nil && w.Refused != "" {
		err = errors.New(w.Refused)
	}
	return err
}

func (f *fake) live(ctx context.Context) error {
	if err := f.hello(ctx); err != nil {
		return err
	}
	for {
		held, err := f.post.Next(ctx)
		if err != nil {
			return err
		}
		c, err := ask[fleet.Claimed](ctx, f, fleet.CallClaim, &fleet.Claim{Ticket: held.Ticket(), NeedJob: true})
		if err != nil {
			return err
		}
		switch {
		case c.Verdict == fleet.Later && f.lies < 100 && strings.Contains(c.Why, "start it anew"):
			return errDies // as somebody does
		case c.Verdict == fleet.Later:
			held.Return(ctx, time.Millisecond)
		case c.Verdict == fleet.Go && f.chance(f.dies):
			return errDies // the ticket is lost
		case c.Verdict == fleet.Go:
			if err := f.do(ctx, held.Ticket(), &c); err != nil {
				return err
			}
		}
	}
}

// sender sends deliveries of one shard.
type sender struct {
	*fake
	ctx    context.Context
	ticket fleet.Ticket
	c      *fleet.Claimed
	number int
	stop   bool
}

// errStop says that the shard is somebody else's.
var errStop = errors.New("stop")

func (s *sender) send(d fleet.Delivery) error {
	if s.chance(s.dawdles) {
		time.Sleep(4 * fleet.BeatEvery / s.world.speed) // others have it by now
	}
	s.number++
	d.Ticket, d.Attempt, d.Number = s.ticket, s.c.Attempt, s.number
	r, err := ask[fleet.Receipt](s.ctx, s.fake, fleet.CallDeliver, &d)
	if err == nil && !r.Stop && d.Last {
		n, _ := s.world.merged.LoadOrStore(s.ticket, new(atomic.Int64))
		n.(*atomic.Int64).Add(1)
	}
	if err == nil && s.chance(s.repeats) {
		_, err = ask[fleet.Receipt](s.ctx, s.fake, fleet.CallDeliver, &d)
	}
	switch {
	case err != nil:
		return err
	case r.Stop:
		return errStop
	case s.chance(s.dies):
		return errDies
	}
	return nil
}

// lie sends what nobody may take. The shard is not the worker's any more then.
func (s *sender) lie() error {
	d := fleet.Delivery{Ticket: s.ticket, Attempt: s.c.Attempt, Number: s.number + 1}
	repo, path := s.c.Spec.Repository, "none of it"
	switch s.r.IntN(4) {
	case 0: // done, and nothing is told
		for i := range s.c.Spec.Items {
			d.Items = append(d.Items, i)
		}
		d.Last = true
	case 1: // of another repository
		repo = "another"
		fallthrough
	case 2: // of another item
		it := &estate.Item{Repository: repo, Path: path, Evidence: estate.Evidence{Coverage: estate.All.String()}}
		d.Parcels = []scan.Parcel{{Part: estate.Part{Repository: repo, Path: path}, Facts: []estate.Fact{{Item: it}}, Last: true}}
	case 3: // an item that does not exist
		d.Items = []int{len(s.c.Spec.Items), -1}
	}
	_, err := ask[fleet.Receipt](s.ctx, s.fake, fleet.CallDeliver, &d)
	if err == nil {
		return nil // it was somebody else's already
	}
	return errStop
}

func (f *fake) do(ctx context.Context, t fleet.Ticket, c *fleet.Claimed) error {
	s := &sender{fake: f, ctx: ctx, ticket: t, c: c}
	err := s.work()
	if errors.Is(err, errStop) {
		return nil
	}
	return err
}

// dead tells whether what comes now is poison.
func (s *sender) dead(i int) bool { return s.poison != nil && s.poison(&s.c.Spec, i) }

func (s *sender) work() error {
	spec := &s.c.Spec
	if s.dead(-1) {
		return errDies
	}
	i := slices.IndexFunc(s.world.folders, func(f *folder) bool { return "test://"+f.name == spec.Target.Address })
	src := s.world.folders[i]
	if spec.Kind == fleet.Read && s.chance(s.lies) {
		if err := s.lie(); err != nil {
			return err
		}
	}
	switch spec.Kind {
	case fleet.Open:
		return s.send(fleet.Delivery{Repositories: []estate.Repository{src.Repository()}, Warnings: nil, Last: true})
	case fleet.List:
		return s.list(src)
	case fleet.Grants:
		k := &keeper{}
		told, err := scan.Grants(s.ctx, src, k)
		if err != nil {
			return err
		}
		return s.send(fleet.Delivery{Parcels: k.parcels, Complete: told, Last: true})
	case fleet.Read:
		return s.read(src)
	}
	return fmt.Errorf("nobody can do kind %d", spec.Kind)
}

func (s *sender) list(src source.Source) error {
	d := fleet.Delivery{}
	n := 0
	err := src.Items(s.ctx, func(l source.Listed) error {
		if n++; s.dead(n) {
			return errDies
		}
		d.Listed = append(d.Listed, fleet.Listed{Path: l.Item.Path, Version: l.Item.Version, Bytes: l.Item.Bytes, Modified: l.Item.Modified, Gap: l.Gap})
		if len(d.Listed) < 40 {
			return nil
		}
		full := d
		d = fleet.Delivery{}
		return s.send(full)
	})
	if errors.Is(err, errStop) || errors.Is(err, errDies) || s.ctx.Err() != nil {
		return err
	}
	d.Last, d.Complete = true, err == nil
	if err != nil {
		d.Fault = err.Error()
	}
	return s.send(d)
}

func (s *sender) read(src source.Source) error {
	spec, d := &s.c.Spec, fleet.Delivery{}
	for i := range spec.Items {
		if has(s.c.Done, i) {
			continue
		}
		if s.dead(i) {
			return errDies
		}
		k := &keeper{}
		o := scan.Options{Engine: s.world.engine, Key: s.world.key, Rules: (&survey.Settings{}).Rules(spec.Target.Limits), Limits: spec.Target.Limits, Ledger: k, Workers: 1}
		if _, err := scan.Source(s.ctx, &one{src, spec.Items[i].Source()}, o); err != nil {
			return err
		}
		d.Parcels, d.Items = append(d.Parcels, k.parcels...), append(d.Items, i)
		if len(d.Items) >= 7 {
			if err := s.send(d); err != nil {
				return err
			}
			d = fleet.Delivery{}
		}
	}
	d.Last = true
	return s.send(d)
}

// one is a source with one item.
type one struct {
	source.Source
	listed source.Listed
}

func (o *one) Items(_ context.Context, yield func(source.Listed) error) error { return yield(o.listed) }

// keeper keeps facts as parcels.
type keeper struct{ parcels []scan.Parcel }

func (k *keeper) Unchanged(context.Context, string, string, string, string) (r estate.Renewal, err error) {
	return r, nil
}

func (k *keeper) Append(_ context.Context, facts []estate.Fact) error {
	p := scan.Parcel{Facts: slices.Clone(facts), Last: true}
	for _, f := range facts {
		switch {
		case f.Item != nil && f.Item.Outer == "":
			p.Part = estate.Part{Repository: f.Item.Repository, Path: f.Item.Path}
		case f.Gap != nil && p.Part.Path == "":
			p.Part = estate.Part{Repository: f.Gap.Repository, Path: f.Gap.Path}
		}
	}
	k.parcels = append(k.parcels, p)
	return nil
}

func (k *keeper) Stage(_ context.Context, part estate.Part, facts []estate.Fact) error {
	k.parcels = append(k.parcels, scan.Parcel{Part: part, Facts: slices.Clone(facts)})
	return nil
}

// survey makes a survey with so many fake workers of the line.
func (w *world) survey(ctx context.Context, posts func(name string) fleet.Post, n int, h habits, seed uint64) (catalog.Books, *Job, error) {
	ctx, stop := context.WithCancel(ctx)
	var all sync.WaitGroup
	defer all.Wait()
	defer stop()
	all.Go(func() { w.hub.Serve(ctx) })
	j := w.job()
	for i := range n {
		name := fmt.Sprint("w", i)
		f := &fake{world: w, post: posts(name), name: name, habits: h, r: rand.New(rand.NewPCG(seed, uint64(i)))}
		all.Go(func() { f.run(ctx) })
	}
	books, err := w.hub.Survey(ctx, j)
	return books, j, err
}
