package phi

import "strings"

// State is a State, district, territory or military region of the United States. The zero State is unknown,
// which is a state of residence of its own in every answer.
type State uint8

// stateNames are the USPS codes and names; the order is part of the stored form and only ever grows at its end.
var stateNames = [...][2]string{{"", ""},
	{"AL", "ALABAMA"}, {"AK", "ALASKA"}, {"AZ", "ARIZONA"}, {"AR", "ARKANSAS"}, {"CA", "CALIFORNIA"}, {"CO", "COLORADO"},
	{"CT", "CONNECTICUT"}, {"DE", "DELAWARE"}, {"DC", "DISTRICT OF COLUMBIA"}, {"FL", "FLORIDA"}, {"GA", "GEORGIA"},
	{"HI", "HAWAII"}, {"ID", "IDAHO"}, {"IL", "ILLINOIS"}, {"IN", "INDIANA"}, {"IA", "IOWA"}, {"KS", "KANSAS"},
	{"KY", "KENTUCKY"}, {"LA", "LOUISIANA"}, {"ME", "MAINE"}, {"MD", "MARYLAND"}, {"MA", "MASSACHUSETTS"}, {"MI", "MICHIGAN"},
	{"MN", "MINNESOTA"}, {"MS", "MISSISSIPPI"}, {"MO", "MISSOURI"}, {"MT", "MONTANA"}, {"NE", "NEBRASKA"}, {"NV", "NEVADA"},
	{"NH", "NEW HAMPSHIRE"}, {"NJ", "NEW JERSEY"}, {"NM", "NEW MEXICO"}, {"NY", "NEW YORK"}, {"NC", "NORTH CAROLINA"},
	{"ND", "NORTH DAKOTA"}, {"OH", "OHIO"}, {"OK", "OKLAHOMA"}, {"OR", "OREGON"}, {"PA", "PENNSYLVANIA"}, {"RI", "RHODE ISLAND"},
	{"SC", "SOUTH CAROLINA"}, {"SD", "SOUTH DAKOTA"}, {"TN", "TENNESSEE"}, {"TX", "TEXAS"}, {"UT", "UTAH"}, {"VT", "VERMONT"},
	{"VA", "VIRGINIA"}, {"WA", "WASHINGTON"}, {"WV", "WEST VIRGINIA"}, {"WI", "WISCONSIN"}, {"WY", "WYOMING"},
	{"AS", "AMERICAN SAMOA"}, {"GU", "GUAM"}, {"MP", "NORTHERN MARIANA ISLANDS"}, {"PR", "PUERTO RICO"}, {"VI", "VIRGIN ISLANDS"},
	{"FM", "MICRONESIA"}, {"MH", "MARSHALL ISLANDS"}, {"PW", "PALAU"}, {"AE", "ARMED FORCES EUROPE"}, {"AA", "ARMED FORCES AMERICAS"},
	{"AP", "ARMED FORCES PACIFIC"},
}

// NumStates is the number of states, the unknown one included.
const NumStates = len(stateNames)

var stateByName = func() map[string]State {
	m := make(map[string]State, 2*NumStates)
	for i, n := range stateNames[1:] {
		m[n[0]], m[n[1]] = State(i+1), State(i+1)
	}
	return m
}()

// stateByCode has a row for each first letter and a column for each second.
var stateByCode = func() (t [26][26]State) {
	for i, n := range stateNames[1:] {
		t[n[0][0]-'A'][n[0][1]-'A'] = State(i + 1)
	}
	return t
}()

// String gives the USPS code, "unknown" for the zero State.
func (s State) String() string {
	if s == 0 || int(s) >= NumStates {
		return "unknown"
	}
	return stateNames[s][0]
}

// ParseState reads a USPS code or a full name in any case; the zero State when it is neither.
func ParseState(name string) State {
	if len(name) == 2 {
		one, two := name[0]&^0x20-'A', name[1]&^0x20-'A'
		if one >= 26 || two >= 26 {
			return 0
		}
		return stateByCode[one][two]
	}
	return stateByName[strings.ToUpper(strings.TrimSpace(name))]
}
