//go:build linux

package posix

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source/files"
)

// child is what makes this program somebody's hands.
const child = "CHARTROOM_TEST_HANDS"

func TestMain(m *testing.M) {
	if os.Getenv(child) != "" {
		hands(os.Stdin, os.Stdout)
		return
	}
	os.Exit(m.Run())
}

// hands tries what each line asks for, and answers y or n: r PATH opens to read, w PATH to write, m PATH takes its place and gives it back.
func hands(in io.Reader, out io.Writer) {
	lines := bufio.NewScanner(in)
	answers := bufio.NewWriter(out)
	defer answers.Flush()
	for lines.Scan() {
		what, path, _ := strings.Cut(lines.Text(), " ")
		var err error
		switch what {
		case "r", "w":
			var fd int
			if fd, err = syscall.Open(path, map[string]int{"r": syscall.O_RDONLY, "w": syscall.O_WRONLY}[what], 0); err == nil {
				syscall.Close(fd)
			}
		case "m":
			if err = syscall.Rename(path, path+".taken"); err == nil {
				if err := syscall.Rename(path+".taken", path); err != nil {
					panic(err)
				}
			}
		}
		answers.WriteByte(map[bool]byte{true: 'y', false: 'n'}[err == nil])
	}
}

// person is an invented user.
type person struct {
	uid, gid uint32
	more     []uint32
}

const base = 31_000

// population makes users and groups; the last user has a number that no fact knows.
func population(r *rand.Rand) (people []person, facts []estate.Grant) {
	for g := range uint32(6) {
		facts = append(facts, estate.Grant{Kind: "group", Principal: fmt.Sprintf("group%d", g), Target: fmt.Sprintf("gid:%d", base+g)})
	}
	for u := range uint32(12) {
		p := person{uid: base + u, gid: base + r.Uint32N(6)}
		name := fmt.Sprintf("user%d", u)
		if u < 11 {
			facts = append(facts, estate.Grant{Kind: "user", Principal: name, Target: fmt.Sprintf("uid:%d", p.uid), Detail: fmt.Sprintf(`{"gid":%d,"login":true}`, p.gid)})
			for g := range uint32(6) {
				if r.IntN(4) == 0 {
					p.more = append(p.more, base+g)
					facts = append(facts, estate.Grant{Kind: "member", Principal: name, Target: fmt.Sprintf("gid:%d", base+g)})
				}
			}
		} else {
			p.gid = base + 99
		}
		people = append(people, p)
	}
	return people, facts
}

// paint gives a file or directory an owner, a mode, and perhaps a list.
func paint(t *testing.T, r *rand.Rand, path string, dir, lists bool) {
	mode := fs.FileMode(r.IntN(8)<<6 | r.IntN(8)<<3 | r.IntN(8))
	if dir && r.IntN(3) > 0 {
		mode = []fs.FileMode{0o755, 0o711, 0o750, 0o775, 0o1777, 0o2770, 0o771}[r.IntN(7)]
	}
	uid, gid := base+r.IntN(12), base+r.IntN(6)
	if r.IntN(8) == 0 {
		uid = 0
	}
	if err := os.Chown(path, uid, gid); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Chmod(path, uint32(mode)); err != nil {
		t.Fatal(err)
	}
	if lists && r.IntN(3) == 0 {
		if err := unix.Setxattr(path, "system.posix_acl_access", accessList(r, uint16(mode)), 0); err != nil {
			t.Fatal(err)
		}
	}
}

// accessList makes the bytes of a random access list.
func accessList(r *rand.Rand, mode uint16) []byte {
	b := binary.LittleEndian.AppendUint32(nil, 2)
	add := func(tag, perm uint16, id uint32) {
		b = binary.LittleEndian.AppendUint16(b, tag)
		b = binary.LittleEndian.AppendUint16(b, perm)
		b = binary.LittleEndian.AppendUint32(b, id)
	}
	none := ^uint32(0)
	perm := func() uint16 { return []uint16{0, 1, 4, 5, 5, 7, 7, 6}[r.IntN(8)] }
	named := func(tag uint16, n uint32) {
		for id := range n {
			if r.Uint32N(n) < 2 {
				add(tag, perm(), base+id)
			}
		}
	}
	add(1, mode>>6&7, none)
	named(2, 12)
	add(4, perm(), none)
	named(8, 6)
	add(16, perm(), none)
	add(32, mode&7, none)
	return b
}

