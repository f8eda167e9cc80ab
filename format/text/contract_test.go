package text

import (
	"strings"
	"testing"

	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/formattest"
)

func TestContract(t *testing.T) {
	line := "2024-05-01 12:00:00,123 INFO request 8f2c41 done for Jane Doe of 12 Elm St\n"
	formattest.Run(t, Reader{},
		formattest.Sample{Name: "a.txt", Data: []byte("Jane Doe was seen.\r\nZoë, too.\n"), Claim: format.Fallback, Gaps: []formattest.Gap{},
			Want: []formattest.Record{{{Field: "text", Value: "Jane Doe was seen.\r\nZoë, too.\n"}}}},
		formattest.Sample{Name: "latin.txt", Data: []byte("Zo\xeb M\xfcller\n"), Claim: format.Fallback, Want: []formattest.Record{{{Field: "text", Value: "Zoë Müller\n"}}}},
		formattest.Sample{Name: "wide.txt", Data: []byte("\xff\xfeJ\x00a\x00n\x00e\x00"), Claim: format.Fallback, Want: []formattest.Record{{{Field: "text", Value: "Jane"}}}},
		formattest.Sample{Name: "long.log", Data: []byte(strings.Repeat(line, 600<<10/len(line))), Claim: format.Fallback},
		formattest.Sample{Name: "line.log", Data: []byte(strings.Repeat("x", 600<<10)), Claim: format.Fallback},
	)
}

func TestBounded(t *testing.T) {
	for name, data := range map[string]string{"lines": "a line of a log\n", "one line": "x", "Latin-1": "na\xefve "} {
		body := &formattest.Repeat{Data: []byte(data), Size: 64 << 20}
		if _, _, err := formattest.Bounded(t, Reader{}, "a.log", body, 4<<20); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
