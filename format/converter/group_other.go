//go:build !unix

package converter

import "os/exec"

// ownGroup does nothing: there are no process groups.
func ownGroup(*exec.Cmd) {}

// kill kills the program. Where it has ended, there is nothing to do.
func kill(cmd *exec.Cmd) { _ = cmd.Process.Kill() }
