package cost

import (
	"time"

	"golang.org/x/sys/windows"
)

// processor is the time that processors have spent on this process, for itself and in the kernel; 0 where the system does not tell.
func processor() time.Duration {
	var made, ended, kernel, user windows.Filetime
	if err := windows.GetProcessTimes(windows.CurrentProcess(), &made, &ended, &kernel, &user); err != nil {
		return 0
	}
	return ticks(kernel) + ticks(user)
}

// ticks are hundreds of nanoseconds.
func ticks(f windows.Filetime) time.Duration {
	return time.Duration(int64(f.HighDateTime)<<32|int64(f.LowDateTime)) * 100
}
