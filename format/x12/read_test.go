package x12

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chartroom/chartroom/format/formattest"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// payments is an 835 of invented persons.
const payments = "BPR*I*400.00*C*ACH*CCP*01*123456789*DA*55500011122*1234567890**01*987654321*DA*12345678*20240510~TRN*1*8220703418*1066033492~DTM*405*20240509~" +
	"N1*PR*PRAIRIE HEALTH~N3*PO BOX 9~N4*PEORIA*IL*61601~PER*BL*PROVIDER DESK*TE*8005550100~N1*PE*LAKESIDE CLINIC*XX*1234567893~REF*TJ*630784458~LX*1~" +
	"CLP*A77001-1*1*150.00*120.00*30.00*12*EDY1X1D880000*11*1~CAS*PR*1*30~NM1*QC*1*DOE*JANE*Q***MI*PHX00123456~NM1*82*1*HOUSE*GREGORY****XX*1234567893~" +
	"REF*EA*M1000234~REF*1L*G12~DTM*232*20240430~DTM*050*20240505~PER*CX**TE*8005550101~AMT*AU*120~SVC*HC:99213*150*120**1~DTM*472*20240430~REF*6R*L1~" +
	"CLP*B99*1*80.00*80.00**12*EDY1X1D880001*11*1~NM1*QC*1*ROE*TIM~NM1*IL*1*ROE*RICHARD****MI*PHX00999888~NM1*74*1*ROW*RICHARD****C*PHX00999889~DTM*232*20240430~SVC*HC:99212*80*80~" +
	"PLB*1234567893*20241231*WO:A77001-1*-10~"

// members is an 834 of invented persons: a subscriber and his daughter.
const members = "BGN*00*12456*20240501*1200****2~REF*38*ABCD012354~DTP*007*D8*20240501~N1*P5*HARBOR ARCHIVE*FI*999888777~N1*IN*PRAIRIE HEALTH*FI*654456654~" +
	"INS*Y*18*021*20*A***FT~REF*0F*219099999~REF*1L*G12~REF*23*CLIENT77~DTP*336*D8*20200101~NM1*IL*1*DOE*JOHN*P***34*219099999~" +
	"PER*IP**HP*2175550143*EM*john@mail.example~N3*12 ELM ST~N4*SPRINGFIELD*IL*62701**CY*SANGAMON~DMG*D8*19620103*M~" +
	"NM1*31*1~N3*PO BOX 77~N4*SPRINGFIELD*IL*62705~NM1*36*2*HARBOR ARCHIVE~HD*021**HLT*GOLD~DTP*348*D8*20240601~" +
	"LX*1~NM1*P3*1*HOUSE*GREGORY****XX*1234567893*25~COB*P*890111*5~" +
	"INS*N*19*021*20*A~REF*0F*219099999~NM1*IL*1*DOE*ANN~DMG*D8*20150704*F~NM1*S3*1*SMITH*MARY~PER*PQ**TE*2175550188~HD*021**HLT~DTP*348*D8*20240601~"

// premiums is an 820 of invented persons.
const premiums = "BPR*I*500*C*ACH*CTX*01*123456789*DA*55500011122~TRN*3*78905~N1*PE*PRAIRIE HEALTH~N1*PR*HARBOR ARCHIVE~" +
	"ENT*1*2J*34*219099999~NM1*IL*1*DOE*JOHN*P***N*PHX00123456~RMR*AZ*POL445566**250~DTM*582****RD8*20240501-20240531~" +
	"ENT*2*2J*EI*EMP7788~NM1*IL*1*ROE*RICHARD***~RMR*AZ*POL445577**250~"

