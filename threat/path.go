package threat

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/threat/horn"
)

// way is a Path in the making: proofs that differ only by the store that they end in.
type way struct {
	proofs  []*proof // by store, the most people first once it is finished
	ends    []uint32 // stores that stand for their class
	stores  []uint32
	certain bool
	loss    Loss
}

// ways groups what was proved by all but the store at the end. Detours are left out, and counted.
func (k *walker) ways(v *prover) ([]*way, int) {
	by := map[string]*way{}
	detours := 0
	for _, a := range v.w.All(Lost) {
		store := v.p.Args(a)[0]
		direct := k.direct(v.settled[a])
		detours += len(v.settled[a]) - len(direct)
		for _, x := range direct {
			key := k.keyOf(x, store)
			y := by[key]
			if y == nil {
				y = &way{certain: k.known(x)}
				by[key] = y
			}
			if !slices.Contains(y.ends, store) {
				y.ends, y.proofs = append(y.ends, store), append(y.proofs, x)
			}
		}
	}
	out := make([]*way, 0, len(by))
	for _, key := range slices.Sorted(maps.Keys(by)) {
		y := by[key]
		y.stores = k.twins.all(y.ends)
		y.loss = k.count(y.stores)
		out = append(out, y)
	}
	slices.SortStableFunc(out, func(a, b *way) int {
		return cmp.Or(cmp.Compare(b.loss.People.Estimate, a.loss.People.Estimate), compareBool(b.certain, a.certain), cmp.Compare(len(a.proofs[0].facts), len(b.proofs[0].facts)))
	})
	return out, detours
}

