package export

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/chartroom/chartroom/demo"
)

// CCDAs writes a zip of clinical documents, one a person.
func CCDAs(w io.Writer, people People) error {
	z := zip.NewWriter(w)
	for p := range people {
		if err := put(z, fmt.Sprintf("CCD_%05d.xml", p.Index), string(AppendCCDA(nil, p, 1))); err != nil {
			return err
		}
	}
	return z.Close()
}

// Images writes a tar of DICOM files, one a person.
func Images(w io.Writer, people People) error {
	t := tar.NewWriter(w)
	for p := range people {
		if err := member(t, fmt.Sprintf("study%05d/image.dcm", p.Index), AppendDICOM(nil, p)); err != nil {
			return err
		}
	}
	return t.Close()
}

func member(t *tar.Writer, name string, body []byte) error {
	err := t.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(body)), Format: tar.FormatUSTAR})
	if err == nil {
		_, err = t.Write(body)
	}
	return err
}

// Backup writes a zip that holds a compressed tar of tables, each with a part of the people.
func Backup(w io.Writer, people People) error {
	z := zip.NewWriter(w)
	inner, err := z.Create("backup.tar.gz")
	if err != nil {
		return err
	}
	return errors.Join(TarGz(inner, people), z.Close())
}

// perTable is how many persons stand in each table of an archive.
const perTable = 250

// TarGz writes a compressed tar of tables and of FHIR resources of the same people, by turns.
func TarGz(w io.Writer, people People) error {
	g := gzip.NewWriter(w)
	t := tar.NewWriter(g)
	err := EachMember(people, func(name string, body []byte) error { return member(t, name, body) })
	return errors.Join(err, t.Close(), g.Close())
}

// Zip writes the members of TarGz into a zip.
func Zip(w io.Writer, people People) error {
	z := zip.NewWriter(w)
	err := EachMember(people, func(name string, body []byte) error { return put(z, name, string(body)) })
	return errors.Join(err, z.Close())
}

// Members writes the members of TarGz one behind the other, as plain text.
func Members(w io.Writer, people People) error {
	return EachMember(people, func(_ string, body []byte) error {
		_, err := w.Write(body)
		return err
	})
}

// EachMember gives tables and NDJSON files of the same people, each of a part of them. The bytes are good until the next step.
func EachMember(people People, put func(name string, body []byte) error) error {
	var table, bulk bytes.Buffer
	n, files := 0, 0
	flush := func() error {
		files++
		err := errors.Join(put(fmt.Sprintf("export/patients-%05d.csv", files), table.Bytes()), put(fmt.Sprintf("export/bulk-%05d.ndjson", files), bulk.Bytes()))
		table.Reset()
		bulk.Reset()
		n = 0
		return err
	}
	for p := range people {
		if n == 0 {
			table.WriteString(demo.PatientHeader)
		}
		table.Write(demo.AppendPatientRow(table.AvailableBuffer(), p))
		bulk.Write(demo.AppendFHIR(bulk.AvailableBuffer(), p))
		if n++; n == perTable {
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

// explicitLittleEndian and the class of computed tomography images are identifiers of DICOM PS3.6, annex A.
const (
	explicitLittleEndian = "1.2.840.10008.1.2.1"
	computedTomography   = "1.2.840.10008.5.1.4.1.1.2"
)

// AppendDICOM writes the head of an image of a person (PS3.10), with the diagnosis for which he was admitted, and no picture.
func AppendDICOM(b []byte, p *demo.Person) []byte {
	uid := fmt.Sprintf("1.2.826.0.1.3680043.9.9999.%d", p.Index+1)
	b = append(append(b, make([]byte, 128)...), "DICM"...)
	var meta []byte
	meta = element(meta, 0x0002, 0x0002, "UI", computedTomography)
	meta = element(meta, 0x0002, 0x0003, "UI", uid)
	meta = element(meta, 0x0002, 0x0010, "UI", explicitLittleEndian)
	b = element(b, 0x0002, 0x0000, "UL", string(binary.LittleEndian.AppendUint32(nil, uint32(len(meta)))))
	b = append(b, meta...)
	b = element(b, 0x0008, 0x0005, "CS", "ISO_IR 192")
	b = element(b, 0x0008, 0x0016, "UI", computedTomography)
	b = element(b, 0x0008, 0x0018, "UI", uid)
	b = element(b, 0x0008, 0x0020, "DA", "20251201")
	b = element(b, 0x0008, 0x0060, "CS", "CT")
	var code []byte
	c := main(p)
	code = element(code, 0x0008, 0x0100, "SH", c.ICD10)
	code = element(code, 0x0008, 0x0102, "SH", "I10")
	code = element(code, 0x0008, 0x0104, "LO", c.Display)
	item := binary.LittleEndian.AppendUint32([]byte{0xfe, 0xff, 0x00, 0xe0}, uint32(len(code)))
	b = element(b, 0x0008, 0x1084, "SQ", string(append(item, code...)))
	b = element(b, 0x0010, 0x0010, "PN", p.Family+"^"+p.Given+"^"+p.Middle)
	b = element(b, 0x0010, 0x0020, "LO", p.MRN)
	b = element(b, 0x0010, 0x0030, "DA", p.Birth.Format("20060102"))
	b = element(b, 0x0010, 0x0040, "CS", string(p.Sex))
	b = element(b, 0x0010, 0x1040, "LO", fmt.Sprintf("%s, %s, %s %s", p.Street, p.City, p.State, p.ZIP))
	b = element(b, 0x0010, 0x2154, "SH", p.Phone)
	return element(b, 0x0020, 0x000d, "UI", uid+".1")
}

// element writes an element with its representation and its length (PS3.5, 7.1.2).
func element(b []byte, group, number uint16, vr, value string) []byte {
	if len(value)%2 == 1 {
		if vr == "UI" {
			value += "\x00"
		} else {
			value += " "
		}
	}
	b = binary.LittleEndian.AppendUint16(b, group)
	b = binary.LittleEndian.AppendUint16(b, number)
	b = append(b, vr...)
	if vr == "SQ" {
		b = binary.LittleEndian.AppendUint32(append(b, 0, 0), uint32(len(value)))
	} else {
		b = binary.LittleEndian.AppendUint16(b, uint16(len(value)))
	}
	return append(b, value...)
}
