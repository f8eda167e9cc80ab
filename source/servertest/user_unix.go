//go:build unix

package servertest

import (
	"os/exec"
	"syscall"
)

// become makes a command run as another user.
func become(cmd *exec.Cmd, who *account) {
	if who != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: who.uid, Gid: who.gid}}
	}
}
