package source

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/chartroom/chartroom/estate"
)

// shelf is a source of so many items without content, which counts how often it was listed.
type shelf struct {
	Source
	items, listed int
	fail          error
}

func (s *shelf) Items(_ context.Context, yield func(Listed) error) error {
	s.listed++
	for i := range s.items {
		if err := yield(Listed{Item: Item{Path: fmt.Sprint(i), Version: "1", Ref: i}}); err != nil {
			return err
		}
	}
	if err := yield(Listed{Gap: &estate.Gap{Path: "locked", Reason: estate.GapUnreadable, Detail: "no right"}}); err != nil {
		return err
	}
	return s.fail
}

func TestAnySourceFindsByListingOnce(t *testing.T) {
	s := &shelf{items: 3}
	f := NewFinder(t.Context(), s)
	for range 3 {
		if it, err := f.Find(t.Context(), Item{Path: "2"}); err != nil || it.Ref != 2 || it.Version != "1" {
			t.Errorf("found %+v, %v", it, err)
		}
		var gap *GapError
		if _, err := f.Find(t.Context(), Item{Path: "3"}); !errors.As(err, &gap) || gap.Reason != estate.GapVanished {
			t.Errorf("found what is not there: %v", err)
		}
		if _, err := f.Find(t.Context(), Item{Path: "locked"}); !errors.As(err, &gap) || gap.Reason != estate.GapUnreadable || gap.Err.Error() != "no right" {
			t.Errorf("found a gap: %v", err)
		}
	}
	if s.listed != 1 {
		t.Errorf("it was listed %d times", s.listed)
	}
	if NewFinder(t.Context(), finding{s}) != (finding{s}) {
		t.Error("a finder was put around one")
	}
}

type finding struct{ *shelf }

func (finding) Find(context.Context, Item) (Item, error) { return Item{}, nil }

func TestAFailedListingIsMadeAgain(t *testing.T) {
	s := &shelf{items: 3, fail: errors.New("the server is away")}
	f := NewFinder(t.Context(), s)
	var gap *GapError
	if _, err := f.Find(t.Context(), Item{Path: "2"}); !errors.Is(err, s.fail) || errors.As(err, &gap) {
		t.Errorf("found in a listing that failed: %v", err)
	}
	s.fail = nil
	if it, err := f.Find(t.Context(), Item{Path: "2"}); err != nil || it.Ref != 2 {
		t.Errorf("found %+v, %v", it, err)
	}
}

func TestAListingThatIsKeptIsBounded(t *testing.T) {
	f := NewFinder(t.Context(), &shelf{items: lookupItems + 1})
	if _, err := f.Find(t.Context(), Item{Path: fmt.Sprint(lookupItems - 1)}); err != nil {
		t.Error(err)
	}
	var gap *GapError
	if _, err := f.Find(t.Context(), Item{Path: fmt.Sprint(lookupItems)}); !errors.As(err, &gap) || gap.Reason != estate.GapLimit {
		t.Errorf("behind the bound: %v", err)
	}
}
