package pack

import "crypto/sha256"

// Root is the Merkle tree hash of a list of entries (RFC 6962, section 2.1): leaves and nodes are hashed apart, so neither can be taken for
// the other, and a list has one root only.
func Root(entries [][]byte) [sha256.Size]byte {
	switch len(entries) {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return sha256.Sum256(append([]byte{0}, entries[0]...))
	}
	k := 1 // the largest power of two that is smaller than the list
	for 2*k < len(entries) {
		k *= 2
	}
	left, right := Root(entries[:k]), Root(entries[k:])
	node := append([]byte{1}, left[:]...)
	return sha256.Sum256(append(node, right[:]...))
}
