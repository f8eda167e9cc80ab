package web

import (
	"net/http"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/web/api"
	"github.com/chartroom/chartroom/web/gate"
	"github.com/chartroom/chartroom/web/page"
)

// visit is one request on its way through a handler of the room.
type visit struct {
	*gate.Visit
	room *Room
}

// route is one thing that can be asked of the room. All of them stand in one table, which the mux, the description of the API and the test of
// roles go through.
type route struct {
	method  string
	pattern string
	action  audit.Action // what it takes; the least role is package audit's to say. "" = nothing: it is open to everybody
	page    string       // which page it draws, or ends on; "" = it answers programs
	serve   func(*visit) error
	own     bool // only for who logged in himself, not for a token
	large   bool // what is sent to it may come to gate.MaxSample

	// Of the API:
	about  string
	params []api.Param
	answer any // a value of the type of the answer
}

// gated is the route behind the gate.
func (r *Room) gated(rt *route) http.Handler {
	return r.gate.Serve(&gate.Route{Method: rt.method, Pattern: rt.pattern, Action: rt.action, Page: rt.page, Own: rt.own, Large: rt.large,
		Serve: func(v *gate.Visit) error { return rt.serve(&visit{v, r}) }})
}

// filter reads what narrows an answer.
func (v *visit) filter() (catalog.Filter, error) {
	f := catalog.Filter{Repository: v.Get("repository"), Custodian: v.Get("custodian"), StaleAfter: v.room.cfg.StaleAfter}
	for _, name := range append(v.Query["sensitivity"], v.Query["class"]...) {
		if name == "" {
			continue
		}
		c, ok := phi.ParseClass(name)
		if !ok {
			return f, gate.Wrong("this is no class of sensitivity; they are %s", phi.Classes(1<<phi.NumClasses-1))
		}
		f.Sensitivity = f.Sensitivity.With(c)
	}
	for _, name := range v.Query["state"] {
		if name == "" {
			continue
		}
		s := phi.ParseState(name)
		if s == 0 && name != "unknown" {
			return f, gate.Wrong("this is no State; write CA, California or unknown")
		}
		f.States = append(f.States, s)
	}
	var err error
	f.AsOf, err = v.Moment("as_of")
	return f, err
}

// The parameters that several routes share.
var (
	paramLimit      = api.Param{Name: "limit", Type: "integer", About: "at most so many rows; the header Link names the next page"}
	paramAfter      = api.Param{Name: "after", About: "where the page begins, as the header Link of the page before says"}
	paramAsOf       = api.Param{Name: "as_of", About: "what was known at a time: a day, a time, or how long ago (7d)"}
	paramRepository = api.Param{Name: "repository", About: "name of a repository"}
	paramCustodian  = api.Param{Name: "custodian", About: "name of a custodian"}
	paramClass      = api.Param{Name: "sensitivity", Many: true, About: "class of sensitivity: SUD, HIV, ..."}
	paramState      = api.Param{Name: "state", Many: true, About: "State of residence: CA, ..., unknown"}
)

func filters(more ...api.Param) []api.Param {
	return append([]api.Param{paramCustodian, paramClass, paramState, paramAsOf, paramLimit}, more...)
}

// table is all that can be asked.
func (r *Room) table() []route {
	var out []route
	for _, part := range [][]route{r.screens(), r.judgements(), r.doors(), r.ownRoutes(), r.surveyRoutes(), r.fleetRoutes(), r.caseRoutes(), r.answers(), r.watches()} {
		out = append(out, part...)
	}
	return out
}

// screens are the pages of the map and of access.
func (r *Room) screens() []route {
	get := func(pattern string, action audit.Action, page string, serve func(*visit) error) route {
		return route{method: http.MethodGet, pattern: pattern, action: action, page: page, serve: serve}
	}
	return []route{
		get("/{$}", audit.ReadMap, page.NameMap, showMap),
		get("/repository", audit.ReadMap, page.NameRepository, showRepository),
		get("/who", audit.ReadGrants, page.NameWho, showWho),
		get("/reach", audit.ReadGrants, page.NameReach, showReach),
		get("/footholds", audit.ReadGrants, page.NameFootholds, showFootholds),
		get("/cut", audit.ReadGrants, page.NameCut, showCut),
		get("/findings", audit.ReadGrants, page.NameFindings, showFindings),
		get("/gaps", audit.ReadGaps, page.NameGaps, showGaps),
		get("/changes", audit.ReadDiff, page.NameChanges, showChanges),
		get("/audit", audit.ReadAudit, page.NameAudit, showAudit),
	}
}

