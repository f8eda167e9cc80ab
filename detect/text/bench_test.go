package text

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/detect/words"
)

// note makes text like clinical notes; the people are invented.
func note(size int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	given := []string{"Maria", "James", "Wei", "Fatima", "Olga", "Darnell"}
	family := []string{"Rodriguez", "Whitfield", "Chen", "Haddad", "Petrova", "Okafor"}
	body := []string{
		"presents today with a three day history of productive cough, low grade fever and fatigue. ",
		"denies chest pain, shortness of breath or palpitations; no recent travel and no sick contacts at home. ",
		"The abdomen is soft and not tender, bowel sounds are normal in all quadrants. ",
		"Lungs are clear to auscultation on both sides, heart rate is regular without murmur or gallop. ",
		"We discussed the treatment options and decided to continue lisinopril 10 mg by mouth every day. ",
		"Laboratory results show a hemoglobin of 13.2, a creatinine of 0.9 and a glucose of 104. ",
		"Family history is significant for hypertension in the mother and stroke in the grandfather. ",
		"Will follow up in two weeks or sooner if the symptoms do not improve with rest and fluids. ",
	}
	var b bytes.Buffer
	for b.Len() < size {
		fmt.Fprintf(&b, "Patient: %s %s  MRN: %07d  DOB: %02d/%02d/%d\nSubjective: %s ", given[r.IntN(6)], family[r.IntN(6)], r.IntN(1e7), 1+r.IntN(12), 1+r.IntN(28), 1930+r.IntN(70), "The patient")
		for range 12 {
			b.WriteString(body[r.IntN(len(body))])
			if r.IntN(4) == 0 {
				b.WriteByte('\n')
			}
		}
		fmt.Fprintf(&b, "\nCall Dr. %s at (%d) %d-%04d with questions.\n\n", family[r.IntN(6)], 201+r.IntN(700), 200+r.IntN(700), r.IntN(10000))
	}
	return b.Bytes()
}

// logLines makes text like a server's log.
func logLines(size int) []byte {
	r := rand.New(rand.NewPCG(3, 4))
	msg := []string{"connection accepted", "request completed status=200 bytes=%d", "cache miss key=user:%d:profile", "retrying upstream api-%d.internal:8443 after timeout",
		"GET /v1/items/%d?expand=true HTTP/1.1", "worker %d finished job in 12.4ms", "level=info msg=\"flushed segment\" id=%d"}
	var b bytes.Buffer
	for b.Len() < size {
		fmt.Fprintf(&b, "2026-03-%02dT%02d:%02d:%02d.%03dZ host-%d app[%d]: ", 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60), r.IntN(1000), r.IntN(20), r.IntN(30000))
		m := msg[r.IntN(len(msg))]
		if bytes.IndexByte([]byte(m), '%') >= 0 {
			fmt.Fprintf(&b, m, r.IntN(1e6))
		} else {
			b.WriteString(m)
		}
		fmt.Fprintf(&b, " trace=%016x%016x\n", r.Uint64(), r.Uint64())
	}
	return b.Bytes()
}

func benchmark(b *testing.B, text []byte) {
	s := New(words.Load())
	n := 0
	s.Scan(text, 0, len(text), func(Span) { n++ })
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		s.Reset()
		s.Scan(text, 0, len(text), func(Span) { n++ })
	}
}

func BenchmarkNotes(b *testing.B) { benchmark(b, note(4<<20)) }

func BenchmarkLogs(b *testing.B) { benchmark(b, logLines(4<<20)) }

// hostile are texts that ask for as much work as a text can: each piece is repeated.
var hostile = []struct{ name, piece string }{
	{"numbers", "x y 12-34 "},
	{"digits", "8"},
	{"chains", "12-"},
	{"short chains", "1-2.3/4 "},
	{"spaced digits", "1234 "},
	{"dots and digits", "1.2."},
	{"ats", "@"},
	{"addresses", "a@b.co "},
	{"glued addresses", "a@"},
	{"host parts", "a."},
	{"colons", "a:b:"},
	{"hexadecimal", "a1b2:"},
	{"schemes", "a://b "},
	{"capitals", "John Smith "},
	{"strange capitals", "Xqz Zbq "},
	{"initials", "A B. "},
	{"titles", "Dr. Mr. "},
	{"towns", "New York Las Vegas "},
	{"commas", "Smith, "},
	{"lists", "Ann and Bob, "},
	{"records", "MRN: "},
	{"labels", "Last Name: "},
	{"streets", "12 Main Street Apt 4 "},
	{"states", "WA 98208 "},
	{"bare streets", "Rue Avenue Street Road "},
	{"terms", "HIV "},
	{"long terms", "alcohol use disorder "},
	{"short lines", "HIV\n"},
	{"tied lines", "12 Main St,\n"},
	{"lines of towns", "12 Main St\nEverett\n"},
	{"zips", "98208\n"},
	{"months", "3 March "},
	{"years", "March 2024 March "},
	{"quotes", "\"'"},
	{"quoted lines", "\"'\n"},
	{"brackets", "(1) "},
	{"empty lines", "\n"},
	{"blanks", " "},
	{"blank lines", "x\n\n\n \n"},
	{"long words", strings.Repeat("a", 1<<20) + " "},
	{"long mixed words", strings.Repeat("a1", 1<<19) + " "},
	{"underscores", "_a"},
	{"apostrophes", "a'b'c"},
	{"wide letters", "é"},
	{"not UTF-8", "\xff\xc3"},
	{"UUIDs", "5e41ab08-7439-411e-86d6-fd953217ae03 "},
	{"hashes", "80aec5607512fa54 "},
	{"accounts", "GB29NWBK60161331926819 "},
	{"phones", "(425) 555-0187 "},
	{"telephones", "my phone number is 425 555 0187 "},
	{"cards", "4111 1111 1111 1111 "},
	{"hosts", "10.1.2.3 "},
	{"stamps", "2024-01-31T10:11:12Z "},
	{"leaning lines", strings.Repeat("a line that was met before, of more than fifty bytes\nHIV was named in line no. 1 of more than fifty bytes\n", 9)},
	{"lower case", "john smith "},
	{"shouting", "JOHN SMITH "},
	{"copyrights", "(c) John "},
	{"program text", "{a=b} John "},
}

// BenchmarkHostile shows the worst that a text can ask for.
func BenchmarkHostile(b *testing.B) {
	for _, h := range hostile {
		b.Run(strings.ReplaceAll(h.name, " ", "_"), func(b *testing.B) { benchmark(b, []byte(strings.Repeat(h.piece, 1+(2<<20)/len(h.piece)))) })
	}
}
