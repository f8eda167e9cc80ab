// Package access measures questions about access on a generated estate: opening it from the catalog, who, reach, footholds, cuts, what
// if. bench/run.sh runs it.
package access
