package control

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/estate/declared"
	"github.com/chartroom/chartroom/review"
)

// checks are all checks.
var checks = []Check{
	{"inventory", "an inventory of patient data stands: satisfied where all of it was read, is fresh, and in the governed register", (*subject).inventory},
	{"labels", "data is labelled, and the labels fit what was measured", (*subject).labels},
	{"systems", "the systems that hold data are listed, with whose they are", (*subject).systems},
	{"flows", "logins and tokens lead from system to system: listed, never more than partly, as networks are not seen", (*subject).flows},
	{"suppliers", "vendors that reach patient data are declared", (*subject).suppliers},
	{"criticality", "repositories are ranked by sensitivity and people", (*subject).criticality},
	{"lifecycle", "repositories are followed over time: satisfied from the second survey on", (*subject).lifecycle},
	{"monitoring", "repositories were surveyed again within the age at which evidence is stale", (*subject).monitoring},
	{"magnitude", "how many people are in each repository, by State and sensitivity, is counted", (*subject).magnitude},

	{"readers", "who can read each repository with patient data is known, with proof", (*subject).whoReads},
	{"writers", "who may change each repository is known, and none but accounts of providers may", (*subject).whoWrites},
	{"least_access", "nobody reads by what everybody has, by a group of nearly all, or by a grant beside the groups", (*subject).leastAccess},
	{"privileged", "privileged access is brokered", (*subject).privileged},
	{"identities", "each account that reads patient data comes from an identity provider", (*subject).identities},
	{"federation", "accounts that read log in by the acquirer's identity provider: never more than partly, as assertions are not seen", (*subject).federation},
	{"unique_accounts", "no account that reads is shared", (*subject).unique},
	{"leavers", "no account that reads is dormant, or outside all identity providers", (*subject).leavers},
	{"authentication", "each account that reads has a second factor; satisfied where none of it is a message to a telephone", (*subject).authentication},
	{"break_glass", "there is an account for emergencies, and it is not used every day", (*subject).breakGlass},
	{"access_changes", "who may do what was collected more than once, so that changes show", (*subject).accessChanges},
	{"activity", "when accounts that read were last used is known", (*subject).activity},

	{"encryption", "servers say that data is encrypted, with the acquirer's keys", (*subject).encryption},
	{"transit", "connections to servers are encrypted", (*subject).transit},
	{"backup", "servers keep older versions or a standby; never more than partly, as restores are not seen", (*subject).backup},
	{"logging", "access is logged, and the log kept", (*subject).logging},

	{"agreements", "each vendor that reaches patient data has an agreement in force, with a scope", (*subject).agreements},
	{"supplier_reach", "how many people each vendor reaches is measured", (*subject).supplierReach},
	{"supplier_activity", "when vendors' apps and tokens were last used is known, and they end on a day", (*subject).supplierActivity},
	{"supplier_end", "no vendor whose agreement ended still reaches patient data", (*subject).supplierEnd},

	{"case_log", "the log of incidents is whole: each line names the one before", (*subject).caseLog},
	{"case_led", "incidents were led by decisions", (*subject).caseLed},
	{"case_triage", "claims were examined: levels, or samples held against the inventory", (*subject).caseTriage},
	{"case_levels", "incidents were given levels", (*subject).caseLevels},
	{"case_evidence", "evidence was put into the log, with its hash", (*subject).caseEvidence},
	{"case_notices", "notices were approved, and their sending recorded", (*subject).caseNotices},
}

// of makes evidence of repositories.
func (s *subject) of(rows []*catalog.Row, says func(*catalog.Row) string) (out []review.Evidence) {
	for _, row := range rows {
		out = append(out, s.OfRow(row, says(row)))
	}
	return out
}

func (s *subject) inventory() (r review.Result) {
	right, wrong, gaps, bare := 0, 0, int64(0), 0
	for _, row := range s.all {
		gaps += row.Gaps
		if row.Gaps > 0 || row.Stale {
			wrong++
		} else {
			right++
		}
	}
	for _, row := range s.rows {
		if !slices.ContainsFunc(s.Facts(declared.KindRegistered), func(f review.Fact) bool {
			return row.Repository == f.Target || strings.HasPrefix(row.Repository, f.Target+"/")
		}) {
			bare++
		}
	}
	return result(right+len(s.rows)-bare, wrong+bare, fmt.Sprintf("%s surveyed, %d with patient data, %d of these in no register, %d gaps", count(len(s.all), "repository", "repositories"), len(s.rows), bare, gaps),
		s.of(s.all, func(row *catalog.Row) string {
			return fmt.Sprintf("%s, %d items, %d gaps", row.Verdict, row.Items, row.Gaps)
		}))
}

func (s *subject) labels() review.Result {
	right, wrong := 0, 0
	var evidence []review.Evidence
	for _, row := range s.rows {
		labels, err := s.Labels(row)
		if err != nil || len(labels) == 0 {
			wrong++
			continue
		}
		for i := range labels {
			evidence = append(evidence, labels[i].Evidence...)
			switch labels[i].State {
			case review.Yes:
				right++
			case review.No:
				wrong++
			}
		}
	}
	return result(right, wrong, fmt.Sprintf("%d labels fit what was measured, %d do not or are missing", right, wrong), evidence)
}

