package x12

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/formattest"
	"github.com/chartroom/chartroom/record"
)

// header5010 is an interchange header with the usual separators.
const header5010 = "ISA*00*          *00*          *ZZ*SENDERID       *ZZ*RECEIVERID     *240501*1200*^*00501*000000001*0*P*:~"

// interchange puts a transaction of a set into its envelopes.
func interchange(set, body string) string {
	return header5010 + "GS*HC*SENDER*RECEIVER*20240501*1200*1*X*005010X222A1~" +
		"ST*" + set + "*0001*005010X222A1~" + body + "SE*9*0001~GE*1*1~IEA*1*000000001~"
}

// professional is an 837 of invented persons: a subscriber who is the patient, and a dependent of another subscriber.
const professional = "BHT*0019*00*0123*20240501*1200*CH~" +
	"NM1*41*2*PREMIER BILLING*****46*TGJ23~PER*IC*JERRY STONE*TE*7175550142*EX*12~NM1*40*2*PRAIRIE HEALTH*****46*66783~" +
	"HL*1**20*1~PRV*BI*PXC*103TA0400X~NM1*85*2*LAKESIDE CLINIC*****XX*1234567893~N3*1 Lake Rd~N4*SPRINGFIELD*IL*627010001~REF*EI*123456789~" +
	"HL*2*1*22*0~SBR*P*18*G12******CI~NM1*IL*1*DOE*JANE*Q***MI*PHX00123456~N3*12 ELM ST*APT 3~N4*SPRINGFIELD*IL*62701~DMG*D8*19640229*F~REF*SY*219099999~" +
	"NM1*PR*2*PRAIRIE HEALTH*****PI*66783~N3*PO BOX 9~N4*PEORIA*IL*61601~" +
	"CLM*A77001-1*150***11:B:1*Y*A*Y*I~DTP*431*D8*20240420~REF*EA*M1000234~REF*G1*AUTH778899~NTE*ADD*Spoke with daughter Ann at 217-555-0199.~" +
	"HI*ABK:F1120*ABF:I10~NM1*DN*1*WILSON*JAMES****XX*1234567893~NM1*82*1*HOUSE*GREGORY****XX*1234567893~PRV*PE*PXC*2084P0800X~" +
	"LX*1~SV1*HC:99213:25*150*UN*1***1~DTP*472*RD8*20240430-20240501~REF*6R*L1~LIN**N4*00093721410~" +
	"HL*3*1*22*1~SBR*P********CI~NM1*IL*1*ROE*RICHARD****MI*PHX00999888~NM1*PR*2*PRAIRIE HEALTH*****PI*66783~" +
	"HL*4*3*23*0~PAT*19~NM1*QC*1*ROE*TIM~N3*9 OAK AVE~N4*PEORIA*IL*61601~DMG*D8*20150704*M~" +
	"CLM*B99*80***11:B:1*Y*A*Y*I~HI*ABK:J45909~SBR*S*18*******CI~OI***Y***Y~NM1*IL*1*ROE*TIM****MI*OTHER55501~LX*1~SV1*HC:99212*80*UN*1***1~DTP*472*D8*20240430~"

func TestContract(t *testing.T) {
	document := base64.StdEncoding.EncodeToString([]byte("<ClinicalDocument>of Jane Doe</ClinicalDocument>" + strings.Repeat(" ", 64)))
	attached := func(segment string) string {
		return interchange("275", "BGN*02*1*20240501~NM1*QC*1*DOE*JANE~REF*EJ*A77001~LX*1~"+segment+"~")
	}
	noEnd := strings.TrimSuffix(interchange("837", professional), "SE*9*0001~GE*1*1~IEA*1*000000001~")
	formattest.Run(t, Reader{},
		formattest.Sample{Name: "claims.837", Data: []byte(interchange("837", professional)), Claim: format.Certain, Gaps: []formattest.Gap{}},
		formattest.Sample{Name: "lines.txt", Data: []byte(strings.ReplaceAll(interchange("837", professional), "~", "~\r\n")), Claim: format.Certain, Gaps: []formattest.Gap{}},
		formattest.Sample{Name: "wrapped.txt", Data: []byte(wrap(interchange("837", professional), 80)), Claim: format.Certain, Gaps: []formattest.Gap{}},
		formattest.Sample{Name: "fragment", Data: []byte("ST*837*0001~" + professional + "SE*9*0001~"), Claim: format.Likely, Gaps: []formattest.Gap{}},
		formattest.Sample{Name: "attachment.275", Data: []byte(attached(fmt.Sprintf("BDS*B64*%d*%s", len(document), document))), Claim: format.Certain, Gaps: []formattest.Gap{}},
		formattest.Sample{Name: "binary.275", Data: []byte(attached("BIN*12*a~b*c:d\x00\r\n\xffe")), Claim: format.Certain, Gaps: []formattest.Gap{}},
		formattest.Sample{Name: "truncated.837", Data: []byte(noEnd), Claim: format.Certain,
			Gaps: []formattest.Gap{{Reason: estate.GapTruncated}, {Reason: estate.GapDamaged}}},
		formattest.Sample{Name: "many.837", Data: []byte(strings.Repeat(interchange("837", professional)+"\n", 160)), Claim: format.Certain},
		formattest.Sample{Name: "long.837", Data: []byte(interchange("837", "HL*1**22*0~NM1*IL*1*DOE*JANE~NTE*ADD*"+strings.Repeat("one and two ", 30<<10)+"~CLM*A1*1~")), Claim: format.Certain,
			Gaps: []formattest.Gap{{Reason: estate.GapLimit}}},
	)
}

