// Package lex cuts running text into tokens for the packages that look for identifiers in it.
//
// A text is read in one pass of bounded blocks. A block becomes words, numbers and signs, and lines of these. Words that mix letters
// with digits are one token, so that hashes, UUIDs and base64 never hit; e-mail addresses, URLs and IPv6 addresses are found on the
// way. Each word is asked for its role in a small table (a title, a label, a preposition of place, a word of health), and the tokens
// that are worth a look (numbers, capitalised words, terms of sensitivity) are listed apart, so that nobody walks all of them again.
package lex
