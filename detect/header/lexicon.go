package header

import (
	"bytes"
	"compress/gzip"
	_ "embed" // the tables
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"sync"
)

//go:generate go run ./gen -from ../../../shared/codes

// packedNames are the known column names: key, kind, part, subject, strength.
//
//go:embed data/column_names.csv.gz
var packedNames []byte

// vocabulary is what the pieces of column names say.
//
//go:embed data/tokens.txt
var vocabulary string

// head is a meaning that a piece of a name can have; a set of them is a bit set.
type head uint8

const (
	noHead head = iota
	hDate
	hDatetime
	hTime
	hBirth
	hDeath
	hName
	hFamily
	hGiven
	hMiddle
	hMaiden
	hNick
	hPrefix
	hSuffix
	hAddress
	hStreet
	hLine
	hCity
	hCounty
	hState
	hZIP
	hCountry
	hGeo
	hFIPS
	hPhone
	hFax
	hEmail
	hSSN
	hNPI
	hProvNo
	hMRN
	hPlan
	hMBI
	hClaim
	hVisit
	hOrder
	hAccount
	hCard
	hLicense
	hVehicle
	hDevice
	hLogin
	hURL
	hIP
	hPhoto
	hBiometric
	hAge
	hSex
	hDemo
	hYear
	hMonth
	hDay
	hNote
	hDesc
	hDiagnosis
	hProcedure
	hHCPCS
	hNDC
	hLOINC
	hSNOMED
	hRxNorm
	hDRG
	hRevenue
	hPOS
	hCVX
	hVersion
	hID
	hNumber
	hCode
	hControl
	hAmount
	hFlag
	hType

	numHeads
)

var headNames = [numHeads]string{"", "date", "datetime", "time", "birth", "death", "name", "family", "given", "middle", "maiden", "nick", "prefix", "suffix",
	"address", "street", "line", "city", "county", "state", "zip", "country", "geo", "fips", "phone", "fax", "email", "ssn", "npi", "provno", "mrn", "plan", "mbi",
	"claim", "visit", "order", "account", "card", "license", "vehicle", "device", "login", "url", "ip", "photo", "biometric", "age", "sex", "demo",
	"year", "month", "day", "note", "desc", "diagnosis", "procedure", "hcpcs", "ndc", "loinc", "snomed", "rxnorm", "drg", "revenue", "pos", "cvx", "version",
	"id", "number", "code", "control", "amount", "flag", "type"}

// piece is what the vocabulary says of one spelling.
type piece struct {
	heads  [2]uint64
	who    Who
	thing  bool
	system bool
	filler bool
}

func (p *piece) has(h head) bool { return p.heads[h>>6]&(1<<(h&63)) != 0 }

func (p *piece) known() bool {
	return p.heads != [2]uint64{} || p.who != Nobody || p.thing || p.system || p.filler
}

// known is a known column name.
type known struct {
	kind     string
	part     string
	subject  string
	strong   bool
	negative bool
}

// Lexicon holds the known names by their keys, and the vocabulary. It does not change, and any number of goroutines may use it.
type Lexicon struct {
	names  map[string]known
	pieces map[string]piece
}

// Load gives the built-in tables, unpacking them at the first call (a few milliseconds).
func Load() *Lexicon { return builtIn() }

var builtIn = sync.OnceValue(func() *Lexicon {
	x, err := readLexicon(packedNames, vocabulary)
	if err != nil { // the files are part of the program: a fault of the build
		panic("header: " + err.Error())
	}
	return x
})

func readLexicon(names []byte, vocabulary string) (*Lexicon, error) {
	x := &Lexicon{names: map[string]known{}, pieces: map[string]piece{}}
	if err := x.readNames(names); err != nil {
		return nil, fmt.Errorf("column names: %w", err)
	}
	for i, line := range strings.Split(vocabulary, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		if err := x.readPieces(line); err != nil {
			return nil, fmt.Errorf("vocabulary line %d: %w", i+1, err)
		}
	}
	return x, nil
}

// readNames reads the known names. Where a key stands twice with different kinds, an identifier wins over "none" and becomes weak.
func (x *Lexicon) readNames(packed []byte) error {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return err
	}
	in := csv.NewReader(z)
	if _, err := in.Read(); err != nil {
		return err
	}
	for {
		r, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		k := known{kind: r[1], part: r[2], subject: r[3], strong: r[4] == "strong", negative: r[1] == "none"}
		old, twice := x.names[r[0]]
		switch {
		case !twice:
		case old.negative != k.negative:
			if k.negative {
				k = old
			}
			k.strong = false
		case old.strong && !k.strong, old.kind == k.kind && k.subject == "any":
			k = old
		}
		x.names[r[0]] = k
	}
}

func (x *Lexicon) readPieces(line string) error {
	role, spellings, ok := strings.Cut(line, ":")
	kind, meaning, ok2 := strings.Cut(role, " ")
	if !ok || !ok2 {
		return fmt.Errorf("no role")
	}
	for _, s := range strings.Fields(spellings) {
		p := x.pieces[s]
		switch kind {
		case "subject":
			w := index(whoNames[:], meaning)
			if w < 0 {
				return fmt.Errorf("no subject %q", meaning)
			}
			p.who = Who(w)
		case "thing":
			p.thing = true
		case "system":
			p.system = true
		case "filler":
			p.filler = true
		case "head":
			h := index(headNames[:], meaning)
			if h < 0 {
				return fmt.Errorf("no head %q", meaning)
			}
			p.heads[h>>6] |= 1 << (h & 63)
		default:
			return fmt.Errorf("no role %q", kind)
		}
		x.pieces[s] = p
	}
	return nil
}

func index(list []string, s string) int {
	for i, t := range list {
		if i > 0 && t == s {
			return i
		}
	}
	return -1
}
