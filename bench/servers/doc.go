// Package servers measures surveys of real servers, which it starts and stops itself: a table beside COPY, many columns by sample, and
// a bucket of many objects. bench/run.sh runs it.
package servers
