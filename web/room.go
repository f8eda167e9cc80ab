// Package web is the room of the answers: pages for people, an API for programs, logins, surveys and alerts. It asks the catalog, and the
// catalog asks who is asking; nothing here sees a value of a person.
package web

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/web/gate"
	"github.com/chartroom/chartroom/web/login"
	"github.com/chartroom/chartroom/web/page"
	"github.com/chartroom/chartroom/web/surveys"
)

// Config is what a room needs.
type Config struct {
	Catalog    *catalog.Catalog
	Door       *login.Door
	Version    string
	StaleAfter time.Duration     // age of evidence; 0 = catalog.StaleAfter
	TLS        bool              // it is served over TLS
	Hosts      []string          // names by which it may be called, each with its port where that is not the scheme's own
	Surveys    *surveys.Surveyor // starts surveys; nil = they are started elsewhere
	Fleet      Fleet             // who makes them; nil = the room itself does
	KeyFile    string            // of the key, beside which the heads of cases are witnessed
	Sample     SampleTest        // holds a sample against the traces; nil = that is not possible here
	Now        func() time.Time
	Log        *slog.Logger
}

// Room is the web room. It is safe for concurrent use.
type Room struct {
	cfg    Config
	cat    *catalog.Catalog
	door   *login.Door
	gate   *gate.Gate
	routes []route
	known  *known
	counts *counts
	sample chan struct{} // one sample is held against the traces at a time
}

// New makes a room.
func New(cfg Config) (*Room, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	pages, err := page.New()
	if err != nil {
		return nil, fmt.Errorf("make the web room: %w", err)
	}
	r := &Room{cfg: cfg, cat: cfg.Catalog, door: cfg.Door, counts: newCounts(), sample: make(chan struct{}, 1)}
	r.gate = &gate.Gate{Catalog: cfg.Catalog, Door: cfg.Door, Pages: pages, TLS: cfg.TLS, Hosts: cfg.Hosts, Now: cfg.Now, Log: cfg.Log, Answered: r.counts.answered}
	r.known = newKnown(r)
	r.routes = r.table()
	return r, nil
}

// Handler serves the room.
func (r *Room) Handler() http.Handler {
	mux := http.NewServeMux()
	for i := range r.routes {
		rt := &r.routes[i]
		mux.Handle(rt.method+" "+rt.pattern, r.gated(rt))
	}
	mux.Handle("GET /static/", page.Static())
	mux.Handle("/", r.gated(&route{pattern: "/", page: page.NameError, serve: func(v *visit) error {
		return gate.Fail(http.StatusNotFound, "There is nothing at this address.", "The map is at /.")
	}}))
	return r.gate.Guard(mux)
}

// Warm works out what pages wait for, so that the first one does not.
func (r *Room) Warm(ctx context.Context) error {
	_, err := r.known.estate(ctx)
	if err == nil {
		_, err = r.known.total(ctx, time.Hour)
	}
	return err
}

// self is the room itself, as the one who asks where it works something out ahead of anybody's asking.
var self = audit.Caller{Name: "web room", Role: audit.Admin}

// estate gives who can reach what to a caller who may ask about a target.
func (r *Room) estate(ctx context.Context, who audit.Caller, target string) (*access.Estate, error) {
	if err := r.cat.Admit(ctx, who, audit.ReadGrants, target); err != nil {
		return nil, err
	}
	return r.known.estate(ctx)
}

// SampleTest holds a sample against the traces of the inventory, and keeps nothing of it. The name's ending says what it may be.
type SampleTest func(ctx context.Context, who audit.Caller, name string, sample io.Reader) (any, error)
