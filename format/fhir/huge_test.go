package fhir

import (
	"strings"
	"testing"

	"github.com/chartroom/chartroom/format/formattest"
)

// TestHuge reads inputs that no memory should hold: a Bundle on one line, a resource that is one endless list, an
// attachment, brackets without end.
func TestHuge(t *testing.T) {
	const size, limit = 32 << 20, 16 << 20
	entry := `{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Observation","subject":{"reference":"Patient/1"},"code":{"coding":[{"system":"http://loinc.org","code":"8302-2"}]}}},`
	for name, c := range map[string]struct {
		body    *formattest.Repeat
		records int64
	}{
		"bundle":     {&formattest.Repeat{First: []byte(`{"resourceType":"Bundle","entry":[`), Data: []byte(entry), Size: size}, size / int64(len(entry)+4)},
		"names":      {&formattest.Repeat{First: []byte(`{"resourceType":"Patient","name":[{"given":[`), Data: []byte(`"Ann",`), Size: size}, 70},
		"members":    {&formattest.Repeat{First: []byte(`{"resourceType":"Patient","name":[{`), Data: []byte(`"family":"Example",`), Size: size}, 30},
		"attachment": {&formattest.Repeat{First: []byte(`{"resourceType":"Binary","data":"`), Data: []byte("JVBERi0x"), Size: size}, 1},
		"text":       {&formattest.Repeat{First: []byte(`{"resourceType":"Patient","text":{"div":"`), Data: []byte("words of a text "), Size: size}, 100},
		"brackets":   {&formattest.Repeat{First: []byte(`{"resourceType":"Patient","name":`), Data: []byte(`[{"name":`), Size: size}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			records, _, err := formattest.Bounded(t, Reader{}, "a.json", c.body, limit)
			if records < c.records {
				t.Errorf("%d records, want %d", records, c.records)
			}
			if err == nil || !strings.Contains(err.Error(), "damaged") { // none of them ends
				t.Errorf("error %v", err)
			}
		})
	}
}
