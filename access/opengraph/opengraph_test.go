package opengraph

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/estate/opengraph"
	source "github.com/chartroom/chartroom/source/opengraph"
)

// notes takes what a compiler finds.
type notes struct {
	nodes  map[string]access.Node
	edges  []access.Edge
	doubts []string
}

func (n *notes) Node(x access.Node)   { n.nodes[x.ID] = x }
func (n *notes) Edge(e access.Edge)   { n.edges = append(n.edges, e) }
func (n *notes) Doubt(d access.Doubt) { n.doubts = append(n.doubts, d.Detail) }

func (n *notes) lines() []string {
	var out []string
	for _, e := range n.edges {
		line := fmt.Sprintf("%s %s %s (%s, %s)", e.From, e.Verb, e.To, e.Right, e.Layer)
		if e.Condition != "" {
			line += " if " + e.Condition
		}
		out = append(out, line)
	}
	slices.Sort(out)
	return out
}

// facts gives what a file says.
func facts(t testing.TB, text []byte) (out []access.Fact) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "g.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := source.New(path, "").Grants(context.Background(), func(g estate.Grant) error {
		out = append(out, access.Fact{ID: len(out) + 1, Grant: g})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

func compiled(fs []access.Fact, repositories ...string) *notes {
	n := &notes{nodes: map[string]access.Node{}}
	var places []access.Place
	for _, r := range repositories {
		places = append(places, access.Place{Repository: r})
	}
	Compile(fs, places, n)
	return n
}

// TestDomain is a small domain: its file server holds records, which is declared, and a database that is called as one of ours.
func TestDomain(t *testing.T) {
	text := `{"graph":{"nodes":[
		{"id":"S-1-5-21-1-1001","kinds":["User","Base"],"properties":{"name":"ANN@X.EXAMPLE","enabled":true,"lastlogon":1767225600,"userpassword":"hunter2"}},
		{"id":"S-1-5-21-1-1002","kinds":["User"],"properties":{"name":"OFF@X.EXAMPLE","enabled":false}},
		{"id":"S-1-5-21-1-512","kinds":["Group"],"properties":{"name":"ADMINS@X.EXAMPLE"}},
		{"id":"S-1-5-21-1-2001","kinds":["Computer"],"properties":{"name":"FILES01.X.EXAMPLE"}},
		{"id":"db1","kinds":["MSSQL_Database"],"properties":{"name":"mssql://sql01/portal"}},
		{"id":"kv","kinds":["AZKeyVault"],"properties":{"name":"KV"}},
		{"id":"arn:aws:iam::123456789012:role/r","kinds":["AWSRole"],"properties":null}
	],"edges":[
		{"kind":"MemberOf","start":{"value":"s-1-5-21-1-1001"},"end":{"match_by":"id","value":"S-1-5-21-1-512"},"properties":{"isacl":false}},
		{"kind":"MemberOf","start":{"value":"S-1-5-21-1-1002"},"end":{"value":"S-1-5-21-1-512"},"properties":null},
		{"kind":"AdminTo","start":{"value":"S-1-5-21-1-512"},"end":{"match_by":"name","value":"files01.x.example","kind":"Computer"}},
		{"kind":"ForceChangePassword","start":{"value":"S-1-5-21-1-512"},"end":{"match_by":"property","property_matchers":[{"key":"name","operator":"equals","value":"ANN@X.EXAMPLE"},{"key":"enabled","operator":"equals","value":true}]}},
		{"kind":"HasSession","start":{"value":"S-1-5-21-1-2001"},"end":{"value":"S-1-5-21-1-1001"}},
		{"kind":"MSSQL_ControlDB","start":{"value":"S-1-5-21-1-1001"},"end":{"value":"db1"}},
		{"kind":"AZGetKeys","start":{"value":"S-1-5-21-1-1001"},"end":{"value":"kv"}},
		{"kind":"X_Odd","start":{"value":"S-1-5-21-1-1001"},"end":{"value":"arn:aws:iam::123456789012:role/r"}},
		{"kind":"X_Reads","start":{"value":"S-1-5-21-1-1001"},"end":{"value":"S-1-5-21-1-2001"}},
		{"kind":"GetChanges","start":{"value":"S-1-5-21-1-1001"},"end":{"value":"db1"}},
		{"kind":"MemberOf","start":{"value":"S-1-5-21-1-1001"},"end":{"value":"nobody"}},
		{"kind":"MemberOf","start":{"value":""},"end":{"value":"db1"}}
	]},"metadata":{"source_kind":"Base"}}`
	fs := facts(t, []byte(text))
	for _, f := range fs {
		if strings.Contains(f.Detail, "hunter2") {
			t.Error("a password is kept")
		}
	}
	for _, d := range []estate.Grant{{Kind: "same_as", Principal: "FILES01.X.EXAMPLE", Target: "file:///srv/records"}, {Kind: "edge_kind", Principal: "X_Reads", Action: "read"}, {Kind: "same_as", Principal: "S-1-5-21-1-1001", Target: "okta#ann@x.example"}} {
		d.System = opengraph.System
		fs = append(fs, access.Fact{ID: len(fs) + 1, Grant: d})
	}
	n := compiled(fs, "file:///srv/records", "mssql://sql01/portal")
	const ann, admins, files, db = "opengraph#S-1-5-21-1-1001", "opengraph#S-1-5-21-1-512", "opengraph#S-1-5-21-1-2001", "opengraph#DB1"
	want := []string{
		ann + " can use the keys of opengraph#KV (key, entitled)",
		ann + " has CONTROL on " + db + " (become, entitled)",
		ann + " has the edge X_Odd to arn:aws:iam::123456789012:role/r (become, escalation) if what the edge kind X_Odd gives is not known",
		ann + " has the edge X_Reads to file:///srv/records (read, entitled)",
		ann + " is a member of " + admins + " (become, entitled)",
		ann + " is the same account as okta#ann@x.example (become, entitled)",
		files + " has a session of " + ann + " (become, escalation) if the session still lasts",
		files + " holds file:///srv/records (read, entitled)",
		files + " holds file:///srv/records (write, entitled)",
		admins + " can reset the password of " + ann + " (become, escalation)",
		admins + " is a local administrator of " + files + " (become, entitled)",
		db + " holds mssql://sql01/portal (read, entitled)",
		db + " holds mssql://sql01/portal (write, entitled)",
		"okta#ann@x.example is the same account as " + ann + " (become, entitled)",
	}
	slices.Sort(want)
	if d := cmp.Diff(want, n.lines()); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(access.Node{ID: ann, Kind: access.User, Name: "ANN@X.EXAMPLE", System: "g.json", Traits: map[string]string{"enabled": "yes", "last_used": "2026-01-01"}}, n.nodes[ann]); d != "" {
		t.Error(d)
	}
	for _, part := range []string{"what the edge kind X_Odd", "1 edges of OpenGraph name a node that no file has", "this is no edge"} {
		if !strings.Contains(strings.Join(n.doubts, "\n"), part) {
			t.Errorf("no doubt %q in %q", part, n.doubts)
		}
	}
}

