package facts

import (
	"maps"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/estate/declared"
)

// peopleOf gives the accounts that a thing is about.
func (t *teller) peopleOf(th *thing, all bool) []uint32 {
	switch {
	case all:
		return t.everyone("")
	case th.kind == declared.KindProvider:
		return t.everyone(th.name)
	case th.kind == declared.KindSystem || th.kind == declared.KindDoor:
		return t.usersOf(th.name)
	}
	var out []uint32
	for _, on := range th.on {
		out = append(out, t.who(on, th.scope)...)
		if len(out) == 0 {
			out = append(out, t.usersOf(on)...)
		}
	}
	return compact(out)
}

// usersOf gives the accounts of a system, and those that can read what it keeps.
func (t *teller) usersOf(system string) []uint32 {
	name := t.out.Name(system)
	var out []uint32
	for n := range t.nodes {
		if t.isAccount(uint32(n)) && (strings.EqualFold(t.nodes[n].System, system) || slices.Contains(t.uses[n], name)) {
			out = append(out, uint32(n))
		}
	}
	return out
}

// storesOf gives the stores that a thing is about.
func (t *teller) storesOf(th *thing, all bool) []uint32 {
	if all {
		return t.stores
	}
	var parts []int
	if th.kind == declared.KindSystem || th.kind == declared.KindDoor {
		parts = append(parts, t.partsOf(th.name)...)
	}
	for _, on := range th.on {
		parts = append(parts, t.partsOf(on)...)
	}
	slices.Sort(parts)
	var out []uint32
	for _, p := range slices.Compact(parts) {
		out = append(out, t.stores[p])
	}
	return out
}

// systemsMeant gives the systems that a thing is about: itself; those that a provider logs in to; those that stand under on, or that keep
// what stands there.
func (t *teller) systemsMeant(th *thing, all bool) []uint32 {
	var out []uint32
	switch {
	case th.kind == declared.KindSystem || th.kind == declared.KindDoor:
		return []uint32{t.out.Name(th.name)}
	case all:
		for _, systems := range t.systemsOf {
			out = append(out, systems...)
		}
		for _, name := range slices.Sorted(maps.Keys(t.world.systems)) {
			out = append(out, t.out.Name(t.world.systems[name].name))
		}
	case th.kind == declared.KindProvider:
		out = append(out, t.out.Name(th.name))
		for _, n := range t.everyone(th.name) {
			out = append(out, t.uses[n]...)
		}
	}
	for _, on := range th.on {
		if s := t.world.systems[strings.ToLower(on)]; s != nil {
			out = append(out, t.out.Name(s.name))
			continue
		}
		if t.isProvider(on) {
			out = append(out, t.out.Name(on))
		}
		for _, p := range t.partsOf(on) {
			out = append(out, t.systemsOf[p]...)
		}
	}
	return compact(out)
}

// vendorNamed gives a vendor as access knows it, where it does.
func (t *teller) vendorNamed(name string) uint32 {
	if n, is := t.byID[declared.ID("vendor", "vendor", name)]; is {
		return t.names[n]
	}
	return t.out.Name(name)
}

func (t *teller) vendorsMeant(th *thing, all bool) []uint32 {
	if th.kind == declared.KindVendor || th.kind == declared.KindDoor {
		return []uint32{t.vendorNamed(th.name)}
	}
	var out []uint32
	for n := range t.nodes {
		if all && t.nodes[n].Kind == "vendor" {
			out = append(out, t.names[n])
		}
	}
	for _, on := range th.on {
		out = append(out, t.vendorNamed(strings.TrimPrefix(on, "vendor:")))
	}
	return compact(out)
}

// grantsMeant gives the tokens of the apps, of the vendors' apps, or in the systems, that a thing is about.
func (t *teller) grantsMeant(th *thing, all bool) []uint32 {
	var out []uint32
	for _, k := range t.world.tokens {
		is := all || (th.kind == declared.KindDoor || th.kind == declared.KindSystem) && strings.EqualFold(k.system, th.name) ||
			th.kind == declared.KindVendor && t.runs(declared.ID("vendor", "vendor", th.name), k.app)
		for _, on := range th.on {
			is = is || strings.EqualFold(on, k.system) || t.runs(declared.ID("vendor", "vendor", strings.TrimPrefix(on, "vendor:")), k.app) ||
				slices.ContainsFunc(t.who(on, th.scope), func(n uint32) bool { return strings.EqualFold(t.nodes[n].ID, k.app) })
		}
		if is {
			out = append(out, t.out.Name(k.name()))
		}
	}
	return compact(out)
}

// runs tells whether a vendor runs or holds an app.
func (t *teller) runs(vendor, app string) bool {
	a, is := t.byID[app]
	v, known := t.byID[vendor]
	return is && known && slices.Contains(t.members[a], v)
}

func (t *teller) desksMeant(th *thing, all bool) []uint32 {
	var out []uint32
	for n := range t.nodes {
		id := t.nodes[n].ID
		if !isDesk(id) {
			continue
		}
		mine := th.kind == declared.KindHelpDesk && strings.EqualFold(t.nodes[n].Name, th.name) || th.kind == declared.KindDoor && strings.EqualFold(t.nodes[n].Name, th.name)
		if all || mine || slices.ContainsFunc(th.on, func(on string) bool { return strings.EqualFold(on, t.nodes[n].Name) }) {
			out = append(out, t.names[n])
		}
	}
	if len(out) == 0 && th.kind == declared.KindHelpDesk {
		out = append(out, t.out.Name(th.name))
	}
	return out
}

// doorsMeant gives the elements of the front door that stand under on, or all.
func (t *teller) doorsMeant(th *thing, all bool) []uint32 {
	var out []uint32
	for _, o := range t.world.things {
		if o.kind == declared.KindDoor && (all || slices.ContainsFunc(th.on, func(on string) bool { return strings.EqualFold(on, o.name) })) {
			out = append(out, t.out.Name(o.name))
		}
	}
	return compact(out)
}

func isDesk(id string) bool { return strings.Contains(id, "#desk:") }

func isPool(id string) bool { return strings.Contains(id, "#any:") }

func compact(in []uint32) []uint32 {
	out := make(map[uint32]bool, len(in))
	for _, v := range in {
		out[v] = true
	}
	return slices.Sorted(maps.Keys(out))
}
