package vcard

import (
	"bytes"
	"strings"

	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// maxValue is the longest value that stands in a record, in bytes.
const maxValue = 256 << 10

// line is a content line: [group.]NAME[;PARAM=value...]:value (RFC 6350 section 3.3).
type line struct {
	name     string // in capitals
	params   string // in capitals, as written
	encoding string
	value    []byte
	cn       []byte // the parameter CN: the name of who is invited (RFC 5545 section 3.2.2)
}

// parse cuts a content line.
func parse(text []byte) (l line, ok bool) {
	end := 0
	for end < len(text) && text[end] != ':' && text[end] != ';' {
		end++
	}
	if end == 0 || end == len(text) || end > 80 {
		return l, false
	}
	name := text[:end]
	if i := bytes.LastIndexByte(name, '.'); i >= 0 {
		name = name[i+1:]
	}
	for _, c := range name {
		if c != '-' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return l, false
		}
	}
	l.name = strings.ToUpper(string(name))
	quoted, from := false, end
	for ; end < len(text) && (quoted || text[end] != ':'); end++ {
		if text[end] == '"' {
			quoted = !quoted
		}
	}
	if end == len(text) {
		return l, false
	}
	params := text[from:end]
	l.params, l.value = strings.ToUpper(string(params[:min(len(params), 1000)])), text[end+1:]
	for p := range strings.SplitSeq(l.params, ";") {
		if v, ok := strings.CutPrefix(p, "ENCODING="); ok {
			l.encoding = v
		} else if p == "QUOTED-PRINTABLE" || p == "BASE64" {
			l.encoding = p
		}
	}
	if i := strings.Index(l.params, ";CN="); i >= 0 {
		cn := params[i+len(";CN="):]
		if len(cn) > 0 && cn[0] == '"' {
			cn, _, _ = bytes.Cut(cn[1:], []byte{'"'})
		} else {
			cn, _, _ = bytes.Cut(cn, []byte{';'})
		}
		l.cn = cn
	}
	return l, true
}

// shown is the property's name as answers print it.
func (l line) shown() string { return l.name[:min(len(l.name), 40)] }

// media is the media type that the parameters name, or the one that the property has.
func (l line) media() string {
	for p := range strings.SplitSeq(strings.ToLower(l.params), ";") {
		if v, ok := strings.CutPrefix(p, "mediatype="); ok {
			return v
		}
		if v, ok := strings.CutPrefix(p, "fmttype="); ok {
			return v
		}
	}
	if l.name == "PHOTO" {
		return "image/jpeg"
	}
	return ""
}

// meaning is what a property's value is, or a component of it.
type meaning struct {
	kind phi.Kind
	part phi.Part
}

// meanings by property (RFC 6350 section 6, RFC 5545 section 3.8). A property that is not here is judged by its value.
var meanings = map[string]meaning{
	"FN": {phi.Name, phi.PartFull}, "NICKNAME": {phi.Name, phi.PartFull}, "TEL": {phi.Phone, 0}, "EMAIL": {phi.Email, 0}, "BDAY": {phi.DateOfBirth, 0},
	"ANNIVERSARY": {phi.Date, 0}, "DEATHDATE": {phi.Date, phi.PartDeath}, "URL": {phi.URL, 0}, "IMPP": {phi.Email, 0}, "LABEL": {phi.Address, 0},
	"DTSTART": {phi.Date, 0}, "DTEND": {phi.Date, 0}, "DUE": {phi.Date, 0}, "COMPLETED": {phi.Date, 0}, "GEO": {phi.Address, 0},
}

// components of structured properties, in their order (RFC 6350 sections 6.2.2 and 6.3.1).
var components = map[string][]meaning{
	"N": {{phi.Name, phi.PartFamily}, {phi.Name, phi.PartGiven}, {phi.Name, phi.PartMiddle}, {phi.Name, phi.PartPrefix}, {phi.Name, phi.PartSuffix}},
	"ADR": {{phi.Address, phi.PartStreet}, {phi.Address, phi.PartStreet}, {phi.Address, phi.PartStreet}, {phi.Address, phi.PartCity},
		{phi.None, phi.PartState}, {phi.ZIP, phi.PartZIP}, {}},
}

// technical properties say nothing of a person.
var technical = map[string]bool{
	"VERSION": true, "PRODID": true, "REV": true, "KIND": true, "CALSCALE": true, "METHOD": true, "DTSTAMP": true, "SEQUENCE": true, "CLASS": true, "TRANSP": true,
	"STATUS": true, "PRIORITY": true, "CREATED": true, "LAST-MODIFIED": true, "TZID": true, "TZOFFSETFROM": true, "TZOFFSETTO": true, "TZNAME": true, "RRULE": true,
	"ACTION": true, "TRIGGER": true, "GENDER": true, "LANG": true, "TZ": true, "MAILER": true, "SORT-STRING": true, "X-LIC-LOCATION": true, "DURATION": true,
}

