package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"

	"github.com/chartroom/chartroom/demo"
)

// estate makes what is surveyed: the demo's estate, and beside it a large table that is read in pieces, and many small ones.
func estate(dir string, people int) error {
	if _, err := demo.Write(filepath.Join(dir, "main"), demo.Options{People: people}); err != nil {
		return err
	}
	east := filepath.Join(dir, "east")
	if err := os.Mkdir(east, 0o700); err != nil {
		return err
	}
	if err := table(filepath.Join(east, "large.csv"), 11, people*30); err != nil {
		return err
	}
	for i := range people * 2 {
		if err := table(filepath.Join(east, fmt.Sprintf("ward%02d", i%16), fmt.Sprintf("day%04d.csv", i)), uint64(100+i), 5); err != nil {
			return err
		}
	}
	return nil
}

// table writes people as rows.
func table(path string, seed uint64, people int) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	fmt.Fprint(w, demo.PatientHeader)
	var row []byte
	for p := range demo.People(seed, people) {
		row = demo.AppendPatientRow(row[:0], p)
		if _, err := w.Write(row); err != nil {
			return err
		}
	}
	return w.Flush()
}
