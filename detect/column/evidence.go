package column

import (
	"github.com/chartroom/chartroom/detect/ident"
	"github.com/chartroom/chartroom/detect/linear"
	"github.com/chartroom/chartroom/detect/words"
	"github.com/chartroom/chartroom/phi"
)

// probe is one question that is asked of each value of the evidence.
type probe uint8

const (
	pSSN     probe = iota // with separators
	pSSN9                 // nine digits that could be one
	pNPI                  // with its check digit
	pPhone                // with separators
	pPhone10              // ten digits that could be one
	pEmail
	pURL
	pDomain
	pIP
	pMAC
	pDate    // a calendar date
	pFiller  // of these, fillers
	pStamp   // of these, with a time of day
	pBirth   // of these, a possible date of birth of somebody alive, before 2016
	pOldDate // of these, before 1990
	pCompact // of these, eight digits alone
	pYear    // a year alone
	pMBI
	pHICN
	pDEA
	pVIN
	pCard
	pIBAN
	pZIP    // five digits that are a known ZIP code
	pZIP9   // nine with a hyphen
	pPostal // could be a postal code of another country
	pState
	pCountry
	pUUID
	pDigest
	pOpaque // base64 or another scramble
	pPCS
	pICD10
	pICD9 // with its dot, or V and E codes
	pICD9Bare
	pLOINC
	pSNOMED
	pNDC // with hyphens
	pNDC11
	pHCPCS
	pCPT
	pTaxonomy
	pCoordinate
	pUDI
	pIMEI
	pGiven   // one word, known as a given name
	pSurname // one word, known as a surname
	pWord    // one word, rather an ordinary one
	pFull    // two to four words, given name and surname in either order
	pTitled  // capitalised words only
	pCity
	pCounty
	pStreet
	pOrg  // ends in a word of companies: Inc, LLC, Hospital
	pText // running text
	pInteger
	pDecimal
	pLonger   // 8 or more digits, or letters and digits of 6 or more
	pRising   // one more than the value before
	pInitial  // one letter
	pStreetNo // begins with a house number and a word

	numProbes
)

// evidence is what the values of one column have shown.
type evidence struct {
	seen      int32 // values that all probes were asked of
	minLen    uint16
	maxLen    uint16
	mask      mask
	sumWords  int32
	given     int32 // sums of log2 counts, for the order of given names and surnames
	surname   int32
	last      int64 // integer before, for rising numbers
	hits      [numProbes]uint16
	valid     [numProbes]uint16 // of the hits, those without any fault; only of probes that grade
	different linear.Counter
	hashed    int32 // values that different knows of
	custom    []uint16
}

// share is the part of the values that a probe found.
func (e *evidence) share(p probe) float64 {
	if e == nil || e.seen == 0 {
		return 0
	}
	return float64(e.hits[p]) / float64(e.seen)
}

// distinctShare is the part of the values that differ.
func (e *evidence) distinctShare() float64 {
	if e == nil || e.seen == 0 {
		return 0
	}
	return min(1, float64(e.different.Count())/float64(max(e.hashed, 1)))
}

// observer asks the probes; it holds the tables that they look things up in.
type observer struct {
	words  *words.Tables
	custom []Custom
}

// add asks all probes that a value's shape admits.
func (o *observer) add(e *evidence, v []byte) {
	if len(v) > 4096 {
		v = v[:4096]
	}
	v = ident.TrimFloat(v)
	p := measure(v)
	if e.seen == 0 || len(v) < int(e.minLen) {
		e.minLen = uint16(len(v))
	}
	e.maxLen = max(e.maxLen, uint16(len(v)))
	e.seen++
	e.mask |= p.mask
	e.sumWords += int32(p.words)
	if e.hashed < distinctOf {
		e.hashed++
		e.different.Add(v)
	}
	for i := range o.custom {
		if o.custom[i].Match != nil && o.custom[i].Match(v) {
			if e.custom == nil {
				e.custom = make([]uint16, len(o.custom))
			}
			e.custom[i]++
		}
	}
	switch {
	case p.letters == 0 && p.signs == 0 && p.digits == len(v):
		o.digitsOnly(e, v)
	case p.letters == 0 || p.digits > 0 && p.words <= 8 && len(v) < 64:
		o.mixed(e, v, &p)
	}
	if p.letters > 0 {
		o.lettered(e, v, &p)
	}
}

