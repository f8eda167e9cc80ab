package declared

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Report takes a mistake: where it is (targets[2].custodian), and what is wrong.
type Report func(path, format string, args ...any)

// Check tells every mistake of the declaration by itself; whether files and variables are there is not looked at.
func (e *Estate) Check(report Report) {
	names := e.custodians(report)
	e.targets(names, report)
	seen := map[string]bool{}
	for i, r := range e.Register {
		at := fmt.Sprintf("register[%d]", i)
		required(report, at, "repository", r.Repository)
		required(report, at, "classification", r.Classification)
		day(report, at+".registered", r.Registered)
		if r.Repository != "" && seen[r.Repository] {
			report(at+".repository", "%s is registered twice", r.Repository)
		}
		seen[r.Repository] = true
	}
	for i, f := range e.Facts {
		e.fact(fmt.Sprintf("declared[%d]", i), f, names, report)
	}
}

func (e *Estate) custodians(report Report) map[string]bool {
	names := map[string]bool{}
	for i, c := range e.Custodians {
		at := fmt.Sprintf("custodians[%d]", i)
		required(report, at, "name", c.Name)
		if c.Name != "" && names[c.Name] {
			report(at+".name", "there are two custodians %s", c.Name)
		}
		names[c.Name] = true
		switch c.Kind {
		case "acquirer", "acquired", "vendor":
		case "":
			report(at, "its kind is missing: acquirer, acquired or vendor")
		default:
			report(at+".kind", "a custodian is an acquirer, acquired or a vendor")
		}
		day(report, at+".since", c.Since)
	}
	return names
}

func (e *Estate) targets(custodians map[string]bool, report Report) {
	labels, addresses := map[string]bool{}, map[string]bool{}
	for i := range e.Targets {
		t, at := &e.Targets[i], fmt.Sprintf("targets[%d]", i)
		switch {
		case t.URL == "" && t.Path == "":
			report(at, "it has neither a url nor a path")
		case t.URL != "" && t.Path != "":
			report(at, "it has a url and a path; one target is one place")
		case t.URL != "" && !strings.Contains(t.URL, "://"):
			report(at+".url", "an address begins with its kind, as in postgres:// or s3://; a place of this machine is a path")
		case addresses[t.Address()]:
			report(at, "the same place is a target twice")
		case t.Name != "" && labels[t.Name]:
			report(at+".name", "there are two targets %s", t.Name)
		}
		labels[t.Name], addresses[t.Address()] = true, true
		if u, err := url.Parse(t.URL); t.URL != "" && err != nil {
			report(at+".url", "this is no address")
		} else if err == nil && u.User != nil {
			if _, has := u.User.Password(); has {
				report(at+".url", "%s", Secret{}.Shape())
			}
		}
		known(report, at+".custodian", t.Custodian, custodians)
		if t.Access != "" && t.Access != "declared" {
			report(at+".access", "access is declared, where the target is a copy whose own rights say nothing, or not given")
		}
		if t.Drill != "" && t.Drill != "allowed" {
			report(at+".drill", "a drill is allowed, or nothing is said of it")
		}
		if strings.Trim(t.Enclave, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			report(at+".enclave", "the name of an enclave has letters from a to z, digits and hyphens")
		}
		t.secret(at+".password", report)
		t.schedule(at+".schedule", report)
		t.Limits.check(at+".limits", report)
	}
}

func (t *Target) secret(at string, report Report) {
	scheme, _, _ := strings.Cut(t.URL, "://")
	switch {
	case !t.Password.Given():
	case t.Password.places() > 1:
		report(at, "it is in a variable, in a file or in the keyring, not in several")
	case strings.ContainsAny(t.Password.Env, " =\t"):
		report(at+".env", "this is no name of a variable")
	case t.Password.Keyring != "" && !entry(t.Password.Keyring):
		report(at+".keyring", "an entry of the keyring is written as SERVICE/ACCOUNT")
	case scheme == "s3":
		report(at, "logins of S3 come from where the AWS tools have them; a profile of theirs is named by ?profile=NAME")
	case scheme == "" || scheme == "file":
		report(at, "a path needs no password")
	}
}

// places counts where a secret is said to be.
func (s Secret) places() (n int) {
	for _, place := range []string{s.Env, s.File, s.Keyring} {
		if place != "" {
			n++
		}
	}
	return n
}

