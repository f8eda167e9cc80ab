package ledger

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/chartroom/chartroom/catalog/store"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
)

// box is a top item that comes in parts.
type box struct {
	top   *estate.Item
	parts [][]estate.Fact
}

// boxed is an archive of n tables of one person each, ten in a part. Each seventh has a gap, and each ninth stands in an archive
// of its own, which comes behind it. Each fourth leaves a trace of its person, and each third leaves it at the archive.
func boxed(path, version string, n int) *box {
	b := &box{top: &estate.Item{Repository: archive, Path: path, Version: version, Read: 1000,
		Evidence: estate.Evidence{Coverage: estate.All.String(), Rules: "rules/1", Seen: time.UnixMilli(1_700_000_000_000)}}}
	var part []estate.Fact
	for i := range n {
		inner := fmt.Sprintf("%s!/%d.csv", path, i)
		if i%9 == 0 {
			inner = fmt.Sprintf("%s!/%d.zip!/a.csv", path, i)
		}
		facts := table(inner, i)
		facts[0].Item.Outer = inner[:strings.LastIndex(inner, "!/")]
		if i%7 == 0 {
			part = append(part, estate.Fact{Gap: &estate.Gap{Repository: archive, Path: inner, Reason: estate.GapDamaged, Detail: "row 3"}})
		}
		part = append(part, facts...)
		if i%4 == 0 {
			part = append(part, trace(inner, i))
		}
		if i%3 == 0 {
			part = append(part, trace(path, i))
		}
		if i%9 == 0 {
			part = append(part, estate.Fact{Item: &estate.Item{Repository: archive, Path: facts[0].Item.Outer, Outer: path, Evidence: facts[0].Item.Evidence}})
		}
		if i%10 == 9 {
			b.parts = append(b.parts, part)
			part = nil
		}
	}
	b.parts = append(b.parts, part)
	b.top.Parts = len(b.parts)
	return b
}

func trace(path string, n int) estate.Fact {
	var t estate.Traces
	t.Add(estate.Trace(n+1) << 40)
	return estate.Fact{Traces: &estate.TraceSet{Repository: archive, Path: path, Set: t.Close()[0]}}
}

// whole gives the same facts in one piece.
func (b *box) whole() []estate.Fact {
	top := *b.top
	top.Parts = 0
	out := []estate.Fact{{Item: &top}}
	for _, p := range b.parts {
		out = append(out, p...)
	}
	return out
}

func (b *box) stage(t *testing.T, r *Run, parts ...int) {
	t.Helper()
	for _, n := range parts {
		if err := r.Stage(t.Context(), estate.Part{Repository: archive, Path: b.top.Path, Number: n}, b.parts[n]); err != nil {
			t.Fatal(err)
		}
	}
}

func (b *box) all() []int {
	var out []int
	for n := range b.parts {
		out = append(out, n)
	}
	return out
}

func mustAppend(t *testing.T, r *Run, facts ...estate.Fact) {
	t.Helper()
	if err := r.Append(t.Context(), facts); err != nil {
		t.Fatal(err)
	}
}

// content is what a catalog says now, but for numbers and times of its own.
func content(t *testing.T, f *store.File) string {
	t.Helper()
	var b strings.Builder
	for _, q := range []string{
		`SELECT f.path || x.name || ' v' || x.mark || ' in ' || coalesce(t.name, '-') || ' inners ' || x.inners || ' flags ' || x.flags || ' kinds ' || x.kinds ||
			' ' || length(coalesce(c.findings, '')), c.people
			FROM items x JOIN folders f ON f.id = x.folder LEFT JOIN items t ON t.id = x.top LEFT JOIN contents c ON c.item = x.id WHERE x.to_at IS NULL ORDER BY 1`,
		`SELECT f.path || x.name || ' ' || w.text || ' ' || t.name, NULL FROM gaps x JOIN folders f ON f.id = x.folder JOIN words w ON w.id = x.reason
			LEFT JOIN items t ON t.id = x.top WHERE x.to_at IS NULL ORDER BY 1`,
		`SELECT f.path || x.name || ' traces', t.bytes FROM traces t JOIN items x ON x.id = t.item JOIN folders f ON f.id = x.folder
			WHERE x.to_at IS NULL ORDER BY 1, 2`,
		`SELECT 'staged ' || count(*), NULL FROM staged`,
		`SELECT 'traces of nothing ' || count(*), NULL FROM traces WHERE item NOT IN (SELECT id FROM items)`,
	} {
		for rows, err := range store.Rows(t.Context(), f.Read, q) {
			var line string
			var raw []byte
			if err == nil {
				err = rows.Scan(&line, &raw)
			}
			if err != nil {
				t.Fatal(err)
			}
			b.WriteString(strings.TrimSuffix(fmt.Sprintf("%s %x", line, raw), " ") + "\n")
		}
	}
	return b.String()
}

