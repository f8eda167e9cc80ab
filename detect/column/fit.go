package column

import (
	"github.com/chartroom/chartroom/detect/header"
	"github.com/chartroom/chartroom/phi"
)

// fit is how the values agree with what a name says.
type fit int8

const (
	against fit = iota - 1
	neutral
	agrees
)

// values are the shares that judgements rest on, computed once.
type values struct {
	e        *evidence
	n        int
	distinct float64 // share of different values
	kinds    int     // number of different values, at least among the first hundreds
	numeric  float64 // integers and decimals
	names    float64 // values that are known as names of persons
	opaque   float64 // scrambles: digests, base64, masks
}

func valuesOf(c *column) values {
	e := c.evidence
	v := values{e: e}
	if e == nil {
		return v
	}
	v.n = int(e.seen)
	v.distinct = e.distinctShare()
	v.kinds = e.different.Count()
	v.numeric = e.share(pInteger) + e.share(pDecimal)
	v.names = max(e.share(pGiven), e.share(pSurname)) + e.share(pFull)
	v.opaque = e.share(pOpaque) + e.share(pDigest)
	return v
}

func (v *values) share(p probe) float64 { return v.e.share(p) }

// yes gives agrees when the share is enough, against when the contrary holds, else neutral.
func yes(ok, not bool) fit {
	switch {
	case ok:
		return agrees
	case not:
		return against
	}
	return neutral
}

// fits tells how the values agree with a kind that the name says.
func (v *values) fits(g *header.Guess) fit {
	if v.n == 0 || v.opaque > 0.5 {
		return neutral
	}
	e := v.e
	dates, text := v.share(pDate) > 0.5, v.share(pText) > 0.5
	switch g.Kind {
	case phi.Name:
		return v.fitsName(g)
	case phi.DateOfBirth:
		if g.Part != phi.PartNone {
			return yes(v.share(pInteger) > 0.5, text)
		}
		return yes(dates && v.share(pBirth)+v.share(pFiller) > 0.6*v.share(pDate), v.share(pDate) < 0.3)
	case phi.Date:
		return yes(dates, v.share(pDate) < 0.3)
	case phi.Phone, phi.Fax:
		return yes(v.share(pPhone)+v.share(pPhone10) > 0.4, dates || text || e.maxLen < 6 || v.share(pDecimal) > 0.5 || v.share(pEmail) > 0.5 || e.mask&mDigit == 0)
	case phi.Email:
		return yes(v.share(pEmail) > 0.4, v.numeric > 0.8 || dates || e.maxLen < 5)
	case phi.SSN:
		return yes(v.share(pSSN)+v.share(pSSN9) > 0.5, dates || text || v.share(pDecimal) > 0.5 || e.maxLen < 4 || v.share(pCountry) > 0.5 || e.mask&mDigit == 0 && e.mask&mOther == 0)
	case phi.ZIP:
		return yes(v.share(pZIP)+v.share(pZIP9) > 0.4, dates || text || e.maxLen < 3 || v.share(pDecimal) > 0.5 || e.mask&mDigit == 0)
	case phi.NPI:
		return yes(v.share(pNPI) > 0.6, e.maxLen < 6 || dates || text || v.names > 0.5 || v.share(pDecimal) > 0.5)
	case phi.Address:
		return v.fitsAddress(g)
	case phi.URL:
		return yes(v.share(pURL)+v.share(pDomain) > 0.4, dates || v.numeric > 0.5 || e.maxLen < 4)
	case phi.IP:
		return yes(v.share(pIP) > 0.4, dates || v.numeric > 0.5)
	case phi.Vehicle:
		return yes(v.share(pVIN) > 0.4, dates || text || v.share(pDecimal) > 0.5)
	case phi.Device:
		return yes(v.share(pUDI)+v.share(pMAC)+v.share(pIMEI)+v.share(pUUID) > 0.4, dates || text || v.share(pDecimal) > 0.5 || e.maxLen < 5 || e.mask&mDigit == 0)
	case phi.Photo, phi.Biometric:
		return yes(v.share(pURL) > 0.4, dates || v.numeric > 0.5 || e.maxLen < 4)
	case phi.FreeText:
		return v.fitsText(g)
	}
	return v.fitsNumber(g)
}

