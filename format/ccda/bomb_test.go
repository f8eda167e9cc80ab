package ccda

import (
	"errors"
	"testing"

	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/formattest"
)

// TestBombsStayWithinMemory reads documents that never end.
func TestBombsStayWithinMemory(t *testing.T) {
	const size, limit = 8 << 20, 24 << 20
	head := `<ClinicalDocument xmlns="urn:hl7-org:v3"><recordTarget><patientRole><id root="1.2" extension="7"/></patientRole></recordTarget>`
	for name, body := range map[string]*formattest.Repeat{
		"sections":   {First: []byte(head), Data: []byte("<section>")},
		"entries":    {First: []byte(head), Data: []byte(`<entry><act><id root="1.2" extension="e"/></act></entry>`)},
		"ids":        {First: []byte(head + "<recordTarget><patientRole>"), Data: []byte(`<id root="1.2" extension="e"/>`)},
		"patients":   {First: []byte(head), Data: []byte(`<recordTarget><patientRole><id root="1.2" extension="e"/></patientRole></recordTarget>`)},
		"narrative":  {First: []byte(head + "<section><text>"), Data: []byte("<tr><td>seen and well</td></tr>")},
		"open cells": {First: []byte(head + "<section><text><table>"), Data: []byte("<td>a")},
		"words":      {First: []byte(head + "<section><text>"), Data: []byte("seen and well ")},
		"base64":     {First: []byte(head + `<text representation="B64">`), Data: []byte("QUJD")},
		"attribute":  {First: []byte(head + `<id extension="`), Data: []byte("seen and well ")},
		"unknown":    {First: []byte(head), Data: []byte(`<x y="z">v</x>`)},
	} {
		body.Size = size
		t.Run(name, func(t *testing.T) {
			_, _, err := formattest.Bounded(t, Reader{}, "a.xml", body, limit)
			if !errors.Is(err, format.ErrDamaged) { // none of them ends
				t.Errorf("error %v", err)
			}
		})
	}
}