// TestPartsComeToTheWhole: whatever the order of the parts, and however often they come, the catalog is that of one delivery.
func TestPartsComeToTheWhole(t *testing.T) {
	b := boxed("a.zip", "1", 57)
	one := begun(t, nil)
	mustAppend(t, one, b.whole()...)
	want, wantBooks := content(t, one.f), one.Books()
	r := rand.New(rand.NewPCG(1, 1))
	for round := range 4 {
		run := begun(t, nil)
		order := append(b.all(), r.IntN(len(b.parts)), r.IntN(len(b.parts)))
		r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		b.stage(t, run, order...)
		if n := rows(t, run.f, "items"); n != 0 {
			t.Errorf("%d items are seen before their archive came", n)
		}
		mustAppend(t, run, estate.Fact{Item: b.top})
		if got := content(t, run.f); got != want {
			t.Errorf("round %d:\n%s\nwant\n%s", round, got, want)
		}
		mustAppend(t, run, estate.Fact{Item: b.top}) // the item alone, a second time
		if got := content(t, run.f); got != want {
			t.Error("the item came twice, and the catalog changed")
		}
		if run.Books() != wantBooks {
			t.Errorf("books %+v, want %+v", run.Books(), wantBooks)
		}
		b.stage(t, run, b.all()...) // all of it, a second time
		mustAppend(t, run, estate.Fact{Item: b.top})
		if got := content(t, run.f); got != want || run.Books().Inner != wantBooks.Inner {
			t.Errorf("all came twice, and the catalog changed:\n%s\n%s", got, want)
		}
		books, err := run.Finish(t.Context(), []Listing{{Repository: archive, Complete: true, Items: 1}})
		if err != nil || books.Balance() != nil {
			t.Errorf("%+v, %v", books, err)
		}
		people, _, err := store.CountedPopulation(t.Context(), run.f.Read, 1)
		if err != nil || people.Tally().Total.Estimate != 57 {
			t.Errorf("%d people, %v", people.Tally().Total.Estimate, err)
		}
	}
}

// TestANewVersionRetiresTheOldParts: what is gone is closed, a gap that is still there stays the same gap, and what was, is known.
func TestANewVersionRetiresTheOldParts(t *testing.T) {
	first := begun(t, nil)
	f := first.f
	clock := time.UnixMilli(1_750_000_000_000)
	f.Now = func() time.Time { return clock }
	old := boxed("a.zip", "1", 40)
	old.stage(t, first, old.all()...)
	mustAppend(t, first, estate.Fact{Item: old.top})
	if _, err := first.Finish(t.Context(), []Listing{{Repository: archive, Complete: true, Items: 1}}); err != nil {
		t.Fatal(err)
	}
	clock = clock.Add(time.Hour)
	second := begun(t, f)
	if got, err := second.Unchanged(t.Context(), archive, "a.zip", "1", "rules/1"); err != nil || !got.Renewed || got.Inner != 45 {
		t.Errorf("unchanged: %+v %v", got, err)
	}
	clock = clock.Add(time.Hour)
	news := boxed("a.zip", "2", 20)
	news.stage(t, second, news.all()...)
	mustAppend(t, second, estate.Fact{Item: news.top})
	fresh := begunWith(t, boxed("a.zip", "2", 20).whole())
	if got, want := content(t, f), content(t, fresh.f); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	var kept, closed int
	if err := f.Read.QueryRow(`SELECT count(*) FILTER (WHERE to_at IS NULL AND from_at < seen_at), count(*) FILTER (WHERE to_at IS NOT NULL) FROM gaps`).
		Scan(&kept, &closed); err != nil || kept != 3 || closed != 3 { // of 0, 7, 14 and of 21, 28, 35
		t.Errorf("%d gaps stayed and %d were closed, %v", kept, closed, err)
	}
	if _, err := second.Finish(t.Context(), []Listing{{Repository: archive, Complete: true, Items: 1}}); err != nil {
		t.Fatal(err)
	}
	people, _, err := store.CountedPopulation(t.Context(), f.Read, 1)
	if err != nil || people.Tally().Total.Estimate != 20 {
		t.Errorf("%d people, %v", people.Tally().Total.Estimate, err)
	}
}

func begunWith(t *testing.T, facts []estate.Fact) *Run {
	r := begun(t, nil)
	mustAppend(t, r, facts...)
	return r
}

