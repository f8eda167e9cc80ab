package accounts_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/catalog/store/storetest"
)

var officer = audit.Caller{Name: "Ada", Role: audit.Admin}

// writerEnv makes the test binary a process that decides until it is killed.
const writerEnv = "CHARTROOM_TEST_DECIDER"

// TestWhatWasAcknowledgedSurvivesAKill: lines of a case and invitations that a process said were written are there when it was killed in the
// middle of the next.
func TestWhatWasAcknowledgedSurvivesAKill(t *testing.T) {
	if path := os.Getenv(writerEnv); path != "" {
		decide(t, path)
		return
	}
	path := storetest.Fresh(t)
	acknowledged := 0
	for round := range 3 {
		child := exec.Command(os.Args[0], "-test.run=^TestWhatWasAcknowledgedSurvivesAKill$")
		child.Env = append(os.Environ(), writerEnv+"="+path)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; n < 10+round*13 && lines.Scan(); n++ {
			if acknowledged, err = strconv.Atoi(lines.Text()); err != nil {
				t.Fatalf("it says %q", lines.Text())
			}
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait() // it was killed, and says so
	}
	c, err := catalog.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	lines, err := c.CaseLines(t.Context(), officer, "archive")
	if err != nil || len(lines) < acknowledged || acknowledged < 30 {
		t.Errorf("%d lines of a case, %d were acknowledged: %v", len(lines), acknowledged, err)
	}
	for n := 1; n <= acknowledged; n++ {
		if _, holds, err := c.Invited(t.Context(), hash(n)); err != nil || !holds {
			t.Fatalf("invitation %d of %d is not there: %v", n, acknowledged, err)
		}
	}
	if err := c.Verify(t.Context(), officer); err != nil {
		t.Error(err)
	}
}

func hash(n int) []byte { return fmt.Appendf(nil, "hash %d", n) }

// decide writes a line of a case and an invitation, says so, and goes on.
func decide(t *testing.T, path string) {
	ctx := context.Background()
	c, err := catalog.Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	lines, _ := c.CaseLines(ctx, officer, "archive") // none yet
	for n := len(lines) + 1; ; n++ {
		if _, holds, _ := c.Invited(ctx, hash(n)); !holds {
			if err := c.Invite(ctx, officer, hash(n), audit.Viewer, time.Now().Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.AddCaseLine(ctx, officer, "archive", n, catalog.CaseLine{Bytes: fmt.Appendf(nil, "line %d", n), Hash: strconv.Itoa(n)}); err != nil {
			t.Fatal(err)
		}
		fmt.Println(n)
	}
}

// TestDecisionsAreOnTheDiskBeforeTheyAreAcknowledged: within, the database synchronises fully; afterwards as a survey needs it.
func TestDecisionsAreOnTheDiskBeforeTheyAreAcknowledged(t *testing.T) {
	f := storetest.Open(t, storetest.Fresh(t))
	full, normal, ask := "2", "1", `PRAGMA synchronous`
	if storetest.OnServer() {
		full, normal, ask = "on", "off", `SHOW synchronous_commit`
	}
	var within, after string
	err := f.Durably(t.Context(), func(tx *sql.Tx) error { return tx.QueryRow(ask).Scan(&within) })
	if err == nil {
		err = f.Write.QueryRow(ask).Scan(&after)
	}
	if err != nil || within != full || after != normal {
		t.Errorf("within %s, after %s, %v", within, after, err)
	}
}
