// Package phi holds the words of health data protection: the identifiers of the Safe Harbor rule
// (45 CFR 164.514(b)(2)), whom they are about, the HL7 classes of sensitivity and confidentiality,
// the code systems that put a record into a class, and the verdict on a thing as a whole.
//
// It is the ground floor. It knows no file, no database and no person.
package phi
