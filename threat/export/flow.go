package export

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/threat"
)

// The extension of STIX 2.1 that Attack Flow 2.0.0 is (center-for-threat-informed-defense.github.io/attack-flow), and who made it.
const (
	flowExtension = "extension-definition--fb9c968a-745b-4ade-9b25-c324172197f4"
	flowMaker     = "identity--d673f8cb-c168-42da-8ed4-0cb26725f86c"
	flowMade      = "2022-08-02T19:34:35.143Z"
)

// object is one of STIX: what it has depends on what it is.
type object map[string]any

// flow is an Attack Flow in the making.
type flow struct {
	time    string
	author  string
	objects []object
	byKey   map[string]object
	starts  []string
	worst   map[string]int64 // people, by store
}

// AttackFlow writes all paths as one Attack Flow 2.0: steps are actions, what is not known is a condition before the step that rests on it, and
// a step that builds upon several stands behind an operator AND. What paths have in common stands in it once.
func AttackFlow(w io.Writer, a *threat.Answer) error {
	day := a.AsOf
	if len(day) != len("2026-03-01") {
		day = "1970-01-01"
	}
	f := &flow{time: day + "T00:00:00.000Z", author: "identity--" + uuid("author"), byKey: map[string]object{}, worst: map[string]int64{}}
	f.add(object{"type": "extension-definition", "id": flowExtension, "spec_version": "2.1", "created": flowMade, "modified": flowMade, "name": "Attack Flow", "created_by_ref": flowMaker,
		"description": "Attack Flow as an extension of STIX 2.1.", "schema": "https://center-for-threat-informed-defense.github.io/attack-flow/stix/attack-flow-schema-2.0.0.json", "version": "2.0.0",
		"extension_types": []string{"new-sdo"}})
	f.add(object{"type": "identity", "id": flowMaker, "spec_version": "2.1", "created": flowMade, "modified": flowMade, "created_by_ref": flowMaker,
		"name": "MITRE Center for Threat-Informed Defense", "identity_class": "organization"})
	f.add(object{"type": "identity", "id": f.author, "spec_version": "2.1", "created": f.time, "modified": f.time, "name": "Chartroom", "identity_class": "system"})
	for i := range a.Paths {
		for _, store := range a.Paths[i].Stores {
			f.worst[store] = max(f.worst[store], a.Paths[i].Loss.People.Estimate)
		}
	}
	for i := range a.Paths {
		f.path(&a.Paths[i])
	}
	if len(f.starts) > 0 {
		f.make("attack-flow", []string{"flow", a.AsOf}, object{"name": "Paths to patients' records", "scope": "attack-tree", "start_refs": f.starts,
			"description": fmt.Sprintf("As of %s: %d people for sure, %d possibly. ATT&CK v%s.", a.AsOf, a.Certain.People.Estimate, a.Possible.People.Estimate, a.Pinned)})
	}
	return write(w, object{"type": "bundle", "id": "bundle--" + uuid("bundle", a.AsOf, strings.Join(f.starts, " ")), "objects": f.objects})
}

func (f *flow) add(o object) object {
	f.objects = append(f.objects, o)
	return o
}

// make gives the object of a type and a key, a new one if need be.
func (f *flow) make(kind string, key []string, more object) object {
	id := kind + "--" + uuid(append([]string{kind}, key...)...)
	if o := f.byKey[id]; o != nil {
		return o
	}
	o := object{"type": kind, "id": id, "spec_version": "2.1", "created": f.time, "modified": f.time, "created_by_ref": f.author,
		"extensions": object{flowExtension: object{"extension_type": "new-sdo"}}}
	for k, v := range more {
		o[k] = v
	}
	f.byKey[id] = o
	return f.add(o)
}

// path adds the steps of a path.
func (f *flow) path(p *threat.Path) {
	keys := make([]string, len(p.Steps))
	for i := range p.Steps {
		s := &p.Steps[i]
		var facts, from []string
		for _, u := range s.Uses {
			facts = append(facts, u.Fact)
		}
		for _, n := range s.From {
			if n < i {
				from = append(from, keys[n])
			}
		}
		slices.Sort(facts)
		keys[i] = uuid(s.Row, strings.Join(facts, "\n"), strings.Join(from, " "))
	}
	for i := range p.Steps {
		f.step(p, i, keys)
	}
}

// step adds one step: its action, the conditions that it hangs on, and what leads to them.
func (f *flow) step(p *threat.Path, i int, keys []string) {
	s := &p.Steps[i]
	action := f.make("attack-action", []string{keys[i]}, object{"name": short(s.Words, 250), "description": describe(s)})
	if s.Technique != "" {
		action["technique_id"] = s.Technique
	}
	if assets := f.assets(p, s); len(assets) > 0 {
		action["asset_refs"] = assets
	}
	entry := action["id"].(string)
	for n := len(s.Uses) - 1; n >= 0; n-- {
		u := &s.Uses[n]
		if u.State == "certain" {
			continue
		}
		c := f.make("attack-condition", []string{keys[i], u.Fact}, object{"description": short(u.Words+"; this is not known", 500)})
		link(c, "on_true_refs", entry)
		entry = c["id"].(string)
	}
	var before []string
	for _, n := range s.From {
		if n < i {
			before = append(before, keys[n])
		}
	}
	switch {
	case len(before) == 0:
		if !slices.Contains(f.starts, entry) {
			f.starts = append(f.starts, entry)
		}
		return
	case len(before) > 1:
		and := f.make("attack-operator", []string{keys[i], "and"}, object{"operator": "AND"})
		link(and, "effect_refs", entry)
		entry = and["id"].(string)
	}
	for _, key := range before {
		if o := f.byKey["attack-action--"+uuid("attack-action", key)]; o != nil {
			link(o, "effect_refs", entry)
		}
	}
}

// assets are the stores of the end of a path.
func (f *flow) assets(p *threat.Path, s *threat.Step) []string {
	if s.Phase != "end" {
		return nil
	}
	var out []string
	for _, store := range p.Stores {
		a := f.make("attack-asset", []string{store}, object{"name": short(store, 250), "description": fmt.Sprintf("The worst path that ends here costs %d people.", f.worst[store])})
		out = append(out, a["id"].(string))
	}
	return out
}

// link adds a reference to a list, once.
func link(o object, list, to string) {
	refs, _ := o[list].([]string)
	if !slices.Contains(refs, to) {
		o[list] = append(refs, to)
	}
}

// describe says what a step rests on, what would show it and what breaks it.
func describe(s *threat.Step) string {
	var out []string
	for _, u := range s.Uses {
		out = append(out, "Rests on: "+u.Words+" ("+u.State+").")
	}
	if s.Evidence != "" {
		out = append(out, "Would show: "+s.Evidence+" (kept: "+s.LogKept+").")
	}
	if s.Mitigation != "" {
		out = append(out, "Breaks it: "+s.Mitigation+".")
	}
	return strings.Join(append(out, "Row "+s.Row+"."), " ")
}
