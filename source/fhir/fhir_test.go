package fhir

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
	"github.com/chartroom/chartroom/source/sourcetest"
)

// lines reads an item, and counts its lines.
func lines(t testing.TB, src source.Source, it source.Item) (int, error) {
	t.Helper()
	body, err := src.Open(t.Context(), it)
	if err != nil {
		return 0, err
	}
	text, err := io.ReadAll(body)
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "{") || !strings.HasSuffix(line, "}\n") {
			t.Fatalf("a line of %d bytes is no resource", len(line))
		}
	}
	return strings.Count(string(text), "\n"), errors.Join(err, body.Close())
}

func TestContract(t *testing.T) {
	s := newStore(t)
	s.put("Patient", 7, `, "birthDate": "1962-03-04"`)
	s.put("Observation", 900, `, "note": "`+strings.Repeat("x", 4000)+`"`)
	s.put("Encounter", 3, "")
	s.put("Binary", 1, "")
	s.put("Consent", 1, "")
	s.deny["Consent"] = http.StatusForbidden
	sourcetest.Run(t, sourcetest.Subject{
		Open:  func(t testing.TB) source.Source { src, _ := open(t, s.target("")); return src },
		Items: []string{"Patient", "Observation", "Encounter"}, Gaps: []string{"Binary", "Consent"}, Large: "Observation",
		Change: func(_ testing.TB, path string) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.updated[path] = s.updated[path].Add(time.Minute)
		},
		Remove: func(_ testing.TB, path string) {
			s.mu.Lock()
			defer s.mu.Unlock()
			delete(s.types, path)
		},
	})
}

// TestMarks: a type has a mark only where the server says that it sorted, and nothing was written just now.
func TestMarks(t *testing.T) {
	s := newStore(t)
	s.put("Patient", 2, "")
	s.put("Empty", 0, "")
	s.types["Empty"] = []string{}
	version := func(options, name string) string {
		src, _ := open(t, s.target(options))
		items, _ := list(t, t.Context(), src)
		return items[name].Version
	}
	if version("", "Patient") == "" || version("", "Empty") == "" {
		t.Error("no mark")
	}
	if v := version("marks=no", "Patient"); v != "" {
		t.Errorf("the mark %q although none was wanted", v)
	}
	s.updated["Patient"] = time.Now().Add(-time.Minute)
	if v := version("", "Patient"); v != "" {
		t.Errorf("the mark %q a minute after a change", v)
	}
	s.updated["Patient"], s.sorts = time.Now().Add(-time.Hour), false
	if v := version("", "Patient"); v != "" {
		t.Errorf("the mark %q of a server that does not sort", v)
	}
}

// TestSomeFaultsPass: a server that is busy, or whose connection is cut, is asked again, and nothing is lost or read twice.
func TestSomeFaultsPass(t *testing.T) {
	s := newStore(t)
	s.put("Patient", 250, "")
	src, pauses := open(t, s.target(""))
	items, _ := list(t, t.Context(), src)
	s.busy["Patient"], s.cut["Patient"] = 1, 2
	if n, err := lines(t, src, items["Patient"]); n != 250 || err != nil {
		t.Errorf("%d lines, %v", n, err)
	}
	if !slices.Equal(*pauses, []time.Duration{7 * time.Second}) {
		t.Errorf("pauses %v", *pauses)
	}
	s.deny["Patient"] = http.StatusForbidden // in the middle of everything
	if _, err := lines(t, src, items["Patient"]); err == nil || !strings.Contains(err.Error(), "403") || strings.Contains(err.Error(), "Ada") {
		t.Error(err)
	}
}

// TestPermanentFaultsAreGaps: six attempts, and then the type is a gap, and the others are read.
func TestPermanentFaultsAreGaps(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for 13 s")
	}
	s := newStore(t)
	s.put("Patient", 250, "")
	src, _ := open(t, s.target(""))
	items, _ := list(t, t.Context(), src)
	s.cut["Patient"] = 100
	var ge *source.GapError
	if _, err := lines(t, src, items["Patient"]); !errors.As(err, &ge) || ge.Reason != estate.GapUnreadable || !strings.Contains(err.Error(), "connection was lost") {
		t.Error(err)
	}
}

