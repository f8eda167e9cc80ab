package claims

import (
	"io"
	"path/filepath"
	"strings"
	"testing"
)

func TestWhereASampleIsReadFrom(t *testing.T) {
	src, err := Source("-", strings.NewReader("Okonkwo, Adaeze 03/14/1962"))
	if err != nil || src.Repository().Name != "pasted text" {
		t.Error(err)
	}
	if _, err := Source("-", io.LimitReader(endless{}, mostPasted+10)); err == nil || !strings.Contains(err.Error(), "put the sample in a file") {
		t.Error(err)
	}
	if _, err := Source(filepath.Join(t.TempDir(), "none"), nil); err == nil {
		t.Error("a file that is not there")
	}
	if _, err := Leaks([]string{t.TempDir(), filepath.Join(t.TempDir(), "none")}); err == nil {
		t.Error("a leak that is not there")
	}
	if all, err := Leaks([]string{t.TempDir()}); err != nil || len(all) != 1 {
		t.Error(all, err)
	}
}

// endless is a pipe that nobody closes.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }
