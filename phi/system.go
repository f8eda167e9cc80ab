package phi

import "strings"

// System is a public code system.
type System uint8

// The systems that decide a sensitivity or that a field may be known to hold.
const (
	NoSystem System = iota
	ICD10CM
	ICD10WHO
	ICD9CM
	ICD10PCS
	ICD9PCS
	SNOMEDCT
	LOINCSystem
	RxNormSystem
	NDCSystem
	ATC
	HCPCS
	CPT
	MSDRG
	CMSDRG
	Revenue
	POS
	Taxonomy
	CVX
	CIEL
	OtherSystem // a code system that is named, and is none of these

	NumSystems
)

// systemNames are the names of the code tables.
var systemNames = [NumSystems]string{"", "ICD10CM", "ICD10", "ICD9CM", "ICD10PCS", "ICD9PCS", "SNOMEDCT", "LOINC", "RXNORM", "NDC",
	"ATC", "HCPCS", "CPT", "MSDRG", "CMSDRG", "REVENUE", "POS", "TAXONOMY", "CVX", "CIEL", "OTHER"}

// String gives the name that the code tables use.
func (s System) String() string {
	if s < NumSystems {
		return systemNames[s]
	}
	return ""
}

// ParseSystem is the inverse of String; NoSystem when the name is not known.
func ParseSystem(name string) System {
	for i, n := range systemNames {
		if n == name {
			return System(i)
		}
	}
	return NoSystem
}

// Kind is the kind that a code of the system is reported as.
func (s System) Kind() Kind {
	switch s {
	case NoSystem, OtherSystem:
		return None
	case ICD10CM, ICD10WHO, ICD10PCS:
		return ICD10
	case SNOMEDCT:
		return SNOMED
	case LOINCSystem:
		return LOINC
	case RxNormSystem:
		return RxNorm
	case NDCSystem:
		return NDC
	}
	return Code
}

// systemURIs are the identifiers that FHIR resources, CDA documents and HL7 v2 messages use for a code system:
// canonical URIs (hl7.org/fhir/terminologies-systems.html), OIDs (HL7 OID registry) and HL7 table 0396 mnemonics.
var systemURIs = map[string]System{
	"http://hl7.org/fhir/sid/icd-10-cm": ICD10CM, "2.16.840.1.113883.6.90": ICD10CM, "i10": ICD10CM, "i10c": ICD10CM, "icd10": ICD10CM, "icd-10": ICD10CM, "icd10cm": ICD10CM, "icd-10-cm": ICD10CM,
	"http://hl7.org/fhir/sid/icd-10": ICD10WHO, "2.16.840.1.113883.6.3": ICD10WHO,
	"http://hl7.org/fhir/sid/icd-9-cm": ICD9CM, "http://hl7.org/fhir/sid/icd-9-cm/diagnosis": ICD9CM, "2.16.840.1.113883.6.103": ICD9CM, "2.16.840.1.113883.6.2": ICD9CM, "i9": ICD9CM, "i9c": ICD9CM, "icd9": ICD9CM, "icd-9": ICD9CM, "icd9cm": ICD9CM, "icd-9-cm": ICD9CM,
	"http://www.cms.gov/medicare/coding/icd10": ICD10PCS, "http://hl7.org/fhir/sid/icd-10-pcs": ICD10PCS, "2.16.840.1.113883.6.4": ICD10PCS, "i10p": ICD10PCS,
	"http://www.cms.gov/medicare/coding/icd9": ICD9PCS, "http://hl7.org/fhir/sid/icd-9-cm/procedure": ICD9PCS, "2.16.840.1.113883.6.104": ICD9PCS, "i9cp": ICD9PCS,
	"http://snomed.info/sct": SNOMEDCT, "2.16.840.1.113883.6.96": SNOMEDCT, "sct": SNOMEDCT, "snm": SNOMEDCT, "snomed": SNOMEDCT, "snomed-ct": SNOMEDCT, "snomedct": SNOMEDCT, "snomed ct": SNOMEDCT,
	"http://loinc.org": LOINCSystem, "2.16.840.1.113883.6.1": LOINCSystem, "ln": LOINCSystem, "loinc": LOINCSystem,
	"http://www.nlm.nih.gov/research/umls/rxnorm": RxNormSystem, "2.16.840.1.113883.6.88": RxNormSystem, "rxnorm": RxNormSystem,
	"http://hl7.org/fhir/sid/ndc": NDCSystem, "http://www.fda.gov": NDCSystem, "2.16.840.1.113883.6.69": NDCSystem, "ndc": NDCSystem,
	"http://www.whocc.no/atc": ATC, "2.16.840.1.113883.6.73": ATC, "atc": ATC,
	"http://www.ama-assn.org/go/cpt": CPT, "2.16.840.1.113883.6.12": CPT, "c4": CPT, "cpt4": CPT, "cpt": CPT, "cpt-4": CPT,
	"http://www.cms.gov/medicare/coding/hcpcsreleasecodesets": HCPCS, "https://www.cms.gov/medicare/coding/hcpcsreleasecodesets": HCPCS, "http://terminology.hl7.org/codesystem/hcpcs-all-codes": HCPCS, "urn:oid:2.16.840.1.113883.6.285": HCPCS, "2.16.840.1.113883.6.285": HCPCS, "2.16.840.1.113883.6.14": HCPCS, "hcpcs": HCPCS, "hpc": HCPCS,
	"https://www.cms.gov/medicare/medicare-fee-for-service-payment/acuteinpatientpps/ms-drg-classifications-and-software": MSDRG, "drg": MSDRG,
	"https://www.nubc.org/codesystem/revenuecodes": Revenue, "2.16.840.1.113883.6.301.3": Revenue,
	"https://www.cms.gov/medicare/coding/place-of-service-codes/place_of_service_code_set": POS, "2.16.840.1.113883.6.50": POS,
	"http://nucc.org/provider-taxonomy": Taxonomy, "2.16.840.1.113883.6.101": Taxonomy,
	"http://hl7.org/fhir/sid/cvx": CVX, "2.16.840.1.113883.12.292": CVX, "2.16.840.1.113883.6.59": CVX, "cvx": CVX,
	"https://cielterminology.org": CIEL, "http://openconceptlab.org/orgs/ciel/sources/ciel": CIEL, "https://openconceptlab.org/orgs/ciel/sources/ciel": CIEL, "ciel": CIEL,
}

// SystemOf resolves the identifier of a code system, whatever its case, with or without "urn:oid:" and a closing slash.
// A name that is given and not known is OtherSystem, an empty one NoSystem. It allocates nothing for names in lower case.
func SystemOf(uri string) System {
	uri = strings.TrimSuffix(strings.TrimSpace(uri), "/")
	if uri == "" {
		return NoSystem
	}
	if s, ok := systemURIs[uri]; ok {
		return s
	}
	low := strings.TrimPrefix(strings.ToLower(uri), "urn:oid:")
	if s, ok := systemURIs[low]; ok {
		return s
	}
	if rest, ok := strings.CutPrefix(low, "https://"); ok {
		if s, ok := systemURIs["http://"+rest]; ok {
			return s
		}
	}
	return OtherSystem
}
