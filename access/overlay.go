package access

import (
	"encoding/binary"
	"iter"
	"strings"
)

// overlay is the parts into which the places of all compilers together divide the repositories. All items of a part have the same
// readers.
type overlay struct {
	layouts []layout
	spoken  []bool            // by part: some compiler speaks of it
	parts   []Place           // what a part is called: the most specific place that it lies in, so no two are called alike
	byKey   map[string]int32  // the places of each compiler; a repository that none speaks of
	of      map[int32][]int32 // the parts of a place, by its node
	key     []byte
	nodes   []int32
}

func newOverlay(g *gathering) *overlay {
	o := &overlay{layouts: g.layouts, byKey: map[string]int32{}, of: map[int32][]int32{}, nodes: make([]int32, len(g.layouts))}
	for n := range g.nodes {
		if g.nodes[n].Kind == Resource {
			o.part(g.nodes[n].Place)
		}
	}
	return o
}

// part gives the number of the part that an item, or a place, lies in. A repository that no compiler speaks of is one part.
func (o *overlay) part(item Place) int32 {
	key, name, spoken := o.key[:0], "", false
	for i, l := range o.layouts {
		path, node := l.lookup(item)
		o.nodes[i] = node
		key = binary.LittleEndian.AppendUint32(key, uint32(node))
		if node >= 0 {
			spoken = true
			if len(path) > len(name) {
				name = path
			}
		}
	}
	if !spoken {
		key = append(key, item.Repository...)
	}
	o.key = key
	n, known := o.byKey[string(key)]
	if known {
		return n
	}
	n = int32(len(o.parts))
	o.byKey[string(key)] = n
	o.parts = append(o.parts, Place{item.Repository, name})
	o.spoken = append(o.spoken, spoken)
	for _, node := range o.nodes {
		if node >= 0 {
			o.of[node] = append(o.of[node], n)
		}
	}
	return n
}

// lookup finds the most specific place that an item lies in.
func (l layout) lookup(item Place) (path string, node int32) {
	paths := l[item.Repository]
	if paths == nil {
		return "", -1
	}
	for path := range around(item.Path) {
		if node, is := paths[path]; is {
			return path, node
		}
	}
	return "", -1
}

// around gives the paths of what an item can lie in, the most specific first: itself, the item that it stands in, the folders above, the
// repository.
func around(path string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if !yield(path) {
			return
		}
		if outer := outermost(path); outer != path {
			if path = outer; !yield(path) {
				return
			}
		}
		for path != "" {
			if path = folderOf(path); !yield(path) {
				return
			}
		}
	}
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
