package posix

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/estate"
)

// found is a Sink that keeps all.
type found struct {
	nodes  map[string]access.Node
	from   map[string][]access.Edge
	doubts []access.Doubt
}

func (f *found) Node(n access.Node)   { f.nodes[n.ID] = n }
func (f *found) Edge(e access.Edge)   { f.from[e.From] = append(f.from[e.From], e) }
func (f *found) Doubt(d access.Doubt) { f.doubts = append(f.doubts, d) }

func compile(facts []access.Fact, places ...access.Place) *found {
	f := &found{nodes: map[string]access.Node{}, from: map[string][]access.Edge{}}
	Compile(facts, places, f)
	return f
}

// written reads facts written as kind|principal|target|detail, of the host h and its tree /srv.
func written(lines ...string) (facts []access.Fact) {
	for i, l := range append([]string{`tree||/srv|{"file":false,"repository":"file:///srv"}`}, lines...) {
		p := append(strings.Split(l, "|"), "", "", "")
		facts = append(facts, access.Fact{ID: i + 1, Grant: estate.Grant{System: "posix", Scope: "h", Repository: "file:///srv", Kind: p[0], Principal: p[1], Target: p[2], Detail: p[3]}})
	}
	return facts
}

// edges writes the edges that give a right, for people.
func (f *found) edges(right access.Right) (out []string) {
	for _, all := range f.from {
		for _, e := range all {
			if e.Right != right || strings.HasPrefix(e.Verb, "is root") {
				continue
			}
			text := fmt.Sprintf("%s %s %s", f.nodes[e.From].Name, e.Verb, strings.TrimPrefix(e.To, "file:///srv/"))
			if e.Layer == access.Escalation {
				text += " (escalation)"
			}
			if e.Condition != "" {
				text += " if " + e.Condition
			}
			out = append(out, fmt.Sprint(text, " ", e.Proof))
		}
	}
	slices.Sort(out)
	return out
}

func mode(uid, gid int, m string) string {
	return fmt.Sprintf(`{"uid":%d,"gid":%d,"mode":"%s"}`, uid, gid, m)
}

var people = []string{`user|ann|uid:1|{"gid":10,"login":true}`, `user|bob|uid:2|{"gid":20,"login":true}`, `user|web|uid:3|{"gid":30,"login":false}`, "group|staff|gid:10", "group|ops|gid:20", "member|bob|gid:10"}

func TestWhoReads(t *testing.T) {
	root := "dir||/|" + mode(0, 0, "0755")
	whole := access.Place{Repository: "file:///srv"}
	for _, c := range []struct {
		name  string
		facts []string
		place access.Place
		want  []string
	}{
		{"everyone", []string{root, "dir||/srv/|" + mode(0, 0, "0755"), "files||/srv/|" + mode(0, 0, "0644")}, whole, []string{"everyone on h may read file:///srv [8 9 10]"}},
		{"a directory above that only a group may pass", []string{"dir||/|" + mode(0, 10, "0750"), "files||/srv/|" + mode(0, 0, "0644")}, whole, []string{"staff may read file:///srv [8 9]"}},
		{"all but a group", []string{root, "files||/srv/|" + mode(0, 20, "0604")}, whole, []string{"everyone on h but uid 2 may read file:///srv [8 9]"}},
		{"the owner may let himself", []string{root, "files||/srv/|" + mode(3, 30, "0000")}, whole, []string{"web owns what denies it, and may let himself read file:///srv (escalation) [8 9]"}},
		{"two groups on the way", []string{"dir||/|" + mode(0, 10, "0750"), "files||/srv/|" + mode(0, 20, "0640")}, whole, []string{"bob may read file:///srv [3 7 8 9]"}},
		{"an owner whom nobody knows", []string{root, "files||/srv/|" + mode(4711, 0, "0600")}, whole, []string{"uid 4711 may read file:///srv [8 9]"}},
		{"a member of a group that a list names", []string{root, "files||/srv/|" + `{"uid":0,"gid":0,"mode":"0640","acl":["user::rw-","user:2:---","group::r--","group:10:r--","mask::r--","other::---"]}`}, whole,
			[]string{"ann may read file:///srv [2 8 9]", "gid 0 may read file:///srv [8 9]"}},
		{"too many kinds in a folder", []string{root, "mixed||/srv/|" + `{"classes":[` + mode(1, 0, "0600") + `,` + mode(2, 0, "0600") + `]}`}, whole, []string{
			"ann may read file:///srv if of files of different modes in one folder, it is one of those that this holds for [8 9]",
			"bob may read file:///srv if of files of different modes in one folder, it is one of those that this holds for [8 9]"}},
		{"only what is asked for", []string{root, "files||/srv/|" + mode(0, 0, "0600"), "file||/srv/a|" + mode(1, 0, "0600"), "file||/srv/b|" + mode(2, 0, "0600")}, access.Place{Repository: "file:///srv", Path: "a!/x.csv"},
			[]string{"ann may read a [8 10]"}},
		{"beneath a folder", []string{root, "files||/srv/|" + mode(0, 0, "0600"), "files||/srv/x/|" + mode(1, 0, "0600"), "file||/srv/y/b|" + mode(2, 0, "0600")}, access.Place{Repository: "file:///srv", Path: "x/"},
			[]string{"ann may read x/ [8 10]"}},
	} {
		facts := written(append(slices.Clone(people), c.facts...)...)
		for range 3 {
			if diff := cmp.Diff(c.want, compile(facts, c.place).edges(access.Read)); diff != "" {
				t.Errorf("%s: %s", c.name, diff)
			}
			rand.Shuffle(len(facts), func(i, j int) { facts[i], facts[j] = facts[j], facts[i] })
		}
	}
}

