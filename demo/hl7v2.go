package demo

import (
	"fmt"
	"strings"
	"time"
)

// facility is who sends a message and whose patient numbers stand in it.
type facility struct {
	name, oid string
	number    func(*Person) string
}

var (
	meridianHospital = facility{"MERIDIAN", "2.16.840.1.113883.19.5", func(p *Person) string { return p.MRN }}
	lakesideClinic   = facility{"LAKESIDE", "2.16.840.1.113883.19.6", func(p *Person) string { return p.Chart }}
)

// header begins a message of HL7 v2.5.1 (chapter 2, MSH).
func (h *facility) header(b []byte, event string, at time.Time, id int) []byte {
	return fmt.Appendf(b, "MSH|^~\\&|REG|%s^%s^ISO|HUB|%s|%s||%s^%s|%s%09d|P|2.5.1|||AL|NE|USA|UNICODE UTF-8\r",
		h.name, h.oid, h.name, at.Format(stamp), event, strings.Replace(event, "^", "_", 1), h.name[:3], id)
}

// patient writes the PID segment (chapter 3).
func (h *facility) patient(b []byte, p *Person) []byte {
	b = fmt.Appendf(b, "PID|1||%s^^^%s&%s&ISO^MR~%s^^^USSSA&2.16.840.1.113883.4.1&ISO^SS||%s^%s^%s^^^^L||%s|%c|||",
		h.number(p), h.name, h.oid, p.SSN, p.Family, p.Given, p.Middle, p.Birth.Format(compact), p.Sex)
	return fmt.Appendf(b, "%s^^%s^%s^%s^USA^H||%s^PRN^PH~^NET^Internet^%s||en|||A%s^^^%s^AN|%s\r",
		p.Street, p.City, p.State, p.ZIP, p.Phone, p.Email, p.MRN, h.name, strings.ReplaceAll(p.SSN, "-", ""))
}

// admission writes an ADT^A01 with its diagnoses, next of kin and insurance.
func (h *facility) admission(b []byte, p *Person) []byte {
	at := visit(p, 0, asOf)
	b = h.header(b, "ADT^A01", at, 1_000_000+p.Index)
	b = fmt.Appendf(b, "EVN|A01|%s\r", at.Format(stamp))
	b = h.patient(b, p)
	kin, role := givenFemale[p.Index%len(givenFemale)], "SPO^Spouse"
	if p.Minor() {
		role = "MTH^Mother"
	}
	b = fmt.Appendf(b, "NK1|1|%s^%s|%s^HL70063|%s^^%s^%s^%s|%s\r", p.Family, kin, role, p.Street, p.City, p.State, p.ZIP, p.Phone)
	b = fmt.Appendf(b, "PV1|1|O|FAM^201^1^%s||||%s^%s^%s^^^Dr^^^NPI|||MED||||R|||||V%08d^^^%s^VN|||||||||||||||||||||||||%s\r",
		h.name, appendNPI(nil, uint64(p.Index%37)), families[(p.Index*3)%40], givenMale[(p.Index*5)%40], p.Index+40_000_000, h.name, at.Format(stamp))
	for k := range p.Conditions {
		b = fmt.Appendf(b, "DG1|%d||%s^%s^I10||%s|F\r", k+1, p.Conditions[k].ICD10, p.Conditions[k].Display, at.Format(compact))
	}
	return fmt.Appendf(b, "IN1|1|PLAN01|00431|Cascadia Mutual|||||||||||HMO|%s^%s|SEL|%s|%s^^%s^%s^%s|||||||||||||||||%s\r",
		p.Family, p.Given, p.Birth.Format(compact), p.Street, p.City, p.State, p.ZIP, p.Member)
}

// result writes an ORU^R01 with all of the person's measures.
func (h *facility) result(b []byte, p *Person) []byte {
	at := visit(p, 1, asOf)
	b = h.header(b, "ORU^R01", at, 5_000_000+p.Index)
	b = h.patient(b, p)
	b = fmt.Appendf(b, "OBR|1|ORD%08d^%s|LAB%08d^LAB|24323-8^Comprehensive metabolic 2000 panel^LN|||%s|||||||||%s^%s^%s|||||||||F\r",
		p.Index, h.name, p.Index+600_000, at.Format(stamp), appendNPI(nil, uint64(p.Index%37)), families[(p.Index*3)%40], givenMale[(p.Index*5)%40])
	for k := range lastMeasure(p) {
		m := &measures[k]
		b = fmt.Appendf(b, "OBX|%d|NM|%s^%s^LN||%d|%s^%s^UCUM|||||F|||%s\r",
			k+1, m.loinc, m.display, m.base+(p.Index*13+k*7)%m.spread, m.unit, m.unit, at.Format(stamp))
	}
	return b
}

// AppendHL7v2 writes two messages of Meridian about a person: an admission and a result.
func AppendHL7v2(b []byte, p *Person) []byte {
	return meridianHospital.result(meridianHospital.admission(b, p), p)
}

// feed is who of whom stands in a batch file.
type feed struct {
	from facility
	runs []span
	want func(*Person) bool
}

// writeFeed writes messages in a batch file (chapter 2, FHS and BHS).
func writeFeed(f *file, c *cast, o feed) {
	at := asOf.Format(stamp)
	f.b = fmt.Appendf(f.b, "FHS|^~\\&|REG|%s|HUB|HUB|%s\rBHS|^~\\&|REG|%s|HUB|HUB|%s\r", o.from.name, at, o.from.name, at)
	n := 0
	c.each(o.runs, o.want, func(p *Person) {
		f.b = o.from.result(o.from.admission(f.b, p), p)
		f.shows(p, sight{home: true, coded: p.Classes()})
		f.end()
		n += 2
	})
	f.b = fmt.Appendf(f.b, "BTS|%d\rFTS|1\r", n)
	f.close()
}

// inFeed takes the patients whose messages were kept.
func inFeed(p *Person) bool { return p.Index%6 == 1 }