func (e *evidence) hit(p probe, ok bool) {
	if ok {
		e.hits[p]++
	}
}

// grade counts a value that at least has the shape.
func (e *evidence) grade(p probe, g ident.Grade, least ident.Grade) {
	e.hit(p, g >= least)
	if g >= ident.Valid {
		e.valid[p]++
	}
}

// digitsOnly asks what a run of digits could be.
func (o *observer) digitsOnly(e *evidence, v []byte) {
	e.hits[pInteger]++
	n := len(v)
	e.hit(pLonger, n >= 8)
	if n <= 18 {
		var x int64
		for _, c := range v {
			x = x*10 + int64(c-'0')
		}
		e.hit(pRising, x == e.last+1)
		e.last = x
	}
	switch n {
	case 4:
		e.hit(pYear, v[0] == '1' && v[1] >= '8' || v[0] == '2' && v[1] <= '1')
	case 5:
		_, ok := o.words.ZIP(v)
		e.hit(pZIP, ok)
		e.grade(pCPT, ident.CPT(v), ident.Valid)
	case 8:
		if d, g := ident.ReadDate(v); g > ident.Bad {
			e.hits[pCompact]++
			o.date(e, d, g)
		}
	case 9:
		e.grade(pSSN9, ident.SSN(v), ident.Valid)
		e.grade(pZIP9, ident.ZIP(v), ident.Proven)
	case 10:
		e.grade(pNPI, ident.NPI(v), ident.Valid)
		e.grade(pPhone10, ident.Phone(v, o.words), ident.Valid)
	case 11:
		e.grade(pNDC11, ident.NDC(v), ident.Valid)
		e.hit(pPhone10, v[0] == '1' && ident.Phone(v, o.words) >= ident.Valid)
	case 12, 14:
		if d, g := ident.ReadDate(v); g > ident.Bad {
			o.date(e, d, g)
		}
	}
	if n >= 6 && n <= 18 {
		e.grade(pSNOMED, ident.SNOMED(v), ident.Proven)
	}
	if n >= 13 && n <= 19 {
		e.grade(pCard, ident.Card(v), ident.Plausible)
		e.grade(pIMEI, ident.IMEI(v), ident.Valid)
	}
	if n >= 3 && n <= 5 {
		e.grade(pICD9Bare, ident.ICD9(v), ident.Valid)
	}
	e.hit(pPostal, n >= 4 && n <= 6)
}

// date counts a date and what it tells.
func (o *observer) date(e *evidence, d ident.Day, g ident.Grade) {
	if d.Month == 0 {
		e.hits[pYear]++
		return
	}
	e.hits[pDate]++
	e.hit(pFiller, g < ident.Valid)
	e.hit(pStamp, d.Time)
	e.hit(pBirth, d.Year >= 1900 && d.Year < 2016)
	e.hit(pOldDate, d.Year < 1990 && g >= ident.Valid)
}

