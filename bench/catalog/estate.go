package catalog

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
)

// Shape is how large an estate is.
type Shape struct {
	Repositories int
	Fields       int // about so many
	People       int // distinct ones
}

// Shares of the estate.
const (
	fieldsOfItem   = 20  // on average
	populated      = 0.4 // of the repositories hold people
	skew           = 1.3 // of the people of these: that of rank r holds 1/r^skew of what the largest does (Zipf)
	overlap        = 4   // a repository shares a quarter of its own people with the one of the next rank
	custodians     = 40
	gapped         = 0.05 // of the repositories have an item that was not read
	classOfPeople  = 10   // one of so many people in a repository is in each of its classes
	fieldNames     = 600
	rulesName      = "rules/1"
	version        = "bench"
	largestRelated = 400 // times the items of the smallest repository that the largest has at most
)

// classShares says in how many of the populated repositories a class is met: SUD in one of 20, which is 2 % of all.
var classShares = map[phi.Class]float64{phi.SUD: 0.05, phi.ETHUD: 0.02, phi.HIV: 0.04, phi.PSY: 0.10, phi.PSYTHPN: 0.005, phi.BH: 0.08, phi.SDV: 0.01, phi.STD: 0.04,
	phi.SEX: 0.02, phi.GDIS: 0.01, phi.SCA: 0.005, phi.PREGNANT: 0.10}

// kinds of repositories, each as often as it stands here.
var kinds = [...]string{"s3", "s3", "s3", "s3", "s3", "s3", "s3", "postgres", "postgres", "postgres", "postgres", "postgres", "files", "files", "files", "files",
	"mysql", "mysql", "sqlserver", "mongodb"}

// Estate is an invented estate: what stands where depends on the number of a repository alone.
type Estate struct {
	Shape
	seen   time.Time
	begins []int64  // by rank of a populated repository: the first of its own people
	weight float64  // of all repositories together
	step   int      // from a repository to its rank
	names  []string // of fields
}

// NewEstate plans an estate that was seen at a time.
func NewEstate(s Shape, seen time.Time) *Estate {
	e := &Estate{Shape: s, seen: seen, begins: make([]int64, max(2, int(float64(s.Repositories)*populated))+1), names: names()}
	sum := 0.0
	for r := range len(e.begins) - 1 {
		sum += math.Pow(float64(r+1), -skew)
	}
	at := 0.0
	for r := range len(e.begins) - 1 {
		e.begins[r] = int64(at)
		at += max(1, float64(s.People)*math.Pow(float64(r+1), -skew)/sum)
	}
	e.begins[len(e.begins)-1] = int64(at)
	for e.step = s.Repositories*618/1000 | 1; divisor(e.step, s.Repositories) > 1; e.step += 2 { // so that each rank is met once
	}
	for n := range s.Repositories {
		e.weight += e.relative(n)
	}
	return e
}

