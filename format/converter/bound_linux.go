package converter

import (
	"time"

	"golang.org/x/sys/unix"
)

// bound limits a program that has just been started, and so all that it will start: memory that it can write to, in bytes (not
// address space, of which many programs take far more than they use), processor time, and no core dump, which would hold the
// content. A limit that cannot be set (the program has ended) is none.
func bound(pid int, memory int64, cpu time.Duration) {
	seconds := uint64(cpu/time.Second) + 1
	for resource, limit := range map[int]uint64{unix.RLIMIT_DATA: uint64(memory), unix.RLIMIT_CPU: seconds, unix.RLIMIT_CORE: 0} {
		_ = unix.Prlimit(pid, resource, &unix.Rlimit{Cur: limit, Max: limit}, nil)
	}
}
