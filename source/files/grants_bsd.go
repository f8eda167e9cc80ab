//go:build unix && !linux

package files

func accessList(string) ([]byte, error) { return nil, nil }

// mounts says what is not looked at here.
func (c *collector) mounts() error {
	return c.unseen(c.t.root, "access lists beyond the mode, and how it is mounted")
}