// prose properties hold running text.
var prose = map[string]bool{"NOTE": true, "SUMMARY": true, "DESCRIPTION": true, "COMMENT": true, "LOCATION": true, "CONTACT": true, "X-ALT-DESC": true}

// property puts a line's value into the record.
func (r *reading) property(l line, value []byte) error {
	if technical[l.name] || len(value) == 0 {
		return nil
	}
	if len(value) > maxValue {
		return r.long(l, value)
	}
	if parts := components[l.name]; parts != nil {
		r.structured(l, value, parts)
	} else if l.name == "ATTENDEE" || l.name == "ORGANIZER" {
		r.put(l.name+";CN", record.Place{Kind: phi.Name, Part: phi.PartFull}, l.cn)
		mail := value
		if len(mail) > 7 && bytes.EqualFold(mail[:7], []byte("mailto:")) {
			mail = mail[7:]
		}
		r.put(l.name, record.Place{Kind: phi.Email}, mail)
	} else {
		r.put(l.shown(), r.judged(l), r.unescaped(value))
	}
	if len(r.batch.Cells) > maxCells {
		return r.end()
	}
	return nil
}

// long hands out a value that is too long for a record, as running text.
func (r *reading) long(l line, value []byte) error {
	if err := r.flush(); err != nil {
		return err
	}
	return format.Pieces(bytes.NewReader(value), func(p format.Piece) error {
		r.put(l.shown()+" (long)", record.Place{Mode: record.Text, Kind: phi.FreeText}, p.Text)
		if len(r.batch.Cells) > 0 && len(bytes.TrimSpace(p.Text)) == len(p.Text) {
			r.batch.From, r.batch.To = uint32(p.From), uint32(p.To)
		}
		return r.flush()
	})
}

// judged gives the place of a property without components.
func (r *reading) judged(l line) record.Place {
	m, known := meanings[l.name]
	switch {
	case l.name == "TEL" && strings.Contains(l.params, "FAX"):
		return record.Place{Kind: phi.Fax}
	case known:
		return record.Place{Kind: m.kind, Part: m.part}
	case prose[l.name]:
		return record.Place{Mode: record.Text, Kind: phi.FreeText}
	}
	return record.Place{Mode: record.Column, Name: strings.ToLower(l.shown())}
}

// structured puts the components of a value, which semicolons part.
func (r *reading) structured(l line, value []byte, parts []meaning) {
	for i, m := range parts {
		part := value
		end := separator(value, ';')
		if end >= 0 {
			part = value[:end]
		}
		if m != (meaning{}) {
			r.put(l.name+"-"+string(rune('1'+i)), record.Place{Kind: m.kind, Part: m.part}, r.unescaped(part))
		}
		if end < 0 {
			return
		}
		value = value[end+1:]
	}
}

// put adds a cell in the place of a field, which is made when it is met first.
func (r *reading) put(field string, p record.Place, value []byte) {
	value = bytes.TrimSpace(value)
	if len(value) == 0 {
		return
	}
	key := field
	if p.Kind == phi.Fax {
		key += " fax"
	}
	place, ok := r.places[key]
	if !ok {
		if r.out.Places.Full() {
			field, p = "further properties", record.Place{Mode: record.Text, Kind: phi.FreeText}
			if place, ok = r.places[field]; ok {
				r.batch.Put(place, value)
				return
			}
			key = field
		}
		p.Field, p.Rule = field, "RFC 6350 section 6, RFC 5545 section 3.8"
		place = r.out.Places.Add(p)
		r.places[key] = place
	}
	r.batch.Put(place, value)
}

// separator finds a byte that no backslash stands before.
func separator(b []byte, sep byte) int {
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case sep:
			return i
		}
	}
	return -1
}

// unescaped takes backslashes away (RFC 6350 section 3.4).
func (r *reading) unescaped(value []byte) []byte {
	if bytes.IndexByte(value, '\\') < 0 {
		return value
	}
	out := make([]byte, 0, len(value))
	for i := 0; i < len(value); i++ {
		c := value[i]
		if c == '\\' && i+1 < len(value) {
			i++
			if c = value[i]; c|0x20 == 'n' {
				c = '\n'
			}
		}
		out = append(out, c)
	}
	return out
}

// unquoted decodes quoted-printable (RFC 2045 section 6.7).
func unquoted(to, value []byte) []byte {
	for i := 0; i < len(value); i++ {
		if value[i] == '=' && i+2 < len(value) {
			hi, lo := digit(value[i+1]), digit(value[i+2])
			if hi >= 0 && lo >= 0 {
				to = append(to, byte(hi<<4|lo))
				i += 2
				continue
			}
		}
		to = append(to, value[i])
	}
	return bytes.ToValidUTF8(to, []byte("?"))
}

// digit gives the value of a hexadecimal digit; negative for what is none.
func digit(c byte) int {
	if c >= 'a' {
		c -= 'a' - 'A'
	}
	return strings.IndexByte("0123456789ABCDEF", c)
}
