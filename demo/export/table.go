package export

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"strings"

	"github.com/chartroom/chartroom/demo"
)

// CSV writes a table between commas.
func CSV(w io.Writer, people People) error {
	return records(w, strings.Join(columns, ",")+"\n", "", people, AppendRow)
}

// AppendRow writes a row of CSV.
func AppendRow(b []byte, p *demo.Person) []byte {
	return append(append(b, strings.Join(row(p), ",")...), '\n')
}

// HTML writes a page with a table.
func HTML(w io.Writer, people People) error {
	begin := "<!DOCTYPE html>\n<html><head><title>Patients</title></head><body>\n<table><thead><tr><th>" + strings.Join(columns, "</th><th>") + "</th></tr></thead><tbody>\n"
	return records(w, begin, "</tbody></table></body></html>\n", people, func(b []byte, p *demo.Person) []byte {
		return fmt.Appendf(b, "<tr><td>%s</td></tr>\n", strings.Join(escaped(row(p)), "</td><td>"))
	})
}

// escaped makes values fit into markup.
func escaped(values []string) []string {
	for i := range values {
		values[i] = html.EscapeString(values[i])
	}
	return values
}

// XML writes elements of no standard.
func XML(w io.Writer, people People) error {
	return records(w, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<roster>\n", "</roster>\n", people, func(b []byte, p *demo.Person) []byte {
		v := escaped(row(p))
		b = append(b, "<patient>"...)
		for i, c := range columns {
			b = fmt.Appendf(b, "<%s>%s</%s>", c, v[i], c)
		}
		return append(b, "</patient>\n"...)
	})
}

// YAML writes a sequence of mappings.
func YAML(w io.Writer, people People) error {
	return records(w, "patients:\n", "", people, func(b []byte, p *demo.Person) []byte {
		for i, v := range row(p) {
			mark := "   "
			if i == 0 {
				mark = "  -"
			}
			b = fmt.Appendf(b, "%s %s: '%s'\n", mark, columns[i], strings.ReplaceAll(v, "'", "''"))
		}
		return b
	})
}

// NDJSON writes objects of no standard, with the name and the home in objects of their own.
func NDJSON(w io.Writer, people People) error {
	type name struct {
		Last  string `json:"last"`
		First string `json:"first"`
	}
	type home struct {
		Street, City, State, ZIP string
	}
	return records(w, "", "", people, func(b []byte, p *demo.Person) []byte {
		line, err := json.Marshal(struct {
			MRN       string   `json:"mrn"`
			Name      name     `json:"name"`
			BirthDate string   `json:"birthDate"`
			Address   home     `json:"address"`
			Phone     string   `json:"phone"`
			Diagnoses []string `json:"diagnoses"`
		}{p.MRN, name{p.Family, p.Given}, p.Birth.Format("2006-01-02"), home{p.Street, p.City, p.State.String(), p.ZIP}, p.Phone, diagnoses(p)})
		if err != nil {
			panic(err) // strings only
		}
		return append(append(b, line...), '\n')
	})
}

func diagnoses(p *demo.Person) (codes []string) {
	for i := range p.Conditions {
		codes = append(codes, p.Conditions[i].ICD10)
	}
	return codes
}

// MySQL writes a dump as mysqldump does: statements of many rows.
func MySQL(w io.Writer, people People) error {
	n := 0
	begin := "-- MySQL dump 10.13\n\nDROP TABLE IF EXISTS `patient`;\nCREATE TABLE `patient` (\n  `" + strings.Join(columns, "` varchar(80) DEFAULT NULL,\n  `") +
		"` varchar(80) DEFAULT NULL\n) ENGINE=InnoDB;\nLOCK TABLES `patient` WRITE;\n"
	return records(w, begin, ";\nUNLOCK TABLES;\n", people, func(b []byte, p *demo.Person) []byte {
		switch {
		case n == 0:
			b = append(b, "INSERT INTO `patient` VALUES "...)
		case n%400 == 0:
			b = append(b, ";\nINSERT INTO `patient` VALUES "...)
		default:
			b = append(b, ',')
		}
		n++
		return fmt.Appendf(b, "('%s')", strings.Join(quoted(row(p)), "','"))
	})
}

// quoted makes values fit between apostrophes.
func quoted(values []string) []string {
	for i := range values {
		values[i] = strings.ReplaceAll(values[i], "'", `\'`)
	}
	return values
}

// Postgres writes a dump as pg_dump does: the rows between COPY and its end.
func Postgres(w io.Writer, people People) error {
	begin := "--\n-- PostgreSQL database dump\n--\n\nCREATE TABLE public.patient (\n    " + strings.Join(columns, " text,\n    ") +
		" text\n);\n\nCOPY public.patient (" + strings.Join(columns, ", ") + ") FROM stdin;\n"
	return records(w, begin, "\\.\n\n", people, func(b []byte, p *demo.Person) []byte {
		return append(append(b, strings.Join(row(p), "\t")...), '\n')
	})
}
