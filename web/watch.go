package web

import (
	"net/http"
	"strconv"
	"sync"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/web/api"
	"github.com/chartroom/chartroom/web/gate"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// counts are what Prometheus hears of the room. There is no name of a repository or a person in them.
type counts struct {
	registry *prometheus.Registry
	answers  *prometheus.CounterVec
	estate   *prometheus.GaugeVec
	fleet    *prometheus.GaugeVec
	mu       sync.Mutex // one scrape at a time sets the gauges
}

func newCounts() *counts {
	c := &counts{registry: prometheus.NewRegistry(),
		answers: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "chartroom_http_answers_total", Help: "Answers to requests, by their code."}, []string{"code"}),
		estate:  prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "chartroom_estate", Help: "What the estate comes to: repositories, people, items, bytes, gaps, repositories with stale evidence, and the time of the last survey in seconds since 1970."}, []string{"of"}),
		fleet:   prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "chartroom_fleet", Help: "The workers: how many were heard of in the last minute; shards that are open, at work, done and given up; bytes left and bytes a second; seconds to the estimated finish."}, []string{"of"})}
	c.registry.MustRegister(c.answers, c.estate, c.fleet)
	return c
}

// answered counts an answer.
func (c *counts) answered(code int) {
	if code == 0 {
		code = http.StatusOK
	}
	c.answers.WithLabelValues(strconv.Itoa(code)).Inc()
}

// metrics are open to whoever is on this machine, and else to tokens and people that may see the map.
func metrics(v *visit) error {
	if v.Who.Name == "" && gate.IsLocal(v.Req) {
		v.Who = audit.Caller{Name: "metrics", Role: audit.Viewer}
	}
	if err := v.Who.Permit(audit.ReadMap); err != nil {
		v.Refuse(err)
		return nil
	}
	total, err := v.room.known.total(v.Ctx(), patience)
	if err != nil {
		return err
	}
	state, err := v.room.cat.State(v.Ctx())
	if err != nil {
		return err
	}
	c := v.room.counts
	c.mu.Lock()
	defer c.mu.Unlock()
	for of, n := range map[string]int64{"repositories": int64(total.Repositories), "people": total.People.Estimate, "items": total.Items, "bytes": total.Bytes, "gaps": total.Gaps,
		"stale": int64(total.Stale), "surveyed_seconds": max(0, state.Ended.Unix())} {
		c.estate.WithLabelValues(of).Set(float64(n))
	}
	if f := v.room.cfg.Fleet; f != nil {
		s := f.Status()
		for of, n := range map[string]float64{"workers": float64(s.Alive(v.room.cfg.Now())), "open": float64(s.Open), "working": float64(s.Working), "done": float64(s.Done), "dead": float64(s.Dead),
			"bytes_left": float64(s.Left), "bytes_per_second": s.Rate, "finish_seconds": s.Finish.Seconds()} {
			c.fleet.WithLabelValues(of).Set(n)
		}
	}
	promhttp.HandlerFor(c.registry, promhttp.HandlerOpts{}).ServeHTTP(v.W, v.Req)
	return nil
}

// healthy says that the room answers.
func healthy(v *visit) error { return v.JSON(map[string]string{"status": "alive"}) }

// prepared says that the catalog answers, too.
func prepared(v *visit) error {
	if _, err := v.room.cat.State(v.Ctx()); err != nil {
		v.room.cfg.Log.Error("the catalog does not answer", "error", err)
		return v.JSONCode(http.StatusServiceUnavailable, map[string]string{"status": "the catalog does not answer"})
	}
	return v.JSON(map[string]string{"status": "ready"})
}

// describe gives the description of the API.
func describe(v *visit) error {
	var all []api.Operation
	for i := range v.room.routes {
		rt := &v.room.routes[i]
		if rt.about == "" {
			continue
		}
		all = append(all, api.Operation{Method: rt.method, Path: rt.pattern, About: rt.about, Role: least(rt.action), Params: rt.params, Answer: rt.answer, Body: rt.large})
	}
	return v.JSON(api.Describe(v.room.cfg.Version, all))
}

// least is the least role that an action needs.
func least(a audit.Action) string {
	for r := audit.Viewer; r <= audit.Admin; r++ {
		if (audit.Caller{Name: "anybody", Role: r}).Permit(a) == nil {
			return r.String()
		}
	}
	return audit.NoRole.String()
}
