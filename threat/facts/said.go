package facts

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/estate/declared"
	"github.com/chartroom/chartroom/threat"
)

// predicatesCSV says of what the arguments of each predicate are.
//
//go:embed predicates.csv
var predicatesCSV string

func readKinds() map[string][]string {
	rows, _ := csv.NewReader(strings.NewReader(predicatesCSV)).ReadAll() // a test reads it whole
	out := make(map[string][]string, len(rows))
	for _, r := range rows {
		out[r[0]] = strings.Fields(r[1])
	}
	return out
}

// said tells all that was declared of things.
func (t *teller) said() error {
	for _, th := range t.world.things {
		door := t.open(th)
		for _, key := range slices.Sorted(maps.Keys(th.is)) {
			value := strings.TrimSpace(th.is[key])
			switch kinds := t.kinds[key]; {
			case kinds != nil:
				t.declare(th, key, value)
			case th.kind == declared.KindControl, th.kind == declared.KindExposure:
				t.doubt(th.name + " (declared): " + key + " is none of the facts that playbooks ask for; docs/threat.md lists them")
			case th.kind == declared.KindDoor && !t.elements[th.element].asks(key):
				t.doubt(th.name + " (declared): " + key + " is nothing that is asked of an element of the type " + th.element + "; chartroom threat --front-door shows what is")
			}
			if door != nil {
				door.know(key, value, th.origin)
			}
		}
		t.aside(th)
		if door != nil {
			t.implied(th, door)
			t.doors = append(t.doors, *door)
		}
	}
	return nil
}

// aside tells what follows from words that are no predicates.
func (t *teller) aside(th *thing) {
	switch th.kind {
	case declared.KindHelpDesk:
		if by := th.is["verifies"]; by != "" {
			t.declare(th, "helpdesk_verifies", by)
		}
	case declared.KindSystem:
		if kind := th.is["kind"]; kind != "" {
			if args := t.kinds[kind]; len(args) == 1 && args[0] == "store" {
				t.declare(th, kind, "yes")
			} else {
				t.doubt(th.name + " (declared): " + kind + " is no kind of store: bucket, database, share, crm, warehouse, mailbox, tickets, repo")
			}
		}
	}
}

// truth reads yes, no and unknown; ok is false where it is another word.
func truth(value string) (state threat.State, ok bool) {
	switch strings.ToLower(value) {
	case "yes", "true":
		return threat.Yes, true
	case "no", "false", "none":
		return threat.No, true
	case "unknown", "perhaps", "":
		return threat.Perhaps, true
	}
	return threat.No, false
}

// declare tells one predicate of a thing.
func (t *teller) declare(th *thing, predicate, value string) {
	kinds := t.kinds[predicate]
	state, plain := truth(value)
	last := kinds[len(kinds)-1]
	switch {
	case last == "word":
		t.wording(th, predicate, value)
		return
	case len(kinds) == 1 && last == "log":
		t.tell(predicate, th.state(state), th.origin, t.out.Name(strings.TrimPrefix(th.name, "log ")))
		return
	case len(kinds) == 1 && last == "organisation":
		t.tell(predicate, th.state(state), th.origin, t.out.Name(threat.Organisation))
		return
	}
	if !plain && len(kinds) == 1 {
		t.doubt(th.name + " (declared): " + predicate + " is yes, no or unknown")
		return
	}
	main := t.subject(th, kinds)
	args := make([][]uint32, len(kinds))
	for i, kind := range kinds {
		switch {
		case i == main || plain:
			args[i] = t.meant(th, kind, i == main)
		default:
			state = threat.Yes
			args[i] = t.named(th, kind, value)
		}
		if len(args[i]) == 0 {
			t.doubt(th.name + " (declared): " + predicate + " is said, and no " + kind + " is known that it is about")
			return
		}
	}
	t.product(predicate, th.state(state), th.origin, args)
}

// mostTold is how many facts one declaration can come to.
const mostTold = 4_000_000

// product tells a predicate of every combination of arguments; of accounts and systems only of those that belong together.
func (t *teller) product(predicate string, state threat.State, o threat.Origin, args [][]uint32) {
	if kinds := t.kinds[predicate]; len(kinds) == 2 && kinds[0] == "principal" && kinds[1] == "system" {
		t.together(predicate, state, o, args)
		return
	}
	n := 1
	for _, a := range args {
		if n *= len(a); n > mostTold {
			t.doubt(fmt.Sprintf("%s is declared of more than %d names together, and was left out: say of which", predicate, mostTold))
			return
		}
	}
	row := make([]uint32, len(args))
	var fill func(i int)
	fill = func(i int) {
		if i == len(args) {
			t.tell(predicate, state, o, row...)
			return
		}
		for _, a := range args[i] {
			row[i] = a
			fill(i + 1)
		}
	}
	fill(0)
}

