package office

import (
	"io"

	"github.com/chartroom/chartroom/format/office/markup"
	"github.com/chartroom/chartroom/format/office/pool"
)

// sharedStrings reads a workbook's table of strings (ISO/IEC 29500-1, 18.4.9). Of a string in runs the runs are put together; what
// tells how it is pronounced is a text of its own.
func (d *document) sharedStrings(s *markup.Scanner) (*pool.Table, error) {
	return pool.New(d.ctx, func(to []byte) ([]byte, error) {
		for {
			token, err := s.Next()
			switch {
			case err != nil:
				return nil, err
			case token == markup.EOF:
				return nil, io.EOF
			case token == markup.Start && string(s.Name()) == "si":
				return d.richText(s, to)
			}
		}
	})
}

// richText appends the text of the element whose Start was told last (18.4.8), at most pool.MaxString bytes.
func (d *document) richText(s *markup.Scanner, to []byte) ([]byte, error) {
	from := len(to)
	if v, ok := s.Only("t"); ok {
		return append(to, pool.Unescape(v[:min(len(v), pool.MaxString)])...), nil
	}
	for at := s.Depth(); s.Depth() >= at; {
		token, err := s.Next()
		if err != nil || token == markup.EOF {
			return to, err
		}
		if token != markup.Start {
			continue
		}
		switch string(s.Name()) {
		case "t":
			to, err = s.Gather(to, from+pool.MaxString)
		case "rPh":
			err = d.gatherLine("phonetic guides", s)
		}
		if err != nil {
			return to, err
		}
	}
	return to[:from+len(pool.Unescape(to[from:]))], nil
}

// gatherLine makes the text of the element whose Start was told last a line of a field.
func (d *document) gatherLine(field string, s *markup.Scanner) error {
	v, err := s.Gather(nil, pool.MaxString)
	if err != nil || len(v) == 0 {
		return err
	}
	return d.text(field).line(v)
}
