package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/chartroom/chartroom/access/keep"
	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/review"
	"github.com/chartroom/chartroom/review/compare"
	"github.com/chartroom/chartroom/review/gather"
	"github.com/chartroom/chartroom/threat"
	found "github.com/chartroom/chartroom/threat/gather"
	"github.com/chartroom/chartroom/threat/playbook"
	"github.com/chartroom/chartroom/web/api"
	"github.com/chartroom/chartroom/web/gate"
	"github.com/chartroom/chartroom/web/kept"
	"github.com/chartroom/chartroom/web/page"
	"github.com/chartroom/chartroom/web/tables"
)

// judgements are what is worked out of the whole estate: threats, the review, a comparison.
func (r *Room) judgements() []route {
	get := func(pattern, page string, serve func(*visit) error) route {
		return route{method: http.MethodGet, pattern: pattern, action: audit.ReadGrants, page: page, serve: serve}
	}
	return []route{
		get("/threats", page.NameThreats, showThreats),
		get("/review", page.NameReview, showReview),
		get("/compare", page.NameCompare, showCompare),
		{method: http.MethodGet, pattern: "/api/v1/threats", action: audit.ReadGrants, serve: answerThreats, answer: threat.Answer{}, about: "The playbooks of extortion crews walked over the estate."},
		{method: http.MethodGet, pattern: "/api/v1/review", action: audit.ReadGrants, serve: answerReview, answer: review.LedgerAnswer{}, about: "The migration ledger: what was acquired against the acquirer's governance.", params: []api.Param{paramCustodian}},
		{method: http.MethodGet, pattern: "/api/v1/compare", action: audit.ReadGrants, serve: answerCompare, answer: compare.Comparison{}, about: "Custodian beside custodian, or one at two times, on the same measures.",
			params: []api.Param{{Name: "a", Needed: true, About: "the custodian that is judged"}, {Name: "b", About: "the one beside it; the same for two times"}, {Name: "before", About: "of one custodian, the time that it is held against: 90d"}}},
	}
}

// question is what the room asks for the visitor, once he was admitted.
func (v *visit) question() keep.Question {
	return keep.Question{Who: self, Now: v.Now, Version: v.room.cfg.Version}
}

// Controls in a set, and paths, that a walk is asked for.
const (
	cutsOfWalk  = 3
	pathsOfWalk = 200
)

// threats gives the walk of the playbooks, as it was after the last survey.
func (v *visit) threats() (*threat.Answer, error) {
	if err := v.room.cat.Admit(v.Ctx(), v.Who, audit.ReadGrants, "threats"); err != nil {
		return nil, err
	}
	q := v.question()
	return judged(v, &v.room.known.threats, "", func(ctx context.Context) (*threat.Answer, error) { return v.room.walk(ctx, q) })
}

// judged gives an answer that is kept for what was asked until another survey has ended.
func judged[T any](v *visit, on *kept.Shelf[T], asked string, work func(context.Context) (T, error)) (out T, err error) {
	s, err := v.room.cat.State(v.Ctx())
	if err != nil {
		return out, err
	}
	return on.Get(asked).Get(v.Ctx(), fmt.Sprint(s.Finished, " ", v.Now.Format(time.DateOnly)), patience, work)
}

func (r *Room) walk(ctx context.Context, q keep.Question) (*threat.Answer, error) {
	book, err := playbook.Shipped()
	if err != nil {
		return nil, err
	}
	e, err := r.known.estate(ctx)
	if err != nil {
		return nil, err
	}
	told, err := found.Facts(ctx, r.cat, q, e, book)
	if errors.Is(err, found.ErrNone) {
		return &threat.Answer{}, nil
	}
	if err != nil {
		return nil, err
	}
	a, err := threat.Walk(threat.Input{Facts: told.Facts, Book: book, Counter: told.Counter(), Paths: pathsOfWalk, Cuts: cutsOfWalk, AsOf: q.Day()})
	if err != nil {
		return nil, fmt.Errorf("walk the playbook: %w", err)
	}
	a.Doubts = append(a.Doubts, told.Doubts...)
	told.Settle(book, a)
	return a, nil
}

func showThreats(v *visit) error {
	a, err := v.threats()
	if err != nil {
		return err
	}
	return v.Page(page.NameThreats, "Threats", page.Threats{Answer: a})
}

func answerThreats(v *visit) error {
	a, err := v.threats()
	if err != nil {
		return err
	}
	return v.JSON(a)
}

// errNoAcquirer says what is missing for a review.
var errNoAcquirer = gate.Fail(http.StatusConflict, "The file of the estate names no acquirer, and a review asks whose governance counts.", "Name the custodians there, and scan with it; docs/review.md has an example.")

