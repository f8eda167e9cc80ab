package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/chartroom/chartroom/scan"
	"github.com/mattn/go-isatty"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// redraw is how often the bar is drawn.
const redraw = 150 * time.Millisecond

// follow draws the progress of a scan where standard error is a terminal, and nothing elsewhere. The function that it returns
// ends the drawing.
func follow(w io.Writer, p *scan.Progress) (stop func()) {
	f, ok := w.(*os.File)
	if !ok || !isatty.IsTerminal(f.Fd()) {
		return func() {}
	}
	bars := mpb.New(mpb.WithOutput(f), mpb.WithWidth(40), mpb.WithRefreshRate(redraw))
	began := time.Now()
	bar := bars.AddBar(0,
		mpb.PrependDecorators(decor.Any(func(decor.Statistics) string {
			return fmt.Sprintf("%s of %s", size(p.DoneBytes.Load()), size(p.ListedBytes.Load()))
		}, decor.WCSyncSpace)),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string {
			return fmt.Sprintf("%s items, %s gaps, about %s people, %s", thousands(p.Done.Load()), thousands(p.Gaps.Load()), thousands(p.People()), left(p, began))
		})),
	)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(redraw)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				bar.SetTotal(p.ListedBytes.Load()+1, false)
				bar.SetCurrent(p.DoneBytes.Load())
			case <-done:
				bar.Abort(true)
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

// left estimates the time left from what was listed so far.
func left(p *scan.Progress, began time.Time) string {
	done, all := p.DoneBytes.Load(), p.ListedBytes.Load()
	if done == 0 {
		return "listing"
	}
	rest := time.Duration(float64(time.Since(began)) * float64(all-done) / float64(done))
	return rest.Round(time.Second).String() + " left"
}
