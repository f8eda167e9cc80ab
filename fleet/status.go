package fleet

import "time"

// Worker is a worker as the hub knows it.
type Worker struct {
	Name     string    `json:"name"`
	Enclave  string    `json:"enclave"`
	Host     string    `json:"host"`
	Version  string    `json:"version"`
	Rules    string    `json:"rules"`
	Cores    int       `json:"cores"`
	Seen     time.Time `json:"seen"`    // last heard of
	Shards   int       `json:"shards"`  // at work
	Items    int64     `json:"items"`   // done since it began
	Bytes    int64     `json:"bytes"`   // read since it began
	PerSec   float64   `json:"per_sec"` // bytes a second, over the last minute or so
	Draining bool      `json:"draining"`
	Refused  string    `json:"refused,omitempty"` // why it gets no shards
}

// Lost tells whether the worker has been silent for so long that its shards went to others.
func (w Worker) Lost(now time.Time) bool { return now.Sub(w.Seen) > 3*BeatEvery }

// BytesPerSecond is how fast it reads.
func (w Worker) BytesPerSecond() int64 { return int64(w.PerSec) }

// Status is a fleet as it stands.
type Status struct {
	Run      int64         `json:"run"` // 0 = none at work
	Paused   bool          `json:"paused"`
	Open     int64         `json:"open"`    // shards that wait or are worked at
	Working  int64         `json:"working"` // of them, those that a worker has
	Done     int64         `json:"done"`
	Dead     int64         `json:"dead"`   // shards that were given up; each is a gap in the inventory
	Left     int64         `json:"left"`   // bytes of open shards, as listed
	Rate     float64       `json:"rate"`   // bytes a second of all workers
	Finish   time.Duration `json:"finish"` // until it is done, by the rate; 0 = not known
	Workers  []Worker      `json:"workers"`
	Enclaves []string      `json:"enclaves"`
}

// Alive counts the workers that were heard of lately.
func (s Status) Alive(now time.Time) (n int) {
	for _, w := range s.Workers {
		if !w.Lost(now) {
			n++
		}
	}
	return n
}

// Waiting are the shards that nobody has.
func (s Status) Waiting() int64 { return max(0, s.Open-s.Working) }

// Shards are all of the run so far.
func (s Status) Shards() int64 { return s.Open + s.Done + s.Dead }

// BytesPerSecond is how fast all of them read.
func (s Status) BytesPerSecond() int64 { return int64(s.Rate) }
