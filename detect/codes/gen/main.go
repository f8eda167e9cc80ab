// Command gen packs the table of sensitivity codes for embedding: the CSV with all its columns, without rows whose code a
// spreadsheet has turned into a floating-point number.
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"flag"
	"log"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	from := flag.String("from", "", "folder that holds sensitivity_codes.csv")
	flag.Parse()
	if err := pack(filepath.Join(*from, "sensitivity_codes.csv"), "sensitivity_codes.csv.gz"); err != nil {
		log.Fatal(err)
	}
}

func pack(from, to string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	rows, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil {
		return err
	}
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return err
	}
	w := csv.NewWriter(z)
	for _, row := range rows {
		if strings.Contains(row[2], "E+") {
			continue
		}
		if err := w.Write(row); err != nil {
			return err
		}
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(to, out.Bytes(), 0o644)
}
