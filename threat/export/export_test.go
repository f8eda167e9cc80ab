package export

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/threat"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// answer has two paths that begin alike, one certain and one that hangs on something not known and joins two steps.
func answer() *threat.Answer {
	count := func(n int64) threat.Loss {
		return threat.Loss{People: estate.Count{Estimate: n, Low: n, High: n}, Classes: map[string]estate.Count{}, Sensitivity: []string{"SUD"}}
	}
	use := func(fact, state string) threat.Use {
		return threat.Use{Fact: fact, State: state, Origin: threat.Origin{How: "declared", Words: "it is said that " + fact}}
	}
	steal := threat.Step{Row: "SH-CRD-1", Technique: "T1650", Phase: "credential", Words: "Buy a password", Uses: []threat.Use{use("infostealer_hit(keeper)", "certain")}, LogKept: "none", Mitigation: "Change it", From: []int{}}
	call := threat.Step{Row: "SH-CRD-3", Technique: "T1566.004", Phase: "credential", Words: "Call somebody", Uses: []threat.Use{use("phone_reachable(keeper)", "possible"), use("not fido2_only(keeper)", "possible")}, LogKept: "no", Evidence: "sign-in", From: []int{}}
	read := threat.Step{Row: "SH-3P-6", Technique: "T1078.004", Phase: "third-party", Words: "Read the archive", Uses: []threat.Use{use("archive(s3://old)", "certain")}, From: []int{0}}
	end := threat.Step{Row: "ST-END-1", Phase: "end", Words: "Patients' records", From: []int{1}}
	both := read
	both.From = []int{0, 1}
	last := end
	last.From = []int{2}
	cut := threat.Control{ID: "C1", Words: "Retire the archive", Breaks: []string{"SH-3P-6"}, Effort: 2}
	return &threat.Answer{AsOf: "2026-03-01", Pinned: "19", Certain: count(100), Possible: count(120), Paths: []threat.Path{
		{ID: "aa", Title: "keeper > s3://old", Stores: []string{"s3://old"}, Through: []string{"keeper"}, Certain: true, Loss: count(100), Steps: []threat.Step{steal, read, end}, Cuts: []threat.Control{cut}},
		{ID: "bb", Title: "keeper, called > s3://old", Stores: []string{"s3://old", "s3://new"}, Through: []string{"keeper"}, Loss: count(120), Steps: []threat.Step{steal, call, both, last}},
	}, Controls: []threat.ControlSet{{Controls: []threat.Control{cut}, Before: count(100), After: count(20), Exact: true}}}
}

func written(t *testing.T, form Form, a *threat.Answer) any {
	t.Helper()
	var out, again bytes.Buffer
	if err := form.Write(&out, a); err != nil {
		t.Fatal(err)
	}
	if err := form.Write(&again, a); err != nil || !bytes.Equal(out.Bytes(), again.Bytes()) {
		t.Fatalf("%s is not the same twice: %v", form.Name, err)
	}
	v, err := jsonschema.UnmarshalJSON(&out)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func formOf(t *testing.T, name string) Form {
	i := slices.IndexFunc(Forms(), func(f Form) bool { return f.Name == name })
	if i < 0 {
		t.Fatal(name)
	}
	return Forms()[i]
}

// schema compiles a schema of testdata, with those beside it under the addresses that they go by.
func schema(t *testing.T, path string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	names, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*.json"))
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(name, err)
		}
		for _, at := range []string{"http://raw.githubusercontent.com/oasis-open/cti-stix2-json-schemas/stix2.1/schemas/common/", "https://raw.githubusercontent.com/oasis-open/cti-stix2-json-schemas/master/schemas/common/", "test:///"} {
			if err := c.AddResource(at+filepath.Base(name), v); err != nil {
				t.Fatal(name, err)
			}
		}
	}
	s, err := c.Compile("test:///" + filepath.Base(path))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSchemas: what is written follows the official schemas; an answer without paths does, too.
