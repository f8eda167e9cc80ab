package web

import (
	"net/http"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/fleet"
	"github.com/chartroom/chartroom/web/gate"
	"github.com/chartroom/chartroom/web/page"
)

// Fleet is a hub with its workers.
type Fleet interface {
	Status() fleet.Status
	// Pause lets no further shard begin until Resume; what is at work is finished.
	Pause()
	Resume()
	// Drain lets a worker finish what it has, and gives it nothing more. It fails where nobody has heard of the worker.
	Drain(worker string) error
}

// fleetRoutes show the workers, and hold them back.
func (r *Room) fleetRoutes() []route {
	act := func(name string, do func(f Fleet, worker string) error, words string) route {
		return route{method: http.MethodPost, pattern: "/workers/" + name, action: audit.Survey, page: page.NameWorkers, serve: func(v *visit) error {
			f, err := v.fleet(audit.Survey, name+" "+v.Form("worker"))
			if err != nil {
				return err
			}
			if err := do(f, v.Form("worker")); err != nil {
				return gate.Fail(http.StatusNotFound, "No worker of that name was heard of.", "The page Workers names them.")
			}
			return v.To("/workers", words)
		}}
	}
	return []route{
		{method: http.MethodGet, pattern: "/workers", action: audit.ReadRuns, page: page.NameWorkers, serve: showWorkers},
		act("pause", func(f Fleet, _ string) error { f.Pause(); return nil }, "No further shard begins; what is at work is finished."),
		act("resume", func(f Fleet, _ string) error { f.Resume(); return nil }, "The workers go on."),
		act("drain", func(f Fleet, worker string) error { return f.Drain(worker) }, "It finishes what it has, and takes nothing more."),
		{method: http.MethodGet, pattern: "/api/v1/workers", action: audit.ReadRuns, serve: answerWorkers, answer: fleet.Status{}, about: "The fleet: workers, what waits and what is done, throughput, estimated finish."},
	}
}

// fleet is that of this room, for who may act.
func (v *visit) fleet(action audit.Action, target string) (Fleet, error) {
	if v.room.cfg.Fleet == nil {
		return nil, gate.Fail(http.StatusNotImplemented, "This room has no workers: it surveys by itself.", "docs/fleet.md says when workers are worth it, and how they are set up.")
	}
	return v.room.cfg.Fleet, v.room.cat.Admit(v.Ctx(), v.Who, action, target)
}

func showWorkers(v *visit) error {
	f, err := v.fleet(audit.ReadRuns, "")
	if err != nil {
		return err
	}
	return v.Page(page.NameWorkers, "Workers", f.Status())
}

func answerWorkers(v *visit) error {
	f, err := v.fleet(audit.ReadRuns, "")
	if err != nil {
		return err
	}
	return v.JSON(f.Status())
}
