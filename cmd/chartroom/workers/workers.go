// Package workers is the command that works for a fleet.
package workers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/chartroom/chartroom/fleet/carrier"
	"github.com/chartroom/chartroom/fleet/seal"
	"github.com/chartroom/chartroom/fleet/worker"
	"github.com/chartroom/chartroom/format/converter"
	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"
)

// Program is what the command needs of the program around it.
type Program struct {
	Converters func(cmd *cobra.Command) ([]converter.Converter, error) // of the configuration
	Version    string
	Usage      func(format string, args ...any) error
	Hint       func(err error, format string, args ...any) error
	Err        io.Writer
}

// flags are those of worker.
type flags struct {
	slots  int
	status string
	grace  time.Duration
	once   time.Duration
	log    string
}

// Command is the command worker.
func Command(p *Program) *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use: "worker FILE", Short: "work for a fleet: read what its hub plans, where this machine can reach it", Args: cobra.ExactArgs(1),
		Long: `Worker connects to the hub of a fleet as FILE says, which chartroom fleet enrol wrote, and works until it is stopped. It needs one
outbound connection, and its own logins to what it reads: a password that an address names (password_env, password_file,
password_keyring) is this machine's. With a list allow in FILE, it opens these places alone, and what stands beneath them,
whatever the hub asks for.

What it finds goes to the hub sealed, and holds no value of what was read. It keeps nothing. On a signal it takes no further work, finishes
what it has within --grace, and gives back the rest; a second signal ends it at once. See docs/scale.md.

Exit codes: 0 done; 2 wrong usage; 4 could not run.`,
		RunE: func(cmd *cobra.Command, args []string) error { return p.work(cmd, args[0], &f) },
	}
	cmd.Flags().IntVar(&f.slots, "slots", 0, "parts of a survey at once; by default one a core")
	cmd.Flags().StringVar(&f.status, "status", "", "address of a page with the worker's state and its metrics, as 127.0.0.1:9187; this machine alone may be named")
	cmd.Flags().DurationVar(&f.grace, "grace", time.Minute, "how long work may go on after a signal")
	cmd.Flags().DurationVar(&f.once, "once", 0, "end when there was no work for so long, as 10s; by default never")
	cmd.Flags().StringVar(&f.log, "log", "", "what is told on standard error: info, warn or debug; by default info at a terminal, and warn elsewhere")
	return cmd
}

// work works as an enrolment says.
func (p *Program) work(cmd *cobra.Command, file string, f *flags) error {
	if f.slots < 0 || f.slots > 1024 {
		return p.Usage("slots must be a number from 1 to 1024, not %d", f.slots)
	}
	log, err := p.logger(f.log)
	if err != nil {
		return err
	}
	converters, err := p.Converters(cmd)
	if err != nil {
		return err
	}
	e, err := seal.LoadEnrolment(file)
	if err != nil {
		return p.Hint(err, "chartroom fleet enrol makes the file at the hub; it belongs to the user as whom the worker runs")
	}
	w := &worker.Worker{Version: p.Version, Slots: f.slots, Converters: converters, Allow: e.Allow, Grace: f.grace, Once: f.once, Log: log}
	ctx := cmd.Context()
	if f.status != "" {
		on, err := p.listen(f.status)
		if err != nil {
			return err
		}
		defer serve(on, e.Name, &w.Counts)()
		log.Info("shows its state", "at", "http://"+on.Addr().String()+"/")
	}
	post, err := carrier.Dial(ctx, e, log)
	switch {
	case ctx.Err() != nil:
		return nil // stopped before it came to work
	case err != nil:
		return p.Hint(err, "check that the hub runs, that this machine reaches it, and that the worker is still enrolled: chartroom fleet workers, at the hub")
	}
	defer post.Close()
	w.Post = post
	if err := w.Run(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// logger writes to standard error.
func (p *Program) logger(level string) (*slog.Logger, error) {
	f, ok := p.Err.(*os.File)
	seen := ok && isatty.IsTerminal(f.Fd())
	at, ok := map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn}[level]
	switch {
	case level == "" && !seen:
		at = slog.LevelWarn
	case level != "" && !ok:
		return nil, p.Usage("log is info, warn or debug, not %q", level)
	}
	return slog.New(slog.NewTextHandler(p.Err, &slog.HandlerOptions{Level: at})), nil
}

// listen opens the status page, which anybody on this machine may see, and nobody else.
func (p *Program) listen(address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil || !seal.Loopback(host) {
		return nil, p.Usage("the status page is for this machine: --status 127.0.0.1:9187")
	}
	on, err := net.Listen("tcp", address)
	if err != nil {
		return nil, p.Hint(fmt.Errorf("open the status page: %w", err), "--status names another port")
	}
	return on, nil
}
