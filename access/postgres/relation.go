package postgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/access"
)

// database tells who reaches what is asked about in a database.
func (c *compiler) database(db *Database, what *choice) {
	b := &base{compiler: c, db: db, wanted: what.relations, held: map[int]set{}, usages: map[string]need{}, doors: map[string]door{}, views: map[*relation]*view{}}
	b.place("")
	if !db.open {
		c.out.Doubt(access.Doubt{Place: access.Place{Repository: db.repository}, Scope: c.scope, Detail: "nobody may connect to the database now; a superuser can change that"})
	} else {
		b.connect = b.granted(&db.object, ofDatabase, Connect)
	}
	b.owning()
	for _, r := range sortedRelations(db.relations) {
		if b.wanted[r] {
			b.table(r)
		}
		if b.leads(r) {
			b.through(r)
		}
	}
	slices.Sort(what.blobs)
	for _, name := range slices.Compact(what.blobs) {
		b.blob(db.blobs[name])
	}
	b.functions()
	if b.bounded {
		c.out.Doubt(access.Doubt{Place: access.Place{Repository: db.repository}, Scope: c.scope,
			Detail: fmt.Sprintf("some roles have more ways to the same thing than are told (%d, by %d chains of memberships each): a change that cuts those told may leave others", maxWays, maxPaths)})
	}
}

func sortedRelations(m map[string]*relation) []*relation {
	out := make([]*relation, 0, len(m))
	for _, r := range m {
		out = append(out, r)
	}
	slices.SortFunc(out, func(x, y *relation) int { return strings.Compare(key(x.schema, x.name), key(y.schema, y.name)) })
	return out
}

// place tells a resource, and what superusers and readers of the server's files can do with it: an item has the readers of the most specific place
// that is told, so what holds for the whole server is told of each.
func (b *base) place(path string) string {
	id, name := b.placeID(path), path
	if path == "" {
		name = id
	}
	b.out.Node(access.Node{ID: id, Kind: access.Resource, Name: name, System: System, Place: access.Place{Repository: b.db.repository, Path: path}})
	layer := access.Entitled
	if !b.db.open {
		layer = access.Escalation
	}
	b.edge(b.hub(everything), id, "may read", access.Edge{Right: access.Read, Layer: layer})
	b.edge(b.hub(everything), id, "may change", access.Edge{Right: access.Write, Layer: layer})
	b.edge(b.hub(everything), id, "may govern", access.Edge{Right: access.Admin, Layer: layer})
	b.edge(b.hub(files), id, "may read", access.Edge{Right: access.Read})
	return id
}

func (b *base) placeID(path string) string {
	if path == "" {
		return b.db.repository
	}
	return b.db.repository + "/" + path
}

// owning tells the membership of the database's owner in pg_database_owner.
func (b *base) owning() {
	if _, there := b.byName[ownerRole]; !there || b.db.owner <= Public {
		return
	}
	id := b.db.repository + "#" + ownerRole
	b.out.Node(access.Node{ID: id, Kind: access.Role, Name: ownerRole + " of " + b.db.name, System: System})
	from, e := b.handsOn(b.db.owner), access.Edge{}
	if !b.Server.owning(0, b.db).inherit {
		from, e.Layer = b.is(b.db.owner), access.Escalation
	}
	b.edge(from, id, "owns the database, and so is", e, []int{b.db.fact})
}

// act is one way to use a relation.
type act struct {
	relation *relation
	rights   Privilege
	target   string
	right    access.Right
	also     string // a condition on all of it
}

// table tells who can use a relation that is asked about.
func (b *base) table(r *relation) {
	id := b.place(r.name)
	if r.kind == 'v' {
		b.edge(b.by(r), id, "is", access.Edge{Right: access.Read}, []int{r.fact})
		return
	}
	also := ""
	if r.server != "" {
		also = "the foreign server " + r.server + " lets it in"
	}
	b.use(act{r, Select, id, access.Read, also})
	if r.kind != 'm' {
		b.use(act{r, Insert | Update | Delete, id, access.Write, also})
		b.use(act{r, Truncate, id, access.Write, also})
	}
	b.govern(r, id)
}

// govern tells who may change who may what: the owner, and who has a grant option.
func (b *base) govern(r *relation, id string) {
	b.open(r.schema, id, "owns", access.Edge{Right: access.Admin}, []int{r.fact}, r.owner)
	for _, i := range r.items(ofRelation) {
		if rights := i.grantable & (Select | writing); rights != 0 {
			b.open(r.schema, id, "may grant "+rights.String()+" on", access.Edge{Right: access.Admin}, []int{i.fact}, i.grantee)
		}
	}
}

