package posix

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// class is what the kernel looks at of a file or directory.
type class struct {
	number   int
	uid, gid uint32
	mode     uint32 // nine bits, and the sticky one of a directory
	acl      []entry
}

// entry is an entry of an access list that names somebody, or is the owning group's or the mask.
type entry struct {
	kind byte // u, g, G (the owning group), m, o
	id   uint32
	perm uint32
}

// What is asked of a file or directory.
const (
	pass    = 1
	write   = 2
	read    = 4
	replace = write | pass // in a directory
	sticky  = 0o1000
)

var errClass = errors.New("a mode or access list that is not understood")

// parseClass reads a class as the collector writes it.
func parseClass(detail string) (*class, error) {
	var d struct {
		UID, GID *uint32
		Mode     string
		ACL      []string
	}
	if err := json.Unmarshal([]byte(detail), &d); err != nil || d.UID == nil || d.GID == nil {
		return nil, errClass
	}
	mode, err := strconv.ParseUint(d.Mode, 8, 12)
	if err != nil {
		return nil, errClass
	}
	c := &class{uid: *d.UID, gid: *d.GID, mode: uint32(mode)}
	for _, text := range d.ACL {
		parts := strings.Split(text, ":")
		if len(parts) != 3 || len(parts[2]) != 3 {
			return nil, errClass
		}
		var e entry
		for i, letter := range []byte("rwx") {
			if parts[2][i] == letter {
				e.perm |= 4 >> i
			}
		}
		kinds := map[string]byte{"user": 'u', "group": 'g', "mask": 'm', "other": 'o'}
		e.kind = kinds[parts[0]]
		switch id, err := strconv.ParseUint(parts[1], 10, 32); {
		case e.kind == 0, parts[1] != "" && (err != nil || e.kind == 'm' || e.kind == 'o'):
			return nil, errClass
		case parts[1] != "":
			e.id = uint32(id)
		case e.kind == 'u':
			continue // the owner's, which the mode has
		case e.kind == 'g':
			e.kind, e.id = 'G', c.gid
		}
		c.acl = append(c.acl, e)
	}
	return c, nil
}

// somebody is whom the kernel judges: a number, and a set of groups.
type somebody struct {
	uid    uint32
	nobody bool // has no number that anything names
	groups map[uint32][]int
}

// permits is the kernel's decision (Linux, fs/namei.c, acl_permission_check, and fs/posix_acl.c, posix_acl_permission). A list is only looked
// at where the mode gives the group something, which then is the list's mask: under an empty mask those whom a list names are judged
// like everybody.
func (c *class) permits(who somebody, want uint32) bool {
	if !who.nobody && who.uid == c.uid {
		return c.mode>>6&want == want
	}
	if len(c.acl) > 0 && c.mode>>3&7 != 0 {
		return c.list(who, want)
	}
	if _, is := who.groups[c.gid]; is {
		return c.mode>>3&want == want
	}
	return c.mode&want == want
}

// list decides by an access list.
func (c *class) list(who somebody, want uint32) bool {
	mask, other, matched := uint32(7), c.mode&7, false
	for _, e := range c.acl {
		switch e.kind {
		case 'm':
			mask = e.perm
		case 'o':
			other = e.perm
		}
	}
	for _, e := range c.acl {
		switch e.kind {
		case 'u':
			if !who.nobody && e.id == who.uid {
				return e.perm&mask&want == want
			}
		case 'g', 'G':
			if _, is := who.groups[e.id]; is {
				if matched = true; e.perm&want == want {
					return mask&want == want
				}
			}
		}
	}
	return !matched && other&want == want
}

// check is one thing that must be permitted.
type check struct {
	class *class
	want  uint32
	entry *class // what is to be replaced in a sticky directory
}

func (k check) permits(who somebody) bool {
	if !k.class.permits(who, k.want) {
		return false
	}
	return k.entry == nil || k.class.mode&sticky == 0 || !who.nobody && (who.uid == k.class.uid || who.uid == k.entry.uid)
}

