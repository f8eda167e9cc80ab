// Package framework has the frameworks that a review is held against: those that come with the program, and those that somebody brings
// as an OSCAL catalog or as CSV. A framework is data; which checks can evidence a row stands in it.
package framework

import (
	"bytes"
	"compress/gzip"
	"embed"
	"encoding/csv"
	"fmt"
	"io"
	"strings"

	"github.com/chartroom/chartroom/review"
)

//go:embed data
var data embed.FS

// Limits of what somebody brings. The largest catalog of NIST has some 1,200 controls.
const (
	mostBytes    = 32 << 20
	mostControls = 20_000
	mostText     = 64 << 10 // of one cell or part
	mostDepth    = 32       // of groups in groups
)

// Names are those of the frameworks that come with the program.
func Names() []string { return []string{"csf", "hipaa", "sp800-66"} }

// Named gives a framework that comes with the program; ok is false where there is none of that name.
func Named(name string) (f *review.Framework, ok bool) {
	switch strings.ToLower(name) {
	case "csf", "csf2", "csf-2.0":
		f = shipped("csf", "NIST Cybersecurity Framework 2.0", "2.0", "NIST CSWP 29, February 2024; public domain")
		f.Href, f.Draft = "https://doi.org/10.6028/NIST.CSWP.29", crosswalk
	case "hipaa":
		f = shipped("hipaa", "HIPAA Security Rule", "45 CFR 164.306-316", "45 CFR part 164 subpart C, titles of standards and specifications, and subpart D as one row; public domain")
		f.Href, f.Draft = "https://www.ecfr.gov/current/title-45/subtitle-A/subchapter-C/part-164", crosswalk
	case "sp800-66", "800-66", "sp800-66r2":
		f = activities()
	}
	return f, f != nil
}

// crosswalk says what of the shipped frameworks is nobody's but this project's.
const crosswalk = "the rows that stand beside each other of HIPAA and CSF 2.0 are a draft of this project's, and not NIST's or HHS's"

// shipped reads a table that comes with the program.
func shipped(id, title, version, source string) *review.Framework {
	b, _ := data.ReadFile("data/" + id + ".csv")
	f, err := Read(id, bytes.NewReader(b))
	if err != nil {
		return nil // a test reads all of them
	}
	f.ID, f.Title, f.Version, f.Source = id, title, version, source
	return f
}

// activities are the key activities of NIST SP 800-66r2 from their OSCAL catalog, with the checks that can evidence some of them.
func activities() *review.Framework {
	packed, _ := data.Open("data/sp800-66.json.gz")
	unpacked, err := gzip.NewReader(packed)
	if err != nil {
		return nil
	}
	f, err := Read("sp800-66", unpacked)
	if err != nil {
		return nil
	}
	table, _ := data.ReadFile("data/sp800-66.csv")
	rows, _ := csv.NewReader(bytes.NewReader(table)).ReadAll()
	checks := map[string][]string{}
	for _, row := range rows {
		checks[row[0]] = words(row[1])
	}
	for i := range f.Controls {
		f.Controls[i].Checks = checks[f.Controls[i].ID]
	}
	f.ID, f.Title = "sp800-66", "NIST SP 800-66r2, key activities"
	f.Source = "NIST SP 800-66r2 as an OSCAL catalog of oscal-compass/oscal-content (Apache-2.0)"
	f.Href = "https://doi.org/10.6028/NIST.SP.800-66r2"
	f.Draft = "which checks evidence an activity is a draft of this project's"
	return f
}

// Read reads a framework that somebody brings: an OSCAL catalog in JSON, or CSV. Name is what it is called where it does not say so
// itself. Its errors name the line and never what stands in it.
func Read(name string, in io.Reader) (*review.Framework, error) {
	b, err := io.ReadAll(io.LimitReader(in, mostBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read the framework %s: %w", name, err)
	}
	if len(b) > mostBytes {
		return nil, fmt.Errorf("the framework %s is larger than %d MiB", name, mostBytes>>20)
	}
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	f := &review.Framework{ID: name, Title: name, Source: "brought by the user"}
	if head := bytes.TrimLeft(b, " \t\r\n"); len(head) > 0 && head[0] == '{' {
		err = readOSCAL(f, b)
	} else {
		err = readCSV(f, b)
	}
	if err == nil {
		err = whole(f)
	}
	if err != nil {
		return nil, fmt.Errorf("read the framework %s: %w", name, err)
	}
	return f, nil
}

// whole checks what any framework must be.
func whole(f *review.Framework) error {
	if len(f.Controls) == 0 {
		return fmt.Errorf("it has no controls")
	}
	seen := map[string]int{}
	for i := range f.Controls {
		c := &f.Controls[i]
		if first, twice := seen[c.ID]; twice {
			return fmt.Errorf("control %d has the id of control %d", i+1, first)
		}
		seen[c.ID] = i + 1
		if c.Checks == nil {
			c.Checks = []string{}
		}
	}
	return nil
}

// words parts a list at blanks, commas, semicolons and bars.
func words(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' || r == ';' || r == '|' })
}
