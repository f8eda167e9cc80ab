package office

import (
	"bytes"
	"strconv"

	"github.com/chartroom/chartroom/format/office/markup"
	"github.com/chartroom/chartroom/format/office/number"
)

const (
	maxFormats = 1 << 16 // styles of cells
	maxCode    = 256     // bytes of a number format
)

// styles reads the number formats of a workbook: for each style of cells how numbers are shown.
func (d *document) styles(s *markup.Scanner) error {
	codes := map[int][]byte{}
	cells := false
	for {
		token, err := s.Next()
		if err != nil || token == markup.EOF {
			return err
		}
		if name := string(s.Name()); name == "cellXfs" {
			cells = token == markup.Start
		} else if token == markup.Start && name == "numFmt" {
			var id int
			var code []byte
			for s.NextAttr() {
				switch string(s.Key()) {
				case "numFmtId":
					id = whole(s.Value())
				case "formatCode":
					code = bytes.Clone(s.Value())
				}
			}
			if len(codes) < maxFormats/16 && len(code) <= maxCode {
				codes[id] = code
			}
		} else if token == markup.Start && cells && name == "xf" && len(d.formats) < maxFormats {
			id := whole(s.Attr("numFmtId"))
			if code, ok := codes[id]; ok {
				d.formats = append(d.formats, number.Of(code))
			} else {
				d.formats = append(d.formats, number.BuiltIn(id))
			}
		}
	}
}

// whole reads a small number; -1 when it is none.
func whole(v []byte) int {
	n, err := strconv.ParseUint(string(v), 10, 31)
	if err != nil {
		return -1
	}
	return int(n)
}

// appendNumber appends a number as a style shows it.
func (d *document) appendNumber(to, v []byte, style int) []byte {
	if style < 0 || style >= len(d.formats) {
		return number.Plain(to, v)
	}
	return d.formats[style].Append(to, v, d.date)
}