// TestHostilePages: what a server names is followed only where it is the server's own, and not for ever.
func TestHostilePages(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s was asked", r.URL) }))
	defer elsewhere.Close()
	for _, c := range []struct{ name, next, want string }{
		{"another server", elsewhere.URL + "/r4/Patient?page=2", "not its own"},
		{"a file", "file:///etc/passwd", "not its own"},
		{"credentials", "http://a:b@127.0.0.1/r4/Patient", "not its own"},
		{"too long", "/" + strings.Repeat("x", longestLink), "not its own"},
		{"itself", "SELF", "lead back"},
		{"a longer loop", "Patient?_count=100&_getpagesoffset=100", "lead back"},
	} {
		s := newStore(t)
		s.put("Patient", 250, "")
		src, _ := open(t, s.target(""))
		items, _ := list(t, t.Context(), src)
		s.next = strings.Replace(c.next, "SELF", s.URL+"/r4/Patient?_count=100", 1)
		_, err := lines(t, src, items["Patient"])
		var ge *source.GapError
		if !errors.As(err, &ge) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestRedirects: the login goes nowhere else.
func TestRedirects(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s was asked", r.URL) }))
	defer elsewhere.Close()
	s := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusFound))
	defer s.Close()
	if _, err := Open(t.Context(), "fhir+"+s.URL, ""); err == nil || !strings.Contains(err.Error(), "not its own") {
		t.Error(err)
	}
}

// TestWithheld: a server that says that it holds something back leaves the type read in part.
func TestWithheld(t *testing.T) {
	s := newStore(t)
	s.put("Patient", 3, "")
	s.extra["Patient"] = `{"resource": {"resourceType": "OperationOutcome", "issue": [{"code": "suppressed", "diagnostics": "Ada Plantagenet"}]}, "search": {"mode": "outcome"}}`
	src, _ := open(t, s.target(""))
	items, _ := list(t, t.Context(), src)
	if n, err := lines(t, src, items["Patient"]); n != 3 || err == nil || strings.Contains(err.Error(), "Ada") {
		t.Errorf("%d %v", n, err)
	}
}

