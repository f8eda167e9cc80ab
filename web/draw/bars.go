package draw

import "fmt"

// Bar draws one bar: how much of a whole a part is, between 0 and 1.
func Bar(class, words string, share float64) string {
	share = min(1, max(0, share))
	s := NewSVG("bar", words, "", 100, 8)
	s.Rect("bar-whole", Rect{0, 0, 100, 8}, 2)
	if share > 0 {
		s.Rect("bar-part "+class, Rect{0, 0, max(1, 100*share), 8}, 2)
	}
	return s.String()
}

// Point is how much was left and how much done at a time, given in words.
type Point struct {
	Words      string
	Left, Done int64
}

// Burn draws how what is left goes down: one column a point, what is left on what is done.
func Burn(title string, points []Point) string {
	const height, wide, between, foot = 140.0, 34.0, 12.0, 20.0
	most := int64(1)
	for _, p := range points {
		most = max(most, p.Left+p.Done)
	}
	s := NewSVG("burn", title, "", float64(len(points))*(wide+between)+between, height+foot+14)
	for i, p := range points {
		x := between + float64(i)*(wide+between)
		left, done := height*float64(p.Left)/float64(most), height*float64(p.Done)/float64(most)
		s.Group("", fmt.Sprintf("%s: %d left, %d done", p.Words, p.Left, p.Done))
		s.Rect("burn-done", Rect{x, 14 + height - done, wide, done}, 0)
		s.Rect("burn-left", Rect{x, 14 + height - done - left, wide, left}, 0)
		s.Text("burn-number", x+wide/2, 10+height-done-left, fmt.Sprint(p.Left), 0)
		s.Text("burn-words", x+wide/2, height+foot+8, p.Words, 8)
		s.EndGroup()
	}
	return s.String()
}
