package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/claim"
	"github.com/chartroom/chartroom/incident"
	"github.com/chartroom/chartroom/incident/desk"
	"github.com/chartroom/chartroom/incident/obligation"
	"github.com/chartroom/chartroom/web/api"
	"github.com/chartroom/chartroom/web/gate"
	"github.com/chartroom/chartroom/web/page"
)

// caseRoutes are the room of an extortion.
func (r *Room) caseRoutes() []route {
	get := func(pattern, name string, serve func(*visit) error) route {
		return route{method: http.MethodGet, pattern: pattern, action: audit.ReadCase, page: name, serve: serve}
	}
	post := func(pattern string, serve func(*visit) error) route {
		return route{method: http.MethodPost, pattern: pattern, action: audit.WriteCase, page: page.NameCase, serve: serve}
	}
	name := api.Param{Name: "name", About: "name of the case; not needed where one is open"}
	return []route{
		get("/cases", page.NameCases, showCases),
		get("/case", page.NameCase, showCase),
		get("/case/text", page.NameText, showText),
		post("/cases/open", openCase),
		post("/case/fact", addFact),
		post("/case/level", setLevel),
		post("/case/decide", decide),
		post("/case/note", addNote),
		post("/case/approve", approve),
		post("/case/send", sent),
		post("/case/close", closeCase),
		post("/case/pack", packCase),
		{method: http.MethodPost, pattern: "/case/verify", action: audit.ReadCase, page: page.NameCase, serve: verifyCase},
		{method: http.MethodGet, pattern: "/api/v1/cases", action: audit.ReadCase, serve: answerCases, answer: []catalog.CaseName{}, about: "The cases, the latest first."},
		{method: http.MethodGet, pattern: "/api/v1/case", action: audit.ReadCase, serve: answerCase, answer: incident.Case{}, about: "What the log of a case comes to.", params: []api.Param{name}},
		{method: http.MethodGet, pattern: "/api/v1/case/clocks", action: audit.ReadCase, serve: answerClocks, answer: desk.Clocks{}, about: "What runs in a case.", params: []api.Param{name}},
		{method: http.MethodGet, pattern: "/api/v1/case/obligations", action: audit.ReadCase, serve: answerDuties, answer: []obligation.Duty{}, about: "What is due in a case, to whom and when. Not legal advice.", params: []api.Param{name}},
	}
}

// desk is where the visitor works on cases.
func (v *visit) desk() *desk.Desk {
	return &desk.Desk{Catalog: v.room.cat, Who: v.Who, Key: v.room.cfg.KeyFile, Now: v.room.cfg.Now, Version: v.room.cfg.Version, Access: func(ctx context.Context) (*access.Estate, error) {
		return v.room.estate(ctx, v.Who, "case")
	}}
}

// of opens the case that is meant.
func (v *visit) of(name string) (*desk.Case, error) {
	k, err := v.desk().Case(v.Ctx(), name)
	return k, caseFault(err)
}

// caseFault tells what the desk would not do. Its words are about the visitor's own, and about the case.
func caseFault(err error) error {
	if err == nil {
		return nil
	}
	for _, f := range []struct {
		is   error
		code int
		hint string
	}{
		{desk.ErrNone, 404, "Open one under Cases."}, {catalog.ErrNoCase, 404, "Cases lists them."}, {desk.ErrWhich, 400, "Say which, by its name."}, {desk.ErrThere, 409, "Call it something else."},
		{desk.ErrMoved, 409, "Read the case again, and decide again."}, {desk.ErrOlder, 409, "Somebody who knows why notes it, with chartroom case note --restored."},
		{desk.ErrNothing, 400, "The map shows what is known."}, {desk.ErrPatients, 422, "If a person has looked and no patient is named, say so."}, {desk.ErrDraft, 409, "A text with holes is not approved."},
		{desk.ErrReworded, 409, "Read it again."}, {desk.ErrUnsent, 409, "Approve it first."}, {desk.ErrAsked, 400, ""}, {desk.ErrTest, 422, ""}, {incident.ErrContradicted, 409, "Correct it with a reason: chartroom case fact --corrects."},
		{incident.ErrClockRuns, 409, ""}, {incident.ErrClosed, 409, ""},
	} {
		if errors.Is(err, f.is) {
			return gate.Fail(f.code, err.Error(), f.hint)
		}
	}
	return err
}

func showCases(v *visit) error {
	names, err := v.room.cat.Cases(v.Ctx(), v.Who)
	if err != nil {
		return err
	}
	return v.Page(page.NameCases, "Cases", page.Cases{Names: names})
}

