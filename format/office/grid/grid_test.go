package grid

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/record"
)

// written gives what a table becomes: a line for each record, "field=value; ", and for each line "| ".
func written(t testing.TB, prose bool, rows string) []string {
	t.Helper()
	var got []string
	places := &record.Places{}
	g := New(format.Output{Places: places, Batch: func(b *record.Batch) error {
		for i := range b.Len() {
			var line strings.Builder
			for _, c := range b.Record(i) {
				fmt.Fprintf(&line, "%s=%s; ", places.At(c.Place).Field, b.Bytes(c))
			}
			got = append(got, line.String())
		}
		return nil
	}}, func(col int) string { return fmt.Sprint("#", col) })
	g.Line = func(p []byte) error {
		got = append(got, "| "+string(p))
		return nil
	}
	g.Begin("T", prose)
	for line := range strings.SplitSeq(rows, "\n") {
		if line == "" {
			if err := g.Blank(); err != nil {
				t.Fatal(err)
			}
			continue
		}
		for col, v := range strings.Split(line, ",") {
			if err := g.Cell(col, []byte(v), Plain); err != nil {
				t.Fatal(err)
			}
		}
		if err := g.EndRow(); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.End(); err != nil {
		t.Fatal(err)
	}
	if err := g.Flush(); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestGrid(t *testing.T) {
	long := strings.Repeat("1,2\n", 40)
	for name, c := range map[string]struct {
		prose bool
		rows  string
		want  []string
	}{
		"names as programs write them":    {false, "mrn,last_name\nA1,Byron", []string{"T.mrn=A1; T.last_name=Byron; "}},
		"words above figures":             {false, "Alpha,Beta,Gamma\n1,2,x\n3,4,y", []string{"T.Alpha=1; T.Beta=2; T.Gamma=x; ", "T.Alpha=3; T.Beta=4; T.Gamma=y; "}},
		"no names":                        {false, "Byron,Ada\nHopper,Grace", []string{"T.#0=Byron; T.#1=Ada; ", "T.#0=Hopper; T.#1=Grace; "}},
		"an address is no name":           {false, "a@b.org,phone\nc@d.org,mail", []string{"T.#0=a@b.org; T.#1=phone; ", "T.#0=c@d.org; T.#1=mail; "}},
		"names all the way":               {false, "name,date\ntype,status\nclass,level", []string{"T.#0=name; T.#1=date; ", "T.#0=type; T.#1=status; ", "T.#0=class; T.#1=level; "}},
		"a title":                         {false, "List of May\nmrn,dob,zip\n1,2,3", []string{"| List of May", "T.mrn=1; T.dob=2; T.zip=3; "}},
		"the header twice":                {false, "mrn,dob\n" + long + "mrn,dob\n5,6", append(repeat("T.mrn=1; T.dob=2; ", 40), "T.mrn=5; T.dob=6; ")},
		"half a header":                   {false, "mrn,dob\n" + long + "mrn,7", append(repeat("T.mrn=1; T.dob=2; ", 40), "T.mrn=mrn; T.dob=7; ")},
		"a second table":                  {false, "mrn,dob\n1,2\n\nclaim_id,mrn,amount\n7,8,9", []string{"T.mrn=1; T.dob=2; ", "T.claim_id=7; T.mrn=8; T.amount=9; "}},
		"a gap in a table":                {false, "mrn,dob\n1,2\n\n3,4", []string{"T.mrn=1; T.dob=2; ", "T.mrn=3; T.dob=4; "}},
		"a form":                          {false, "Name:,Ada\nDOB,1815", []string{"| Name: Ada", "| DOB: 1815"}},
		"a layout":                        {true, "some words,others", []string{"| some words\tothers"}},
		"a list in a text":                {true, "one\ntwo", []string{"| one", "| two"}},
		"a table without names in a text": {true, strings.TrimSuffix(strings.Repeat("Byron,Ada,x\n", 9), "\n"), repeat("T.#0=Byron; T.#1=Ada; T.#2=x; ", 9)},
		"blank cells":                     {false, "mrn,,dob\n1,,2\n,,3", []string{"T.mrn=1; T.dob=2; ", "T.dob=3; "}},
		"a column without a name":         {false, "mrn,dob,zip\n1,2,3,4", []string{"T.mrn=1; T.dob=2; T.zip=3; T.#3=4; "}},
		"a name over two lines":           {false, "patient\t name,dob\nx,2", []string{"T.patient name=x; T.dob=2; "}},
		"names and no more":               {false, "mrn,dob", []string{"| mrn\tdob"}},
		"names in a text":                 {true, "mrn,dob\nA1,2", []string{"| mrn\tdob", "T.mrn=A1; T.dob=2; "}},
		"nothing":                         {false, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, written(t, c.prose, c.rows)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func repeat(s string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = s
	}
	return out
}

// FuzzGrid: whatever stands in a table, no cell is lost but those of headers that come again.
func FuzzGrid(f *testing.F) {
	f.Add("mrn,dob\n1,2\n\n3,4", true)
	f.Add("a,b\n\nc", false)
	f.Fuzz(func(t *testing.T, rows string, prose bool) {
		if strings.Count(rows, ",") > 1000 {
			return
		}
		written(t, prose, rows)
	})
}
