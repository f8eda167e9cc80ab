package main

import (
	"runtime"
	"runtime/debug"
	"testing"
)

// TestTheLimitRisesWithWhatIsAlive: it stays where little is, and where somebody set a higher one.
func TestTheLimitRisesWithWhatIsAlive(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(memoryLimit))
	runtime.GC()
	if raise(); debug.SetMemoryLimit(-1) != memoryLimit {
		t.Errorf("with little alive it is %d MiB", debug.SetMemoryLimit(-1)>>20)
	}
	alive := make([]byte, 200<<20)
	runtime.GC()
	raise()
	if limit := debug.SetMemoryLimit(-1); limit < 300<<20 || limit > 500<<20 {
		t.Errorf("with %d MiB alive it is %d MiB", len(alive)>>20, limit>>20)
	}
	debug.SetMemoryLimit(1 << 30)
	if raise(); debug.SetMemoryLimit(-1) != 1<<30 {
		t.Errorf("a higher one became %d MiB", debug.SetMemoryLimit(-1)>>20)
	}
	runtime.KeepAlive(alive)
}
