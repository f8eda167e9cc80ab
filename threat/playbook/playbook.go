// Package playbook reads rows of playbooks: what a crew needs for a step, what the step gives, and what breaks it. It ships the rows of the
// ShinyHunters cluster and of crews that rob health care, the predicates that rows are made of, and ATT&CK's techniques by id; whoever
// uses it adds rows in the same form.
package playbook

import (
	"bytes"
	_ "embed"
	"fmt"
	"io"

	"github.com/chartroom/chartroom/threat"
)

//go:embed rows.csv
var rowsFile []byte

//go:embed predicates.csv
var predicatesFile []byte

//go:embed attack.json
var attackFile []byte

// Shipped gives the playbook that ships: an own copy, that Extend may add to.
func Shipped() (*threat.Book, error) {
	b := &threat.Book{}
	if err := readPredicates(b, bytes.NewReader(predicatesFile)); err != nil {
		return nil, fmt.Errorf("the predicates that ship: %w", err)
	}
	a, err := attack()
	if err != nil {
		return nil, err
	}
	b.Techniques, b.Version = a.techniques(), a.Version
	if err := Extend(b, "rows.csv", bytes.NewReader(rowsFile)); err != nil {
		return nil, fmt.Errorf("the rows that ship: %w", err)
	}
	return b, nil
}

// Limits of one file of rows.
const (
	mostBytes    = 4 << 20
	mostRows     = 2_000 // of all files of a book together
	mostLiterals = 12    // that a row asks for, gives or is broken by
	mostField    = 4_000 // bytes
)

// Extend adds the rows of a CSV file to a book; of an error nothing is added. The name is the file's, for errors, which say line and column.
func Extend(b *threat.Book, name string, r io.Reader) error {
	text, err := io.ReadAll(io.LimitReader(r, mostBytes+1))
	if err != nil {
		return fmt.Errorf("read playbook %s: %w", name, err)
	}
	if len(text) > mostBytes {
		return fmt.Errorf("read playbook %s: it is larger than %d MiB; split it, or leave out what no estate has", name, mostBytes>>20)
	}
	rows, err := (&reader{book: b, file: name}).rows(text)
	if err != nil {
		return err
	}
	b.Rows = append(b.Rows, rows...)
	return nil
}
