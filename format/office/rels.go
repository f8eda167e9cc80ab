package office

import (
	"path"
	"strings"

	"github.com/chartroom/chartroom/format/office/markup"
)

// maxRelationships bounds those of one part that are held.
const maxRelationships = 1 << 14

// relationship is how one part of a package names another, or something outside (ISO/IEC 29500-2, 9.3).
type relationship struct {
	id, kind, target string
	external         bool
}

// relationshipOf reads the attributes of the element that the scanner stands at.
func relationshipOf(s *markup.Scanner) (r relationship) {
	for s.NextAttr() {
		switch string(s.Key()) {
		case "Id":
			r.id = string(s.Value())
		case "Type":
			r.kind = string(s.Value())
		case "Target":
			r.target = string(s.Value())
		case "TargetMode":
			r.external = strings.EqualFold(string(s.Value()), "External")
		}
	}
	return r
}

// related gives the relationships of a part, with their targets as numbers of parts; -1 when there is no such part. Where the
// relationships cannot be read there are none: their own part tells so when it comes to it.
func (d *document) related(name string) (rels []relationship, parts []int) {
	dir, base := path.Split(name)
	i, ok := d.byName[strings.ToLower(dir+"_rels/"+base+".rels")]
	if !ok {
		return nil, nil
	}
	s, c, err := d.xmlOf(i)
	if err != nil {
		return nil, nil
	}
	defer c.Close()
	for len(rels) < maxRelationships {
		token, err := s.Next()
		if err != nil || token == markup.EOF {
			break
		}
		if token != markup.Start || string(s.Name()) != "Relationship" {
			continue
		}
		r := relationshipOf(s)
		at := -1
		if !r.external {
			at = d.find(dir, r.target)
		}
		rels, parts = append(rels, r), append(parts, at)
	}
	return rels, parts
}

// find gives the number of the part that a target names, as seen from a folder.
func (d *document) find(dir, target string) int {
	if !strings.HasPrefix(target, "/") {
		target = "/" + dir + target
	}
	if i, ok := d.byName[strings.ToLower(strings.TrimPrefix(path.Clean(target), "/"))]; ok {
		return i
	}
	return -1
}