// TestHalfAnItemLeavesTheOldOne: parts whose item never comes, or comes as a gap, are forgotten.
func TestHalfAnItemLeavesTheOldOne(t *testing.T) {
	first := begun(t, nil)
	f := first.f
	old := boxed("a.zip", "1", 12)
	mustAppend(t, first, old.whole()...)
	if _, err := first.Finish(t.Context(), []Listing{{Repository: archive, Complete: true, Items: 1}}); err != nil {
		t.Fatal(err)
	}
	want := content(t, f)
	news := boxed("a.zip", "2", 30)
	second := begun(t, f)
	news.stage(t, second, 0, 1)
	mustAppend(t, second, estate.Fact{Gap: &estate.Gap{Repository: archive, Path: "a.zip", Reason: estate.GapFault}})
	if got := content(t, f); !strings.Contains(got, "staged 0\ntraces of nothing 0\n") {
		t.Errorf("parts are left of what could not be read:\n%s", got)
	}
	news.stage(t, second, 0, 1)
	if err := second.Append(t.Context(), []estate.Fact{{Item: news.top}}); err == nil || !strings.Contains(err.Error(), "part 3 of 4") {
		t.Errorf("a part is missing, and we are told %v", err)
	}
	if err := second.Append(t.Context(), []estate.Fact{{Item: boxed("b.zip", "1", 30).top}}); err == nil {
		t.Error("an item came without its parts, and was taken")
	}
	if err := second.Stage(t.Context(), estate.Part{Repository: "s3://nobody-named-it", Path: "b"}, nil); err == nil {
		t.Error("a repository that nobody named was taken")
	}
	if err := second.Abandon(context.Background()); err != nil {
		t.Fatal(err)
	}
	third := begun(t, f)
	if got := content(t, f); strings.Count(got, " v1 in ") != strings.Count(want, " v1 in ") || strings.Contains(got, " v2 in ") || !strings.Contains(got, "staged 0\ntraces of nothing 0\n") {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got, err := third.Unchanged(t.Context(), archive, "a.zip", "2", "rules/1"); err != nil || got.Renewed {
		t.Errorf("what was read half counts as read: %+v %v", got, err)
	}
	news.stage(t, third, news.all()...)
	mustAppend(t, third, estate.Fact{Item: news.top})
	if got, fresh := content(t, f), begunWith(t, news.whole()); got != content(t, fresh.f) {
		t.Errorf("got\n%s", got)
	}
}

// TestAnItemIsBegunAgain: of what came with parts that the second reading does not have, nothing is left.
func TestAnItemIsBegunAgain(t *testing.T) {
	long, short := boxed("a.zip", "1", 57), boxed("a.zip", "1", 25)
	for _, parts := range [][]int{{0}, {4, 5}, long.all()} {
		r := begun(t, nil)
		long.stage(t, r, parts...)
		mustAppend(t, r, boxed("b.zip", "1", 3).whole()...)
		short.stage(t, r, short.all()...)
		mustAppend(t, r, estate.Fact{Item: short.top})
		want := begunWith(t, append(boxed("b.zip", "1", 3).whole(), short.whole()...))
		if got, want := content(t, r.f), content(t, want.f); got != want {
			t.Errorf("parts %v:\n%s\nwant\n%s", parts, got, want)
		}
	}
}

// TestTwoOfOneNameAreBothKept: an archive may hold two files of one name, and they may come in two parts.
func TestTwoOfOneNameAreBothKept(t *testing.T) {
	r := begun(t, nil)
	for n := range 2 {
		facts := table("a.tar!/x/a.csv", n)
		facts[0].Item.Outer = "a.tar"
		if err := r.Stage(t.Context(), estate.Part{Repository: archive, Path: "a.tar", Number: n}, facts); err != nil {
			t.Fatal(err)
		}
	}
	mustAppend(t, r, estate.Fact{Item: &estate.Item{Repository: archive, Path: "a.tar", Parts: 2, Verdict: phi.VerdictNone, Evidence: estate.Evidence{Coverage: estate.All.String()}}})
	if got := content(t, r.f); strings.Count(got, "a.tar!/x/a.csv") != 2 || r.Books().Inner != 2 {
		t.Errorf("%+v\n%s", r.Books(), got)
	}
	if _, err := r.Finish(t.Context(), []Listing{{Repository: archive, Complete: true, Items: 1}}); err != nil {
		t.Fatal(err)
	}
	people, _, err := store.CountedPopulation(t.Context(), r.f.Read, 1)
	if err != nil || people.Tally().Total.Estimate != 2 {
		t.Errorf("%d people, %v", people.Tally().Total.Estimate, err)
	}
}

// BenchmarkParts enters an archive of ten thousand tables.
func BenchmarkParts(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		f, err := store.Open(b.Context(), b.TempDir()+"/estate.chart")
		if err != nil {
			b.Fatal(err)
		}
		r, err := Begin(b.Context(), f, "Ada", RunSpec{})
		if err != nil {
			b.Fatal(err)
		}
		if err := r.Repository(b.Context(), estate.Repository{Name: archive}); err != nil {
			b.Fatal(err)
		}
		box := boxed("a.zip", "1", 10_000)
		b.StartTimer()
		for n, p := range box.parts {
			if err := r.Stage(b.Context(), estate.Part{Repository: archive, Path: "a.zip", Number: n}, p); err != nil {
				b.Fatal(err)
			}
		}
		if err := r.Append(b.Context(), []estate.Fact{{Item: box.top}}); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		r.Abandon(context.Background())
		f.Close()
		b.StartTimer()
	}
}
