package detect

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chartroom/chartroom/phi"
)

// told writes whom a text is about, person by person: State and classes.
func told(records ...[]value) (out []string) {
	_, met := look(New(nil), "a.txt", records...)
	for _, id := range met {
		state := phi.State(0)
		for s := range phi.State(64) {
			if id.States == 1<<s {
				state = s
			}
		}
		out = append(out, fmt.Sprint(state, " ", id.Classes))
	}
	return out
}

// TestEachPersonOfATextHasHisOwnClasses: what stands between two persons is the first one's, but for the heading of the second.
func TestEachPersonOfATextHasHisOwnClasses(t *testing.T) {
	const (
		hiv   = "Patient: Ada Byron\nMRN: 10020034\nAddress: 17 Elm St, Boise, ID 83702\n\nDiagnosis: human immunodeficiency virus infection.\n\n"
		none  = "Patient: Ben Marchbanks\nMRN: 10020035\nAddress: 9 Oak Ave, Portland, OR 97201\n\nDiagnosis: asthma.\n\n"
		opium = "Visit for opioid dependence\nPatient: Cora Quillfeather\nMRN: 10020036\n\nSeen today.\n\n"
	)
	want := []string{"ID " + fmt.Sprint(phi.Of(phi.HIV)), "OR " + fmt.Sprint(phi.Of()), "unknown " + fmt.Sprint(phi.Of(phi.OPIOIDUD))}
	if diff := cmp.Diff(want, told([]value{prose(hiv + none + opium)})); diff != "" {
		t.Errorf("in one record (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, told([]value{prose(hiv)}, []value{prose(none)}, []value{prose(opium)})); diff != "" {
		t.Errorf("a record each (-want +got):\n%s", diff)
	}
	long := hiv + strings.Repeat("The patient slept well, and was seen again.\n", 1500) + none // over blocks and windows
	if diff := cmp.Diff(want[:2], told([]value{prose(long)})); diff != "" {
		t.Errorf("far apart (-want +got):\n%s", diff)
	}
}

// TestAnAddressWithoutALabelIsNobodysHome: a letterhead is the clinic's.
func TestAnAddressWithoutALabelIsNobodysHome(t *testing.T) {
	got := told([]value{prose("100 Clinic Way, Portland, OR 97201\n\nPatient: Ada Byron\nMRN: 10020034\nThe patient was admitted with pneumonia.\n")})
	if diff := cmp.Diff([]string{"unknown " + fmt.Sprint(phi.Of())}, got); diff != "" {
		t.Error(diff)
	}
}
