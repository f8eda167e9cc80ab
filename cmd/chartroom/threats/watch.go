package threats

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/chartroom/chartroom/threat"
	"github.com/spf13/cobra"
)

// remembered are the paths that --watch has seen. It is a file of its own: who may read the catalog may not write it.
type remembered struct {
	Version int             `json:"version"`
	Seen    time.Time       `json:"seen"`
	Paths   map[string]bool `json:"paths"` // by ID; whether it was certain
}

const (
	rememberedVersion = 1
	mostRemembered    = 16 << 20
)

// stand walks the playbook anew each time that a survey has ended, until it is interrupted.
func (p *Program) stand(cmd *cobra.Command, book *threat.Book, f asked) error {
	var last time.Time
	var found error
	for {
		ended, err := p.since(cmd, book, f, last)
		switch {
		case p.Found != nil && errors.Is(err, p.Found):
			found = err
		case err != nil:
			return err
		}
		last = ended
		select {
		case <-cmd.Context().Done():
			return found
		case <-time.After(f.every):
		}
	}
}

// since walks where a survey has ended after a time, and gives when the last one did.
func (p *Program) since(cmd *cobra.Command, book *threat.Book, f asked, last time.Time) (time.Time, error) {
	room, err := p.Open(cmd)
	if err != nil {
		return last, err
	}
	defer room.Close()
	runs, err := room.RunList(cmd.Context(), room.Question.Who, 1)
	if err != nil {
		return last, err
	}
	if len(runs) == 0 || runs[0].Ended == nil || !runs[0].Ended.After(last) {
		return last, nil
	}
	return *runs[0].Ended, p.once(cmd, room, book, f)
}

// look tells which paths are new, and remembers those that there are.
func (w *walk) look(cmd *cobra.Command) error {
	path := w.state
	if path == "" {
		path = w.room.Path() + ".threat.json"
	}
	old, err := recall(path)
	if err != nil {
		return w.Hint(err, "--state FILE names another file; without it the next watch begins anew")
	}
	now := &remembered{Version: rememberedVersion, Seen: time.Now().UTC(), Paths: map[string]bool{}}
	var fresh []threat.Path
	for _, p := range w.answer.Paths {
		now.Paths[p.ID] = p.Certain
		if was, known := old.Paths[p.ID]; !known || p.Certain && !was {
			fresh = append(fresh, p)
		}
	}
	gone := 0
	for id := range old.Paths {
		if _, still := now.Paths[id]; !still {
			gone++
		}
	}
	if err := now.keep(path); err != nil {
		return w.Hint(err, "--state FILE names a file that can be written")
	}
	first := old.Seen.IsZero()
	w.answer.Paths = fresh
	if *w.Form == "table" && w.most > 0 {
		w.answer.Paths = fresh[:min(len(fresh), w.most)]
	}
	if !first && *w.Form == "table" {
		fmt.Fprintf(cmd.OutOrStdout(), "Since %s: %d new, %d gone.\n", old.Seen.Format(time.RFC3339), len(fresh), gone)
	}
	if len(fresh) > 0 || *w.Form != "table" {
		if err := w.print(cmd); err != nil {
			return err
		}
	}
	if w.failOn == "new-path" && len(fresh) > 0 {
		return w.Found
	}
	return nil
}

// recall reads what was remembered; where there is nothing yet, nothing.
func recall(path string) (*remembered, error) {
	out := &remembered{Paths: map[string]bool{}}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return out, nil
	case err != nil:
		return nil, fmt.Errorf("read what threat --watch remembers: %w", err)
	case info.Size() > mostRemembered:
		return nil, fmt.Errorf("read what threat --watch remembers: %s has more than 16 MiB", path)
	}
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, out)
	}
	if err == nil && (out.Version != rememberedVersion || out.Paths == nil) {
		err = errors.New("it was written by another version")
	}
	if err != nil {
		return nil, fmt.Errorf("read what threat --watch remembers in %s: %w", path, err)
	}
	return out, nil
}

// keep writes it, whole or not at all.
func (r *remembered) keep(path string) error {
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".threat-*")
	if err != nil {
		return fmt.Errorf("write what threat --watch remembers: %w", err)
	}
	defer os.Remove(file.Name())
	_, err = file.Write(text)
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write what threat --watch remembers: %w", err)
	}
	return nil
}
