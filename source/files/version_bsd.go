//go:build darwin || freebsd || netbsd

package files

import "syscall"

// changed is the time of change of the inode in nanoseconds.
func changed(st *syscall.Stat_t) int64 { return st.Ctimespec.Nano() }
