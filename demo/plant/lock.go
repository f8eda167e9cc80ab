package plant

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/chartroom/chartroom/catalog/store"
)

// ErrBusy says that another drill is under way.
var ErrBusy = errors.New("another drill is under way")

// Lock keeps other drills out of a folder of journals, until the process ends or unlock is called.
func Lock(dir string) (unlock func() error, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of the drill's journal: %w", err)
	}
	f, err := (&store.File{Path: filepath.Join(dir, "drill")}).Lock()
	if err != nil {
		return nil, fmt.Errorf("keep other drills out: %w", err)
	}
	if f == nil {
		return nil, ErrBusy
	}
	return f.Close, nil
}
