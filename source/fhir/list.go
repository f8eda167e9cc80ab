package fhir

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
)

// settled is for how long nothing of a type may have been written, by the server's own clock, before its state is a mark: what is written
// at the same time may show later than what is newer.
const settled = 10 * time.Minute

// kind is the handle of a type of resource.
type kind struct {
	name  string
	state state
}

// state is what tells that a type has changed: how many resources there are, and which was updated last, in which version. The zero
// state says that the server does not tell.
type state [sha256.Size]byte

// Items lists the types of resources; with export, the files of a bulk export, which is begun here.
func (s *Server) Items(ctx context.Context, yield func(source.Listed) error) error {
	if s.export != "" {
		return s.exported(ctx, yield)
	}
	offers := s.capability.offers()
	if s.types != nil {
		known := map[string]offer{}
		for _, o := range offers {
			known[o.name] = o
		}
		offers = nil
		for _, name := range s.types { // what the server is silent about may be there
			o, told := known[name]
			offers = append(offers, offer{name: name, search: o.search || !told})
		}
	}
	if len(offers) == 0 {
		return fmt.Errorf("list %s: the CapabilityStatement names no types of resources; name them with types=Patient,Observation", s.name)
	}
	for _, o := range offers {
		l := source.Listed{}
		if !o.search {
			l.Gap = &estate.Gap{Path: o.name, Reason: estate.GapUnreadable, Detail: "the server offers no search of this type", Bytes: -1}
		} else {
			l = s.listed(ctx, o.name)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := yield(l); err != nil {
			return err
		}
	}
	return nil
}

// listed asks for the newest resource of a type, and makes an item of it; a gap, where that is refused.
func (s *Server) listed(ctx context.Context, name string) source.Listed {
	st, old, err := s.newest(ctx, name)
	if code(err) == http.StatusBadRequest || code(err) == http.StatusNotImplemented { // a server without this sort, or count
		st, old = state{}, false
		_, err = s.page(ctx, s.at(name, url.Values{"_count": {"1"}}))
	}
	switch c := code(err); {
	case c == http.StatusNotFound || c == http.StatusGone:
		err = errors.New("the CapabilityStatement names it, and the server does not have it")
	case c >= 400 && c < 500 && c != http.StatusUnauthorized && c != http.StatusForbidden && c != http.StatusTooManyRequests:
		err = fmt.Errorf("the server refuses to search all of them (HTTP %d); it may have a bulk export: export=yes", c)
	}
	if err != nil {
		g := &estate.Gap{Path: name, Reason: estate.GapUnreadable, Bytes: -1}
		var ge *source.GapError
		if err = cold(err); errors.As(err, &ge) {
			g.Reason, err = ge.Reason, ge.Err
		}
		g.Detail = err.Error()
		return source.Listed{Gap: g}
	}
	it := source.Item{Path: name, Bytes: -1, Ref: &kind{name, st}}
	if s.marks && old && st != (state{}) {
		it.Version = "newest-" + hex.EncodeToString(st[:12])
	}
	return source.Listed{Item: it}
}

// newest asks for the state of a type, and whether it is old enough to be a mark. A server may pass over what it does not know of a search, and
// says in the link "self" what it did (FHIR R4, 3.1.1.6): without this sort there, what it shows is not the newest.
func (s *Server) newest(ctx context.Context, name string) (st state, old bool, err error) {
	var b *bundle
	var now time.Time
	address := s.at(name, url.Values{"_count": {"1"}, "_sort": {"-_lastUpdated"}, "_total": {"accurate"}})
	err = s.ask(ctx, request{url: address}, func(a *http.Response) error {
		now, _ = http.ParseTime(a.Header.Get("Date"))
		text, err := held(a.Body)
		if err == nil {
			b, err = parseBundle(text)
		}
		return err
	})
	if err != nil || b.Total == nil || !b.sorted() {
		return state{}, false, err
	}
	var newest struct {
		ID   string `json:"id"`
		Meta struct {
			Version string    `json:"versionId"`
			Updated time.Time `json:"lastUpdated"`
		} `json:"meta"`
	}
	for _, e := range b.Entry {
		if e.Search.Mode == "" || e.Search.Mode == "match" {
			if json.Unmarshal(e.Resource, &newest) != nil || newest.Meta.Updated.IsZero() {
				return state{}, false, nil
			}
			break
		}
	}
	if newest.ID == "" && *b.Total > 0 {
		return state{}, false, nil
	}
	st = sha256.Sum256(fmt.Appendf(nil, "%d|%s|%s|%s", *b.Total, newest.ID, newest.Meta.Version, newest.Meta.Updated.UTC().Format(time.RFC3339Nano)))
	return st, !now.IsZero() && now.Sub(newest.Meta.Updated) > settled, nil
}
