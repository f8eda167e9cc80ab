package format

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestEmbeddingOf(t *testing.T) {
	long := strings.Repeat(" and more of it", 8)
	for _, c := range []struct {
		value string
		want  Embedding
	}{
		{`{"resourceType":"Patient"}` + long, Plain},
		{`[{"a":1}]` + long, Plain},
		{"MSH|^~\\&|A|B" + long, Plain},
		{"ISA*00*  " + long, Plain},
		{"<?xml version='1.0'?><a/>" + long, Plain},
		{"%PDF-1.7" + long, Plain},
		{"PK\x03\x04" + long, Plain},
		{strings.Repeat("\x00", 128) + "DICM" + long, Plain},
		{base64.StdEncoding.EncodeToString([]byte(`{"resourceType":"Patient"}` + long)), InBase64},
		{base64.StdEncoding.EncodeToString([]byte("%PDF-1.7" + long)), InBase64},
		{"Patient was seen today." + long, NotEmbedded},
		{"<b>Patient</b> was seen today." + long, NotEmbedded},
		{"MSH is a segment." + long, NotEmbedded},
		{"Imaging showed nothing." + long, NotEmbedded},
		{`{"a":1}`, NotEmbedded},
		{"", NotEmbedded},
	} {
		if got := EmbeddingOf([]byte(c.value)); got != c.want {
			t.Errorf("%.30q: %d, want %d", c.value, got, c.want)
		}
	}
}

func TestBase64ForgivesLayout(t *testing.T) {
	want := []byte("Ada Lovelace, born on the tenth of December")
	for n := range len(want) {
		plain := base64.StdEncoding.EncodeToString(want[:n])
		for _, text := range []string{plain, strings.TrimRight(plain, "="), strings.Join(strings.SplitAfter(plain, "A"), "\r\n ")} {
			for _, wrap := range []func(io.Reader) io.Reader{iotest.OneByteReader, iotest.DataErrReader, iotest.HalfReader} {
				got, err := io.ReadAll(Base64(wrap(strings.NewReader(text))))
				if err != nil || !bytes.Equal(got, want[:n]) {
					t.Errorf("%q gives %q, %v", text, got, err)
				}
			}
		}
	}
	if _, err := io.ReadAll(Base64(strings.NewReader("QWRh!!!!"))); !errors.Is(err, ErrDamaged) {
		t.Errorf("no base64 gives %v", err)
	}
}
