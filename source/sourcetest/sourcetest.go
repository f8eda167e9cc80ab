// Package sourcetest is the contract of sources: one suite that every source runs against the real thing.
package sourcetest

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
)

// Subject is a source to be held to the contract, and how to meddle with what it reads.
type Subject struct {
	Open    func(t testing.TB) source.Source      // the same repository each time
	Items   []string                              // what is in it and can be read: at least three items
	Gaps    []string                              // what is in it and cannot
	Large   string                                // one of Items, of several MiB
	Change  func(t testing.TB, path string)       // changes an item, so that only its mark tells
	Remove  func(t testing.TB, path string)       // removes an item
	Moments bool                                  // an item is as it was when the listing or the reading began, whatever is written meanwhile
	Settle  func(t testing.TB, src source.Source) // waits until a change shows in the marks; may be nil
}

// patience is how long anything may take that should end at once.
const patience = 20 * time.Second

// listing is what a source lists.
type listing struct {
	items map[string]source.Item
	gaps  map[string]*estate.Gap
}

func list(ctx context.Context, t testing.TB, src source.Source) listing {
	t.Helper()
	l := listing{map[string]source.Item{}, map[string]*estate.Gap{}}
	err := src.Items(ctx, func(e source.Listed) error {
		path := e.Item.Path
		if e.Gap != nil {
			path = e.Gap.Path
			l.gaps[path] = e.Gap
			if e.Gap.Reason == "" || e.Gap.Detail == "" {
				t.Errorf("the gap at %q does not say why", path)
			}
		} else if _, twice := l.items[path]; twice {
			t.Errorf("%q is listed twice", path)
		} else {
			l.items[path] = e.Item
		}
		if !utf8.ValidString(path) || e.Item.Bytes < -1 {
			t.Errorf("%q is listed with %d bytes", path, e.Item.Bytes)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("list: %v", err)
	}
	return l
}

// Run holds a source to the contract. Change and Remove are used last, so that their order does not matter.
func Run(t *testing.T, s Subject) {
	t.Run("lists all, each once", s.lists)
	t.Run("opens each, again and side by side", s.opens)
	t.Run("may be closed in the middle", s.closesEarly)
	t.Run("ends its listing when told", s.stops)
	t.Run("ends its reading when told", s.cancels)
	t.Run("finds each again", s.finds)
	t.Run("knows its own items only", s.foreign)
	t.Run("notices a change", s.changes)
	t.Run("notices what is gone", s.vanishes)
}

func (s Subject) lists(t *testing.T) {
	src := s.Open(t)
	if r := src.Repository(); r.Name == "" || r.Kind == "" {
		t.Errorf("the repository is %+v", r)
	}
	l := list(t.Context(), t, src)
	var items, gaps []string
	for path := range l.items {
		items = append(items, path)
	}
	for path := range l.gaps {
		gaps = append(gaps, path)
	}
	for _, c := range []struct{ got, want []string }{{items, s.Items}, {gaps, s.Gaps}} {
		slices.Sort(c.got)
		want := slices.Sorted(slices.Values(c.want))
		if !slices.Equal(c.got, want) {
			t.Errorf("listed %q, want %q", c.got, want)
		}
	}
	again := list(t.Context(), t, s.Open(t))
	for path, it := range l.items {
		if v := again.items[path].Version; v != it.Version {
			t.Errorf("%s is unchanged, and has the versions %q and %q", path, it.Version, v)
		}
	}
}

func (s Subject) opens(t *testing.T) {
	src := s.Open(t)
	l := list(t.Context(), t, src)
	var wait sync.WaitGroup
	for range 3 {
		for path, it := range l.items {
			wait.Go(func() {
				body, err := src.Open(t.Context(), it)
				if err != nil {
					t.Errorf("open %s: %v", path, err)
					return
				}
				n, err := io.Copy(io.Discard, body)
				if err := errors.Join(err, body.Close()); err != nil || path == s.Large && n < 2<<20 {
					t.Errorf("read %s: %d bytes, %v", path, n, err)
				}
			})
		}
	}
	wait.Wait()
}

func (s Subject) closesEarly(t *testing.T) {
	src := s.Open(t)
	l := list(t.Context(), t, src)
	for range 40 {
		body, err := src.Open(t.Context(), l.items[s.Large])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := body.Read(make([]byte, 10)); err != nil {
			t.Fatal(err)
		}
		if err := body.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func (s Subject) stops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	err := s.Open(t).Items(ctx, func(source.Listed) error { n++; cancel(); return nil })
	if !errors.Is(err, context.Canceled) || n != 1 {
		t.Errorf("a stop ended the listing with %v, after %d", err, n)
	}
	stop := errors.New("stop")
	if err := s.Open(t).Items(t.Context(), func(source.Listed) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("the listing ended with %v", err)
	}
	if err := s.Open(t).Items(ctx, func(source.Listed) error { return nil }); err == nil {
		t.Error("a listing began after its end")
	}
}

func (s Subject) cancels(t *testing.T) {
	src := s.Open(t)
	l := list(t.Context(), t, src)
	ctx, cancel := context.WithCancel(t.Context())
	body, err := src.Open(ctx, l.items[s.Large])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(body, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	cancel()
	began := time.Now()
	if _, err := io.Copy(io.Discard, body); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("a stop ended the reading with %v", err)
	}
	_ = body.Close() // may say that it was stopped
	if took := time.Since(began); took > patience {
		t.Errorf("a stop took %s", took)
	}
	if _, err := src.Open(ctx, l.items[s.Items[0]]); s.Moments && err == nil {
		t.Error("an item was opened after the end")
	}
	body, err = src.Open(t.Context(), l.items[s.Items[0]])
	if err != nil {
		t.Fatalf("after a stop: %v", err)
	}
	_ = body.Close()
}

func (s Subject) foreign(t *testing.T) {
	src := s.Open(t)
	list(t.Context(), t, src)
	if _, err := src.Open(t.Context(), source.Item{Path: "of another source", Ref: struct{}{}}); err == nil {
		t.Error("an item of another source was opened")
	}
}

func (s Subject) changes(t *testing.T) {
	src, path := s.Open(t), s.Items[0]
	before := list(t.Context(), t, src).items[path]
	body, err := src.Open(t.Context(), before)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(io.Discard, body)
	s.Change(t, path)
	if e := body.Close(); err != nil || errors.Is(e, source.ErrChanged) == s.Moments {
		t.Errorf("close after a change: %v, %v", err, e)
	}
	if s.Settle != nil {
		s.Settle(t, src)
	}
	if after := list(t.Context(), t, s.Open(t)).items[path]; after.Version == before.Version && before.Version != "" {
		t.Errorf("a changed item keeps the version %q", before.Version)
	}
}

func (s Subject) vanishes(t *testing.T) {
	src, path := s.Open(t), s.Items[len(s.Items)-1]
	item := list(t.Context(), t, src).items[path]
	s.Remove(t, path)
	_, err := src.Open(t.Context(), item)
	var gap *source.GapError
	if !errors.As(err, &gap) || gap.Reason != estate.GapVanished {
		t.Errorf("open an item that is gone: %v", err)
	}
	if _, still := list(t.Context(), t, s.Open(t)).items[path]; still {
		t.Error("what is gone is listed")
	}
}
