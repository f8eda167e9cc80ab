package header

import (
	"math"

	"github.com/chartroom/chartroom/estate/packed"
	"github.com/chartroom/chartroom/phi"
)

// mostRule is how many bytes the rule has by which a name was judged.
const mostRule = 512

// mostKind is the last kind of values.
var mostKind = byte(len(phi.Kinds()))

// ReadKind reads a kind of values.
func ReadKind(r *packed.Reader) phi.Kind { return phi.Kind(r.Byte(mostKind)) }

// AppendState writes what a name says, for a column whose name stays where it is.
func (g *Guess) AppendState(b []byte) []byte {
	b = append(b, byte(g.Kind), byte(g.Part), byte(g.Who), byte(g.Lexical), byte(g.Strength), byte(g.Class), byte(g.System))
	b = packed.AppendBools(b, g.Negative, g.Geo, g.Health)
	return packed.AppendBytes(b, g.Rule[:min(len(g.Rule), mostRule)])
}

// ReadGuess reads what AppendState wrote.
func ReadGuess(r *packed.Reader) (g Guess) {
	g.Kind, g.Part = ReadKind(r), phi.Part(r.Byte(math.MaxUint8))
	g.Who, g.Lexical = Who(r.Byte(byte(NumWho)-1)), Who(r.Byte(byte(NumWho)-1))
	g.Strength, g.Class = Strength(r.Byte(byte(Strong))), Class(r.Byte(byte(OrgName)))
	g.System = phi.System(r.Byte(byte(phi.NumSystems) - 1))
	r.Bools(&g.Negative, &g.Geo, &g.Health)
	g.Rule = r.Text(mostRule)
	if g.Strength == Silent && g.Kind != phi.None {
		r.Fail() // a name that says nothing says of no kind
	}
	return g
}
