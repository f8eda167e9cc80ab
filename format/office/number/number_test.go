package number

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestFormats(t *testing.T) {
	for _, c := range []struct{ code, in, want string }{
		{"General", "42.5", "42.5"}, {"0.00", "42.5", "42.5"}, {"#,##0", "1234", "1234"}, {"0", "7", "7"}, {"@", "7", "7"}, {`0.0\d`, "7", "7"},
		{"mm/dd/yyyy", "20433", "1955-12-10"}, {"d-mmm-yy", "1", "1900-01-01"}, {"yyyy-mm-dd hh:mm:ss", "45052.5", "2023-05-06 12:00:00"},
		{"yyyy-mm-dd hh:mm", "45052", "2023-05-06"}, {"[$-409]d-mmm-yyyy;@", "59", "1900-02-28"}, {"yyyy", "61", "1900-03-01"}, {"mmm", "61", "1900-03-01"},
		{"h:mm AM/PM", "0.5", "12:00:00"}, {"[h]:mm", "1.5", "1.5"}, {"mm:ss", "0.25", "06:00:00"}, {"h:mm", "45052.25", "2023-05-06 06:00:00"},
		{`000\-00\-0000`, "78051120", "078-05-1120"}, {"000-00-0000", "78051120", "078-05-1120"}, {"00000", "501", "00501"}, {`00000\-0000`, "5010001", "00501-0001"},
		{"[<=9999999]###-####;(###) ###-####", "6175550100", "(617) 555-0100"}, {`[<=9999999]###\-####;\(###\)\ ###\-####`, "5550100", "555-0100"},
		{`"MRN "000000`, "77", "MRN 000077"}, {"000", "123456", "123456"}, {"00000", "1.5", "1.5"}, {"00000", "-3", "-3"}, {"yyyy", "x", "x"}, {"yyyy", "1e300", "1e300"}, {"yyyy", "NaN", "NaN"},
		{`"day" 0`, "7", "7"}, {"\"open", "7", "7"}, {"[open", "7", "7"}, {"", "7", "7"}, {`\`, "7", "7"}, {"0\\", "7", "7"},
	} {
		f := Of([]byte(c.code))
		if got := string(f.Append(nil, []byte(c.in), Since1900)); got != c.want {
			t.Errorf("%s in %q: %s, want %s", c.in, c.code, got, c.want)
		}
	}
	f := BuiltIn(14)
	if got := string(f.Append(nil, []byte("0"), Since1904)); got != "1904-01-01" {
		t.Errorf("the first day of 1904: %s", got)
	}
	for id, want := range map[int]string{0: "45052.5", 14: "2023-05-06 12:00:00", 20: "2023-05-06 12:00:00", 22: "2023-05-06 12:00:00", 30: "2023-05-06 12:00:00", 46: "45052.5", 49: "45052.5", -1: "45052.5"} {
		f := BuiltIn(id)
		if got := string(f.Append(nil, []byte("45052.5"), Since1900)); got != want {
			t.Errorf("format %d: %s", id, got)
		}
	}
}

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{"1.23456789012E+11": "123456789012", "1E-3": "1E-3", "1.5E+0": "1.5E+0", "7": "7", "1E+300": "1E+300", "-2E3": "-2000", "E": "E"} {
		if got := string(Plain(nil, []byte(in))); got != want {
			t.Errorf("%s: %s", in, got)
		}
	}
}

// TestAnyDay compares with the calendar of the standard library.
func TestAnyDay(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(61, 2958465).Draw(rt, "day")
		got := string(appendSerial(nil, float64(n), asDate, Since1900))
		if want := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n).Format(time.DateOnly); got != want {
			rt.Fatalf("%s, want %s", got, want)
		}
	})
}

func FuzzFormat(f *testing.F) {
	f.Add("[<=9999999]###-####;(###) ###-####", "6175550100", true)
	f.Add(`[$-409]d-mmm-yyyy "x";@`, "45052.25", false)
	f.Fuzz(func(t *testing.T, code, v string, mac bool) {
		system := Since1900
		if mac {
			system = Since1904
		}
		format := Of([]byte(code))
		format.Append(nil, []byte(v), system)
		mask := Format{asMask, []byte(code)}
		mask.Append(nil, []byte(v), system)
		Plain(nil, []byte(v))
	})
}
