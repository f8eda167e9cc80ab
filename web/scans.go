package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/web/api"
	"github.com/chartroom/chartroom/web/gate"
	"github.com/chartroom/chartroom/web/page"
	"github.com/chartroom/chartroom/web/surveys"
)

// surveyRoutes start, follow and end surveys.
func (r *Room) surveyRoutes() []route {
	return []route{
		{method: http.MethodGet, pattern: "/scans", action: audit.ReadRuns, page: page.NameScans, serve: showScans},
		{method: http.MethodGet, pattern: "/scans/live", action: audit.ReadRuns, serve: followScans},
		{method: http.MethodPost, pattern: "/scans/start", action: audit.Survey, page: page.NameScans, serve: startScan},
		{method: http.MethodPost, pattern: "/scans/cancel", action: audit.Survey, page: page.NameScans, serve: cancelScan},
		{method: http.MethodGet, pattern: "/api/v1/scans", action: audit.ReadRuns, serve: answerScans, answer: []page.Progress{}, about: "The survey under way, target by target."},
		{method: http.MethodPost, pattern: "/api/v1/scans", action: audit.Survey, serve: askScan, answer: []page.Progress{}, about: "Survey targets of the estate's file; all of them where none is named.",
			params: []api.Param{{Name: "target", Many: true, About: "name of a target"}}},
		{method: http.MethodDelete, pattern: "/api/v1/scans/{id}", action: audit.Survey, serve: endScan, about: "Cancel the survey of a number. What it read is kept."},
	}
}

// surveys are those that this room makes.
func (v *visit) surveys() (*surveys.Surveyor, error) {
	if v.room.cfg.Surveys == nil {
		return nil, gate.Fail(http.StatusNotImplemented, "This room makes no surveys.", "Start it with a file of the estate: chartroom serve -c estate.yaml.")
	}
	return v.room.cfg.Surveys, nil
}

// surveyFault tells why a survey did not begin, or end.
func surveyFault(err error) error {
	switch {
	case errors.Is(err, surveys.ErrNoTarget):
		return gate.Fail(http.StatusNotFound, "The file of the estate names no such target.", "Scans lists them.")
	case errors.Is(err, surveys.ErrIdle):
		return gate.Fail(http.StatusConflict, "No such survey is under way.", "")
	}
	return err
}

// runsOfPage is how many surveys the page lists.
const runsOfPage = 20

func showScans(v *visit) error {
	data := page.Scans{}
	err := v.room.cat.Admit(v.Ctx(), v.Who, audit.ReadRuns, "")
	if err != nil {
		return err
	}
	if data.Runs, err = v.room.known.lastRuns(v.Ctx()); err != nil {
		return err
	}
	data.Fleet = v.room.cfg.Fleet != nil
	if s := v.room.cfg.Surveys; s != nil {
		data.Running, _ = s.Progress()
		for _, t := range s.Settings.Targets() {
			row := page.Target{Name: t.Label, Address: withoutQuery(t.Address), Custodian: t.Custodian, Schedule: t.Schedule}
			last, err := v.room.cat.Surveyed(v.Ctx(), t.Label)
			if err != nil {
				return err
			}
			if !last.IsZero() {
				row.Last = &last
				if t.Every() > 0 {
					next := last.Add(t.Every())
					row.Next = &next
				}
			}
			data.Targets = append(data.Targets, row)
		}
	}
	return v.Page(page.NameScans, "Scans", data)
}

// withoutQuery leaves out of an address what tells how to log in.
func withoutQuery(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	u.RawQuery, u.User = "", nil
	return u.String()
}

// followScans tells how a survey goes.
func followScans(v *visit) error {
	s, err := v.surveys()
	if err != nil {
		return err
	}
	return v.Follow(func() (any, <-chan struct{}) { return s.Progress() })
}

func startScan(v *visit) error {
	s, err := v.surveys()
	if err != nil {
		return err
	}
	if err := v.Req.ParseForm(); err != nil {
		return gate.Wrong("the form cannot be read")
	}
	if err := surveyFault(s.Start(v.Ctx(), v.Who, v.Req.PostForm["target"])); err != nil {
		return err
	}
	return v.To("/scans", "The survey begins.")
}

func cancelScan(v *visit) error {
	if err := v.cancel(v.Form("id")); err != nil {
		return err
	}
	return v.To("/scans", "The survey ends. What it read is kept.")
}

func (v *visit) cancel(id string) error {
	s, err := v.surveys()
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(id)
	if err != nil {
		return gate.Wrong("a survey has a number")
	}
	return surveyFault(s.Cancel(v.Ctx(), v.Who, n))
}

func answerScans(v *visit) error {
	s, err := v.surveys()
	if err != nil {
		return err
	}
	list, _ := s.Progress()
	return v.JSON(list)
}

func askScan(v *visit) error {
	s, err := v.surveys()
	if err != nil {
		return err
	}
	if err := surveyFault(s.Start(v.Ctx(), v.Who, v.Query["target"])); err != nil {
		return err
	}
	list, _ := s.Progress()
	return v.JSONCode(http.StatusAccepted, list)
}

func endScan(v *visit) error {
	if err := v.cancel(v.Req.PathValue("id")); err != nil {
		return err
	}
	return v.JSON(map[string]string{"cancelled": fmt.Sprint(v.Req.PathValue("id"))})
}
