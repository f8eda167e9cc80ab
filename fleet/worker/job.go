package worker

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/fingerprint"
	"github.com/chartroom/chartroom/fleet"
	"github.com/chartroom/chartroom/scan"
	"github.com/chartroom/chartroom/scan/survey"
)

// job is what the shards of a run share, ready for use.
type job struct {
	fleet.Job
	key      fingerprint.Key
	engine   *detect.Engine
	settings *survey.Settings
	rules    string // by which this worker would go
}

// newJob makes a job ready.
func (w *Worker) newJob(j *fleet.Job) (*job, error) {
	key, err := fingerprint.KeyOf(j.Key)
	if err != nil {
		return nil, err
	}
	custom, err := detect.Compile(j.Identifiers)
	if err != nil {
		return nil, fmt.Errorf("the identifiers of the run: %w", err)
	}
	bare := survey.Settings{Identifiers: j.Identifiers}
	out := &job{Job: *j, key: key, engine: detect.New(custom), rules: bare.Rules(scan.Limits{}),
		settings: &survey.Settings{Identifiers: j.Identifiers, Converters: w.Converters, Version: w.Version}}
	out.Key = nil
	return out, nil
}

// options say how something of a target is read.
func (j *job) options(w *Worker, t *fleet.Target) scan.Options {
	o := scan.Options{Engine: j.engine, Key: j.key, Rules: j.settings.Rules(t.Limits), Limits: t.Limits, Converters: w.Converters, Workers: w.Slots, Turns: w.local}
	o.Sample.Share, o.Sample.Seed = t.Share, t.Seed
	return o
}

// jobs are those that the worker knows: one, and two where a run follows another.
type jobs struct {
	mu  sync.Mutex
	all []*job
}

func (js *jobs) of(run int64) *job {
	js.mu.Lock()
	defer js.mu.Unlock()
	for _, j := range js.all {
		if j.Run == run {
			return j
		}
	}
	return nil
}

func (js *jobs) add(j *job) {
	js.mu.Lock()
	defer js.mu.Unlock()
	js.all = slices.DeleteFunc(js.all, func(o *job) bool { return o.Run == j.Run })
	if js.all = append(js.all, j); len(js.all) > 2 {
		js.all = slices.Clone(js.all[1:])
	}
}

func (js *jobs) forget(run int64) {
	js.mu.Lock()
	defer js.mu.Unlock()
	js.all = slices.DeleteFunc(js.all, func(j *job) bool { return j.Run == run })
}

func (js *jobs) runs() (out []int64) {
	js.mu.Lock()
	defer js.mu.Unlock()
	for _, j := range js.all {
		out = append(out, j.Run)
	}
	return out
}

// claim asks for the shard of a ticket. The job is nil where there is nothing to be done.
func (w *Worker) claim(ctx context.Context, t fleet.Ticket) (*fleet.Claimed, *job, error) {
	for range 2 { // where the first answer brings a job by other rules, the second tells the hub so
		j := w.jobs.of(t.Run)
		c := &fleet.Claim{Ticket: t, NeedJob: j == nil}
		if j != nil {
			c.Rules = j.rules
		}
		claimed := &fleet.Claimed{}
		if err := w.ask(ctx, fleet.CallClaim, c, claimed); err != nil {
			return nil, nil, err
		}
		if j == nil && claimed.Job != nil {
			if claimed.Job.Run != t.Run {
				return nil, nil, fmt.Errorf("%w: a job of another run", fleet.ErrWords)
			}
			var err error
			if j, err = w.newJob(claimed.Job); err != nil {
				return nil, nil, err
			}
			w.jobs.add(j)
			if j.rules != j.Rules {
				w.Log.Warn("the hub goes by other rules than this worker; bring them to the same version", "hub", j.Rules, "worker", j.rules)
				continue
			}
		}
		switch {
		case j != nil && j.rules != j.Rules:
			claimed.Verdict, claimed.Wait = fleet.Later, max(claimed.Wait, usualHello)
		case j == nil && claimed.Verdict == fleet.Go:
			return nil, nil, fmt.Errorf("%w: a shard without its job", fleet.ErrWords)
		}
		return claimed, j, nil
	}
	return &fleet.Claimed{Verdict: fleet.Later, Wait: usualHello}, nil, nil
}
