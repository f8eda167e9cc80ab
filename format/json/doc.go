// Package json reads JSON of any shape: one document, a sequence of documents, or one document a line (NDJSON, JSON
// Lines), in one pass and bounded memory. Scanner cuts the text into tokens, Tree gives each path a number, Writer fills
// batches, and Reader puts them together for documents of no known schema. The reader of FHIR builds on the same parts.
//
// The grammar is RFC 8259. Accepted beyond it: control characters within strings, NaN and Infinity, any white space
// between the documents of a sequence. Comments and trailing commas are damage.
package json
