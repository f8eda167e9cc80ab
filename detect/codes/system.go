package codes

import (
	"bytes"

	"github.com/chartroom/chartroom/detect/ident"
	"github.com/chartroom/chartroom/phi"
)

// SystemOf tells the code system of one code by its shape and check digit, for a column whose codes vary; NoSystem where they do not tell. It allocates nothing.
func SystemOf(code []byte) phi.System {
	switch n := len(code); {
	case n == 36 && code[35] == 'A': // OpenMRS pads the numbers of CIEL
		return phi.CIEL
	case ident.SNOMED(code) == ident.Proven:
		return phi.SNOMEDCT
	case ident.LOINC(code) >= ident.Valid:
		return phi.LOINCSystem
	case ident.NDC(code) >= ident.Valid:
		return phi.NDCSystem
	case ident.Taxonomy(code) >= ident.Valid:
		return phi.Taxonomy
	case ident.CPT(code) >= ident.Valid, ident.HCPCS(code) >= ident.Valid && bytes.IndexByte([]byte("GHJST"), code[0]) >= 0:
		return phi.HCPCS // of these letters; the others with four digits are rather ICD-10 codes without a dot
	case ident.ICD10(code) >= ident.Valid:
		return phi.ICD10CM
	case ident.ICD10PCS(code) >= ident.Valid:
		return phi.ICD10PCS
	case n > 3 && ident.ICD9(code) >= ident.Valid && (code[3] == '.' || code[0] == 'V' || code[0] == 'E'):
		return phi.ICD9CM
	}
	return phi.NoSystem
}

// Versioned gives the system that the column beside the codes names (column.Decision.SystemFrom): 9 and 0 or 10, as claims have it
// for the editions of ICD, else the name of a system; s itself where it says neither.
func Versioned(s phi.System, version []byte) phi.System {
	procedure := s == phi.ICD10PCS || s == phi.ICD9PCS
	switch string(ident.Trim(version)) {
	case "9", "09":
		if procedure {
			return phi.ICD9PCS
		}
		return phi.ICD9CM
	case "0", "10":
		if procedure {
			return phi.ICD10PCS
		}
		return phi.ICD10CM
	case "":
		return s
	}
	if named := phi.SystemOf(string(version)); named != phi.OtherSystem {
		return named
	}
	return s
}
