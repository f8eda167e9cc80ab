package hl7v2

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/formattest"
	"github.com/chartroom/chartroom/record"
)

// sample is a message of an invented person.
const sample = mshLine + "EVN|A08|20240501120000|||1234567893^House^Gregory^^^^MD^^NPI\r" +
	"PID|1||M1000234^^^LAKESIDE^MR~219-09-9999^^^^SS||Doe^Jane^Q^^Ms||19640229|F||2106-3|12 Elm St^Apt 3^Springfield^IL^62701^USA^H^^Sangamon" +
	"||(217)555-0142^PRN^PH~^NET^Internet^jane@mail.example||EN|M||A77001|219-09-9999\r" +
	"NK1|1|Doe^John^R|SPO|12 Elm St^^Springfield^IL^62701|(217)555-0143\r" +
	"PV1|1|I|2W^204^1|R|||77^Wilson^James||||||||||||V5550001|||||||||||||||||||||||||202404301530|20240502\r" +
	"DG1|1|I10|F11.20^Opioid dependence^I10|Opioid dependence|20240430|A\r" +
	"OBR|1|P99812|F44310|4548-4^Hemoglobin A1c^LN|||202405010830|||||||||77^Wilson^James\r" +
	"OBX|1|NM|4548-4^Hemoglobin A1c^LN||7.1|%|4-6|H|||F|||202405010830\r" +
	"OBX|2|TX|8251-1^Comment^LN||Patient reports \\T\\ denies; call back.\\.br\\Next visit 06/01/2024.||||||F\r" +
	"NTE|1|L|Spoke with daughter Ann at 217-555-0199.\r" +
	"IN1|1|PLAN1^Gold|888|Prairie Health|PO Box 9^^Peoria^IL^61601|||G12|||||||HMO|Doe^John^R|SPO|19620103|12 Elm St^^Springfield^IL^62701|||||||||||||||||PHX00123\r" +
	"ZPV|1|extra words of the sender|20240501\r"

func TestContract(t *testing.T) {
	document := "OBX|3|ED|11502-2^Report^LN||LAB^TEXT^plain^Base64^" + base64.StdEncoding.EncodeToString([]byte("Report on Jane Doe.")) + "||||||F\r"
	var many strings.Builder
	for range 190 {
		many.WriteString(sample)
	}
	formattest.Run(t, Reader{},
		formattest.Sample{Name: "adt.hl7", Data: []byte(sample + document), Claim: format.Certain, Gaps: []formattest.Gap{}},
		formattest.Sample{Name: "batch.hl7", Data: []byte("FHS|^~\\&|A\rBHS|^~\\&|A\r" + strings.ReplaceAll(sample+sample, "\r", "\r\n") + "BTS|2\rFTS|1\r"), Claim: format.Certain},
		formattest.Sample{Name: "mllp.bin", Data: []byte("\x0b" + sample + "\x1c\r\x0b" + sample + "\x1c\r"), Claim: format.Certain},
		formattest.Sample{Name: "pointer.hl7", Data: []byte(mshLine + "OBX|1|RP|||x^y\r"), Claim: format.Certain, Gaps: []formattest.Gap{{Reason: estate.GapNotFollowed}}},
		formattest.Sample{Name: "many.hl7", Data: []byte(many.String()), Claim: format.Certain},
		formattest.Sample{Name: "long.hl7", Data: []byte(mshLine + "PID|||A1\rNTE|1||" + strings.Repeat("one and two ", 30<<10) + "\rPID|||B2\r"), Claim: format.Certain},
	)
}

// TestBounded: neither the length of an input nor that of a field or record fills the memory.
func TestBounded(t *testing.T) {
	for name, c := range map[string]struct {
		body  *formattest.Repeat
		limit uint64
	}{
		"messages":   {&formattest.Repeat{Data: []byte(sample), Size: 64 << 20}, 4 << 20},
		"one field":  {&formattest.Repeat{First: []byte(mshLine + "PID|||A1\rOBX|1|ED|||^application^pdf^Base64^"), Data: []byte("QUJD"), Size: 64 << 20}, 4 << 20},
		"one record": {&formattest.Repeat{First: []byte(mshLine + "PID|||A1\r"), Data: []byte("NTE|1||some words of a note\r"), Size: 64 << 20}, 48 << 20},
	} {
		if _, _, err := formattest.Bounded(t, Reader{}, "a.hl7", c.body, c.limit); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte(mshLine + "OBX|1|ED|||^TEXT^plain^Base64^b25l\r"))
	f.Add([]byte("MSH$%~\\&$LAB\nPID$$$B2%3\\X0D\\"))
	f.Add([]byte("\x0bFHS|^~\\&|\rBTS|\x1c\r"))
	f.Add([]byte("\xff\xfeM\x00S\x00H\x00|\x00^\x00~\x00\\\x00&\x00|\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		Reader{}.Claims("a.hl7", data)
		if s := tell(data, bytes.NewReader(data)); s.err != nil {
			t.Fatal(s.err)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	pdf := mshLine + "PID|||A1\rOBX|1|ED|||^application^pdf^Base64^" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("%PDF 1234"), 1<<20)) + "\r"
	for name, unit := range map[string]string{"messages": sample, "document": pdf} {
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
