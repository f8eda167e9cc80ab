//go:build unix

package converter

import (
	"os/exec"
	"syscall"
)

// ownGroup puts the program, and all that it starts, into a group that can be killed as one.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

// kill kills the group. Where nothing is left of it, there is nothing to do.
func kill(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