func (s *subject) systems() review.Result {
	kinds, nobody := map[string]int{}, 0
	for _, row := range s.all {
		kinds[row.Kind]++
		if row.Custodian == "" {
			nobody++
		}
	}
	return result(len(s.all)-nobody, nobody, fmt.Sprintf("%s of %s, %d without a custodian", count(len(s.all), "repository", "repositories"), count(len(kinds), "kind", "kinds"), nobody),
		s.of(s.all, func(row *catalog.Row) string { return row.Kind + " of " + row.Custodian }))
}

func (s *subject) flows() review.Result {
	var evidence []review.Evidence
	for _, kind := range []string{declared.KindApp, declared.KindLogin} {
		for _, f := range s.Facts(kind) {
			evidence = append(evidence, s.OfFact(f.Fact, f.Kind+": "+f.Principal+" "+f.Target))
		}
	}
	return result(1, 1, count(len(evidence), "login or token leads", "logins and tokens lead")+" from system to system; networks are not seen", evidence)
}

func (s *subject) criticality() review.Result {
	return result(len(s.rows), 0, count(len(s.rows), "repository is", "repositories are")+" ranked by sensitivity and people",
		s.of(s.rows, func(row *catalog.Row) string {
			return fmt.Sprintf("%s, %d people", row.Confidentiality, row.People.Estimate)
		}))
}

func (s *subject) magnitude() review.Result {
	none := 0
	for _, row := range s.rows {
		if row.People.High == 0 {
			none++
		}
	}
	return result(len(s.rows)-none, none, fmt.Sprintf("people are counted in %d of %s", len(s.rows)-none, count(len(s.rows), "repository", "repositories")),
		s.of(s.rows, func(row *catalog.Row) string {
			return fmt.Sprintf("%d to %d people in %d States", row.People.Low, row.People.High, len(row.States))
		}))
}

// finished gives the surveys that came to their end, the latest first.
func (s *subject) finished() (out []*catalog.RunInfo) {
	runs := s.Runs()
	for i := range runs {
		if runs[i].Outcome == "finished" {
			out = append(out, &runs[i])
		}
	}
	return out
}

func (s *subject) lifecycle() review.Result {
	var evidence []review.Evidence
	runs := s.finished()
	for _, run := range runs {
		evidence = append(evidence, s.OfRun(run, fmt.Sprintf("%d targets, finished", len(run.Targets))))
	}
	wrong := 0
	if len(runs) == 1 {
		wrong = 1
	}
	return result(len(runs), wrong, count(len(runs), "survey is", "surveys are")+" kept, with what appeared, changed and vanished", evidence)
}

func (s *subject) monitoring() review.Result {
	stale := 0
	for _, row := range s.rows {
		if row.Stale {
			stale++
		}
	}
	r := result(len(s.rows)-stale, stale, fmt.Sprintf("evidence of %d of %s is fresh", len(s.rows)-stale, count(len(s.rows), "repository", "repositories")),
		s.of(s.rows, func(row *catalog.Row) string { return "last surveyed" }))
	for _, run := range s.finished()[:min(1, len(s.finished()))] {
		r.Evidence = append(r.Evidence, s.OfRun(run, "the last survey, ended "+run.Beat.UTC().Format(time.DateOnly)))
	}
	return r
}

func (s *subject) accessChanges() review.Result {
	r := s.lifecycle()
	r.Says = "grants were collected in " + count(len(s.finished()), "survey", "surveys") + ", so that changes show from the second on"
	if len(s.unknown) > 0 && r.Outcome == review.Satisfied {
		r.Outcome = review.Partly
	}
	return r
}

// reads tells who reads a repository, in numbers.
func (s *subject) reads(repository string) (n int) {
	for i := range s.readers {
		if _, has := slices.BinarySearch(s.readers[i].of, repository); has {
			n++
		}
	}
	return n
}

func (s *subject) whoReads() review.Result {
	var evidence []review.Evidence
	for _, row := range s.rows {
		if !slices.Contains(s.unknown, row) {
			evidence = append(evidence, s.OfReaders(row, count(s.reads(row.Repository), "principal reads it", "principals read it")))
		}
	}
	return result(len(s.rows)-len(s.unknown), len(s.unknown), fmt.Sprintf("who reads is known of %d of %s", len(s.rows)-len(s.unknown), count(len(s.rows), "repository", "repositories")), evidence)
}

// mostWriters is how many of those who may change a repository, the surest first, are looked at.
const mostWriters = 1000

func (s *subject) whoWrites() review.Result {
	right, wrong := 0, 0
	var evidence []review.Evidence
	for _, row := range s.rows {
		who, ok, err := s.Access().Who(access.Place{Repository: row.Repository}, mostWriters)
		if err != nil || !ok || !who.Known {
			continue
		}
		outside := 0
		for i := range who.Writers {
			if w := &who.Writers[i]; w.Certain && w.Layer == access.Entitled.String() && (w.Outside || w.Kind == access.Anyone.String()) {
				outside++
			}
		}
		if outside > 0 {
			wrong++
		} else {
			right++
		}
		evidence = append(evidence, s.OfReaders(row, fmt.Sprintf("%d may change it, %d of them outside all identity providers", len(who.Writers), outside)))
	}
	return result(right, wrong, fmt.Sprintf("who may change is known of %s; of %d somebody outside all identity providers may", count(right+wrong, "repository", "repositories"), wrong), evidence)
}
