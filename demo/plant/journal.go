package plant

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"
)

// Head is the first line of a journal.
type Head struct {
	Drill   string    `json:"drill"`
	Began   time.Time `json:"began"`
	Expires time.Time `json:"expires"` // then it is removed by whoever comes next, also where it was to be kept
	Keep    bool      `json:"keep"`    // it is to stand until then
	Targets []Target  `json:"targets"`
}

// Journal lists what a drill planted. A line is on the disk before what it says is done.
type Journal struct {
	Head
	Path   string
	f      *os.File
	plants []Plant
	gone   map[int]bool
	sure   map[int]bool // the ground has said that it is planted
	last   time.Time    // when something was announced
}

// line is one line behind the head: a plant that is about to be, or a number of one that is planted, or gone.
type line struct {
	*Plant
	Planted *int `json:"planted,omitempty"`
	Gone    *int `json:"gone,omitempty"`
}

const ending = ".journal"

// Create begins a journal in a folder, which it makes.
func Create(dir string, h Head) (*Journal, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of the drill's journal: %w", err)
	}
	h.Drill = nonce()
	path := filepath.Join(dir, h.Drill+ending)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("begin the drill's journal: %w", err)
	}
	j := &Journal{Head: h, Path: path, f: f, gone: map[int]bool{}, sure: map[int]bool{}}
	if err := errors.Join(j.write(h), syncFolder(dir)); err != nil {
		f.Close()
		return nil, err
	}
	return j, nil
}

// Journals finds those of a folder.
func Journals(dir string) ([]string, error) {
	return filepath.Glob(filepath.Join(dir, "*"+ending))
}

// Read reads a journal, to go on with it. What a process was writing when it was killed is dropped: what it announces was not begun.
func Read(path string) (*Journal, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the drill's journal: %w", err)
	}
	j := &Journal{Path: path, gone: map[int]bool{}, sure: map[int]bool{}}
	whole := bytes.LastIndexByte(text, '\n') + 1
	for n, raw := range bytes.SplitAfter(text[:whole], []byte("\n")) {
		if len(raw) == 0 {
			continue
		}
		if n == 0 {
			err = json.Unmarshal(raw, &j.Head)
		} else {
			err = j.take(raw)
		}
		if err != nil {
			return nil, fmt.Errorf("the drill's journal %s is damaged in line %d: what it planted may still stand; the names are in it", path, n+1)
		}
	}
	if j.f, err = os.OpenFile(path, os.O_WRONLY, 0o600); err != nil {
		return nil, fmt.Errorf("go on with the drill's journal: %w", err)
	}
	if info, err := j.f.Stat(); err == nil {
		j.last = info.ModTime()
	}
	if err := j.f.Truncate(int64(whole)); err != nil {
		return nil, err
	}
	_, err = j.f.Seek(0, 2)
	return j, err
}

// take takes a line in.
func (j *Journal) take(raw []byte) error {
	var l line
	if err := json.Unmarshal(raw, &l); err != nil {
		return err
	}
	switch {
	case l.Gone != nil:
		j.gone[*l.Gone] = true
	case l.Planted != nil:
		j.sure[*l.Planted] = true
	case l.Plant == nil || l.Plant.Target < 0 || l.Plant.Target >= len(j.Targets) || !planted(l.Plant.Name):
		return errors.New("no plant")
	default:
		j.plants = append(j.plants, *l.Plant)
	}
	return nil
}

func (j *Journal) write(v any) error {
	b, err := json.Marshal(v)
	if err == nil {
		_, err = j.f.Write(append(b, '\n'))
	}
	if err == nil {
		err = j.f.Sync()
	}
	if err != nil {
		return fmt.Errorf("write the drill's journal: %w", err)
	}
	return nil
}

// Announce writes down a plant that is about to be planted.
func (j *Journal) Announce(p Plant) error {
	j.plants, j.last = append(j.plants, p), time.Now()
	return j.write(line{Plant: &p})
}

// Planted writes down that a plant stands.
func (j *Journal) Planted(number int) error {
	j.sure[number] = true
	return j.write(line{Planted: &number})
}

// Gone writes down that a plant stands no more.
func (j *Journal) Gone(number int) error {
	j.gone[number] = true
	return j.write(line{Gone: &number})
}

// Standing gives the plants that may still stand, the latest first.
func (j *Journal) Standing() []Plant {
	out := slices.DeleteFunc(slices.Clone(j.plants), func(p Plant) bool { return j.gone[p.Number] })
	slices.Reverse(out)
	return out
}

// Due tells whether the plants of a drill whose process has ended should be removed.
func (j *Journal) Due(now time.Time) bool { return !j.Keep || !now.Before(j.Expires) }

// Close ends the journal. Where nothing of it stands any more, it goes, too.
func (j *Journal) Close() error {
	err := j.f.Close()
	if len(j.Standing()) == 0 {
		err = errors.Join(err, os.Remove(j.Path))
	}
	return err
}

// syncFolder makes a new name in a folder last.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" { // names last there by themselves
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("keep the drill's journal: %w", err)
	}
	return nil
}
