package hl7v2

import (
	"fmt"

	"github.com/chartroom/chartroom/phi"
)

// parameter hands out a query's parameter: a person's number, or, in a query by example, the name of a position and the value
// that is looked for there ("@PID.5.1^DOE", data type QIP), which is what stands in that position.
func (r *reading) parameter(f *position, n int) {
	name := r.tidy(r.part(n, 1))
	if name.from >= name.to {
		return
	}
	if r.buf[name.from] != '@' {
		r.emit(f, 0, name)
		return
	}
	value := r.tidy(r.part(n, 2))
	if value.from >= value.to || r.null(value) {
		return
	}
	at, outlet := r.table.named(r.buf[name.from+1 : name.to])
	if at == nil {
		return
	}
	key := 1 + uint64(at.first+outlet) // below the keys of segments and fields
	place, ok := r.unknown[key]
	if !ok {
		p := at.place(outlet)
		p.Field = f.label()
		p.Rule = fmt.Sprintf("%s, as parameter of a query", p.Rule)
		place = r.out.Places.Add(p)
		r.unknown[key] = place
	}
	r.put(place, value)
}

// named finds the position that a name like PID.5.1 stands for, with the outlet of its component; nil when nothing of
// interest stands there.
func (t *table) named(name []byte) (*position, int) {
	if len(name) < 5 || !segmentName(name) || name[3] != '.' {
		return nil, 0
	}
	var at [3]int // field, component, subcomponent
	i := 0
	for _, c := range name[4:] {
		switch {
		case c >= '0' && c <= '9' && at[i] < 1000:
			at[i] = at[i]*10 + int(c-'0')
		case c == '.' && i < len(at)-1:
			i++
		default:
			return nil, 0
		}
	}
	f, _ := t.find(name[:3]).field(at[0])
	if f == nil {
		return nil, 0
	}
	for i, o := range f.outlets {
		if int(o.component) == max(at[1], 1) && (o.subcomponent <= 1 || int(o.subcomponent) == at[2]) && o.kind != phi.NPI {
			return f, i
		}
	}
	return nil, 0
}
