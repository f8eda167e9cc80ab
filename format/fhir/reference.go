package fhir

import (
	"bytes"
	"hash/maphash"

	"github.com/chartroom/chartroom/phi"
)

// target is what a reference points at.
type target uint8

const (
	unknownTarget target = iota
	aPatient
	aPractitioner
	aRelative
	aThing
)

// targetOf is the target of a resource type.
func targetOf(name []byte) target {
	switch string(name) {
	case "Patient", "Person":
		return aPatient
	case "Practitioner", "PractitionerRole":
		return aPractitioner
	case "RelatedPerson":
		return aRelative
	}
	if known(name) {
		return aThing
	}
	return unknownTarget
}

// maxKnown bounds how many ids of an item are remembered for its references.
const maxKnown = 1 << 16

var hashSeed = maphash.MakeSeed()

// learn remembers the ids of a resource of a Bundle, and takes the entry's fullUrl for the id of a Patient without one.
func (r *reading) learn(f *frame) {
	if len(r.fullURL) == 0 {
		return
	}
	n := &r.nodes[f.node]
	to := targetOf([]byte(n.key))
	id := lastID(r.fullURL)
	if len(r.known) < maxKnown {
		r.known[maphash.Bytes(hashSeed, id)] = to
	}
	if n.key == "Patient" && !f.res.named {
		e := &r.nodes[r.fullNode]
		w := e.labelled(phi.MRN, phi.PartNone)
		w.subject = phi.Patient
		r.put(e, w, id)
	}
	r.fullURL = r.fullURL[:0]
}

// lastID is the id in the address of a resource: what follows the last slash or colon, without a version.
func lastID(ref []byte) []byte {
	if i := bytes.Index(ref, []byte("/_history/")); i >= 0 {
		ref = ref[:i]
	}
	return ref[bytes.LastIndexAny(ref, "/:")+1:]
}

// parse takes a reference apart: literal ("Patient/1", "https://x/fhir/Patient/1/_history/2"), logical ("urn:uuid:..."),
// conditional ("Practitioner?identifier=..."), or contained ("#p1"). hl7.org/fhir/R4/references.html#literal
func parse(ref []byte) (name, id []byte) {
	if i := bytes.IndexByte(ref, '/'); i > 0 && bytes.IndexByte(ref[i+1:], '/') < 0 && bytes.IndexByte(ref, '?') < 0 {
		return ref[:i], ref[i+1:] // nearly all
	}
	if i := bytes.Index(ref, []byte("/_history/")); i >= 0 {
		ref = ref[:i]
	}
	if i := bytes.IndexByte(ref, '?'); i >= 0 {
		head := ref[:i]
		return head[bytes.LastIndexByte(head, '/')+1:], nil
	}
	slash := bytes.LastIndexByte(ref, '/')
	if slash < 0 {
		return nil, lastID(ref)
	}
	head := ref[:slash]
	return head[bytes.LastIndexByte(head, '/')+1:], ref[slash+1:]
}

// reference takes a member of a Reference, which any object may be.
func (r *reading) reference(i int32, f *frame, v []byte) {
	n := &r.nodes[i]
	switch n.leaf {
	case typeLeaf:
		if f.target == unknownTarget {
			f.target = targetOf(v)
		}
	case referenceLeaf:
		r.literal(i, f, v)
	case displayLeaf:
		at := &r.nodes[f.node]
		if f.coded || f.target == aThing || at.slot == thingSlot || at.class == conformance || at.class == outside {
			return
		}
		r.pend(i, &f.show, v)
	}
}

