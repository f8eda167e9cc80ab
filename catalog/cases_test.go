package catalog

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/chartroom/chartroom/audit"
)

func TestTwoWhoDecideAtOnceDoNotOverwriteEachOther(t *testing.T) {
	s := newStory(t)
	if err := s.c.AddCaseLine(s.ctx, officer, "archive", 1, CaseLine{[]byte("opened"), "h1"}); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	won, taken := 0, 0
	for i := range 8 {
		all.Go(func() {
			err := s.c.AddCaseLine(s.ctx, officer, "archive", 2, CaseLine{fmt.Appendf(nil, "decision %d", i), "h2"})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won++
			case errors.Is(err, ErrTaken):
				taken++
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	lines, err := s.c.CaseLines(s.ctx, officer, "archive")
	if won != 1 || taken != 7 || err != nil || len(lines) != 2 || !strings.HasPrefix(string(lines[1].Bytes), "decision ") {
		t.Errorf("%d won, %d were told that it was taken; %v %v", won, taken, lines, err)
	}
	list, err := s.c.Cases(s.ctx, officer)
	if err != nil || len(list) != 1 || list[0].Lines != 2 || list[0].Head != "h2" {
		t.Errorf("%v %v", list, err)
	}
}

func TestLinesOfACaseStay(t *testing.T) {
	s := newStory(t)
	if err := s.c.AddCaseLine(s.ctx, officer, "archive", 1, CaseLine{[]byte("opened"), "h1"}); err != nil {
		t.Fatal(err)
	}
	for _, forged := range []string{`UPDATE case_lines SET bytes = bytes`, `DELETE FROM case_lines`} {
		if _, err := s.c.file.Write.Exec(forged); err == nil || !strings.Contains(err.Error(), "never") {
			t.Errorf("%s: %v", forged, err)
		}
	}
	if err := s.c.AddCaseLine(s.ctx, officer, "nothing", 2, CaseLine{}); !errors.Is(err, ErrNoCase) {
		t.Error(err)
	}
	if _, err := s.c.CaseLines(s.ctx, officer, "nothing"); !errors.Is(err, ErrNoCase) {
		t.Error(err)
	}
	if err := s.c.AddCaseLine(s.ctx, audit.Caller{Name: "Vera", Role: audit.Analyst}, "archive", 2, CaseLine{}); !errors.Is(err, audit.ErrDenied) {
		t.Error(err)
	}
}
