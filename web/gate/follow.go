package gate

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"
)

// How often those who follow something hear of it, and how long at most with one request.
const (
	heartbeat = time.Second
	listening = 15 * time.Minute
)

// Follow tells how something goes as server-sent events (HTML, section 9.2), whenever it changed. The visitor's right to hear is
// looked at anew with each request, and so at the latest after 15 minutes.
func (v *Visit) Follow(now func() (words any, changed <-chan struct{})) error {
	control := http.NewResponseController(v.W)
	v.W.Header().Set("Content-Type", "text/event-stream")
	tick := time.NewTicker(heartbeat)
	defer tick.Stop()
	until := time.NewTimer(listening)
	defer until.Stop()
	last := ""
	for beat := 0; ; beat++ {
		words, changed := now()
		b, err := json.Marshal(words)
		if err != nil {
			return err
		}
		text := "event: progress\ndata: " + string(b) + "\n\n"
		switch {
		case text == last && beat%15 != 0:
			text = ""
		case text == last:
			text = ": still here\n\n"
		default:
			last = text
		}
		if err := control.SetWriteDeadline(time.Now().Add(10 * heartbeat)); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return nil
		}
		if _, err := v.W.Write([]byte(text)); err != nil {
			return nil // nobody listens any more
		}
		if err := control.Flush(); err != nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-changed:
		case <-until.C:
			return nil // the browser comes again, and shows who it is
		case <-v.Ctx().Done():
			return nil
		}
	}
}
