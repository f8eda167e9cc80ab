package show

import (
	"fmt"

	"github.com/chartroom/chartroom/claim"
	"github.com/chartroom/chartroom/incident/trial"
)

// Fits tells what could have yielded a claimed size.
type Fits struct{ *trial.Fits }

// Answer puts it in words.
func (f *Fits) Answer() *Answer {
	ans := &Answer{Structs: f, First: f.sentence(), Columns: []Column{{Name: "FITS"}, {Name: "STORE"}, {Name: "KIND"}, {Name: "BYTES", Right: true}, {Name: "PEOPLE", Right: true}, {Name: "WHY"}}}
	for _, list := range [][]claim.Store{f.Repositories, f.Footholds} {
		for i, s := range list {
			if i == maxShownMatches {
				break
			}
			ans.Rows = append(ans.Rows, []string{s.Fits, s.Name, s.Kind, Size(s.Bytes), Thousands(s.People), s.Why})
		}
	}
	ans.Last = "A store that is larger fits too: a part may have been taken. Claims have been up to nine times what was confirmed. A sample says more: chartroom claim --sample FILE."
	return ans
}

func (f *Fits) sentence() string {
	repositories, inflated := fitting(f.Repositories)
	footholds, more := fitting(f.Footholds)
	what := ""
	if f.Bytes > 0 {
		what = Size(f.Bytes)
	}
	if f.People > 0 {
		if what != "" {
			what += " and "
		}
		what += Plural(f.People, "person", "people")
	}
	if repositories+inflated+footholds+more == 0 {
		return fmt.Sprintf("%s: no repository that was surveyed holds as much, and no foothold reads as much, even if the claim is inflated as others were.", what)
	}
	return fmt.Sprintf("%s: %s could have yielded it alone, %d more if it is inflated; %s, %d more if it is.", what, Plural(int64(repositories), "repository", "repositories"), inflated,
		Plural(int64(footholds), "foothold", "footholds"), more)
}

func fitting(list []claim.Store) (whole, inflated int) {
	for _, s := range list {
		switch s.Fits {
		case claim.FitsWhole:
			whole++
		case claim.FitsInflated:
			inflated++
		}
	}
	return whole, inflated
}
