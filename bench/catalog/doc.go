// Package catalog measures the answers of a large catalog, in a file or on a PostgreSQL server: it makes one of invented facts, asks it what the
// command and the room ask, and tells how long each answer takes. bench/run.sh runs it.
package catalog
