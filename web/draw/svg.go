package draw

import (
	"fmt"
	"html"
	"strings"
	"unicode/utf8"
)

// SVG is a picture that grows. All text that goes into it is escaped, and numbers are its own: nothing that a name says becomes markup.
type SVG struct {
	size, head string // attributes
	b          strings.Builder
}

// NewSVG begins a picture of a size, with a title and a description for those who do not see it. It is shown as large as there is room.
func NewSVG(class, title, description string, width, height float64) *SVG {
	s := &SVG{head: fmt.Sprintf(`class="%s" viewBox="0 0 %.0f %.0f" role="group" aria-label="%s" xmlns="http://www.w3.org/2000/svg"`, escape(class), width, height, escape(title))}
	fmt.Fprintf(&s.b, `<title>%s</title>`, escape(title))
	if description != "" {
		fmt.Fprintf(&s.b, `<desc>%s</desc>`, escape(description))
	}
	return s
}

// Natural has the picture shown in this size, and not stretched.
func (s *SVG) Natural(width, height float64) {
	s.size = fmt.Sprintf(`width="%.0f" height="%.0f" `, width, height)
}

// String ends the picture.
func (s *SVG) String() string { return "<svg " + s.size + s.head + ">" + s.b.String() + "</svg>" }

// Rect draws a box with a corner radius.
func (s *SVG) Rect(class string, r Rect, radius float64) {
	fmt.Fprintf(&s.b, `<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="%.0f"/>`, escape(class), r.X, r.Y, r.W, r.H, radius)
}

// Text writes words at a place, cut to so many signs; 0 = all.
func (s *SVG) Text(class string, x, y float64, words string, most int) {
	fmt.Fprintf(&s.b, `<text class="%s" x="%.1f" y="%.1f">%s</text>`, escape(class), x, y, escape(Short(words, most)))
}

// Path draws a line of a form.
func (s *SVG) Path(class, d string) {
	fmt.Fprintf(&s.b, `<path class="%s" d="%s"/>`, escape(class), escape(d))
}

// Link begins what leads to an address, with words that say where; Close ends it.
func (s *SVG) Link(address, words string) {
	fmt.Fprintf(&s.b, `<a href="%s" aria-label="%s"><title>%s</title>`, escape(address), escape(words), escape(words))
}

// Close ends a link.
func (s *SVG) Close() { s.b.WriteString("</a>") }

// Group begins a group with a title; EndGroup ends it.
func (s *SVG) Group(class, title string) {
	fmt.Fprintf(&s.b, `<g class="%s">`, escape(class))
	if title != "" {
		fmt.Fprintf(&s.b, `<title>%s</title>`, escape(title))
	}
}

// EndGroup ends a group.
func (s *SVG) EndGroup() { s.b.WriteString("</g>") }

// Short cuts words to so many signs, with a sign that they go on; most of 0 cuts nothing.
func Short(words string, most int) string {
	if most <= 0 || utf8.RuneCountInString(words) <= most {
		return words
	}
	runes := []rune(words)
	return string(runes[:max(0, most-1)]) + "…"
}

// escape makes words harmless in XML: markup is escaped, and what XML cannot hold is replaced.
func escape(words string) string {
	words = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return utf8.RuneError
		}
		return r
	}, words)
	return html.EscapeString(words)
}
