package catalog

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"sync"

	"github.com/chartroom/chartroom/catalog/ledger"
	"github.com/chartroom/chartroom/catalog/store"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
)

// Write enters an estate into an empty catalog in a file as one finished survey of it. It goes past package ledger, which surveys a repository in
// about ten round trips and would take hours for a million: it packs the facts with the forms of package store and writes many rows at once. A test
// compares the answers of a catalog written so with those of one that surveys wrote.
func Write(ctx context.Context, f *store.File, e *Estate) error {
	conn, err := f.Writer(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, `PRAGMA synchronous = OFF; PRAGMA cache_size = -300000`); err != nil {
		return err
	}
	w := &writer{Estate: e, ctx: ctx, conn: conn, now: store.Millis(f.Now()), words: map[string]int64{}, reasons: map[estate.Reason]int64{}, ready: map[string]*sql.Stmt{}, sums: map[sumKey]store.Sums{}, classes: map[int64]bool{}}
	if err := w.begin(); err != nil {
		return err
	}
	done := make([]chan []*packed, runtime.GOMAXPROCS(0)+1)
	for i := range done {
		done[i] = make(chan []*packed, 1)
	}
	lots := (e.Repositories + lot - 1) / lot
	var all sync.WaitGroup
	slots := make(chan struct{}, len(done)-1)
	stop := make(chan struct{})
	all.Go(func() {
		for l := range lots {
			select {
			case slots <- struct{}{}:
			case <-stop:
				return
			}
			all.Go(func() {
				var out []*packed
				for n := l * lot; n < min(e.Repositories, (l+1)*lot); n++ {
					out = append(out, w.pack(n))
				}
				done[l%len(done)] <- out
			})
		}
	})
	defer all.Wait()
	defer close(stop)
	for l := range lots {
		for _, p := range <-done[l%len(done)] {
			w.repository(p)
		}
		<-slots
		if l%lotsAtOnce == lotsAtOnce-1 {
			if err := w.flush(); err != nil {
				return err
			}
		}
	}
	return w.end()
}

// Repositories that are packed at once, and how many such lots make a transaction.
const (
	lot        = 100
	lotsAtOnce = 10
)

// packed is a repository as it is to be written; the numbers of rows come when they are.
type packed struct {
	number  int
	repo    estate.Repository
	items   []row
	gap     *estate.Gap
	summary store.Summary
	people  []byte
}

// row is an item.
type row struct {
	*estate.Item
	coverage               estate.Coverage
	kinds                  phi.KindSet
	flags, rank            int64
	tally, sketch, finding []byte
}

// pack does what costs much: the people, and the forms of findings.
func (w *writer) pack(n int) *packed {
	p := &packed{number: n, summary: store.Summary{Repository: int64(n + 1), At: w.now}}
	var facts []estate.Fact
	p.repo, facts = w.Facts(n)
	for i := range facts {
		switch f := &facts[i]; {
		case f.Item != nil:
			p.items = append(p.items, row{Item: f.Item, coverage: estate.All})
		case f.Finding != nil:
			w.finding(&p.items[len(p.items)-1], f.Finding)
		case f.Gap != nil:
			p.gap, p.summary.Gaps = f.Gap, 1
			p.items = append(p.items, row{Item: &estate.Item{Path: f.Gap.Path, Bytes: f.Gap.Bytes}, flags: store.HasGaps})
		}
	}
	for i := range p.items {
		w.item(p, &p.items[i])
	}
	if p.people == nil {
		p.people = w.nobody
	}
	return p
}

func (w *writer) finding(r *row, f *estate.Finding) {
	h := store.Finding{Field: w.words[f.Field], Kind: f.Kind, Subject: f.Subject, Classes: f.Classes, Values: f.Values, WellFormed: f.WellFormed, People: f.People,
		Likelihood: int64(f.Likelihood*store.LikelihoodUnit + 0.5)}
	for _, why := range f.Why {
		h.Why = append(h.Why, store.Because{Word: w.reason(why), Count: why.Count})
	}
	r.finding = store.PackFinding(r.finding, &h)
	if f.Kind.Identifier() {
		r.kinds = r.kinds.With(f.Kind.Coarse())
	}
}

// reason is the number of a reason's word.
func (w *writer) reason(r estate.Reason) int64 {
	r.Count = 0
	return w.reasons[r]
}

func (w *writer) item(p *packed, r *row) {
	var people int64
	if !r.People.Empty() {
		t := r.People.Tally()
		r.tally, people = store.PackTally(t), t.Total.Estimate
		r.sketch, _ = r.People.MarshalBinary() // its error is always nil
		if p.people == nil {                   // all people of a repository stand in its first item
			p.people, p.summary.Tally = r.sketch, t
		}
	}
	if r.Minors {
		r.flags |= store.Minors
	}
	r.rank = store.Rank(store.Confidentiality(r.Verdict, r.Classes), r.Verdict, people)
	seen := w.now
	if !r.Evidence.Seen.IsZero() {
		seen = store.Millis(r.Evidence.Seen)
	}
	p.summary.Add(&store.Standing{Flags: r.flags, Bytes: r.Bytes, Seen: seen, Verdict: int64(r.Verdict), Classes: int64(r.Classes), Kinds: int64(r.kinds), Coverage: int64(r.coverage)})
}

