// Package ccda reads clinical documents (CDA R2, C-CDA), fragments of them, and other XML of HL7 version 3. The position of a
// value is its label: the role around it says whom it is about, its element and data type what it is, and the root of an id or
// the code system of a code which one. What the elements mean is data (data/elements.txt), from the standard; what the standard
// does not know is judged by its values.
//
// A field is named by its path: ClinicalDocument/recordTarget/patientRole/id/@extension. A record is a document, or a
// registration in a message. One that is too long is cut, and what it says of its patient goes on with each piece, so that he
// counts once. Narrative is running text, its tables row by row. Documents within (base64) are inner items.
package ccda
