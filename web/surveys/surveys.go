// Package surveys makes surveys, one after the other, as people ask for them and as the clock says.
package surveys

import (
	"context"
	"errors"

	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/chartroom/chartroom/access/keep"
	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/fingerprint"
	"github.com/chartroom/chartroom/scan/survey"
	"github.com/chartroom/chartroom/web/page"
)

// Surveyor makes surveys: one at a time, as a catalog has one writer. It is safe for concurrent use.
type Surveyor struct {
	Catalog  *catalog.Catalog
	Key      fingerprint.Key
	Settings *survey.Settings
	Now      func() time.Time
	Log      *slog.Logger
	Ended    func(ctx context.Context) // is called behind each survey; may be nil
	// By makes a survey of targets that nobody has opened, as a fleet does; nil = this process opens them, and reads.
	By func(ctx context.Context, j *survey.Job) (catalog.Books, error)

	mu      sync.Mutex
	queue   []asked
	wake    chan struct{}
	now     *going
	number  int
	changed chan struct{} // is closed and made anew whenever something begins or ends
}

// asked is a target that somebody wants to be surveyed.
type asked struct {
	target string
	who    audit.Caller
}

// going is a survey under way.
type going struct {
	number  int
	began   time.Time
	targets []*survey.Target
	cancel  context.CancelFunc
	message string
}

// Errors of surveys.
var (
	ErrNoTarget = errors.New("the file of the estate names no such target")
	ErrIdle     = errors.New("no such survey is under way")
)

// Start asks for a survey of targets by their names, of all where none is named. One that waits already is not surveyed twice.
func (s *Surveyor) Start(ctx context.Context, who audit.Caller, names []string) error {
	all := s.Settings.Targets()
	if len(names) == 0 {
		for _, t := range all {
			names = append(names, t.Label)
		}
	}
	for _, name := range names {
		if !slices.ContainsFunc(all, func(t *survey.Target) bool { return t.Label == name }) {
			return ErrNoTarget
		}
		if err := s.Catalog.Admit(ctx, who, audit.Survey, name); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range names {
		if !slices.ContainsFunc(s.queue, func(a asked) bool { return a.target == name }) {
			s.queue = append(s.queue, asked{name, who})
		}
	}
	s.ready()
	select {
	case s.wake <- struct{}{}:
	default: // it wakes already
	}
	return nil
}

// ready makes the channels; the lock is held.
func (s *Surveyor) ready() {
	if s.wake == nil {
		s.wake, s.changed = make(chan struct{}, 1), make(chan struct{})
	}
}

// Cancel ends the survey of a number. What it read is kept, and what waits behind it begins.
func (s *Surveyor) Cancel(ctx context.Context, who audit.Caller, number int) error {
	s.mu.Lock()
	g := s.now
	s.mu.Unlock()
	if g == nil || g.number != number {
		return ErrIdle
	}
	if err := s.Catalog.Admit(ctx, who, audit.Survey, "cancel"); err != nil {
		return err
	}
	g.cancel()
	return nil
}

// Run makes the surveys that are asked for until the context ends.
func (s *Surveyor) Run(ctx context.Context) {
	s.mu.Lock()
	s.ready()
	s.mu.Unlock()
	for {
		who, names := s.next()
		if len(names) > 0 {
			s.survey(ctx, who, names)
		} else {
			select {
			case <-s.wake:
			case <-ctx.Done():
				return
			}
		}
		if ctx.Err() != nil {
			return
		}
	}
}

// next takes all that the first in the queue has asked for.
func (s *Surveyor) next() (who audit.Caller, names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = slices.DeleteFunc(s.queue, func(a asked) bool {
		if who.Name == "" {
			who = a.who
		}
		if a.who != who {
			return false
		}
		names = append(names, a.target)
		return true
	})
	return who, names
}

func (s *Surveyor) survey(ctx context.Context, who audit.Caller, names []string) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	targets := slices.DeleteFunc(s.Settings.Targets(), func(t *survey.Target) bool { return !slices.Contains(names, t.Label) })
	s.mu.Lock()
	s.number++
	s.now = &going{number: s.number, began: s.Now(), targets: targets, cancel: cancel}
	s.tell()
	s.mu.Unlock()
	err := s.make(ctx, who, targets)
	if err != nil {
		s.Log.Error("a survey did not come to its end", "targets", names, "error", err)
	}
	if s.Ended != nil {
		s.Ended(context.WithoutCancel(ctx))
	}
	s.mu.Lock()
	s.now = nil
	s.tell()
	s.mu.Unlock()
}

// tell wakes who follows the surveys; the lock is held.
func (s *Surveyor) tell() {
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *Surveyor) make(ctx context.Context, who audit.Caller, targets []*survey.Target) error {
	job := &survey.Job{Catalog: s.Catalog, Who: who, Key: s.Key, Settings: s.Settings, Targets: targets, Warn: func(words string) { s.Log.Warn(words) }}
	by := s.By
	if by == nil {
		by = s.here
	}
	if _, err := by(ctx, job); err != nil {
		return err
	}
	return keep.Save(ctx, s.Catalog, keep.Question{Who: who, Now: s.Now(), Version: s.Settings.Version})
}

// here makes a survey in this process.
func (s *Surveyor) here(ctx context.Context, job *survey.Job) (catalog.Books, error) {
	warnings, err := survey.Open(ctx, job.Targets, s.Settings.AtOnce)
	if err != nil {
		return catalog.Books{}, err
	}
	for _, w := range warnings {
		job.Warn(w)
	}
	for _, t := range job.Targets {
		if t.Failure != nil {
			s.Log.Error("a target could not be opened", "target", t.Label, "error", t.Failure)
		}
	}
	return job.Run(ctx)
}

// Progress tells how the survey under way goes, target by target, and gives a channel that is closed when one begins or ends.
func (s *Surveyor) Progress() ([]page.Progress, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ready()
	out := []page.Progress{}
	if s.now == nil {
		return out, s.changed
	}
	for _, t := range s.now.targets {
		p := t.Progress
		one := page.Progress{ID: fmt.Sprint(s.now.number), Target: t.Label, Began: s.now.began, Items: p.Done.Load(), Listed: p.Listed.Load(), Bytes: p.DoneBytes.Load(), People: p.People(), Gaps: p.Gaps.Load()}
		switch listed := p.ListedBytes.Load(); {
		case t.Failure != nil:
			one.Message = "could not be opened"
		case t.Finished():
			one.Message = "read"
		case one.Bytes > 0 && listed > one.Bytes:
			spent := s.Now().Sub(s.now.began)
			one.Left = time.Duration(float64(spent) * float64(listed-one.Bytes) / float64(one.Bytes))
		}
		out = append(out, one)
	}
	return out, s.changed
}

// Busy tells whether a target is being surveyed or waits for it.
func (s *Surveyor) Busy(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.queue, func(a asked) bool { return a.target == name }) ||
		s.now != nil && slices.ContainsFunc(s.now.targets, func(t *survey.Target) bool { return t.Label == name })
}
