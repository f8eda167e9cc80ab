package facts_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/access/all"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/estate"
	said "github.com/chartroom/chartroom/estate/declared"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/source/declared"
	"github.com/chartroom/chartroom/threat"
	"github.com/chartroom/chartroom/threat/facts"
	"github.com/chartroom/chartroom/threat/playbook"
)

// world is an estate in the making: what is declared, and what the inventory saw.
type world struct {
	said.Estate
	rows    []catalog.Row
	holds   map[string]phi.Verdict // by repository
	written map[string]time.Time
	files   map[string]string
}

// store adds a repository that holds patients.
func (w *world) store(name, kind, custodian string) *catalog.Row {
	if w.holds == nil {
		w.holds, w.written = map[string]phi.Verdict{}, map[string]time.Time{}
	}
	w.holds[name] = phi.VerdictPHI
	w.rows = append(w.rows, catalog.Row{Repository: name, Kind: kind, Custodian: custodian, Verdict: "phi"})
	return &w.rows[len(w.rows)-1]
}

func (w *world) say(f ...said.Fact) { w.Facts = append(w.Facts, f...) }

// told gives the facts of the world.
func (w *world) told(t testing.TB) *facts.Told {
	t.Helper()
	return w.shuffled(t, nil)
}

// shuffled has the grants in another order.
func (w *world) shuffled(t testing.TB, r *rand.Rand) *facts.Told {
	t.Helper()
	const day = "2026-11-22"
	dir := t.TempDir()
	for name, text := range w.files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var grants []access.Fact
	err := declared.New(&w.Estate, filepath.Join(dir, "estate.yaml")).Grants(t.Context(), func(g estate.Grant) error {
		grants = append(grants, access.Fact{ID: len(grants) + 1, Grant: g})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if r != nil {
		r.Shuffle(len(grants), func(i, j int) { grants[i], grants[j] = grants[j], grants[i] })
	}
	in := access.Input{Facts: grants, Day: day, Compilers: all.Compilers(day), Holdings: func(_ bool, yield func(access.Holding) error) error {
		for _, name := range slices.Sorted(maps.Keys(w.holds)) {
			people := estate.NewPeople(0)
			people.Add(estate.Person{Marks: []estate.Mark{estate.Mark(4 + 4*len(name))}})
			if err := yield(access.Holding{Place: access.Place{Repository: name, Path: "a.csv"}, Verdict: w.holds[name], Classes: phi.Of(phi.SUD), Bytes: 7, People: people}); err != nil {
				return err
			}
		}
		return nil
	}}
	for i := range w.rows {
		in.Repositories = append(in.Repositories, access.Repository{Name: w.rows[i].Repository, Custodian: w.rows[i].Custodian})
	}
	e, err := access.Build(in)
	if err != nil {
		t.Fatal(err)
	}
	b := book(t)
	got, err := facts.Of(facts.Input{Access: e, Repositories: w.rows, Written: w.written, Said: grants, Day: day, Silent: func(p string) bool {
		x := b.Predicates[p]
		return x != nil && x.Silence == threat.Perhaps
	}})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func book(t testing.TB) *threat.Book {
	t.Helper()
	b, err := playbook.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// lines writes facts as "yes mfa(a, none)", sorted; of some predicates, or all.
func lines(told *facts.Told, predicates ...string) []string {
	var out []string
	for name, table := range told.Facts.Predicates() {
		if len(predicates) > 0 && !slices.Contains(predicates, name) {
			continue
		}
		for i, s := range table.States {
			out = append(out, [...]string{"no", "perhaps", "yes"}[s]+" "+told.Facts.String(name, table.Args[i*table.Arity:(i+1)*table.Arity]))
		}
	}
	slices.Sort(out)
	return out
}

// TestPredicates: every predicate that is known here is one of the playbook's, with as many arguments; and every one of the estate is known.
func TestPredicates(t *testing.T) {
	b, own := book(t), facts.Arities()
	for name, p := range b.Predicates {
		if got, known := own[name]; !p.Attacker && (!known || got != p.Arity) {
			t.Errorf("%s/%d of the playbook has %d arguments here", name, p.Arity, got)
		}
	}
	for name := range own {
		if p := b.Predicates[name]; p == nil || p.Attacker {
			t.Errorf("%s is no fact of an estate in the playbook", name)
		}
	}
}

// acquired is a clinic chain's archive at a vendor, and a store that was brought in.
func acquired() *world {
	w := &world{Estate: said.Estate{
		Custodians: []said.Custodian{{Name: "Meridian", Kind: "acquirer"}, {Name: "Lakeside", Kind: "acquired"}, {Name: "Harbor", Kind: "vendor"}},
		Register:   []said.Registered{{Repository: "s3://ehr"}, {Repository: "s3://clinic"}},
	}}
	w.store("s3://ehr", "s3", "Meridian")
	w.store("s3://clinic", "s3", "Lakeside")
	w.store("s3://box", "files", "Harbor")
	w.written["s3://ehr"] = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	w.written["s3://clinic"] = time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	w.written["s3://box"] = time.Date(2019, 9, 30, 0, 0, 0, 0, time.UTC)
	w.say(said.Fact{Type: "identity_provider", Name: "Entra", Custodian: "Meridian", Is: map[string]string{"mfa": "enforced"}},
		said.Fact{Type: "access", Who: []string{"Entra#ann"}, May: []string{"read"}, On: []string{"s3://ehr", "s3://clinic"}},
		said.Fact{Type: "access", Who: []string{"box-local#keeper"}, May: []string{"read"}, On: []string{"s3://box"}})
	return w
}

// staff has lists of accounts: one of the provider, one that no provider logs in.
func (w *world) staff() {
	w.files = map[string]string{"entra.csv": "login,mfa\nann,push\n", "local.csv": "login,mfa\nkeeper,none\n"}
	w.say(said.Fact{Type: "users", Name: "Entra", File: "entra.csv", Custodian: "Meridian"}, said.Fact{Type: "users", Name: "box-local", File: "local.csv", Provider: "no"})
}

// TestArchive: an archive is found by what it is; each of the facts that make it one is needed.
func TestArchive(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*world)
		want   []string
	}{
		"as it is":                   {func(*world) {}, []string{"yes archive(s3://box)"}},
		"somebody writes to it":      {func(w *world) { w.written["s3://box"] = time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC) }, nil},
		"registered, but a vendor's": {func(w *world) { w.Register = append(w.Register, said.Registered{Repository: "s3://box"}) }, []string{"yes archive(s3://box)"}},
		"the acquirer's own, in the register and in use by its people": {func(w *world) {
			w.Register = append(w.Register, said.Registered{Repository: "s3://box"})
			w.rows[2].Custodian = "Meridian"
			w.staff()
			w.say(said.Fact{Type: "access", Who: []string{"Entra#ann"}, May: []string{"read"}, On: []string{"s3://box"}})
		}, []string{"perhaps archive(s3://box)"}},
		"when it was written is not known": {func(w *world) { delete(w.written, "s3://box") }, []string{"perhaps archive(s3://box)"}},
		"it is declared to be none": {func(w *world) {
			w.say(said.Fact{Type: "control", Name: "in use", On: []string{"s3://box"}, Is: map[string]string{"archive": "no"}})
		}, []string{"no archive(s3://box)"}},
		"it is declared to be one, and that is overdue": {func(w *world) {
			w.say(said.Fact{Type: "exposure", Name: "old", On: []string{"s3://ehr"}, Until: "2026-01-01", Is: map[string]string{"archive": "yes"}})
		}, []string{"perhaps archive(s3://ehr)", "yes archive(s3://box)"}},
	} {
		w := acquired()
		c.change(w)
		if d := cmp.Diff(c.want, lines(w.told(t), "archive")); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// TestWhoLogsInHow: an account of a provider is assigned, one outside has a login of its own, and of one of which nobody said it both may be.
func TestWhoLogsInHow(t *testing.T) {
	w := acquired()
	told := w.told(t)
	want := []string{
		"perhaps assigned(box-local#keeper, s3://box)", "perhaps assigned(entra#ann, s3://clinic)", "perhaps assigned(entra#ann, s3://ehr)",
		"perhaps local_login(box-local#keeper, s3://box)", "perhaps local_login(entra#ann, s3://clinic)", "perhaps local_login(entra#ann, s3://ehr)",
	}
	if d := cmp.Diff(want, lines(told, "assigned", "local_login")); d != "" {
		t.Error(d)
	}
	w.staff()
	told = w.told(t)
	want = []string{"yes assigned(entra#ann, s3://clinic)", "yes assigned(entra#ann, s3://ehr)", "yes legacy_unmigrated(s3://box)", "yes local_login(box-local#keeper, s3://box)"}
	if d := cmp.Diff(want, lines(told, "assigned", "local_login", "legacy_unmigrated")); d != "" {
		t.Error(d)
	}
	w.files["apps.csv"] = "who,app\nann,s3://ehr\nbob,s3://clinic\n"
	w.say(said.Fact{Type: "app_assignments", Name: "Entra", File: "apps.csv"})
	if d := cmp.Diff([]string{"yes assigned(entra#ann, s3://ehr)"}, lines(w.told(t), "assigned")); d != "" {
		t.Error(d)
	}
}

// TestDeclarations has each way to declare a predicate.
func TestDeclarations(t *testing.T) {
	is := func(pairs ...string) map[string]string {
		m := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = pairs[i+1]
		}
		return m
	}
	for name, c := range map[string]struct {
		fact said.Fact
		of   string
		want []string
	}{
		"a control for everybody":         {said.Fact{Type: "control", Name: "keys", Is: is("fido2_only", "yes")}, "fido2_only", []string{"yes fido2_only(box-local#keeper)", "yes fido2_only(entra#ann)"}},
		"an exposure of one":              {said.Fact{Type: "exposure", Name: "leak", On: []string{"Entra#ann"}, Is: is("prior_leak", "yes")}, "prior_leak", []string{"perhaps prior_leak(box-local#keeper)", "yes prior_leak(entra#ann)"}},
		"what is not known":               {said.Fact{Type: "exposure", Name: "leak", On: []string{"Entra#ann"}, Is: is("infostealer_hit", "unknown")}, "infostealer_hit", []string{"perhaps infostealer_hit(box-local#keeper)", "perhaps infostealer_hit(entra#ann)"}},
		"a factor, and so no other":       {said.Fact{Type: "control", Name: "keys", On: []string{"Entra#ann"}, Is: is("mfa", "fido2")}, "mfa", []string{"no mfa(entra#ann, none)", "no mfa(entra#ann, otp)", "no mfa(entra#ann, push)", "no mfa(entra#ann, sms)", "perhaps mfa(box-local#keeper, fido2)", "perhaps mfa(box-local#keeper, none)", "perhaps mfa(box-local#keeper, push)", "yes mfa(entra#ann, fido2)"}},
		"a system and what it is":         {said.Fact{Type: "system", Name: "CRM", On: []string{"s3://ehr"}, Is: is("kind", "crm", "app_allowlist", "no")}, "crm", []string{"yes crm(s3://ehr)"}},
		"a system keeps its stores":       {said.Fact{Type: "system", Name: "CRM", On: []string{"s3://ehr"}}, "store_in", []string{"yes store_in(s3://box, s3://box)", "yes store_in(s3://clinic, s3://clinic)", "yes store_in(s3://ehr, CRM)"}},
		"a control of a system":           {said.Fact{Type: "control", Name: "net", On: []string{"s3://box"}, Is: is("net_policy", "yes")}, "net_policy", []string{"perhaps net_policy(s3://clinic)", "perhaps net_policy(s3://ehr)", "yes net_policy(s3://box)"}},
		"an element for its stores":       {said.Fact{Type: "front_door", Element: "patient_portal", Name: "portal", On: []string{"s3://ehr"}, Is: is("guest_read", "yes")}, "guest_read", []string{"yes guest_read(portal, s3://ehr)"}},
		"an element of which is asked":    {said.Fact{Type: "front_door", Element: "managed_file_transfer", Name: "mover", On: []string{"s3://ehr"}, Is: is("exposed", "yes")}, "transit_store", []string{"perhaps transit_store(mover, s3://ehr)"}},
		"a key, and whose login it is":    {said.Fact{Type: "front_door", Element: "secret", Name: "key", On: []string{"s3://ehr"}, Is: is("holds", "yes", "opens", "Entra#ann")}, "opens", []string{"yes opens(key, entra#ann)"}},
		"where a key stands":              {said.Fact{Type: "front_door", Element: "secret", Name: "key", On: []string{"s3://ehr"}, Is: is("holds", "yes")}, "holds", []string{"yes holds(s3://ehr, key)"}},
		"what a help desk asks":           {said.Fact{Type: "help_desk", Name: "Desk", Provider: "Entra", On: []string{"Entra#ann"}, Is: is("verifies", "employee number")}, "helpdesk_verifies", []string{"no helpdesk_verifies(entra#desk:desk, callback)", "no helpdesk_verifies(entra#desk:desk, in_person)", "no helpdesk_verifies(entra#desk:desk, manager)", "yes helpdesk_verifies(entra#desk:desk, knowledge)"}},
		"whom it resets":                  {said.Fact{Type: "help_desk", Name: "Desk", Provider: "Entra", On: []string{"Entra#ann"}, Is: is("verifies", "callback")}, "helpdesk_resets", []string{"yes helpdesk_resets(entra#desk:desk, entra#ann)"}},
		"a vendor that holds":             {said.Fact{Type: "vendor", Name: "Harbor", May: []string{"read"}, On: []string{"s3://ehr"}}, "vendor_holds", []string{"yes vendor_holds(vendor#harbor, s3://box)", "yes vendor_holds(vendor#harbor, s3://ehr)"}},
		"a log":                           {said.Fact{Type: "exposure", Name: "sign-in", Is: is("log_kept", "no")}, "log_kept", []string{"no log_kept(sign-in)"}},
		"other organisations' data":       {said.Fact{Type: "exposure", Name: "scale", Is: is("vendor_scale", "yes")}, "vendor_scale", []string{"yes vendor_scale(organisation)"}},
		"what is overdue is not sure":     {said.Fact{Type: "control", Name: "keys", Until: "2026-01-01", On: []string{"Entra#ann"}, Is: is("fido2_only", "yes")}, "fido2_only", []string{"perhaps fido2_only(box-local#keeper)", "perhaps fido2_only(entra#ann)"}},
		"what is overdue as a no as well": {said.Fact{Type: "control", Name: "watch", Until: "2026-01-01", On: []string{"Entra#ann"}, Is: is("infostealer_hit", "no")}, "infostealer_hit", []string{"perhaps infostealer_hit(box-local#keeper)", "perhaps infostealer_hit(entra#ann)"}},
	} {
		w := acquired()
		w.say(c.fact)
		if d := cmp.Diff(c.want, lines(w.told(t), c.of)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// TestSettingsFile: a file tells of many at once.
func TestSettingsFile(t *testing.T) {
	w := acquired()
	w.staff()
	w.files["watch.csv"] = "account,infostealer_hit,Fido2 only\nann,yes,no\nann,no,\n"
	w.files["vendors.csv"] = "vendor,vendor_weak_login\nHarbor,no\n"
	w.say(said.Fact{Type: "settings", Name: "Entra", File: "watch.csv", By: "watch"}, said.Fact{Type: "settings", File: "vendors.csv"}, said.Fact{Type: "vendor", Name: "Harbor"})
	want := []string{"no fido2_only(box-local#keeper)", "no fido2_only(entra#ann)", "no vendor_weak_login(vendor#harbor)", "perhaps infostealer_hit(box-local#keeper)", "yes infostealer_hit(entra#ann)"}
	if d := cmp.Diff(want, lines(w.told(t), "infostealer_hit", "fido2_only", "vendor_weak_login")); d != "" {
		t.Error(d)
	}
}

// TestDoubts: what is declared and not understood is told.
func TestDoubts(t *testing.T) {
	for name, f := range map[string]said.Fact{
		"none of the facts":     {Type: "control", Name: "x", Is: map[string]string{"fido2": "yes"}},
		"no type of element":    {Type: "front_door", Name: "x", Element: "gate"},
		"nothing that is asked": {Type: "front_door", Name: "x", Element: "patient_portal", Is: map[string]string{"colour": "blue"}},
		"is yes, no or unknown": {Type: "exposure", Name: "x", Is: map[string]string{"fido2_only": "sometimes"}},
		"no store is known":     {Type: "exposure", Name: "x", On: []string{"s3://nowhere"}, Is: map[string]string{"archive": "yes"}},
		"no kind of store":      {Type: "system", Name: "x", On: []string{"s3://ehr"}, Is: map[string]string{"kind": "cupboard"}},
	} {
		w := acquired()
		w.say(f)
		if told := w.told(t); !slices.ContainsFunc(told.Doubts, func(d string) bool { return strings.Contains(d, name) }) {
			t.Errorf("%s: %q", name, told.Doubts)
		}
	}
}

// TestOrderDoesNotMatter: the same grants in any order give the same facts.
func TestOrderDoesNotMatter(t *testing.T) {
	w := acquired()
	w.say(said.Fact{Type: "help_desk", Name: "Desk", Provider: "Entra", On: []string{"Entra#everyone"}, Is: map[string]string{"verifies": "callback"}},
		said.Fact{Type: "front_door", Element: "crm_tenant", Name: "CRM", On: []string{"s3://clinic"}, Is: map[string]string{"app_allowlist": "no"}},
		said.Fact{Type: "vendor", Name: "Harbor", May: []string{"read"}, On: []string{"s3://clinic"}},
		said.Fact{Type: "control", Name: "keys", Is: map[string]string{"fido2_only": "yes"}})
	want := lines(w.told(t))
	for seed := range uint64(20) {
		if d := cmp.Diff(want, lines(w.shuffled(t, rand.New(rand.NewPCG(seed, 1))))); d != "" {
			t.Fatal(d)
		}
	}
}

// TestCounter: stores are counted together, each person once; what is no store holds nobody.
func TestCounter(t *testing.T) {
	told := acquired().told(t)
	c := told.Counter()
	number := func(name string) uint32 { return uint32(slices.Index(told.Facts.Names(), name)) }
	if got := c.Count([]uint32{number("s3://ehr"), number("s3://box")}); got.People.Estimate != 1 || got.Stores != 2 || got.Bytes != 14 || fmt.Sprint(got.Sensitivity) != "[SUD]" {
		t.Errorf("%+v", got) // both names are as long, and so both hold the same person
	}
	if got := c.Count([]uint32{number("s3://ehr"), number("s3://clinic")}); got.People.Estimate != 2 {
		t.Errorf("%+v", got)
	}
	if got := c.Count([]uint32{number("entra#ann")}); got.People.Estimate != 0 || got.Stores != 0 {
		t.Errorf("%+v", got)
	}
}

// TestWhateverIsDeclared: any declaration of any predicate gives facts with as many names as the predicate has, the same in any order, and
// never two words on one of them that contradict each other.
func TestWhateverIsDeclared(t *testing.T) {
	predicates := slices.Sorted(maps.Keys(facts.Arities()))
	rapid.Check(t, func(r *rapid.T) {
		w := acquired()
		for n := range rapid.IntRange(1, 6).Draw(r, "facts") {
			f := said.Fact{Name: fmt.Sprintf("thing%d", n), Is: map[string]string{}, Until: rapid.SampledFrom([]string{"", "2026-01-01", "2027-01-01"}).Draw(r, "until")}
			f.Type = rapid.SampledFrom([]string{"control", "exposure", "system", "front_door", "vendor", "help_desk", "identity_provider"}).Draw(r, "type")
			if f.Type == "front_door" {
				f.Element = rapid.SampledFrom(append(facts.Elements(), "gate")).Draw(r, "element")
			}
			if f.Type != "identity_provider" && f.Type != "vendor" {
				f.On = rapid.SliceOfN(rapid.SampledFrom([]string{"s3://ehr", "s3://box/part", "Entra#ann", "Entra", "everyone", "thing0", "nobody", "vendor:thing1", ""}), 0, 3).Draw(r, "on")
			}
			for range rapid.IntRange(1, 4).Draw(r, "words") {
				f.Is[rapid.SampledFrom(predicates).Draw(r, "predicate")] = rapid.SampledFrom([]string{"yes", "no", "unknown", "", "fido2", "callback", "s3://ehr, s3://clinic", "Entra#ann", "other"}).Draw(r, "value")
			}
			w.say(f)
		}
		told := w.told(t)
		for name, table := range told.Facts.Predicates() {
			if table.Arity != facts.Arities()[name] || len(table.Args) != table.Arity*len(table.States) || len(table.Origin) != len(table.States) {
				r.Fatalf("%s has %d names", name, table.Arity)
			}
		}
		words := lines(told)
		seen := map[string]string{}
		for _, line := range words {
			state, fact, _ := strings.Cut(line, " ")
			if was, twice := seen[fact]; twice && was != state && !strings.HasPrefix(fact, "can_") {
				r.Fatalf("%s is %s and %s", fact, was, state)
			}
			seen[fact] = state
		}
		if d := cmp.Diff(words, lines(w.shuffled(t, rand.New(rand.NewPCG(7, 7))))); d != "" {
			r.Fatal(d)
		}
	})
}

// TestLogged: a log is kept of a path only if it is kept of each of its stores.
func TestLogged(t *testing.T) {
	w := acquired()
	w.rows[1].Traits = []catalog.Trait{{Name: "access_log", Value: "no", Known: true}}
	w.say(said.Fact{Type: "logging", Name: "SIEM", On: []string{"s3://ehr"}})
	told := w.told(t)
	for _, c := range []struct {
		class  string
		stores []string
		want   threat.State
	}{
		{"object-access", []string{"s3://ehr"}, threat.Yes}, {"object-access", []string{"s3://ehr", "s3://box"}, threat.Perhaps}, {"object-access", []string{"s3://ehr", "s3://clinic"}, threat.No},
		{"object-access", []string{"elsewhere"}, threat.Perhaps}, {"object-access", nil, threat.Perhaps}, {"sign-in", []string{"s3://ehr"}, threat.Perhaps},
	} {
		if got := told.Logged(c.class, c.stores); got != c.want {
			t.Errorf("%s of %v: %d, want %d", c.class, c.stores, got, c.want)
		}
	}
	if d := cmp.Diff([]string{"no log_kept(object-access)"}, lines(told, "log_kept")); d != "" {
		t.Error(d)
	}
}

// TestPredicatesAreDocumented: docs/threat.md has every predicate, and every type of elements stands in its table of data.
func TestPredicatesAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/threat.md")
	if err != nil {
		t.Fatal(err)
	}
	for name := range facts.Arities() {
		if !strings.Contains(string(text), "`"+name+"`") {
			t.Errorf("docs/threat.md does not have %s", name)
		}
	}
	if n := len(facts.Elements()); n != 23 {
		t.Errorf("%d types of elements", n)
	}
	if n := len(facts.OWASP()); n != 10 {
		t.Errorf("%d items of OWASP", n)
	}
}