// together tells a predicate of accounts and of the systems that each uses.
func (t *teller) together(predicate string, state threat.State, o threat.Origin, args [][]uint32) {
	wanted := make(map[uint32]bool, len(args[1]))
	for _, s := range args[1] {
		wanted[s] = true
	}
	for _, name := range args[0] {
		used := false
		if node, known := t.nodeOf[name]; known {
			for _, s := range t.uses[node] {
				if wanted[s] {
					used = true
					t.tell(predicate, state, o, name, s)
				}
			}
		}
		if !used && len(args[1]) == 1 {
			t.tell(predicate, state, o, name, args[1][0])
		}
	}
}

// wording tells a predicate whose last argument is a word: mfa, helpdesk_verifies. What it is not is known as well.
func (t *teller) wording(th *thing, predicate, value string) {
	kinds := t.kinds[predicate]
	word := wordOf(predicate, value)
	if state, plain := truth(value); plain && state == threat.Perhaps || word != "" && !slices.Contains(wordsOf(predicate), word) {
		return // not known; or, as of a provider, whether there is one at all
	}
	for _, who := range t.meant(th, kinds[0], true) {
		if word != "" {
			t.tell(predicate, th.state(threat.Yes), th.origin, who, t.out.Name(word))
		}
		for _, other := range wordsOf(predicate) {
			if other != word {
				t.tell(predicate, th.state(threat.No), th.origin, who, t.out.Name(other))
			}
		}
	}
}

// wordsOf are the words that playbooks know.
func wordsOf(predicate string) []string {
	if predicate == "mfa" {
		return []string{"none", "sms", "otp", "push", "fido2"}
	}
	return []string{"knowledge", "callback", "manager", "in_person"}
}

// wordOf puts what somebody wrote into such a word. By what a help desk verifies callers, if it is nothing that a stranger cannot know, is
// knowledge.
func wordOf(predicate, value string) string {
	v := strings.ToLower(value)
	if predicate == "mfa" {
		if v == "phishing_resistant" || v == "fido" || v == "webauthn" || v == "passkey" {
			return "fido2"
		}
		return v
	}
	switch {
	case strings.Contains(v, "call"):
		return "callback"
	case strings.Contains(v, "manager"):
		return "manager"
	case strings.Contains(v, "person"), strings.Contains(v, "video"):
		return "in_person"
	}
	return "knowledge"
}

// subject is which of a predicate's arguments the thing itself is, or what stands under on.
func (t *teller) subject(th *thing, kinds []string) int {
	if th.kind != declared.KindDoor {
		return 0
	}
	for i, kind := range kinds {
		switch kind {
		case "host", "site", "api", "system", "desk", "vendor":
			return i
		case "key":
			if th.element == "secret" {
				return i
			}
		}
	}
	return 0
}

// meant gives the names of a kind that a thing is about: itself, what stands under on, or, of a control on nothing, all.
func (t *teller) meant(th *thing, kind string, main bool) []uint32 {
	own := []uint32{t.out.Name(th.name)}
	all := len(th.on) == 0 && (th.kind == declared.KindControl || th.kind == declared.KindExposure)
	switch kind {
	case "principal", "client":
		return t.namesOf(t.peopleOf(th, all))
	case "store":
		return t.storesOf(th, all)
	case "system":
		return t.systemsMeant(th, all)
	case "vendor":
		return t.vendorsMeant(th, all)
	case "grant":
		return t.grantsMeant(th, all)
	case "desk":
		return t.desksMeant(th, all)
	case "host", "site", "api", "key":
		if th.kind == declared.KindDoor && main {
			return own
		}
		return t.doorsMeant(th, all)
	}
	return own
}

// named gives the names of a kind that a text lists.
func (t *teller) named(th *thing, kind, value string) []uint32 {
	var out []uint32
	for _, text := range strings.Split(value, ",") {
		text = strings.TrimSpace(text)
		if text == "" {
			continue
		}
		switch kind {
		case "principal", "client":
			if found := t.who(text, th.scope); found != nil {
				out = append(out, t.namesOf(found)...)
				continue
			}
			out = append(out, t.out.Name(text))
		case "store":
			for _, p := range t.partsOf(text) {
				out = append(out, t.stores[p])
			}
		case "vendor":
			out = append(out, t.vendorNamed(text))
		default:
			out = append(out, t.out.Name(text))
		}
	}
	return out
}

func (t *teller) namesOf(nodes []uint32) []uint32 {
	out := make([]uint32, len(nodes))
	for i, n := range nodes {
		out[i] = t.names[n]
	}
	return out
}

// Arities gives the number of arguments of each predicate that facts are told of.
func Arities() map[string]int {
	out := map[string]int{}
	for name, kinds := range readKinds() {
		out[name] = len(kinds)
	}
	delete(out, "predicate") // the header
	return out
}
