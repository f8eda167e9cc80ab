//go:build unix

package cost

import (
	"syscall"
	"time"
)

// processor is the time that processors have spent on this process, for itself and in the kernel; 0 where the system does not tell.
func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
