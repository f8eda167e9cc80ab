package export

import (
	"bytes"
	"compress/flate"
	"database/sql"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/hamba/avro/v2"
	"github.com/parquet-go/parquet-go"
	_ "modernc.org/sqlite" // the driver

	"github.com/chartroom/chartroom/demo"
)

// patient is a row of the columnar forms.
type patient struct {
	MRN       string `parquet:"mrn" avro:"mrn"`
	Family    string `parquet:"last_name,dict" avro:"last_name"`
	Given     string `parquet:"first_name,dict" avro:"first_name"`
	Birth     int32  `parquet:"date_of_birth,date" avro:"date_of_birth"` // days since 1970
	Sex       string `parquet:"sex,dict" avro:"sex"`
	Street    string `parquet:"address" avro:"address"`
	City      string `parquet:"city,dict" avro:"city"`
	State     string `parquet:"state,dict" avro:"state"`
	ZIP       string `parquet:"zip,dict" avro:"zip"`
	Phone     string `parquet:"phone" avro:"phone"`
	Diagnosis string `parquet:"diagnosis_code,dict" avro:"diagnosis_code"`
}

const day = 86_400 // seconds

func patientOf(p *demo.Person) patient {
	days := p.Birth.Unix() / day // a birth is at midnight, so that nothing is cut off
	return patient{p.MRN, p.Family, p.Given, int32(days), string(p.Sex), p.Street, p.City, p.State.String(), p.ZIP, p.Phone, main(p).ICD10}
}

// Parquet writes row groups of 100,000 rows with Snappy, some columns by dictionary.
func Parquet(w io.Writer, people People) error {
	out := parquet.NewGenericWriter[patient](w, parquet.Compression(&parquet.Snappy), parquet.MaxRowsPerRowGroup(100_000))
	batch := make([]patient, 0, 1000)
	flush := func() error {
		_, err := out.Write(batch)
		batch = batch[:0]
		return err
	}
	for p := range people {
		if batch = append(batch, patientOf(p)); len(batch) == cap(batch) {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return errors.Join(flush(), out.Close())
}

// avroSync stands between the blocks of a container file.
const avroSync = "chartroom's sync"

// Avro writes an object container file (Avro 1.11, Object Container Files) with deflate, a thousand rows a block.
func Avro(w io.Writer, people People) error {
	fields := make([]string, len(columns))
	for i, c := range columns {
		fields[i] = `{"name":"` + c + `","type":"string"}`
		if c == "date_of_birth" {
			fields[i] = `{"name":"` + c + `","type":{"type":"int","logicalType":"date"}}`
		}
	}
	text := `{"type":"record","name":"patient","fields":[` + strings.Join(fields, ",") + `]}`
	schema, err := avro.Parse(text)
	if err != nil {
		return err
	}
	head := append([]byte("Obj\x01"), avroLong(2)...)
	for _, s := range []string{"avro.schema", text, "avro.codec", "deflate"} {
		head = append(append(head, avroLong(len(s))...), s...)
	}
	if _, err := w.Write(append(append(head, 0), avroSync...)); err != nil {
		return err
	}
	var data []byte
	n := 0
	flush := func() error {
		var packed bytes.Buffer
		z, err := flate.NewWriter(&packed, flate.DefaultCompression)
		if err != nil {
			return err
		}
		_, err = z.Write(data)
		err = errors.Join(err, z.Close())
		block := append(append(avroLong(n), avroLong(packed.Len())...), packed.Bytes()...)
		_, more := w.Write(append(block, avroSync...))
		data, n = data[:0], 0
		return errors.Join(err, more)
	}
	for p := range people {
		r := patientOf(p)
		value, err := avro.Marshal(schema, r)
		if err != nil {
			return err
		}
		data = append(data, value...)
		if n++; n == 1000 {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if n > 0 {
		return flush()
	}
	return nil
}

// avroLong writes a number in zigzag order with a variable length.
func avroLong(n int) []byte { return binary.AppendUvarint(nil, uint64(n)<<1) }

// SQLite writes a database of one table. The database is made in a folder for temporary files.
func SQLite(w io.Writer, people People) error {
	dir, err := os.MkdirTemp("", "export")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "patients.sqlite")
	if err := fillSQLite(path, people); err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}

func fillSQLite(path string, people People) error {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.Exec("CREATE TABLE patient (" + strings.Join(columns, " TEXT, ") + " TEXT)"); err != nil {
		return err
	}
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	insert, err := tx.Prepare("INSERT INTO patient VALUES (?" + strings.Repeat(", ?", len(columns)-1) + ")")
	if err != nil {
		return err
	}
	for p := range people {
		var args []any
		for _, v := range row(p) {
			args = append(args, v)
		}
		if _, err := insert.Exec(args...); err != nil {
			return err
		}
	}
	return tx.Commit()
}
