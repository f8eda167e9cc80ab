package web

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/web/page"
)

// Rows of pages.
const (
	rowsOfPage = 50
	tiles      = 300
)

func (v *visit) asked() page.Query {
	return page.Query{Search: v.get("q"), Custodian: v.get("custodian"), Kind: v.get("kind"), Sensitivity: cmp.Or(v.get("class"), v.get("sensitivity")), State: v.get("state"), Age: v.get("age")}
}

func showMap(v *visit) error {
	q, err := v.listing(rowsOfPage)
	if err != nil {
		return err
	}
	list, err := v.room.cat.List(v.ctx(), v.who, q)
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
		if data.Tiles, data.Others, err = v.room.tiles(v, big, list); err != nil {
			return err
		}
	}
	data.Total, err = v.room.known.total(v.ctx(), patience)
	if err != nil {
		return err
	}
	return v.page(page.NameMap, "Map", data)
}

// tiles are the repositories of the picture: those with the most people.
func (r *Room) tiles(v *visit, q catalog.ListQuery, first catalog.List) ([]catalog.Row, int, error) {
	if first.Next == "" { // all of them are on the page
		return first.Rows, 0, nil
	}
	big, err := r.cat.List(v.ctx(), v.who, q)
	return big.Rows, big.More, err
}

func (v *visit) choices() (page.Choices, error) {
	c, err := v.room.known.narrowing(v.ctx())
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
	name := v.get("name")
	f := catalog.Filter{Repository: name, StaleAfter: v.room.cfg.StaleAfter}
	if name == "" {
		return &failure{http.StatusNotFound, "There is no repository of this name.", "The map lists them."}
	}
	rows, err := v.room.cat.Where(v.ctx(), v.who, f)
	if err != nil {
		return err
	}
	if len(rows) != 1 {
		return &failure{http.StatusNotFound, "There is no repository of this name.", "The map lists them."}
	}
	data := page.Repository{Row: rows[0]}
	if err := v.inside(&data, f); err != nil {
		return err
	}
	was, err := v.room.cat.History(v.ctx(), v.who, name, moments)
	if err != nil {
		return err
	}
	for _, w := range was {
		data.History = append(data.History, page.Moment{At: w.At, People: w.People, Items: w.Items, Gaps: w.Gaps, Readers: w.Readers})
	}
	return v.page(page.NameRepository, name, data)
}

// inside adds what stands in a repository, and who reads it, as far as the visitor may know.
func (v *visit) inside(data *page.Repository, f catalog.Filter) (err error) {
	if v.who.Permit(audit.ReadItems) != nil {
		return nil
	}
	f.Limit = itemsOfRepository
	if err := v.room.cat.EachItem(v.ctx(), v.who, f, func(r catalog.Row) error {
		data.Items = append(data.Items, r)
		return nil
	}); err != nil {
		return err
	}
	f.Limit, f.Explain = rowsOfPage, true
	var next string
	if data.Fields, next, err = v.room.cat.Fields(v.ctx(), v.who, f, v.get("after")); err != nil {
		return err
	}
	data.Next = v.after(next)
	f.Limit = gapsOfRepository
	if data.Gaps, _, err = v.room.cat.Gaps(v.ctx(), v.who, f, "", ""); err != nil {
		return err
	}
	e, err := v.room.estate(v.ctx(), v.who, f.Repository)
	if err != nil {
		return err
	}
	data.Who, _, err = e.Who(access.Place{Repository: f.Repository}, readersOfPage)
	return err
}

func showWho(v *visit) error {
	asked := strings.TrimSpace(cmp.Or(v.get("of"), v.get("repository")) + " " + v.get("path"))
	data := page.Who{Asked: asked, All: v.yes("all")}
	e, err := v.room.estate(v.ctx(), v.who, asked)
	if err != nil {
		return err
	}
	if asked == "" {
		data.Candidates = e.Repositories()
		data.Candidates = data.Candidates[:min(len(data.Candidates), tiles)]
		return v.page(page.NameWho, "Who", data)
	}
	p, err := place(e, asked)
	var several *ambiguous
	if errors.As(err, &several) {
		data.Candidates = several.names
		return v.page(page.NameWho, "Who", data)
	}
	if err != nil {
		return err
	}
	if data.Open, err = v.number("open", 0, 0, mostRows); err != nil {
		return err
	}
	if data.Answer, _, err = e.Who(p, max(readersOfPage, data.Open+1)); err != nil {
		return err
	}
	return v.page(page.NameWho, "Who can read "+asked, data)
}

