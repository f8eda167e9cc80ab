package web

import (
	"fmt"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/access/keep"
	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/web/gate"
)

// Rows of an answer to a program.
const (
	usualRows = 1000
	mostRows  = 10_000
)

func (v *visit) limit(usual int) (int, error) { return v.Number("limit", usual, 1, mostRows) }

// follow names the next page in the header Link (RFC 8288).
func (v *visit) follow(next string) {
	if next != "" {
		v.W.Header().Set("Link", fmt.Sprintf("<%s>; rel=\"next\"", v.after(next)))
	}
}

// after is the address of the same question from another place on.
func (v *visit) after(next string) string {
	if next == "" {
		return ""
	}
	q := v.Req.URL.Query()
	q.Set("after", next)
	return v.Req.URL.Path + "?" + q.Encode()
}

// listing reads a question about the list of repositories.
func (v *visit) listing(limit int) (catalog.ListQuery, error) {
	f, err := v.filter()
	q := catalog.ListQuery{Filter: f, Search: v.Get("q"), Kind: v.Get("kind"), After: v.Get("after")}
	q.Limit = limit
	switch v.Get("age") {
	case "":
	case "fresh":
		q.Age = catalog.Fresh
	case "stale":
		q.Age = catalog.Stale
	default:
		return q, gate.Wrong("age is fresh or stale")
	}
	return q, err
}

func answerWhere(v *visit) error {
	limit, err := v.limit(usualRows)
	if err != nil {
		return err
	}
	q, err := v.listing(limit)
	if err != nil {
		return err
	}
	if q.Repository != "" || !q.AsOf.IsZero() {
		rows, err := v.room.cat.Where(v.Ctx(), v.Who, q.Filter)
		if err != nil {
			return err
		}
		return v.JSON(rows)
	}
	list, err := v.list(q)
	if err != nil {
		return err
	}
	v.follow(list.Next)
	return v.JSON(list.Rows)
}

func answerTotal(v *visit) error {
	f, err := v.filter()
	if err != nil {
		return err
	}
	if f.Repository+f.Custodian == "" && f.Sensitivity == 0 && len(f.States) == 0 && f.AsOf.IsZero() {
		if err := v.room.cat.Admit(v.Ctx(), v.Who, audit.ReadMap, "total"); err != nil {
			return err
		}
		t, err := v.room.known.total(v.Ctx(), time.Minute)
		if err != nil {
			return err
		}
		return v.JSON(t)
	}
	t, err := v.room.cat.Tally(v.Ctx(), v.Who, f)
	if err != nil {
		return err
	}
	return v.JSON(t)
}

func answerItems(v *visit) error {
	f, err := v.filter()
	if err == nil {
		f.Limit, err = v.limit(usualRows)
	}
	if err != nil {
		return err
	}
	rows := []catalog.Row{}
	if err := v.room.cat.EachItem(v.Ctx(), v.Who, f, func(r catalog.Row) error {
		rows = append(rows, r)
		return nil
	}); err != nil {
		return err
	}
	return v.JSON(rows)
}

func answerFields(v *visit) error {
	f, err := v.filter()
	if err == nil {
		f.Limit, err = v.limit(usualRows)
	}
	if err != nil {
		return err
	}
	f.Explain = v.Yes("explain")
	rows, next, err := v.room.cat.Fields(v.Ctx(), v.Who, f, v.Get("after"))
	if err != nil {
		return err
	}
	v.follow(next)
	return v.JSON(rows)
}

func answerGaps(v *visit) error {
	f, err := v.filter()
	if err == nil {
		f.Limit, err = v.limit(usualRows)
	}
	if err != nil {
		return err
	}
	rows, next, err := v.room.cat.Gaps(v.Ctx(), v.Who, f, v.Get("q"), v.Get("after"))
	if err != nil {
		return err
	}
	v.follow(next)
	return v.JSON(rows)
}

