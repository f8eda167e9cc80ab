package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/fleet"
)

// hubOfTwo is a hub with two workers, one of which is of no use.
type hubOfTwo struct{ heard []string }

func (h *hubOfTwo) Status() fleet.Status {
	now := time.Now()
	return fleet.Status{Run: 7, Open: 30, Working: 10, Done: 60, Dead: 1, Left: 5e12, Rate: 2e8, Finish: 7 * time.Hour, Paused: slices.Contains(h.heard, "pause"), Enclaves: []string{"clinic", "main"}, Workers: []fleet.Worker{
		{Name: "w1", Enclave: "main", Host: "reader-1", Version: "test", Seen: now, Shards: 10, PerSec: 2e8, Draining: slices.Contains(h.heard, "drain w1")},
		{Name: "<b>w2", Enclave: "clinic", Host: "reader-2", Version: "older", Seen: now.Add(-time.Hour), Refused: "it knows other rules"},
	}}
}

func (h *hubOfTwo) Pause()  { h.heard = append(h.heard, "pause") }
func (h *hubOfTwo) Resume() { h.heard = append(h.heard, "resume") }

func (h *hubOfTwo) Drain(worker string) error {
	if worker != "w1" {
		return errors.New("no such worker")
	}
	h.heard = append(h.heard, "drain "+worker)
	return nil
}

// TestWorkersAreSeenAndHeldBack: everybody sees how far they are, an admin holds them back, and each act is a line of the trail.
func TestWorkersAreSeenAndHeldBack(t *testing.T) {
	hub := &hubOfTwo{}
	h := newHouse(t, func(c *Config) { c.Fleet = hub })
	viewer, admin := h.as(audit.Viewer), h.as(audit.Admin)
	r := viewer.get("/workers")
	for _, want := range []string{"1 worker at hand", "200 MB/s", "60 shards done", "20 wait", "1 given up", "5 TB left", "about 7 h", "it knows other rules", "&lt;b&gt;w2"} {
		if !strings.Contains(r.body, want) {
			t.Errorf("the page says nothing of %q", want)
		}
	}
	if strings.Contains(r.body, "/workers/drain") {
		t.Error("a viewer is offered what he may not do")
	}
	if r := viewer.post("/workers/pause", nil); r.StatusCode != http.StatusForbidden {
		t.Errorf("a viewer paused the workers: %d", r.StatusCode)
	}
	admin.post("/workers/drain", url.Values{"worker": {"w1"}})
	if r := admin.post("/workers/drain", url.Values{"worker": {"nobody"}}); r.StatusCode != http.StatusNotFound {
		t.Errorf("a worker that is not there was drained: %d", r.StatusCode)
	}
	admin.post("/workers/pause", nil)
	if r := admin.get("/workers"); !strings.Contains(r.body, "Go on") || !strings.Contains(r.body, "drains") {
		t.Error("the page does not show what was done")
	}
	admin.post("/workers/resume", nil)
	if want := []string{"drain w1", "pause", "resume"}; !slices.Equal(hub.heard, want) {
		t.Errorf("the hub heard %q, not %q", hub.heard, want)
	}
	if !slices.ContainsFunc(h.trail(), func(l audit.Record) bool {
		return l.Action == audit.Survey && l.Target == "drain w1" && l.Outcome == audit.Allowed
	}) {
		t.Error("the trail says nothing of it")
	}
	var status fleet.Status
	if viewer.answer("/api/v1/workers", &status); status.Done != 60 || len(status.Workers) != 2 {
		t.Errorf("%+v", status)
	}
	if m := h.visitor().get("/metrics").body; !strings.Contains(m, `chartroom_fleet{of="working"} 10`) || !strings.Contains(m, `chartroom_fleet{of="workers"} 1`) {
		t.Error("the metrics say nothing of the fleet")
	}
}

// TestARoomWithoutWorkersSaysSo.
func TestARoomWithoutWorkersSaysSo(t *testing.T) {
	h := newHouse(t)
	v := h.as(audit.Viewer)
	if r := v.get("/workers"); r.StatusCode != http.StatusNotImplemented || !strings.Contains(r.body, "surveys by itself") {
		t.Errorf("%d", r.StatusCode)
	}
	if strings.Contains(v.get("/scans").body, "/workers") {
		t.Error("the page of scans leads to workers that are not there")
	}
}
