package web

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/web/gate"
	"github.com/chartroom/chartroom/web/listen"
)

// TestASessionThatSomebodyPlantedIsWorthNothing: a secret that was in the browser before a log-in is not the one after it, and neither is that of
// the session before.
func TestASessionThatSomebodyPlantedIsWorthNothing(t *testing.T) {
	h := newHouse(t)
	h.as(audit.Viewer)
	v := h.visitor()
	u, _ := url.Parse(h.server.URL)
	v.client.Jar.SetCookies(u, []*http.Cookie{{Name: gate.SessionCookie, Value: "planted", Path: "/"}})
	enter := url.Values{"name": {"viewer"}, "password": {password}}
	v.post("/login", enter)
	first := v.client.Jar.Cookies(u)[0].Value
	if first == "planted" || len(first) < 43 {
		t.Fatalf("the session is %q", first)
	}
	v.post("/login", enter)
	second := v.client.Jar.Cookies(u)[0].Value
	if second == first {
		t.Error("a second log-in has the session of the first")
	}
	old := h.visitor()
	old.client.Jar.SetCookies(u, []*http.Cookie{{Name: gate.SessionCookie, Value: first, Path: "/"}})
	if r := old.get("/"); r.StatusCode != http.StatusSeeOther {
		t.Errorf("the first session still opens the room: %d", r.StatusCode)
	}
	if r := v.get("/"); r.StatusCode != http.StatusOK {
		t.Errorf("the second does not: %d", r.StatusCode)
	}
	v.post("/logout", nil)
	v.client.Jar.SetCookies(u, []*http.Cookie{{Name: gate.SessionCookie, Value: second, Path: "/"}})
	if r := v.get("/"); r.StatusCode != http.StatusSeeOther {
		t.Errorf("a session that was logged out of opens the room: %d", r.StatusCode)
	}
}

// TestCookiesAreForThisHostAndNoScript: over TLS they are bound to it.
func TestCookiesAreForThisHostAndNoScript(t *testing.T) {
	for _, tls := range []bool{false, true} {
		h := newHouse(t, func(c *Config) { c.TLS = tls })
		h.as(audit.Viewer)
		r := h.visitor().post("/login", url.Values{"name": {"viewer"}, "password": {password}})
		c := r.Cookies()[0]
		if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Secure != tls || c.Path != "/" || c.Domain != "" || strings.HasPrefix(c.Name, "__Host-") != tls {
			t.Errorf("over TLS %v: %v", tls, c)
		}
		if hsts := r.Header.Get("Strict-Transport-Security"); (hsts != "") != tls {
			t.Errorf("over TLS %v: HSTS %q", tls, hsts)
		}
	}
}