func TestBulkExport(t *testing.T) {
	s := newStore(t)
	s.put("Patient", 40, "")
	s.put("Observation", 500, "")
	for name, all := range s.types { // a file has a resource on each line
		for i := range all {
			all[i] = strings.ReplaceAll(all[i], "\n", " ")
		}
		all[len(all)-1] += "\n"
		s.types[name] = all
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	src, pauses := open(t, s.target("export=yes"))
	items, gaps := list(t, ctx, src)
	if len(items) != 2 || !strings.Contains(gaps[""], "1 files of errors") || !slices.Equal(*pauses, []time.Duration{20 * time.Second, 20 * time.Second}) {
		t.Fatalf("%v %v %v", items, gaps, *pauses)
	}
	s.cut["files/Observation"] = 2
	if n, err := lines(t, src, items["Observation-1.ndjson"]); n != 500 || err != nil {
		t.Errorf("%d %v", n, err)
	}
	cancel()
	for n := 0; ; n++ {
		s.mu.Lock()
		removed := s.removed
		s.mu.Unlock()
		if removed {
			break
		}
		if n > 500 {
			t.Fatal("the export was not removed")
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.file = "https://storage.example.org/Patient"
	src, _ = open(t, s.target("export=yes"))
	if items, gaps := list(t, t.Context(), src); len(items) != 0 || !strings.Contains(gaps["Patient-1.ndjson"], "another server") {
		t.Errorf("%v %v", items, gaps)
	}
}

// keyFile writes a key as a user has it.
func keyFile(t testing.TB, mode os.FileMode) (string, *ecdsa.PublicKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), mode); err != nil {
		t.Fatal(err)
	}
	return path, &key.PublicKey
}

// TestBackendServices: a client with a key gets tokens, another one when the first ends early, and is warned of what it may do.
func TestBackendServices(t *testing.T) {
	s := newStore(t)
	s.put("Patient", 3, "")
	path, key := keyFile(t, 0o600)
	s.key, s.token = key, "first"
	src, _ := open(t, s.target("client_id=survey&key_file="+path+"&key_id=k1"))
	items, gaps := list(t, t.Context(), src)
	if n, err := lines(t, src, items["Patient"]); n != 3 || err != nil {
		t.Fatalf("%d %v %v", n, err, gaps)
	}
	s.mu.Lock()
	s.token += "another" // the server has forgotten ours
	s.mu.Unlock()
	if n, err := lines(t, src, items["Patient"]); n != 3 || err != nil {
		t.Errorf("after the token's end: %d %v", n, err)
	}
	if w := src.Warnings(); len(w) != 1 || !strings.Contains(w[0], "more than read") {
		t.Errorf("%q", w)
	}
	traits := map[string]string{}
	for _, tr := range src.Repository().Traits {
		traits[tr.Name] = tr.Value
	}
	for name, want := range map[string]string{"security": "SMART-on-FHIR", "oauth_authorize": "https://login.example.org/a", "oauth_register": "https://login.example.org/register",
		"smart": "permission-v2 client-confidential-asymmetric", "bulk_export": "offered", "public_access": "no", "tls": "no", "version": "4.0.1 recorded 7"} {
		if traits[name] != want {
			t.Errorf("%s is %q", name, traits[name])
		}
	}
}

func TestPublicServersAreWarnedOf(t *testing.T) {
	s := newStore(t)
	s.put("Patient", 3, "")
	src, _ := open(t, s.target(""))
	if w := src.Warnings(); len(w) != 1 || !strings.Contains(w[0], "without a login") {
		t.Errorf("%q", w)
	}
}

// TestBadTargets: each mistake is told in words of ours, with what to do, and without anything secret.
func TestBadTargets(t *testing.T) {
	s := newStore(t)
	s.put("Patient", 3, "")
	s.deny["metadata"], s.token = 0, "right"
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }))
	defer web.Close()
	path, _ := keyFile(t, 0o600)
	open, _ := keyFile(t, 0o644)
	t.Setenv("WRONG", "s3cret")
	tls := httptest.NewTLSServer(s)
	defer tls.Close()
	for _, c := range []struct{ name, target, want string }{
		{"no TLS", "fhir+http://fhir.example.org/r4", "TLS is required"},
		{"untrusted certificate", "fhir+" + tls.URL + "/r4", "not trusted"},
		{"password in the address", "fhir+https://a:s3cret@fhir.example.org/r4", "refused"},
		{"no server", "fhir+https:///r4", "no server"},
		{"no option", "fhir+https://fhir.example.org?x=s3cret", "not understood"},
		{"types", s.target("types=../x"), "names of resources"},
		{"export", s.target("export=Group/.."), "Group/ID"},
		{"count", s.target("count=0"), "count is a number"},
		{"a key for nobody", s.target("key_file=" + path), "belong to a client_id"},
		{"an open key", s.target("client_id=a&key_file=" + open), "others may read"},
		{"token elsewhere in the clear", s.target("client_id=a&key_file=" + path + "&token_url=http://x.example.org"), "token_url"},
		{"no place of tokens", s.target("client_id=a&key_file=" + path), "where tokens are had"},
		{"no FHIR", "fhir+" + web.URL, "FHIR in JSON"},
		{"nobody there", "fhir+http://127.0.0.1:1/r4", "could not be reached"},
	} {
		_, err := Open(t.Context(), c.target, "")
		var te *source.TargetError
		if !errors.As(err, &te) || !strings.Contains(te.Error(), c.want) || te.Hint == "" || strings.Contains(err.Error()+te.Hint, "s3cret") {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	src, err := Open(t.Context(), s.target("password_env=WRONG"), "") // metadata is open; each type is a gap
	if err != nil {
		t.Fatal(err)
	}
	if _, gaps := list(t, t.Context(), src[0]); !strings.Contains(gaps["Patient"], "does not take the login") {
		t.Error(gaps)
	}
}

func TestScopes(t *testing.T) {
	for scopes, want := range map[string]bool{"system/*.read": false, "system/*.rs launch": false, "system/Patient.cruds": true, "system/*.*": true, "system/*.write": true, "openid": false, "system/Patient.rs?_security=cud": false} {
		if mayWrite(scopes) != want {
			t.Errorf("%s: %v", scopes, !want)
		}
	}
	l := &login{secret: "e30." + base64.RawURLEncoding.EncodeToString([]byte(`{"scp": ["system/*.write"]}`)) + ".x"}
	if !mayWrite(l.scopes()) {
		t.Errorf("%q", l.scopes())
	}
}

// FuzzAnswers: nothing that a server answers makes a reader panic, and nothing but lines comes of it.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte(`{"resourceType":"Bundle","total":1,"link":[{"relation":"next","url":"?a"}],"entry":[{"resource":{"a":"b\n"},"search":{"mode":"match"}},{"resource":{"issue":[]},"search":{"mode":"outcome"}}]}`))
	f.Add([]byte(`{"transactionTime":"x","output":[{"type":"Patient","url":"/x"}]}`))
	f.Add([]byte(`{"resourceType":"CapabilityStatement","rest":[{"resource":[{"type":"Patient","interaction":[{"code":"search-type"}]}],"security":{"extension":[{"extension":[{}]}]}}]}`))
	s, err := parse("fhir+https://fhir.example.org/r4")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if b, err := parseBundle(text); err == nil {
			var out strings.Builder
			var held error
			n, err := write(&out, b, &held)
			if err == nil && strings.Count(out.String(), "\n") != n {
				t.Errorf("%d resources in %d lines", n, strings.Count(out.String(), "\n"))
			}
			b.sorted()
		}
		if m, err := parseManifest(text); err == nil {
			for _, o := range m.Output {
				if u, err := s.link(o.URL); err == nil && (u.Hostname() != "fhir.example.org" || u.Scheme != "https") {
					t.Errorf("%s is followed", u)
				}
			}
		}
		var c capability
		if decode(text, &c) == nil {
			one := &Server{base: s.base, capability: c}
			one.describe(estate.Trait{})
			c.offers()
		}
	})
}