func showCase(v *visit) error {
	k, err := v.of(v.Get("name"))
	if err != nil {
		return err
	}
	data := page.Case{Name: k.Name, Case: k.Case, Holdings: incident.HoldingsOf(k.Entries), Levels: levels(), FactNames: factNames()}
	clocks, err := k.Clocks()
	if err != nil {
		return err
	}
	data.Clocks, data.Fired = shownClocks(clocks), clocks.Thresholds
	if data.Duties, err = k.Duties(nil); err != nil {
		return err
	}
	if data.Texts, err = textStates(k); err != nil {
		return err
	}
	for i := range k.Entries {
		e := &k.Entries[i]
		data.Log = append(data.Log, page.Line{Number: e.Number, At: e.At, Author: e.Author, Kind: string(e.Kind), Words: k.Says(e), Hash: k.Lines[i].Hash})
	}
	view := page.View{Title: k.Name}
	data.Verified = fmt.Sprintf("The chain of %d lines holds.", len(k.Lines))
	if err := k.Lost(); err != nil {
		data.Verified, view.Wrong = "", err.Error()
	}
	view.Data = data
	return v.PageWith(http.StatusOK, page.NameCase, view)
}

func levels() []string {
	var out []string
	for _, l := range []incident.Level{incident.C0, incident.C1, incident.C2, incident.C3, incident.C4, incident.D1, incident.D2} {
		out = append(out, string(l))
	}
	return out
}

// factNames are the facts that somebody can state: the keys of incident.Facts but those that the log gives.
func factNames() []string {
	return []string{"total", "kinds", "health", "encrypted", "public_company", "licensed_facility_states", "risk_of_harm", "law_enforcement_delay", "part2", "states"}
}

func shownClocks(c *desk.Clocks) []page.Clock {
	out := []page.Clock{{Name: "Conservative", Since: c.Known, Words: "since it was first known"}}
	if c.First != nil {
		out[0].Until, out[0].Words, out[0].Passed = c.First.End, c.First.Words(), c.First.End.Before(c.Now)
	}
	determined := page.Clock{Name: "Determined", Words: "does not run: nobody has decided that it is a breach"}
	if c.Determined != nil {
		determined.Since, determined.Words = *c.Determined, "since the decision that it is a breach"
	}
	out = append(out, determined)
	if l := c.Possible; l != nil {
		out = append(out, page.Clock{Name: "Could be due first", Since: c.Known, Until: l.End, Words: l.Words() + ", decided by " + l.Deciding, Passed: l.End.Before(c.Now)})
	}
	return out
}

func textStates(k *desk.Case) ([]page.TextState, error) {
	all, err := k.Texts(nil)
	if err != nil {
		return nil, err
	}
	var out []page.TextState
	for _, w := range all {
		s := page.TextState{Template: w.Template, Missing: w.Missing}
		for i := range k.Approvals {
			if a := &k.Approvals[i]; a.Text == w.ID {
				s.Approved, s.Current = a, a.Hash == w.Hash
			}
		}
		for _, sent := range k.Sent {
			s.Sent = s.Sent || sent.Text == w.ID
		}
		out = append(out, s)
	}
	return out, nil
}

func showText(v *visit) error {
	k, err := v.of(v.Get("name"))
	if err != nil {
		return err
	}
	t, err := k.Text(v.Get("text"), nil)
	if err != nil {
		return gate.Fail(http.StatusNotFound, "There is no such text.", "The case lists them.")
	}
	states, err := textStates(k)
	if err != nil {
		return err
	}
	data := page.Text{Case: k.Name, Text: t}
	for _, s := range states {
		if s.ID == t.ID {
			data.TextState = s
		}
	}
	return v.Page(page.NameText, t.ID+" "+t.Title, data)
}

func (v *visit) how() desk.How { return desk.How{Looked: v.Form("looked") == "1"} }

func openCase(v *visit) error {
	c := incident.Claim{Title: v.Form("title"), Custodian: v.Form("custodian"), Text: v.Req.PostFormValue("claim"), Actor: v.Form("actor"), Demand: v.Form("demand"), Public: v.Form("public") == "1",
		Entity: "covered_entity", Zone: "America/New_York"}
	if e := v.Form("entity"); e != "" {
		c.Entity = e
	}
	if z := v.Form("zone"); z != "" {
		c.Zone = z
	}
	zone, err := time.LoadLocation(c.Zone)
	if err != nil {
		return gate.Wrong("there is no such time zone; write America/New_York")
	}
	if text := v.Form("bytes"); text != "" {
		if c.Bytes, err = claim.ParseSize(text); err != nil {
			return gate.Wrong("%v", err)
		}
	}
	if text := v.Form("people"); text != "" {
		if c.People, err = strconv.ParseInt(strings.ReplaceAll(text, ",", ""), 10, 64); err != nil || c.People < 0 {
			return gate.Wrong("people is a number")
		}
	}
	if text := v.Form("deadline"); text != "" {
		t, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
		if err != nil {
			return gate.Wrong("the deadline is written 2026-06-22 17:00")
		}
		c.Deadline = &t
	}
	k, _, err := v.desk().Open(v.Ctx(), "", c, v.how())
	if err != nil {
		return caseFault(err)
	}
	return v.To(caseAddress(k), "The case is open, and both clocks are looked after.")
}

func caseAddress(k *desk.Case) string { return "/case?name=" + url.QueryEscape(k.Name) }