// TestMounts: nobody writes where the mount is read-only, and who is who where another machine serves it is a doubt.
func TestMounts(t *testing.T) {
	facts := func(mount string) []access.Fact {
		return written(append(slices.Clone(people), "dir||/|"+mode(0, 0, "0777"), "files||/srv/|"+mode(0, 0, "0666"), "mount||/srv|"+mount)...)
	}
	place := access.Place{Repository: "file:///srv"}
	f := compile(facts(`{"type":"ext4","read_only":false,"remote":false}`), place)
	if n := len(f.edges(access.Write)); n != 2 || len(f.doubts) != 0 {
		t.Errorf("%q %v", f.edges(access.Write), f.doubts)
	}
	if f := compile(facts(`{"type":"ext4","read_only":true}`), place); len(f.edges(access.Write)) != 0 {
		t.Errorf("%q", f.edges(access.Write))
	}
	f = compile(facts(`{"type":"nfs4","remote":true}`), place)
	root := f.from["file://h#uid:0"]
	if len(f.doubts) != 1 || !strings.Contains(f.doubts[0].Detail, "nfs4") || len(root) == 0 || root[0].Condition == "" {
		t.Errorf("%v %v", f.doubts, root)
	}
}

func TestDoubtsOfFiles(t *testing.T) {
	f := compile(written("unseen||/etc/nsswitch.conf", "dir||/|{}", "files||/srv/|"+mode(0, 0, "0644")), access.Place{Repository: "file:///srv"})
	if len(f.doubts) != 2 {
		t.Errorf("%v", f.doubts)
	}
}

func FuzzParseClass(f *testing.F) {
	f.Add(mode(1, 2, "1755"))
	f.Add(`{"uid":0,"gid":0,"mode":"0640","acl":["user::rw-","user:2:---","group::r--","group:10:r--","mask::r--","other::---"]}`)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseClass(text)
		if err != nil {
			return
		}
		for _, want := range []uint32{pass, write, read, replace} {
			if c.permits(somebody{uid: 1, groups: map[uint32][]int{2: nil}}, want) && want == replace && (!c.permits(somebody{uid: 1, groups: map[uint32][]int{2: nil}}, pass) || !c.permits(somebody{uid: 1, groups: map[uint32][]int{2: nil}}, write)) {
				t.Errorf("%s lets do two things and not each", text)
			}
		}
	})
}

// BenchmarkCompile compiles 20,000 users in 2,000 groups, and a tree with 50,000 places where something changes.
func BenchmarkCompile(b *testing.B) {
	lines := []string{"dir||/|" + mode(0, 0, "0755")}
	for u := range 20_000 {
		lines = append(lines, fmt.Sprintf(`user|u%d|uid:%d|{"gid":%d,"login":true}`, u, 1000+u, 100+u%2000), fmt.Sprintf("member|u%d|gid:%d", u, 100+u*7%2000))
	}
	for d := range 50_000 {
		lines = append(lines, fmt.Sprintf("dir||/srv/%d/|%s", d, mode(1000+d%20_000, 100+d%2000, []string{"0750", "0700", "0755"}[d%3])), fmt.Sprintf("files||/srv/%d/|%s", d, mode(1000+d%20_000, 100+d%2000, "0640")))
	}
	facts := written(lines...)
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, es := range compile(facts, access.Place{Repository: "file:///srv"}).from {
			n += len(es)
		}
		b.ReportMetric(float64(n), "edges")
	}
}
