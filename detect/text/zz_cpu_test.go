package text

import (
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/chartroom/chartroom/detect/words"
)

func cpuNow() time.Duration {
	var r syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano())
}

func TestCPU(t *testing.T) {
	if os.Getenv("CPU") == "" {
		t.Skip()
	}
	s := New(words.Load())
	for _, c := range []struct {
		name string
		b    []byte
	}{{"notes", note(4 << 20)}, {"logs", logLines(4 << 20)}} {
		best := time.Hour
		lex := time.Hour
		ref := time.Hour
		for range 8 {
			a := cpuNow()
			for range 4 {
				s.Scan(c.b, 0, len(c.b), func(Span) {})
			}
			best = min(best, (cpuNow()-a)/4)
			a = cpuNow()
			for range 4 {
				for from := 0; from < len(c.b); {
					end := cut(c.b, from, len(c.b))
					s.lex(c.b, from, end)
					from = end
				}
			}
			lex = min(lex, (cpuNow()-a)/4)
			a = cpuNow()
			n := 0
			for range 4 {
				for _, x := range c.b {
					if classes[x] == classDigit {
						n++
					}
				}
			}
			ref = min(ref, (cpuNow()-a)/4)
		}
		mb := float64(len(c.b)) / 1e6
		fmt.Printf("%s scan %.0f MB/s lex %.0f MB/s ref loop %.0f MB/s\n", c.name, mb/best.Seconds(), mb/lex.Seconds(), mb/ref.Seconds())
	}
}