// writer writes rows, many at once.
type writer struct {
	*Estate
	ctx     context.Context
	conn    *store.Writer
	now     int64
	words   map[string]int64
	reasons map[estate.Reason]int64
	nobody  []byte // a sketch of no people
	folders int64
	ready   map[string]*sql.Stmt
	item0   int64 // the last item
	tables  []*table
	sums    map[sumKey]store.Sums
	classes map[int64]bool
	books   ledger.Books
}

type sumKey struct {
	class           int64
	custodian, kind string
}

// table collects rows of a table.
type table struct {
	name    string
	columns int
	rows    []any
}

// rowsAtOnce is how many rows one statement brings.
const rowsAtOnce = 64

func (w *writer) put(name string, values ...any) {
	for _, t := range w.tables {
		if t.name == name {
			t.rows = append(t.rows, values...)
			return
		}
	}
}

// columns of the tables that are written, each behind those that its rows refer to.
var columns = [...][2]string{
	{"words", "id, text"},
	{"repositories", "id, name, kind, custodian, from_at, owner"},
	{"runs", "id, began, beat, ended, outcome, caller, host, pid, targets, rules, version, key, books"},
	{"visits", "repository, run, began, changed, finished, complete, books"},
	{"folders", "id, repository, path"},
	{"items", `id, folder, name, top, inners, run, from_at, mark, bytes, modified, format, reader, rules, coverage, sample, seen_at, read_at, records, read, verdict, classes, suspected,
		kinds, flags, rank, tally, population, unit, unread`},
	{"contents", "item, findings, people"},
	{"gaps", "folder, name, top, under, reason, detail, bytes, run, from_at, seen_at"},
	{"traits", "repository, name, value, known, run, from_at"},
	{"summaries", "repository, at, observed, items, bytes, gaps, verdict, grade, classes, suspected, kinds, flags, tally, sampled, blank, bound, unread"},
	{"populations", "repository, at, people"},
	{"listed", "repository, name, custodian, kind, rank, people, classes, states, observed, items, bytes, gaps, sampled, blank, bound, unread"},
	{"classed", "class, repository, name, custodian, kind, rank, people, states, observed, bound"},
	{"sums", "class, custodian, kind, repositories, items, bytes, gaps, sampled, blank, unread"},
	{"pending", "class, repository, lost"},
}

func (w *writer) begin() error {
	for _, c := range columns {
		w.tables = append(w.tables, &table{name: c[0], columns: strings.Count(c[1], ",") + 1})
	}
	texts := append([]string{"", "csv", "csv/1", rulesName, string(estate.GapEncrypted), "a password is needed"}, w.names...)
	for _, r := range append(reasons[:], estate.Reason{Rule: "values", Detail: "syntax", Source: "own"}) {
		text, err := json.Marshal(r)
		if err != nil {
			return err
		}
		texts = append(texts, string(text))
		w.reasons[r] = int64(len(texts))
	}
	var err error
	if w.nobody, err = estate.NewPeople(0).MarshalBinary(); err != nil {
		return err
	}
	for i, text := range texts {
		w.words[text] = int64(i + 1)
		w.put("words", i+1, text)
	}
	w.put("runs", 1, w.now, w.now, w.now, "finished", "Ada", "bench", 1, `["bench"]`, rulesName, version, "", "")
	return w.flush()
}

// repository enters all rows of a repository.
func (w *writer) repository(p *packed) {
	id, s := int64(p.number+1), &p.summary
	w.put("repositories", id, p.repo.Name, p.repo.Kind, p.repo.Custodian, w.now, "")
	for _, t := range p.repo.Traits {
		known := 0
		if t.Known {
			known = 1
		}
		w.put("traits", id, t.Name, t.Value, known, 1, w.now)
	}
	books := ledger.Books{Listed: s.Items, Read: s.Items - s.Gaps, Gaps: s.Gaps}
	folders := map[string]int64{}
	for i := range p.items {
		r := &p.items[i]
		books.BytesRead += r.Read
		w.row(id, folders, r)
		if g := p.gap; g != nil && i == len(p.items)-1 {
			dir, name := store.Split(g.Path)
			w.put("gaps", folders[dir], name, w.item0, 0, w.words[string(g.Reason)], w.words[g.Detail], g.Bytes, 1, w.now, w.now)
		}
	}
	w.books = w.books.Add(books)
	text, _ := json.Marshal(books)
	w.put("visits", id, 1, w.now, w.now, w.now, 1, string(text))
	w.put("summaries", id, s.At, s.Observed, s.Items, s.Bytes, s.Gaps, int64(s.Verdict), int64(s.Grade), int64(s.Classes), int64(s.Suspected), int64(s.Kinds), s.Flags, store.PackTally(s.Tally),
		s.Sampled, s.Blank, s.Bound, s.Unread)
	w.put("populations", id, s.At, p.people)
	w.list(p)
}

