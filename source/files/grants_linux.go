package files

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
)

// accessList gives the extended attribute that holds a file's access list; nil where it has none, or its filesystem knows none.
func accessList(path string) ([]byte, error) {
	buf := make([]byte, 256)
	for {
		n, err := unix.Lgetxattr(path, "system.posix_acl_access", buf)
		switch {
		case err == nil:
			return buf[:n], nil
		case errors.Is(err, unix.ENODATA), errors.Is(err, unix.ENOTSUP):
			return nil, nil
		case errors.Is(err, unix.ERANGE) && len(buf) < 64<<10:
			buf = make([]byte, 64<<10)
		default:
			return nil, err
		}
	}
}

// maxMounts bounds the mounts that are told of.
const maxMounts = 1000

// remote are filesystems that another machine serves, and that may judge by its own rules.
var remote = []string{"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "9p", "fuse.sshfs", "fuse.glusterfs", "lustre", "gpfs", "beegfs"}

// mounts reports the mount that the tree lies on and those within it (proc(5), /proc/pid/mountinfo).
func (c *collector) mounts() error {
	f, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return c.unseen("/proc/self/mountinfo", "how it is mounted")
	}
	defer f.Close()
	type mount struct {
		at     string
		detail map[string]any
	}
	var under *mount
	var within []mount
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() && len(within) < maxMounts {
		fields := strings.Fields(lines.Text())
		dash := slices.Index(fields, "-")
		if dash < 6 || dash+3 >= len(fields) {
			continue
		}
		m := mount{unescape(fields[4]), map[string]any{"type": fields[dash+1], "remote": slices.Contains(remote, fields[dash+1])}}
		options := strings.Split(fields[5]+","+fields[dash+3], ",")
		m.detail["read_only"] = slices.Contains(options, "ro")
		prefix := strings.TrimSuffix(m.at, "/") + "/"
		switch {
		case m.at == c.t.root || strings.HasPrefix(c.t.root, prefix):
			if under == nil || len(m.at) >= len(under.at) { // a later one lies over an earlier one
				under = &m
			}
		case strings.HasPrefix(m.at, strings.TrimSuffix(c.t.root, "/")+"/"):
			within = append(within, m)
		}
	}
	if lines.Err() != nil || len(within) == maxMounts {
		if err := c.unseen("/proc/self/mountinfo", "all mounts beneath the tree"); err != nil {
			return err
		}
	}
	if under != nil {
		within = append(within, *under)
	}
	for _, m := range within {
		if err := c.tell(estate.Grant{Kind: "mount", Target: source.Display(filepath.Clean(m.at)), From: "/proc/self/mountinfo"}, m.detail); err != nil {
			return err
		}
	}
	return nil
}

// unescape reads a path in which blanks and backslashes are written as \ and three octal digits.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