func (v *visit) ledger(custodian string) (*review.LedgerAnswer, error) {
	if err := v.room.cat.Admit(v.Ctx(), v.Who, audit.ReadGrants, "review"); err != nil {
		return nil, err
	}
	q := v.question()
	l, err := judged(v, &v.room.known.ledgers, custodian, func(ctx context.Context) (*review.LedgerAnswer, error) {
		r, err := gather.Review(ctx, v.room.cat, q)
		if err != nil {
			return nil, err
		}
		return r.Ledger(custodian)
	})
	if errors.Is(err, review.ErrNobody) {
		return nil, errNoAcquirer
	}
	return l, err
}

func answerReview(v *visit) error {
	l, err := v.ledger(v.Get("custodian"))
	if err != nil {
		return err
	}
	return v.JSON(l)
}

func showReview(v *visit) error {
	c, err := v.room.known.narrowing(v.Ctx())
	if err != nil {
		return err
	}
	l, err := v.ledger(v.Get("custodian"))
	if err != nil {
		return err
	}
	others := slices.DeleteFunc(slices.Clone(c.Custodians), func(name string) bool { return slices.Contains(l.Acquirers, name) })
	return v.Page(page.NameReview, "Review", page.Review{Custodian: v.Get("custodian"), Custodians: append([]string{""}, others...), Tables: tables.Ledger(l)})
}

// comparison reads the question and answers it.
func (v *visit) comparison(known []string) (*compare.Comparison, error) {
	a, b := v.Get("a"), v.Get("b")
	if !slices.Contains(known, a) || b != "" && !slices.Contains(known, b) {
		return nil, gate.Fail(http.StatusNotFound, "There is no custodian of this name.", "They are "+strings.Join(known, ", ")+".")
	}
	before, err := v.Moment("before")
	if err != nil {
		return nil, err
	}
	if b == "" || b == a {
		if b = a; before.IsZero() {
			return nil, gate.Wrong("compare it with whom (b), or with when (before: 90d)?")
		}
	} else {
		before = time.Time{}
	}
	if err := v.room.cat.Admit(v.Ctx(), v.Who, audit.ReadGrants, "compare"); err != nil {
		return nil, err
	}
	q := v.question()
	return judged(v, &v.room.known.comparisons, a+"\n"+b+"\n"+v.Get("before"), func(ctx context.Context) (*compare.Comparison, error) {
		judged, err := v.room.side(ctx, q, a, time.Time{})
		if err != nil {
			return nil, err
		}
		against, err := v.room.side(ctx, q, b, before)
		if err != nil && !before.IsZero() {
			v.room.cfg.Log.Info("a custodian could not be measured", "at", before, "error", err)
			return nil, gate.Fail(http.StatusConflict, "What was then cannot be measured.", "Ask for a time after the first survey.")
		}
		if err != nil {
			return nil, err
		}
		c := compare.Compare(judged, against)
		return &c, nil
	})
}

// side measures a custodian at a time; zero is now.
func (r *Room) side(ctx context.Context, q keep.Question, custodian string, at time.Time) (out compare.Side, err error) {
	q.AsOf = at
	rev, err := gather.Review(ctx, r.cat, q)
	if err != nil {
		return out, err
	}
	ledger, err := rev.Ledger(custodian)
	if err != nil && !errors.Is(err, review.ErrNobody) {
		return out, err
	}
	q.Custodian = custodian
	e, err := keep.Build(ctx, r.cat, q)
	if err != nil {
		return out, err
	}
	s, err := compare.Gather(ctx, compare.Source{Catalog: r.cat, Who: q.Who, Custodian: custodian, At: at, Now: q.Now, Access: e, Ledger: ledger, Clock: r.cfg.Now})
	if err != nil {
		return out, err
	}
	return compare.Measures(s)
}

func answerCompare(v *visit) error {
	known, err := v.room.known.narrowing(v.Ctx())
	if err != nil {
		return err
	}
	c, err := v.comparison(known.Custodians)
	if err != nil {
		return err
	}
	return v.JSON(c)
}

func showCompare(v *visit) error {
	known, err := v.room.known.narrowing(v.Ctx())
	if err != nil {
		return err
	}
	data := page.Compare{A: v.Get("a"), B: v.Get("b"), Custodians: known.Custodians}
	if data.A == "" {
		data.Tables = page.Tables{First: "Choose who is to be judged, and whom or which time beside."}
		return v.Page(page.NameCompare, "Compare", data)
	}
	c, err := v.comparison(known.Custodians)
	if err != nil {
		return err
	}
	data.Tables = tables.Comparison(c)
	return v.Page(page.NameCompare, "Compare", data)
}
