package demo

import (
	"archive/zip"
	"bytes"
	"fmt"
)

// writeDecoys writes what stands about in every share: code, price lists, tables of public facts, leftovers, and
// files that cannot be read.
func writeDecoys(w *writer, folder string) {
	w.put(folder+"/README.md", Decoy, []byte(readme))
	w.put(folder+"/etl/load_claims.py", Decoy, []byte(sourceCode))
	w.put(folder+"/etl/schema.sql", Decoy, []byte(schema))
	w.put(folder+"/reference/airports.csv", Decoy, []byte(airports))
	w.put(folder+"/reference/empty.csv", Decoy, nil)
	writeCatalogue(w, folder+"/reference/supplies.csv", 400)
	writeBlob(w, folder+"/tmp/cache.bin", 32<<10)
	w.put(folder+"/tmp/export-part.json", Gap, []byte(`{"export":{"rows":[{"sku":"A-100","qty":3},{"sku":"A-10`))
}

// writeCatalogue writes a list of things for sale, whose numbers look like many an identifier.
func writeCatalogue(w *writer, name string, n int) {
	f := w.create(name, Decoy)
	f.b = append(f.b, "sku,gtin,description,unit_price,pack_size,lead_time_days,warehouse_bin,discontinued\n"...)
	for i := range n {
		h := mix(uint64(i))
		f.b = fmt.Appendf(f.b, "SUP-%06d,%014d,\"%s, size %d\",%d.%02d,%d,%d,%c-%02d-%03d,%t\n", h%1_000_000, 10_000_000_000_000+h%9_000_000_000,
			pick(supplies, i), 1+h>>8&7, h>>16&255, h>>24%100, 1+h>>32&63, 1+h>>40&31, 'A'+rune(h>>44&15), h>>48&63, h>>50&511, h&7 == 0)
		f.end()
	}
	f.close()
}

var supplies = split(`Nitrile gloves|Gauze pad 4x4|Syringe 5 mL|Suture 3-0|Exam table paper|Blood pressure cuff|Specimen cup|
	Elastic bandage|Face shield|Tongue depressor`)

// writeBlob writes bytes in which no reader finds a format.
func writeBlob(w *writer, name string, size int) {
	b := make([]byte, 0, size+8)
	b = append(b, 0x93, 0x07, 0x00, 0xfe)
	for i := uint64(0); len(b) < size; i++ {
		h := mix(i)
		b = append(b, byte(h), byte(h>>8), byte(h>>16), byte(h>>24), byte(h>>32), byte(h>>40), 0, byte(h>>56))
	}
	w.put(name, Gap, b[:size])
}

// zipped packs what is written into a zip archive, as a file of the name given.
func zipped(w *writer, inner string) encoding {
	return func(content []byte) []byte {
		var out bytes.Buffer
		z := zip.NewWriter(&out)
		entry, err := z.CreateHeader(&zip.FileHeader{Name: inner, Method: zip.Deflate, Modified: archived})
		if err == nil {
			_, err = entry.Write(content)
		}
		if err == nil {
			err = z.Close()
		}
		if w.err == nil {
			w.err = err
		}
		return out.Bytes()
	}
}

const readme = `# Nightly jobs

The jobs in etl/ load the warehouse. Run them with the service account, never by hand on a weekday.
Tables are described in etl/schema.sql. Columns ssn and dob are masked in the reporting views.
`

const sourceCode = `#!/usr/bin/env python3
"""Loads the claim lines of one day into the warehouse."""
import csv
import sys

COLUMNS = ["clm_id", "mbr_id", "svc_from_dt", "hcpcs_cd", "prncpal_dx_cd"]
OPIOID_CODES = {"F1120", "F1121", "F1110"}  # excluded from the marketing extract
EPSILON = 1e-9


def rows(path):
    with open(path, newline="") as handle:
        for record in csv.DictReader(handle, delimiter="|"):
            if record["PRNCPAL_DX_CD"] in OPIOID_CODES:
                continue
            yield [record[name.upper()] for name in COLUMNS]


if __name__ == "__main__":
    for line in rows(sys.argv[1]):
        print("\t".join(line))
`

const schema = `CREATE TABLE member (
    member_key   bigint PRIMARY KEY,
    ssn          char(11) NOT NULL,
    last_name    varchar(60),
    first_name   varchar(60),
    dob          date,
    zip          varchar(10)
);
CREATE INDEX member_by_ssn ON member (ssn);
COMMENT ON COLUMN member.ssn IS 'social security number, NNN-NN-NNNN';
`

const airports = `ident,type,name,latitude_deg,longitude_deg,elevation_ft,iso_region,municipality,iata_code
KLAX,large_airport,Los Angeles International Airport,33.942501,-118.407997,125,US-CA,Los Angeles,LAX
KPDX,large_airport,Portland International Airport,45.588699,-122.597504,31,US-OR,Portland,PDX
KSEA,large_airport,Seattle-Tacoma International Airport,47.449001,-122.308998,433,US-WA,Seattle,SEA
KBOI,medium_airport,Boise Air Terminal,43.564400,-116.223000,2871,US-ID,Boise,BOI
KLAS,large_airport,Harry Reid International Airport,36.083361,-115.151817,2181,US-NV,Las Vegas,LAS
KPHX,large_airport,Phoenix Sky Harbor International Airport,33.434299,-112.012001,1135,US-AZ,Phoenix,PHX
KJFK,large_airport,John F Kennedy International Airport,40.639801,-73.778900,13,US-NY,New York,JFK
KMIA,large_airport,Miami International Airport,25.793200,-80.290604,8,US-FL,Miami,MIA
KORD,large_airport,Chicago O'Hare International Airport,41.978600,-87.904800,672,US-IL,Chicago,ORD
KDEN,large_airport,Denver International Airport,39.861698,-104.672997,5431,US-CO,Denver,DEN
`