func allowed(who somebody, checks []check) bool {
	for _, k := range checks {
		if !k.permits(who) {
			return false
		}
	}
	return true
}

// audience is who passes some checks, root aside.
type audience struct {
	everyone bool
	but      []uint32 // those of everyone who do not
	groups   []uint32
	users    []grantee
}

// grantee is a user who passes for himself, and the memberships that he needs for it.
type grantee struct {
	uid    uint32
	proofs [][]int
}

// key names checks; the same ones in another order are the same.
func key(checks []check) string {
	var parts []string
	for _, k := range checks {
		entry := -1
		if k.entry != nil && k.class.mode&sticky != 0 {
			entry = k.entry.number
		}
		parts = append(parts, fmt.Sprint(k.class.number, k.want, entry))
	}
	slices.Sort(parts)
	return strings.Join(slices.Compact(parts), ";")
}

// audience finds who passes. Whoever no check names is judged once, for all.
func (h *host) audience(checks []check) *audience {
	k := key(checks)
	if a := h.memo[k]; a != nil {
		return a
	}
	uids, gids := mentioned(checks)
	candidates := maps.Clone(uids)
	for gid := range gids {
		for _, uid := range h.members[gid] {
			candidates[uid] = true
		}
	}
	delete(candidates, 0)
	a := &audience{everyone: allowed(somebody{nobody: true}, checks)}
	in := map[uint32]bool{}
	for _, uid := range slices.Sorted(maps.Keys(candidates)) {
		if allowed(h.somebody(uid), checks) {
			in[uid] = true
		} else if a.everyone {
			a.but = append(a.but, uid)
		}
	}
	if !a.everyone {
		h.narrow(a, checks, in, gids)
	}
	h.memo[k] = a
	return a
}

// narrow finds the groups that pass as a whole, and the users who do for themselves.
func (h *host) narrow(a *audience, checks []check, in map[uint32]bool, gids map[uint32]bool) {
	covered := map[uint32]bool{}
	for _, gid := range slices.Sorted(maps.Keys(gids)) {
		whole := allowed(somebody{nobody: true, groups: map[uint32][]int{gid: nil}}, checks)
		for _, uid := range h.members[gid] {
			whole = whole && (in[uid] || uid == 0)
		}
		if whole {
			a.groups = append(a.groups, gid)
			for _, uid := range h.members[gid] {
				covered[uid] = true
			}
		}
	}
	for _, uid := range slices.Sorted(maps.Keys(in)) {
		g := grantee{uid: uid}
		who := h.somebody(uid)
		if allowed(somebody{uid: uid}, checks) {
			g.proofs = [][]int{nil}
		} else if covered[uid] {
			continue
		}
		var all []int
		for _, gid := range slices.Sorted(maps.Keys(who.groups)) {
			if !gids[gid] || g.proofs != nil && len(g.proofs[0]) == 0 {
				continue
			}
			all = append(all, who.groups[gid][0])
			if allowed(somebody{uid: uid, groups: map[uint32][]int{gid: nil}}, checks) {
				for _, fact := range who.groups[gid] {
					g.proofs = append(g.proofs, []int{fact})
				}
			}
		}
		if g.proofs == nil {
			g.proofs = [][]int{all}
		}
		a.users = append(a.users, g)
	}
}

// mentioned gives the users and groups that checks name.
func mentioned(checks []check) (uids, gids map[uint32]bool) {
	uids, gids = map[uint32]bool{}, map[uint32]bool{}
	for _, k := range checks {
		uids[k.class.uid], gids[k.class.gid] = true, true
		if k.entry != nil {
			uids[k.entry.uid] = true
		}
		for _, e := range k.class.acl {
			switch e.kind {
			case 'u':
				uids[e.id] = true
			case 'g':
				gids[e.id] = true
			}
		}
	}
	return uids, gids
}

func (h *host) somebody(uid uint32) somebody {
	if u := h.users[uid]; u != nil {
		return somebody{uid: uid, groups: u.groups}
	}
	return somebody{uid: uid}
}
