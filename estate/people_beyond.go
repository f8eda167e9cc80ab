package estate

import "encoding/binary"

// HeadBytes is how many bytes of a stored sketch Beyond needs at most.
const HeadBytes = 1 + 4*binary.MaxVarintLen64

// Beyond tells from the first bytes of a stored sketch whether to merge it would change nothing, for all its marks are beyond those that p holds:
// so it is with most sketches where there are many. When in doubt it would.
func (p *People) Beyond(head []byte) bool {
	if len(head) == 0 || head[0] != peopleFormat {
		return false
	}
	var numbers [4]uint64 // capacity, limit, marks and the first mark
	for i, b := 0, head[1:]; i < len(numbers); i++ {
		v, n := binary.Uvarint(b)
		if i == 3 && numbers[2] == 0 {
			break // there is no mark
		}
		if n <= 0 {
			return false
		}
		numbers[i], b = v, b[n:]
	}
	limit, marks, first := numbers[1], numbers[2], numbers[3]
	if p.limit == 0 {
		return limit == 0 && marks == 0
	}
	return (limit == 0 || limit >= p.limit) && (marks == 0 || first >= p.limit)
}