func divisor(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// mix is a well mixed number of two (Steele, Lea and Flood 2014: SplitMix64).
func mix(n, salt uint64) uint64 {
	z := n*0x9E3779B97F4A7C15 + salt*0xD1B54A32D192ED03 + 0x9E3779B97F4A7C15
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// chance is a number from 0 to 1 that belongs to two others.
func chance(n int, salt uint64) float64 { return float64(mix(uint64(n), salt)>>11) / (1 << 53) }

// relative is how many items a repository has, compared with others (Pareto, exponent 1.5).
func (e *Estate) relative(n int) float64 {
	return min(largestRelated, math.Pow(1-chance(n, 1), -1/1.5))
}

func names() (out []string) {
	base := []string{"patient_name", "given_name", "family_name", "birth_date", "ssn", "mrn", "member_id", "street", "city", "zip", "phone", "email", "admit_date", "discharge_date", "diagnosis", "drug",
		"note", "provider_npi", "policy", "account"}
	for i := range fieldNames {
		out = append(out, fmt.Sprintf("%s_%d", base[i%len(base)], i/len(base)))
	}
	return out
}

// Name is the name of a repository.
func (e *Estate) Name(n int) string {
	return fmt.Sprintf("%s://clinic-%07d/records", e.kind(n), n)
}

func (e *Estate) kind(n int) string { return kinds[mix(uint64(n), 2)%uint64(len(kinds))] }

// rank is the place of a repository in the order by people; ok says whether it holds any.
func (e *Estate) rank(n int) (r int, ok bool) {
	r = int(uint64(n) * uint64(e.step) % uint64(e.Repositories))
	return r, r < len(e.begins)-1
}

// classes of a repository.
func (e *Estate) classes(n int) (set phi.Classes) {
	if _, ok := e.rank(n); !ok {
		return 0
	}
	for c, share := range classShares {
		if chance(n, 100+uint64(c)) < share {
			set = set.With(c)
		}
	}
	return set
}

// span is who is in a repository: people by number, from one on to another.
func (e *Estate) span(n int) (from, to int64) {
	r, ok := e.rank(n)
	if !ok {
		return 0, 0
	}
	return e.begins[r] - (e.begins[r+1]-e.begins[r])/overlap, e.begins[r+1]
}

// people are those of a span, as a survey keeps them: half of them are known by two marks.
func (e *Estate) people(n int, from, to int64) *estate.People {
	classes := e.classes(n).List()
	all := estate.NewPeople(0)
	var marks [2]estate.Mark
	for i := from; i < to; i++ {
		p := uint64((i + e.begins[len(e.begins)-1]) % e.begins[len(e.begins)-1])
		marks[0], marks[1] = estate.Mark(mix(p, 3))&^3|estate.NumberMark, estate.Mark(mix(p, 4))&^3
		known := marks[:1+p%2]
		if !all.Wants(known) {
			continue
		}
		who := estate.Person{Marks: slices.Clone(known), Birth: uint32(mix(p, 5)) | 1, States: 1 << (1 + p>>12%50), Minor: p%12 == 0}
		if p%20 == 0 {
			who.States = 1 << (1 + mix(p, 6)%50)
		}
		for k, c := range classes {
			if p%classOfPeople == uint64(k)%classOfPeople || i == to-1 {
				who.Classes = who.Classes.With(c)
			}
		}
		all.Add(who)
	}
	return all
}

// Facts are those of a repository: its items with their findings, and its gaps.
func (e *Estate) Facts(n int) (estate.Repository, []estate.Fact) {
	repo := estate.Repository{Name: e.Name(n), Kind: e.kind(n), Custodian: fmt.Sprintf("Custodian %02d", int(custodians*math.Pow(chance(n, 7), 2))),
		Traits: []estate.Trait{{Name: "encryption", Value: "aws:kms", Known: true}, {Name: "public_access", Value: "no", Known: true}}}
	count := max(1, int(e.relative(n)/e.weight*float64(e.Fields)/fieldsOfItem+chance(n, 8)))
	from, to := e.span(n)
	var out []estate.Fact
	for i := range count {
		it := &estate.Item{Repository: repo.Name, Path: fmt.Sprintf("year-%d/table-%05d.csv", 2016+i%10, i), Version: fmt.Sprintf("1790000000-%d", n), Bytes: 4_000_000 + int64(n%1000),
			Modified: time.Unix(1790000000, 0), Format: "csv", Records: 100, Read: 4_000_000 + int64(n%1000), Verdict: phi.VerdictNone,
			Evidence: estate.Evidence{Reader: "csv/1", Coverage: estate.All.String(), Rules: rulesName, Seen: e.seen.Add(-time.Duration(n%7200) * time.Second)}}
		switch {
		case to > from && i == 0:
			it.People = e.people(n, from, to)
		case to > from && i == 1:
			it.People = e.people(n, to-(to-from+7)/8, to)
		}
		if it.People != nil {
			it.Verdict, it.Classes, it.Minors = phi.VerdictPHI, e.classes(n), to-from > 12
		}
		out = append(append(out, estate.Fact{Item: it}), e.findings(n, i, it)...)
	}
	if chance(n, 9) < gapped {
		out = append(out, estate.Fact{Gap: &estate.Gap{Repository: repo.Name, Path: "locked.zip", Reason: estate.GapEncrypted, Detail: "a password is needed", Bytes: 1 << 20}})
	}
	return repo, out
}

// findings are those of an item. One that holds nobody has fields that identify nobody: codes, dates of its own, links.
func (e *Estate) findings(n, i int, it *estate.Item) []estate.Fact {
	fields := 5 + int(mix(uint64(n), uint64(1000+i))%(2*(fieldsOfItem-5)+1))
	out := make([]estate.Fact, fields)
	findings := make([]estate.Finding, fields)
	for k := range fields {
		at := mix(uint64(n), uint64(5000+100*i+k))
		kind := phi.Kind(1 + at%17)
		if it.People == nil {
			kind = []phi.Kind{phi.ICD10, phi.LOINC, phi.URL}[at%3]
		}
		findings[k] = estate.Finding{Repository: it.Repository, Path: it.Path, Field: e.names[at>>8%fieldNames], Kind: kind, Subject: phi.Patient, Values: 100, WellFormed: int64(90 + at>>16%11),
			People: int64(min(100, it.People.Held())), Likelihood: 0.97, Why: []estate.Reason{reasons[at>>24%uint64(len(reasons))], {Rule: "values", Detail: "syntax", Source: "own", Count: int64(at >> 32 % 101)}}}
		if it.Classes != 0 && k < 2 {
			findings[k].Classes = it.Classes
		}
		out[k].Finding = &findings[k]
	}
	return out
}

var reasons = [...]estate.Reason{{Rule: "header", Detail: "the column is named so", Source: "own"}, {Rule: "neighbour", Detail: "beside a record number", Source: "own"},
	{Rule: "position", Detail: "a field of the format", Source: "own"}}
