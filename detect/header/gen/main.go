// Command gen packs the list of known column names for embedding: the columns by which a name is judged, without notes.
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"flag"
	"log"
	"os"
	"path/filepath"
)

func main() {
	from := flag.String("from", "", "folder that holds column_names.csv")
	flag.Parse()
	if err := pack(filepath.Join(*from, "column_names.csv"), "data/column_names.csv.gz"); err != nil {
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
		if err := w.Write(row[1:6]); err != nil { // key, kind, part, subject, strength
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
