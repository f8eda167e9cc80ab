// Package estate holds the facts about an estate: its repositories, the items in them, what was found in an
// item, what was not read, and who may read what. All of them are cold: no fact holds a value of a person.
//
// The people of an item are held as a sketch of keyed marks (People), which merges with others in any order.
package estate