// entry tells whether a text names an entry of a keyring.
func entry(text string) bool {
	service, account, ok := strings.Cut(text, "/")
	return ok && service != "" && account != ""
}

// schedules are the words for how often a target is surveyed.
var schedules = map[string]time.Duration{"": 0, "hourly": time.Hour, "daily": 24 * time.Hour, "weekly": 7 * 24 * time.Hour, "monthly": 30 * 24 * time.Hour}

func (t *Target) schedule(at string, report Report) {
	if _, err := Every(t.Schedule); err != nil {
		report(at, "%v", err)
	}
}

// Every gives how often a schedule asks for a survey; 0 = never by itself.
func Every(schedule string) (time.Duration, error) {
	if d, ok := schedules[schedule]; ok {
		return d, nil
	}
	d, err := time.ParseDuration(schedule)
	if err != nil || d < 5*time.Minute {
		return 0, fmt.Errorf("a schedule is hourly, daily, weekly, monthly, or a time of five minutes or more, such as 6h")
	}
	return d, nil
}

func (l *Limits) check(at string, report Report) {
	for _, n := range []struct {
		name string
		v    int64
		most int64
	}{{"workers", int64(l.Workers), 1024}, {"max_depth", int64(l.Depth), 1024}, {"max_inner_mib", l.InnerMiB, 1 << 40}, {"max_inner_ratio", l.InnerRatio, 1 << 40}, {"max_members", l.Members, 1 << 40}} {
		if n.v < 0 || n.v > n.most {
			report(at+"."+n.name, "a number from 1 to %d belongs here", n.most)
		}
	}
}

func (e *Estate) fact(at string, f Fact, custodians map[string]bool, report Report) {
	t, ok := TypeOf(f.Type)
	switch {
	case !ok:
		report(at+".type", "the types of declared facts are %s", typeNames())
	case t.File == "" && f.File != "":
		report(at+".file", "facts of type %s have no file", f.Type)
	case t.File == "" && f.Name == "":
		report(at, "its name is missing")
	case t.File != "" && f.File == "" && !t.Many:
		report(at, "its file is missing: %s", t.File)
	case t.Beside && (f.Name == "" || f.Element == ""):
		report(at, "its name, or its element, is missing")
	case t.File != "" && f.File == "" && !t.Beside && len(f.Who)+len(f.May)+len(f.On) == 0:
		report(at, "its file is missing: %s; or who%s and on say one fact", t.File, map[bool]string{true: ", may"}[t.Does == Must])
	default:
		f.parts(at, t, report)
	}
	known(report, at+".custodian", f.Custodian, custodians)
	day(report, at+".as_of", f.AsOf)
	day(report, at+".until", f.Until)
}

// parts checks who may do what with what.
func (f *Fact) parts(at string, t Type, report Report) {
	inline := f.File == "" || t.Beside
	for _, p := range []struct {
		name   string
		values []string
		need   Need
	}{{"who", f.Who, t.Who}, {"may", f.May, t.Does}, {"on", f.On, t.On}} {
		switch {
		case len(p.values) > 0 && !inline:
			report(at+"."+p.name, "this stands in the file, or here; not in both")
		case len(p.values) > 0 && p.need == Never:
			report(at+"."+p.name, "facts of type %s have no %s", f.Type, p.name)
		case len(p.values) == 0 && p.need == Must && inline:
			report(at, "%s is missing", p.name)
		}
		if slices.Contains(p.values, "") {
			report(at+"."+p.name, "one of these is empty")
		}
	}
	for _, w := range f.May {
		if t.Can != nil && w != "" && !slices.Contains(t.Can, w) {
			report(at+".may", "one may %s", strings.Join(t.Can, ", "))
		}
	}
	if f.Type == "vendor" && len(f.On) > 0 && len(f.May) == 0 {
		report(at, "may is missing: what the vendor may do with what stands under on")
	}
	if f.Type == "edge_kind" && len(f.May) > 1 {
		report(at+".may", "an edge gives one right")
	}
}

func required(report Report, at, name, value string) {
	if value == "" {
		report(at, "its %s is missing", name)
	}
}

// known checks that a custodian was named.
func known(report Report, at, name string, custodians map[string]bool) {
	if name != "" && !custodians[name] {
		report(at, "there is no custodian %s under custodians", name)
	}
}

func day(report Report, at, value string) {
	if value == "" {
		return
	}
	if _, err := time.Parse(time.DateOnly, value); err != nil {
		report(at, "a day is written as 2026-03-01")
	}
}
