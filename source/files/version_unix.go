//go:build unix

package files

import (
	"fmt"
	"io/fs"
	"syscall"
)

// version marks a file's content by size, time of change of the content, and number and time of change of the inode, so that
// a copy that keeps the old time is noticed as well.
func version(info fs.FileInfo) string {
	v := fmt.Sprintf("%d.%x", info.Size(), info.ModTime().UnixNano())
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		v += fmt.Sprintf(".%x.%x", changed(st), st.Ino)
	}
	return v
}
