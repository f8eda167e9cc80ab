// Package posix compiles owners, modes and access lists of files into who can read them, as the kernel decides it.
//
// A file can be read by whoever may pass every directory from / down to it, and read it. Each of those is decided by the first class that
// somebody belongs to: the owner; a user whom the access list names; the groups; everybody else. A group that denies does not hand on
// to everybody else. Who may write in a directory can replace what stands in it, whatever its mode. Root passes all.
//
// Names of users are those of the host that the tree was seen on. That a directory must be readable to be listed is left out: who
// knows a name needs no listing.
package posix

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/estate"
)

// seen is a class of a place, and the fact that says so.
type seen struct {
	class *class
	fact  int
}

// user is whoever has one number.
type user struct {
	uid    uint32
	names  []string
	facts  []int
	login  bool
	groups map[uint32][]int // and the fact that puts him into it
}

// tree is one surveyed tree.
type tree struct {
	root   string // absolute, with a slash at its end unless it is a file
	repo   string
	single bool
	fact   int
}

// mount is how a part of the tree is mounted.
type mount struct {
	ReadOnly bool   `json:"read_only"`
	Remote   bool   `json:"remote"`
	Type     string `json:"type"`
}

// host is what the facts of one host say.
type host struct {
	scope   string
	out     access.Sink
	classes map[string]*class
	dirs    map[string]seen // absolute, with a slash at the end
	files   map[string][]seen
	named   map[string]seen // single files
	trees   []tree
	mounts  map[string]mount
	users   map[uint32]*user
	byName  map[string]uint32
	groups  map[uint32]string
	members map[uint32][]uint32 // users by group
	unseen  []access.Fact
	memo    map[string]*audience
	told    map[string]bool // nodes, and doubts
}

// Compile is the compiler of the system posix.
func Compile(facts []access.Fact, wanted []access.Place, out access.Sink) {
	scopes := map[string][]access.Fact{}
	first := map[estate.Grant]bool{}
	for _, f := range slices.SortedFunc(slices.Values(facts), func(a, b access.Fact) int { return a.ID - b.ID }) {
		key := f.Grant
		key.Repository = "" // what is said of the host is said with each of its trees
		if f.System != "posix" || f.Kind != "unseen" && first[key] {
			continue
		}
		first[key] = true
		scopes[f.Scope] = append(scopes[f.Scope], f)
	}
	for _, scope := range slices.Sorted(maps.Keys(scopes)) {
		h := &host{scope: scope, out: out, classes: map[string]*class{}, dirs: map[string]seen{}, files: map[string][]seen{}, named: map[string]seen{}, mounts: map[string]mount{}, users: map[uint32]*user{},
			byName: map[string]uint32{}, groups: map[uint32]string{}, members: map[uint32][]uint32{}, memo: map[string]*audience{}, told: map[string]bool{}}
		var members []access.Fact
		for _, f := range scopes[scope] {
			if f.Kind == "member" {
				members = append(members, f) // names first
				continue
			}
			h.take(f)
		}
		for _, f := range members {
			h.join(f)
		}
		for _, uid := range slices.Sorted(maps.Keys(h.users)) {
			for gid := range h.users[uid].groups {
				h.members[gid] = append(h.members[gid], uid)
			}
		}
		h.emit(wanted)
	}
}

// take files one fact.
func (h *host) take(f access.Fact) {
	switch f.Kind {
	case "tree":
		var d struct {
			Repository string
			File       bool
		}
		if err := json.Unmarshal([]byte(f.Detail), &d); err != nil {
			h.misread(f)
			return
		}
		root := f.Target
		if !d.File {
			root = strings.TrimSuffix(root, "/") + "/"
		}
		h.trees = append(h.trees, tree{root, d.Repository, d.File, f.ID})
	case "dir", "files", "file":
		c, err := h.class(f.Detail)
		if err != nil {
			h.misread(f)
			return
		}
		switch s := (seen{c, f.ID}); f.Kind {
		case "dir":
			h.dirs[f.Target] = s
		case "files":
			h.files[f.Target] = []seen{s}
		case "file":
			h.named[f.Target] = s
		}
	case "mixed":
		h.mixed(f)
	case "mount":
		var m mount
		if err := json.Unmarshal([]byte(f.Detail), &m); err != nil {
			h.misread(f)
			return
		}
		h.mounts[strings.TrimSuffix(f.Target, "/")+"/"] = m
	case "user":
		h.user(f)
	case "group":
		if gid, ok := number(f.Target, "gid:"); ok {
			h.groups[gid] = f.Principal
		}
	case "unseen":
		h.unseen = append(h.unseen, f)
	}
}

// misread keeps a fact that is not understood as one that was not seen.
func (h *host) misread(f access.Fact) {
	f.Why = "a fact of the kind " + f.Kind + " that is not understood"
	h.unseen = append(h.unseen, f)
}

