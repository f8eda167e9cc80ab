package workers

import (
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/chartroom/chartroom/fleet/worker"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// serve shows a worker's state until it is stopped: in words at /, and for Prometheus at /metrics.
func serve(on net.Listener, name string, c *worker.Counts) (stop func()) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprintf(w, "worker %s: %s\n\nshards  %d done, %d at work in %d slots\nitems   %d\nbytes   %d\ngaps    %d\nfaults  %d\n", name, state(c, time.Now()),
			c.Shards.Load(), c.Working.Load(), c.Slots.Load(), c.Items.Load(), c.Bytes.Load(), c.Gaps.Load(), c.Faults.Load())
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics(c), promhttp.HandlerOpts{}))
	s := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second}
	go s.Serve(on)
	return func() { s.Close() }
}

// state says whether the hub answers.
func state(c *worker.Counts, now time.Time) string {
	last := c.Beat.Load()
	switch {
	case last == 0:
		return "the hub has not answered yet"
	case !c.Connected.Load():
		return fmt.Sprintf("the hub did not answer the last time; it did %s ago", now.Sub(time.Unix(last, 0)).Round(time.Second))
	}
	return "connected"
}

// metrics are the worker's figures.
func metrics(c *worker.Counts) *prometheus.Registry {
	r := prometheus.NewRegistry()
	counter := func(name, help string, get func() int64) {
		r.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "chartroom_worker_" + name, Help: help}, func() float64 { return float64(get()) }))
	}
	gauge := func(name, help string, get func() int64) {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "chartroom_worker_" + name, Help: help}, func() float64 { return float64(get()) }))
	}
	counter("shards_total", "Shards that were done.", c.Shards.Load)
	counter("items_total", "Items that were done.", c.Items.Load)
	counter("bytes_total", "Bytes that were read in deliveries so far.", c.Bytes.Load)
	counter("gaps_total", "Gaps that were told.", c.Gaps.Load)
	counter("faults_total", "Shards that failed and were given back, and calls that the hub found wrong.", c.Faults.Load)
	gauge("slots", "Shards that can be at work at once.", c.Slots.Load)
	gauge("working", "Shards at work.", c.Working.Load)
	gauge("connected", "1 where the hub answered the last call.", func() int64 {
		if c.Connected.Load() {
			return 1
		}
		return 0
	})
	gauge("last_answer_seconds", "When the hub last answered, in seconds since 1970.", c.Beat.Load)
	return r
}
