package csv

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/formattest"
)

// rows collects an input as one line a record: "field=value|field=value".
func rows(t *testing.T, name, data string) (out []string, gaps []formattest.Gap) {
	t.Helper()
	s := formattest.Collect(Reader{}, name, []byte(data))
	if s.Err != nil {
		t.Fatalf("error: %v", s.Err)
	}
	for _, r := range s.Records {
		var cells []string
		for _, c := range r {
			cells = append(cells, c.Field+"="+c.Value)
		}
		out = append(out, strings.Join(cells, "|"))
	}
	return out, s.Gaps
}

func TestDialects(t *testing.T) {
	want := []string{"mrn=100201|last_name=Byron|dob=1815-12-10", "mrn=100202|last_name=Hopper|dob=1906-12-09", "mrn=100203|dob=1912-06-23"}
	plain := "mrn,last_name,dob\n100201,Byron,1815-12-10\n100202,Hopper,1906-12-09\n100203,,1912-06-23\n"
	variants := map[string]string{
		"plain":           plain,
		"no last break":   strings.TrimSuffix(plain, "\n"),
		"CRLF":            strings.ReplaceAll(plain, "\n", "\r\n"),
		"CR":              strings.ReplaceAll(plain, "\n", "\r"),
		"CR, none last":   strings.TrimSuffix(strings.ReplaceAll(plain, "\n", "\r"), "\r"),
		"tab":             strings.ReplaceAll(plain, ",", "\t"),
		"bar":             strings.ReplaceAll(plain, ",", "|"),
		"semicolon":       strings.ReplaceAll(plain, ",", ";"),
		"caret":           strings.ReplaceAll(plain, ",", "^"),
		"mark":            "\xef\xbb\xbf" + plain,
		"sep":             "sep=;\n" + strings.ReplaceAll(plain, ",", ";"),
		"blank lines":     "\n\n" + strings.ReplaceAll(plain, "\n", "\n\n"),
		"blank lines CR":  strings.ReplaceAll(plain, "\n", "\r\n\r\n"),
		"blanks":          strings.ReplaceAll(plain, ",", " , "),
		"quoted":          "\"mrn\",\"last_name\",\"dob\"\n\"100201\",\"Byron\",\"1815-12-10\"\n\"100202\",\"Hopper\",\"1906-12-09\"\n\"100203\",\"\",\"1912-06-23\"\n",
		"blank and quote": "mrn, \"last_name\", \"dob\"\n100201, \"Byron\", \"1815-12-10\"\n100202, \"Hopper\" , \"1906-12-09\"\n100203, \"\", \"1912-06-23\"  \r\n",
		"trailing":        strings.ReplaceAll(plain, "\n", ",\n"),
		"trailing rows":   "mrn,last_name,dob\n100201,Byron,1815-12-10,\n100202,Hopper,1906-12-09,\n100203,,1912-06-23,\n",
		"header again":    strings.Replace(plain, "\n100203", "\nmrn,last_name,dob\n100203", 1),
		"UTF-16":          utf16le(plain),
	}
	for name, data := range variants {
		t.Run(name, func(t *testing.T) {
			got, gaps := rows(t, "patients.csv", data)
			got = drop(got, "preamble=")
			if diff := cmp.Diff(want, got); diff != "" || len(gaps) > 0 {
				t.Errorf("(-want +got):\n%s%v", diff, gaps)
			}
			if c := (Reader{}).Claims("patients.csv", []byte(data)); c != format.Likely {
				t.Errorf("claim %d", c)
			}
		})
	}
}

func drop(rows []string, prefix string) (out []string) {
	for _, r := range rows {
		if !strings.HasPrefix(r, prefix) {
			out = append(out, r)
		}
	}
	return out
}

func utf16le(s string) string {
	b := []byte{0xff, 0xfe}
	for _, r := range s {
		b = append(b, byte(r), byte(r>>8))
	}
	return string(b)
}

