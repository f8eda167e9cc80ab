package control

import (
	"fmt"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/estate/declared"
	"github.com/chartroom/chartroom/review"
)

// accounts goes through the accounts that read, and gives evidence of those that do not fit. fits tells that of one; its second result is
// false where that is not known.
func (s *subject) accounts(fits func(*reader) (fit, known bool), wrongly func(*reader) string) (right, wrong, open int, evidence []review.Evidence) {
	var fine []review.Evidence
	for i := range s.readers {
		r := &s.readers[i]
		if r.Kind != access.User.String() && r.Kind != access.Service.String() {
			continue
		}
		fit, known := fits(r)
		switch {
		case !known:
			open++
		case fit:
			right++
			if len(fine) < mostFine {
				fine = append(fine, s.OfPrincipal(&r.Principal, "it fits"))
			}
		default:
			wrong++
			evidence = append(evidence, s.OfPrincipal(&r.Principal, wrongly(r)))
		}
	}
	return right, wrong, open, append(evidence, fine...)
}

// mostFine is how many accounts that fit are named beside those that do not.
const mostFine = 5

// judged makes a result of accounts, of which those that are not known keep it from being whole.
func judged(right, wrong, open int, says string, evidence []review.Evidence) review.Result {
	if open > 0 {
		says += fmt.Sprintf("; of %d it is not known", open)
		if right > 0 && wrong == 0 {
			r := result(right, 1, says, evidence)
			return r
		}
	}
	return result(right, wrong, says, evidence)
}

func (s *subject) identities() review.Result {
	right, wrong, open, evidence := s.accounts(func(r *reader) (bool, bool) { return r.Traits["idp"] != "no", r.Traits["idp"] != "" },
		func(*reader) string { return "no identity provider knows it" })
	return judged(right, wrong, open, fmt.Sprintf("%s that read come from an identity provider, %d do not", count(right, "account", "accounts"), wrong), evidence)
}

func (s *subject) federation() review.Result {
	right, wrong, open, evidence := s.accounts(func(r *reader) (bool, bool) {
		state, _, _ := s.Governed(&r.Principal)
		return state == review.Yes, state != review.Unknown
	}, func(*reader) string { return "it is not under the acquirer's identity provider" })
	r := judged(right, wrong, open, fmt.Sprintf("%s log in by the acquirer's identity provider, %d do not; how assertions are protected is not seen", count(right, "account", "accounts"), wrong), evidence)
	if r.Outcome == review.Satisfied {
		r.Outcome = review.Partly
	}
	return r
}

func (s *subject) unique() review.Result {
	right, wrong, _, evidence := s.accounts(func(r *reader) (bool, bool) { return r.Traits["shared"] != "yes", true }, func(*reader) string { return "several people share it" })
	return result(right, wrong, fmt.Sprintf("%d of %s that read are shared, as far as it was said", wrong, count(right+wrong, "account", "accounts")), evidence)
}

func (s *subject) leavers() review.Result {
	dormant := map[string]string{}
	for i := range s.found.Findings {
		if f := &s.found.Findings[i]; f.Kind == access.FindingDormant {
			dormant[f.Principal.ID] = f.Detail
		}
	}
	right, wrong, open, evidence := s.accounts(func(r *reader) (bool, bool) {
		return dormant[r.ID] == "" && r.Traits["idp"] != "no", r.Traits["last_used"] != "" || r.Traits["idp"] == "no"
	}, func(r *reader) string {
		if dormant[r.ID] != "" {
			return dormant[r.ID]
		}
		return "no identity provider knows it"
	})
	return judged(right, wrong, open, fmt.Sprintf("%d of %s that read are dormant or outside all identity providers", wrong, count(right+wrong+open, "account", "accounts")), evidence)
}

func (s *subject) authentication() review.Result {
	weak := 0
	right, wrong, open, evidence := s.accounts(func(r *reader) (bool, bool) {
		mfa := r.Traits["mfa"]
		if mfa == "sms" {
			weak++
		}
		return mfa != "none", mfa != "" || r.Kind == access.Service.String()
	}, func(*reader) string { return "it has no second factor" })
	r := judged(right, wrong, open, fmt.Sprintf("%s that read have a second factor, %d of these a message to a telephone; %d have none", count(right, "account", "accounts"), weak, wrong), evidence)
	if weak > 0 && r.Outcome == review.Satisfied {
		r.Outcome = review.Partly
	}
	return r
}

func (s *subject) breakGlass() review.Result {
	var evidence []review.Evidence
	for _, kind := range []string{declared.KindUser, declared.KindService} {
		for _, f := range s.Facts(kind) {
			if f.BreakGlass == "yes" {
				evidence = append(evidence, s.OfFact(f.Fact, f.Principal+" is kept for emergencies, last used "+f.LastUsed))
			}
		}
	}
	return result(len(evidence), 0, count(len(evidence), "account is", "accounts are")+" kept for emergencies", evidence)
}

func (s *subject) activity() review.Result {
	right, wrong, open, evidence := s.accounts(func(r *reader) (bool, bool) { return true, r.Traits["last_used"] != "" }, func(*reader) string { return "" })
	r := judged(right, wrong, open, fmt.Sprintf("of %s that read it is known when they were last used; what they did is in the logs", count(right, "account", "accounts")), evidence)
	if r.Outcome == review.Satisfied {
		r.Outcome = review.Partly
	}
	return r
}

func (s *subject) leastAccess() review.Result {
	wide := map[string]bool{access.FindingAnyone: true, access.FindingEveryone: true, access.FindingDirect: true, access.FindingKeyBeside: true}
	var evidence []review.Evidence
	wrong := 0
	for i := range s.found.Findings {
		if f := &s.found.Findings[i]; wide[f.Kind] {
			wrong++
			evidence = append(evidence, s.OfPrincipal(&f.Principal, f.Detail))
		}
	}
	r := s.whoReads()
	right := len(s.rows) - len(s.unknown)
	return result(right, wrong+len(s.unknown), fmt.Sprintf("%s of access that is wider than it needs to be; %s", count(wrong, "finding", "findings"), r.Says), append(evidence, r.Evidence...))
}

func (s *subject) privileged() review.Result {
	right, wrong := 0, 0
	var evidence []review.Evidence
	for _, row := range s.rows {
		by := s.Brokered(row)
		for _, f := range by {
			evidence = append(evidence, s.OfFact(f.Fact, "privileged access goes through "+f.Principal))
		}
		if len(by) > 0 {
			right++
		} else {
			wrong++
		}
	}
	if right == 0 {
		return open("whether privileged access goes through a broker is not known")
	}
	return result(right, wrong, fmt.Sprintf("privileged access to %d of %s goes through a broker, as somebody says", right, count(len(s.rows), "repository", "repositories")), evidence)
}
