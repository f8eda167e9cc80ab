// Package fhir reads FHIR resources, of the releases R2 to R5: in JSON single resources, Bundles, arrays and bulk data
// (NDJSON), in XML resources and Bundles, which are translated to JSON while they are read. The position of a value is its
// label: a resource's type says whom it is about, and an element's data type (HumanName, Identifier, Reference, ...) what
// stands there. Both are facts of the specification (hl7.org/fhir/R4 and R5).
//
// A field is named by the path of its elements from the innermost resource on: Patient.name.family, whether the Patient
// stands alone, in a Bundle or contained in another resource. A record is a resource with what it contains. Positions
// that hold no identifier, no code of a known system and no text are passed over and have no place. What the
// specification does not know, such as an extension, is a column whose values decide.
package fhir