// mixed files the classes of a folder in which too many files differ.
func (h *host) mixed(f access.Fact) {
	var d struct{ Classes []json.RawMessage }
	if err := json.Unmarshal([]byte(f.Detail), &d); err != nil {
		h.misread(f)
		return
	}
	for _, raw := range d.Classes {
		c, err := h.class(string(raw))
		if err != nil {
			h.misread(f)
			continue
		}
		h.files[f.Target] = append(h.files[f.Target], seen{c, f.ID})
	}
}

// class reads a class; equal ones are one.
func (h *host) class(detail string) (*class, error) {
	if c := h.classes[detail]; c != nil {
		return c, nil
	}
	c, err := parseClass(detail)
	if err != nil {
		return nil, err
	}
	c.number = len(h.classes)
	h.classes[detail] = c
	return c, nil
}

func number(s, prefix string) (uint32, bool) {
	digits, ok := strings.CutPrefix(s, prefix)
	n, err := strconv.ParseUint(digits, 10, 32)
	return uint32(n), ok && err == nil
}

func (h *host) user(f access.Fact) {
	uid, ok := number(f.Target, "uid:")
	var d struct {
		GID   uint32
		Login bool
	}
	if err := json.Unmarshal([]byte(f.Detail), &d); !ok || err != nil {
		h.misread(f)
		return
	}
	u := h.users[uid]
	if u == nil {
		u = &user{uid: uid, groups: map[uint32][]int{}}
		h.users[uid] = u
	}
	u.names, u.facts, u.login = append(u.names, f.Principal), append(u.facts, f.ID), u.login || d.Login
	u.groups[d.GID] = append(u.groups[d.GID], f.ID)
	if _, taken := h.byName[f.Principal]; !taken {
		h.byName[f.Principal] = uid
	}
}

// join puts a user into a group. Names that nobody has are passed over: the kernel knows numbers only.
func (h *host) join(f access.Fact) {
	gid, ok := number(f.Target, "gid:")
	uid, known := h.byName[f.Principal]
	if ok && known {
		u := h.users[uid]
		u.groups[gid] = append(u.groups[gid], f.ID)
	}
}

func (h *host) id(kind string, n uint32) string {
	return fmt.Sprintf("file://%s#%s:%d", h.scope, kind, n)
}

// userNode tells a user, once, and gives its ID.
func (h *host) userNode(uid uint32) string {
	id := h.id("uid", uid)
	if h.told[id] {
		return id
	}
	h.told[id] = true
	n := access.Node{ID: id, Kind: access.User, Name: fmt.Sprintf("uid %d", uid), System: "posix"}
	if u := h.users[uid]; u != nil {
		n.Name = strings.Join(u.names, " = ")
		if !u.login {
			n.Kind = access.Service
		}
	}
	if uid == 0 {
		n.Traits = map[string]string{"superuser": "yes"}
	}
	h.out.Node(n)
	return id
}

// groupNode tells a group with its members, once, and gives its ID.
func (h *host) groupNode(gid uint32) string {
	id := h.id("gid", gid)
	if h.told[id] {
		return id
	}
	h.told[id] = true
	n := access.Node{ID: id, Kind: access.Group, Name: h.groups[gid], System: "posix"}
	if n.Name == "" {
		n.Name = fmt.Sprintf("gid %d", gid)
	}
	h.out.Node(n)
	for _, uid := range h.members[gid] {
		for _, fact := range h.users[uid].groups[gid] {
			h.out.Edge(access.Edge{From: h.userNode(uid), To: id, Verb: "is a member of", Right: access.Become, Proof: []int{fact}})
		}
	}
	return id
}

// maxBut bounds the users who are named as those that everyone is without.
const maxBut = 16

// everyoneNode tells the node of everybody but some, once, and gives its ID.
func (h *host) everyoneNode(but []uint32) string {
	id, name := "file://"+h.scope+"#everyone", "everyone on "+h.scope
	if len(but) > 0 {
		var names []string
		for _, uid := range but {
			names = append(names, strconv.FormatUint(uint64(uid), 10))
		}
		list := strings.Join(names, ",")
		if len(names) > maxBut {
			sum := sha256.Sum256([]byte(list))
			list = fmt.Sprintf("%d of them, %x", len(names), sum[:8])
			names = append(names[:4], fmt.Sprintf("and %d more", len(but)-4))
		}
		id += " but " + list
		name += " but uid " + strings.Join(names, ", ")
	}
	if h.told[id] {
		return id
	}
	h.told[id] = true
	h.out.Node(access.Node{ID: id, Kind: access.Anyone, Name: name, System: "posix"})
	for _, uid := range slices.Sorted(maps.Keys(h.users)) {
		if _, is := slices.BinarySearch(but, uid); !is && uid != 0 {
			h.out.Edge(access.Edge{From: h.userNode(uid), To: id, Verb: "is one of", Right: access.Become, Proof: h.users[uid].facts[:1]})
		}
	}
	return id
}
