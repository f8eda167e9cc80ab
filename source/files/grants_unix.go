//go:build unix

package files

import (
	"encoding/json"
	"errors"
	"os"
	"syscall"
)

// knowsModes tells whether files have owners and modes here.
const knowsModes = true

// classOf looks at a file or directory.
func classOf(path string, info os.FileInfo) (class, error) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return class{}, errors.New("no owner and mode")
	}
	c := class{uid: st.Uid, gid: st.Gid, mode: uint32(st.Mode) & 0o777}
	if info.IsDir() {
		c.mode = uint32(st.Mode) & 0o1777
	}
	raw, err := accessList(path)
	if err != nil || len(raw) == 0 {
		return c, err
	}
	entries, err := parseACL(raw)
	if err != nil {
		return c, err
	}
	text, err := json.Marshal(entries)
	c.acl = string(text)
	return c, err
}
