package access

import (
	"slices"
	"strings"
)

// overlay is the parts into which the places of all compilers together divide the repositories. All items of a part have the same
// readers.
type overlay struct {
	g      *gathering
	spoken []bool            // by part: some compiler speaks of it
	parts  []Place           // what a part is called: the most specific place that it lies in
	byKey  map[string]int32  // repository, and the place of each compiler
	of     map[int32][]int32 // the parts of a place, by its node
	keyBuf []byte
}

func newOverlay(g *gathering) *overlay {
	o := &overlay{g: g, byKey: map[string]int32{}, of: map[int32][]int32{}}
	for n := range g.nodes {
		if g.nodes[n].Kind == Resource {
			o.part(g.nodes[n].Place)
		}
	}
	return o
}

// part gives the number of the part that an item, or a place, lies in. A repository that no compiler speaks of is one part.
func (o *overlay) part(item Place) int32 {
	key := append(o.keyBuf[:0], item.Repository...)
	name := ""
	places := make([]int32, len(o.g.places))
	for i, l := range o.g.places {
		path, node := l.lookup(item)
		places[i] = node
		key = append(append(key, 0), path...)
		if node >= 0 {
			key = append(key, 1)
			if len(path) > len(name) {
				name = path
			}
		}
	}
	o.keyBuf = key
	n, known := o.byKey[string(key)]
	if known {
		return n
	}
	n = int32(len(o.parts))
	o.byKey[string(key)] = n
	o.parts = append(o.parts, Place{item.Repository, name})
	o.spoken = append(o.spoken, slices.ContainsFunc(places, func(node int32) bool { return node >= 0 }))
	for _, node := range places {
		if node >= 0 {
			o.of[node] = append(o.of[node], n)
		}
	}
	return n
}

// lookup finds the most specific place that an item lies in: itself, the item that it stands in, a folder above, the repository.
func (l layout) lookup(item Place) (path string, node int32) {
	paths := l[item.Repository]
	if paths == nil {
		return "", -1
	}
	path = item.Path
	if node, is := paths[path]; is {
		return path, node
	}
	if outer := outermost(path); outer != path {
		path = outer
		if node, is := paths[path]; is {
			return path, node
		}
	}
	for path != "" {
		path = folderOf(path)
		if node, is := paths[path]; is {
			return path, node
		}
	}
	return "", -1
}

// outermost is the item that stands in no other one.
func outermost(path string) string {
	outer, _, _ := strings.Cut(path, "!/")
	return outer
}

// folderOf is the folder that a path stands in, with its "/"; "" is the repository.
func folderOf(path string) string {
	return path[:strings.LastIndexByte(strings.TrimSuffix(path, "/"), '/')+1]
}