// act puts one act to the case that the form names, and goes back to it.
func act(v *visit, f func(*desk.Case) (*desk.Written, error)) error {
	k, err := v.of(v.Form("name"))
	if err != nil {
		return err
	}
	w, err := f(k)
	if err != nil {
		return caseFault(err)
	}
	said := fmt.Sprintf("Line %d is written.", w.Entry.Number)
	for _, f := range w.Fired {
		said += " A threshold is crossed: " + f.Text + "."
	}
	for _, words := range w.Warnings {
		said += " " + words
	}
	return v.To(caseAddress(k), said)
}

func addFact(v *visit) error {
	value := v.Form("value")
	if low := v.Form("low"); low != "" {
		for _, text := range []string{low, v.Form("high")} {
			if _, err := strconv.ParseInt(text, 10, 64); err != nil && text != "" {
				return gate.Wrong("the bounds of a fact are numbers")
			}
		}
		high := v.Form("high")
		if high == "" {
			high = "null"
		}
		value = "[" + low + "," + high + "]"
	}
	if value == "" {
		return gate.Wrong("a fact has a value, or bounds")
	}
	return act(v, func(k *desk.Case) (*desk.Written, error) {
		return k.AddFact(v.Ctx(), incident.FactBody{Name: v.Form("fact"), Value: json.RawMessage(value), Source: v.Form("source"), Why: v.Form("why"), Corrects: v.Form("corrects") == "1"}, v.how())
	})
}

func setLevel(v *visit) error {
	return act(v, func(k *desk.Case) (*desk.Written, error) {
		return k.SetLevel(v.Ctx(), incident.LevelBody{Level: incident.Level(v.Form("level")), Why: v.Form("why")}, v.how())
	})
}

func decide(v *visit) error {
	return act(v, func(k *desk.Case) (*desk.Written, error) {
		return k.Decide(v.Ctx(), incident.Decision{Question: v.Form("question"), Decision: v.Form("decision"), Reason: v.Form("reason"), Dissent: v.Form("dissent"), Breach: v.Form("breach") == "1"}, v.how())
	})
}

func addNote(v *visit) error {
	return act(v, func(k *desk.Case) (*desk.Written, error) {
		return k.Note(v.Ctx(), incident.Note{Text: v.Form("note")}, false, v.how())
	})
}

func approve(v *visit) error {
	return act(v, func(k *desk.Case) (*desk.Written, error) {
		return k.Approve(v.Ctx(), desk.Release{ID: v.Form("text"), Hash: v.Form("hash")}, v.how())
	})
}

func sent(v *visit) error {
	return act(v, func(k *desk.Case) (*desk.Written, error) {
		return k.Send(v.Ctx(), incident.Sending{Text: v.Form("text"), To: v.Form("to"), How: v.Form("how")}, v.how())
	})
}

func closeCase(v *visit) error {
	return act(v, func(k *desk.Case) (*desk.Written, error) { return k.Close(v.Ctx(), v.Form("why"), v.how()) })
}

// verifyCase reads the case anew, which checks its chain.
func verifyCase(v *visit) error {
	k, err := v.of(v.Form("name"))
	if err != nil {
		return err
	}
	if err := k.Lost(); err != nil {
		return caseFault(err)
	}
	return v.To(caseAddress(k), fmt.Sprintf("The chain of %d lines was checked, and holds. Its head is %s.", len(k.Lines), k.Head))
}

// packCase hands out the whole case, encrypted for somebody, and notes that it did before it does.
func packCase(v *visit) error {
	k, err := v.of(v.Form("name"))
	if err != nil {
		return err
	}
	to, err := age.ParseX25519Recipient(v.Form("to"))
	if err != nil {
		return gate.Wrong("a pack is encrypted for somebody: give an age recipient, which begins with age1 (age-keygen makes one)")
	}
	var b bytes.Buffer
	sum, _, err := k.Pack(v.Ctx(), &b, to)
	if err == nil {
		_, err = k.Packed(v.Ctx(), sum, desk.How{})
	}
	if err != nil {
		return caseFault(err)
	}
	h := v.W.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", `attachment; filename="`+desk.Slug(k.Name)+`.pack"`)
	_, _ = v.W.Write(b.Bytes())
	return nil
}

func answerCases(v *visit) error {
	names, err := v.room.cat.Cases(v.Ctx(), v.Who)
	if err != nil {
		return err
	}
	return v.JSON(names)
}

func answerCase(v *visit) error {
	k, err := v.of(v.Get("name"))
	if err != nil {
		return err
	}
	return v.JSON(k.Case)
}

func answerClocks(v *visit) error {
	k, err := v.of(v.Get("name"))
	if err != nil {
		return err
	}
	c, err := k.Clocks()
	if err != nil {
		return err
	}
	return v.JSON(c)
}

func answerDuties(v *visit) error {
	k, err := v.of(v.Get("name"))
	if err != nil {
		return err
	}
	duties, err := k.Duties(nil)
	if err != nil {
		return err
	}
	return v.JSON(duties)
}
