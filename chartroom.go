// Package chartroom is the root of the house; it holds no code. ARCHITECTURE.md says which room is for what, and the test
// beside this file keeps the floor plan.
package chartroom