// grow makes a random tree, and gives its files.
func grow(t *testing.T, r *rand.Rand, root string, lists bool) (dirs, regular []string) {
	dirs = []string{root}
	for i := range 12 {
		dirs = append(dirs, filepath.Join(dirs[r.IntN(len(dirs))], fmt.Sprintf("dir%d", i)))
	}
	for _, d := range dirs {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
		for i := range r.IntN(9) {
			regular = append(regular, filepath.Join(d, fmt.Sprintf("file%d", i)))
		}
	}
	for _, f := range regular {
		if err := os.WriteFile(f, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if r.IntN(3) > 0 {
			paint(t, r, f, false, lists)
		}
	}
	for _, d := range slices.Backward(dirs) {
		if r.IntN(4) > 0 {
			paint(t, r, d, true, lists)
		}
	}
	return dirs, regular
}

// reach gives what somebody may do with which place, by node. What is only possible is told with a question mark.
func (f *found) reach(id string) map[string]bool {
	out := map[string]bool{}
	for _, first := range append([]access.Edge{{To: id}}, f.from[id]...) {
		if first.Right != access.Become {
			continue
		}
		for _, e := range f.from[first.To] {
			if e.Layer == access.Entitled && e.Right != access.Become {
				out[e.Right.String()+" "+e.To] = true
			}
		}
	}
	return out
}

// at gives the place that a path lies in: the most specific one.
func (f *found) at(repo, root, path string) string {
	for p := strings.TrimPrefix(path, root+"/"); ; p = p[:strings.LastIndexByte(strings.TrimSuffix(p, "/"), '/')+1] {
		if id := repo + "/" + p; f.nodes[id].ID != "" {
			return id
		}
		if p == "" {
			return repo
		}
	}
}

// TestKernelAgrees asks the kernel of random trees, under other users' numbers.
func TestKernelAgrees(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("skipped: not root, so nobody else's access can be tried")
	}
	dir := open(t)
	program := filepath.Join(dir, "hands")
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, self, 0o755); err != nil {
		t.Fatal(err)
	}
	probe := filepath.Join(dir, "probe")
	if err := os.WriteFile(probe, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	lists := true
	if err := unix.Setxattr(probe, "system.posix_acl_access", accessList(rand.New(rand.NewPCG(1, 1)), 0o644), 0); err != nil {
		lists = false
		t.Logf("the filesystem has no access lists (%v): only modes are tried", err)
	}
	checks, yes, end := 0, 0, time.Now().Add(25*time.Second)
	seed := uint64(1)
	for ; checks < 20_000 && time.Now().Before(end); seed++ {
		r := rand.New(rand.NewPCG(seed, 11))
		root := filepath.Join(dir, fmt.Sprintf("tree%d", seed))
		people, more := population(r)
		dirs, regular := grow(t, r, root, lists)
		f, repo := collect(t, root, more)
		for _, p := range people {
			n, y := compare(t, program, p, f, repo, root, dirs, regular)
			checks, yes = checks+n, yes+y
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
		if err := os.RemoveAll(root); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d checks in %d trees, %d of them allowed, no disagreement", checks, seed-1, yes)
	if checks < 20_000 {
		t.Log("the time was over before 20,000 checks")
	}
}

// open makes a directory that everybody may pass.
func open(t *testing.T) string {
	dir := t.TempDir()
	for d := dir; d != os.TempDir() && d != "/"; d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// collect runs the real collector and the compiler, with invented people in place of those of this host.
func collect(t testing.TB, root string, people []estate.Grant) (*found, string) {
	t.Helper()
	src, err := files.Open(root, "")
	if err != nil {
		t.Fatal(err)
	}
	var facts []access.Fact
	add := func(g estate.Grant) error {
		facts = append(facts, access.Fact{ID: len(facts) + 1, Grant: g})
		return nil
	}
	err = src.Grants(t.Context(), func(g estate.Grant) error {
		if g.Kind == "user" || g.Kind == "group" || g.Kind == "member" {
			return nil
		}
		return add(g)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range people {
		g.System, g.Scope = "posix", facts[0].Scope
		_ = add(g)
	}
	repo := src.Repository().Name
	return compile(facts, access.Place{Repository: repo}), repo
}

// compare tries everything as one person.
func compare(t *testing.T, program string, p person, f *found, repo, root string, dirs, regular []string) (checks, yes int) {
	var asked bytes.Buffer
	type question struct {
		what, path string
		lines      int
	}
	var questions []question
	ask := func(what, path string, lines ...string) {
		for _, l := range lines {
			fmt.Fprintln(&asked, l)
		}
		questions = append(questions, question{what, path, len(lines)})
	}
	for _, path := range regular {
		ask("read", path, "r "+path)
		ways := []string{"w " + path, "m " + path}
		for d := filepath.Dir(path); d != root; d = filepath.Dir(d) {
			ways = append(ways, "m "+d)
		}
		ask("write", path, ways...)
	}
	cmd := exec.Command(program)
	cmd.Env, cmd.Stdin, cmd.Stderr = []string{child + "=1"}, &asked, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: p.uid, Gid: p.gid, Groups: p.more}}
	answers, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	id := fmt.Sprintf("file://%s#uid:%d", hostName(), p.uid)
	if _, known := f.nodes[id]; !known {
		id = "file://" + hostName() + "#everyone"
	}
	reach := f.reach(id)
	if p.uid == base+11 { // whom no fact knows is one of everyone
		for id, n := range f.nodes {
			_, but, _ := strings.Cut(id, "#everyone but ")
			if n.Kind == access.Anyone && !slices.Contains(strings.Split(but, ","), fmt.Sprint(p.uid)) {
				for what := range f.reach(id) {
					reach[what] = true
				}
			}
		}
	}
	for _, q := range questions {
		server := bytes.ContainsRune(answers[:q.lines], 'y')
		answers = answers[q.lines:]
		checks++
		if server {
			yes++
		}
		if at := f.at(repo, root, q.path); reach[q.what+" "+at] != server {
			ls, _ := exec.Command("ls", "-lnd", q.path, filepath.Dir(q.path), root).CombinedOutput()
			t.Errorf("%+v: %s %s, in %s: compiled %v, kernel %v\n%s", p, q.what, q.path, at, !server, server, ls)
		}
	}
	return checks, yes
}

// hostName is the scope of the facts.
func hostName() string {
	h, _ := os.Hostname()
	return h
}