// answers are the API's questions: the same answers as those of the commands of the same names.
func (r *Room) answers() []route {
	get := func(name string, action audit.Action, serve func(*visit) error, answer any, about string, params ...api.Param) route {
		return route{method: http.MethodGet, pattern: "/api/v1/" + name, action: action, serve: serve, answer: answer, about: about, params: params}
	}
	return []route{
		get("where", audit.ReadMap, answerWhere, []catalog.Row{}, "The repositories that hold patient data, the most sensitive first.",
			filters(paramRepository, paramAfter, api.Param{Name: "q", About: "a piece of the name"}, api.Param{Name: "kind", About: "files, postgres, s3, ..."}, api.Param{Name: "age", About: "fresh or stale"})...),
		get("total", audit.ReadMap, answerTotal, catalog.Total{}, "What all repositories come to; who is in two of them counts once.", filters(paramRepository)...),
		get("items", audit.ReadItems, answerItems, []catalog.Row{}, "The items of a repository, the most sensitive first.", filters(paramRepository)...),
		get("fields", audit.ReadFields, answerFields, []catalog.Field{}, "The fields, and what each holds.", filters(paramRepository, paramAfter, api.Param{Name: "explain", Type: "boolean", About: "with the reasons"})...),
		get("gaps", audit.ReadGaps, answerGaps, []catalog.Gap{}, "What was not read, and why.", paramRepository, paramCustodian, paramAsOf, paramLimit, paramAfter, api.Param{Name: "q", About: "a piece of the name"}),
		get("diff", audit.ReadDiff, answerDiff, catalog.Changes{}, "What changed between two times.", api.Param{Name: "since", Needed: true, About: "a day, a time, or how long ago (7d)"}, api.Param{Name: "until", About: "now by default"}, paramRepository, paramCustodian, paramLimit),
		get("runs", audit.ReadRuns, answerRuns, []catalog.RunInfo{}, "The surveys and their books, the latest first.", paramLimit, api.Param{Name: "visits", Type: "boolean", About: "with what each did in each repository"}),
		get("who", audit.ReadGrants, answerWho, access.WhoAnswer{}, "Who can read a repository, and by what path.", api.Param{Name: "repository", Needed: true, About: "its name, or the end of it"}, api.Param{Name: "path", About: "a part of it"}, paramLimit, paramAsOf),
		get("reach", audit.ReadGrants, answerReach, access.ReachAnswer{}, "What a foothold reads: repositories, bytes, distinct people.", api.Param{Name: "principal", Needed: true, Many: true, About: "its ID, or its name"}, paramAsOf),
		get("footholds", audit.ReadGrants, answerFootholds, []access.Foothold{}, "The principals by the people whom a thief of their login would read.", paramLimit, paramAsOf),
		get("cut", audit.ReadGrants, answerCut, access.CutAnswer{}, "The changes that shrink reach the most; or, with try, what some would do.", api.Param{Name: "max", Type: "integer", About: "at most so many changes"}, paramRepository,
			api.Param{Name: "principal", Many: true, About: "only these footholds count"}, api.Param{Name: "all", Type: "boolean", About: "weigh daily work, too"}, api.Param{Name: "largest", Type: "boolean", About: "the largest foothold counts, not the sum"},
			api.Param{Name: "try", About: "numbers of grants, by commas: what if they were taken away"}, paramAsOf),
		get("findings", audit.ReadGrants, answerFindings, access.FindingsAnswer{}, "What of access to patient data somebody should act on.", paramLimit, paramAsOf),
		get("audit", audit.ReadAudit, answerAudit, []audit.Record{}, "The audit trail, the latest line first.", api.Param{Name: "q", About: "a piece of a line"}, paramLimit, paramAfter),
		{method: http.MethodPost, pattern: "/api/v1/claims", action: audit.TestClaim, serve: testClaim, large: true, answer: map[string]any{},
			about: "Hold what an attacker shows against the traces of the inventory. The body is the sample; it is read in memory and not kept.", params: []api.Param{{Name: "name", About: "the sample's file name, for its ending"}}},
	}
}

// watches are what machines ask about the room itself.
func (r *Room) watches() []route {
	return []route{
		{method: http.MethodGet, pattern: "/api/v1/openapi.json", action: audit.OwnAccount, serve: describe},
		{method: http.MethodGet, pattern: "/healthz", serve: healthy},
		{method: http.MethodGet, pattern: "/readyz", serve: prepared},
		{method: http.MethodGet, pattern: "/metrics", serve: metrics},
	}
}
