package fleets

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/fleet"
	"github.com/chartroom/chartroom/fleet/hub"
	"github.com/chartroom/chartroom/fleet/inside"
	"github.com/chartroom/chartroom/fleet/worker"
	"github.com/chartroom/chartroom/format/converter"
	"github.com/chartroom/chartroom/scan/survey"
)

// Size is a number of bytes, written 256MiB.
type Size int64

// UnmarshalText reads the size.
func (s *Size) UnmarshalText(b []byte) error {
	text := strings.TrimSpace(string(b))
	for unit, shift := range map[string]int{"KiB": 10, "MiB": 20, "GiB": 30} {
		if number, ok := strings.CutSuffix(text, unit); ok {
			n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 32)
			if err == nil && n > 0 {
				*s = Size(n << shift)
				return nil
			}
		}
	}
	return fmt.Errorf("%q is no size such as 256MiB", b)
}

// Wanted tells whether the settings ask for a fleet.
func (c *Config) Wanted() bool { return c.outside() || c.WorkersHere > 0 }

// outside tells whether workers come from outside of this process.
func (c *Config) outside() bool { return c.Listen != "" || c.Leaf != "" || len(c.NATS) > 0 }

// Crew is what a fleet needs of the program.
type Crew struct {
	Place
	Version    string
	Converters []converter.Converter // of workers in this process
	Slots      int                   // of theirs, where nothing else is said
	Warn       func(string)
}

// Fleet is a hub with its line, and with the workers of this process where there are some. The room shows it, and surveys by it.
type Fleet struct {
	hub  *hub.Hub
	line *Line          // nil = all workers are in this process
	here *worker.Worker // nil = none is
}

// errHere says that two ways of having workers were named.
var errHere = errors.New("workers in the hub's own process are for a hub alone: where others connect, enrol one for this machine, too, and start chartroom worker here")

// Start makes a fleet as the settings say. With no way in for workers from outside, they are in this process.
func (c *Config) Start(ctx context.Context, crew Crew) (*Fleet, error) {
	f := &Fleet{hub: &hub.Hub{Catalog: crew.Catalog, Version: crew.Version, Large: int64(c.Large), Warn: crew.Warn}}
	switch {
	case !c.outside():
		line := inside.New(Main)
		slots := crew.Slots
		if c.WorkersHere > 0 {
			slots = c.WorkersHere
		}
		f.hub.Line = line
		f.here = &worker.Worker{Post: line.Post("here"), Version: crew.Version, Slots: slots, Converters: crew.Converters} // what it would say, the hub says
	case c.WorkersHere > 0:
		return nil, errHere
	default:
		var err error
		if f.line, err = c.Open(ctx, crew.Place); err != nil {
			return nil, err
		}
		f.hub.Line = f.line
		crew.Log.Info("workers connect", "at", f.line.Address())
	}
	return f, nil
}

// Close ends the line.
func (f *Fleet) Close() {
	if f.line != nil {
		f.line.Close()
	}
}

// Run answers the workers, and lets those of this process work, until the context ends.
func (f *Fleet) Run(ctx context.Context) error {
	var beside sync.WaitGroup
	defer beside.Wait()
	if f.here != nil {
		beside.Go(func() {
			if err := f.here.Run(ctx); err != nil && ctx.Err() == nil {
				f.hub.Warn("the worker of this process ended: " + err.Error())
			}
		})
	}
	return f.hub.Serve(ctx)
}

// Survey makes a survey by the fleet, which must run. Its targets need not be open here.
func (f *Fleet) Survey(ctx context.Context, j *survey.Job) (catalog.Books, error) {
	return f.hub.Survey(ctx, &hub.Job{Who: j.Who, Key: j.Key, Settings: j.Settings, Targets: j.Targets})
}

// Alone makes one survey, and runs for as long as it takes.
func (f *Fleet) Alone(ctx context.Context, j *survey.Job) (catalog.Books, error) {
	running, stop := context.WithCancel(ctx)
	var beside sync.WaitGroup
	defer beside.Wait()
	defer stop()
	beside.Go(func() {
		if err := f.Run(running); err != nil && running.Err() == nil {
			f.hub.Warn(err.Error())
		}
	})
	return f.Survey(ctx, j)
}

// Status tells how the fleet stands.
func (f *Fleet) Status() fleet.Status { return f.hub.Status() }

// Pause lets no further shard begin until Resume.
func (f *Fleet) Pause() { f.hub.Pause() }

// Resume ends a pause.
func (f *Fleet) Resume() { f.hub.Resume() }

// Drain lets a worker finish what it has, and gives it nothing more.
func (f *Fleet) Drain(name string) error { return f.hub.Drain(name) }
