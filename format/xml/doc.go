// Package xml reads XML of any shape in one pass and bounded memory. Scanner cuts the text into tokens, and Reader makes fields
// and records of them for documents of no known schema. The readers of C-CDA, FHIR and HTML build on the scanner.
//
// The grammar is XML 1.0 with Namespaces. The scanner is made for documents that nobody vouches for: it never expands an entity
// of the document's own and never fetches anything, so that a document cannot grow; it bounds depth, names and attributes; and
// it goes on where a document is not well-formed, and tells so. Fragments, with several roots or with none, are read.
package xml
