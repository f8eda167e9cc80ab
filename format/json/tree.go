package json

import "hash/maphash"

const (
	// MaxChildren is how many different keys one object may have before further ones are taken for data: they share
	// the child Fold.
	MaxChildren = 1000
	// Fold is the key of that child.
	Fold = "*"

	maxNodes      = 1 << 16
	maxName       = 80
	minDataDigits = 5
)

// Root is the node that a tree begins with.
const Root int32 = 0

// Tree numbers the paths of a document: a node is a key under a parent node. Documents repeat their keys in the same
// order, so each node remembers which one came after it, and a known key costs one comparison.
type Tree struct {
	nodes []treeNode
	index map[uint64]int32
	seed  maphash.Seed
}

type treeNode struct {
	key      string
	parent   int32
	first    int32 // child that the object began with last time
	next     int32 // sibling that came after it last time
	children int32
	fold     int32
}

// NewTree makes a tree of its root.
func NewTree() *Tree {
	return &Tree{nodes: make([]treeNode, 1, 64), index: make(map[uint64]int32), seed: maphash.MakeSeed()}
}

// Len is the number of nodes; a node that Child makes has the number that Len was.
func (t *Tree) Len() int { return len(t.nodes) }

// Key is the last key of a node's path.
func (t *Tree) Key(n int32) string { return t.nodes[n].key }

// Parent is the node above.
func (t *Tree) Parent(n int32) int32 { return t.nodes[n].parent }

// Child gives the node of a key under a parent. prev is the child that stood before it in the same object, or the
// parent itself for the first.
func (t *Tree) Child(parent, prev int32, key []byte) int32 {
	p := &t.nodes[prev]
	guess := p.next
	if prev == parent {
		guess = p.first
	}
	if guess != 0 && t.nodes[guess].key == string(key) {
		return guess
	}
	n := t.find(parent, key)
	if p = &t.nodes[prev]; prev == parent {
		p.first = n
	} else {
		p.next = n
	}
	return n
}

// find looks the key up, and adds it where there is room.
func (t *Tree) find(parent int32, key []byte) int32 {
	h := maphash.Bytes(t.seed, key) ^ uint64(parent)*0x9E3779B97F4A7C15
	for {
		n, ok := t.index[h]
		if !ok {
			break
		}
		if t.nodes[n].parent == parent && t.nodes[n].key == string(key) {
			return n
		}
		h++
	}
	if p := &t.nodes[parent]; p.children >= MaxChildren || len(t.nodes) >= maxNodes || isData(key) {
		return t.fold(parent)
	}
	n := t.add(parent, string(key))
	t.index[h] = n
	return n
}

// isData tells whether a key is no name that somebody gave to a field, but an identifier itself: it has many digits, it
// is an address, or it is very long. Such a key must not become part of a path, since paths are stored and shown.
func isData(key []byte) bool {
	if len(key) > maxName {
		return true
	}
	digits := 0
	for _, c := range key {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c == '@' || c < ' ':
			return true
		}
	}
	return digits >= minDataDigits && key[0] != '['
}

func (t *Tree) add(parent int32, key string) int32 {
	n := int32(len(t.nodes))
	t.nodes = append(t.nodes, treeNode{key: key, parent: parent})
	t.nodes[parent].children++
	return n
}

// fold gives the child that takes the keys which are data. When the tree itself is full, a node is its own.
func (t *Tree) fold(parent int32) int32 {
	if f := t.nodes[parent].fold; f != 0 {
		return f
	}
	if len(t.nodes) >= maxNodes+maxNodes/8 || t.nodes[parent].key == Fold && len(t.nodes) >= maxNodes {
		return parent
	}
	f := t.add(parent, Fold)
	t.nodes[parent].fold = f
	return f
}

// Folded tells whether the node stands for keys that are data.
func (t *Tree) Folded(n int32) bool { return n != Root && t.nodes[t.nodes[n].parent].fold == n }
