//go:build unix

package backup

import (
	"errors"
	"os"
)

// syncFolder brings the entries of a folder to the disk.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
