// Package draw turns numbers and paths into pictures: SVG without script and
// without colours of its own, as classes say what a thing is and the style
// sheet how that looks in light, in dark and on paper.
package draw

import (
	"cmp"
	"slices"
)

// Rect is where a tile lies, in units of the picture.
type Rect struct{ X, Y, W, H float64 }

// Treemap lays tiles out in a field of a width and a height, each with an area by its weight and as square as can be (Bruls, Huizing and
// van Wijk, Squarified Treemaps, 2000). A weight that is not above 0 gets no area. The answer has a tile for each weight, in their order.
func Treemap(weights []float64, width, height float64) []Rect {
	out := make([]Rect, len(weights))
	order := make([]int, 0, len(weights))
	sum := 0.0
	for i, w := range weights {
		if w > 0 {
			order = append(order, i)
			sum += w
		}
	}
	if sum == 0 || width <= 0 || height <= 0 {
		return out
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(weights[b], weights[a]) })
	scale := width * height / sum
	field := Rect{0, 0, width, height}
	for len(order) > 0 {
		n := rowLength(weights, order, scale, min(field.W, field.H))
		field = layRow(weights, order[:n], scale, field, out)
		order = order[n:]
	}
	return out
}

// rowLength is how many of the next tiles stand in one row along a side: as many as do not make the worst of them less square.
func rowLength(weights []float64, order []int, scale, side float64) int {
	area, largest := 0.0, weights[order[0]]*scale
	best := 0.0
	for n, i := range order {
		a := weights[i] * scale
		area += a
		worst := max(side*side*largest/(area*area), area*area/(side*side*a))
		if n > 0 && worst > best {
			return n
		}
		best = worst
	}
	return len(order)
}

// layRow places a row along the shorter side, and gives what is left of the field.
func layRow(weights []float64, row []int, scale float64, field Rect, out []Rect) Rect {
	area := 0.0
	for _, i := range row {
		area += weights[i] * scale
	}
	if field.W >= field.H {
		w := area / field.H
		y := field.Y
		for _, i := range row {
			h := weights[i] * scale / w
			out[i] = Rect{field.X, y, w, h}
			y += h
		}
		return Rect{field.X + w, field.Y, max(0, field.W-w), field.H}
	}
	h := area / field.W
	x := field.X
	for _, i := range row {
		w := weights[i] * scale / h
		out[i] = Rect{x, field.Y, w, h}
		x += w
	}
	return Rect{field.X, field.Y + h, field.W, max(0, field.H-h)}
}