func TestRows(t *testing.T) {
	for _, c := range []struct {
		name, file, data string
		want             []string
		gaps             int
	}{
		{"doubled quotes and breaks", "a.csv", "id,note_text\n1,\"she said \"\"no\"\"\"\n2,\"first\nsecond, third\"\n3,\"\"\"\"\n",
			[]string{`id=1|note_text=she said "no"`, "id=2|note_text=first\nsecond, third", `id=3|note_text="`}, 0},
		{"stray quotes inside", "a.csv", "id,size_text\n1,5\" pipe\n2,a\"b\"c\n3,\"x\" y\n4,\"say \"hi\" now\"\n",
			[]string{`id=1|size_text=5" pipe`, `id=2|size_text=a"b"c`, `id=3|size_text="x" y`, `id=4|size_text=say "hi" now`}, 1},
		{"backslashes", "a.csv", "id,note_text\n1,\"a \\\"b\\\" c\"\n2,\"C:\\\\dir\\\\\"\n3,\"\\N\"\n",
			[]string{`id=1|note_text=a "b" c`, `id=2|note_text=C:\dir\`, `id=3|note_text=\N`}, 0},
		{"backslash that escapes nothing", "a.csv", "id,path_text\n1,\"C:\\dir\\\"\n2,\"D:\\\"\n",
			[]string{`id=1|path_text=C:\dir\`, `id=2|path_text=D:\`}, 0},
		{"ragged", "a.csv", "id,first_name,zip\n1,Ada\n2,Bo,90210,extra,more\n3,Cy,10001\n4,Di,10002\n",
			[]string{"id=1|first_name=Ada", "id=2|first_name=Bo|zip=90210|column 4=extra|column 5=more", "id=3|first_name=Cy|zip=10001", "id=4|first_name=Di|zip=10002"}, 0},
		{"no header", "a.csv", "100201,Byron,1815-12-10\n100202,Hopper,1906-12-09\n",
			[]string{"column 1=100201|column 2=Byron|column 3=1815-12-10", "column 1=100202|column 2=Hopper|column 3=1906-12-09"}, 0},
		{"no header, names only", "a.csv", "Ada,Byron,London\nGrace,Hopper,Arlington\nAlan,Turing,Wilmslow\n",
			[]string{"column 1=Ada|column 2=Byron|column 3=London", "column 1=Grace|column 2=Hopper|column 3=Arlington", "column 1=Alan|column 2=Turing|column 3=Wilmslow"}, 0},
		{"no header, names with two capitals", "a.csv", "DeShawn,McDonald,Boston\nAnn,Lee,Salem\nBob,Ray,Lynn\n",
			[]string{"column 1=DeShawn|column 2=McDonald|column 3=Boston", "column 1=Ann|column 2=Lee|column 3=Salem", "column 1=Bob|column 2=Ray|column 3=Lynn"}, 0},
		{"header in camel case", "a.csv", "patientId,birthDate,homeTown\nA1,1815-12-10,London\nB2,1906-12-09,York\n",
			[]string{"patientId=A1|birthDate=1815-12-10|homeTown=London", "patientId=B2|birthDate=1906-12-09|homeTown=York"}, 0},
		{"header with a figure and a break", "a.csv", "patient_id,birth_date,\"Home\nphone\",30_day_readmission,sex,zip\nA,1815-12-10,5550100,0,F,10001\nB,1906-12-09,5550101,1,F,10002\n",
			[]string{"patient_id=A|birth_date=1815-12-10|Home phone=5550100|30_day_readmission=0|sex=F|zip=10001",
				"patient_id=B|birth_date=1906-12-09|Home phone=5550101|30_day_readmission=1|sex=F|zip=10002"}, 0},
		{"no header, words that are also names", "a.csv", "100,active,female,street\n101,active,male,street\n102,active,male,road\n",
			[]string{"column 1=100|column 2=active|column 3=female|column 4=street", "column 1=101|column 2=active|column 3=male|column 4=street", "column 1=102|column 2=active|column 3=male|column 4=road"}, 0},
		{"header of words over figures", "a.csv", "Entity,Year,Deaths\nFlood,1900,12\nFire,1901,7\n",
			[]string{"Entity=Flood|Year=1900|Deaths=12", "Entity=Fire|Year=1901|Deaths=7"}, 0},
		{"same and empty header cells", "a.csv", "id,name,name,,city\n1,A,B,7,C\n",
			[]string{"id=1|name=A|name=B|column 4=7|city=C"}, 0},
		{"title and comments", "a.csv", "# made for a test\nReport of admissions\n\nmrn,last_name,city\n1,Byron,London\n2,Hopper,York\n",
			[]string{"preamble=# made for a test", "preamble=Report of admissions", "mrn=1|last_name=Byron|city=London", "mrn=2|last_name=Hopper|city=York"}, 0},
		{"header with a hash", "a.tsv", "#id\tlast_name\tcity\n1\tByron\tLondon\n2\tHopper\tYork\n",
			[]string{"#id=1|last_name=Byron|city=London", "#id=2|last_name=Hopper|city=York"}, 0},
		{"decimal commas", "a.csv", "1,5;2,25;3,5\n4,5;5,25;6,5\n7,5;8,25;9,5\n",
			[]string{"column 1=1,5|column 2=2,25|column 3=3,5", "column 1=4,5|column 2=5,25|column 3=6,5", "column 1=7,5|column 2=8,25|column 3=9,5"}, 0},
		{"mark without a partner", "a.csv", "id,first_name,city\n1,\"Ada,London\n2,Bo,York\n3,Cy,Ely\n",
			[]string{"id=1|first_name=\"Ada|city=London", "id=2|first_name=Bo|city=York", "id=3|first_name=Cy|city=Ely"}, 1},
		{"mark without a partner before quoted rows", "a.csv", "id,first_name,city\n1,\"Ada,London\n2,\"Bo\",\"York\"\n3,\"Cy\",Ely\n",
			[]string{"id=1|first_name=\"Ada|city=London", "id=2|first_name=Bo|city=York", "id=3|first_name=Cy|city=Ely"}, 1},
		{"one column", "ids.csv", "mrn\n100201\n100202\n", []string{"mrn=100201", "mrn=100202"}, 0},
		{"header only", "a.csv", "patient_id,first_name,last_name\n", nil, 0},
		{"empty", "a.csv", "", nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, gaps := rows(t, c.file, c.data)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if len(gaps) != c.gaps {
				t.Errorf("gaps %v", gaps)
			}
		})
	}
}

func TestContract(t *testing.T) {
	wide := strings.Repeat("\"a\"\"b\",12345678,,x y,", 300)
	long := strings.Repeat("The patient said \"\"nothing\"\", and left.\n", 40)
	formattest.Run(t, Reader{},
		formattest.Sample{Name: "patients.csv", Claim: format.Likely,
			Data: []byte("mrn,last_name,dob,note_text\r\n100201,Byron,1815-12-10,\"a \"\"b\"\"\r\nc\"\r\n100202,\"Hopper, G.\",1906-12-09,\r\n"),
			Want: []formattest.Record{
				{{Field: "mrn", Value: "100201"}, {Field: "last_name", Value: "Byron"}, {Field: "dob", Value: "1815-12-10"}, {Field: "note_text", Value: "a \"b\"\r\nc", Mode: 2}},
				{{Field: "mrn", Value: "100202"}, {Field: "last_name", Value: "Hopper, G."}, {Field: "dob", Value: "1906-12-09"}}},
			Gaps: []formattest.Gap{}},
		formattest.Sample{Name: "export.txt", Claim: format.Likely, Data: []byte("id|sex|zip\n1|F|90210\n2|M|10001\n3|F|60601\n")},
		formattest.Sample{Name: "stray.csv", Data: []byte("id,first_name,city\n1,\"Ada,London\n2,Bo,York\n3,Cy,Ely\n4,Di,Ely\n"),
			Gaps: []formattest.Gap{{Reason: estate.GapDamaged}}},
		formattest.Sample{Name: "wide.csv", Data: []byte(wide + "\n" + wide + "\n")},
		formattest.Sample{Name: "notes.csv", Claim: format.Likely, Data: []byte("note_id,note_text,person_id\n1,\"" + long + "\",7\n2,\"" + long + "\",8\n")},
	)
}
