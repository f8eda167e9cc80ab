package explain

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

// vector is a decision with the rule that it tests and the page that states the rule.
type vector struct {
	Rule        string          `json:"rule"`
	Page        string          `json:"page"`
	URL         string          `json:"url"`
	Decision    string          `json:"decision"`
	Conditional bool            `json:"conditional"`
	Request     json.RawMessage `json:"request"`
}

func vectors(t testing.TB) map[string][]vector {
	t.Helper()
	files, err := filepath.Glob("testdata/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatal("no vectors", err)
	}
	out := map[string][]vector{}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(bytes.NewReader(text))
		for lines.Scan() {
			var v vector
			if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
				t.Fatalf("%s: %v", f, err)
			}
			out[strings.TrimSuffix(filepath.Base(f), ".jsonl")] = append(out[strings.TrimSuffix(filepath.Base(f), ".jsonl")], v)
		}
	}
	return out
}

func TestVectors(t *testing.T) {
	n := 0
	for topic, vs := range vectors(t) {
		t.Run(topic, func(t *testing.T) {
			var rd Reader
			for _, v := range vs {
				n++
				if !strings.HasPrefix(v.URL, "https://docs.aws.amazon.com/") || v.Page == "" {
					t.Errorf("%s: cites no page", v.Rule)
				}
				got, err := rd.Answer(v.Request)
				if err != nil {
					t.Errorf("%s: %v", v.Rule, err)
					continue
				}
				if got.Decision != v.Decision || got.Conditional != v.Conditional {
					t.Errorf("%s: %s, conditional %t; want %s, %t\n%s\n%s", v.Rule, got.Decision, got.Conditional, v.Decision, v.Conditional, v.Request, strings.Join(got.Because, "\n"))
				}
				if len(got.Because) == 0 {
					t.Errorf("%s: no reason", v.Rule)
				}
			}
		})
	}
	if n < 250 {
		t.Errorf("%d vectors, want 250", n)
	}
}

const allowAll = `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`

// ask puts a request together from some of its members.
func ask(members string) string {
	return `{"principal":"arn:aws:iam::111122223333:user/alice","action":"s3:GetObject","resource":"arn:aws:s3:::charts/1","resource_account":"111122223333"` + members + `}`
}

func TestFormsOfPolicies(t *testing.T) {
	quoted, _ := json.Marshal(allowAll)
	for members, want := range map[string]string{
		`,"identity":[` + allowAll + `]`:   "allowed",
		`,"identity":` + allowAll:          "allowed",
		`,"identity":[[` + allowAll + `]]`: "allowed",
		`,"identity":` + string(quoted):    "allowed",
		`,"identity":"%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22*%22%2C%22Resource%22%3A%22*%22%7D%7D"`: "allowed",
		`,"identity":[]`:                                                         "implicitly_denied",
		`,"identity":null`:                                                       "implicitly_denied",
		`,"identity":[null,{}]`:                                                  "implicitly_denied",
		`,"identity":` + allowAll + `,"boundary":[]`:                             "allowed",
		`,"identity":` + allowAll + `,"boundary":{}`:                             "allowed",
		`,"identity":` + allowAll + `,"boundary":{"Statement":[]}`:               "implicitly_denied",
		`,"identity":` + allowAll + `,"session":[` + allowAll + `]`:              "allowed",
		`,"identity":` + allowAll + `,"scps":` + allowAll:                        "allowed",
		`,"identity":` + allowAll + `,"scps":[` + allowAll + `]`:                 "allowed",
		`,"identity":` + allowAll + `,"scps":[]`:                                 "allowed",
		`,"identity":` + allowAll + `,"scps":[[]]`:                               "implicitly_denied",
		`,"identity":` + allowAll + `,"resource_policy":{},"kms_key_policy":{ }`: "allowed",
		`,"identity":` + allowAll + `,"context":null,"id":"kept out"`:            "allowed",
	} {
		var rd Reader
		got, err := rd.Answer([]byte(ask(members)))
		if err != nil || got.Decision != want {
			t.Errorf("%s: %v, %v, want %s", members, got, err, want)
		}
	}
}