// TestKinds: each row of the table can be read, and says who says so.
func TestKinds(t *testing.T) {
	rows, err := csv.NewReader(bytes.NewReader(kindsCSV)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	form := regexp.MustCompile(`^[A-Za-z0-9_]+$`)
	for _, r := range rows[1:] {
		right := slices.Contains([]string{"none", "become", "read", "write", "admin", "key"}, r[1])
		if !form.MatchString(r[0]) || !right || r[2] != "entitled" && r[2] != "escalation" || r[3] == "" && r[1] != "none" && !strings.HasPrefix(r[0], prefix) || r[5] == "" {
			t.Errorf("%q", r)
		}
	}
	if got := len(readKinds()); got != len(rows)-1 {
		t.Errorf("%d kinds in %d rows", got, len(rows)-1)
	}
}

// graph draws a graph of ours.
func graph(t *rapid.T) *notes {
	n := &notes{nodes: map[string]access.Node{}}
	ids := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"okta#ann", "okta#ANN", "postgres://h:5432#r", "arn:aws:iam::1:role/x", "vendor#harbor", "s3://a", "s3://b/x/", "file://h#uid:1", "Ä \"q\""}), 1, 9, rapid.ID[string]).Draw(t, "ids")
	for _, id := range ids {
		x := access.Node{ID: id, Kind: access.Kind(rapid.IntRange(1, int(access.Anyone)).Draw(t, "kind")), Name: id, System: rapid.SampledFrom([]string{"", "Okta"}).Draw(t, "system"),
			Custodian: rapid.SampledFrom([]string{"", "Meridian"}).Draw(t, "custodian"), Traits: map[string]string{}}
		if strings.HasPrefix(id, "s3://") {
			x.Kind, x.Place = access.Resource, access.Place{Repository: id, Path: rapid.SampledFrom([]string{"", "x/"}).Draw(t, "path")}
		} else if rapid.Bool().Draw(t, "mfa") {
			x.Traits["mfa"] = "otp"
		}
		n.nodes[id] = x
	}
	for range rapid.IntRange(0, 20).Draw(t, "edges") {
		e := access.Edge{From: rapid.SampledFrom(ids).Draw(t, "from"), To: rapid.SampledFrom(ids).Draw(t, "to"), Verb: rapid.SampledFrom([]string{"may read", "is a member of"}).Draw(t, "verb"),
			Right: access.Right(rapid.IntRange(0, int(access.Key)).Draw(t, "right")), Layer: access.Layer(rapid.IntRange(0, 1).Draw(t, "layer")), Condition: rapid.SampledFrom([]string{"", "it is Monday"}).Draw(t, "condition"), Proof: []int{7}}
		if e.From != e.To && n.nodes[e.From].Kind != access.Resource {
			n.edges = append(n.edges, e)
		}
	}
	return n
}