func TestSchemas(t *testing.T) {
	for _, a := range []*threat.Answer{answer(), {AsOf: "2026-03-01", Pinned: "19"}} {
		for form, path := range map[string]string{"otm": "testdata/otm-schema-0.2.0.json", "sarif": "testdata/sarif-schema-2.1.0.json"} {
			if err := schema(t, path).Validate(written(t, formOf(t, form), a)); err != nil {
				t.Errorf("%s: %v", form, err)
			}
		}
		s := schema(t, "testdata/stix/attack-flow-schema-2.0.0.json")
		for _, o := range written(t, formOf(t, "attack-flow"), a).(map[string]any)["objects"].([]any) {
			kind := o.(map[string]any)["type"].(string)
			if !strings.HasPrefix(kind, "attack-") {
				continue
			}
			if err := s.Validate(o); err != nil {
				t.Errorf("%s: %v", kind, err)
			}
		}
	}
}

// TestSchemasRefuse: the test above can fail.
func TestSchemasRefuse(t *testing.T) {
	s := schema(t, "testdata/stix/attack-flow-schema-2.0.0.json")
	for _, o := range written(t, formOf(t, "attack-flow"), answer()).(map[string]any)["objects"].([]any) {
		m := o.(map[string]any)
		if m["type"] == "attack-action" {
			delete(m, "name")
			if s.Validate(m) == nil {
				t.Error("an action without a name passes")
			}
		}
	}
}

// TestFlow: what is in two paths stands in the flow once; every reference leads to something; one step that builds upon two stands behind AND.
func TestFlow(t *testing.T) {
	var out bytes.Buffer
	if err := AttackFlow(&out, answer()); err != nil {
		t.Fatal(err)
	}
	var b struct {
		Objects []struct {
			Type, ID, Name, Operator string
			Start                    []string `json:"start_refs"`
			Effect                   []string `json:"effect_refs"`
			True                     []string `json:"on_true_refs"`
			Assets                   []string `json:"asset_refs"`
		}
	}
	if err := json.Unmarshal(out.Bytes(), &b); err != nil {
		t.Fatal(err)
	}
	ids, kinds, names := map[string]bool{}, map[string]int{}, map[string]int{}
	for _, o := range b.Objects {
		if ids[o.ID] {
			t.Errorf("%s is there twice", o.ID)
		}
		ids[o.ID] = true
		kinds[o.Type]++
		if o.Type == "attack-action" {
			names[o.Name]++
		}
	}
	reached := map[string]bool{}
	for _, o := range b.Objects {
		for _, ref := range slices.Concat(o.Start, o.Effect, o.True, o.Assets) {
			if reached[ref] = true; !ids[ref] {
				t.Errorf("%s leads to %s, which is not there", o.ID, ref)
			}
		}
	}
	for _, o := range b.Objects {
		if strings.HasPrefix(o.Type, "attack-") && o.Type != "attack-flow" && !reached[o.ID] {
			t.Errorf("nothing leads to %s %s", o.Type, o.Name)
		}
	}
	if d := cmp.Diff(map[string]int{"Buy a password": 1, "Call somebody": 1, "Read the archive": 2, "Patients' records": 2}, names); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(map[string]int{"extension-definition": 1, "identity": 2, "attack-flow": 1, "attack-action": 6, "attack-condition": 2, "attack-operator": 1, "attack-asset": 2}, kinds); d != "" {
		t.Error(d)
	}
}

// TestNavigator: a technique has the people of the worst path that takes it.
func TestNavigator(t *testing.T) {
	l := written(t, formOf(t, "navigator"), answer()).(map[string]any)
	got := map[string]string{}
	for _, x := range l["techniques"].([]any) {
		m := x.(map[string]any)
		got[m["techniqueID"].(string)] = m["score"].(json.Number).String() + " " + m["comment"].(string)
	}
	want := map[string]string{"T1650": "120 certain, 2 paths, rows SH-CRD-1", "T1566.004": "120 possible, 1 paths, rows SH-CRD-3", "T1078.004": "120 certain, 2 paths, rows SH-3P-6"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	versions := l["versions"].(map[string]any)
	if versions["layer"] != "4.5" || versions["attack"] != "19" || l["domain"] != "enterprise-attack" {
		t.Error(versions, l["domain"])
	}
}
