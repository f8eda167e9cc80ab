package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/chartroom/chartroom/demo"
)

// pack writes an archive of one small table a person, so many that they reach the catalog in several parts, with every hundredth
// in an archive of its own.
func pack(path string, people int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	gz := gzip.NewWriter(f)
	w := tar.NewWriter(gz)
	n := 0
	for p := range demo.People(7, people) {
		name, body := fmt.Sprintf("box/%05d.csv", n), demo.AppendPatientRow([]byte(demo.PatientHeader), p)
		if n++; n%100 == 0 {
			if name, body, err = boxed(name, body); err != nil {
				break
			}
		}
		if err = w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(body))}); err != nil {
			break
		}
		if _, err = w.Write(body); err != nil {
			break
		}
	}
	return errors.Join(err, w.Close(), gz.Close(), f.Close())
}

// boxed puts a file into an archive of its own.
func boxed(name string, body []byte) (string, []byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	m, err := w.Create("a.csv")
	if err == nil {
		_, err = io.Copy(m, bytes.NewReader(body))
	}
	err = errors.Join(err, w.Close())
	return name + ".zip", b.Bytes(), err
}
