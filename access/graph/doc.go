// Package graph counts over the edges of who can reach what: what a foothold reaches and in how many distinct people, who reaches a
// resource and by what path, which footholds reach the most, and which set of removals shrinks that most.
//
// It knows dense integers and no names. Nodes are principals and resources; an edge to a principal lets one become it, an edge to a
// resource lets one read it, and nothing leads out of a resource. Each edge rests on a proof, a set of grants of which it needs every
// one; several edges between the same two nodes are alternatives. DESIGN.md beside this file says why it is built as it is.
package graph