// TestAnotherSiteCanDoNothing: a form that another site sends is refused before anything happens, whatever of the two headers the browser sends.
func TestAnotherSiteCanDoNothing(t *testing.T) {
	h := newHouse(t)
	admin := h.as(audit.Admin)
	for i, header := range []map[string]string{{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://elsewhere.example"}, {"Origin": "null"}} {
		admin.header = header
		before := len(h.trail())
		r := admin.post("/settings/invite", url.Values{"role": {"admin"}})
		if r.StatusCode != http.StatusForbidden {
			t.Errorf("case %d: %d", i, r.StatusCode)
		}
		if lines := h.trail()[before:]; len(lines) != 1 || lines[0].Outcome != audit.Denied {
			t.Errorf("case %d left %+v", i, lines)
		}
	}
	admin.header = map[string]string{"Sec-Fetch-Site": "same-origin", "Origin": h.server.URL}
	if r := admin.post("/settings/invite", url.Values{"role": {"viewer"}}); r.StatusCode != http.StatusOK {
		t.Errorf("from the room itself: %d", r.StatusCode)
	}
}

// TestTheRoomAnswersToItsNamesAlone: a name that somebody points at this machine is none of them (DNS rebinding).
func TestTheRoomAnswersToItsNamesAlone(t *testing.T) {
	h := newHouse(t)
	v := h.as(audit.Viewer)
	for _, host := range []string{"evil.example", "evil.example:8787", "localhost", ""} {
		v.header = map[string]string{"Host": host}
		if host == "" {
			continue // net/http would send the address
		}
		if r := v.get("/"); r.StatusCode != http.StatusMisdirectedRequest {
			t.Errorf("as %q: %d", host, r.StatusCode)
		}
	}
}

// TestNoPathLeadsOutOfTheRoom and none shows anything without its gate.
func TestNoPathLeadsOutOfTheRoom(t *testing.T) {
	h := newHouse(t)
	v := h.as(audit.Viewer)
	for _, path := range []string{"/static/../../etc/passwd", "/static/%2e%2e/%2e%2e/etc/passwd", "/static/..%2f..%2froom.go", "//etc/passwd", "/static/", "/static/style.css%00", "/repository?name=../../../etc/passwd",
		"/./audit", "//audit", "/api/v1/../../audit", "/settings/../audit"} {
		conn, err := net.Dial("tcp", h.server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		u, _ := url.Parse(h.server.URL)
		fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nCookie: %s=%s\r\nConnection: close\r\n\r\n", path, h.server.Listener.Addr(), gate.SessionCookie, v.client.Jar.Cookies(u)[0].Value)
		r, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		if r.StatusCode == http.StatusOK {
			t.Errorf("%s: %d", path, r.StatusCode)
		}
		r.Body.Close()
		conn.Close()
	}
}

// TestNoHeaderIsTheVisitorsToWrite: what is put into a header of an answer bears no line of its own.
func TestNoHeaderIsTheVisitorsToWrite(t *testing.T) {
	h := newHouse(t)
	v := h.as(audit.Admin)
	for _, next := range []string{"/\r\nSet-Cookie: a=b", "https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "javascript:alert(1)", "\thttps://elsewhere.example", "/%0d%0aSet-Cookie:a=b"} {
		r := v.post("/login", url.Values{"name": {"admin"}, "password": {password}, "next": {next}})
		to, err := url.Parse(r.Header.Get("Location"))
		if err != nil || to.Host != "" || strings.ContainsAny(r.Header.Get("Location"), "\r\n\\") {
			t.Errorf("next %q leads to %q", next, r.Header.Get("Location"))
		}
		for _, c := range r.Cookies() {
			if c.Name == "a" {
				t.Errorf("next %q sets a cookie", next)
			}
		}
	}
	r := v.get("/api/v1/where?limit=1&q=" + url.QueryEscape("a\r\nX-Evil: 1"))
	if r.Header.Get("X-Evil") != "" || strings.ContainsAny(r.Header.Get("Link"), "\r\n") {
		t.Errorf("a query became a header: %v", r.Header)
	}
	r = h.visitor().get("/who?of=" + url.QueryEscape("x\r\nX-Evil: 1"))
	if r.Header.Get("X-Evil") != "" {
		t.Errorf("an address became a header: %v", r.Header)
	}
}

// TestAScriptInANameIsAName: a repository is called like a script, and so is a person; nowhere does a page take it for one.
func TestAScriptInANameIsAName(t *testing.T) {
	h := newHouse(t)
	v := h.as(audit.Admin)
	var rows []struct {
		Repository string `json:"repository"`
	}
	v.answer("/api/v1/where", &rows)
	named := ""
	for _, r := range rows {
		if strings.Contains(r.Repository, "script") {
			named = r.Repository
		}
	}
	if named == "" {
		t.Fatal("no repository is called like a script")
	}
	q := url.QueryEscape(named)
	for _, address := range []string{"/", "/repository?name=" + q, "/who?of=" + q, "/gaps?repository=" + q, "/changes", "/scans", "/audit", "/footholds", "/?q=" + url.QueryEscape(script), "/reach?as=" + url.QueryEscape(script),
		"/cut?repository=" + url.QueryEscape(script), "/login?next=" + url.QueryEscape(script), "/audit?q=" + url.QueryEscape(script), "/nowhere/" + url.PathEscape(script)} {
		r := v.get(address)
		if strings.Contains(r.body, "<script>portal") || strings.Contains(r.body, script) || strings.Contains(r.body, `"><script`) {
			t.Errorf("%s: the script stands on the page", address)
		}
		if csp := r.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", address, csp)
		}
	}
	if r := v.get("/api/v1/where"); strings.Contains(r.body, "<script>") || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") || r.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Error("the API's answer could be taken for a page")
	}
}

