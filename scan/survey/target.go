package survey

import (
	"context"
	"errors"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/chartroom/chartroom/estate/declared"
	"github.com/chartroom/chartroom/scan"
	"github.com/chartroom/chartroom/source"
	sourceall "github.com/chartroom/chartroom/source/all"
	sourcedeclared "github.com/chartroom/chartroom/source/declared"
	"github.com/chartroom/chartroom/source/iam"
	"github.com/chartroom/chartroom/source/opengraph"
)

// Target is a place on its way through a survey.
type Target struct {
	Label     string // what the user calls it
	Address   string // with what a source must know, and without secrets
	Custodian string
	Owner     string
	Sample    declared.Share
	Limits    declared.Limits
	Copied    bool // its own rights say nothing
	Schedule  string
	Enclave   string // whose workers survey it, where there is a fleet; "" = the hub's own
	Progress  *scan.Progress

	Sources      []source.Source // once it was opened here
	Repositories []string        // by name, once it was opened anywhere
	Failure      error           // it could not be opened

	every    time.Duration
	finished atomic.Bool
}

// NewTarget makes one of an address that somebody typed.
func NewTarget(address string) *Target {
	return &Target{Label: address, Address: address, Progress: &scan.Progress{}}
}

// Finished tells whether its survey has ended.
func (t *Target) Finished() bool { return t.finished.Load() }

// Finish notes that its survey has ended.
func (t *Target) Finish() { t.finished.Store(true) }

// Targets makes those that the file of the estate describes, in its order.
func (s *Settings) Targets() []*Target {
	if s.Estate == nil {
		return nil
	}
	dir := filepath.Dir(s.Path)
	var out []*Target
	for i := range s.Estate.Targets {
		d := &s.Estate.Targets[i]
		t := &Target{Label: d.Label(), Address: d.URL, Custodian: d.Custodian, Owner: d.Owner, Copied: d.Access == "declared", Sample: d.Sample, Limits: d.Limits, Schedule: d.Schedule, Enclave: d.Enclave, Progress: &scan.Progress{}}
		t.every, _ = declared.Every(d.Schedule) // it was checked with the file
		if d.URL == "" {
			t.Address = Under(dir, d.Path)
		} else {
			t.Address = withOptions(d.URL, map[string]string{"password_env": d.Password.Env, "password_file": Under(dir, d.Password.File), "password_keyring": d.Password.Keyring, "rate": d.Limits.Rate})
		}
		out = append(out, t)
	}
	return out
}

// Under is a path as it is meant in a file that stands in a folder.
func Under(dir, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// withOptions adds options to an address.
func withOptions(address string, options map[string]string) string {
	base, query, _ := strings.Cut(address, "?")
	for _, name := range slices.Sorted(maps.Keys(options)) {
		if options[name] == "" {
			continue
		}
		if query != "" {
			query += "&"
		}
		query += name + "=" + url.QueryEscape(options[name])
	}
	if query == "" {
		return base
	}
	return base + "?" + query
}

// Options say what is surveyed how, the target's own limits over those of all.
func (t *Target) Options(o scan.Options, s *Settings) scan.Options {
	l := s.Limits
	if t.Limits.Workers > 0 {
		o.Workers = min(o.Workers, t.Limits.Workers)
	}
	if t.Limits.InnerMiB > 0 {
		l.Base = t.Limits.InnerMiB << 20
	}
	if t.Limits.InnerRatio > 0 {
		l.Ratio = t.Limits.InnerRatio
	}
	if t.Limits.Members > 0 {
		l.Members = t.Limits.Members
	}
	if t.Limits.Depth > 0 {
		l.Depth = t.Limits.Depth
	}
	if t.Limits.ItemTime > 0 {
		l.ItemTime = time.Duration(t.Limits.ItemTime)
	}
	o.Limits, o.Rules, o.Progress, o.Sample.Share = l, s.Rules(l), t.Progress, float64(t.Sample)
	return o
}

// Open makes the sources of targets, several at once, and gives what is to be warned of: logins that may do more than they need. A target that
// cannot be opened has a Failure, and where its repository is known, a source of nothing but that gap.
func Open(ctx context.Context, targets []*Target, most int) (warnings []string, err error) {
	each := make([][]string, len(targets))
	atOnce(most, len(targets), func(i int) {
		t := targets[i]
		defer t.name()
		if t.Sources, t.Failure = sourceall.Open(ctx, t.Address, t.Custodian); t.Failure == nil {
			for _, src := range t.Sources {
				each[i] = append(each[i], sourceall.Warnings(src)...)
			}
			return
		}
		var te *source.TargetError
		if errors.As(t.Failure, &te) && te.Repository.Name != "" {
			t.Sources = []source.Source{source.Closed(te.Repository, t.Failure.Error())}
		}
	})
	for _, w := range each {
		warnings = append(warnings, w...)
	}
	return warnings, ctx.Err()
}

// name notes the names of what was opened.
func (t *Target) name() {
	t.Repositories = nil
	for _, src := range t.Sources {
		t.Repositories = append(t.Repositories, src.Repository().Name)
	}
}

// Collectors are the sources of nothing but grants: what the file of the estate declares, and the graphs and accounts that it names.
func (s *Settings) Collectors() []source.Source {
	e := s.Estate
	if e == nil || len(e.Facts)+len(e.Register)+len(e.Custodians) == 0 {
		return nil
	}
	out := []source.Source{sourcedeclared.New(e, s.Path)}
	for i := range e.Facts {
		switch f := &e.Facts[i]; f.Type {
		case "graph":
			out = append(out, opengraph.New(Under(filepath.Dir(s.Path), f.File), f.Name))
		case "aws_account":
			out = append(out, iam.New(Under(filepath.Dir(s.Path), f.File), f.Name, f.Custodian))
		}
	}
	return out
}
