package column

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/phi"
)

// fillers make values of a sort for row i; all people are invented.
var fillers = map[string]func(i int) string{
	"given": func(int) string { return pick(givens) }, "GIVEN": func(int) string { return strings.ToUpper(pick(givens)) },
	"family": func(int) string { return pick(families) }, "full": func(int) string { return pick(givens) + " " + pick(families) },
	"comma": func(int) string { return pick(families) + "," + pick(givens) }, "dr": func(int) string { return "Dr. " + pick(families) },
	"line": func(int) string { return pick(lines) }, "apt": func(int) string { return pick("APT 4||||") }, "city": func(int) string { return pick("Boston|Houston|Phoenix|Columbus|Dayton|Fresno|Reno|Tampa|Mesa") },
	"birth": func(int) string { return birthday() }, "birth8": func(int) string { return strings.ReplaceAll(birthday(), "-", "") },
	"day": func(i int) string { return fmt.Sprintf("202%d-%02d-%02d", i%5, 1+i%12, 1+i%28) }, "day8": func(i int) string { return fmt.Sprintf("202%d%02d%02d", i%5, 1+i%12, 1+i%28) },
	"open8": func(int) string { return "99991231" }, "stamp": func(i int) string { return fmt.Sprintf("2024-05-01T10:%02d:01Z", i%60) },
	"phone": func(int) string { return "617-" + fmt.Sprint(220+testRand.IntN(600)) + "-" + digits(4) }, "mail": func(i int) string { return fmt.Sprintf("p%d@mail.org", i) },
	"ssn": func(int) string { return ssn() }, "ssn9": func(int) string { return strings.ReplaceAll(ssn(), "-", "") }, "zip": func(int) string { return pick("02115|60601|94110") },
	"d7": func(int) string { return "1" + digits(6) }, "d9": func(int) string { return "1" + digits(8) }, "z": func(i int) string { return fmt.Sprint("Z", 100000+i) }, "claim": func(int) string { return "2024" + digits(9) },
	"npi": func(int) string { return pick("1234567893|1003000126|1679576722|1245319599") }, "icd": func(int) string { return pick("E11.9|I10|F32.9|J45.909|M54.5") },
	"cpt": func(int) string { return pick("99213|90837|80053") }, "ndc": func(int) string { return "00002322730" }, "loinc": func(int) string { return pick("2339-0|8302-2") },
	"yn": func(int) string { return pick("Y|N") }, "money": func(int) string { return fmt.Sprintf("%.2f", testRand.Float64()*900) }, "n": func(i int) string { return fmt.Sprint(i) }, "small": func(i int) string { return fmt.Sprint(i % 7) },
	"word": func(int) string { return pick("open|closed|pending") }, "st": func(int) string { return "MA" }, "sex": func(int) string { return pick("M|F") },
	"ip": func(i int) string { return fmt.Sprintf("73.158.64.%d", 10+i%200) }, "lat": func(int) string { return "42." + digits(5) }, "ups": func(int) string { return "1Z" + digits(10) },
	"note": func(int) string {
		return pick("Client reports improved mood and sleep and will continue weekly sessions as agreed today|Seen for a cough that began last week, no fever, advised rest and fluids at home")
	},
	"lamp": func(int) string { return pick("Green Lamp|Oak Table|Blue Chair") }, "sym": func(int) string { return pick("AAPL|MSFT|IBM") }, "uuid": func(int) string { return digits(8) + "-1111-4222-8333-" + digits(12) },
}