// TestWhatIsTooLargeIsNotRead: forms, JSON, headers and addresses have bounds.
func TestWhatIsTooLargeIsNotRead(t *testing.T) {
	h := newHouse(t)
	v := h.as(audit.Admin)
	big := strings.Repeat("a", gate.MaxBody+1)
	if r := v.post("/case/note", url.Values{"name": {"x"}, "note": {big}}); r.StatusCode < 400 || r.StatusCode >= 500 {
		t.Errorf("a form: %d", r.StatusCode)
	}
	if r := v.post("/settings/passkey/finish", url.Values{"x": {big}}); r.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a passkey: %d %.100s", r.StatusCode, r.body)
	}
	if r := v.get("/?after=" + strings.Repeat("a", 4<<10)); r.StatusCode != http.StatusBadRequest {
		t.Errorf("a place in the list: %d", r.StatusCode)
	}
	for _, address := range []string{"/api/v1/where?limit=1000000000", "/api/v1/where?limit=-1", "/cut?max=1000", "/cut?try=99999999999999999999", "/cut?try=-1", "/api/v1/fields?after=bm8", "/?age=old", "/?state=Atlantis", "/?class=NONE",
		"/api/v1/diff", "/api/v1/diff?since=yesterday", "/footholds?after=-5", "/api/v1/who?repository="} {
		if r := v.get(address); r.StatusCode < 400 || r.StatusCode >= 500 {
			t.Errorf("%s: %d", address, r.StatusCode)
		}
	}
}

// TestWhoSendsSlowlyHoldsNoPlace: a head that does not end, and a body that does not come, are not waited for.
func TestWhoSendsSlowlyHoldsNoPlace(t *testing.T) {
	h := newHouse(t)
	on, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := listen.Server(h.room.Handler(), quiet())
	if s.ReadHeaderTimeout <= 0 || s.ReadTimeout <= 0 || s.WriteTimeout <= 0 || s.IdleTimeout <= 0 || s.MaxHeaderBytes <= 0 {
		t.Fatalf("a bound is missing: %+v", s)
	}
	s.ReadHeaderTimeout, s.ReadTimeout = 200*time.Millisecond, 400*time.Millisecond
	go func() { _ = s.Serve(on) }()
	defer s.Close()
	for _, sent := range []string{"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", "POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nname="} {
		conn, err := net.Dial("tcp", on.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(conn, sent)
		_ = conn.SetReadDeadline(time.Now().Add(30 * time.Second))
		var b [1 << 12]byte
		for err == nil {
			_, err = conn.Read(b[:])
		}
		if e, ok := err.(net.Error); ok && e.Timeout() {
			t.Errorf("%.20q is still waited for", sent)
		}
		conn.Close()
	}
}

// TestPagesBearNoTokenAndAreNotKept: what is secret stands in no address, and no page stays in a cache.
func TestPagesBearNoTokenAndAreNotKept(t *testing.T) {
	h := newHouse(t)
	v := h.as(audit.Admin)
	for _, address := range []string{"/", "/audit", "/settings", "/api/v1/where", "/login"} {
		r := v.get(address)
		if r.Header.Get("Cache-Control") != "no-store" || r.Header.Get("Referrer-Policy") != "no-referrer" || r.Header.Get("Cross-Origin-Opener-Policy") != "same-origin" {
			t.Errorf("%s: %v", address, r.Header)
		}
	}
	token := v.newToken("viewer", "1")
	if r := v.get("/settings"); strings.Contains(r.body, token) {
		t.Error("a token is shown twice")
	}
	for _, l := range h.trail() {
		if strings.Contains(l.Target, token) {
			t.Error("a token stands in the trail")
		}
	}
}
