package rtf

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/formattest"
)

const note = `{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fnil Arial;}}{\colortbl;\red0\green0\blue0;}{\*\generator Some Writer 1.0;}
{\info{\title Discharge}{\author Grace Hopper}}\pard\f0 Patient:\tab Ren\'e9e {\b Love}lace\par
MRN 100201\cell born \{1815\}\row\u8220?said no\u8221?\line {\*\shppict{\pict\pngblip 89504e47}}{\footnote seen \uc0\u233 t\u55357\u56832}{\*\bkmkstart secret}{\*\annotation by hand}
\bin4 {{}}end}`

func text(s *formattest.Summary) string { return strings.Join(s.Values("text"), "") }

func TestContract(t *testing.T) {
	formattest.Run(t, Reader{}, formattest.Sample{Name: "a.rtf", Data: []byte(note), Claim: format.Certain})
}

func TestNote(t *testing.T) {
	s := formattest.Collect(Reader{}, "a.rtf", []byte(note))
	want := "\nDischarge\nGrace HopperPatient:\tRenée Lovelace\nMRN 100201\tborn {1815}\n“said no”\n\nseen ét😀by handend"
	if diff := cmp.Diff(want, text(s)); diff != "" || s.Err != nil {
		t.Error(diff, s.Err)
	}
	if len(s.Gaps) != 1 || s.Gaps[0].Reason != estate.GapNoReader {
		t.Errorf("gaps %v", s.Gaps)
	}
}

func TestGaps(t *testing.T) {
	for doc, reason := range map[string]estate.GapReason{
		`{\rtf1 a{\pict 8950}b}`: estate.GapNoReader, `{\rtf1 {\object{\*\objdata 01}}}`: estate.GapNoReader, `{\rtf1 a`: estate.GapTruncated, `{\rtf1 \bin100 a}`: estate.GapTruncated,
	} {
		s := formattest.Collect(Reader{}, "a.rtf", []byte(doc))
		if s.Err != nil || len(s.Gaps) != 1 || s.Gaps[0].Reason != reason {
			t.Errorf("%s: %v %v", doc, s.Err, s.Gaps)
		}
	}
	if s := formattest.Collect(Reader{}, "a.rtf", []byte(`{\rtf1 `+strings.Repeat("{", 20_000))); s.Err == nil {
		t.Error("any depth is read")
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(note))
	f.Fuzz(func(t *testing.T, data []byte) { formattest.Collect(Reader{}, "a.rtf", data) })
}
