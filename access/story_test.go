package access

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/estate"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const archive = "file:///archive"

// said is a compiler that tells what it was given, in its order.
func said(things ...any) Compiler {
	return func(_ []Fact, _ []Place, sink Sink) {
		for _, x := range things {
			switch x := x.(type) {
			case Node:
				sink.Node(x)
			case Edge:
				sink.Edge(x)
			case Doubt:
				sink.Doubt(x)
			}
		}
	}
}

// of builds an estate of one file with two persons and what systems say, each by its name.
func of(t *testing.T, systems map[string]Compiler, facts ...Fact) *Estate {
	t.Helper()
	w := &world{items: map[Place][]int{{archive, "a/x.csv"}: {1, 2}}, empty: []string{"file:///nobody"}}
	in := w.input()
	in.Compilers, in.Facts = systems, facts
	for name := range systems {
		in.Facts = append(in.Facts, Fact{ID: 1000, Grant: estate.Grant{System: name}})
	}
	e, err := Build(in)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func (e *Estate) asked(t *testing.T, repository string) *WhoAnswer {
	t.Helper()
	w, ok, err := e.Who(Place{Repository: repository}, 0)
	if err != nil || !ok {
		t.Fatal(err, ok)
	}
	return w
}

func reads(from string, proof ...int) Edge {
	return Edge{From: from, To: archive + " ", Verb: "may read", Right: Read, Proof: proof}
}

func becomes(from, to string, proof ...int) Edge {
	return Edge{From: from, To: to, Verb: "is a member of", Proof: proof}
}

// TestSystemsSpeakOfTheSameNode: what each knows of it is united, whatever comes first, and edges may come before the nodes that they name.
func TestSystemsSpeakOfTheSameNode(t *testing.T) {
	plain, told := user("ann"), user("ann")
	plain.Name, plain.Traits = "", map[string]string{"mfa": ""}
	told.Custodian, told.Traits = "Lakeside", map[string]string{"mfa": "none", "idp": "no"}
	e := of(t, map[string]Compiler{
		"first":  said(reads("ann", 7), plain, reads("group", 9), res(Place{Repository: archive})),
		"second": said(becomes("ann", "group", 8), told, Node{ID: "group", Kind: Group, Name: "staff"}),
	})
	w := e.asked(t, archive)
	if len(w.Readers) != 1 {
		t.Fatalf("%+v", w.Readers)
	}
	r := w.Readers[0]
	if r.Name != "ann" || r.Custodian != "Lakeside" || r.Traits["mfa"] != "none" || !r.Outside || w.Outside != 1 || r.People.Estimate != 2 || len(w.Doubts) != 0 {
		t.Errorf("%+v, doubts %v", r, w.Doubts)
	}
	if len(r.Path) != 1 || r.Path[0].String() != "ann may read "+archive || !slices.Equal(r.Path[0].Grants, []int{7}) {
		t.Errorf("proof %+v: the shortest is by grant 7", r.Path)
	}
}

func TestWhatIsNotKnownIsADoubt(t *testing.T) {
	e := of(t, map[string]Compiler{"s": said(user("ann"), res(Place{Repository: archive}), reads("ann", 1), becomes("ann", "ghost", 2), reads("ghost", 3), Doubt{Detail: "odd"}, Doubt{Detail: "odd"})},
		Fact{ID: 4, Grant: estate.Grant{System: "future", Kind: "acl"}},
		Fact{ID: 5, Grant: estate.Grant{System: "box", Kind: Unseen, Repository: archive, Why: "access denied"}},
		Fact{ID: 6, Grant: estate.Grant{System: "box", Kind: Unseen, Repository: "file:///nobody", Why: "timed out"}})
	doubts := strings.Join(e.asked(t, archive).Doubts, "\n")
	for _, want := range []string{"ghost was not seen", "1 facts of future", "access denied", "odd"} {
		if strings.Count(doubts, want) != 1 {
			t.Errorf("%q is not once in\n%s", want, doubts)
		}
	}
	if strings.Contains(doubts, "timed out") {
		t.Error("what was not seen elsewhere does not change this")
	}
	if e.asked(t, "file:///nobody").Known {
		t.Error("nobody said who reads it, and yet it is known")
	}
	if w, ok, _ := e.Who(Place{Repository: "file:///elsewhere"}, 0); ok {
		t.Errorf("%+v", w)
	}
}

// TestOneSystemsDivisionSaysNothingOfAnothers: what the one gives on a folder as a whole does not reach what the other keeps apart in it.
func TestOneSystemsDivisionSaysNothingOfAnothers(t *testing.T) {
	w := &world{items: map[Place][]int{{archive, "a/x"}: {1}, {archive, "a/secret/y"}: {2}, {archive, "z.zip!/in"}: {3}}}
	folder, secret, zip := res(Place{archive, "a/"}), res(Place{archive, "a/secret/"}), res(Place{archive, "z.zip"})
	give := func(who string, to Node, grant int) Edge {
		return Edge{From: who, To: to.ID, Verb: "may read", Right: Read, Proof: []int{grant}}
	}
	w.systems = []system{
		{nodes: []Node{user("ann"), folder, secret}, edges: []Edge{give("ann", folder, 11)}},
		{nodes: []Node{user("bob"), folder, zip}, edges: []Edge{give("bob", folder, 12), give("bob", zip, 13)}},
	}
	e := w.build(t)
	for who, want := range map[string]int64{"ann": 1, "bob": 3} {
		r, err := e.Reach(e.Find(who)[0])
		if err != nil || r.Now.People.Estimate != want {
			t.Errorf("%s reads %+v, want %d (%v)", who, r.Now.People, want, err)
		}
	}
	got, _, err := e.Who(Place{archive, "a/secret/y"}, 0)
	if err != nil || got.Wider != archive+" a/secret/" || len(got.Readers) != 1 || got.Readers[0].Name != "bob" {
		t.Errorf("%+v %v", got, err)
	}
	if got, _, _ = e.Who(Place{archive, "a/"}, 0); len(got.Readers) != 2 || got.Readers[0].Name != "bob" || !slices.Equal(got.Readers[1].Places, []string{"a/"}) {
		t.Errorf("%+v", got.Readers)
	}
}

func TestWhoMayChangeIsWhoCanActAsOneWhoMay(t *testing.T) {
	write := Edge{From: "staff", To: archive + " ", Verb: "may write", Right: Write, Proof: []int{3}}
	off := user("off")
	off.Traits = map[string]string{"enabled": "no"}
	e := of(t, map[string]Compiler{"s": said(user("ann"), user("bob"), off, Node{ID: "staff", Kind: Group}, res(Place{Repository: archive}), becomes("ann", "staff", 1), becomes("off", "staff", 2), write)})
	w := e.asked(t, archive)
	if len(w.Readers) != 0 || len(w.Writers) != 1 || w.Writers[0].Name != "ann" || len(w.Writers[0].Path) != 2 || !w.Writers[0].Certain {
		t.Errorf("%+v", w.Writers)
	}
}

// TestTheSurestWayToChange: of a way by an act and one on a condition the second is taken, where the right itself hangs on a condition; and
// the few that are listed are the first of all.
func TestTheSurestWayToChange(t *testing.T) {
	write := Edge{From: "staff", To: archive + " ", Verb: "may write", Right: Write, Proof: []int{3}, Condition: "it rains"}
	act, perhaps := becomes("bob", "staff", 1), becomes("bob", "staff", 2)
	act.Layer, perhaps.Condition = Escalation, "it is Monday"
	other := becomes("ann", "staff", 4)
	other.Layer = Escalation
	e := of(t, map[string]Compiler{"s": said(user("ann"), user("bob"), Node{ID: "staff", Kind: Group}, res(Place{Repository: archive}), act, perhaps, other, write)})
	for _, most := range []int{0, 1} {
		w, _, err := e.Who(Place{Repository: archive}, most)
		if err != nil || w.MayWrite != 2 || len(w.Writers) != 2-most {
			t.Fatalf("%+v %v", w, err)
		}
		if r := w.Writers[0]; r.Name != "bob" || r.Layer != "entitled" || r.Certain || len(r.Path) != 2 || r.Path[0].Condition != "it is Monday" {
			t.Errorf("%+v", r)
		}
	}
}

func TestReadersByWhatEverybodyHasAreCounted(t *testing.T) {
	e := of(t, map[string]Compiler{"s": said(user("ann"), user("bob"), Node{ID: "all", Kind: Anyone, Name: "everyone"}, res(Place{Repository: archive}), becomes("ann", "all", 1), becomes("bob", "all", 2),
		reads("bob", 3), reads("all", 4))})
	w := e.asked(t, archive)
	if w.Certain != 3 || w.Anyone != 1 {
		t.Errorf("%d readers, %d of them by what everybody has; want 3 and 1", w.Certain, w.Anyone)
	}
}

// TestCutsThatSaveOnlyTogether: four ways lead to the archive, and without any one of them nobody is saved.
func TestCutsThatSaveOnlyTogether(t *testing.T) {
	things := []any{user("ann"), res(Place{Repository: archive})}
	for i, g := range []string{"g1", "g2", "g3", "g4"} {
		things = append(things, Node{ID: g, Kind: Group}, becomes("ann", g, 10+i), reads(g, 20+i))
	}
	e := of(t, map[string]Compiler{"s": said(things...)})
	for most, want := range map[int]int64{1: 2, 3: 2, 4: 0} {
		got, err := e.Cut(CutQuestion{Most: most, All: true})
		if err != nil || got.After != want || got.Before != 2 || !got.Exact {
			t.Errorf("%d changes: %+v %v", most, got, err)
		}
		if want == 0 && len(got.Changes) != 4 {
			t.Errorf("%d changes were chosen", len(got.Changes))
		}
	}
	if _, err := e.Cut(CutQuestion{Try: []int{77}}); err == nil {
		t.Error("a grant that nothing rests on was tried")
	}
}

func TestFindings(t *testing.T) {
	trait := func(id string, traits ...string) Node {
		n := user(id)
		n.Traits = map[string]string{}
		for i := 0; i < len(traits); i += 2 {
			n.Traits[traits[i]] = traits[i+1]
		}
		return n
	}
	vendor := func(id string, traits ...string) Node {
		n := trait(id, traits...)
		n.Kind, n.System = Vendor, "vendor"
		return n
	}
	key := Edge{From: "keyed", To: archive + " ", Verb: "may use the key of", Right: Key, Proof: []int{9}}
	things := []any{trait("idle", "last_used", "2025-01-01"), trait("never", "last_used", "never"), trait("fresh", "last_used", "2026-02-27"), trait("out", "idp", "no"), trait("out-and-reads-nothing", "idp", "no"),
		user("keyed"), vendor("lapsed", "agreement", "none"), vendor("over", "agreement", "signed", "agreement_until", "2026-02-28"), vendor("stands", "agreement", "signed", "agreement_until", "2026-03-01"), vendor("unsaid"),
		Node{ID: "staff", Kind: Group, Name: "staff", System: "s"}, Node{ID: "all", Kind: Anyone, Name: "everyone"}, res(Place{Repository: archive}), key, reads("keyed", 1), reads("staff", 2), reads("all", 3)}
	for i, who := range []string{"lapsed", "over", "stands", "unsaid"} {
		things = append(things, becomes(who, "staff", 60+i))
	}
	for i, who := range []string{"idle", "never", "fresh", "out"} {
		things = append(things, becomes(who, "staff", 20+i))
	}
	for i := range 20 {
		name := "crew" + string(rune('a'+i))
		things = append(things, user(name), becomes(name, "staff", 30+i))
	}
	e := of(t, map[string]Compiler{"s": said(things...)})
	got, err := e.Findings("2026-03-01", 0)
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for _, f := range got.Findings {
		have = append(have, f.Kind+" "+f.Principal.ID)
		if f.People.Estimate != 2 || !f.Certain || f.Do == "" || len(f.Proof) == 0 || !slices.Equal(f.Repositories, []string{archive}) {
			t.Errorf("%+v", f)
		}
	}
	slices.Sort(have)
	want := []string{"anyone all", "direct_grant keyed", "dormant idle", "dormant never", "everyone_group staff", "key_beside_data keyed", "outside_identity_provider out", "vendor_agreement lapsed", "vendor_agreement over"}
	if !slices.Equal(have, want) {
		t.Errorf("findings\n%q, want\n%q", have, want)
	}
	if len(got.Unknown) != 3 || !strings.Contains(got.Unknown[0], "when 27 of 30 accounts") {
		t.Errorf("%q", got.Unknown)
	}
	few, err := e.Findings("2026-03-01", 2)
	if err != nil || len(few.Findings) != 2 || few.Counts[FindingDormant] != 2 || few.Counts[FindingDirect] != 1 {
		t.Errorf("%+v %v", few.Counts, err)
	}
}

func TestDisuseCountsFromTheLastKnownUseOfAnything(t *testing.T) {
	old := user("ann")
	old.Traits = map[string]string{"last_used": "2025-01-01"}
	e := of(t, map[string]Compiler{"s": said(old, res(Place{Repository: archive}), reads("ann", 1))})
	if got, err := e.Findings("2026-03-01", 0); err != nil || len(got.Findings) != 0 {
		t.Errorf("a list of accounts of which the last was used on that day is old, and nobody on it dormant: %+v %v", got, err)
	}
}

func TestCompare(t *testing.T) {
	group, place := Node{ID: "staff", Kind: Group}, res(Place{Repository: archive})
	perhaps := reads("cy", 9)
	perhaps.Condition = "it rains"
	before := of(t, map[string]Compiler{"s": said(user("ann"), user("bob"), user("cy"), group, place, becomes("ann", "staff", 1), reads("staff", 2), reads("bob", 3), perhaps)})
	after := of(t, map[string]Compiler{"s": said(user("bob"), user("cy"), user("dan"), group, place, becomes("dan", "staff", 1), reads("staff", 2), reads("bob", 3), reads("cy", 4))})
	got, err := Compare(before, after)
	if err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	r := got[0]
	var have []string
	for _, c := range r.Readers {
		have = append(have, c.ID+": "+c.Before+" > "+c.After)
	}
	if want := []string{"cy: perhaps > now", "dan:  > now", "ann: now > "}; !slices.Equal(have, want) {
		t.Errorf("%q, want %q", have, want)
	}
	if r.Change != "both" || r.Before != (Readership{Certain: 2, Possible: 1}) || r.After != (Readership{Certain: 3}) || r.People.Estimate != 2 || r.Custodian != "of "+archive {
		t.Errorf("%+v", r)
	}
	if got, err := Compare(after, after); err != nil || len(got) != 0 {
		t.Errorf("nothing changed: %+v %v", got, err)
	}
}

func TestNamesOfPlaces(t *testing.T) {
	w := &world{empty: []string{"file:///srv/archive", "file:///old/archive", "file:///srv/my files", "postgres://ehr/portal"}}
	e := w.build(t)
	for text, want := range map[string]string{
		"postgres://ehr/portal": "postgres://ehr/portal", "portal": "postgres://ehr/portal", "portal public.patient": "postgres://ehr/portal public.patient",
		"my files": "file:///srv/my files", "file:///srv/my files a b/": "file:///srv/my files a b/", "archive": "file:///old/archive|file:///srv/archive", "nothing": "", "my": "",
	} {
		got, err := e.Place(text)
		var names []string
		for _, p := range got {
			names = append(names, p.String())
		}
		if strings.Join(names, "|") != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q %v", text, names, err)
		}
	}
}

