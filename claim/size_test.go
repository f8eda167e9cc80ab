package claim

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAClaimIsHeldAgainstWhatCouldHaveBeenTaken(t *testing.T) {
	stores := []Store{{Name: "archive", Bytes: 9e12, People: 400_000}, {Name: "portal", Bytes: 2e12, People: 900_000}, {Name: "logs", Bytes: 1e9, People: 20}}
	for name, c := range map[string]struct {
		size Size
		want []string
	}{
		"all of one":      {Size{Bytes: 8.8e12, People: 300_000}, []string{"archive whole", "portal inflated", "logs no"}},
		"size alone":      {Size{Bytes: 8.8e12}, []string{"archive whole", "portal inflated", "logs no"}},
		"people alone":    {Size{People: 500_000}, []string{"portal whole", "archive inflated", "logs no"}},
		"a small part":    {Size{Bytes: 1e6, People: 10}, []string{"logs whole", "archive whole", "portal whole"}},
		"more than all":   {Size{People: 1e9}, []string{"logs no", "archive no", "portal no"}},
		"nothing claimed": {Size{}, []string{"logs whole", "archive whole", "portal whole"}},
	} {
		var got []string
		for _, s := range Fit(c.size, stores) {
			got = append(got, s.Name+" "+s.Fits)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if stores[0].Fits != "" {
		t.Error("the stores that were asked of were changed")
	}
}

func TestSizesAreReadAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]int64{"8.8TB": 8.8e12, "40 GB": 40e9, "500MiB": 500 << 20, "1,700,000": 1_700_000, "3.65 tb": 3.65e12} {
		if got, err := ParseSize(text); err != nil || got != want {
			t.Errorf("%s: %d %v", text, got, err)
		}
	}
	for _, text := range []string{"", "much", "-3GB", "8.8 XB", "9999999PB"} {
		if got, err := ParseSize(text); err == nil {
			t.Errorf("%s is %d", text, got)
		}
	}
}
