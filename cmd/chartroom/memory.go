package main

import (
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// The live heap of a scan is small, so the collector may let garbage grow to several times as much before it runs; the limit keeps
// the whole process, SQLite's memory and the program's own 50 MiB included, under 256 MiB.
const (
	garbagePercent = 400
	memoryLimit    = 128 << 20
)

// Who can reach what in an estate of a million repositories is more than the limit. Where so much is alive the limit rises with it: otherwise the
// collector would run all the time, and find nothing.
const (
	manyAlive   = 96 << 20
	lookAtAlive = time.Second
)

// bound sets how much memory the process takes, unless its environment says so (GOGC, GOMEMLIMIT).
func bound() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbagePercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
		go keepAbove()
	}
}

// keepAbove keeps the limit above what is alive, until the process ends.
func keepAbove() {
	for ; ; time.Sleep(lookAtAlive) {
		raise()
	}
}

// raise raises the limit where more is alive than it is for.
func raise() {
	alive := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(alive)
	if limit := limitOf(int64(alive[0].Value.Uint64())); limit > debug.SetMemoryLimit(-1) {
		debug.SetMemoryLimit(limit)
	}
}

// limitOf is the limit where so many bytes are alive.
func limitOf(alive int64) int64 { return memoryLimit + 2*max(0, alive-manyAlive) }