// literal takes Reference.reference: one that points at a patient is that patient's number.
func (r *reading) literal(i int32, f *frame, v []byte) {
	n, at := &r.nodes[i], &r.nodes[f.node]
	if at.class == conformance || len(v) == 0 {
		return
	}
	name, id := parse(v)
	to := targetOf(name)
	local := v[0] == '#'
	if local {
		if to = r.contained(v[1:]); to == unknownTarget && at.slot != patientSlot && at.slot != thingSlot && len(r.later) < maxLocal {
			r.w.Batch.Put(nothing, v[1:])
			r.later = append(r.later, laterCell{len(r.w.Batch.Cells) - 1, r.epoch, i, maphash.Bytes(hashSeed, v[1:])})
		}
	} else if to == unknownTarget {
		to = r.known[maphash.Bytes(hashSeed, id)]
	}
	if to == unknownTarget && at.slot == patientSlot && (local || name == nil || to == unknownTarget && !known(name)) {
		to = aPatient
	}
	if to == unknownTarget {
		return
	}
	f.target = to
	if to != aPatient || string(name) == "Person" || len(id) == 0 {
		return
	}
	w := n.labelled(phi.MRN, phi.PartNone)
	w.subject = phi.Patient
	w.other = n.other && at.slot != patientSlot || local || at.slot != patientSlot && !ownSlot(at)
	if local {
		id = v[1:]
	}
	r.put(n, w, id)
}

// maxLocal bounds how many contained resources of one resource are remembered.
const maxLocal = 256

// localID is a contained resource.
type localID struct {
	hash uint64
	to   target
}

// laterCell is a reference to a contained resource that was not yet met.
type laterCell struct {
	cell  int
	epoch int32
	node  int32
	hash  uint64
}

// contains remembers a contained resource by its id.
func (r *reading) contains(n *node, id []byte) {
	if len(r.local) < maxLocal {
		name := n.path[:len(n.path)-len(".id")]
		r.local = append(r.local, localID{maphash.Bytes(hashSeed, id), targetOf([]byte(name))})
	}
}

// contained is what the contained resource of an id is.
func (r *reading) contained(id []byte) target {
	return r.localTarget(maphash.Bytes(hashSeed, id))
}

func (r *reading) localTarget(hash uint64) target {
	for _, l := range r.local {
		if l.hash == hash {
			return l.to
		}
	}
	return unknownTarget
}

// resolve decides the references into a resource that were put off, at its end.
func (r *reading) resolve() {
	for _, l := range r.later {
		if l.epoch != r.epoch || l.cell >= len(r.w.Batch.Cells) {
			continue
		}
		c := &r.w.Batch.Cells[l.cell]
		if r.localTarget(l.hash) != aPatient {
			r.dropped++
			continue
		}
		n := &r.nodes[l.node]
		w := n.labelled(phi.MRN, phi.PartNone)
		w.subject, w.other = phi.Patient, true
		c.Place = r.place(n, w)
	}
	r.later, r.local = r.later[:0], r.local[:0]
}

// ownSlot tells whether a patient who stands in an element for anybody is the one whom the resource is about.
func ownSlot(n *node) bool {
	switch n.path {
	case "Appointment.participant.actor", "AppointmentResponse.actor", "Group.member.entity", "Person.link.target",
		"Patient.link.other", "ResearchSubject.individual", "Schedule.actor", "List.subject":
		return true
	}
	return false
}

// closeReference decides whose name a Reference's display is.
func (r *reading) closeReference(f *frame) {
	c := r.pended(f.show)
	if c == nil {
		return
	}
	at, n := &r.nodes[f.node], &r.nodes[f.show.node]
	to := f.target
	if to == unknownTarget {
		switch at.slot {
		case patientSlot:
			to = aPatient
		case providerSlot:
			to = aPractitioner
		case anySlot: // a column: the values decide
			w := n.column()
			if !privates[at.key] {
				w.subject = phi.Provider
			}
			c.Place = r.place(n, w)
			return
		}
	}
	w := n.labelled(phi.Name, phi.PartFull)
	switch to {
	case aPatient:
		w.subject = phi.Patient
		w.other = w.other || at.slot != patientSlot && !ownSlot(at)
	case aRelative:
		w.subject, w.other = phi.Patient, true
	case aPractitioner:
		w.subject, w.other = phi.Provider, true
	default:
		r.drop(c)
		return
	}
	c.Place = r.place(n, w)
}