// layouts are tables as they are met: a column is its name, the sort of its values, and the kind that it holds.
var layouts = []struct {
	file    string
	subject phi.Subject
	columns string
}{
	{"epic_patients.csv", phi.Patient, "PAT_ID:z:mrn PAT_MRN_ID:d7:mrn PAT_NAME:comma:name PAT_LAST_NAME:family:name BIRTH_DATE:birth:date_of_birth ZIP:zip:zip HOME_PHONE:phone:phone EMAIL_ADDRESS:mail:email SSN:ssn:ssn ADD_LINE_1:line:address CITY:city:address SEX_C:small:none CUR_PCP_PROV_ID:d7:none REC_CREATE_DATE:day:none GUAR_PHONE:phone:phone"},
	{"enrollment.txt", phi.Patient, "mbr_id:d9:health_plan_id subscriber_id:d9:health_plan_id rel_cd:small:none last_nm:family:name first_nm:GIVEN:name dob:birth8:date_of_birth gender:sex:none addr1:line:address addr2:apt:address city:city:address state:st:none zip:zip:zip eff_dt:day8:date term_dt:open8:date pcp_npi:npi:npi lob:word:none"},
	{"claims_flat.csv", phi.Patient, "claim_number:claim:account member_number:d9:health_plan_id svc_from:day:date svc_to:day:date dx1:icd:icd10 cpt:cpt:code billed_amt:money:none rendering_npi:npi:npi auth_no:d7:account line_no:small:none"},
	{"pharmacy.csv", phi.Patient, "rx_nbr:d7:account pt_key:d9:mrn ndc:ndc:ndc fill_date:day:date days_supply:small:none drug_name:lamp:none prescriber_last_name:family:name copay:money:none"},
	{"lab_results.csv", phi.Patient, "accession:d7:account mrn:d7:mrn patient:comma:name collected:day:date loinc_cd:loinc:loinc result:money:none ordering_md:dr:name comments:note:free_text"},
	{"employees.csv", phi.Workforce, "emp_no:n:other_id first:given:name last:family:name hire_date:day:date salary:money:none dept:word:none manager:full:name office_phone:phone:phone ssn:ssn9:ssn birth:birth:date_of_birth"},
	{"orders.csv", phi.Customer, "order_id:d7:account customer_id:d7:account order_date:day:date product_name:lamp:none qty:small:none unit_price:money:none ship_name:full:name ship_addr:line:address ship_city:city:address ship_zip:zip:zip tracking_no:ups:other_id ip:ip:ip"},
	{"behavioral.csv", phi.Patient, "note_id:n:none client_id:d7:mrn client_name:full:name session_date:day:date therapist:full:name note_text:note:free_text dx_code:icd:icd10"},
	{"provider_directory.csv", phi.Provider, "npi:npi:npi last_name:family:name first_name:given:name practice_address:line:address practice_zip:zip:zip practice_phone:phone:phone accepting_patients:yn:none"},
	{"weblog.csv", phi.Unknown, "ts:stamp:none level:word:none status:small:none bytes:n:none request_id:d9:none"},
	{"sensor.csv", phi.Unknown, "sensor_id:small:none time:stamp:none temp_c:money:none lat:lat:none lon:lat:none city:city:none"},
	{"stocks.csv", phi.Unknown, "date:day:none ticker:sym:none open:money:none volume:d7:none"},
	{"icd_codes.csv", phi.Unknown, "code:icd:icd10 description:lamp:none valid_from:day:none"},
	{"cohort.csv", phi.Patient, "study_id:z:account age:small:none sex:sex:none year_of_birth:n:none dx:icd:icd10 los_days:small:none"},
}

func TestLayouts(t *testing.T) {
	for _, l := range layouts {
		var head, kinds []string
		var fill []func(int) string
		for _, c := range strings.Fields(l.columns) {
			f := strings.Split(c, ":")
			head, kinds = append(head, f[0]), append(kinds, f[2])
			if fillers[f[1]] == nil {
				t.Fatalf("no filler %q", f[1])
			}
			fill = append(fill, fillers[f[1]])
		}
		d := made(head, 250, func(i int) []string {
			row := make([]string, len(fill))
			for j := range fill {
				row[j] = fill[j](i)
			}
			return row
		})
		d.file = l.file
		_, got := run(d, true)
		for i, x := range got {
			kind := x.Kind.String()
			if x.Likelihood < 0.5 {
				kind = "none"
			}
			if kind != kinds[i] {
				t.Errorf("%s %s: %v %.2f, want %s (%s)", l.file, head[i], x.Kind, x.Likelihood, kinds[i], why(x))
			}
			about := x.Subject == l.subject || x.Subject == phi.Provider || x.Subject == phi.Organisation
			if x.Kind.Identifier() && x.Likelihood >= 0.5 && !about {
				t.Errorf("%s %s: of %v, want %v", l.file, head[i], x.Subject, l.subject)
			}
			if len(x.Extra) > 0 {
				t.Errorf("%s %s: extra %v", l.file, head[i], x.Extra[0].Kind)
			}
		}
	}
}
