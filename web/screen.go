package web

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/web/gate"
	"github.com/chartroom/chartroom/web/page"
)

// Rows of pages.
const (
	rowsOfPage = 50
	tiles      = 300
)

func (v *visit) asked() page.Query {
	return page.Query{Search: v.Get("q"), Custodian: v.Get("custodian"), Kind: v.Get("kind"), Sensitivity: cmp.Or(v.Get("class"), v.Get("sensitivity")), State: v.Get("state"), Age: v.Get("age")}
}

func showMap(v *visit) error {
	q, err := v.listing(rowsOfPage)
	if err != nil {
		return err
	}
	list, err := v.list(q)
	if err != nil {
		return err
	}
	data := page.Map{Query: v.asked(), Rows: list.Rows, Next: v.after(list.Next)}
	if data.Choices, err = v.choices(); err != nil {
		return err
	}
	if q.After == "" {
		big := q
		big.Limit, big.ByPeople, big.Count = tiles, true, true
		if data.Tiles, data.Others, err = v.tiles(big, list); err != nil {
			return err
		}
	}
	data.Total, err = v.room.known.total(v.Ctx(), patience)
	if err != nil {
		return err
	}
	return v.Page(page.NameMap, "Map", data)
}

// list gives a page of the repositories to a visitor who may see them.
func (v *visit) list(q catalog.ListQuery) (catalog.List, error) {
	if err := v.room.cat.Admit(v.Ctx(), v.Who, audit.ReadMap, q.Search); err != nil {
		return catalog.List{}, err
	}
	return v.room.known.list(v.Ctx(), fmt.Sprint(q.Limit, " ", v.Query.Encode()), q)
}

// tiles are the repositories of the picture: those with the most people.
func (v *visit) tiles(q catalog.ListQuery, first catalog.List) ([]catalog.Row, int, error) {
	if first.Next == "" { // all of them are on the page
		return first.Rows, 0, nil
	}
	big, err := v.room.known.list(v.Ctx(), "picture "+v.Query.Encode(), q)
	return big.Rows, big.More, err
}

func (v *visit) choices() (page.Choices, error) {
	c, err := v.room.known.narrowing(v.Ctx())
	out := page.Choices{Custodians: c.Custodians, Kinds: c.Kinds, Sensitivities: phi.Classes(1<<phi.NumClasses - 1).Names()}
	for s := range phi.State(phi.NumStates) {
		out.States = append(out.States, s.String())
	}
	slices.Sort(out.States)
	return out, err
}

// Items and gaps that the page of a repository shows, and moments of its history.
const (
	itemsOfRepository = 20
	gapsOfRepository  = 20
	moments           = 30
	readersOfPage     = 50
)

func showRepository(v *visit) error {
	name := v.Get("name")
	f := catalog.Filter{Repository: name, StaleAfter: v.room.cfg.StaleAfter}
	if name == "" {
		return gate.Fail(http.StatusNotFound, "There is no repository of this name.", "The map lists them.")
	}
	rows, err := v.room.cat.Where(v.Ctx(), v.Who, f)
	if err != nil {
		return err
	}
	if len(rows) != 1 {
		return gate.Fail(http.StatusNotFound, "There is no repository of this name.", "The map lists them.")
	}
	data := page.Repository{Row: rows[0]}
	if err := v.inside(&data, f); err != nil {
		return err
	}
	was, err := v.room.cat.History(v.Ctx(), v.Who, name, moments)
	if err != nil {
		return err
	}
	for _, w := range was {
		data.History = append(data.History, page.Moment{At: w.At, People: w.People, Items: w.Items, Gaps: w.Gaps, Readers: w.Readers})
	}
	return v.Page(page.NameRepository, name, data)
}

// inside adds what stands in a repository, and who reads it, as far as the visitor may know.
func (v *visit) inside(data *page.Repository, f catalog.Filter) (err error) {
	if v.Who.Permit(audit.ReadItems) != nil {
		return nil
	}
	f.Limit = itemsOfRepository
	if err := v.room.cat.EachItem(v.Ctx(), v.Who, f, func(r catalog.Row) error {
		data.Items = append(data.Items, r)
		return nil
	}); err != nil {
		return err
	}
	f.Limit, f.Explain = rowsOfPage, true
	var next string
	if data.Fields, next, err = v.room.cat.Fields(v.Ctx(), v.Who, f, v.Get("after")); err != nil {
		return err
	}
	data.Next = v.after(next)
	f.Limit = gapsOfRepository
	if data.Gaps, _, err = v.room.cat.Gaps(v.Ctx(), v.Who, f, "", ""); err != nil {
		return err
	}
	e, err := v.room.estate(v.Ctx(), v.Who, f.Repository)
	if err != nil {
		return err
	}
	data.Who, _, err = e.Who(access.Place{Repository: f.Repository}, readersOfPage)
	return err
}

