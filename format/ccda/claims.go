package ccda

import (
	"bytes"
	"context"
	"strings"

	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/charset"
	"github.com/chartroom/chartroom/format/xml"
)

// namespace is that of HL7 version 3, CDA among it.
const namespace = "urn:hl7-org:v3"

// definitions are namespaces of documents that speak about others: schemas, style sheets, rules.
var definitions = map[string]bool{
	"http://www.w3.org/2001/XMLSchema": true, "http://www.w3.org/1999/XSL/Transform": true, "http://purl.oclc.org/dsdl/schematron": true,
	"http://www.ascc.net/xml/schematron": true, "http://www.w3.org/1999/xhtml": true, "http://hl7.org/fhir": true, "http://relaxng.org/ns/structure/1.0": true,
}

const (
	// maxLooked is how many elements of a head are looked at.
	maxLooked = 400
	// enough is from how many signs on a fragment without a namespace is known.
	enough = 3
)

// Claims looks for an element in the namespace of HL7 version 3, at the root or in an envelope. A fragment that declares no
// namespace is known by its elements and by how they are written.
func (Reader) Claims(_ string, head []byte) format.Claim {
	text := bytes.TrimLeft(charset.Head(head), " \t\r\n")
	if len(text) < 4 || text[0] != '<' {
		return format.No
	}
	declared := bytes.Contains(text, []byte(namespace))
	s := xml.NewScanner(context.Background(), bytes.NewReader(text), int64(len(text)))
	signs, section := 0, false
	for n := 0; n < maxLooked; {
		t, err := s.Next()
		if err != nil || t == xml.EOF {
			break
		}
		if t != xml.Start {
			continue
		}
		uri := s.URI(s.Space())
		switch n++; {
		case uri == namespace:
			return format.Certain
		case n == 1 && definitions[uri]:
			return format.No
		case uri == "" && !declared:
			signs += signsOf(s)
			if string(s.Name()) == "text" && section {
				signs++
			}
			section = string(s.Name()) == "section"
			if n == 1 && signs == 0 {
				return format.No
			}
		}
		if signs >= enough {
			return format.Certain
		}
	}
	if signs > 0 && signs >= enough-1 {
		return format.Likely
	}
	return format.No
}

// telling are elements that no other format has, or that few have.
var telling = func() map[string]bool {
	out := map[string]bool{}
	for _, name := range strings.Fields(`ClinicalDocument templateId typeId realmCode setId recordTarget patientRole assignedEntity assignedAuthor
		assignedPerson representedOrganization representedCustodianOrganization assignedCustodian legalAuthenticator dataEnterer
		administrativeGenderCode birthTime effectiveTime streetAddressLine entryRelationship substanceAdministration observationMedia
		structuredBody nonXMLBody relatedSubject relatedEntity associatedEntity participantRole playingEntity manufacturedProduct
		manufacturedMaterial serviceEvent documentationOf componentOf encompassingEncounter inFulfillmentOf informationRecipient intendedRecipient
		signatureCode signatureText externalDocument externalObservation routeCode targetSiteCode interpretationCode referenceRange guardianPerson healthCareFacility
		relatedPerson associatedPerson consumable specimenRole assignedAuthoringDevice custodian birthplace religiousAffiliationCode raceCode`) {
		out[name] = true
	}
	return out
}()

// signsOf counts what speaks for HL7 version 3 in a start tag: a telling name, and attributes that only its acts have. The
// root must be an element of the standard.
func signsOf(s *xml.Scanner) int {
	if _, known := elements[string(s.Name())]; !known {
		return 0
	}
	signs := 0
	if telling[string(s.Name())] {
		signs++
	}
	oids := 0
	for _, a := range s.Attrs() {
		switch string(a.Name) {
		case "classCode", "moodCode", "typeCode", "nullFlavor":
			signs++
		case "representation", "operator", "inclusive":
			signs++
		case "codeSystem", "root":
			if bytes.HasPrefix(a.Value, []byte("2.16.840.1.")) {
				oids = 1
			}
		case "use":
			if len(a.Value) <= 2 {
				oids = 1
			}
		}
	}
	if signs == 0 && oids == 0 && s.Depth() == 1 { // the root itself must be one of the standard's
		return 1
	}
	return signs + oids
}
