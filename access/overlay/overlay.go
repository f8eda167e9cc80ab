// Package overlay divides repositories into the parts that the divisions of several systems come to when they are laid over each other. All
// items of a part lie in the same place of each system, and so have the same readers.
package overlay

import (
	"cmp"
	"encoding/binary"
	"iter"
	"maps"
	"slices"
	"strings"
)

// Layout is how one system divides repositories into places: repository, path, number of the place. No two places of any layouts have the
// same number.
type Layout map[string]map[string]int32

// Part is a part of a repository. It is called as the most specific place that it lies in, so no two are called alike.
type Part struct {
	Repository, Path string
	Spoken           bool // some system speaks of it
}

// Overlay finds parts, and makes them as they are asked for.
type Overlay struct {
	layouts []Layout
	parts   []Part
	byKey   map[string]int32  // the places of each layout; a repository that none speaks of
	of      map[int32][]int32 // by place
	key     []byte
	places  []int32
}

// New lays layouts over each other.
func New(layouts []Layout) *Overlay {
	return &Overlay{layouts: layouts, byKey: map[string]int32{}, of: map[int32][]int32{}, places: make([]int32, len(layouts))}
}

// Parts gives those that were asked for, by their numbers.
func (o *Overlay) Parts() []Part { return o.parts }

// Of gives the parts of a place that were asked for.
func (o *Overlay) Of(place int32) []int32 { return o.of[place] }

// Part gives the number of the part that an item, or a place, lies in. A repository that no layout speaks of is one part.
func (o *Overlay) Part(repository, item string) int32 {
	key, name, spoken := o.key[:0], "", false
	for i, l := range o.layouts {
		path, place := l.lookup(repository, item)
		o.places[i] = place
		key = binary.LittleEndian.AppendUint32(key, uint32(place))
		if place >= 0 {
			spoken = true
			if len(path) > len(name) {
				name = path
			}
		}
	}
	if !spoken {
		key = append(key, repository...)
	}
	o.key = key
	n, known := o.byKey[string(key)]
	if known {
		return n
	}
	n = int32(len(o.parts))
	o.byKey[string(key)] = n
	o.parts = append(o.parts, Part{repository, name, spoken})
	for _, place := range o.places {
		if place >= 0 {
			o.of[place] = append(o.of[place], n)
		}
	}
	return n
}

// Sort numbers the parts anew, by repository and path, and gives the new number of each.
func (o *Overlay) Sort() []int32 {
	order, number := make([]int32, len(o.parts)), make([]int32, len(o.parts))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(strings.Compare(o.parts[a].Repository, o.parts[b].Repository), strings.Compare(o.parts[a].Path, o.parts[b].Path))
	})
	parts := o.parts
	o.parts = make([]Part, len(parts))
	for n, i := range order {
		number[i], o.parts[n] = int32(n), parts[i]
	}
	for key, i := range o.byKey {
		o.byKey[key] = number[i]
	}
	for _, of := range o.of {
		for i := range of {
			of[i] = number[of[i]]
		}
		slices.Sort(of)
	}
	return number
}

// lookup finds the most specific place that an item lies in; -1 for none.
func (l Layout) lookup(repository, item string) (path string, place int32) {
	paths := l[repository]
	if paths == nil {
		return "", -1
	}
	for path := range Around(item) {
		if place, is := paths[path]; is {
			return path, place
		}
	}
	return "", -1
}

// Around gives the paths of what an item can lie in, the most specific first: itself, the item that it stands in, the folders above, the
// repository.
func Around(path string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if !yield(path) {
			return
		}
		if outer := Outermost(path); outer != path {
			if path = outer; !yield(path) {
				return
			}
		}
		for path != "" {
			if path = Folder(path); !yield(path) {
				return
			}
		}
	}
}

// Outermost is the item that stands in no other one.
func Outermost(path string) string {
	outer, _, _ := strings.Cut(path, "!/")
	return outer
}

// Folder is the folder that a path stands in, with its "/"; "" is the repository.
func Folder(path string) string {
	return path[:strings.LastIndexByte(strings.TrimSuffix(path, "/"), '/')+1]
}

// Within gives the indices of those paths that are a path or lie in it, and of the one that it lies in where it is none itself; else -1.
func Within(paths []string, path string) (in []int, around int) {
	named := map[string]int{}
	for i, p := range paths {
		named[p] = i
		if p == path || strings.HasPrefix(p, strings.TrimSuffix(path, "/")+"/") {
			in = append(in, i)
		}
	}
	for p := range Around(path) {
		if i, is := named[p]; is {
			if slices.Contains(in, i) {
				return in, -1
			}
			return in, i
		}
	}
	return in, -1
}

// Find gives the repositories, of some sorted ones, that a text means: by the name or the end of it behind a "/", the longest that any has, and
// what stands behind it and a blank as a path.
func Find(text string, repositories []string) (found []string, path string) {
	for at := len(text); at > 0; at = strings.LastIndexByte(text[:at], ' ') {
		name := text[:at]
		path = strings.TrimPrefix(text[at:], " ")
		if _, is := slices.BinarySearch(repositories, name); is {
			return []string{name}, path
		}
		for _, r := range repositories {
			if strings.HasSuffix(r, "/"+name) {
				found = append(found, r)
			}
		}
		if len(found) > 0 {
			return found, path
		}
	}
	return nil, ""
}

// mostPlaces is how many places of one repository are told apart; where there are more, it is their folders.
const mostPlaces = 100_000

// Places gathers the places of one repository: the items that stand in no other one, or their folders where the items are too many. It keeps
// no more than mostPlaces items at any time, so that a million files in a thousand folders take the room of the folders.
type Places struct {
	paths  map[string]bool
	folded bool // they are folders
}

// Add takes an item.
func (p *Places) Add(item string) {
	if item = Outermost(item); p.folded {
		item = Folder(item)
	}
	if p.paths[item] {
		return
	}
	if p.paths == nil {
		p.paths = map[string]bool{}
	}
	p.paths[strings.Clone(item)] = true // of a long path, its end is not kept
	if len(p.paths) <= mostPlaces || p.folded {
		return
	}
	items := p.paths
	p.paths, p.folded = map[string]bool{}, true
	for path := range items {
		p.Add(path)
	}
}

// Take gives the places, each once and sorted, and forgets them. The repository itself is not among them.
func (p *Places) Take() []string {
	delete(p.paths, "")
	out := slices.Sorted(maps.Keys(p.paths))
	*p = Places{}
	return out
}
