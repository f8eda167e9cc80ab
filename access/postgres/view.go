package postgres

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/access"
)

// maxNested is how deep views may stand in views, and partitions in partitions, to be followed.
const maxNested = 64

// view is what is known of a relation through which others are read: a view, the parent of partitions, a parent by INHERITS.
type view struct {
	leads  bool               // to something that is asked about
	broken bool               // its owner may not read what it reads, so nobody can
	partly string             // a relation of which its owner may read columns only, so that it depends on which of them it reads
	asks   map[*relation]bool // what its reader himself must be allowed to SELECT
}

// leads tells whether something that is asked about is read through a relation.
func (b *base) leads(r *relation) bool { return b.look(r, 0).leads }

// look follows a relation to what is read through it.
func (b *base) look(r *relation, depth int) *view {
	if v := b.views[r]; v != nil {
		return v
	}
	v := &view{asks: map[*relation]bool{}, leads: b.wanted[r] && r.kind == 'v'}
	b.views[r] = v
	if depth > maxNested {
		b.bounded = true
		return v
	}
	for _, l := range r.children {
		v.leads = v.leads || b.wanted[l.to] || b.look(l.to, depth+1).leads
	}
	for _, l := range r.bases {
		in := b.look(l.to, depth+1)
		v.leads = v.leads || b.wanted[l.to] || in.leads
		v.broken = v.broken || in.broken
		v.partly = cmp.Or(v.partly, in.partly)
		maps.Copy(v.asks, in.asks)
		switch {
		case r.invoker:
			v.asks[l.to] = true
		case b.db.table(r.owner, l.to, Check{Right: Select}):
		case b.db.allows(r.owner, &l.to.object, ofRelation, Check{Right: Select}, each):
			v.partly = "the owner of " + r.name + " may read the columns of " + l.to.name + " that it takes"
		default:
			v.broken = true
		}
	}
	return v
}

// by names a relation as what is read through it.
func (b *base) by(r *relation) string { return b.db.repository + "?through=" + r.name }

// through tells who reads through a relation, and what. Partitions and children are read by the rights on the parent alone. What a view reads, its
// owner must be allowed to; where it is a security_invoker (version 15), its reader, even if another view stands between.
func (b *base) through(r *relation) {
	v := b.look(r, 0)
	if v.broken {
		return
	}
	id := b.by(r)
	b.out.Node(access.Node{ID: id, Kind: access.Role, Name: "what is read through " + r.name, System: System})
	if len(v.asks) == 0 {
		b.use(act{r, Select, id, access.Become, v.partly})
	} else {
		b.invoked(r, v, id)
	}
	for _, l := range r.children {
		b.descend(id, l, nil, 0)
	}
	for _, l := range r.bases {
		b.shows(r, l)
	}
}

// descend tells the partitions beneath a parent.
func (b *base) descend(id string, l link, proof []int, depth int) {
	if depth > maxNested {
		b.bounded = true
		return
	}
	proof = append(proof, l.fact)
	if b.wanted[l.to] {
		b.edge(id, b.placeID(l.to.name), "holds", access.Edge{Right: access.Read}, proof)
	}
	for _, next := range l.to.children {
		b.descend(id, next, slices.Clone(proof), depth+1)
	}
}

// invoked tells who reads a view that asks rights of the reader himself.
func (b *base) invoked(r *relation, v *view, id string) {
	needs := append(b.needs(r.schema, nil), b.alternatives(r, Select))
	for _, asked := range sortedSet(v.asks) {
		rights := slices.DeleteFunc(b.alternatives(asked, Select), func(a alternative) bool { return a.layer == access.Escalation })
		for i := range rights {
			if rights[i].column != "" {
				rights[i].condition = "the columns of " + asked.name + " that it takes are those that its reader may read"
			}
		}
		needs = append(needs, rights)
	}
	if len(needs) > 16 {
		b.bounded = true
		return
	}
	for _, e := range append(b.entries(needs), b.assumed(needs)...) {
		b.edge(b.inherits(e.role), id, "may SELECT from", access.Edge{Layer: e.layer, Condition: both(v.partly, e.condition)}, e.proof)
	}
}

func sortedSet(m map[*relation]bool) []*relation {
	return slices.SortedFunc(maps.Keys(m), func(x, y *relation) int { return strings.Compare(key(x.schema, x.name), key(y.schema, y.name)) })
}

// shows tells what a view shows of one relation that it reads.
func (b *base) shows(r *relation, l link) {
	e := access.Edge{Condition: "the query of " + r.name + " shows it"}
	ways := [][]int{nil}
	if r.invoker {
		if l.to.security {
			e.Condition = both(e.Condition, "row security of "+l.to.name+" lets its reader see rows")
		}
	} else {
		see, condition := b.sees(r.owner, l.to)
		if !see {
			return
		}
		e.Condition = both(e.Condition, condition)
		ways = nil
		if b.roles[r.owner].attr.Superuser {
			ways = [][]int{{b.roles[r.owner].fact}}
		} else {
			for _, way := range b.entriesAt(r.owner, []need{b.alternatives(l.to, Select)}, false) {
				if way.layer == access.Entitled {
					ways = append(ways, way.proof)
				}
			}
		}
	}
	for _, way := range ways {
		if b.wanted[l.to] {
			e.Right = access.Read
			b.edge(b.by(r), b.placeID(l.to.name), "reads", e, []int{r.fact, l.fact}, way)
		}
		if b.leads(l.to) {
			e.Right = access.Become
			b.edge(b.by(r), b.by(l.to), "reads", e, []int{r.fact, l.fact}, way)
		}
	}
}

// sees tells whether row security lets a role see rows of a relation, and on which condition.
func (b *base) sees(role int, r *relation) (bool, string) {
	a := b.roles[role].attr
	if !r.security || a.Superuser || a.BypassRLS || !r.forced && b.db.HasPrivsOf(role, r.owner) {
		return true, ""
	}
	for _, p := range r.policies {
		if (p.command == "ALL" || p.command == "SELECT") && (p.role == Public || b.db.HasPrivsOf(role, p.role)) {
			return true, "row security of " + r.name + " lets the owner of the view see rows"
		}
	}
	return false, ""
}

// functions tells who may act as somebody else by a function that runs as its owner, and who may read files by one.
func (b *base) functions() {
	for _, k := range slices.Sorted(maps.Keys(b.db.functions)) {
		f := b.db.functions[k]
		id := b.db.repository + "?function=" + f.name
		b.out.Node(access.Node{ID: id, Kind: access.Role, Name: "callers of " + f.name, System: System})
		for _, i := range f.items(ofFunction) {
			if i.rights&Execute != 0 {
				b.open(f.schema, id, "may EXECUTE and so is one of the", access.Edge{}, []int{i.fact}, i.grantee)
			}
		}
		if !f.definer {
			b.edge(id, b.hub(files), "may read files, and so are among the", access.Edge{Layer: access.Escalation}, []int{f.fact})
			continue
		}
		b.edge(id, b.is(f.owner), "run it with the rights of", access.Edge{Condition: "what " + f.name + " does for its caller is not known"}, []int{f.fact})
	}
}
