package x12

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/formattest"
)

// reasons gives the reasons of gaps.
func reasons(s *formattest.Summary) (out []estate.GapReason) {
	for _, g := range s.Gaps {
		out = append(out, g.Reason)
	}
	return out
}

// families gives the family names of a reading.
func families(s *formattest.Summary) []string {
	var out []string
	for _, r := range s.Records {
		for _, c := range r {
			if strings.HasSuffix(c.Field, "NM1-03") {
				out = append(out, c.Value)
			}
		}
	}
	return out
}

// separated writes an interchange with other separators. A component separator or repetition separator may be left out.
func separated(s string, element, component, repetition, terminator string) string {
	s = strings.NewReplacer("*", "\x00", ":", "\x01", "~", "\x02", "^", "\x03").Replace(s)
	return strings.NewReplacer("\x00", element, "\x01", component, "\x02", terminator, "\x03", repetition).Replace(s)
}

// TestSeparators: whatever separates, the reading is the same.
func TestSeparators(t *testing.T) {
	plain := interchange("837", professional)
	want := formattest.Collect(Reader{}, "a", []byte(plain))
	for name, text := range map[string]string{
		"others":             separated(plain, "|", ">", "!", "'"),
		"tilde between":      separated(plain, "~", "^", "U", "_"),
		"control characters": separated(plain, "\x1d", "\x1f", "\x1e", "\x1c"),
		"lines":              separated(plain, "*", ":", "^", "\n"),
		"lines of DOS":       separated(plain, "*", ":", "^", "\r\n"),
		"lines of old Macs":  separated(plain, "*", ":", "^", "\r"),
		"both":               strings.ReplaceAll(plain, "~", "~\n"),
		"blank lines":        "\ufeff\r\n\n" + strings.ReplaceAll(plain, "~", "~\r\n\r\n  "),
		"wrapped":            wrap(plain, 80),
		"wrapped narrowly":   wrap(plain, 40),
		"not padded":         strings.ReplaceAll(plain, " *", "*"),
		"end of file":        plain + "\r\n\x1a\x00\x00",
		"UTF-16":             "\xff\xfe" + strings.Join(strings.Split(plain, ""), "\x00") + "\x00",
	} {
		if c := (Reader{}).Claims("a", []byte(text)); c != format.Certain {
			t.Errorf("%s: claim %d", name, c)
		}
		got := formattest.Collect(Reader{}, "a", []byte(text))
		if diff := cmp.Diff(want.Records, got.Records); diff != "" || got.Err != nil || len(got.Gaps) > 0 {
			t.Errorf("%s: %v, %v (-want +got):\n%.1000s", name, got.Err, got.Gaps, diff)
		}
	}
}

