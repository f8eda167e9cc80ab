// Package text finds identifiers in running text: clinical notes, letters, chat, mail, comments, logs.
//
// A text is read in one pass, by lines. A line that no rule ties to its neighbours and that is like one that was met before, but for its digits, is told
// from memory; whatever lies between such lines is read in bounded blocks, which package lex cuts into tokens. Recognisers then visit the anchors only:
// numbers (package number), addresses (package address), and at last the capitalised words that nothing else has claimed (names). No model was trained;
// the weights of the rules are written down beside them, as logarithms of odds.
//
// What is found comes with a likelihood. At 0.5 and above a span is more likely what it says than not; a caller that wants
// to say something of a whole file should ask for more, or for several.
package text