// direct leaves out detours: proofs that walk all rows of another, and more, with whom the other takes over, and more. They rest on other
// facts ("by another app of the same login"), and nothing is to be learnt from them; controls are searched with them.
func (k *walker) direct(all []*proof) []*proof {
	type seen struct {
		rows, who []int
		certain   bool
	}
	of := make([]seen, len(all))
	for i, x := range all {
		order := clauses(x)
		for _, c := range order {
			of[i].rows = append(of[i].rows, k.rowOf(c))
		}
		for _, n := range k.through(order) {
			of[i].who = append(of[i].who, int(n))
		}
		slices.Sort(of[i].rows)
		slices.Sort(of[i].who)
		of[i].rows = slices.Compact(of[i].rows)
		of[i].certain = k.known(x)
	}
	var out []*proof
	for i, x := range of {
		if !slices.ContainsFunc(of, func(y seen) bool {
			return len(y.rows) < len(x.rows) && within(y.rows, x.rows) && within(y.who, x.who) && (y.certain || !x.certain)
		}) {
			out = append(out, all[i])
		}
	}
	return out
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// known tells whether all that a proof rests on is known.
func (k *walker) known(x *proof) bool {
	return !slices.ContainsFunc(x.facts, func(l uint32) bool { return !k.p.Sure(l) })
}

// keyOf is the same for proofs that rest on the same but for their end, and walk the same rows.
func (k *walker) keyOf(x *proof, store uint32) string {
	key := []byte{0}
	if k.known(x) {
		key[0] = 1
	}
	for _, l := range x.facts {
		if !slices.Contains(k.p.Args(l>>1), store) {
			key = binary.LittleEndian.AppendUint32(key, l)
		}
	}
	var rows []int
	for _, c := range clauses(x) {
		rows = append(rows, k.rowOf(c))
	}
	slices.Sort(rows)
	key = append(key, "rows"...)
	for _, r := range rows {
		key = binary.LittleEndian.AppendUint16(key, uint16(r))
	}
	return string(key)
}

// clauses gives the clauses of a proof, each behind those that it builds upon.
func clauses(x *proof) []uint32 {
	var out []uint32
	seen := map[uint32]bool{noClause: true}
	var visit func(x *proof)
	visit = func(x *proof) {
		for _, y := range x.from {
			visit(y)
		}
		if !seen[x.clause] {
			seen[x.clause] = true
			out = append(out, x.clause)
		}
	}
	visit(x)
	return out
}

// path finishes a way.
func (k *walker) path(y *way) Path {
	k.mostFirst(y)
	x := y.proofs[0]
	order := clauses(x)
	out := Path{Certain: y.certain, Loss: y.loss, Stores: k.names(y.stores), Through: []string{}, Custodians: []string{}, Alike: 1}
	out.Steps = k.steps(order, map[uint32]int{}, 0)
	through := k.through(order)
	for _, n := range through {
		out.Through = append(out.Through, k.q.Facts.names[n])
		out.Alike *= k.twins.size(n)
	}
	out.ID = k.id(x, order)
	out.Joined = slices.ContainsFunc(x.facts, k.crosses)
	out.Custodians = k.custodiansOf(slices.Concat(through, y.stores))
	out.Then, out.Out = k.follow(order)
	out.Cuts = k.cutsOf(y)
	out.Title = k.title(&out, order)
	return out
}

// mostFirst puts the store with the most people first, which the steps are told of.
func (k *walker) mostFirst(y *way) {
	best, people := 0, int64(-1)
	for i, s := range y.ends {
		if n := k.count(k.twins.all([]uint32{s})).People.Estimate; n > people {
			best, people = i, n
		}
	}
	y.proofs[0], y.proofs[best] = y.proofs[best], y.proofs[0]
	y.ends[0], y.ends[best] = y.ends[best], y.ends[0]
}

// takeovers are what the crew has when somebody or something is its own.
var takeovers = []string{"acts_as", "session", "cred", "exec", "exec_vendor", "token_rogue"}

// through gives who is taken over, in order.
func (k *walker) through(order []uint32) []uint32 {
	var out []uint32
	for _, c := range order {
		for _, l := range slices.Concat(startsOf(k.p, c), k.p.Gives(c)) {
			if n := k.p.Args(l); slices.Contains(takeovers, k.p.Predicate(l)) && !slices.Contains(out, n[0]) {
				out = append(out, n[0])
			}
		}
	}
	return out
}

// startsOf gives the atoms of a clause that the crew was told to have.
func startsOf(p *horn.Program, c uint32) []uint32 {
	var out []uint32
	for _, l := range p.Uses(c) {
		if slices.Contains(p.Given(), l>>1) {
			out = append(out, l>>1)
		}
	}
	return out
}

// id names a path by what it rests on.
func (k *walker) id(x *proof, order []uint32) string {
	var all []string
	for _, l := range x.facts {
		all = append(all, k.fact(l))
	}
	for _, c := range order {
		all = append(all, k.row(c).ID)
	}
	slices.Sort(all)
	return digest(strings.Join(slices.Compact(all), "\n"))
}

// digest gives 16 characters that stand for a text.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}

func (k *walker) fact(l uint32) string {
	s := k.q.Facts.String(k.p.Predicate(l>>1), k.p.Args(l>>1))
	if l&1 != 0 {
		s = "not " + s
	}
	return s
}

func (k *walker) rowOf(c uint32) int { row, _ := k.p.Row(c); return row }

func (k *walker) row(c uint32) *Row { return &k.q.Book.Rows[k.rowOf(c)] }

// isPart tells whether a clause is only a part of its row.
func (k *walker) isPart(c uint32) bool { _, part := k.p.Row(c); return part }

func (k *walker) title(p *Path, order []uint32) string {
	var how []string
	for _, c := range order {
		t := k.q.Book.Technique(k.row(c).Technique)
		if t != nil && !slices.Contains(how, t.Name) && k.row(c).Phase != "recon" {
			how = append(how, t.Name)
		}
	}
	title := strings.Join(append(slices.Clone(p.Through), p.Stores[0]), " > ")
	if n := len(p.Stores) - 1; n > 0 {
		title += fmt.Sprintf(" and %d more", n)
	}
	if len(how) > 0 {
		title += " by " + strings.Join(how, ", ")
	}
	return title
}

// steps tells clauses as steps, the first of which has a number; what was made before has the number of its step. A clause of a part of a
// row goes into the step of the row.
func (k *walker) steps(order []uint32, madeBy map[uint32]int, first int) []Step {
	p := k.p
	out := []Step{}
	parts := map[uint32]uint32{}
	for _, c := range order {
		if k.isPart(c) {
			parts[p.Gives(c)[0]] = c
			continue
		}
		s := k.step(c)
		var take func(c uint32)
		take = func(c uint32) {
			for _, l := range p.Uses(c) {
				part, is := parts[l>>1]
				switch at, made := madeBy[l>>1]; {
				case is:
					take(part)
				case p.Derived(l>>1) && made:
					if !slices.Contains(s.From, at) {
						s.From = append(s.From, at)
					}
				case !p.Derived(l>>1) || slices.Contains(p.Given(), l>>1):
					s.Uses = append(s.Uses, k.use(l))
				}
			}
		}
		take(c)
		slices.Sort(s.From)
		for _, h := range p.Gives(c) {
			if _, made := madeBy[h]; !made {
				madeBy[h] = first + len(out)
			}
		}
		out = append(out, s)
	}
	return out
}

// step tells one clause, but for what it uses.
func (k *walker) step(c uint32) Step {
	r := k.row(c)
	s := Step{Row: r.ID, Technique: r.Technique, Phase: r.Phase, Words: r.Step, Uses: []Use{}, Gives: []string{}, Evidence: r.Evidence, LogKept: k.kept(r.Log),
		Breaks: []string{}, Mitigation: r.Mitigation, Source: r.Source, Confidence: r.Confidence, From: []int{}}
	if t := k.q.Book.Technique(r.Technique); t != nil {
		s.Technique, s.Tactics = t.ID, t.Tactics
	}
	for _, h := range k.p.Gives(c) {
		s.Gives = append(s.Gives, k.q.Book.Words(k.q.Facts, k.p.Predicate(h), false, k.p.Args(h)))
	}
	for _, l := range k.p.Uses(c) {
		for _, n := range k.controls.of(l) {
			if words := k.controls.list[n].Words; !slices.Contains(s.Breaks, words) {
				s.Breaks = append(s.Breaks, words)
			}
		}
	}
	return s
}

// kept tells whether the estate keeps the logs of a class.
func (k *walker) kept(class string) string {
	if class == "" {
		return "none"
	}
	t := k.q.Facts.tables[logKept]
	n, named := k.q.Facts.numbers[class]
	if t == nil || !named || t.Arity != 1 {
		return "not known"
	}
	told := Perhaps
	for i, a := range t.Args {
		if a == n && horn.Surer(t.States[i], told) {
			told = t.States[i]
		}
	}
	return [...]string{No: "no", Perhaps: "not known", Yes: "yes"}[told]
}

// use tells a literal of the estate with where it comes from.
func (k *walker) use(l uint32) Use {
	predicate, not := k.p.Predicate(l>>1), l&1 != 0
	u := Use{Fact: k.fact(l), State: "possible", Origin: Origin{How: "assumed"}}
	if k.p.Sure(l) {
		u.State = "certain"
	}
	if _, origin := k.p.Told(l >> 1); origin >= 0 {
		u.Origin = k.q.Facts.origins[origin]
	}
	args := k.p.Args(l >> 1)
	if u.Words == "" || not {
		u.Words = k.q.Book.Words(k.q.Facts, predicate, not, args)
	}
	if p := k.q.Book.Predicates[predicate]; u.Question == "" && p != nil {
		u.Question = p.Question
	}
	if u.State == "certain" {
		u.Question = ""
	}
	u.Words, u.Question = fill(u.Words, k.q.Facts, args), fill(u.Question, k.q.Facts, args)
	return u
}

// follow tells what comes after and beside a path: rows that hide, stay, copy, take out and press, with what the path gives.
func (k *walker) follow(order []uint32) ([]Step, string) {
	p, w := k.p, k.possible
	have := map[uint32]bool{}
	made := map[uint32]int{}
	sure := map[uint32]bool{}
	steps := 0
	var queue, then []uint32
	for _, c := range order {
		for _, h := range p.Gives(c) {
			if !have[h] {
				have[h], made[h], sure[h] = true, steps, true
				queue = append(queue, h)
			}
		}
		if !k.isPart(c) {
			steps++
		}
	}
	out := "no"
	for i := 0; i < len(queue); i++ {
		p.Users(queue[i], func(u uint32) bool {
			c := u >> 1
			if !w.Fires(c) || slices.Contains(then, c) || !slices.Contains(after, k.row(c).Phase) || len(then) >= mostThen {
				return len(then) < mostThen
			}
			known := true
			for _, l := range p.Uses(c) {
				if p.Derived(l >> 1) {
					if !have[l>>1] {
						return true
					}
					known = known && sure[l>>1]
				} else {
					known = known && k.p.Sure(l)
				}
			}
			fresh := false
			for _, h := range p.Gives(c) {
				if have[h] && known && !sure[h] {
					sure[h] = true
					queue = append(queue, h)
				}
				if p.Predicate(h) == gotOut && (known || out == "no") {
					out = map[bool]string{true: "yes", false: "possible"}[known]
				}
				if !have[h] && p.Predicate(h) != "reads" && p.Predicate(h) != Lost {
					have[h], sure[h], fresh = true, known, true
					queue = append(queue, h)
				}
			}
			if fresh {
				then = append(then, c)
			}
			return true
		})
	}
	return k.steps(then, made, steps), out
}

// after are the phases of what follows or goes beside.
var after = []string{"persist", "stealth", "collect", "exfil", "extort"}

// mostThen is how many steps are told that follow.
const mostThen = 24