func TestWrongRequests(t *testing.T) {
	for text, want := range map[string]string{
		`{`:                         "no JSON object",
		`[]`:                        "no JSON object",
		`{"action":7}`:              "no JSON object",
		`{}`:                        "action",
		`{"action":"s3:GetObject"}`: "principal",
		`{"action":"s3:GetObject","principal":"Rosalind"}`: "principal",
		ask(`,"context":[]`):                                    "context",
		ask(`,"context":{"a":{"b":1}}`):                         "context",
		ask(`,"identity":7`):                                    "identity policy",
		ask(`,"identity":[[[[` + allowAll + `]]]]`):             "identity policy",
		ask(`,"identity":[{"Statement":{"Effect":"Perhaps"}}]`): "identity policy 1: statement 1: Effect",
		ask(`,"scps":[[{"Version":"1"}]]`):                      "SCP of level 1 1: Version",
	} {
		var rd Reader
		if got, err := rd.Answer([]byte(text)); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "Rosalind") {
			t.Errorf("%s: %v, %v, want %q", text, got, err, want)
		}
	}
}

func TestEach(t *testing.T) {
	good := ask(`,"identity":` + allowAll)
	in := good + "\n\n   \n{\n" + strings.Repeat(" ", maxLine+10) + "x\n" + good // the last line without its end
	var lines []int
	var failed int
	var rd Reader
	err := rd.Each(strings.NewReader(in), func(n int, a Answer, err error) error {
		lines = append(lines, n)
		if err != nil {
			failed++
		} else if a.Decision != "allowed" {
			t.Errorf("line %d: %v", n, a)
		}
		return nil
	})
	if err != nil || failed != 2 || len(lines) != 4 || lines[3] != 6 {
		t.Error(err, failed, lines)
	}
	stop := errors.New("stop")
	if err := rd.Each(strings.NewReader(in), func(int, Answer, error) error { return stop }); err != stop {
		t.Error(err)
	}
	broken := errors.New("broken")
	if err := rd.Each(iotest.ErrReader(broken), func(int, Answer, error) error { return nil }); !errors.Is(err, broken) {
		t.Error(err)
	}
}

// TestMemoryOfPoliciesIsBounded: what was compiled is forgotten in time.
func TestMemoryOfPoliciesIsBounded(t *testing.T) {
	var rd Reader
	pad := strings.Repeat("x", 100_000)
	for i := range 400 {
		p := fmt.Sprintf(`{"Id":"%d%s","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, i, pad[:len(pad)-i])
		if _, err := rd.Answer([]byte(ask(`,"identity":` + strings.ReplaceAll(p, pad, "x")))); err != nil {
			t.Fatal(err)
		}
		if rd.held > maxHeld+1<<20 {
			t.Fatal(rd.held)
		}
	}
	if len(rd.policies) == 400 {
		t.Error("nothing was forgotten")
	}
}

func FuzzAnswer(f *testing.F) {
	for _, vs := range vectors(f) {
		f.Add([]byte(vs[0].Request))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var rd Reader
		first, err := rd.Answer(text)
		again, errAgain := rd.Answer(text)
		if (err == nil) != (errAgain == nil) || err == nil && (len(first.Because) == 0 || first.Decision != again.Decision) {
			t.Fatal(first, err, again, errAgain)
		}
	})
}

// BenchmarkLines answers the requests of the vectors as they come on standard input.
func BenchmarkLines(b *testing.B) {
	var in bytes.Buffer
	n := 0
	for _, vs := range vectors(b) {
		for _, v := range vs {
			in.Write(v.Request)
			in.WriteByte('\n')
			n++
		}
	}
	b.SetBytes(int64(in.Len()))
	var rd Reader
	for b.Loop() {
		if err := rd.Each(bytes.NewReader(in.Bytes()), func(_ int, _ Answer, err error) error { return err }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "requests/s")
}
