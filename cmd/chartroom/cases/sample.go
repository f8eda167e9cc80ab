package cases

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/chartroom/chartroom/cmd/chartroom/claims"
	"github.com/chartroom/chartroom/incident"
	"github.com/chartroom/chartroom/incident/desk"
)

// test holds a sample against the inventory.
func (k *docket) test(ctx context.Context, path string, leaks []string, how desk.How) (*desk.Written, error) {
	x, err := exhibit(path)
	if err != nil {
		return nil, err
	}
	src, err := claims.Source(path, nil)
	if err != nil {
		return nil, err
	}
	old, err := claims.Leaks(leaks)
	if err != nil {
		return nil, err
	}
	t, err := k.room.Trial()
	if err != nil {
		return nil, err
	}
	w, _, err := k.Test(ctx, t, *x, src, old, how)
	return w, err
}

// exhibit names a file by its hash; a folder by those of its files would be several.
func exhibit(path string) (*incident.Exhibit, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, f)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return &incident.Exhibit{Name: filepath.Base(path), SHA256: hex.EncodeToString(sum.Sum(nil)), Bytes: n}, nil
}
