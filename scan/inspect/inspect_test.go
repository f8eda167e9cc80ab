package inspect

import (
	"strings"
	"testing"

	"github.com/chartroom/chartroom/detect"
)

func TestInspectCountsCharacters(t *testing.T) {
	text := "Señora Peña, your number (SSN) 219-46-8317 is on file."
	got, err := Text(strings.NewReader(text), detect.New(nil))
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, s := range got.Spans {
		if s.Kind == "ssn" {
			found = string([]rune(text)[s.Start:s.End]) == "219-46-8317"
		}
	}
	if !found || got.Characters != int64(len([]rune(text))) {
		t.Errorf("got %+v", got)
	}
	if _, err := Text(strings.NewReader("\x00\x01\x02\x03"), detect.New(nil)); err == nil {
		t.Error("binary was inspected as text")
	}
	if got, err := Text(strings.NewReader(""), detect.New(nil)); err != nil || len(got.Spans) != 0 {
		t.Errorf("nothing gives %v %v", got, err)
	}
}

// TestInspectIsTheSameInPieces: a long text is looked at in pieces, and its spans are those of the whole.
func TestInspectIsTheSameInPieces(t *testing.T) {
	filler := strings.Repeat("The café opens at noon and closes late. ", 9000)
	text := filler + "SSN 219-46-8317. " + filler + "Call (413) 586-7291 today. " + filler
	got, err := Text(strings.NewReader(text), detect.New(nil))
	if err != nil {
		t.Fatal(err)
	}
	runes := []rune(text)
	kinds := map[string]string{}
	for _, s := range got.Spans {
		kinds[s.Kind] = string(runes[s.Start:s.End])
	}
	if kinds["ssn"] != "219-46-8317" || !strings.Contains(kinds["phone"], "586-7291") {
		t.Errorf("spans are %v", kinds)
	}
}
