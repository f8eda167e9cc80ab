// Package deploy_test holds the files of this folder against the tools that read them, and against the program that they start.
package deploy_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

// bin is the program, built once.
var bin string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "deploy-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		bin = filepath.Join(dir, "chartroom")
		if out, err := exec.Command("go", "build", "-o", bin, "../cmd/chartroom").CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "%v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// flagsKnown checks that the command takes the flags with which it is started here.
func flagsKnown(t *testing.T, args []string) {
	t.Helper()
	help, err := exec.Command(bin, args[0], "--help").CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", args[0], err, help)
	}
	if !bytes.Contains(help, []byte("chartroom "+args[0]+" ")) {
		t.Fatalf("there is no command %s", args[0])
	}
	for _, a := range args[1:] {
		if strings.HasPrefix(a, "--") && !bytes.Contains(help, []byte(a+" ")) {
			t.Errorf("chartroom %s knows no %s", args[0], a)
		}
	}
}

// TestCompose reads the compose file as compose does, and looks at what it promises.
func TestCompose(t *testing.T) {
	options, err := cli.NewProjectOptions([]string{"compose/compose.yaml"}, cli.WithName("chartroom"))
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"hub", "worker"} {
		s, err := project.GetService(name)
		if err != nil {
			t.Fatal(err)
		}
		flagsKnown(t, s.Command)
		if !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") || strings.HasPrefix(s.User, "0") || s.Privileged {
			t.Errorf("%s may do more than it needs: %+v", name, s)
		}
		for _, v := range s.Volumes {
			if v.Type == types.VolumeTypeBind && !v.ReadOnly {
				t.Errorf("%s may write to %s", name, v.Source)
			}
		}
	}
	worker, _ := project.GetService("worker")
	if _, both := worker.Networks["inside"]; both || len(worker.Ports) > 0 {
		t.Error("a worker stands in the network of the catalog, or listens")
	}
}

// execStart is what a unit starts.
var execStart = regexp.MustCompile(`(?m)^ExecStart=(\S+) (.*)$`)

// TestUnits has systemd read the units, and judge how much they leave open.
func TestUnits(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("there is no systemd-analyze")
	}
	for _, name := range []string{"chartroom.service", "chartroom-worker.service"} {
		t.Run(name, func(t *testing.T) {
			unit, err := os.ReadFile(filepath.Join("systemd", name))
			if err != nil {
				t.Fatal(err)
			}
			start := execStart.FindSubmatch(unit)
			if start == nil {
				t.Fatal("it starts nothing")
			}
			flagsKnown(t, strings.Fields(string(start[2])))
			// verify wants the program where the unit has it.
			here := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(here, bytes.ReplaceAll(unit, start[1], []byte(bin)), 0o600); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.Command("systemd-analyze", "verify", "--man=no", here).CombinedOutput(); err != nil || len(bytes.TrimSpace(out)) > 0 {
				t.Errorf("systemd-analyze verify: %v\n%s", err, out)
			}
			exposure(t, here)
		})
	}
}

// mostExposure is how open a unit may be, of 10.
const mostExposure = 2.0

func exposure(t *testing.T, unit string) {
	t.Helper()
	out, err := exec.Command("systemd-analyze", "security", "--offline=true", unit).CombinedOutput()
	var refused *exec.ExitError
	if errors.As(err, &refused) && bytes.Contains(out, []byte("unrecognized option")) {
		t.Log("this systemd-analyze judges no files")
		return
	}
	level := regexp.MustCompile(`Overall exposure level for \S+: ([0-9.]+)`).FindSubmatch(out)
	if level == nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if open, _ := strconv.ParseFloat(string(level[1]), 64); open > mostExposure {
		t.Errorf("exposure %.1f of 10, more than %.1f\n%s", open, mostExposure, out)
	}
}
