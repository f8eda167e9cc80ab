package mysql

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/access"
)

// object is a view or a routine.
type object struct {
	name     name
	view     bool
	invoker  bool // it runs with the rights of who uses it
	definer  string
	fact     int
	reads    []read
	followed bool
	works    bool // of a view: its definer may read all that it reads
	lives    bool // it leads somewhere
}

// read is a table or view that a view reads.
type read struct {
	Database, Table string
	Columns         []string
}

// maxDepth bounds views of views.
const maxDepth = 16

// routineName is the name of a routine among those of all types: a procedure and a function may be called alike.
func routineName(db, routine, detail string) name {
	var d struct{ Type string }
	_ = json.Unmarshal([]byte(detail), &d) // what is not understood is not known
	return name{db, strings.ToLower(d.Type) + "\x00" + routine}
}

// object files a view or a routine.
func (s *server) object(f access.Fact, names []string) {
	if len(names) != 2 {
		return
	}
	var d struct {
		Security string
		Reads    []read
	}
	_ = json.Unmarshal([]byte(f.Detail), &d) // what is not understood is not known
	for i, r := range d.Reads {
		d.Reads[i].Database, d.Reads[i].Table = s.folded(r.Database), s.folded(r.Table)
	}
	o := &object{name: name{names[0], names[1]}, view: f.Kind == "view", invoker: d.Security == "INVOKER", definer: f.Principal, fact: f.ID, reads: d.Reads}
	if !strings.Contains(o.definer, "@") {
		o.definer += "@"
	}
	if !o.view {
		o.name = routineName(names[0], names[1], f.Detail)
	}
	s.objects[o.name] = o
}

func (s *server) objectID(o *object) string {
	return "mysql://" + s.scope + "#" + o.label()
}

// label is what an object is called.
func (o *object) label() string {
	if o.view {
		return "view " + o.name.db + "." + o.name.table
	}
	kind, routine, _ := strings.Cut(o.name.table, "\x00")
	return kind + " " + o.name.db + "." + routine
}

// views tells what views show with their definers' rights, and whose rights routines run with.
func (s *server) views() {
	all := make([]*object, 0, len(s.objects))
	for _, o := range s.objects {
		all = append(all, o)
	}
	slices.SortFunc(all, func(a, b *object) int { return strings.Compare(a.label(), b.label()) })
	for _, o := range all {
		s.follow(o)
		if o.lives {
			s.living = append(s.living, o)
			s.out.Node(access.Node{ID: s.objectID(o), Kind: access.Role, Name: o.label(), System: "mysql"})
		}
	}
}

// follow tells what an object leads to, once. A view that is met again while it is followed reads itself, and does not work.
func (s *server) follow(o *object) {
	definer := s.accounts[o.definer]
	if o.followed || o.invoker || definer == nil {
		return
	}
	o.followed = true
	if o.view {
		s.shows(o, s.definer(definer))
		return
	}
	o.lives = true
	s.edge(access.Edge{From: s.objectID(o), To: s.id(definer), Verb: "runs with the rights of", Right: access.Become, Layer: access.Escalation,
		Condition: "it hands out or does what its caller wants: what it does was not looked at", Proof: []int{o.fact}})
}

// shown is one thing that a view reads, and the grants that let its definer do so, by alternatives.
type shown struct {
	to     string // a node; "" where it is of no care
	verb   string
	right  access.Right
	proofs [][]int
}

// shows tells what a view shows. It works only as long as its definer may read all that it reads.
func (s *server) shows(o *object, definer *subject) {
	all, works := s.shown(o, definer, 0)
	if o.works = works && len(all) > 0; !o.works {
		return // or what it reads was not seen, which is told
	}
	for _, sh := range all {
		if sh.to == "" {
			continue
		}
		proofs := [][]int{{o.fact}}
		for _, needed := range all {
			proofs = s.product(proofs, needed.proofs)
		}
		for _, p := range proofs {
			o.lives = true
			s.edge(access.Edge{From: s.objectID(o), To: sh.to, Verb: sh.verb, Right: sh.right, Proof: p})
		}
	}
}

// product makes alternatives of alternatives, up to a number.
func (s *server) product(a, b [][]int) (out [][]int) {
	for _, x := range a {
		for _, y := range b {
			if len(out) == maxPaths {
				s.cut = true
				return out
			}
			out = append(out, append(slices.Clone(x), y...))
		}
	}
	return out
}

// shown gives what a view reads; a view within it that runs with its caller's rights is gone through.
func (s *server) shown(o *object, definer *subject, depth int) (out []shown, works bool) {
	if depth > maxDepth {
		s.cut = true
		return nil, false
	}
	for _, r := range o.reads {
		n := name{r.Database, r.Table}
		sh := shown{verb: "shows columns of", right: access.Read, proofs: s.cover(definer, n, r.Columns)}
		if len(sh.proofs) == 0 {
			return nil, false
		}
		inner := s.objects[n]
		switch repo := s.repos[n.db]; {
		case inner != nil && inner.view && inner.invoker:
			more, works := s.shown(inner, definer, depth+1)
			if !works {
				return nil, false
			}
			out = append(out, more...)
		case inner != nil && inner.view:
			if s.follow(inner); !inner.works {
				return nil, false
			}
			if inner.lives {
				sh.to, sh.verb, sh.right = s.objectID(inner), "reads", access.Become
			}
		default:
			if path, ok := s.places[repo].tables[n.table]; ok {
				sh.to = resourceID(repo, path)
			}
		}
		out = append(out, sh)
	}
	return out, true
}

// cover gives the alternatives of grants by which a definer may read columns of a table. Roles are not active for a definer; PUBLIC is.
func (s *server) cover(definer *subject, n name, columns []string) (out [][]int) {
	choices := definer.on(s.tables, n)
	if s.public != nil && definer.account != s.public {
		choices = append(choices, s.role(s.public).on(s.tables, n)...)
	}
	byColumn := map[string][][]int{}
	for _, c := range choices {
		for _, p := range c.pieces {
			switch {
			case p.set&selects == 0:
			case p.column == "":
				out = append(out, p.proof)
			default:
				byColumn[p.column] = append(byColumn[p.column], p.proof)
			}
		}
	}
	if len(columns) == 0 {
		for _, c := range sorted(byColumn) {
			out = append(out, byColumn[c]...)
		}
		return out
	}
	all := [][]int{nil}
	for _, c := range columns {
		all = s.product(all, byColumn[c])
	}
	return append(out, all...)
}

// uses tells which views and routines a subject may use.
func (s *server) uses(sub *subject) {
	for _, o := range s.living {
		e := access.Edge{From: sub.id, To: s.objectID(o), Right: access.Become}
		if o.view {
			e.Verb = "may SELECT from the view"
			s.can(sub.on(s.tables, o.name), selects, e)
		} else {
			e.Verb = "may EXECUTE"
			s.can(sub.on(s.routines, o.name), executes, e)
		}
	}
}