func answerDiff(v *visit) error {
	since, err := v.Moment("since")
	if err == nil && since.IsZero() {
		err = gate.Wrong("diff needs since: a day, a time, or how long ago (7d)")
	}
	if err != nil {
		return err
	}
	until, err := v.Moment("until")
	if err != nil {
		return err
	}
	f, err := v.filter()
	if err == nil {
		f.Limit, err = v.Number("limit", 0, 1, mostRows)
	}
	if err != nil {
		return err
	}
	got, err := v.room.cat.Diff(v.Ctx(), v.Who, since, until, f)
	if err != nil {
		return err
	}
	return v.JSON(got)
}

func answerRuns(v *visit) error {
	limit, err := v.limit(100)
	if err != nil {
		return err
	}
	list := v.room.cat.RunList
	if v.Yes("visits") {
		list = v.room.cat.Runs
	}
	runs, err := list(v.Ctx(), v.Who, limit)
	if err != nil {
		return err
	}
	return v.JSON(runs)
}

func answerAudit(v *visit) error {
	limit, err := v.limit(usualRows)
	if err != nil {
		return err
	}
	lines, next, err := v.room.cat.Trail(v.Ctx(), v.Who, v.Get("q"), v.Get("after"), limit)
	if err != nil {
		return err
	}
	v.follow(next)
	return v.JSON(lines)
}

// access gives who can reach what at the time that was asked for.
func (v *visit) access(target string) (*access.Estate, error) {
	at, err := v.Moment("as_of")
	if err != nil {
		return nil, err
	}
	if at.IsZero() {
		return v.room.estate(v.Ctx(), v.Who, target)
	}
	return keep.Build(v.Ctx(), v.room.cat, keep.Question{Who: v.Who, Now: v.Now, AsOf: at, Version: v.room.cfg.Version})
}

// place finds the one place that is meant.
func place(e *access.Estate, text string) (access.Place, error) {
	whole := access.Place{Repository: text}
	if _, is, err := e.Who(whole, 1); err == nil && is { // it is a whole name; to look for pieces of names goes through all
		return whole, nil
	}
	places, err := e.Place(text)
	switch {
	case err != nil:
		return access.Place{}, gate.Fail(http.StatusNotFound, "There is no repository of this name.", "The map lists them.")
	case len(places) > 1:
		names := make([]string, len(places))
		for i, p := range places {
			names[i] = p.String()
		}
		return access.Place{}, &ambiguous{names}
	}
	return places[0], nil
}

// ambiguous says that something is the name of several.
type ambiguous struct{ names []string }

// Error lists them.
func (a *ambiguous) Error() string { return "this may be any of " + strings.Join(a.names, ", ") }

// Unwrap tells it as a failure.
func (a *ambiguous) Unwrap() error {
	return gate.Fail(http.StatusBadRequest, "This may be any of "+strings.Join(a.names, ", ")+".", "Say which.")
}

// principals finds those that are meant.
func principals(e *access.Estate, texts []string) ([]uint32, error) {
	var out []uint32
	for _, t := range texts {
		found := e.Find(t)
		switch {
		case len(found) == 0:
			return nil, gate.Fail(http.StatusNotFound, "There is no principal of this name.", "Footholds lists them.")
		case len(found) > 1:
			var names []string
			for _, n := range found[:min(len(found), 20)] {
				names = append(names, e.ID(n))
			}
			return nil, &ambiguous{names}
		}
		out = append(out, found[0])
	}
	return out, nil
}

func answerWho(v *visit) error {
	asked := strings.TrimSpace(v.Get("repository") + " " + v.Get("path"))
	e, err := v.access(asked)
	if err != nil {
		return err
	}
	limit, err := v.Number("limit", 0, 1, mostRows)
	if err != nil {
		return err
	}
	p, err := place(e, asked)
	if err != nil {
		return err
	}
	w, _, err := e.Who(p, limit)
	if err != nil {
		return err
	}
	return v.JSON(w)
}

