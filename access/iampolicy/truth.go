package iampolicy

// Truth is an answer of three values: what a request or an estate leaves open is never "no".
type Truth uint8

// The values.
const (
	No Truth = iota
	Maybe
	Yes
)

// String gives the value in words.
func (t Truth) String() string { return [...]string{"no", "maybe", "yes"}[t] }

// val is a Truth that keeps why it is a Maybe, by Kleene's logic: no = 0, yes = all bits, anything else is a Maybe with its causes.
type val uint8

const (
	no         val = 0
	onContext  val = 1 // a condition whose key is not known
	onResource val = 2 // holds for some of the resources asked about
	onIdentity val = 4 // whom a canonical user id or a constrained grant means, or which key it is, is not known
	yes        val = 0xff
)

func (v val) truth() Truth {
	switch v {
	case no:
		return No
	case yes:
		return Yes
	}
	return Maybe
}

func truthOf(b bool) val {
	if b {
		return yes
	}
	return no
}

func and(a, b val) val {
	switch {
	case a == no || b == no:
		return no
	case a == yes:
		return b
	case b == yes:
		return a
	}
	return a | b
}

func or(a, b val) val {
	switch {
	case a == yes || b == yes:
		return yes
	case a == no:
		return b
	case b == no:
		return a
	}
	return a | b
}

func not(v val) val {
	switch v {
	case no:
		return yes
	case yes:
		return no
	}
	return v
}

// whichKey turns "for some keys" into "it is not known for which": a resource has one key.
func (v val) whichKey() val {
	if v != yes && v&onResource != 0 {
		v = v&^onResource | onIdentity
	}
	return v
}