// fitsName judges the values of a column that is called a person's name.
func (v *values) fitsName(g *header.Guess) fit {
	e := v.e
	switch g.Part {
	case phi.PartPrefix, phi.PartSuffix:
		return yes(false, v.numeric > 0.3 || e.maxLen > 16 || v.share(pDate) > 0.3)
	case phi.PartMiddle:
		if v.share(pInitial) > 0.5 {
			return agrees
		}
	}
	if v.numeric > 0.4 || v.share(pDate) > 0.3 || v.share(pText) > 0.5 || v.share(pUUID) > 0.5 || v.share(pEmail) > 0.5 || v.share(pURL) > 0.5 {
		return against
	}
	if v.names > 0.35 {
		return agrees
	}
	if g.Part == phi.PartFull || g.Strength == header.Weak {
		fewLabels := v.kinds <= 4 && v.n > 40
		return yes(false, v.share(pOrg) > 0.25 || fewLabels || v.share(pWord) > 0.6 && v.names < 0.15 || e.maxLen <= 2 && v.n >= 5 || v.n >= 8 && v.names < 0.08)
	}
	return yes(false, v.kinds <= 2 && v.n > 40 && v.names < 0.2)
}

// fitsAddress judges the values of a column that is called an address or a part of one.
func (v *values) fitsAddress(g *header.Guess) fit {
	e := v.e
	wrong := v.share(pDate) > 0.3 || v.share(pEmail) > 0.5 || v.share(pUUID) > 0.5
	switch {
	case g.Geo:
		return yes(v.share(pCoordinate) > 0.3 || v.share(pDecimal) > 0.6, v.share(pDecimal)+v.share(pCoordinate) < 0.2 && v.share(pText) > 0.2 || wrong)
	case g.Part == phi.PartCity:
		return yes(v.share(pCity) > 0.4, wrong || v.numeric > 0.5 || v.share(pText) > 0.5 || e.maxLen < 3)
	case g.Part == phi.PartCounty:
		return yes(v.share(pCounty) > 0.3 || v.share(pInteger) > 0.8 && e.maxLen <= 5 && v.kinds > 1, wrong || v.share(pText) > 0.5)
	case g.Part == phi.PartStreet || g.Part == phi.PartFull:
		return yes(v.share(pStreet)+v.share(pStreetNo) > 0.25, wrong || v.share(pIP) > 0.5 || v.share(pURL) > 0.5 || v.numeric > 0.6 && e.maxLen > 6 || e.mask == mDigit && e.maxLen > 6 || g.Strength == header.Weak && v.numeric > 0.6)
	}
	return yes(v.share(pCity) > 0.4, wrong || v.share(pText) > 0.6)
}

// fitsText judges the values of a column that is called a note.
func (v *values) fitsText(g *header.Guess) fit {
	e := v.e
	perValue := float64(e.sumWords) / float64(e.seen)
	if v.kinds == 1 && v.n > 1 {
		return neutral
	}
	long := v.share(pText) > 0.2 || perValue >= 4
	if g.Class == header.Description {
		long = v.share(pText) > 0.5 || perValue >= 6 && v.distinct > 0.5
	}
	return yes(long, perValue < 1.6 || v.numeric > 0.5 || v.share(pDate) > 0.5)
}

// fitsNumber judges the values of a column that is called a number of a person, a claim, an account.
func (v *values) fitsNumber(g *header.Guess) fit {
	e := v.e
	if v.share(pDate) > 0.6 && v.share(pCompact) < 0.5 || v.share(pText) > 0.3 || v.share(pDecimal) > 0.5 || v.share(pURL) > 0.5 || v.share(pEmail) > 0.5 && g.Kind != phi.OtherID {
		return against
	}
	short := e.maxLen <= 2 && g.Kind != phi.MRN
	constant := v.kinds <= 1 && v.n > 8 && g.Lexical != header.Patient
	wordy := v.names > 0.5 || v.share(pWord) > 0.6 && e.mask&mDigit == 0
	if g.Strength == header.Weak {
		short = short || e.mask&mDigit == 0 && e.maxLen <= 3
		return yes(v.distinct > 0.3 && !wordy && !short, short || constant || wordy || v.kinds <= 3 && v.n > 60 && g.Lexical != header.Patient)
	}
	return yes(v.distinct > 0.05 && e.mask&mDigit != 0 && !short, short || wordy && g.Kind != phi.OtherID)
}
