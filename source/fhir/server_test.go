package fhir

import (
	"context"
	"crypto/ecdsa"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chartroom/chartroom/source"
)

// store answers as HAPI's server does, from resources that are kept here: searches with pages by offset, sorts and totals, a bulk export,
// tokens for a signed statement. Its faults can be chosen.
type store struct {
	*httptest.Server
	mu      sync.Mutex
	types   map[string][]string // resources in JSON
	updated map[string]time.Time
	deny    map[string]int    // HTTP status by type
	next    string            // named as the next page, instead of the right one
	sorts   bool              // it knows the sort by the last update
	token   string            // without it, 401; "" lets everybody in
	busy    map[string]int    // how often a path is answered with 503 first
	cut     map[string]int    // how often an answer breaks off in its middle, by path
	extra   map[string]string // an entry of the first page, by type
	file    string            // the address of the export's only file; "" = right ones
	key     *ecdsa.PublicKey
	asked   []string
	removed bool
	polls   int
}

func newStore(t testing.TB) *store {
	s := &store{types: map[string][]string{}, updated: map[string]time.Time{}, deny: map[string]int{}, busy: map[string]int{}, cut: map[string]int{}, extra: map[string]string{}, sorts: true}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// put adds n resources of a type that were last updated an hour ago.
func (s *store) put(name string, n int, rest string) {
	for i := range n {
		s.types[name] = append(s.types[name], fmt.Sprintf("{\n \"resourceType\": %q, \"id\": \"%s-%d\"%s}", name, strings.ToLower(name), i, rest))
	}
	s.updated[name] = time.Now().Add(-time.Hour)
}

func (s *store) target(options string) string { return "fhir+" + s.URL + "/r4?" + options }

func (s *store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	path := strings.TrimPrefix(r.URL.Path, "/r4/")
	s.asked = append(s.asked, r.Method+" "+path)
	if s.busy[path] > 0 {
		s.busy[path]--
		w.Header().Set("Retry-After", "7")
		http.Error(w, "Ada Plantagenet", http.StatusServiceUnavailable)
		return
	}
	open := path == "metadata" || path == "token" || strings.HasPrefix(path, ".well-known")
	if s.token != "" && !open && r.Header.Get("Authorization") != "Bearer "+s.token {
		http.Error(w, "Ada Plantagenet", http.StatusUnauthorized)
		return
	}
	switch {
	case path == "metadata":
		s.metadata(w)
	case path == ".well-known/smart-configuration" && s.key != nil:
		fmt.Fprintf(w, `{"token_endpoint": "%s/r4/token", "authorization_endpoint": "https://login.example.org/a?x=1", "capabilities": ["permission-v2", "client-confidential-asymmetric"]}`, s.URL)
	case path == "token":
		s.tokens(w, r)
	case path == "$export":
		w.Header().Set("Content-Location", s.URL+"/r4/job/1")
		w.WriteHeader(http.StatusAccepted)
	case path == "job/1":
		s.job(w, r)
	case strings.HasPrefix(path, "files/"):
		s.answer(w, path, []byte(strings.Join(s.types[path[6:]], "\n")))
	case s.deny[path] != 0:
		http.Error(w, "Ada Plantagenet", s.deny[path])
	case s.types[path] != nil:
		s.answer(w, path, s.search(path, r.URL.Query()))
	default:
		http.NotFound(w, r)
	}
}

// answer gives a text, or half of it.
func (s *store) answer(w http.ResponseWriter, path string, text []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	if s.cut[path] > 0 {
		s.cut[path]--
		text = text[:len(text)/2]
	}
	_, _ = w.Write(text)
}

func (s *store) metadata(w http.ResponseWriter) {
	var types []string
	for name := range s.types {
		interaction := "search-type"
		if name == "Binary" {
			interaction = "read"
		}
		types = append(types, fmt.Sprintf(`{"type": %q, "interaction": [{"code": %q}]}`, name, interaction))
	}
	fmt.Fprintf(w, `{"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "software": {"name": "recorded", "version": "7"}, "rest": [{"mode": "server",
		"security": {"service": [{"coding": [{"code": "SMART-on-FHIR"}]}], "extension": [{"url": %q, "extension": [{"url": "register", "valueUri": "https://login.example.org/register"}]}]},
		"operation": [{"name": "export"}], "resource": [%s]}]}`, oauthURIs, strings.Join(types, ","))
}

func (s *store) search(name string, q url.Values) []byte {
	all := s.types[name]
	n, _ := strconv.Atoi(q.Get("_count"))
	from, _ := strconv.Atoi(q.Get("_getpagesoffset"))
	self := s.URL + "/r4/" + name + "?_count=" + q.Get("_count")
	if sorted := q.Get("_sort") == "-_lastUpdated" && s.sorts; sorted {
		self += "&_sort=-_lastUpdated"
	}
	var entries []string
	for i := from; i < min(from+n, len(all)); i++ {
		meta := fmt.Sprintf(`{"meta": {"versionId": "1", "lastUpdated": %q},`, s.updated[name].Format(time.RFC3339Nano))
		entries = append(entries, fmt.Sprintf(`{"resource": %s, "search": {"mode": "match"}}`, strings.Replace(all[i], "{", meta, 1)))
	}
	if from == 0 && s.extra[name] != "" {
		entries = append(entries, s.extra[name])
	}
	links := fmt.Sprintf(`{"relation": "self", "url": %q}`, self)
	if from+n < len(all) {
		next := s.next
		if next == "" {
			next = fmt.Sprintf("%s/r4/%s?_count=%d&_getpagesoffset=%d", s.URL, name, n, from+n)
		}
		links += fmt.Sprintf(`, {"relation": "next", "url": %q}`, next)
	}
	return fmt.Appendf(nil, `{"resourceType": "Bundle", "type": "searchset", "total": %d, "link": [%s], "entry": [%s]}`, len(all), links, strings.Join(entries, ", "))
}

func (s *store) job(w http.ResponseWriter, r *http.Request) {
	if s.polls++; r.Method == http.MethodDelete {
		s.removed = true
		w.WriteHeader(http.StatusAccepted)
		return
	}
	if s.polls < 3 {
		w.Header().Set("Retry-After", "20")
		w.WriteHeader(http.StatusAccepted)
		return
	}
	var files []string
	for name := range s.types {
		at := s.file
		if at == "" {
			at = s.URL + "/r4/files/" + name
		}
		files = append(files, fmt.Sprintf(`{"type": %q, "url": %q}`, name, at))
	}
	slices.Sort(files)
	fmt.Fprintf(w, `{"transactionTime": "2026-01-01T00:00:00Z", "requiresAccessToken": true, "output": [%s], "error": [{"type": "OperationOutcome", "url": "x"}]}`, strings.Join(files, ","))
}

// tokens checks a client's statement as a server has to: signature, audience, time.
func (s *store) tokens(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(r.PostFormValue("client_assertion"), ".")
	if len(parts) != 3 || s.key == nil {
		http.Error(w, `{"error": "invalid_client"}`, http.StatusBadRequest)
		return
	}
	sum := sha512.Sum384([]byte(parts[0] + "." + parts[1]))
	sig, _ := base64.RawURLEncoding.DecodeString(parts[2])
	text, _ := base64.RawURLEncoding.DecodeString(parts[1])
	var claims struct {
		Iss, Sub, Aud, Jti string
		Exp                int64
	}
	err := json.Unmarshal(text, &claims)
	good := err == nil && len(sig) == 96 && ecdsa.Verify(s.key, sum[:], new(big.Int).SetBytes(sig[:48]), new(big.Int).SetBytes(sig[48:]))
	if !good || claims.Aud != s.URL+"/r4/token" || claims.Iss != "survey" || claims.Sub != claims.Iss || claims.Jti == "" || time.Until(time.Unix(claims.Exp, 0)) > 5*time.Minute ||
		r.PostFormValue("scope") != "system/*.rs" {
		http.Error(w, `{"error": "invalid_client"}`, http.StatusUnauthorized)
		return
	}
	s.token += "+"
	fmt.Fprintf(w, `{"access_token": %q, "expires_in": 300, "scope": "system/*.cruds"}`, s.token)
}

// open opens a server and records its pauses instead of making them.
func open(t testing.TB, target string) (*Server, *[]time.Duration) {
	t.Helper()
	srcs, err := Open(t.Context(), target, "Lakeside")
	if err != nil {
		t.Fatal(err)
	}
	var pauses []time.Duration
	s := srcs[0].(*Server)
	s.wait = func(_ context.Context, d time.Duration) error { pauses = append(pauses, d); return nil }
	return s, &pauses
}

// list gives what a source lists, by path; a gap as its reason.
func list(t testing.TB, ctx context.Context, src source.Source) (items map[string]source.Item, gaps map[string]string) {
	t.Helper()
	items, gaps = map[string]source.Item{}, map[string]string{}
	err := src.Items(ctx, func(l source.Listed) error {
		if l.Gap != nil {
			gaps[l.Gap.Path] = string(l.Gap.Reason) + ": " + l.Gap.Detail
		} else {
			items[l.Item.Path] = l.Item
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return items, gaps
}
