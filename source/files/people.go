package files

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
)

// people reports the users and groups of this host, as its files have them: passwd(5), group(5). Passwords are never looked at.
func (c *collector) people() error {
	if err := c.lines("/etc/passwd", "the users of this host", c.user); err != nil {
		return err
	}
	if err := c.lines("/etc/group", "the groups of this host", c.group); err != nil {
		return err
	}
	return c.elsewhere()
}

// lines hands on the fields of the lines of a file.
func (c *collector) lines(file, what string, f func(fields []string) error) error {
	in, err := os.Open(file)
	if err != nil {
		return c.unseen(file, what)
	}
	defer in.Close()
	s := bufio.NewScanner(in)
	s.Buffer(nil, 16<<20) // a group of a million members
	n := 0
	for s.Scan() {
		if n++; n > maxPeople {
			break
		}
		if line := strings.TrimSpace(s.Text()); line != "" && line[0] != '#' && line[0] != '+' && line[0] != '-' {
			if err := f(strings.Split(line, ":")); err != nil {
				return err
			}
		}
	}
	if s.Err() != nil || n > maxPeople {
		return c.unseen(file, what)
	}
	return nil
}

// noLogin are the programs that let nobody in, in place of a shell.
var noLogin = []string{"nologin", "false", "sync", "halt", "shutdown"}

func (c *collector) user(f []string) error {
	if len(f) < 7 {
		return nil
	}
	uid, err1 := strconv.ParseUint(f[2], 10, 32)
	gid, err2 := strconv.ParseUint(f[3], 10, 32)
	if errors.Join(err1, err2) != nil {
		return c.unseen("/etc/passwd", "a user whose number is not understood")
	}
	return c.tell(estate.Grant{Kind: "user", Principal: source.Display(f[0]), Target: "uid:" + strconv.FormatUint(uid, 10), From: "/etc/passwd"},
		map[string]any{"gid": gid, "login": !slices.Contains(noLogin, path.Base(f[6]))})
}

func (c *collector) group(f []string) error {
	if len(f) < 4 {
		return nil
	}
	gid, err := strconv.ParseUint(f[2], 10, 32)
	if err != nil {
		return c.unseen("/etc/group", "a group whose number is not understood")
	}
	g := estate.Grant{Kind: "group", Principal: source.Display(f[0]), Target: "gid:" + strconv.FormatUint(gid, 10), From: "/etc/group"}
	if err := c.tell(g, nil); err != nil {
		return err
	}
	for name := range strings.SplitSeq(f[3], ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		g.Kind, g.Principal = "member", source.Display(name)
		if err := c.tell(g, nil); err != nil {
			return err
		}
	}
	return nil
}

// elsewhere reports that this host knows users or groups from elsewhere, too (nsswitch.conf(5)).
func (c *collector) elsewhere() error {
	text, err := os.ReadFile("/etc/nsswitch.conf")
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return c.unseen("/etc/nsswitch.conf", "whether there are users and groups beyond /etc/passwd and /etc/group")
	}
	var more []string
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		what, sources, _ := strings.Cut(line, ":")
		if what = strings.TrimSpace(what); what != "passwd" && what != "group" && what != "initgroups" {
			continue
		}
		for _, s := range strings.Fields(sources) {
			if s[0] != '[' && s != "files" && s != "compat" && s != "systemd" && !slices.Contains(more, s) {
				more = append(more, s)
			}
		}
	}
	if len(more) == 0 {
		return nil
	}
	return c.unseen("/etc/nsswitch.conf", "users and groups that this host takes from "+source.Display(strings.Join(more, ", ")))
}
