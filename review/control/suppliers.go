package control

import (
	"fmt"
	"slices"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/estate/declared"
	"github.com/chartroom/chartroom/review"
)

// vendors gives the readers of each vendor, and the vendors' names in order.
func (s *subject) vendors() (names []string, of map[string][]*reader) {
	of = map[string][]*reader{}
	for i := range s.readers {
		r := &s.readers[i]
		if v := s.Vendor(&r.Principal); v != "" {
			of[v] = append(of[v], r)
		}
	}
	for v := range of {
		names = append(names, v)
	}
	slices.Sort(names)
	return names, of
}

// tokens gives the apps and tokens that read.
func (s *subject) tokens() (out []*reader) {
	for i := range s.readers {
		if s.readers[i].Kind == access.Client.String() {
			out = append(out, &s.readers[i])
		}
	}
	return out
}

// reach gives evidence of what a vendor's accounts and tokens read.
func (s *subject) reach(of []*reader) (out []review.Evidence) {
	for _, r := range of {
		out = append(out, s.OfPrincipal(&r.Principal, r.Name+" reads "+count(len(r.of), "repository", "repositories")))
	}
	return out
}

func (s *subject) suppliers() review.Result {
	names, of := s.vendors()
	var evidence []review.Evidence
	right, wrong := 0, 0
	for _, v := range names {
		evidence = append(evidence, s.reach(of[v])...)
		if slices.ContainsFunc(s.Facts(declared.KindVendor), func(f review.Fact) bool { return f.Principal == v }) {
			right++
		} else {
			wrong++
		}
	}
	for _, t := range s.tokens() {
		if s.Vendor(&t.Principal) == "" {
			wrong++
			evidence = append(evidence, s.OfPrincipal(&t.Principal, "nobody said whose it is"))
		}
	}
	return result(right, wrong, fmt.Sprintf("declared vendors that reach patient data: %d; vendors and apps that do and are not declared: %d", right, wrong), evidence)
}

func (s *subject) supplierReach() review.Result {
	names, of := s.vendors()
	var evidence []review.Evidence
	for _, v := range names {
		evidence = append(evidence, s.reach(of[v])...)
	}
	return result(len(names), 0, "what "+count(len(names), "vendor reaches", "vendors reach")+" is measured", evidence)
}

func (s *subject) agreements() review.Result {
	names, of := s.vendors()
	var evidence []review.Evidence
	right, wrong := 0, 0
	for _, v := range names {
		state, scoped, says, by := s.Agreement(v)
		evidence = append(evidence, s.reach(of[v])...)
		for _, f := range by {
			evidence = append(evidence, s.OfFact(f.Fact, says))
		}
		if state == review.Yes && scoped {
			right++
		} else {
			wrong++
		}
	}
	return result(right, wrong, fmt.Sprintf("vendors that reach patient data: %d; with an agreement in force and a scope: %d", len(names), right), evidence)
}

func (s *subject) supplierActivity() review.Result {
	var evidence []review.Evidence
	right, wrong := 0, 0
	for _, t := range s.tokens() {
		used, ends := t.Traits["last_used"], s.Expires(&t.Principal)
		evidence = append(evidence, s.OfPrincipal(&t.Principal, "last used "+used+", ends "+ends))
		if used != "" && ends != "" {
			right++
		} else {
			wrong++
			if used != "" {
				right++
			}
		}
	}
	return result(right, wrong, fmt.Sprintf("apps and tokens that read patient data: %d; without a last use, or without an end: %d", len(s.tokens()), wrong), evidence)
}

func (s *subject) supplierEnd() review.Result {
	names, of := s.vendors()
	var evidence []review.Evidence
	right, wrong := 0, 0
	for _, v := range names {
		state, _, _, _ := s.Agreement(v)
		switch state {
		case review.Yes:
			right++
		case review.No:
			wrong++
		default:
			continue
		}
		evidence = append(evidence, s.reach(of[v])...)
	}
	return result(right, wrong, fmt.Sprintf("vendors that still reach patient data after their agreement ended: %d", wrong), evidence)
}