func showWho(v *visit) error {
	asked := strings.TrimSpace(cmp.Or(v.Get("of"), v.Get("repository")) + " " + v.Get("path"))
	data := page.Who{Asked: asked, All: v.Yes("all")}
	e, err := v.room.estate(v.Ctx(), v.Who, asked)
	if err != nil {
		return err
	}
	if asked == "" {
		data.Candidates = e.Repositories()
		data.Candidates = data.Candidates[:min(len(data.Candidates), tiles)]
		return v.Page(page.NameWho, "Who", data)
	}
	p, err := place(e, asked)
	var several *ambiguous
	if errors.As(err, &several) {
		data.Candidates = several.names
		return v.Page(page.NameWho, "Who", data)
	}
	if err != nil {
		return err
	}
	if data.Open, err = v.Number("open", -1, -1, mostRows); err != nil {
		return err
	}
	if data.Answer, _, err = e.Who(p, max(readersOfPage, data.Open+1)); err != nil {
		return err
	}
	return v.Page(page.NameWho, "Who can read "+asked, data)
}

func showReach(v *visit) error {
	asked := slices.DeleteFunc(append(slices.Clone(v.Query["as"]), v.Query["principal"]...), func(s string) bool { return s == "" })
	data := page.Reach{Asked: strings.Join(asked, ", ")}
	e, err := v.room.estate(v.Ctx(), v.Who, data.Asked)
	if err != nil {
		return err
	}
	if len(asked) == 0 {
		return v.Page(page.NameReach, "Reach", data)
	}
	var nodes []uint32
	for _, text := range asked {
		found := e.Find(text)
		switch {
		case len(found) == 0:
			return gate.Fail(http.StatusNotFound, "There is no principal of this name.", "Footholds lists them.")
		case len(found) > 1:
			for _, n := range found[:min(len(found), rowsOfPage)] {
				data.Candidates = append(data.Candidates, access.Principal{ID: e.ID(n), Name: text})
			}
			return v.Page(page.NameReach, "Reach", data)
		}
		nodes = append(nodes, found[0])
	}
	if data.Answer, err = e.Reach(nodes...); err != nil {
		return err
	}
	return v.Page(page.NameReach, "What "+data.Asked+" reads", data)
}

// mostFootholds is how many are ranked for a page and searched in.
const mostFootholds = 2000

func showFootholds(v *visit) error {
	if _, err := v.room.estate(v.Ctx(), v.Who, "footholds"); err != nil {
		return err
	}
	from, err := v.Number("after", 0, 0, mostFootholds)
	if err != nil {
		return err
	}
	data := page.Footholds{Search: v.Get("q")}
	all, err := v.room.known.ranked(v.Ctx())
	if err != nil {
		return err
	}
	if want := strings.ToLower(data.Search); want != "" {
		all = slices.DeleteFunc(slices.Clone(all), func(f access.Foothold) bool {
			return !strings.Contains(strings.ToLower(f.Name+" "+f.ID), want)
		})
	}
	all = all[min(from, len(all)):]
	if len(all) > rowsOfPage {
		all, data.Next = all[:rowsOfPage], v.after(strconv.Itoa(from+rowsOfPage))
	}
	data.List = all
	return v.Page(page.NameFootholds, "Footholds", data)
}

func showCut(v *visit) error {
	e, err := v.room.estate(v.Ctx(), v.Who, "cut")
	if err != nil {
		return err
	}
	q, got, err := v.cut(e)
	if err != nil {
		return err
	}
	data := page.Cut{Most: q.Most, Repository: v.Get("repository"), All: q.All, Try: q.Try, Answer: got}
	if len(q.Try) == 0 && len(got.Changes) > 1 {
		for _, c := range got.Changes {
			alone := q
			alone.Try = c.Grants
			one, err := e.Cut(alone)
			if err != nil {
				return err
			}
			data.Single = append(data.Single, *one)
		}
	}
	return v.Page(page.NameCut, "Cuts", data)
}

func showFindings(v *visit) error {
	if err := v.room.cat.Admit(v.Ctx(), v.Who, audit.ReadGrants, "findings"); err != nil {
		return err
	}
	got, err := v.room.known.found(v.Ctx(), v.Now.Format(time.DateOnly))
	if err != nil {
		return err
	}
	return v.Page(page.NameFindings, "Findings", page.Findings{Answer: got})
}

func showGaps(v *visit) error {
	f, err := v.filter()
	if err != nil {
		return err
	}
	f.Limit = 2 * rowsOfPage
	rows, next, err := v.room.cat.Gaps(v.Ctx(), v.Who, f, v.Get("q"), v.Get("after"))
	if err != nil {
		return err
	}
	return v.Page(page.NameGaps, "Gaps", page.Gaps{Query: v.asked(), Rows: rows, Next: v.after(next)})
}

// usualSpan is how far back changes are shown where nobody says.
const usualSpan = "7d"

func showChanges(v *visit) error {
	data := page.Changes{Since: cmp.Or(v.Get("since"), usualSpan)}
	v.Query.Set("since", data.Since)
	since, err := v.Moment("since")
	if err != nil {
		return err
	}
	if data.Changes, err = v.room.cat.Diff(v.Ctx(), v.Who, since, time.Time{}, catalog.Filter{StaleAfter: v.room.cfg.StaleAfter}); err != nil {
		return err
	}
	return v.Page(page.NameChanges, "Changes", data)
}

func showAudit(v *visit) error {
	lines, next, err := v.room.cat.Trail(v.Ctx(), v.Who, v.Get("q"), v.Get("after"), 2*rowsOfPage)
	if err != nil {
		return err
	}
	return v.Page(page.NameAudit, "Audit", page.Audit{Search: v.Get("q"), Records: lines, Next: v.after(next)})
}
