package graph

// Reader is a principal that reaches some of several nodes.
type Reader struct {
	Node   uint32
	Some   uint32 // how many of them
	Class  Class  // of the best path to any of them
	Always bool   // it reaches one also without what was masked
}

// audience is the part of a Search that puts several questions together, by node.
type audience struct {
	best []uint8 // the class of the best path plus one, and always; 0 = none
	some []uint32
}

// always marks who reaches without what was masked.
const always = 1 << 7

func (s *Search) blankAudience() {
	if s.best == nil {
		s.best, s.some = make([]uint8, s.g.Nodes()), make([]uint32, s.g.Nodes())
	}
	clear(s.best)
	clear(s.some)
}

func (s *Search) better(node uint32, c Class) {
	if old := s.best[node] &^ always; old == 0 || uint8(c) < old-1 {
		s.best[node] = s.best[node]&always | uint8(c) + 1
	}
	s.some[node]++
}

// EachReader goes through the principals that reach any of some nodes, ascending. Of each it tells, too, whether it does without the edges of
// a mask; nil masks nothing. Behind it the search knows of the last of the nodes.
func (s *Search) EachReader(v View, masked *Mask, do func(Reader), nodes ...uint32) error {
	if len(nodes) == 1 && masked == nil {
		return s.EachWho(v, func(h Hit) { do(Reader{h.Node, 1, h.Class, true}) }, nodes...)
	}
	s.blankAudience()
	if masked != nil {
		without := v
		without.Without = masked
		if err := s.EachWho(without, func(h Hit) { s.best[h.Node] = always }, nodes...); err != nil {
			return err
		}
	}
	for _, n := range nodes {
		if err := s.EachWho(v, func(h Hit) { s.better(h.Node, h.Class) }, n); err != nil {
			return err
		}
	}
	for n, best := range s.best {
		if c := best &^ always; c != 0 {
			do(Reader{uint32(n), s.some[n], Class(c - 1), masked == nil || best&always != 0})
		}
	}
	return nil
}
