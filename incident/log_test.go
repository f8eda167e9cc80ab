package incident

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

var t0 = time.Date(2026, 11, 1, 8, 30, 0, 0, time.UTC)

func logged(t *testing.T, n int) []Line {
	t.Helper()
	var out []Line
	previous := ""
	for i := range n {
		body, _ := json.Marshal(map[string]int{"n": i})
		l, err := Seal(Entry{Number: i + 1, At: t0.Add(time.Duration(i) * time.Minute), Author: "Ada <ada@example.org>", Kind: Noted, Body: body, Previous: previous})
		if err != nil {
			t.Fatal(err)
		}
		out, previous = append(out, l), l.Hash
	}
	return out
}

func TestALogReadsBackAsItWasWritten(t *testing.T) {
	got, err := Read(logged(t, 5))
	if err != nil || len(got) != 5 || got[4].Author != "Ada <ada@example.org>" || string(got[4].Body) != `{"n":4}` {
		t.Errorf("%v %v", got, err)
	}
}

// TestEveryChangedByteIsFound: a thief of the log can change a line, and even its hash, but then the next line does not follow it.
func TestEveryChangedByteIsFound(t *testing.T) {
	lines := logged(t, 6)
	r := rand.New(rand.NewPCG(1, 2))
	for range 5_000 {
		changed := append([]Line(nil), lines...)
		at := r.IntN(len(lines))
		b := bytes.Clone(lines[at].Bytes)
		b[r.IntN(len(b))] ^= byte(1 + r.IntN(255))
		changed[at].Bytes = b
		if _, err := Read(changed); !errors.Is(err, ErrBroken) {
			t.Fatalf("a changed byte of line %d is not found: %v", at+1, err)
		}
		if changed[at].Hash = hash(b); at < len(lines)-1 {
			if _, err := Read(changed); !errors.Is(err, ErrBroken) {
				t.Fatalf("line %d was forged, and that is not found", at+1)
			}
		}
	}
	for name, c := range map[string][]Line{"one taken out": append(append([]Line(nil), lines[:2]...), lines[3:]...), "two exchanged": {lines[1], lines[0]}, "no beginning": lines[1:]} {
		if _, err := Read(c); !errors.Is(err, ErrBroken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestALineIsBounded(t *testing.T) {
	body, _ := json.Marshal(strings.Repeat("x", maxLine))
	if _, err := Seal(Entry{Number: 1, Body: body}); err == nil || !strings.Contains(err.Error(), "as evidence instead") {
		t.Error(err)
	}
}
