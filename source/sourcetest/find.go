package sourcetest

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"testing"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
)

func (s Subject) finds(t *testing.T) { Finds(t, s.Open) }

// Finds holds a source to what package source says of a Finder: what one lists, another that was opened alike finds again, with the same
// version and the same bytes, with its path alone or with its version; a gap is the same gap, and anything else is gone.
func Finds(t *testing.T, open func(testing.TB) source.Source) {
	src, other := open(t), open(t)
	l := list(t.Context(), t, src)
	finder := source.NewFinder(t.Context(), other)
	for path, it := range l.items {
		for _, was := range []source.Item{{Path: path}, {Path: path, Version: it.Version}, {Path: path, Version: "another 0 0"}} {
			found, err := finder.Find(t.Context(), was)
			if err != nil || found.Path != path || found.Version != it.Version || found.Bytes != it.Bytes || !found.Modified.Equal(it.Modified) {
				t.Errorf("found %q as %+v, %v; it was listed as %+v", path, found, err, it)
			} else if !bytes.Equal(content(t, src, it), content(t, other, found)) {
				t.Errorf("%q is another where it was found", path)
			}
		}
	}
	for path, g := range l.gaps {
		if g.Under || path == "?versions" {
			continue
		}
		_, err := finder.Find(t.Context(), source.Item{Path: path})
		var gap *source.GapError
		if !errors.As(err, &gap) || gap.Reason != g.Reason || gap.Err.Error() != g.Detail {
			t.Errorf("found the gap at %q as %v", path, err)
		}
	}
	for _, path := range []string{"", ".", "..", "/", "../" + "x", "/etc/passwd", "no such item", "a\\", "a\\x6", "\\x61", "a\\u00e9", "a\x00b", "\xff"} {
		if _, listed := l.items[path]; listed {
			continue
		}
		it, err := finder.Find(t.Context(), source.Item{Path: path})
		var gap *source.GapError
		if !errors.As(err, &gap) || gap.Reason != estate.GapVanished {
			t.Errorf("what was never listed, %q, was found: %+v, %v", path, it, err)
		}
	}
}

// content gives a digest of what an item holds.
func content(t testing.TB, src source.Source, it source.Item) []byte {
	t.Helper()
	body, err := src.Open(t.Context(), it)
	if err != nil {
		t.Errorf("open %s: %v", it.Path, err)
		return nil
	}
	sum := sha256.New()
	_, err = io.Copy(sum, body)
	if err := errors.Join(err, body.Close()); err != nil {
		t.Errorf("read %s: %v", it.Path, err)
	}
	return sum.Sum(nil)
}
