package words

// Facts is an Entry unpacked; the generator of the tables fills it in.
type Facts struct {
	Given, Surname, Word         uint8
	Not                          NotName
	Street                       StreetWord
	City, County, Country, State bool
}

// Pack puts the facts into an Entry.
func (f Facts) Pack() Entry {
	e := Entry(f.Given&31)<<givenShift | Entry(f.Surname&31)<<surnameShift | Entry(f.Word)<<wordShift |
		Entry(f.Not&15)<<notShift | Entry(f.Street&63)<<streetShift
	for _, bit := range []struct {
		set bool
		bit Entry
	}{{f.City, cityBit}, {f.County, countyBit}, {f.Country, countryBit}, {f.State, stateBit}} {
		if bit.set {
			e |= bit.bit
		}
	}
	return e
}