// TestHeader reads headers that senders write in other ways, and what is none.
func TestHeader(t *testing.T) {
	body := "ISA*00* *00* *ZZ*A*ZZ*B*240501*1200*U*00401*1*0*P*"
	for text, want := range map[string]separators{
		body + ":~GS*":                               {'*', 0, ':', '~'},
		body + "~GS*HC*A*B~":                         {'*', 0, 0, '~'},
		body + "~\nGS*HC*A*B~\nST*837*1~":            {'*', 0, 0, '~'},
		body + ">\nGS*HC*A*B\nST*837*1\n":            {'*', 0, '>', '\n'},
		body + ">\r\nGS*HC*A*B\r\nST*83":             {'*', 0, '>', '\n'},
		strings.Replace(body, "U", "^", 1) + ":'GS*": {'*', '^', ':', '\''},
	} {
		if got, _, ok := header([]byte(text)); !ok || got != want {
			t.Errorf("%q: %+v %v, want %+v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "ISA", "ISABELLA WAS HERE", "ISA*1*2*3", strings.Replace(body, "00401", "X", 1) + ":~GS*", "ISA " + strings.Repeat("a b ", 100), "ISA*" + strings.Repeat("x", 2000)} {
		if _, _, ok := header([]byte(text)); ok {
			t.Errorf("%.40q is no header", text)
		}
	}
}

func TestClaims(t *testing.T) {
	for _, c := range []struct {
		name, head string
		want       format.Claim
	}{
		{"a", interchange("837", professional), format.Certain},
		{"a.txt", "From: a@b.example\nSubject: claims\n\n" + interchange("837", professional), format.Likely},
		{"a", "ST*834*0001*005010X220A1~\nBGN*00*1~", format.Likely},
		{"a", "ST|270|0001\nBHT|0022|13\n", format.Likely},
		{"a", "GS*HC*A*B*20240501*1200*1*X*004010X098~ST*837*0001~", format.Likely},
		{"a.835", "CLP*1*2*3~", format.Maybe},
		{"a.log", "CLP*1*2*3~", format.No},
		{"a.835", "garbled", format.No},
		{"a.837", "OE*JANE~N3*12 ELM ST~N4*PEORIA*IL*61601~DMG*D8*19640229~", format.Maybe},
		{"a.edi", "UNB+UNOA:1+A+B'DTM+137:2024'LIN+1'LIN+2'LIN+3'", format.No},
		{"a", "ST. MARY'S*837*", format.No},
		{"a", "STATE|ZIP|CITY\nIL|62701|Springfield\n", format.No},
		{"a", "GS*is*the*name\nof something", format.No},
		{"a", "", format.No},
	} {
		if got := (Reader{}).Claims(c.name, []byte(c.head)); got != c.want {
			t.Errorf("%s %.30q: %d, want %d", c.name, c.head, got, c.want)
		}
	}
}

// TestResynchronises: damage is reported, and what stands behind it is read.
func TestResynchronises(t *testing.T) {
	whole := interchange("837", professional)
	one := interchange("837", "HL*1**22*0~NM1*IL*1*FIRST*JANE~CLM*A1*1~")
	other := separated(interchange("837", "HL*1**22*0~NM1*IL*1*SECOND*JANE~CLM*A1*1~"), "|", ">", "!", "'")
	cutAt := strings.Index(one, "CLM*")
	for name, c := range map[string]struct {
		text     string
		families []string
		gaps     []estate.GapReason
	}{
		"two interchanges":                       {one + other, []string{"FIRST", "SECOND"}, nil},
		"words between":                          {one + "\n--- next file: notes of the day ---\n" + other + "end\n", []string{"FIRST", "SECOND"}, nil},
		"words before":                           {"To: claims\n\n" + one, []string{"FIRST"}, nil},
		"cut off, then another":                  {one[:cutAt+2] + other, []string{"FIRST", "SECOND"}, []estate.GapReason{estate.GapTruncated, estate.GapDamaged, estate.GapDamaged}},
		"cut off in a line, then a transaction":  {one[:cutAt+5] + "\n" + one[strings.Index(one, "ST*"):], []string{"FIRST", "FIRST"}, []estate.GapReason{estate.GapDamaged, estate.GapDamaged}},
		"no end":                                 {one[:cutAt], []string{"FIRST"}, []estate.GapReason{estate.GapTruncated, estate.GapDamaged}},
		"no segment":                             {strings.Replace(one, "CLM*", "what is this~CLM*", 1), []string{"FIRST"}, []estate.GapReason{estate.GapDamaged}},
		"a segment of the sender's own":          {strings.Replace(one, "CLM*", "ZZ9*words of the sender~CLM*", 1), []string{"FIRST"}, nil},
		"a long segment":                         {strings.Replace(one, "NM1*IL", "NTE*ADD*"+strings.Repeat("word ", 50<<10)+"~NM1*IL", 1), []string{"FIRST"}, []estate.GapReason{estate.GapLimit}},
		"no terminator, and another interchange": {header5010 + "GS*HC*" + strings.Repeat("word ", 50<<10) + other, []string{"SECOND"}, []estate.GapReason{estate.GapTruncated, estate.GapDamaged, estate.GapLimit}},
		"the beginning is lost":                  {strings.ReplaceAll(whole[strings.Index(whole, "NM1*QC")-7:], "~", "|\n"), []string{"ROE", "ROE"}, []estate.GapReason{estate.GapTruncated}},
		"only a name":                            {"ISA", nil, nil},
		"whole":                                  {whole, []string{"DOE", "WILSON", "HOUSE", "ROE", "ROE", "ROE"}, nil},
	} {
		s := formattest.Collect(Reader{}, "a.837", []byte(c.text))
		got := reasons(s)
		slices.Sort(got)
		slices.Sort(c.gaps)
		if diff := cmp.Diff(c.families, families(s)); diff != "" || s.Err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, s.Err, diff)
		}
		if !slices.Equal(got, c.gaps) {
			t.Errorf("%s: gaps %v, want %v", name, s.Gaps, c.gaps)
		}
	}
}