// TestTheSurestAreTheFirstOfAll: few readers are the first of the list of all.
func TestTheSurestAreTheFirstOfAll(t *testing.T) {
	things := []any{res(Place{Repository: archive})}
	for i := range 40 {
		name := fmt.Sprint("user", i*17%40)
		x := reads(name, i+1)
		x.Layer = Layer(i / 3 % 2)
		if i%5 == 0 {
			x.Condition = "it rains"
		}
		things = append(things, user(name), x)
	}
	e := of(t, map[string]Compiler{"s": said(things...)})
	all, _, err := e.Who(Place{Repository: archive}, 0)
	for most := 1; most < 42; most++ {
		few, _, err2 := e.Who(Place{Repository: archive}, most)
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		if diff := cmp.Diff(all.Readers[:min(most, 40)], few.Readers, cmp.AllowUnexported(Reader{})); diff != "" || few.Readership != all.Readership {
			t.Fatalf("%d: %s", most, diff)
		}
	}
}

// TestTheLargestAreTheFirstOfAll: the few that are told of a reach are the first of all, and how many there are is told with them.
func TestTheLargestAreTheFirstOfAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		e := w.build(t)
		most := rapid.IntRange(1, 4).Draw(t, "most")
		for _, name := range []string{"ann", "bob", "role"} {
			all, err := e.Reach(e.Find(name)...)
			few, err2 := e.ReachMost(most, e.Find(name)...)
			if err != nil || err2 != nil {
				t.Fatal(err, err2)
			}
			if all.Totals != (ReachTotals{len(all.Repositories), len(all.Places), len(all.Identities)}) {
				t.Fatalf("%+v", all.Totals)
			}
			all.Repositories = all.Repositories[:min(most, len(all.Repositories))]
			all.Places = all.Places[:min(most, len(all.Places))]
			all.Identities = all.Identities[:min(most, len(all.Identities))]
			if diff := cmp.Diff(all, few); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}
