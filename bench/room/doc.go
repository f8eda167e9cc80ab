// Package room measures the web room on a large catalog: each page alone, and many readers at once while a survey writes. bench/run.sh runs
// it.
package room
