package texts

import (
	"strings"
	"unicode"
)

// Grade is the reading level of a text in years of school in the United States: 0.39 words a sentence + 11.8 syllables a word - 15.59
// (Kincaid and others, Derivation of New Readability Formulas for Navy Enlisted Personnel, 1975). A heading or an entry of a list is a
// sentence of its own. 0 for a text without words.
func Grade(text string) float64 {
	words, sentences, syllables := 0, 0, 0
	open := false
	end := func() {
		if open {
			sentences++
		}
		open = false
	}
	for line := range strings.Lines(text) {
		for _, f := range strings.Fields(line) {
			if w := letters(f); w != "" {
				words++
				syllables += Syllables(w)
				open = true
			}
			if t := strings.TrimRight(f, `"')]`); strings.HasSuffix(t, ".") || strings.HasSuffix(t, "!") || strings.HasSuffix(t, "?") || strings.HasSuffix(t, ":") {
				end()
			}
		}
		end() // texts are not wrapped: a line is a paragraph
	}
	if words == 0 {
		return 0
	}
	return 0.39*float64(words)/float64(sentences) + 11.8*float64(syllables)/float64(words) - 15.59
}

// letters gives the letters of a word; "" for numbers, addresses and the like, which are not read aloud by syllables.
func letters(f string) string {
	if strings.ContainsAny(f, "@/0123456789") || strings.Contains(strings.TrimRight(f, `.,;:!?"')]`), ".") {
		return ""
	}
	return strings.ToLower(strings.TrimFunc(f, func(r rune) bool { return !unicode.IsLetter(r) }))
}

// Syllables counts the syllables of an English word by its groups of vowels. It errs by one in about one word of ten, to both sides.
func Syllables(word string) int {
	n, vowel := 0, false
	runes := []rune(word)
	for i, r := range runes {
		is := strings.ContainsRune("aeiouyáéíóúäöü", r) && !(r == 'y' && i == 0)
		if is && !vowel {
			n++
		}
		// Two vowels that are spoken apart: cre-ate, me-di-a, re-al, tri-al, sci-ence, mu-se-um.
		if vowel && is && apart(runes, i) {
			n++
		}
		vowel = is
	}
	if stem, ok := strings.CutSuffix(word, "ing"); ok && strings.ContainsAny(stem[max(len(stem)-1, 0):], "aeiouy") {
		n++ // be-ing
	}
	switch {
	case strings.HasSuffix(word, "le") && len(runes) > 2 && !strings.ContainsRune("aeiouy", runes[len(runes)-3]): // ta-ble
	case strings.HasSuffix(word, "es") && n > 1 && !hasSuffix(word, "ses", "ces", "zes", "xes", "ches", "shes", "ges", "les"):
		n--
	case strings.HasSuffix(word, "ed") && n > 1 && !hasSuffix(word, "ted", "ded"):
		n--
	case strings.HasSuffix(word, "e") && n > 1 && !hasSuffix(word, "ee", "ye", "oe"):
		n--
	}
	return max(n, 1)
}

// apart tells whether the vowels at i-1 and i are spoken apart: not in -tion, -cial, -ious and their like, where they are one.
func apart(word []rune, i int) bool {
	pair := string(word[i-1 : i+1])
	before := ' '
	if i >= 2 {
		before = word[i-2]
	}
	switch pair {
	case "ia", "io", "iu":
		return !strings.ContainsRune("tcsgx", before)
	case "ua", "uo":
		return before != 'q' && before != 'g'
	case "eo":
		return before != 'p' // people
	}
	return pair == "ie" && i+1 < len(word) && word[i+1] == 'n' && before != 'r' && before != 't' // sci-ence, cli-ent is taken as it comes
}

func hasSuffix(s string, any ...string) bool {
	for _, a := range any {
		if strings.HasSuffix(s, a) {
			return true
		}
	}
	return false
}
