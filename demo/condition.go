package demo

import "github.com/chartroom/chartroom/phi"

// Condition is a diagnosis with its codes and the service that is billed for it.
type Condition struct {
	ICD10   string // ICD-10-CM, with its dot
	SNOMED  string // SNOMED CT
	Display string
	Service string      // HCPCS or CPT
	Place   string      // CMS place-of-service code
	Classes phi.Classes // what the diagnosis defines
	Part2   bool        // the service is a substance use programme's (42 CFR Part 2)
}

// everyday are conditions without a class.
var everyday = []Condition{
	{"I10", "59621000", "Essential hypertension", "99213", "11", 0, false},
	{"E11.9", "44054006", "Type 2 diabetes mellitus", "99214", "11", 0, false},
	{"E78.5", "55822004", "Hyperlipidemia", "80061", "11", 0, false},
	{"J45.909", "195967001", "Asthma", "94010", "11", 0, false},
	{"M54.50", "279039007", "Low back pain", "97110", "11", 0, false},
	{"K21.9", "235595009", "Gastroesophageal reflux disease", "99213", "11", 0, false},
	{"J06.9", "54150009", "Upper respiratory infection", "99213", "20", 0, false},
	{"N39.0", "68566005", "Urinary tract infection", "81001", "11", 0, false},
	{"E66.9", "414916001", "Obesity", "99214", "11", 0, false},
	{"G43.909", "37796009", "Migraine", "99213", "11", 0, false},
	{"M17.11", "239873007", "Osteoarthritis of knee", "20610", "22", 0, false},
}

// share is a condition with how many of a hundred persons may have it.
type share struct {
	Condition
	percent int
	women   bool
}

// sensitive are conditions that put a record into a class of HL7 v3 ActCode InformationSensitivityPolicy.
var sensitive = []share{
	{Condition{"F11.20", "75544000", "Opioid dependence", "H0020", "58", phi.Of(phi.OPIOIDUD), true}, 7, false},
	{Condition{"F10.20", "66590003", "Alcohol dependence", "H0015", "57", phi.Of(phi.ETHUD), true}, 5, false},
	{Condition{"B20", "86406008", "Human immunodeficiency virus infection", "87536", "11", phi.Of(phi.HIV), false}, 4, false},
	{Condition{"F33.1", "191611001", "Recurrent major depressive episodes, moderate", "90834", "53", phi.Of(phi.PSY), false}, 5, false},
	{Condition{"F43.10", "47505003", "Posttraumatic stress disorder", "90837", "53", phi.Of(phi.PSY), false}, 4, false},
	{Condition{"F31.81", "83225003", "Bipolar II disorder", "90837", "53", phi.Of(phi.PSY), false}, 3, false},
	{Condition{"F20.9", "58214004", "Schizophrenia", "90834", "53", phi.Of(phi.PSY), false}, 2, false},
	{Condition{"T74.11XA", "706893006", "Adult physical abuse, confirmed", "99284", "23", phi.Of(phi.SDV), false}, 3, false},
	{Condition{"A54.9", "15628003", "Gonorrhea", "87591", "71", phi.Of(phi.STD), false}, 2, false},
	{Condition{"A56.00", "240589008", "Chlamydia trachomatis infection", "87491", "71", phi.Of(phi.STD), false}, 3, false},
	{Condition{"Z34.01", "77386006", "Pregnancy", "59425", "11", phi.Of(phi.PREGNANT), false}, 16, true},
}
