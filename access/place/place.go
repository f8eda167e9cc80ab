// Package place finds the places that somebody means, among those that hold something of care, and gives rights on them to those who
// were said to have them.
package place

import (
	"maps"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/access"
)

// Atlas is the places that hold something of care, and the rights that were given on them.
type Atlas struct {
	paths map[string][]string // sorted, by repository
	given []given
}

// given is one right on one place.
type given struct {
	place access.Place
	edge  access.Edge
}

// New makes an atlas of places.
func New(places []access.Place) *Atlas {
	a := &Atlas{paths: map[string][]string{}}
	for _, p := range places {
		a.paths[p.Repository] = append(a.paths[p.Repository], p.Path)
	}
	for _, paths := range a.paths {
		slices.Sort(paths)
	}
	return a
}

// Find gives the places that a text means: a repository, a part of one, or all repositories beneath an address.
func (a *Atlas) Find(text string) []access.Place {
	for end := len(text); end > 0; end = strings.LastIndexByte(text[:end], '/') {
		if a.paths[text[:end]] != nil {
			return []access.Place{{Repository: text[:end], Path: a.path(text[:end], strings.TrimPrefix(text[end:], "/"))}}
		}
	}
	var out []access.Place
	for r := range a.paths {
		if strings.HasPrefix(r, strings.TrimSuffix(text, "/")+"/") {
			out = append(out, access.Place{Repository: r})
		}
	}
	slices.SortFunc(out, func(x, y access.Place) int { return strings.Compare(x.Repository, y.Repository) })
	return out
}

// path tells a folder from an item, where the text does not.
func (a *Atlas) path(repository, path string) string {
	if path == "" || strings.HasSuffix(path, "/") {
		return path
	}
	paths := a.paths[repository]
	i, there := slices.BinarySearch(paths, path+"/")
	if there || i < len(paths) && strings.HasPrefix(paths[i], path+"/") {
		return path + "/"
	}
	return path
}

// covers tells whether what is given on one path holds on another.
func covers(path, other string) bool {
	return path == "" || path == other || strings.HasSuffix(path, "/") && strings.HasPrefix(other, path) || strings.HasPrefix(other, path+"!/")
}

// Resource gives the node of a place.
func Resource(p access.Place) access.Node {
	id := p.Repository
	if p.Path != "" {
		id += "/" + p.Path
	}
	return access.Node{ID: id, Kind: access.Resource, Name: id, Place: p}
}

// Give gives a right on places; the edge's To is theirs.
func (a *Atlas) Give(e access.Edge, places []access.Place) {
	for _, p := range places {
		a.given = append(a.given, given{p, e})
	}
}

// Tell makes the nodes and edges. An item has the readers of the most specific place that it lies in, so what is given on a place is given on every
// place beneath it that is spoken of.
func (a *Atlas) Tell(out access.Sink) {
	named := map[string][]string{}
	for _, g := range a.given {
		named[g.place.Repository] = append(named[g.place.Repository], g.place.Path)
	}
	for _, repository := range slices.Sorted(maps.Keys(named)) {
		paths := named[repository]
		slices.Sort(paths)
		named[repository] = slices.Compact(paths)
		for _, path := range named[repository] {
			out.Node(Resource(access.Place{Repository: repository, Path: path}))
		}
	}
	for _, g := range a.given {
		paths := named[g.place.Repository]
		first, _ := slices.BinarySearch(paths, g.place.Path)
		for _, path := range paths[first:] {
			if !strings.HasPrefix(path, g.place.Path) {
				break
			}
			if covers(g.place.Path, path) {
				g.edge.To = Resource(access.Place{Repository: g.place.Repository, Path: path}).ID
				out.Edge(g.edge)
			}
		}
	}
}