// open tells an edge for those who may come to a schema's objects with the privileges of some roles.
func (b *base) open(schema, to, verb string, e access.Edge, proof []int, roles ...int) {
	if d, ok := b.doorOf(schema, roles...); ok {
		for _, way := range d.ways {
			b.edge(d.node, to, verb, e, proof, way)
		}
	}
}

// alternatives are the rights by which a relation may be used.
func (b *base) alternatives(r *relation, rights Privilege) (out need) {
	for _, i := range r.items(ofRelation) {
		if got := i.rights & rights; got != 0 {
			out = append(out, alternative{role: i.grantee, proof: []int{i.fact}, verb: verb(got, i.column), column: i.column})
		}
	}
	for _, p := range []struct {
		role   string
		rights Privilege
	}{{readAll, Select}, {writeAll, Insert | Update | Delete}} {
		if n, there := b.byName[p.role]; there && p.rights&rights != 0 {
			out = append(out, alternative{role: n, verb: verb(p.rights&rights, "")})
		}
	}
	if r.owner > Public && !r.builtin && rights&^b.own(r) != 0 {
		out = append(out, alternative{role: r.owner, proof: []int{r.fact}, layer: access.Escalation, verb: "may, as its owner, grant itself " + (rights &^ b.own(r)).String() + " on"})
	}
	return out
}

// own gives the rights that an owner has by the access list.
func (b *base) own(r *relation) (out Privilege) {
	for _, p := range []Privilege{Select, Insert, Update, Delete, Truncate} {
		if b.db.table(r.owner, r, Check{Right: p}) {
			out |= p
		}
	}
	return out
}

func verb(rights Privilege, column string) string {
	text := "may " + rights.String()
	switch {
	case column != "":
		return text + " the column " + column + " of"
	case rights == Select:
		return text + " from"
	}
	return text + " on"
}

// use tells who has the rights on a relation. Row-level security stops neither TRUNCATE nor those who bypass it; others see the rows that the
// policies let through to them, and none where no policy is theirs (documentation, 5.8).
func (b *base) use(a act) {
	secured := a.relation.security && a.rights != Truncate
	for _, alt := range b.alternatives(a.relation, a.rights) {
		e := access.Edge{Right: a.right, Layer: alt.layer, Condition: a.also}
		if !secured {
			b.open(a.relation.schema, a.target, alt.verb, e, alt.proof, alt.role)
			continue
		}
		b.secured(a, alt, e)
	}
	if r := a.relation; secured && r.forced {
		b.open(r.schema, a.target, "may, as its owner, end row security on", access.Edge{Right: a.right, Layer: access.Escalation, Condition: a.also}, []int{r.fact}, r.owner)
	}
}

func (b *base) secured(a act, alt alternative, e access.Edge) {
	r := a.relation
	if !r.forced {
		b.open(r.schema, a.target, alt.verb, e, slices.Concat(alt.proof, []int{r.fact}), alt.role, r.owner)
	}
	for _, i := range b.bypass {
		if !b.holders(alt.role).has(i) {
			continue
		}
		for _, way := range b.entriesAt(i, b.needs(r.schema, []int{alt.role}), false) {
			e := e
			e.Layer = max(e.Layer, way.layer)
			b.edge(b.is(i), a.target, alt.verb, e, alt.proof, way.proof, []int{b.roles[i].fact})
		}
	}
	for _, p := range r.policies {
		if p.command == "ALL" || parse(p.command)&a.rights != 0 {
			e := e
			e.Condition = both(a.also, "row security: the policy "+p.name+" decides which rows")
			b.open(r.schema, a.target, alt.verb, e, slices.Concat(alt.proof, []int{p.fact}), alt.role, p.role)
		}
	}
}

func both(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}

// blob tells who can use a large object. It lies in no schema; with lo_compat_privileges everybody may.
func (b *base) blob(o *object) {
	id := b.place(o.name)
	b.open("", id, "owns", access.Edge{Right: access.Admin}, []int{o.fact}, o.owner)
	if b.loCompat {
		b.open("", id, "may, by lo_compat_privileges, read", access.Edge{Right: access.Read}, []int{b.fact}, Public)
		b.open("", id, "may, by lo_compat_privileges, change", access.Edge{Right: access.Write}, []int{b.fact}, Public)
		return
	}
	for _, u := range []struct {
		right Privilege
		gives access.Right
	}{{Select, access.Read}, {Update, access.Write}} {
		for _, alt := range b.granted(o, ofBlob, u.right) {
			b.open("", id, "may "+u.right.String(), access.Edge{Right: u.gives, Layer: alt.layer}, alt.proof, alt.role)
		}
	}
}
