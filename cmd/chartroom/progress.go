package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/scan"
	"github.com/chartroom/chartroom/scan/survey"
	"github.com/mattn/go-isatty"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// redraw is how often the bar is drawn.
const redraw = 150 * time.Millisecond

// follow draws the progress of a scan where standard error is a terminal, a line for each target, and nothing elsewhere. The function
// that it returns ends the drawing.
func follow(w io.Writer, targets []*survey.Target) (stop func()) {
	f, ok := w.(*os.File)
	if !ok || !isatty.IsTerminal(f.Fd()) {
		return func() {}
	}
	bars := mpb.New(mpb.WithOutput(f), mpb.WithWidth(40), mpb.WithRefreshRate(redraw))
	lines := make([]*mpb.Bar, len(targets))
	for i, t := range targets {
		lines[i] = line(bars, t, len(targets) > 1)
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(redraw)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				for i, t := range targets {
					lines[i].SetTotal(t.Progress.ListedBytes.Load()+1, false)
					lines[i].SetCurrent(t.Progress.DoneBytes.Load())
				}
			case <-done:
				for _, b := range lines {
					b.Abort(true)
				}
				bars.Wait()
				return
			}
		}
	}()
	return func() {
		close(done)
		<-ended
	}
}

// line makes the line of one target.
func line(bars *mpb.Progress, t *survey.Target, named bool) *mpb.Bar {
	p, began := t.Progress, time.Now()
	before := []decor.Decorator{decor.Any(func(decor.Statistics) string {
		return fmt.Sprintf("%s of %s", show.Size(p.DoneBytes.Load()), show.Size(p.ListedBytes.Load()))
	}, decor.WCSyncSpace)}
	if named {
		before = append([]decor.Decorator{decor.Name(shortened(t.Label), decor.WCSyncSpaceR)}, before...)
	}
	return bars.AddBar(0, mpb.PrependDecorators(before...), mpb.AppendDecorators(decor.Any(func(decor.Statistics) string {
		return fmt.Sprintf("%s items, %s gaps, about %s people, %s", show.Thousands(p.Done.Load()), show.Thousands(p.Gaps.Load()), show.Thousands(p.People()), left(p, began))
	})))
}

// shortened keeps the end of a label, which tells targets apart, within what a line has room for.
func shortened(label string) string {
	const room = 24
	r := []rune(label)
	if len(r) <= room {
		return label
	}
	return "…" + string(r[len(r)-room+1:])
}

// left estimates the time left from what was listed so far.
func left(p *scan.Progress, began time.Time) string {
	done, all := p.DoneBytes.Load(), p.ListedBytes.Load()
	if done == 0 {
		return "listing"
	}
	rest := time.Duration(float64(time.Since(began)) * float64(all-done) / float64(done))
	return rest.Round(time.Second).String() + " left"
}