func showReach(v *visit) error {
	asked := slices.DeleteFunc(append(slices.Clone(v.query["as"]), v.query["principal"]...), func(s string) bool { return s == "" })
	data := page.Reach{Asked: strings.Join(asked, ", ")}
	e, err := v.room.estate(v.ctx(), v.who, data.Asked)
	if err != nil {
		return err
	}
	if len(asked) == 0 {
		return v.page(page.NameReach, "Reach", data)
	}
	var nodes []uint32
	for _, text := range asked {
		found := e.Find(text)
		switch {
		case len(found) == 0:
			return &failure{http.StatusNotFound, "There is no principal of this name.", "Footholds lists them."}
		case len(found) > 1:
			for _, n := range found[:min(len(found), rowsOfPage)] {
				data.Candidates = append(data.Candidates, access.Principal{ID: e.ID(n), Name: text})
			}
			return v.page(page.NameReach, "Reach", data)
		}
		nodes = append(nodes, found[0])
	}
	if data.Answer, err = e.Reach(nodes...); err != nil {
		return err
	}
	return v.page(page.NameReach, "What "+data.Asked+" reads", data)
}

// mostFootholds is how many are ranked for a page and searched in.
const mostFootholds = 2000

func showFootholds(v *visit) error {
	e, err := v.room.estate(v.ctx(), v.who, "footholds")
	if err != nil {
		return err
	}
	from, err := v.number("after", 0, 0, mostFootholds)
	if err != nil {
		return err
	}
	data := page.Footholds{Search: v.get("q")}
	most := mostFootholds
	if data.Search == "" {
		most = from + rowsOfPage + 1
	}
	all, err := e.Footholds(most)
	if err != nil {
		return err
	}
	if data.Search != "" {
		want := strings.ToLower(data.Search)
		all = slices.DeleteFunc(all, func(f access.Foothold) bool {
			return !strings.Contains(strings.ToLower(f.Name+" "+f.ID), want)
		})
	}
	all = all[min(from, len(all)):]
	if len(all) > rowsOfPage {
		all, data.Next = all[:rowsOfPage], v.after(strconv.Itoa(from+rowsOfPage))
	}
	data.List = all
	return v.page(page.NameFootholds, "Footholds", data)
}

func showCut(v *visit) error {
	e, err := v.room.estate(v.ctx(), v.who, "cut")
	if err != nil {
		return err
	}
	q, got, err := v.cut(e)
	if err != nil {
		return err
	}
	data := page.Cut{Most: q.Most, Repository: v.get("repository"), All: q.All, Try: q.Try, Answer: got}
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
	return v.page(page.NameCut, "Cuts", data)
}

func showFindings(v *visit) error {
	e, err := v.room.estate(v.ctx(), v.who, "findings")
	if err != nil {
		return err
	}
	got, err := e.Findings(v.now.Format(time.DateOnly), 2*rowsOfPage)
	if err != nil {
		return err
	}
	return v.page(page.NameFindings, "Findings", page.Findings{Answer: got})
}

func showGaps(v *visit) error {
	f, err := v.filter()
	if err != nil {
		return err
	}
	f.Limit = 2 * rowsOfPage
	rows, next, err := v.room.cat.Gaps(v.ctx(), v.who, f, v.get("q"), v.get("after"))
	if err != nil {
		return err
	}
	return v.page(page.NameGaps, "Gaps", page.Gaps{Query: v.asked(), Rows: rows, Next: v.after(next)})
}

// usualSpan is how far back changes are shown where nobody says.
const usualSpan = "7d"

func showChanges(v *visit) error {
	data := page.Changes{Since: cmp.Or(v.get("since"), usualSpan)}
	v.query.Set("since", data.Since)
	since, err := v.moment("since")
	if err != nil {
		return err
	}
	if data.Changes, err = v.room.cat.Diff(v.ctx(), v.who, since, time.Time{}, catalog.Filter{StaleAfter: v.room.cfg.StaleAfter}); err != nil {
		return err
	}
	return v.page(page.NameChanges, "Changes", data)
}

func showAudit(v *visit) error {
	lines, next, err := v.room.cat.Trail(v.ctx(), v.who, v.get("q"), v.get("after"), 2*rowsOfPage)
	if err != nil {
		return err
	}
	return v.page(page.NameAudit, "Audit", page.Audit{Search: v.get("q"), Records: lines, Next: v.after(next)})
}