// review is a 278 of an invented person.
const review = "BHT*0007*11*A12345*20240501*1200~HL*1**20*1~NM1*X3*2*PRAIRIE HEALTH*****PI*66783~HL*2*1*21*1~NM1*1P*1*WILSON*JAMES****XX*1234567893~" +
	"HL*3*2*22*1~NM1*IL*1*DOE*JANE****MI*PHX00123456~REF*SY*219099999~DMG*D8*19640229*F~HL*4*3*EV*1~TRN*1*TRACE9901*9012345678~UM*HS*I*2~HCR*A1*CERT556677~" +
	"REF*BB*AUTH99~DTP*435*D8*20240502~HI*ABK:F1120:D8:20240420~MSG*Bring the earlier films~NM1*71*1*HOUSE*GREGORY****XX*1234567893~" +
	"HL*5*4*SS*0~SV1*HC:90837*150~HL*6*5*19*0~NM1*SJ*1*CUDDY*LISA****XX*1234567893~"

// eligibility is a 271 of invented persons: a subscriber whose daughter is asked about.
const eligibility = "BHT*0022*11*X1*20240501*1319~HL*1**20*1~NM1*PR*2*PRAIRIE HEALTH*****PI*66783~PER*IC*HELP DESK*TE*8005550100~HL*2*1*21*1~NM1*1P*2*LAKESIDE CLINIC*****XX*1234567893~" +
	"HL*3*2*22*1~NM1*IL*1*DOE*JOHN****MI*PHX00123456~HL*4*3*23*0~TRN*2*TRACE1*9877281234~NM1*03*1*DOE*ANN~DMG*D8*20150704*F~INS*N*19~DTP*346*D8*20240101~" +
	"EB*1*IND*30**GOLD PLAN~III*BK*F1120~MSG*call the desk first~LS*2120~NM1*P3*1*HOUSE*GREGORY****SV*0202034~PER*IC**TE*2175550111~LE*2120~"

// acknowledged is a 277CA of an invented person.
const acknowledged = "BHT*0085*08*1*20240501*1200*TH~HL*1**20*1~NM1*PR*2*PRAIRIE HEALTH*****FI*141797357~TRN*1*BATCH1~DTP*050*D8*20240501~HL*2*1*21*1~NM1*41*1*STONE*JERRY****46*TGJ23~" +
	"HL*3*2*19*1~NM1*85*1*HOUSE*GREGORY****XX*1234567893~"

// ofPatient is the part of it about him.
const ofPatient = "HL*4*3*PT~NM1*QC*1*DOE*JANE*Q***MI*PHX00123456~TRN*2*A77001~STC*A2:20*20240502*WQ*125********the claim was taken in~REF*1K*PAYERCLAIM7~DTP*472*D8*20240430~"

// persons tells of each record whom it is about: the first family and given name, numbers and birth date that tell who he is.
func persons(s *formattest.Summary) []string {
	var out []string
	for _, r := range s.Records {
		var family, given, born string
		var numbers []string
		for _, c := range r {
			if c.Subject != phi.Patient || c.Other || c.Mode == record.Text {
				continue
			}
			switch {
			case c.Part == phi.PartFamily && family == "":
				family = c.Value
			case c.Part == phi.PartGiven && given == "":
				given = c.Value
			case c.Kind == phi.DateOfBirth && born == "":
				born = c.Value
			case c.Kind == phi.MRN || c.Kind == phi.SSN || c.Kind == phi.HealthPlanID || c.Kind == phi.Account:
				numbers = append(numbers, c.Value)
			}
		}
		if family != "" || len(numbers) > 0 {
			out = append(out, strings.TrimSpace(given+" "+family+" "+born+" "+strings.Join(numbers, " ")))
		}
	}
	return out
}

