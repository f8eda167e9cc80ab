package phi

// Part says which piece of an identifier a field holds, where one person's identifier is spread
// over several fields. It is what lets a record's fields be put together to one person.
type Part uint8

// The parts. PartNone is a whole identifier, or a part that does not matter.
const (
	PartNone   Part = iota
	PartFull        // a whole name in one field
	PartFamily      // family name
	PartGiven       // given name
	PartMiddle      // middle name or initial
	PartMaiden      // name before marriage, mother's maiden name
	PartPrefix      // title
	PartSuffix      // Jr., III
	PartStreet      // street line
	PartCity        // town
	PartCounty      // county
	PartState       // State: no identifier, but where the person lives
	PartZIP         // ZIP code
	PartYear        // the year of a date alone: no identifier
	PartMonth       // the month of a date
	PartDay         // the day of a date
	PartDeath       // date of death
	PartAge         // age in years
	PartSex         // sex or gender
	PartLocal       // a number that counts only inside its repository (a row number as a person's key)
)
