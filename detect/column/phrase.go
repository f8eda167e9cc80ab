package column

import (
	"bytes"

	"github.com/chartroom/chartroom/detect/words"
)

// maxWords bounds how many words of a value are looked up.
const maxWords = 8

// phrase asks what a few words could be: a name, a town, a street, an organisation.
func (o *observer) phrase(e *evidence, v []byte, p *profile) {
	whole := o.words.Look(bareWord(v))
	e.hit(pCity, whole.City() && p.digits == 0)
	e.hit(pCounty, whole.County() && p.digits == 0)
	e.hit(pCountry, whole.Country())
	if whole.State() {
		e.hits[pState]++
	}
	var entries [maxWords]words.Entry
	var spans [maxWords][]byte
	n, titled := 0, true
	rest := v
	for n < maxWords {
		word, after := nextWord(rest)
		if word == nil {
			break
		}
		entries[n], spans[n] = o.words.Look(bareWord(word)), word
		titled = titled && (maskOf[word[0]]&(mUpper|mHigh) != 0 || n > 0)
		n++
		rest = after
	}
	e.hit(pTitled, titled)
	if n == 1 {
		o.oneWord(e, entries[0], spans[0])
		return
	}
	e.hit(pStreet, street(entries[:n], spans[:n]))
	e.hit(pStreetNo, maskOf[v[0]] == mDigit && p.letters > 2)
	e.hit(pOrg, organisation(spans[:n]))
	if n <= 4 && p.letters > 0 {
		o.fullName(e, v, entries[:n], spans[:n])
	}
}

// oneWord counts a single word as a name or as an ordinary word.
func (o *observer) oneWord(e *evidence, w words.Entry, word []byte) {
	if words.Numbered(word) {
		return
	}
	g, s := int32(w.Given()), int32(w.Surname())
	e.given += g
	e.surname += s
	ordinary := w.Word() > 128 || w.Not() != words.NoClass && w.Not() != words.Eponym
	if len(word) > 1 && !(ordinary && maskOf[word[0]]&mLower != 0) {
		e.hit(pGiven, g >= 6)
		e.hit(pSurname, s >= 7)
	}
	e.hit(pWord, w.Word() > 96 || g < 6 && s < 7)
}

// fullName counts two to four words as a person's name, in either order.
func (o *observer) fullName(e *evidence, v []byte, entries []words.Entry, spans [][]byte) {
	first, last := entries[0], entries[len(entries)-1]
	if bytes.IndexByte(v, ',') > 0 && spans[0][len(spans[0])-1] == ',' {
		if nameWord(first, false) && nameWord(entries[1], true) {
			e.hits[pFull]++
		}
		return
	}
	from := 0
	if first.Not() == words.Title {
		from = 1
	}
	if from < len(entries) && nameWord(entries[from], true) && nameWord(last, false) && min(entries[from].Word(), last.Word()) < 96 {
		e.hits[pFull]++
	}
}

// nameWord tells whether a word is likely a given name or a surname.
func nameWord(w words.Entry, given bool) bool {
	if w.Word() > 200 || w.Not() == words.Drug || w.Not() == words.PlaceWord {
		return false
	}
	if given {
		return w.Given() >= 6
	}
	return w.Surname() >= 6 || w.Given() >= 6
}

// street tells whether words look like an address line: a number and a street word, a box, a unit.
func street(entries []words.Entry, spans [][]byte) bool {
	number := maskOf[spans[0][0]] == mDigit
	for i, w := range entries {
		s := w.Street()
		if s&words.Line != 0 {
			return true
		}
		if s&(words.Suffix|words.Unit) != 0 && i > 0 && number || s&words.Foreign != 0 && len(spans) > 1 {
			return true
		}
	}
	last := spans[len(spans)-1]
	return !number && maskOf[last[0]] == mDigit && len(entries) <= 3 && entries[0].Word() < 64 && len(spans[0]) > 5 && len(last) <= 4 && last[0] != '0'
}

// organisation tells whether one of the words is a company's.
func organisation(spans [][]byte) bool {
	for _, s := range spans[1:] {
		if words.Company(bareWord(s)) {
			return true
		}
	}
	return false
}

// nextWord gives the next run between blanks, a comma at its end included, and what follows.
func nextWord(v []byte) (word, rest []byte) {
	i := 0
	for i < len(v) && (maskOf[v[i]] == mSpace || v[i] == ',' || v[i] == '^') {
		i++
	}
	j := i
	for j < len(v) && maskOf[v[j]] != mSpace && v[j] != '^' {
		if j++; v[j-1] == ',' {
			break
		}
	}
	if i == j {
		return nil, nil
	}
	return v[i:j], v[j:]
}

// bareWord drops signs at both ends and digits at the end, which makers of test people append to names.
func bareWord(w []byte) []byte {
	for len(w) > 0 && maskOf[w[len(w)-1]]&(mLetter) == 0 {
		w = w[:len(w)-1]
	}
	for len(w) > 0 && maskOf[w[0]]&(mLetter) == 0 {
		w = w[1:]
	}
	return w
}

// opaque tells base64 and other scrambles from words and codes: long, no blanks, letters of both cases and digits, or an
// equals sign at the end.
func opaque(v []byte, p *profile) bool {
	if v[len(v)-1] == '=' && len(v)%4 == 0 {
		return true
	}
	return p.digits > 1 && p.has(mUpper|mLower|mDigit) && p.only(mUpper|mLower|mDigit|mPlus|mSlash|mUnder|mHyphen) && p.signs <= len(v)/8+1 && changes(v) > len(v)/4
}

// changes counts how often the class changes from one byte to the next.
func changes(v []byte) int {
	n := 0
	for i := 1; i < len(v); i++ {
		if maskOf[v[i]] != maskOf[v[i-1]] {
			n++
		}
	}
	return n
}
