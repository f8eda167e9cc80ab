package words

import "bytes"

// companies end the names of organisations.
var companies = []string{"inc", "llc", "llp", "ltd", "corp", "corporation", "company", "co", "gmbh", "plc", "pc", "pllc", "hospital", "clinic", "center", "centre", "medical", "health", "healthcare", "pharmacy", "university", "foundation",
	"associates", "group", "services", "insurance", "bank", "partners", "systems", "solutions", "institute", "school", "college", "airport", "laboratory", "laboratories"}

// Company tells whether a word is one that stands in names of organisations, in whatever case.
func Company(word []byte) bool {
	for _, w := range companies {
		if len(word) == len(w) && bytes.EqualFold(word, []byte(w)) {
			return true
		}
	}
	return false
}

// Numbered tells whether a word is a number with letters before it (LC-108936) rather than a name.
func Numbered(word []byte) bool {
	letters, digits := 0, 0
	for _, c := range word {
		switch {
		case c-'0' < 10:
			digits++
		case c-'A' < 26, c-'a' < 26, c >= 0x80:
			letters++
		}
	}
	return digits >= letters && digits > 0
}