// mixed asks what digits with signs or a few letters could be.
func (o *observer) mixed(e *evidence, v []byte, p *profile) {
	n := len(v)
	e.hit(pLonger, p.digits > 0 && p.letters+p.digits >= 6 && (p.words == 1 || p.digits >= p.letters && p.only(mDigit|mUpper|mSpace|mHyphen)))
	if p.letters == 0 && p.only(mDigit|mDot|mHyphen|mPlus|mComma) && ident.Number(v) {
		if p.mask&(mDot|mComma) != 0 {
			e.hits[pDecimal]++
		} else {
			e.hits[pInteger]++
		}
		e.hit(pCoordinate, len(v) > 6 && v[1] != '.' && (v[0] != '-' || v[2] != '.') && ident.Coordinate(v) >= ident.Valid)
		return
	}
	if p.digits >= 4 && n <= 40 && p.signs+p.letters > 0 {
		if d, g := ident.ReadDate(v); g > ident.Bad {
			o.date(e, d, g)
			return
		}
	}
	if n == 11 && p.digits == 9 && p.letters == 0 {
		e.grade(pSSN, ident.SSN(v), ident.Plausible)
	}
	if p.digits >= 7 && p.digits <= 20 && n <= 40 && p.only(mDigit|mSpace|mHyphen|mDot|mParen|mPlus|mSlash|mLetter|mOther|mComma) {
		e.grade(pPhone, ident.Phone(v, nil), ident.Plausible)
	}
	e.hit(pZIP9, n == 10 && p.digits >= 5 && p.has(mHyphen) && ident.ZIP(v) >= ident.Valid)
	if p.has(mDot) && p.letters == 0 && n <= 64 {
		e.grade(pIP, ident.IPv4(v), ident.Plausible)
	}
	if p.has(mHyphen) && p.letters == 0 {
		e.grade(pLOINC, ident.LOINC(v), ident.Valid)
		e.grade(pNDC, ident.NDC(v), ident.Valid)
	}
	if p.has(mColon) {
		e.hit(pIP, ident.IPv6(v) >= ident.Plausible)
		e.grade(pMAC, ident.MAC(v), ident.Valid)
	}
	if n >= 12 && n <= 23 && p.digits >= 13 {
		e.grade(pCard, ident.Card(v), ident.Plausible)
	}
	if n >= 18 {
		e.grade(pUDI, ident.UDI(v), ident.Plausible)
	}
	if p.letters > 0 {
		o.alnum(e, v, p)
	}
}

// alnum asks what letters and digits together could be.
func (o *observer) alnum(e *evidence, v []byte, p *profile) {
	n := len(v)
	e.hit(pPostal, n >= 4 && n <= 9 && p.only(mDigit|mUpper|mSpace|mHyphen))
	switch n {
	case 11, 13:
		e.grade(pMBI, ident.MBI(v), ident.Plausible)
		e.grade(pHICN, ident.HICN(v), ident.Plausible)
	case 10, 12:
		e.grade(pHICN, ident.HICN(v), ident.Plausible)
		e.grade(pTaxonomy, ident.Taxonomy(v), ident.Valid)
	case 9:
		e.grade(pDEA, ident.DEA(v), ident.Valid)
	case 17:
		e.grade(pVIN, ident.VIN(v), ident.Proven)
		e.grade(pMAC, ident.MAC(v), ident.Valid)
	case 36, 38, 45:
		e.grade(pUUID, ident.UUID(v), ident.Plausible)
	case 5:
		e.grade(pHCPCS, ident.HCPCS(v), ident.Valid)
		e.grade(pCPT, ident.CPT(v), ident.Valid)
	}
	if n >= 15 && p.has(mUpper|mDigit) {
		e.grade(pIBAN, ident.IBAN(v), ident.Proven)
	}
	e.hit(pPCS, n == 7 && ident.ICD10PCS(v) >= ident.Valid)
	if n <= 8 {
		e.grade(pICD10, ident.ICD10(v), ident.Valid)
		e.grade(pICD9, ident.ICD9(v), ident.Valid)
	}
	if n >= 32 {
		e.grade(pDigest, ident.Digest(v), ident.Valid)
	}
}

// lettered asks what a value with letters could be: mail, URL, words, names, places.
func (o *observer) lettered(e *evidence, v []byte, p *profile) {
	n := len(v)
	if p.has(mAt) && p.words == 1 {
		e.grade(pEmail, ident.Email(v), ident.Plausible)
	}
	if p.words == 1 && p.has(mColon|mSlash) || n > 4 && (v[0]|0x20) == 'w' && p.has(mDot) {
		e.grade(pURL, ident.URL(v), ident.Valid)
	}
	if p.words == 1 && p.has(mDot) && !p.has(mAt) && p.signs <= 3 && n >= 4 && p.only(mLetter|mDigit|mDot|mHyphen) {
		e.hit(pDomain, ident.Domain(v))
	}
	e.hit(pOpaque, p.words == 1 && n >= 16 && opaque(v, p))
	if n == 1 {
		e.hits[pInitial]++
		return
	}
	e.hit(pState, n == 2 && phi.ParseState(string(v)) != 0)
	if p.words >= 9 || n > 80 {
		e.hits[pText]++
		return
	}
	if p.signs <= 6 && n <= 80 {
		o.phrase(e, v, p)
	}
}
