package workers

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chartroom/chartroom/fleet/worker"
	"github.com/chartroom/chartroom/format/converter"
	"github.com/spf13/cobra"
)

// errUsage marks errors of usage.
var errUsage = errors.New("usage")

func program(out io.Writer) *Program {
	return &Program{Version: "test", Err: out,
		Converters: func(*cobra.Command) ([]converter.Converter, error) { return nil, nil },
		Usage:      func(f string, args ...any) error { return fmt.Errorf("%w: "+f, append([]any{errUsage}, args...)...) },
		Hint: func(err error, f string, args ...any) error {
			return fmt.Errorf("%w; "+f, append([]any{err}, args...)...)
		}}
}

func TestWhatCannotRun(t *testing.T) {
	open := filepath.Join(t.TempDir(), "open.yaml")
	if err := os.WriteFile(open, []byte("name: w\nseal: secretword\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	damaged := filepath.Join(t.TempDir(), "damaged.yaml")
	if err := os.WriteFile(damaged, []byte("name: w\nseal: secretword\nunknown: secretword\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args  []string
		usage bool
		words string
	}{
		{[]string{"none.yaml", "--slots", "-1"}, true, "from 1 to 1024"},
		{[]string{"none.yaml", "--log", "loud"}, true, "info, warn or debug"},
		{[]string{"none.yaml"}, false, "fleet enrol"},
		{[]string{open}, false, "others may read"},
		{[]string{damaged}, false, "is no file that"},
	} {
		cmd := Command(program(io.Discard))
		cmd.SetArgs(c.args)
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		err := cmd.Execute()
		if err == nil || errors.Is(err, errUsage) != c.usage || !strings.Contains(err.Error(), c.words) || strings.Contains(err.Error(), "secretword") {
			t.Errorf("%q: %v", c.args, err)
		}
	}
	for _, address := range []string{"0.0.0.0:0", "example.org:1", ":9187", "9187", "[::]:1"} {
		if _, err := program(io.Discard).listen(address); !errors.Is(err, errUsage) {
			t.Errorf("a status page at %s: %v", address, err)
		}
	}
}

func TestTheStatusPage(t *testing.T) {
	on, err := program(io.Discard).listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var c worker.Counts
	defer serve(on, "north-1", &c)()
	get := func(path string) string {
		a, err := http.Get("http://" + on.Addr().String() + path)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Body.Close()
		text, err := io.ReadAll(a.Body)
		if err != nil || a.StatusCode != http.StatusOK {
			t.Errorf("%s: %s, %v", path, a.Status, err)
		}
		return string(text)
	}
	if text := get("/"); !strings.Contains(text, "north-1") || !strings.Contains(text, "has not answered yet") {
		t.Errorf("at first: %s", text)
	}
	c.Shards.Store(3)
	c.Items.Store(1234)
	c.Connected.Store(true)
	c.Beat.Store(time.Now().Unix())
	if text := get("/"); !strings.Contains(text, "connected") || !strings.Contains(text, "1234") {
		t.Errorf("at work: %s", text)
	}
	c.Connected.Store(false)
	if text := get("/"); !strings.Contains(text, "did not answer") {
		t.Errorf("alone: %s", text)
	}
	metrics := get("/metrics")
	for _, want := range []string{"chartroom_worker_shards_total 3", "chartroom_worker_items_total 1234", "chartroom_worker_connected 0", "chartroom_worker_last_answer_seconds", "chartroom_worker_gaps_total 0", "chartroom_worker_faults_total 0", "chartroom_worker_bytes_total 0", "chartroom_worker_working 0"} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
}

func TestAWorkerIsQuietWhereNobodyReads(t *testing.T) {
	for level, lines := range map[string]int{"": 1, "warn": 1, "info": 2, "debug": 3} {
		var out bytes.Buffer
		log, err := program(&out).logger(level)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn} {
			log.Log(t.Context(), l, "said")
		}
		if n := strings.Count(out.String(), "\n"); n != lines {
			t.Errorf("%q tells %d lines, want %d", level, n, lines)
		}
	}
}
