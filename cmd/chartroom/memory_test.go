package main

import "testing"

func TestTheLimitFollowsWhatIsAlive(t *testing.T) {
	for alive, want := range map[int64]int64{0: memoryLimit, 90 << 20: memoryLimit, manyAlive: memoryLimit, 200 << 20: 336 << 20, 2 << 30: 4032 << 20} {
		if got := limitOf(alive); got != want {
			t.Errorf("%d MiB alive: a limit of %d MiB, not %d", alive>>20, got>>20, want>>20)
		}
	}
}
