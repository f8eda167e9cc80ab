package typed

import (
	"testing"
	"time"

	"github.com/chartroom/chartroom/phi"
	"github.com/google/go-cmp/cmp"
)

// TestWordsThatIdentifyPatientsAreTold: what an incident commander types is let through, what names a patient is not.
func TestWordsThatIdentifyPatientsAreTold(t *testing.T) {
	for words, want := range map[string]Identified{
		"": {},
		"The chair was called at 14:10 on 2026-11-22 by B. Ing, 415-556-0117, b.ing@harbor.example":   {},
		"SHA-256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08, 8.8 TB, case 4471": {},
		"One patient wrote: her number is 219-46-8317":                                                {Kinds: []phi.Kind{phi.SSN}},
		"The sample shows MRN: 10423117":                                                              {Kinds: []phi.Kind{phi.MRN}},
		"The archive of acquired clinics was migrated on 2021-06-30 by Lakeside IT":                   {},
		"Quillfeather, Thessaloniana 1947-11-23":                                                      {Records: 1},
		"Jane Doe 3/14/62 phoned the hot line":                                                        {Records: 1},
		"medical record number LC-77318842, she says":                                                 {Kinds: []phi.Kind{phi.MRN}},
		"the record number of the complaint is not known; MRNs of 2026 are exposed":                   {},
		"Patient: Okonkwo, Adaeze   DOB: 03/14/1962":                                                  {Kinds: []phi.Kind{phi.DateOfBirth}, Records: 1},
		"OKONKWO, ADAEZE|03/14/1962\nMARCHBANKS, BELA|11/02/1971":                                     {Records: 2},
	} {
		got, err := Identifying(t.Context(), words, time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%q: %v %s", words, err, diff)
		}
	}
	if got, err := Identifying(t.Context(), "Ing, Bela 2026-11-20", time.Time{}); err != nil || got.Records != 1 {
		t.Error("a child of two days", got, err)
	}
}
