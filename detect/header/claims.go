package header

// Claims tells whether a column's name is one of those that a user gave, or has one of the pieces.
func (x *Lexicon) Claims(name string, names, keywords []string) bool {
	key := Key(name)
	if key == "" {
		return false
	}
	for _, n := range names {
		if Key(n) == key {
			return true
		}
	}
	for _, piece := range x.Pieces(name) {
		for _, k := range keywords {
			if Key(k) == piece {
				return true
			}
		}
	}
	return false
}