func answerReach(v *visit) error {
	asked := v.Query["principal"]
	if len(asked) == 0 {
		return gate.Wrong("reach needs a principal")
	}
	e, err := v.access(strings.Join(asked, " "))
	if err != nil {
		return err
	}
	nodes, err := principals(e, asked)
	if err != nil {
		return err
	}
	got, err := e.Reach(nodes...)
	if err != nil {
		return err
	}
	return v.JSON(got)
}

func answerFootholds(v *visit) error {
	e, err := v.access("footholds")
	if err != nil {
		return err
	}
	limit, err := v.limit(usualRows)
	if err != nil {
		return err
	}
	got, err := e.Footholds(limit)
	if err != nil {
		return err
	}
	return v.JSON(got)
}

// mostChanges is how many changes a cut may have.
const mostChanges = 8

// cut reads a question about cuts and answers it.
func (v *visit) cut(e *access.Estate) (q access.CutQuestion, got *access.CutAnswer, err error) {
	q.All, q.Largest, q.Day = v.Yes("all"), v.Yes("largest"), v.Now.Format(time.DateOnly)
	if q.Most, err = v.Number("max", 3, 1, mostChanges); err != nil {
		return q, nil, err
	}
	if text := v.Get("repository"); text != "" {
		if q.Place, err = place(e, text); err != nil {
			return q, nil, err
		}
	}
	if q.Footholds, err = principals(e, v.Query["principal"]); err != nil {
		return q, nil, err
	}
	for _, text := range strings.FieldsFunc(v.Get("try"), func(r rune) bool { return r == ',' || r == ' ' }) {
		n, err := strconv.Atoi(text)
		if err != nil {
			return q, nil, gate.Wrong("try is a list of numbers of grants, by commas")
		}
		q.Try = append(q.Try, n)
	}
	got, err = e.Cut(q)
	if err != nil && len(q.Try) > 0 {
		err = gate.Wrong("one of these numbers is of no grant that an answer rests on")
	}
	return q, got, err
}

func answerCut(v *visit) error {
	e, err := v.access("cut")
	if err != nil {
		return err
	}
	_, got, err := v.cut(e)
	if err != nil {
		return err
	}
	return v.JSON(got)
}

func answerFindings(v *visit) error {
	e, err := v.access("findings")
	if err != nil {
		return err
	}
	limit, err := v.Number("limit", 0, 1, mostRows)
	if err != nil {
		return err
	}
	got, err := e.Findings(v.Now.Format(time.DateOnly), limit)
	if err != nil {
		return err
	}
	return v.JSON(got)
}

// sampleTime is how long a sample may take to arrive and be tested.
const sampleTime = 10 * time.Minute

func testClaim(v *visit) error {
	if v.room.cfg.Sample == nil {
		return gate.Fail(http.StatusNotImplemented, "This room has no key, and cannot test samples.", "Start it with --key.")
	}
	if err := v.room.cat.Admit(v.Ctx(), v.Who, audit.TestClaim, "sample"); err != nil {
		return err
	}
	select {
	case v.room.sample <- struct{}{}:
		defer func() { <-v.room.sample }()
	default:
		return gate.Fail(http.StatusServiceUnavailable, "Another sample is being tested.", "Try again in a minute.")
	}
	control := http.NewResponseController(v.W)
	deadline := time.Now().Add(sampleTime)
	if err := control.SetReadDeadline(deadline); err != nil {
		return err
	}
	if err := control.SetWriteDeadline(deadline); err != nil {
		return err
	}
	got, err := v.room.cfg.Sample(v.Ctx(), v.Who, "sample"+ending(v.Get("name")), v.Req.Body)
	if err != nil {
		return err
	}
	return v.JSON(got)
}

// ending is the ending of a file's name, where it is one that a format could have.
func ending(name string) string {
	ext := path.Ext(name)
	if len(ext) < 2 || len(ext) > 12 || strings.ContainsFunc(ext[1:], func(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') }) {
		return ""
	}
	return ext
}
