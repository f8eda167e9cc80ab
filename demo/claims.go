package demo

import (
	"strconv"
	"strings"
	"time"
)

const claimHeader = "CLM_ID|PAT_CTL_NO|MBR_ID|MBR_LAST_NM|MBR_FIRST_NM|MBR_DOB|MBR_SEX|MBR_ZIP|SVC_FROM_DT|SVC_TO_DT|" +
	"POS_CD|HCPCS_CD|DX_VRSN_CD|PRNCPAL_DX_CD|RNDRNG_NPI|BILLED_AMT|ALLOWED_AMT|PAID_AMT\n"

// appendClaim writes one claim line for one condition, separated by pipes, with the diagnosis without its dot.
func appendClaim(b []byte, p *Person, k int) []byte {
	c := &p.Conditions[k]
	day := visit(p, k, asOf)
	cents := 4500 + (p.Index*31+k*977)%90_000
	return row(b, '|',
		"C"+string(appendPadded(nil, uint64(p.Index*10+k+2_000_017), 11)), p.MRN, p.Member,
		strings.ToUpper(p.Family), strings.ToUpper(p.Given), p.Birth.Format(compact), string(p.Sex), p.ZIP,
		day.Format(compact), day.Format(compact), c.Place, c.Service, "0", strings.ReplaceAll(c.ICD10, ".", ""),
		string(appendNPI(nil, uint64(p.Index%37))), money(cents), money(cents*7/10), money(cents*6/10))
}

// money writes cents as an amount.
func money(cents int) string {
	return strconv.Itoa(cents/100) + "." + string(appendPadded(nil, uint64(cents%100), 2))
}

// writeClaims writes the claims of everybody in the runs.
func writeClaims(f *file, c *cast, runs []span) {
	f.b = append(f.b, claimHeader...)
	c.each(runs, nil, func(p *Person) {
		for k := range p.Conditions {
			f.b = appendClaim(f.b, p, k)
			f.end()
		}
		f.shows(p, sight{home: true, coded: p.Classes(), part2: inProgramme(p)})
	})
	f.close()
}

// inProgramme tells whether a substance use programme treats the person.
func inProgramme(p *Person) bool {
	for i := range p.Conditions {
		if p.Conditions[i].Part2 {
			return true
		}
	}
	return false
}

// encounterHeader is the header line of appendEncounter.
const encounterHeader = "encounter_id,patient_mrn,start_ts,stop_ts,department,encounter_class,reason_icd10,reason_text,provider_npi,total_charge\n"

// appendEncounter writes one visit: it knows the patient by his record number alone.
func appendEncounter(b []byte, p *Person, k int) []byte {
	c := &p.Conditions[k]
	from := visit(p, k, asOf)
	id := uint64(p.Index)<<8 | uint64(k)
	return row(b, ',', string(appendUUID(nil, mix(id), mix(^id))),
		p.MRN, from.Format(time.DateTime), from.Add(35*time.Minute).Format(time.DateTime),
		departments[(p.Index+k)%len(departments)], "AMB", c.ICD10, `"`+c.Display+`"`,
		string(appendNPI(nil, uint64((p.Index+k)%37))), money(9000+p.Index%7000))
}

var departments = split(`Family Medicine|Internal Medicine|Urgent Care|Behavioral Health|Women's Health|Pediatrics|Laboratory`)
