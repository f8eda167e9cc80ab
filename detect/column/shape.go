package column

// mask is which classes of characters a value holds.
type mask uint16

const (
	mDigit mask = 1 << iota
	mUpper
	mLower
	mSpace
	mHyphen
	mDot
	mSlash
	mColon
	mComma
	mAt
	mUnder
	mParen // ( ) [ ] { }
	mQuote // ' "
	mPlus  // + and ~
	mHigh  // beyond ASCII
	mOther // any other sign, and control characters
)

const mLetter = mUpper | mLower | mHigh

// maskOf is the class of each byte.
var maskOf = func() (t [256]mask) {
	for c := range 256 {
		switch b := byte(c); {
		case b-'0' < 10:
			t[c] = mDigit
		case b-'A' < 26:
			t[c] = mUpper
		case b-'a' < 26:
			t[c] = mLower
		case b >= 0x80:
			t[c] = mHigh
		default:
			t[c] = mOther
		}
	}
	for m, signs := range map[mask]string{mSpace: " \t\r\n", mHyphen: "-", mDot: ".", mSlash: "/\\", mColon: ":;", mComma: ",", mAt: "@", mUnder: "_", mParen: "()[]{}", mQuote: "'\"`", mPlus: "+~"} {
		for _, c := range []byte(signs) {
			t[c] = m
		}
	}
	return t
}()

// classes gives the classes of a value's bytes.
func classes(v []byte) mask {
	var m, n mask
	for len(v) >= 4 {
		m |= maskOf[v[0]] | maskOf[v[1]]
		n |= maskOf[v[2]] | maskOf[v[3]]
		v = v[4:]
	}
	for _, c := range v {
		m |= maskOf[c]
	}
	return m | n
}

// profile is a value measured once, for all probes to share.
type profile struct {
	mask    mask
	digits  int
	letters int // ASCII letters and bytes beyond ASCII
	words   int // runs between blanks
	signs   int // neither digit, letter nor blank
}

// measure looks at each byte once.
func measure(v []byte) profile {
	var p profile
	blank := true
	for _, c := range v {
		m := maskOf[c]
		p.mask |= m
		switch {
		case m == mDigit:
			p.digits++
		case m&mLetter != 0:
			p.letters++
		case m == mSpace:
			blank = true
			continue
		default:
			p.signs++
		}
		if blank {
			p.words++
			blank = false
		}
	}
	return p
}

// only tells whether the value has no characters but of these classes.
func (p *profile) only(m mask) bool { return p.mask&^m == 0 }

// has tells whether it has some of each of these.
func (p *profile) has(m mask) bool { return p.mask&m == m }

// distinctOf is how many values of a column are counted for their being different.
const distinctOf = 1024