func export(t interface{ Fatal(...any) }, n *notes) []byte {
	var b bytes.Buffer
	nodes := func(yield func(access.Node) bool) {
		for _, x := range n.nodes {
			if !yield(x) {
				return
			}
		}
	}
	if err := Export(&b, nodes, slices.Values(n.edges), func(access.Node) map[string]any { return map[string]any{"people": 12, "sensitivity": []string{"SUD"}} }); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestRoundTrip: what is exported follows the published form, and comes back as the same graph.
func TestRoundTrip(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("testdata/opengraph.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(r *rapid.T) {
		n := graph(r)
		text := export(r, n)
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			r.Fatal(err)
		}
		if err := schema.Validate(doc); err != nil {
			r.Fatal(err)
		}
		back := compiled(facts(t, text))
		if d := cmp.Diff(n.nodes, back.nodes); d != "" {
			r.Fatal(d)
		}
		if d := cmp.Diff(n.lines(), back.lines()); d != "" {
			r.Fatal(d)
		}
		if back.doubts != nil {
			r.Fatal(back.doubts)
		}
	})
}

func TestExportRefusesWhatHasNoForm(t *testing.T) {
	nodes := slices.Values([]access.Node{{ID: "a", Kind: access.User}})
	if err := Export(&bytes.Buffer{}, nodes, slices.Values([]access.Edge(nil)), func(access.Node) map[string]any { return map[string]any{"x": map[string]int{}} }); err == nil {
		t.Error("an object within a property is written")
	}
}

// large is a file of a directory, with edges as collectors write them.
func large(edges int) []byte {
	var b bytes.Buffer
	rng := rand.New(rand.NewPCG(1, 2))
	people := edges / 4
	b.WriteString(`{"metadata":{"source_kind":"Base"},"graph":{"nodes":[`)
	for i := range people {
		kind := "User"
		if i%10 == 0 {
			kind = "Group"
		}
		fmt.Fprintf(&b, `{"id":"S-1-5-21-3623811015-3361044348-30300820-%d","kinds":["%s","Base"],"properties":{"name":"%s%d@MERIDIAN.EXAMPLE","enabled":true,"lastlogon":1767225600,"distinguishedname":"CN=x,OU=y,DC=meridian,DC=example","admincount":false}},`, i, kind, kind, i)
	}
	b.WriteString(`{"id":"end","kinds":["User"]}],"edges":[`)
	kinds := []string{"MemberOf", "GenericAll", "AdminTo", "HasSession", "ForceChangePassword", "MSSQL_MemberOf", "AZOwns", "X_Own"}
	for i := range edges {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"kind":"%s","start":{"match_by":"id","value":"S-1-5-21-3623811015-3361044348-30300820-%d"},"end":{"match_by":"id","value":"S-1-5-21-3623811015-3361044348-30300820-%d"},"properties":{"isacl":true,"isinherited":false}}`,
			kinds[i%len(kinds)], rng.IntN(people), rng.IntN(people))
	}
	b.WriteString("]}}")
	return b.Bytes()
}

// count counts.
type count struct{ nodes, edges int }

func (c *count) Node(access.Node)   { c.nodes++ }
func (c *count) Edge(access.Edge)   { c.edges++ }
func (c *count) Doubt(access.Doubt) {}

// BenchmarkImport reads and compiles 240,000 edges.
func BenchmarkImport(b *testing.B) {
	text := large(240_000)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		var c count
		if Compile(facts(b, text), nil, &c); c.edges < 239_000 {
			b.Fatal(c)
		}
	}
}
