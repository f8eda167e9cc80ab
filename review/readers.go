package review

import (
	"slices"

	"github.com/chartroom/chartroom/access"
)

// Reading is somebody who reads a repository, or a part of it, without any act.
type Reading struct {
	*access.Principal
	Certain bool // else something must hold that is not known
	node    uint32
}

// readership is who reads what.
type readership struct {
	of    map[string][]Reading // by repository
	known map[string]bool      // repositories of which somebody collected, or said, who can read them
	nodes map[string]uint32    // of those who read, by ID
}

// readers works out who reads what, once.
func (r *Review) readers() (*readership, error) {
	r.once.Do(func() { r.reads, r.readsErr = readersOf(r.in.Access) })
	return r.reads, r.readsErr
}

func readersOf(e *access.Estate) (*readership, error) {
	out := &readership{of: map[string][]Reading{}, known: map[string]bool{}, nodes: map[string]uint32{}}
	parts := e.Parts()
	for i := range parts {
		if parts[i].Known {
			out.known[parts[i].Place.Repository] = true
		}
	}
	principals := map[uint32]*access.Principal{}
	err := e.EachReading(func(x access.Reading) error {
		name := parts[x.Part].Place.Repository
		of := out.of[name]
		if n := len(of); n > 0 && of[n-1].node == x.Node { // readings come by principals
			of[n-1].Certain = of[n-1].Certain || x.Certain
			return nil
		}
		if principals[x.Node] == nil {
			principals[x.Node] = &access.Principal{}
		}
		out.of[name] = append(of, Reading{principals[x.Node], x.Certain, x.Node})
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = e.EachPrincipal(func(node uint32, p access.Principal) error {
		if to := principals[node]; to != nil {
			*to = p
			out.nodes[p.ID] = node
		}
		return nil
	})
	return out, err
}

// Readers gives who reads a repository without any act; known is false where nobody collected or said who can.
func (r *Review) Readers(repository string) (all []Reading, known bool, err error) {
	reads, err := r.readers()
	if err != nil {
		return nil, false, err
	}
	return reads.of[repository], reads.known[repository], nil
}

// reach tells what a principal reads; nil where it reads nothing.
func (r *Review) reach(id string) (*access.ReachAnswer, error) {
	reads, err := r.readers()
	if err != nil {
		return nil, err
	}
	node, ok := reads.nodes[id]
	if !ok {
		return nil, nil
	}
	return r.in.Access.Reach(node)
}

// proof gives evidence of the facts by which a principal reads a repository.
func (r *Review) proof(id, repository string) (out []Evidence, err error) {
	reach, err := r.reach(id)
	if err != nil || reach == nil {
		return nil, err
	}
	for i := range reach.Repositories {
		if reach.Repositories[i].Repository != repository {
			continue
		}
		for _, step := range reach.Repositories[i].Proof {
			for _, n := range step.Grants {
				if k, ok := r.numbers[n]; ok {
					out = append(out, r.OfFact(r.in.Facts[k], step.String()))
				}
			}
		}
	}
	return out, nil
}

// standing gives the accounts that surely read a repository, apps and vendors left out.
func standing(all []Reading) []Reading {
	return slices.DeleteFunc(slices.Clone(all), func(x Reading) bool {
		return !x.Certain || x.Kind == access.Client.String() || x.Kind == access.Vendor.String()
	})
}