// TestCutAnywhere: wherever an interchange is cut off, one behind it is read whole, whatever its separators.
func TestCutAnywhere(t *testing.T) {
	first, second := interchange("837", professional), interchange("835", payments)
	want := families(formattest.Collect(Reader{}, "a", []byte(second)))
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.IntRange(0, len(first)).Draw(t, "cut")
		between := rapid.SampledFrom([]string{"", "\n", "\r\n\r\n", " ", "-- next --\n"}).Draw(t, "between")
		marks := rapid.Permutation([]string{"|", ">", "!", "'", "*", "~", ":", "^", "\x1c", "\x1d"}).Draw(t, "marks")
		text := first[:at] + between + separated(second, marks[0], marks[1], marks[2], marks[3])
		got := families(formattest.Collect(Reader{}, "a", []byte(text)))
		if len(got) < len(want) || !slices.Equal(got[len(got)-len(want):], want) {
			t.Fatalf("cut at %d: %v, want %v at the end", at, got, want)
		}
	})
}

// TestNothingIsLost: what is no segment comes out as text.
func TestNothingIsLost(t *testing.T) {
	s := formattest.Collect(Reader{}, "a", []byte(interchange("837", "what is this~ZZ9*words of the sender~")+"\nnotes of the day\n"+interchange("837", "")))
	want := []string{"what is this", "ZZ9*words of the sender", "notes of the day"}
	if diff := cmp.Diff(want, s.Values("text")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	long := strings.Repeat("some words and more ", 20<<10)
	s = formattest.Collect(Reader{}, "a", []byte(header5010+long+"~"))
	if got := strings.Join(s.Values("text"), " "); got != strings.TrimSpace(long) {
		t.Errorf("of %d bytes %d came out", len(long), len(got))
	}
}

// TestAttachments: binary data come out as they are, whatever stands in them, and what their length gets wrong is reported.
func TestAttachments(t *testing.T) {
	document := "<ClinicalDocument>~*:\n" + strings.Repeat("x", 70) + "</ClinicalDocument>"
	coded := base64.StdEncoding.EncodeToString([]byte(document))
	mime := "--x1\r\nContent-Type: text/plain\r\n\r\nwords\r\n--x1--\r\n"
	large := strings.Repeat("~ISA*BIN*", 200<<10)
	for name, c := range map[string]struct {
		segment, want string
		gaps          int
	}{
		"BIN":                {fmt.Sprintf("BIN*%d*%s~", len(document), document), document, 0},
		"BIN, large":         {fmt.Sprintf("BIN*%d*%s~", len(large), large), large, 0},
		"BIN in base64":      {fmt.Sprintf("BIN*%d*%s~", len(coded), coded), document, 0},
		"BDS":                {fmt.Sprintf("BDS*B64*%d*%s~", len(coded), coded), document, 0},
		"BDS of ASCII":       {fmt.Sprintf("BDS*ASC*%d*%s~", len(document), document), document, 0},
		"MIME":               {fmt.Sprintf("BIN*%d*%s~", len(mime), mime), "Content-Type: multipart/mixed; boundary=\"x1\"\r\n\r\n" + mime, 0},
		"BDS, no base64":     {"BDS*B64*12*QUJD????QUJD~", "ABC", 1},
		"too short a length": {"BIN*3*ABCDEF~", "ABC", 1},
		"no bytes":           {"BIN*0*~", "", 0},
	} {
		text := interchange("275", "NM1*QC*1*DOE*JANE~LX*1~"+c.segment+"NM1*QC*1*BEHIND*ANN~")
		s := formattest.Collect(Reader{}, "a", []byte(text))
		if len(s.Inner) != 1 || s.Inner[0].Body != c.want || s.Err != nil {
			t.Errorf("%s: %d inner items, %v", name, len(s.Inner), s.Err)
			continue
		}
		if diff := cmp.Diff([]string{"DOE", "BEHIND"}, families(s)); diff != "" || len(s.Gaps) != c.gaps {
			t.Errorf("%s: %v (-want +got):\n%s", name, s.Gaps, diff)
		}
	}
	s := formattest.Collect(Reader{}, "a", []byte(header5010+"BIN*99999999*cut off"))
	if len(s.Inner) != 1 || s.Inner[0].Body != "cut off" || len(s.Gaps) != 2 {
		t.Errorf("cut off: %v %v", s.Inner, s.Gaps)
	}
}

// TestDivided: a record that is too long becomes several, of the same person.
func TestDivided(t *testing.T) {
	claim := "CLM*A77001-1*150***11:B:1*Y*A*Y*I~HI*ABK:F1120~SBR*S*01~NM1*IL*1*OTHER*MARY****MI*OTHER778899~LX*1~SV1*HC:99213*150~DTP*472*D8*20240430~"
	body := "HL*1**20*1~NM1*85*2*X~HL*2*1*22*0~SBR*P*18~NM1*IL*1*DOE*JANE****MI*PHX00123456~DMG*D8*19640229*F~" + strings.Repeat(claim, 3*maxRecord/len(claim))
	s := formattest.Collect(Reader{}, "a", []byte(interchange("837", body)))
	got := persons(s)
	if len(got) < 3 || len(s.Gaps) > 0 {
		t.Errorf("%d records, %v", len(got), s.Gaps)
	}
	for _, p := range got {
		if p != "JANE DOE 19640229 PHX00123456" {
			t.Errorf("a part is about %s", p)
		}
	}
	if n := len(s.Values("CLM-01")); n != 3*maxRecord/len(claim) {
		t.Errorf("%d claims", n)
	}
}

// TestLatin: what is no UTF-8 is ISO 8859-1.
func TestLatin(t *testing.T) {
	s := formattest.Collect(Reader{}, "a", []byte(interchange("837", "HL*1**22*0~NM1*IL*1*MU\xd1OZ*JOS\xc9~NM1*QC*1*N\u00da\u00d1EZ*ANA~")))
	if diff := cmp.Diff([]string{"MUÑOZ", "NÚÑEZ"}, families(s)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestTables: the tables are read, and faults in them are found.
func TestTables(t *testing.T) {
	tab, err := readTables(tables)
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]role{"NM1": name, "HL": level, "CLP": payment, "INS": member, "DTP": plain} {
		if p := tab.plans[tab.segments[slot(id)]]; p == nil || p.id != id || p.role != want {
			t.Errorf("%s is %+v", id, p)
		}
	}
	good := fstest.MapFS{}
	for _, f := range []string{"segments", "entities", "parties", "references", "communications", "diagnoses", "products", "dates"} {
		good["data/"+f+".txt"] = &fstest.MapFile{Data: []byte("# nothing\n")}
	}
	for file, lines := range map[string][]string{
		"segments": {"NM1", "NM1 loop jump", "NM1 nobody", "nm1 loop", "N loop", "   3 NAME family: Name", "NM1 loop\nNM1 loop", "NM1 loop\n   3 NAME family", "NM1 loop\n   x NAME: A", "NM1 loop\n   3 WORD: A",
			"NM1 loop\n   3 NAME family given: A", "NM1 loop\n   3 PARTY: A", "NM1 loop\n   3 PARTY 4: A", "NM1 loop\n   3 NAME: A\n   3 NAME: B", "NM1 loop\n  99 NAME: A"},
		"entities": {"IL patient", "IL nobody: A", "ABCD patient: A", "IL patient: A\nIL patient: B", "IL patient insured: A", ": A"},
	} {
		for _, line := range lines {
			files := fstest.MapFS{}
			for k, v := range good {
				files[k] = v
			}
			files["data/"+file+".txt"] = &fstest.MapFile{Data: []byte(line)}
			if _, err := readTables(files); err == nil || !strings.Contains(err.Error(), file) {
				t.Errorf("%q in %s gives %v", line, file, err)
			}
		}
	}
	if _, err := readTables(good); err != nil {
		t.Error(err)
	}
	if _, err := readTables(fstest.MapFS{}); err == nil {
		t.Error("no tables, and no error")
	}
}
