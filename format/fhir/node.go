package fhir

import (
	"strings"

	"github.com/chartroom/chartroom/format/json"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// node is a path within a resource, and all that the specification says of it. It is worked out once, when the path is
// first met; from then on a value costs a look at its node.
type node struct {
	path  string
	key   string
	shape shape
	leaf  leaf
	slot  slot
	class class

	kind    phi.Kind // of a fixedLeaf; of identifiers: what they are if nothing else says it
	part    phi.Part
	subject phi.Subject
	other   bool // of a relative or contact
	flags   flag

	places []placed

	seen systemEntry // the last system here
}

// flag is what a node passes on to the nodes below it, or is alone.
type flag uint16

const (
	ofOther      flag = 1 << iota // codes are about a relative
	inAddress                     // beneath an Address
	inName                        // beneath a HumanName
	residence                     // an address that says where the patient lives
	idType                        // Identifier.type
	verification                  // verificationStatus
	security                      // labels of sensitivity
	photo                         // an attachment that is a picture of a person
	contained                     // in a contained resource
	split                         // each object is a record of its own
	ignored                       // holds nothing, however deep

	inherited = ofOther | inAddress | inName | idType | verification | security | contained
)

// placed is a place of a node, for a kind of value.
type placed struct {
	what  what
	place uint32
}

// what tells a node's places apart.
type what struct {
	kind    phi.Kind
	part    phi.Part
	mode    record.Mode
	other   bool
	subject phi.Subject
	class   phi.Classes
}

// maxPath is the length from which a path does not grow: a document that nests names endlessly cannot fill the memory.
const maxPath = 400

// root makes the node of a resource type.
func root(name string, in bool) node {
	class, known := types[name]
	if !known {
		class = clinical
	}
	n := node{path: name, key: name, shape: resource, leaf: skipLeaf, class: class, subject: class.subject(), other: class == relative}
	if in {
		n.flags |= contained
		if products[name] {
			n.subject = phi.Patient // the medication of a prescription
		}
	}
	switch name {
	case "FamilyMemberHistory":
		n.flags |= ofOther
	case "Binary":
		n.shape = attachment
	}
	return n
}

// child makes the node of a key beneath another.
func child(up *node, key string) node {
	n := node{key: key, path: key, class: up.class, subject: up.subject, other: up.other, flags: up.flags & inherited}
	if len(up.path) > maxPath {
		n.path = up.path
	} else if up.path != "" {
		n.path = up.path + "." + key
	}
	if up.class == outside {
		n.shape, n.leaf = foreign, unknownLeaf
		return n
	}
	if up.flags&ignored != 0 {
		n.flags |= ignored
		return n
	}
	n.byName(strings.TrimPrefix(key, "_"))
	n.byParent(up)
	n.byPath(up)
	if n.class == conformance && n.class == up.class {
		n.restrict(up)
	}
	return n
}

// byName says what an element of this name is in most places.
func (n *node) byName(key string) {
	n.shape, n.slot = shapes[key], slots[key]
	l, known := leaves[key]
	n.leaf = l
	if !known && n.shape == generic {
		for _, s := range suffixes {
			if len(key) > len(s.end) && strings.HasSuffix(key, s.end) {
				n.shape, n.leaf = s.shape, s.leaf
				break
			}
		}
	} else if !known && n.shape != generic {
		n.leaf = skipLeaf
	}
	if n.leaf == skipLeaf && n.shape == passed {
		n.flags |= ignored
	}
	switch key {
	case "birthDate":
		n.leaf, n.kind = birthLeaf, phi.DateOfBirth
	case "photo":
		n.flags |= photo
	case "verificationStatus":
		n.flags |= verification
		n.leaf = statusLeaf
	case "securityLabel":
		// A consent's labels say what it is about, not what the record holds.
		if !strings.HasPrefix(n.path, "Consent.") && !strings.HasPrefix(n.path, "Contract.") && !strings.HasPrefix(n.path, "Permission.") {
			n.flags |= security
		}
	}
}

// byParent says what an element is in an object of the parent's type.
func (n *node) byParent(up *node) {
	switch up.shape {
	case humanName:
		n.namePart()
	case address:
		n.flags |= inAddress | up.flags&residence
		n.addressPart()
	case contact:
		switch n.key {
		case "system":
			n.leaf = wayLeaf
		case "value":
			n.leaf = valueLeaf
		}
	case identifier:
		n.kind = up.kind
		switch n.key {
		case "system":
			n.leaf = idSystemLeaf
		case "value":
			n.leaf = valueLeaf
		case "type":
			n.flags |= idType
		}
	case attachment:
		n.flags |= up.flags & photo
		n.attachmentPart()
	case narrative:
		if n.key == "div" {
			n.leaf = textLeaf
		}
	case annotation:
		switch n.key {
		case "text":
			n.leaf, n.shape = textLeaf, generic
		case "authorString":
			n.fix(phi.Name, phi.PartFull)
			n.subject = phi.Provider
		}
	case extension:
		n.extensionPart()
	case meta:
		switch {
		case n.key == "security":
			n.shape = coding
			n.flags |= security
		case n.shape != extension:
			n.flags |= ignored
		}
	case age:
		if n.key == "value" {
			n.leaf = ageLeaf
		}
	case generic, coding, resource:
		n.codingPart(up)
	}
}

func (n *node) fix(k phi.Kind, p phi.Part) { n.leaf, n.kind, n.part = fixedLeaf, k, p }

// namePart is an element of HumanName.
func (n *node) namePart() {
	n.flags |= inName
	switch strings.TrimPrefix(n.key, "_") {
	case "family":
		n.fix(phi.Name, phi.PartFamily)
	case "given":
		n.fix(phi.Name, phi.PartGiven)
	case "text":
		n.fix(phi.Name, phi.PartFull)
	}
}

// attachmentPart is an element of Attachment.
func (n *node) attachmentPart() {
	switch n.key {
	case "data", "content":
		n.leaf, n.shape = dataLeaf, generic
	case "contentType":
		n.leaf = mediaLeaf
	case "url":
		n.leaf = linkLeaf
	}
}

// addressPart is an element of Address. A State is no identifier, but says where its person lives.
func (n *node) addressPart() {
	switch strings.TrimPrefix(n.key, "_") {
	case "line":
		n.fix(phi.Address, phi.PartStreet)
	case "text":
		n.fix(phi.Address, phi.PartNone)
	case "city":
		n.fix(phi.Address, phi.PartCity)
	case "district":
		n.fix(phi.Address, phi.PartCounty)
	case "postalCode":
		n.fix(phi.ZIP, phi.PartZIP)
	case "state":
		if n.flags&residence != 0 {
			n.fix(phi.None, phi.PartState)
		}
	}
}

// extensionPart is an element of Extension.
func (n *node) extensionPart() {
	switch {
	case n.key == "url":
		n.leaf = urlLeaf
	case n.flags&(inAddress|inName) != 0 && n.shape == generic && strings.HasPrefix(n.key, "value"):
		n.leaf = addressCodeLeaf
	case n.leaf == textLeaf:
		n.leaf = columnLeaf
	}
}

// codingPart is an element of Coding, CodeableConcept or Reference: whichever of them the object turns out to be.
func (n *node) codingPart(up *node) {
	switch n.key {
	case "system":
		n.leaf = systemLeaf
	case "code":
		n.leaf = codeLeaf
	case "reference":
		n.leaf = referenceLeaf
	case "type":
		n.leaf = typeLeaf
	case "display":
		if up.shape == generic {
			n.leaf = displayLeaf
		}
	case "identifier":
		n.kind, n.slot = phi.None, up.slot
		switch {
		case up.shape == resource:
		case up.slot == patientSlot:
			n.kind = phi.MRN
		case up.slot == noSlot && up.class == clinical:
			n.kind = phi.OtherID
		}
	}
	if n.shape == identifier && n.key != "identifier" && n.class == clinical {
		n.kind = phi.OtherID
	}
}

// restrict leaves of a definition only its text and its publisher's contacts.
func (n *node) restrict(up *node) {
	keep := n.key == "contact" || n.key == "text" && up.shape == resource || n.key == "div" ||
		n.key == "contained" || up.key == "contact" || up.shape == contact
	if !keep {
		n.flags |= ignored
	}
}

// texts are the elements whose text is no label of a code.
var texts = words(true, `dosageInstruction dosage processNote term offer asset context answer`)

// byPath says what is so for one element alone.
func (n *node) byPath(up *node) {
	if up.shape == resource || up.path == "Binary" {
		n.ofResource(up)
	}
	switch n.path {
	case "AuditEvent.agent", "AuditEvent.participant", "AuditEvent.source", "Device.contact", "Endpoint.contact", "MessageHeader.source",
		"Organization.contact", "HealthcareService.contact":
		n.subject = phi.Organisation
		if up.path == "AuditEvent" {
			n.subject = phi.Workforce
		}
	case "AuditEvent.agent.name", "AuditEvent.participant.name":
		n.fix(phi.Name, phi.PartFull)
	case "AuditEvent.agent.altId", "AuditEvent.participant.altId", "AuditEvent.participant.userId":
		n.fix(phi.OtherID, phi.PartNone)
	case "AuditEvent.agent.network.address", "AuditEvent.participant.network.address", "AuditEvent.agent.networkString":
		n.leaf, n.shape = columnLeaf, generic
	case "Encounter.participant.individual", "EncounterHistory.participant.individual":
		n.slot = providerSlot
	case "Patient.contact":
		n.other = true
	case "FamilyMemberHistory.name":
		n.fix(phi.Name, phi.PartFull)
		n.other = true
	case "FamilyMemberHistory.bornDate":
		n.leaf, n.kind, n.other = birthLeaf, phi.DateOfBirth, true
	case "Group.member":
		n.flags |= split
	case "Group.member.entity":
		n.slot = patientSlot
	case "Claim.related.reference", "ExplanationOfBenefit.related.reference":
		n.shape, n.kind = identifier, phi.OtherID
	case "Media.content":
		n.shape = attachment
	case "AuditEvent.entity.query":
		n.leaf = dataLeaf
	case "Bundle.entry.request.ifNoneExist": // a search by the identifier of a patient
		n.leaf, n.class, n.subject = textLeaf, clinical, phi.Patient
	case "Location.position.latitude", "Location.position.longitude":
		n.fix(phi.Address, phi.PartNone)
	case "Device.udiCarrier.deviceIdentifier", "Device.udiCarrier.carrierHRF", "Device.udi.deviceIdentifier", "Device.udi.carrierHRF":
		n.fix(phi.Device, phi.PartNone)
	case "Bundle.entry.fullUrl":
		n.leaf = fullURLLeaf
	case "Bundle.entry.response.outcome":
		n.shape = resource
	case "Subscription.contact", "Endpoint.contact.value", "MessageHeader.source.contact":
		n.shape = contact
	case "Parameters.parameter":
		n.class = clinical
		n.subject = phi.Patient
	}
	switch {
	case n.key == "text" && texts[up.key]:
		n.leaf, n.shape = textLeaf, generic
	case n.key == "name" && n.class == clinical && n.leaf == skipLeaf && (up.shape == resource || n.path == "AuditEvent.entity.name"):
		n.leaf = textLeaf // a title that somebody chose, often with the patient's name in it
	}
	if n.key == "preAuthRef" && n.class == clinical {
		n.fix(phi.OtherID, phi.PartNone)
	}
}

// ofResource is an element of a resource itself.
func (n *node) ofResource(up *node) {
	switch n.key {
	case "id":
		if up.path == "Patient" {
			n.leaf, n.kind = idLeaf, phi.MRN
		} else if up.flags&contained != 0 {
			n.leaf, n.kind = idLeaf, phi.None
		}
	case "status":
		n.leaf = statusLeaf
	case "doNotPerform", "notDone", "wasNotGiven", "wasNotTaken", "notGiven":
		n.leaf = statusLeaf
	case "identifier":
		k, special := ownIDs[up.path]
		if !special && up.class == clinical {
			k = phi.OtherID
		}
		if up.class == relative {
			k = phi.OtherID
		}
		n.kind = k
	case "gender":
		if up.path == "Patient" {
			n.fix(phi.None, phi.PartSex)
		}
	case "address":
		if up.path == "Patient" || up.path == "Person" {
			n.flags |= residence
		}
	case "deceasedDateTime":
		n.part = phi.PartDeath
	case "subscriberId", "memberId":
		if up.path == "Coverage" {
			n.fix(phi.HealthPlanID, phi.PartNone)
			n.other = true // the subscriber's, who may be a relative: a family shares it
		}
	case "contact":
		if up.path == "Endpoint" || up.path == "Device" || up.path == "Subscription" {
			n.shape = contact
		}
	}
	if up.path == "Device" && deviceNumbers[n.key] {
		n.fix(phi.Device, phi.PartNone)
	}
}

// dated tells whether dates at the node are elements of dates about an individual.
func (n *node) dated() bool {
	switch n.class {
	case clinical, person, relative:
		return n.leaf != skipLeaf
	}
	return false
}

// place gives the place of a kind of value at a node, and makes it when it is new.
func (r *reading) place(n *node, w what) uint32 {
	for i := range n.places {
		if n.places[i].what == w {
			return n.places[i].place
		}
	}
	p := record.Place{Field: n.path, Mode: w.mode, Kind: w.kind, Part: w.part, Subject: w.subject, Other: w.other, Classes: w.class}
	if p.Field == "" {
		p.Field = "$"
	}
	switch w.mode {
	case record.Column:
		p.Name = n.name()
	case record.Labelled:
		p.Rule = "HL7 FHIR, " + n.path
	}
	place := uint32(r.out.Places.Len() - 1)
	if !r.out.Places.Full() {
		place = r.out.Places.Add(p)
	}
	n.places = append(n.places, placed{w, place})
	return place
}

// name is the name by which the node's column is judged: its key, or where that says only what type it has, the one above.
func (n *node) name() string {
	parts := strings.Split(n.path, ".")
	for i := len(parts) - 1; i >= 0; i-- {
		key := strings.TrimPrefix(parts[i], "_")
		if key == "extension" || key == "modifierExtension" {
			return ""
		}
		if key != "display" && !strings.HasPrefix(key, "value") {
			return key
		}
	}
	return ""
}

// labelled is a value of the node's subject.
func (n *node) labelled(k phi.Kind, part phi.Part) what {
	return what{kind: k, part: part, subject: n.subject, other: n.other}
}

func (n *node) text() what {
	return what{kind: phi.FreeText, mode: record.Text, subject: n.subject, other: n.other}
}

func (n *node) column() what { return what{mode: record.Column, subject: n.subject, other: n.other} }

// node gives the node of a tree's node.
func (r *reading) child(f *frame, key []byte) int32 {
	n := r.tree.Child(f.node, f.prev, key)
	if int(n) == len(r.nodes) {
		r.nodes = append(r.nodes, child(&r.nodes[f.node], r.tree.Key(n)))
	}
	f.prev = n
	return n
}

// root gives the node of a resource type.
func (r *reading) root(name []byte, in bool) int32 {
	key := name
	if in {
		key = append(append(make([]byte, 0, 64), '#'), name...)
	}
	n := r.tree.Child(json.Root, json.Root, key)
	if int(n) == len(r.nodes) {
		r.nodes = append(r.nodes, root(string(name), in))
	}
	return n
}
