package catalog

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chartroom/chartroom/estate"
)

// writerEnv makes the test binary a process that writes until it is killed.
const writerEnv = "CHARTROOM_TEST_WRITER"

// A process that is killed in the middle of its work leaves whole items, and the next one takes over.
func TestAKilledProcessLeavesWholeItems(t *testing.T) {
	if path := os.Getenv(writerEnv); path != "" {
		writeUntilKilled(t, path)
		return
	}
	s := newStory(t)
	for round := range 3 {
		child := exec.Command(os.Args[0], "-test.run=^TestAKilledProcessLeavesWholeItems$")
		child.Env = append(os.Environ(), writerEnv+"="+s.c.Path())
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; n < 5+round*7 && lines.Scan(); n++ {
		}
		if _, err := s.c.Begin(s.ctx, officer, RunSpec{}); !errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), "process "+strconv.Itoa(child.Process.Pid)) {
			t.Errorf("another process writes, and we are told %v", err)
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait() // it was killed, and says so
		s.wholeItems()
	}
	r := s.begin()
	s.append(r, killItem(0).facts())
	if _, err := r.Finish(s.ctx, complete(archive, 1)); err != nil {
		t.Fatal(err)
	}
	if n := len(s.items(Filter{})); n != 2 {
		t.Errorf("%d items after a complete listing of one archive with one table", n)
	}
}

// killItem is an archive with a table of two people.
func killItem(n int) thing {
	z := thing{path: fmt.Sprintf("%03d/box-%d.zip", n%50, n), version: "1", coverage: estate.All}
	z.inner = []thing{csv(z.path+"!/a.csv", "", 2*n, 2*n+1)}
	z.gaps = []estate.Gap{{Repository: archive, Path: z.path + "!/b.bin", Reason: estate.GapUnknown}}
	return z
}

func writeUntilKilled(t *testing.T, path string) {
	c, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Begin(t.Context(), officer, RunSpec{})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Repository(t.Context(), estate.Repository{Name: archive, Kind: "files"}); err != nil {
		t.Fatal(err)
	}
	for n := 0; n < 250; n += 8 {
		var facts []estate.Fact
		for i := range 8 {
			one := killItem(n + i).facts()
			if i%2 == 1 {
				one = staged(t, r, one)
			}
			facts = append(facts, one...)
		}
		if err := r.Append(t.Context(), facts); err != nil {
			t.Fatal(err)
		}
		fmt.Println("appended", n)
	}
	time.Sleep(time.Hour) // the kill is late, and must not find a run that ended
}

// staged brings what stands in an archive ahead, in two parts, and gives what is left.
func staged(t *testing.T, r *Run, facts []estate.Fact) []estate.Fact {
	var gaps, inner []estate.Fact
	var top *estate.Item
	for _, f := range facts {
		switch {
		case f.Gap != nil:
			gaps = append(gaps, f)
		case f.Item != nil && f.Item.Outer == "":
			top = f.Item
		default:
			inner = append(inner, f)
		}
	}
	var left estate.Traces
	left.Add(1 << 50)
	inner = append(inner, estate.Fact{Traces: &estate.TraceSet{Repository: archive, Path: top.Path, Set: left.Close()[0]}})
	for n, part := range [][]estate.Fact{gaps, inner} {
		if err := r.Stage(t.Context(), estate.Part{Repository: archive, Path: top.Path, Number: n}, part); err != nil {
			t.Fatal(err)
		}
	}
	top.Parts = 2
	return []estate.Fact{{Item: top}}
}

// wholeItems checks that each archive has its table, its findings and its gap, or is not there at all.
func (s *story) wholeItems() {
	s.Helper()
	if err := s.c.Verify(s.ctx, officer); err != nil {
		s.Error(err)
	}
	items, fields, gaps := len(s.items(Filter{})), len(s.fields(Filter{})), len(s.gaps(Filter{}))
	if items == 0 || items%2 != 0 || fields != items || gaps != items/2 {
		s.Errorf("%d items, %d fields and %d gaps", items, fields, gaps)
	}
	if row := s.only(Filter{}); row.People.Estimate != int64(items) || row.Items != int64(items) {
		s.Errorf("%d people in %d items", row.People.Estimate, items)
	}
}