func (w *writer) row(repository int64, folders map[string]int64, r *row) {
	dir, name := store.Split(r.Path)
	if folders[dir] == 0 {
		w.folders++
		folders[dir] = w.folders
		w.put("folders", w.folders, repository, dir)
	}
	w.item0++
	seen, modified := w.now, any(nil)
	if !r.Evidence.Seen.IsZero() {
		seen = store.Millis(r.Evidence.Seen)
	}
	if !r.Modified.IsZero() {
		modified = store.Millis(r.Modified)
	}
	w.put("items", w.item0, folders[dir], name, nil, 0, 1, w.now, r.Version, r.Bytes, modified, w.words[r.Format], w.words[r.Evidence.Reader], w.words[r.Evidence.Rules], int64(r.coverage), 0, seen, nil,
		r.Records, r.Read, int64(r.Verdict), int64(r.Classes), 0, int64(r.kinds), r.flags, r.rank, r.tally, 0, 0, 0)
	if r.finding != nil || r.sketch != nil {
		w.put("contents", w.item0, r.finding, r.sketch)
	}
}

// list enters what store.Enlist would.
func (w *writer) list(p *packed) {
	s := &p.summary
	w.put("listed", s.Repository, p.repo.Name, p.repo.Custodian, p.repo.Kind, s.Rank(), s.Tally.Total.Estimate, int64(s.Classes), store.States(s.Tally), s.Observed, s.Items, s.Bytes, s.Gaps,
		s.Sampled, s.Blank, s.Bound, s.Unread)
	groups := []int64{store.Everything}
	for _, c := range s.Classes.List() {
		groups = append(groups, int64(c))
		w.put("classed", int64(c), s.Repository, p.repo.Name, p.repo.Custodian, p.repo.Kind, s.Rank(), s.Tally.Total.Estimate, store.States(s.Tally), s.Observed, s.Bound)
	}
	for _, g := range groups {
		k := sumKey{g, p.repo.Custodian, p.repo.Kind}
		w.sums[k] = w.sums[k].Plus(store.Sums{Repositories: 1, Items: s.Items, Bytes: s.Bytes, Gaps: s.Gaps, Sampled: s.Sampled, Blank: s.Blank, Unread: s.Unread}, 1)
		if !w.classes[g] { // the crowd is counted from the list
			w.classes[g] = true
			w.put("pending", g, s.Repository, 1)
		}
	}
}

// end writes the sums, and counts the people of each class.
func (w *writer) end() error {
	for k, s := range w.sums {
		w.put("sums", k.class, k.custodian, k.kind, s.Repositories, s.Items, s.Bytes, s.Gaps, s.Sampled, s.Blank, s.Unread)
	}
	if err := w.flush(); err != nil {
		return err
	}
	crowds, err := store.Regroup(w.ctx, w.conn)
	if err != nil {
		return err
	}
	if err := store.Keep(w.ctx, w.conn, crowds); err != nil {
		return err
	}
	books, err := json.Marshal(w.books)
	if err != nil {
		return err
	}
	_, err = w.conn.ExecContext(w.ctx, `UPDATE runs SET books = ?`, string(books))
	return err
}

// flush writes what was collected.
func (w *writer) flush() error {
	if _, err := w.conn.ExecContext(w.ctx, "BEGIN"); err != nil {
		return err
	}
	for i, t := range w.tables {
		rest := t.rows
		for size := rowsAtOnce; size > 0; size /= 2 {
			row := "(?" + strings.Repeat(", ?", t.columns-1) + ")"
			query := `INSERT INTO ` + t.name + ` (` + columns[i][1] + `) VALUES ` + row + strings.Repeat(", "+row, size-1)
			for ; len(rest) >= size*t.columns; rest = rest[size*t.columns:] {
				if err := w.exec(query, rest[:size*t.columns]); err != nil {
					return fmt.Errorf("write %s: %w", t.name, err)
				}
			}
		}
		clear(t.rows)
		t.rows = t.rows[:0]
	}
	_, err := w.conn.ExecContext(w.ctx, "COMMIT")
	return err
}

// exec runs a statement that was prepared once.
func (w *writer) exec(query string, args []any) (err error) {
	s := w.ready[query]
	if s == nil {
		if s, err = w.conn.PrepareContext(w.ctx, query); err != nil {
			return err
		}
		w.ready[query] = s
	}
	_, err = s.ExecContext(w.ctx, args...)
	return err
}
