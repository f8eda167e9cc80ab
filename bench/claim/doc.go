// Package claim measures the test of a claim against a catalog of as many traces as a large estate leaves: in a process of its own, from its
// start to its answer. bench/run.sh runs it.
package claim
