package codes

import (
	"testing"

	"github.com/chartroom/chartroom/phi"
)

func TestSystemOf(t *testing.T) {
	for code, want := range map[string]phi.System{"73211009": phi.SNOMEDCT, "2339-0": phi.LOINCSystem, "E11.9": phi.ICD10CM, "99213": phi.HCPCS, "0002-3227-30": phi.NDCSystem, "0DTJ4ZZ": phi.ICD10PCS,
		"250.00": phi.ICD9CM, "1088AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA": phi.CIEL, "active": phi.NoSystem, "": phi.NoSystem, "12": phi.NoSystem} {
		if got := SystemOf([]byte(code)); got != want {
			t.Errorf("%q: %v, want %v", code, got, want)
		}
	}
	for _, c := range []struct {
		base    phi.System
		version string
		want    phi.System
	}{{phi.ICD10CM, "9", phi.ICD9CM}, {phi.ICD10CM, "0", phi.ICD10CM}, {phi.ICD10PCS, "9", phi.ICD9PCS}, {phi.OtherSystem, "SNOMED-CT", phi.SNOMEDCT}, {phi.OtherSystem, "RxNorm", phi.RxNormSystem}, {phi.ICD10CM, "", phi.ICD10CM}, {phi.ICD10CM, "?", phi.ICD10CM}} {
		if got := Versioned(c.base, []byte(c.version)); got != c.want {
			t.Errorf("%v with version %q: %v, want %v", c.base, c.version, got, c.want)
		}
	}
}