func TestRecordsAreOfOnePersonEach(t *testing.T) {
	for name, c := range map[string]struct {
		set, body string
		want      []string
	}{
		"837: a subscriber who is the patient, a dependent": {"837", professional,
			[]string{"JANE DOE 19640229 PHX00123456 219099999 M1000234", "TIM ROE 20150704 OTHER55501"}},
		"837: a claim beneath a subscriber who is not said to be the patient": {"837",
			"HL*1**20*1~HL*2*1*22*1~SBR*P********CI~NM1*IL*1*DOE*JOHN****MI*123456~CLM*A37YH556*500~HI*BK:8901~SBR*S*01~NM1*IL*1*OTHER*MARCUS****MI*778899~", []string{"JOHN DOE  123456"}},
		"837: two claims of a patient without a number": {"837", "HL*3*2*23*0~NM1*QC*1*ROE*TIM~CLM*A100001*1~CLM*A100002*1~", []string{"TIM ROE  A100001 A100002"}},
		"837: without levels":                           {"837", "NM1*85*2*X~CLM*A100001*1~HI*ABK:I10~", []string{"A100001"}},
		"835":                                           {"835", payments, []string{"JANE DOE  PHX00123456 M1000234", "TIM ROE  B99"}},
		"834: the subscriber's number is not his daughter's": {"834", members, []string{"JOHN DOE 19620103 219099999 219099999", "ANN DOE 20150704"}},
		"820":   {"820", premiums, []string{"JOHN DOE  219099999 PHX00123456", "RICHARD ROE"}},
		"278":   {"278", review, []string{"JANE DOE 19640229 PHX00123456 219099999"}},
		"271":   {"271", eligibility, []string{"ANN DOE 20150704"}},
		"277CA": {"277", acknowledged + ofPatient, []string{"JANE DOE  PHX00123456"}},
		"275":   {"275", "BGN*11*1*20240501~NM1*PR*2*X~NM1*QC*1*DOE*JANE****MI*PHX00123456~REF*EA*M1000234~DTP*472*D8*20240430~", []string{"JANE DOE  PHX00123456 M1000234"}},
	} {
		s := formattest.Collect(Reader{}, "a", []byte(interchange(c.set, c.body)))
		if diff := cmp.Diff(c.want, persons(s)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if len(s.Gaps) > 0 || s.Err != nil {
			t.Errorf("%s: %v %v", name, s.Gaps, s.Err)
		}
	}
}

// TestQualifiersDecide looks at what single places are said to hold.
func TestQualifiersDecide(t *testing.T) {
	type cell struct {
		kind    phi.Kind
		subject phi.Subject
		value   string
	}
	for _, c := range []struct {
		set, body string
		want      map[string]cell
	}{
		{"837", professional, map[string]cell{
			"41>PER-02": {phi.Name, phi.Organisation, "JERRY STONE"}, "41>PER[TE]-04": {phi.Phone, phi.Organisation, "7175550142"}, "41>NM1-03": {}, "41>PER[EX]-06": {},
			"85>NM1[XX]-09": {phi.NPI, phi.Organisation, "1234567893"}, "85>N4-03": {phi.ZIP, phi.Organisation, "627010001"}, "85>REF*EI-02": {}, "PR>NM1[PI]-09": {},
			"IL>NM1-05": {phi.Name, phi.Patient, "Q"}, "IL>REF*SY-02": {phi.SSN, phi.Patient, "219099999"}, "IL>N4-02": {phi.None, phi.Patient, "IL"}, "85>N4-02": {},
			"CLM-01": {phi.Account, phi.Patient, "A77001-1"}, "REF*EA-02": {phi.MRN, phi.Patient, "M1000234"}, "REF*G1-02": {phi.OtherID, phi.Patient, "AUTH778899"},
			"DTP*431-03": {phi.Date, phi.Patient, "20240420"}, "DTP*472-03": {phi.Date, phi.Patient, "20240430-20240501"}, "NTE-02": {phi.FreeText, phi.Patient, "Spoke with daughter Ann at 217-555-0199."},
			"HI[ABK]-01.2": {phi.ICD10, phi.Patient, "F1120"}, "DN>NM1-03": {phi.Name, phi.Provider, "WILSON"}, "82>NM1[XX]-09": {phi.NPI, phi.Provider, "1234567893"},
			"SV1[HC]-01.2": {phi.Code, phi.Patient, "99213"}, "LIN[N4]-03": {phi.NDC, phi.Patient, "00093721410"}, "CLM-05.1": {phi.Code, phi.Patient, "11"},
			"QC>N3-01": {phi.Address, phi.Patient, "9 OAK AVE"}, "SBR-03": {},
		}},
		{"835", payments, map[string]cell{
			"BPR-09": {phi.Account, phi.Organisation, "55500011122"}, "TRN-02": {}, "DTM*405-02": {}, "PE>N1[XX]-04": {phi.NPI, phi.Organisation, "1234567893"}, "PE>N1-02": {},
			"PR>PER-02": {phi.Name, phi.Organisation, "PROVIDER DESK"}, "PER[TE]-04": {phi.Phone, phi.Organisation, "8005550101"}, "REF*1L-02": {},
			"CLP-07": {phi.OtherID, phi.Patient, "EDY1X1D880000"}, "DTM*232-02": {phi.Date, phi.Patient, "20240430"}, "74>NM1[C]-09": {phi.HealthPlanID, phi.Patient, "PHX00999889"},
		}},
		{"834", members, map[string]cell{
			"IL>PER[HP]-04": {phi.Phone, phi.Patient, "2175550143"}, "IL>PER[EM]-06": {phi.Email, phi.Patient, "john@mail.example"}, "IL>N4-06": {phi.Address, phi.Patient, "SANGAMON"},
			"31>N3-01": {phi.Address, phi.Patient, "PO BOX 77"}, "36>NM1-03": {}, "S3>NM1-04": {phi.Name, phi.Patient, "MARY"}, "S3>PER[TE]-04": {phi.Phone, phi.Patient, "2175550188"},
			"COB-02": {phi.HealthPlanID, phi.Patient, "890111"}, "REF*23-02": {phi.OtherID, phi.Patient, "CLIENT77"}, "REF*38-02": {}, "DTP*007-03": {phi.Date, phi.Organisation, "20240501"},
			"P5>N1-02": {}, "P5>N1[FI]-04": {},
		}},
		{"820", premiums, map[string]cell{"ENT[34]-04": {phi.SSN, phi.Patient, "219099999"}, "ENT[EI]-04": {phi.OtherID, phi.Patient, "EMP7788"}, "DTM*582-06": {phi.Date, phi.Patient, "20240501-20240531"},
			"RMR-02": {phi.OtherID, phi.Patient, "POL445566"}}},
		{"278", review, map[string]cell{"HI[ABK]-01.4": {phi.Date, phi.Patient, "20240420"}, "MSG-01": {phi.FreeText, phi.Patient, "Bring the earlier films"}, "HCR-02": {phi.OtherID, phi.Patient, "CERT556677"},
			"SJ>NM1-04": {phi.Name, phi.Provider, "LISA"}, "TRN-02": {phi.OtherID, phi.Patient, "TRACE9901"}}},
		{"271", eligibility, map[string]cell{"III[BK]-02": {phi.ICD10, phi.Patient, "F1120"}, "P3>PER[TE]-04": {phi.Phone, phi.Provider, "2175550111"}, "P3>NM1[SV]-09": {}, "EB-05": {}}},
		{"277", acknowledged + ofPatient, map[string]cell{"41>NM1-03": {phi.Name, phi.Provider, "STONE"}, "DTP*050-03": {phi.Date, phi.Organisation, "20240501"}, "STC-02": {phi.Date, phi.Patient, "20240502"},
			"STC-12": {phi.FreeText, phi.Patient, "the claim was taken in"}, "REF*1K-02": {phi.OtherID, phi.Patient, "PAYERCLAIM7"}}},
		{"999", "AK1*HC*1~AK2*837*1~IK3*CLM*22**8~CTX*CLM01:A77001-1~CTX*SITUATIONAL TRIGGER*CLM~IK4*2**7*copied words~IK5*R~AK9*R*1*1*0~", map[string]cell{
			"CTX-01.2": {phi.Account, phi.Patient, "A77001-1"}, "IK4-04": {phi.FreeText, phi.Organisation, "copied words"}}},
		{"837", "HL*1**22~NM1*JANE*1*DOE*JANE~REF*JANE DOE*123456789~DTP*JANEDOE*D8*20240430~NM1*??*1*ROE*TIM****XYZ*4444~PER*IC**DOE*JANE~", map[string]cell{
			"NM1-03": {phi.Name, phi.Unknown, "DOE"}, "DTP-03": {phi.Date, phi.Patient, "20240430"}, "REF-02": {}, "REF*JANE DOE-02": {}, "PER-04": {}}},
		{"837", "HL*1**22~NM1*IL*1*DOE*JANE~REF*Q?*AB1234567~NM1*IL*1*DOE*****7*99887766~HI*ABK:O0903:::::::Y*BBR:0SR90JZ:D8:20240430*BH:11:D8:20240401*DR:884~PAT********1*Y~SV2*0900*HC:99213:::::counselling of the family~SVC*N4:00093721410*5~REF*D9*C1**2U:PAYER*F8:ORIG777~DTP*435*DT*202404301530~DTP*096*TM*1130~DTP*304*D8*2024~",
			map[string]cell{"IL>REF-02": {phi.FreeText, phi.Patient, "AB1234567"}, "IL>NM1-09": {phi.OtherID, phi.Patient, "99887766"}, "HI[BBR]-02.2": {phi.ICD10, phi.Patient, "0SR90JZ"}, "HI[BBR]-02.4": {phi.Date, phi.Patient, "20240430"},
				"HI[BH]-03.4": {phi.Date, phi.Patient, "20240401"}, "HI[DR]-04.2": {phi.Code, phi.Patient, "884"}, "PAT-09": {phi.None, phi.Patient, "Y"}, "SV2-01": {phi.Code, phi.Patient, "0900"},
				"SV2-02.7": {phi.FreeText, phi.Patient, "counselling of the family"}, "SVC[N4]-01.2": {phi.NDC, phi.Patient, "00093721410"}, "DTP*435-03": {phi.Date, phi.Patient, "202404301530"},
				"DTP*096-03": {}, "DTP*304-03": {}}},
	} {
		s := formattest.Collect(Reader{}, "a", []byte(interchange(c.set, c.body)))
		got := map[string]cell{}
		for _, r := range s.Records {
			for _, v := range r {
				if kind := v.Kind; got[v.Field] == (cell{}) {
					if k := v.System.Kind(); k != phi.None {
						kind = k
					}
					got[v.Field] = cell{kind, v.Subject, v.Value}
				}
			}
		}
		for at, want := range c.want {
			if got[at] != want {
				t.Errorf("%s %s: %v, want %v", c.set, at, got[at], want)
			}
		}
	}
}

// TestSystems looks at the code systems that qualifier and code together give.
func TestSystems(t *testing.T) {
	s := formattest.Collect(Reader{}, "a", []byte(interchange("837", "HL*1**22~NM1*IL*1*DOE*JANE~HI*BK:2910*BF:F1120*BF:V3000*BF:E9500*BF:E119*BF:Z21*ABF:B20~HI*BK*3040*BF*30301~SV1*HC:99213*1~SV1*HC:H0001*1~SV3*AD:D1110*1~HCP*00*1*******HC*G0480~")))
	got := map[string]string{}
	for _, c := range s.Records[0] {
		if c.System != phi.NoSystem {
			got[c.Value] = c.System.String()
		}
	}
	want := map[string]string{"2910": "ICD9CM", "F1120": "ICD10CM", "V3000": "ICD9CM", "E9500": "ICD9CM", "E119": "ICD10CM", "Z21": "ICD10CM", "B20": "ICD10CM",
		"3040": "ICD9CM", "30301": "ICD9CM", "99213": "CPT", "H0001": "HCPCS", "D1110": "HCPCS", "G0480": "HCPCS"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