// wrap breaks a text into lines of a length, as mainframes write it.
func wrap(s string, width int) string {
	var b strings.Builder
	for len(s) > width {
		b.WriteString(s[:width] + "\r\n")
		s = s[width:]
	}
	return b.String() + s
}

// TestBounded: neither the length of an input nor that of a transaction, a record, a segment or a document fills the memory.
func TestBounded(t *testing.T) {
	begin := header5010 + "GS*HC*A*B*20240501*1200*1*X*005010X222A1~ST*837*0001~"
	claim := "CLM*A77001-1*150***11:B:1*Y*A*Y*I~HI*ABK:F1120~LX*1~SV1*HC:99213*150*UN*1***1~DTP*472*D8*20240430~"
	person := "HL*2*1*22*0~SBR*P*18*******CI~NM1*IL*1*DOE*JANE****MI*PHX00123456~DMG*D8*19640229*F~"
	for name, c := range map[string]struct {
		body  *formattest.Repeat
		limit uint64
	}{
		"interchanges":    {&formattest.Repeat{Data: []byte(interchange("837", professional)), Size: 64 << 20}, 4 << 20},
		"one transaction": {&formattest.Repeat{First: []byte(begin), Data: []byte(person + claim), Size: 64 << 20}, 4 << 20},
		"one record":      {&formattest.Repeat{First: []byte(begin + person), Data: []byte(claim), Size: 64 << 20}, 16 << 20},
		"one segment":     {&formattest.Repeat{First: []byte(begin + "NTE*ADD*"), Data: []byte("some words of a note "), Size: 64 << 20}, 16 << 20},
		"one document":    {&formattest.Repeat{First: []byte(begin + "BIN*99999999999*"), Data: []byte("~ABC"), Size: 64 << 20}, 4 << 20},
		"junk":            {&formattest.Repeat{First: []byte(begin), Data: []byte("ISA*"), Size: 16 << 20}, 16 << 20},
	} {
		records, cells, err := formattest.Bounded(t, Reader{}, "a.837", c.body, c.limit)
		if err != nil || records == 0 && name != "one document" {
			t.Errorf("%s: %d records, %d cells, %v", name, records, cells, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(interchange("837", professional)))
	f.Add([]byte(interchange("835", payments)))
	f.Add([]byte(interchange("834", members)))
	f.Add([]byte(wrap(interchange("837", professional), 80)))
	f.Add([]byte(interchange("275", "LX*1~BIN*5*a~b*c~BDS*B64*8*QUJDREVG~")))
	f.Add([]byte(interchange("999", "AK2*837*1~IK3*CLM*1~CTX*CLM01:A1~IK4*1**7*copied~")))
	f.Add([]byte("ST*270*0001~HL*1**22*0~NM1*IL*1*DOE~\nISA*"))
	f.Add([]byte("ISA|00||00||ZZ|A|ZZ|B|240501|1200|U|00401|1|0|P|>\nGS|HC|A\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		Reader{}.Claims("a.837", data)
		if s := formattest.Collect(Reader{}, "a.837", data); s.Err != nil {
			t.Fatal(s.Err)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	pdf := interchange("275", "LX*1~BIN*1048576*"+strings.Repeat("%PDF 123", 1<<17)+"~")
	for name, unit := range map[string]string{
		"claims": interchange("837", professional), "payments": interchange("835", payments), "members": interchange("834", members), "document": pdf,
	} {
		data := bytes.Repeat([]byte(unit), max(1, (16<<20)/len(unit)))
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			out := format.Output{
				Batch: func(*record.Batch) error { return nil },
				Inner: func(_, _ string, body io.Reader) error { _, err := io.Copy(io.Discard, body); return err },
				Gap:   func(estate.GapReason, string) {},
			}
			for b.Loop() {
				out.Places = &record.Places{}
				in := format.Input{Size: int64(len(data)), Head: data[:format.HeadSize], Body: bytes.NewReader(data)}
				if err := (Reader{}).Read(context.Background(), in, out); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
