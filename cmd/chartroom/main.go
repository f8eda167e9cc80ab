// Command chartroom answers where an organisation's patient data lives, who can reach it, and what to do when somebody
// claims to have it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Exit codes: the contract with scripts.
const (
	exitDone  = 0
	exitFound = 1 // something was found that --fail-on names
	exitUsage = 2
	exitGaps  = 3 // done with gaps, and --strict was given
	exitNot   = 4 // could not run
)

// exitError is an error with an exit code, and a hint what to do next.
type exitError struct {
	code int
	err  error
	hint string
}

// Error gives the error's text.
func (e *exitError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

// Unwrap gives the cause.
func (e *exitError) Unwrap() error { return e.err }

func usage(format string, args ...any) error {
	return &exitError{code: exitUsage, err: fmt.Errorf(format, args...), hint: "chartroom --help lists the commands, chartroom COMMAND --help its flags"}
}

func hint(err error, format string, args ...any) error {
	return &exitError{code: exitNot, err: err, hint: fmt.Sprintf(format, args...)}
}

func main() {
	bound()
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is main without the process: the tests call it.
func run(args []string, in io.Reader, out, errOut io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() { // a second interrupt ends at once
		<-ctx.Done()
		stop()
	}()
	cmd := root(&app{in: in, out: out, err: errOut})
	cmd.SetArgs(args)
	cmd.SetIn(in)
	cmd.SetOut(out)
	cmd.SetErr(errOut)
	return exitCode(cmd.ExecuteContext(ctx), errOut)
}

// exitCode prints an error in two lines, what and what next, and gives the code.
func exitCode(err error, errOut io.Writer) int {
	if err == nil {
		return exitDone
	}
	var ee *exitError
	if !errors.As(err, &ee) {
		ee = &exitError{code: exitNot, err: err}
	}
	if text := err.Error(); text != "" {
		fmt.Fprintf(errOut, "chartroom: %s\n", text)
	}
	if ee.hint != "" {
		fmt.Fprintf(errOut, "hint: %s\n", ee.hint)
	}
	return ee.code
}
