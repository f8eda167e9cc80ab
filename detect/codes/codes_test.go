package codes

import (
	"encoding/csv"
	"os"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/phi"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// The traps are codes that well-meant lists get wrong: none may define its class.
func TestTraps(t *testing.T) {
	f, err := os.Open("testdata/sensitivity_traps.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 106 {
		t.Fatalf("%d traps, want 105", len(rows)-1)
	}
	table := Load()
	for _, r := range rows[1:] {
		sys := phi.ParseSystem(r[0])
		if sys == phi.NoSystem {
			t.Fatalf("system %q", r[0])
		}
		g, _ := table.Grade(sys, []byte(r[1]))
		if r[2] == "abortion" {
			if g.Abortion {
				t.Errorf("%s %s means abortion: %s", r[0], r[1], r[3])
			}
			continue
		}
		class, ok := phi.ParseClass(r[2])
		if !ok {
			t.Fatalf("class %q", r[2])
		}
		if g.Defines.Has(class) {
			t.Errorf("%s %s defines %s: %s (row %+v)", r[0], r[1], r[2], r[3], table.Row(g.Row))
		}
	}
}

func TestGrade(t *testing.T) {
	for _, c := range []struct {
		why      string
		sys      phi.System
		code     string
		defines  phi.Classes
		suggests phi.Classes
	}{
		{"HIV disease", phi.ICD10CM, "B20", phi.Of(phi.HIV), 0},
		{"with a dot", phi.ICD10CM, "F11.20", phi.Of(phi.OPIOIDUD), 0},
		{"without its dot", phi.ICD10CM, "F1120", phi.Of(phi.OPIOIDUD), 0},
		{"small letters and blanks", phi.ICD10CM, " f11.20 ", phi.Of(phi.OPIOIDUD), 0},
		{"the leading zero counts", phi.ICD9CM, "042", phi.Of(phi.HIV), 0},
		{"and is not made up", phi.ICD9CM, "42", 0, 0},
		{"V08 in ICD-9", phi.ICD9CM, "V08", phi.Of(phi.HIV), 0},
		{"V08 in ICD-10", phi.ICD10CM, "V08", 0, 0},
		{"range, longer than its end", phi.ICD10CM, "O9A.531", phi.Of(phi.PREGNANT, phi.SDV), 0},
		{"range, inside", phi.ICD10CM, "O26.851", phi.Of(phi.PREGNANT), 0},
		{"after the range", phi.ICD10CM, "P00.0", 0, 0},
		{"CPT range", phi.CPT, "90837", phi.Of(phi.PSY), 0},
		{"CPT in a field named HCPCS", phi.HCPCS, "90837", phi.Of(phi.PSY), 0},
		{"HCPCS with a modifier", phi.HCPCS, "H0020-HG", phi.Of(phi.OPIOIDUD), 0},
		{"HCPCS in a field named CPT", phi.CPT, "H0020", phi.Of(phi.OPIOIDUD), 0},
		{"CIEL padded", phi.CIEL, "1088AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", phi.Of(phi.HIV), 0},
		{"CIEL called LOINC", phi.LOINCSystem, "1088AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", phi.Of(phi.HIV), 0},
		{"CIEL bare", phi.CIEL, "1088", phi.Of(phi.HIV), 0},
		{"alcohol DRG before 2007", phi.CMSDRG, "521", phi.Of(phi.SUD), 0},
		{"hip replacement", phi.MSDRG, "521", 0, 0},
		{"NDC of eleven digits", phi.NDCSystem, "12496120201", phi.Of(phi.OPIOIDUD), 0},
		{"NDC 5-4-2", phi.NDCSystem, "12496-1202-01", phi.Of(phi.OPIOIDUD), 0},
		{"NDC 5-4-1", phi.NDCSystem, "12496-1202-1", phi.Of(phi.OPIOIDUD), 0},
		{"NDC 4-4-2", phi.NDCSystem, "0006-0227-61", phi.Of(phi.HIV), 0},
		{"NDC of ten digits can be read three ways", phi.NDCSystem, "1249612021", 0, phi.Of(phi.OPIOIDUD)},
		{"revenue code without its zero", phi.Revenue, "116", phi.Of(phi.SUD), 0},
		{"place of service", phi.POS, "55", phi.Of(phi.SUD), 0},
		{"no code", phi.ICD10CM, "", 0, 0},
		{"no system", phi.NoSystem, "B20", 0, 0},
		{"another system", phi.OtherSystem, "B20", 0, 0},
		{"too long", phi.SNOMEDCT, strings.Repeat("1", 40), 0, 0},
	} {
		g, ok := Load().Grade(c.sys, []byte(c.code))
		if g.Defines != c.defines || g.Suggests != c.suggests {
			t.Errorf("%s: %v %q defines [%v] suggests [%v], want [%v] [%v]", c.why, c.sys, c.code, g.Defines, g.Suggests, c.defines, c.suggests)
		}
		if ok != (c.defines|c.suggests != 0) {
			t.Errorf("%s: ok = %v", c.why, ok)
		}
	}
}

func TestFlags(t *testing.T) {
	g, _ := Load().Grade(phi.POS, []byte("55"))
	if !g.Part2 {
		t.Error("a substance abuse treatment facility is no Part 2 setting")
	}
	if g, _ := Load().Grade(phi.ICD10CM, []byte("Z11.4")); !g.Test || g.Strength() != phi.Suggests {
		t.Errorf("an HIV screening is %+v", g)
	}
	if g, _ := Load().Grade(phi.CPT, []byte("59841")); !g.Abortion {
		t.Errorf("59841 is %+v", g)
	}
}

// Every row finds its own class again by its own code, with at least its own strength.
func TestEveryRowMatchesItself(t *testing.T) {
	table := Load()
	for i := range table.Len() {
		r := table.Row(int32(i))
		g, ok := table.Grade(r.System, []byte(r.Code))
		all := g.Defines | g.Suggests
		if !ok || !all.Has(r.Class) || r.Strength == phi.Defines && !g.Defines.Has(r.Class) {
			t.Errorf("row %d %v %s: %+v", i, r.System, r.Code, g)
		}
		if r.CodeTo != "" {
			if g, _ := table.Grade(r.System, []byte(r.CodeTo)); !(g.Defines | g.Suggests).Has(r.Class) {
				t.Errorf("row %d: the range does not take its end %s", i, r.CodeTo)
			}
		}
		if r.Source == "" || r.Confidence == "" {
			t.Errorf("row %d names no source", i)
		}
	}
	if table.Len() < 11_000 {
		t.Errorf("%d rows", table.Len())
	}
}

// The reference is a plain walk over all rows, as the README of the table describes matching.
func TestGradeEqualsTheWalk(t *testing.T) {
	table := Load()
	rapid.Check(t, func(t *rapid.T) {
		r := table.Row(int32(rapid.IntRange(0, table.Len()-1).Draw(t, "row")))
		if r.System == phi.NDCSystem || r.System == phi.HCPCS || r.System == phi.CPT || r.System == phi.CIEL || r.System == phi.LOINCSystem {
			t.Skip()
		}
		code := r.Code + rapid.StringMatching(`[0-9A-Z]{0,2}`).Draw(t, "tail")
		g, ok := table.Grade(r.System, []byte(code))
		want, found := walk(table, r.System, code)
		got := [2]phi.Classes{g.Defines, g.Suggests}
		if ok != found || got != want {
			t.Fatalf("%v %s: %s", r.System, code, cmp.Diff(want, got))
		}
	})
}

func walk(t *Table, sys phi.System, code string) (sets [2]phi.Classes, found bool) {
	var n normal
	if !n.read(sys, []byte(code)) {
		return sets, false
	}
	code = string(n.code())
	for _, r := range t.rows {
		if r.System != sys {
			continue
		}
		from := strings.ReplaceAll(r.Code, ".", "")
		to := strings.ReplaceAll(r.CodeTo, ".", "")
		hit := false
		switch r.Match {
		case "exact":
			hit = code == from
		case "prefix":
			hit = strings.HasPrefix(code, from)
		case "range":
			hit = code >= from && (code <= to || icd(sys) && strings.HasPrefix(code, to))
		}
		if hit && r.Strength == phi.Defines {
			sets[0] |= phi.Of(r.Class)
		} else if hit {
			sets[1] |= phi.Of(r.Class)
		}
		found = found || hit
	}
	sets[1] &^= sets[0]
	return sets, found
}

func TestNothingIsAllocated(t *testing.T) {
	table := Load()
	codes := [][]byte{[]byte("F11.20"), []byte("12496-1202-1"), []byte("1249612021"), []byte("10939881000119105"), []byte("H0020-HG"), []byte("zzz")}
	if n := testing.AllocsPerRun(10, func() {
		for s := range phi.NumSystems {
			for _, c := range codes {
				table.Grade(s, c)
			}
		}
	}); n > 0 {
		t.Errorf("Grade allocates %v times", n)
	}
}

func FuzzGrade(f *testing.F) {
	f.Add(uint8(phi.ICD10CM), []byte("F11.20"))
	f.Add(uint8(phi.NDCSystem), []byte("12496-1202-1"))
	f.Add(uint8(phi.LOINCSystem), []byte("1088AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"))
	table := Load()
	f.Fuzz(func(t *testing.T, sys uint8, code []byte) {
		g, ok := table.Grade(phi.System(sys), code)
		if !ok && g.Defines|g.Suggests != 0 {
			t.Fatal("a grade without a row")
		}
		if g.Defines&g.Suggests != 0 {
			t.Fatal("a class both defines and suggests")
		}
	})
}

func BenchmarkGrade(b *testing.B) {
	table := Load()
	for _, c := range []struct {
		sys  phi.System
		code string
	}{{phi.ICD10CM, "F11.20"}, {phi.ICD10CM, "E11.9"}, {phi.SNOMEDCT, "10939881000119105"}, {phi.SNOMEDCT, "73211009"}, {phi.HCPCS, "99213"}, {phi.NDCSystem, "12496-1202-1"}, {phi.NDCSystem, "00002322730"}, {phi.LOINCSystem, "2339-0"}, {phi.RxNormSystem, "1049221"}} {
		b.Run(c.sys.String()+" "+c.code, func(b *testing.B) {
			code := []byte(c.code)
			b.ReportAllocs()
			for b.Loop() {
				table.Grade(c.sys, code)
			}
		})
	}
}

func BenchmarkUnpack(b *testing.B) {
	for b.Loop() {
		unpack()
	}
}
