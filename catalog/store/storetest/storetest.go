// Package storetest lets the tests of a catalog run twice: over files, and over schemas of a PostgreSQL server.
package storetest

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chartroom/chartroom/catalog/store"
	"github.com/chartroom/chartroom/catalog/store/postgres"
)

// serverEnv holds the address of the server on which tests run; without it they run over files.
const serverEnv = "CHARTROOM_TEST_CATALOG"

// OnServer tells whether the tests run on a server.
func OnServer() bool { return os.Getenv(serverEnv) != "" }

// Fresh is the address of a catalog that nobody has opened yet.
func Fresh(t testing.TB) string {
	t.Helper()
	if !OnServer() {
		return filepath.Join(t.TempDir(), "estate.chart")
	}
	return Schema(t, os.Getenv(serverEnv))
}

// File is the path of a catalog that nobody has opened yet, for tests of what only files have: on a server they are skipped.
func File(t testing.TB) string {
	t.Helper()
	if OnServer() {
		t.Skip("it is about files")
	}
	return filepath.Join(t.TempDir(), "estate.chart")
}

// Schema is the address of a schema of its own on a server, which goes with the test.
func Schema(t testing.TB, server string) string {
	t.Helper()
	name := fmt.Sprintf("t%d_%d", os.Getpid(), schemas.Add(1))
	if OnServer() {
		return server + "&schema=" + name // the server does not last, and dropping takes as long as making
	}
	s, err := postgres.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		db := s.DB(1, "SET client_min_messages = warning")
		defer db.Close()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if _, err := db.ExecContext(ctx, `DROP SCHEMA IF EXISTS `+name+` CASCADE`); err != nil {
			t.Error(err)
		}
	})
	return server + "&schema=" + name
}

var schemas atomic.Int64

// Again runs the tests of this binary once more, on a server whose address has options already, and fails where one of them does. Those that are
// named in but are left out; the test that calls it is one.
func Again(t *testing.T, server, password string, but ...string) {
	t.Helper()
	if OnServer() {
		t.Skip("this is the other run")
	}
	top, _, _ := strings.Cut(t.Name(), "/")
	args := []string{"-test.timeout=10m", "-test.skip=^(" + strings.Join(append(but, top), "|") + ")$"}
	if testing.Verbose() {
		args = append(args, "-test.v")
	}
	if testing.Short() {
		args = append(args, "-test.short")
	}
	if flag.Lookup("rapid.checks") != nil {
		args = append(args, "-rapid.checks=3") // a schema takes its time
	}
	again := exec.CommandContext(t.Context(), os.Args[0], args...)
	again.Env = append(os.Environ(), serverEnv+"="+server, "PGPASSWORD="+password)
	out, err := again.CombinedOutput()
	if err != nil || testing.Verbose() {
		t.Logf("on %s:\n%s", server, out)
	}
	if err != nil {
		t.Errorf("on the server: %v", err)
	}
}

// Open opens a catalog and closes it with the test.
func Open(t testing.TB, address string) *store.File {
	t.Helper()
	f, err := store.Open(context.Background(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}
