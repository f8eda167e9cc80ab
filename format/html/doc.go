// Package html reads HTML: web pages, reports and exports of systems, the bodies of mails. What a reader of the page may see is
// running text, hidden or not, with titles, alternative texts and addresses of mail and telephone. A table with a row or a
// column of headers is a table, whose rows are records; any other is text. The inputs of a form are one record, as are what the
// page says of itself (meta) and the data that its elements carry (data-*). JSON in scripts is an inner item.
//
// Not read: other scripts and style sheets, the addresses of links, and pictures within the page, which are a gap.
package html
