package header

import (
	"slices"
	"testing"

	"github.com/chartroom/chartroom/phi"
	"pgregory.net/rapid"
)

func TestSplit(t *testing.T) {
	x := Load()
	for name, want := range map[string][]string{
		"patientFirstName":          {"patient", "first", "name"},
		"PatientDOB":                {"patient", "dob"},
		"GUAR_LAST_NM":              {"guar", "last", "nm"},
		"PATIENTINSURANCEID":        {"patient", "insurance", "id"},
		"PRIMARYPATIENTINSURANCEID": {"primary", "patient", "insurance", "id"},
		"emergency-contact phone 2": {"emergency", "contact", "phone"},
		"ZIP5":                      {"zip5"},
		"HTTPServerName":            {"http", "server", "name"},
		"candidate":                 {"candidate"},
		"velocity":                  {"velocity"},
		"":                          nil,
		"12345":                     nil,
	} {
		if got := x.Pieces(name); !slices.Equal(got, want) {
			t.Errorf("split(%q) = %q, want %q", name, got, want)
		}
	}
}

// Names that are in no list are judged by their pieces.
func TestGuess(t *testing.T) {
	x := Load()
	for _, c := range []struct {
		name string
		kind phi.Kind
		part phi.Part
		who  Who
	}{
		{"patientFirstName", phi.Name, phi.PartGiven, Patient},
		{"GUAR_LAST_NM", phi.Name, phi.PartFamily, Relative},
		{"attending_prov_last_name", phi.Name, phi.PartFamily, Provider},
		{"responsible party full name", phi.Name, phi.PartFull, Relative},
		{"BENE_BIRTH_DT", phi.DateOfBirth, 0, Patient},
		{"DateOfBirth", phi.DateOfBirth, 0, Nobody},
		{"birth_dt_tm", phi.DateOfBirth, 0, Nobody},
		{"pat_death_date", phi.Date, phi.PartDeath, Patient},
		{"date_of_svc", phi.Date, 0, Nobody},
		{"CLM_LINE_FROM_DT", phi.Date, 0, Nobody},
		{"LastVisitDate", phi.Date, 0, Nobody},
		{"mbr_home_phone_nbr", phi.Phone, 0, Patient},
		{"guardian_email_addr", phi.Email, 0, Relative},
		{"client_mac_address", phi.Device, 0, Customer},
		{"ship_to_postal_cd", phi.ZIP, phi.PartZIP, Nobody},
		{"res_addr_line_2", phi.Address, phi.PartStreet, Nobody},
		{"HomeCity", phi.Address, phi.PartCity, Nobody},
		{"pt_county_nm", phi.Address, phi.PartCounty, Patient},
		{"pt_key", phi.MRN, phi.PartLocal, Patient},
		{"BENE_XREF_SK", phi.MRN, phi.PartLocal, Patient},
		{"ins_policy_no", phi.HealthPlanID, 0, Nobody},
		{"clm_cntl_no", phi.Account, 0, Nobody},
		{"encntr_nbr", phi.Account, 0, Nobody},
		{"ordering_prov_npi", phi.NPI, 0, Provider},
		{"drivers_lic_no", phi.License, 0, Nobody},
		{"patient_ssn_nbr", phi.SSN, 0, Patient},
	} {
		g := x.Column(c.name, "")
		if g.Kind != c.kind || c.part != phi.PartNone && g.Part != c.part || c.who != Nobody && g.Who != c.who || g.Strength == Silent {
			t.Errorf("%s: %v part %d of %s, strength %d (%s)", c.name, g.Kind, g.Part, g.Who, g.Strength, g.Rule)
		}
	}
}

// Names that end like an identifier and are none.
func TestGuessNone(t *testing.T) {
	x := Load()
	for _, name := range []string{"product_name", "drugName", "host_name", "FileName", "lab_name", "payer_name", "number_of_claims", "person_name_id", "created_date", "updatedAt", "last_modified_ts",
		"CLM_PMT_AMT", "BENE_RACE_CD", "DGNS_VRSN_CD", "claim_type", "TelephoneCountryCode", "is_email_verified", "patient_count", "claim_status_cd", "PRVDR_NUM", "CLM_CLNCL_TRIL_NUM", "StateFull",
		"race_source_value", "time_zone", "QOLS_AVG", "avg_height", "county_population_total", "species", "", "__", "x1"} {
		if g := x.Column(name, ""); g.Kind != phi.None && g.Kind != phi.FreeText {
			t.Errorf("%s: %v (%s)", name, g.Kind, g.Rule)
		}
	}
}

func TestGuessCodes(t *testing.T) {
	x := Load()
	for name, system := range map[string]phi.System{"ICD_DGNS_CD12": phi.OtherSystem, "icd10_code": phi.ICD10CM, "primary_icd9_dx": phi.ICD9CM, "line_ndc_cd": phi.NDCSystem, "HCPCS_CD_1": phi.HCPCS, "cptCode": phi.HCPCS,
		"loinc_num": phi.LOINCSystem, "snomed_concept_code": phi.SNOMEDCT, "ms_drg_cd": phi.MSDRG, "rxnorm_cui": phi.RxNormSystem, "ICD_PRCDR_CD1": phi.ICD10PCS} {
		if g := x.Column(name, ""); g.Class != Coded || g.System != system {
			t.Errorf("%s: class %d system %v, want %v", name, g.Class, g.System, system)
		}
	}
}

// Every known name is judged as the list says.
func TestKnownNames(t *testing.T) {
	x := Load()
	if len(x.names) < 1900 || len(x.pieces) < 900 {
		t.Fatalf("%d names, %d pieces", len(x.names), len(x.pieces))
	}
	for key, k := range x.names {
		g := x.Column(key, "")
		kind, ok := phi.ParseKind(k.kind)
		if k.negative && g.Kind != phi.None {
			t.Errorf("%s is %v", key, g.Kind)
		}
		if ok && kind.Identifier() && k.strong && g.Kind == phi.None && g.Class != SystemTime && g.Class != RefID {
			t.Errorf("%s is nothing, want %v", key, kind)
		}
	}
}

func TestAnyName(t *testing.T) {
	x := Load()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.String(), rapid.StringMatching(`([A-Za-z]{1,9}[_ .-]?){0,9}[0-9]{0,3}`)).Draw(t, "name")
		x.Column(name, "")
		for _, s := range x.Pieces(name) {
			if s == "" {
				t.Fatal("an empty piece")
			}
		}
	})
}

// Names of wide claim tables, which are judged once a file.
func BenchmarkGuessName(b *testing.B) {
	x := Load()
	names := []string{"CLM_POA_IND_SW14", "ICD_DGNS_VRSN_CD7", "NCH_BENE_BLOOD_DDCTBL_LBLTY_AM", "patientFirstName", "PRIMARYPATIENTINSURANCEID", "REV_CNTR_RDCD_COINSRNC_AMT", "m017_value", "CLM_FROM_DT"}
	for b.Loop() {
		for _, n := range names {
			x.Column(n, "")
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(names)), "ns/name")
}
