// Package all lists the readers, chooses among them, and names the formats that none of them reads yet.
package all

import (
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/archive"
	"github.com/chartroom/chartroom/format/avro"
	"github.com/chartroom/chartroom/format/ccda"
	"github.com/chartroom/chartroom/format/compressed"
	"github.com/chartroom/chartroom/format/csv"
	"github.com/chartroom/chartroom/format/dicom"
	"github.com/chartroom/chartroom/format/fhir"
	"github.com/chartroom/chartroom/format/hl7v2"
	"github.com/chartroom/chartroom/format/html"
	"github.com/chartroom/chartroom/format/json"
	"github.com/chartroom/chartroom/format/mail"
	"github.com/chartroom/chartroom/format/office"
	"github.com/chartroom/chartroom/format/parquet"
	"github.com/chartroom/chartroom/format/pdf"
	"github.com/chartroom/chartroom/format/rows"
	"github.com/chartroom/chartroom/format/rtf"
	"github.com/chartroom/chartroom/format/sql"
	"github.com/chartroom/chartroom/format/sqlite"
	"github.com/chartroom/chartroom/format/text"
	"github.com/chartroom/chartroom/format/vcard"
	"github.com/chartroom/chartroom/format/x12"
	"github.com/chartroom/chartroom/format/xml"
	"github.com/chartroom/chartroom/format/yaml"
)

// Readers lists every reader. Of two that claim an input alike, the earlier one reads it.
func Readers() []format.Reader {
	return []format.Reader{
		archive.Reader{},
		avro.Reader{},
		ccda.Reader{},
		compressed.Reader{},
		csv.Reader{},
		dicom.Reader{},
		fhir.Reader{},
		hl7v2.Reader{},
		html.Reader{},
		json.Reader{},
		mail.Reader{},
		office.Reader{},
		parquet.Reader{},
		pdf.Reader{},
		rows.Reader{},
		rtf.Reader{},
		sql.Reader{},
		sqlite.Reader{},
		text.Reader{},
		vcard.Reader{},
		x12.Reader{},
		xml.Reader{},
		yaml.Reader{},
	}
}

// Choose gives the reader with the highest claim to an input, by its name and at most format.HeadSize bytes of its
// beginning; nil when nobody claims it. When it gives nil or the text reader, ask Unread what the input is.
func Choose(name string, head []byte) format.Reader {
	var best format.Reader
	most := format.No
	for _, r := range Readers() {
		if c := r.Claims(name, head); c > most {
			best, most = r, c
		}
		if most == format.Certain {
			break
		}
	}
	return best
}

// Borders gives how the records of an input are told apart by whoever begins in the middle, so that parts of it can be read each by
// itself; nil where the format does not allow it, or the input cannot be read at any place.
func Borders(r format.Reader, in format.Input) *format.Borders {
	if in.At == nil || in.Size < 0 {
		return nil
	}
	switch r.(type) {
	case csv.Reader:
		return csv.Borders(in)
	case fhir.Reader, json.Reader:
		return json.Borders(in)
	case hl7v2.Reader:
		return hl7v2.Borders(in)
	case text.Reader:
		return text.Borders(in)
	}
	return nil
}
