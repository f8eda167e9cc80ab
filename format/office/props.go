package office

import (
	"bytes"

	"github.com/chartroom/chartroom/format/office/markup"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

const (
	maxValue   = 64 << 10 // bytes of a property
	maxAuthors = 1 << 10  // names of authors that are told once each
)

// author is a place of the name of somebody who wrote in the document: a member of the organisation's workforce, not a patient.
func (d *document) author(field string) uint32 {
	return d.place(record.Place{Field: field, Kind: phi.Name, Part: phi.PartFull, Subject: phi.Workforce, Rule: "author of a document or of a part of it"})
}

// place finds or makes a place by its field.
func (d *document) place(p record.Place) uint32 {
	for i := range d.fixed {
		if d.out.Places.At(d.fixed[i]).Field == p.Field {
			return d.fixed[i]
		}
	}
	at := d.out.Places.Add(p)
	if len(d.fixed) < maxAuthors {
		d.fixed = append(d.fixed, at)
	}
	return at
}

// tellAuthor hands out an author's name once, as a record of its own.
func (d *document) tellAuthor(field string, name []byte) error {
	name = bytes.TrimSpace(name)
	if len(name) == 0 || len(name) > 256 || d.seen[string(name)] || len(d.seen) >= maxAuthors {
		return nil
	}
	if d.seen == nil {
		d.seen = map[string]bool{}
	}
	d.seen[string(name)] = true
	return d.later(d.author(field), name)
}

// single hands out a record of one value.
func (d *document) single(place uint32, v []byte) error {
	return d.later(place, v)
}

// core reads the properties that all documents have (ISO/IEC 29500-2, 11, and ISO/IEC 26300-3, 4.3), to the end of the element
// that the scanner stands in.
func (d *document) core(s *markup.Scanner) error {
	var v []byte
	for at := s.Depth(); ; {
		token, err := s.Next()
		if err != nil || token == markup.EOF || s.Depth() < at {
			return err
		}
		if token != markup.Start {
			continue
		}
		name := string(s.Name())
		switch name {
		case "creator", "lastModifiedBy", "initial-creator", "printed-by":
			if v, err = s.Gather(v[:0], maxValue); err == nil && len(v) > 0 {
				err = d.later(d.author("properties."+name), v)
			}
		case "user-defined":
			err = d.custom(s, string(s.Attr("name")))
		case "created", "modified", "creation-date", "date", "print-date", "lastPrinted", "revision", "generator", "editing-duration", "editing-cycles",
			"document-statistic", "language", "version":
			err = s.Skip()
		case "meta", "template", "auto-reload", "hyperlink-behaviour":
		default:
			if v, err = s.Gather(v[:0], maxValue); err == nil {
				err = d.text("properties").line(v)
			}
		}
		if err != nil {
			return err
		}
	}
}

// properties reads those of the program and those of the user (ISO/IEC 29500-1, 22.2 and 22.3).
func (d *document) properties(s *markup.Scanner) error {
	var v []byte
	for {
		token, err := s.Next()
		if err != nil || token == markup.EOF {
			return err
		}
		if token != markup.Start {
			continue
		}
		switch string(s.Name()) {
		case "property":
			err = d.custom(s, string(s.Attr("name")))
		case "Manager":
			if v, err = s.Gather(v[:0], maxValue); err == nil && len(v) > 0 {
				err = d.later(d.author("properties.Manager"), v)
			}
		case "Company", "HyperlinkBase", "lpstr", "lpwstr", "PresentationFormat":
			if v, err = s.Gather(v[:0], maxValue); err == nil {
				err = d.text("properties").line(v)
			}
		}
		if err != nil {
			return err
		}
	}
}

// custom reads a property of the user's own: its name is a column's.
func (d *document) custom(s *markup.Scanner, name string) error {
	v, err := s.Gather(nil, maxValue)
	if err != nil || len(v) == 0 {
		return err
	}
	if name == "" || len(name) > 128 || d.out.Places.Full() || len(d.fixed) >= maxAuthors || len(v) > 256 {
		return d.text("properties").line(v)
	}
	return d.later(d.place(record.Place{Field: "properties." + name, Name: name, Mode: record.Column}), v)
}

// people reads the lists of those who commented (15.2 of [MS-DOCX], 2.4 of [MS-XLSX], ISO/IEC 29500-1, 19.4.3).
func (d *document) people(s *markup.Scanner) error {
	for {
		token, err := s.Next()
		if err != nil || token == markup.EOF {
			return err
		}
		for token == markup.Start && s.NextAttr() {
			switch string(s.Key()) {
			case "author", "displayName", "name":
				err = d.tellAuthor("authors", s.Value())
			case "userId":
				err = d.text("authors' accounts").line(s.Value())
			}
			if err != nil {
				return err
			}
		}
	}
}

// settings reads what a text keeps beside itself: variables (ISO/IEC 29500-1, 17.15.1.35) and where its letters' data are.
func (d *document) settings(s *markup.Scanner) error {
	for {
		token, err := s.Next()
		if err != nil || token == markup.EOF {
			return err
		}
		if token != markup.Start {
			continue
		}
		switch string(s.Name()) {
		case "docVar", "query", "connectString":
			for s.NextAttr() {
				if err := d.text("variables").line(s.Value()); err != nil {
					return err
				}
			}
		}
	}
}
