package web

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/web/gate"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// matrix is the least role of each route, written out a second time: a change of one side alone must fail.
var matrix = map[string]audit.Role{
	"GET /{$}": audit.Viewer, "GET /repository": audit.Viewer, "GET /who": audit.Analyst, "GET /reach": audit.Analyst, "GET /footholds": audit.Analyst, "GET /cut": audit.Analyst,
	"GET /findings": audit.Analyst, "GET /gaps": audit.Analyst, "GET /changes": audit.Analyst, "GET /audit": audit.PrivacyOfficer,

	"GET /threats": audit.Analyst, "GET /review": audit.Analyst, "GET /compare": audit.Analyst,
	"GET /api/v1/threats": audit.Analyst, "GET /api/v1/review": audit.Analyst, "GET /api/v1/compare": audit.Analyst,

	"GET /login": audit.NoRole, "POST /login": audit.NoRole, "POST /login/passkey/begin": audit.NoRole, "POST /login/passkey/finish": audit.NoRole, "GET /login/oidc": audit.NoRole,
	"GET /login/oidc/back": audit.NoRole, "POST /logout": audit.NoRole, "GET /setup": audit.NoRole, "POST /setup": audit.NoRole,

	"GET /settings": audit.Viewer, "POST /settings/password": audit.Viewer, "POST /settings/elsewhere": audit.Viewer, "POST /settings/passkey/remove": audit.Viewer, "POST /settings/token": audit.Viewer,
	"POST /settings/revoke": audit.Viewer, "POST /settings/passkey/begin": audit.Viewer, "POST /settings/passkey/finish": audit.Viewer,
	"POST /settings/invite": audit.Admin, "POST /settings/role": audit.Admin, "POST /settings/disable": audit.Admin, "POST /settings/enable": audit.Admin,

	"GET /scans": audit.Viewer, "GET /scans/live": audit.Viewer, "POST /scans/start": audit.Admin, "POST /scans/cancel": audit.Admin,
	"GET /api/v1/scans": audit.Viewer, "POST /api/v1/scans": audit.Admin, "DELETE /api/v1/scans/{id}": audit.Admin,

	"GET /workers": audit.Viewer, "POST /workers/pause": audit.Admin, "POST /workers/resume": audit.Admin, "POST /workers/drain": audit.Admin, "GET /api/v1/workers": audit.Viewer,

	"GET /cases": audit.PrivacyOfficer, "GET /case": audit.PrivacyOfficer, "GET /case/text": audit.PrivacyOfficer, "POST /cases/open": audit.PrivacyOfficer, "POST /case/fact": audit.PrivacyOfficer,
	"POST /case/level": audit.PrivacyOfficer, "POST /case/decide": audit.PrivacyOfficer, "POST /case/note": audit.PrivacyOfficer, "POST /case/approve": audit.PrivacyOfficer, "POST /case/send": audit.PrivacyOfficer,
	"POST /case/close": audit.PrivacyOfficer, "POST /case/pack": audit.PrivacyOfficer, "POST /case/verify": audit.PrivacyOfficer,
	"GET /api/v1/cases": audit.PrivacyOfficer, "GET /api/v1/case": audit.PrivacyOfficer, "GET /api/v1/case/clocks": audit.PrivacyOfficer, "GET /api/v1/case/obligations": audit.PrivacyOfficer,

	"GET /api/v1/where": audit.Viewer, "GET /api/v1/total": audit.Viewer, "GET /api/v1/runs": audit.Viewer, "GET /api/v1/items": audit.Analyst, "GET /api/v1/fields": audit.Analyst,
	"GET /api/v1/gaps": audit.Analyst, "GET /api/v1/diff": audit.Analyst, "GET /api/v1/who": audit.Analyst, "GET /api/v1/reach": audit.Analyst, "GET /api/v1/footholds": audit.Analyst,
	"GET /api/v1/cut": audit.Analyst, "GET /api/v1/findings": audit.Analyst, "GET /api/v1/audit": audit.PrivacyOfficer, "POST /api/v1/claims": audit.PrivacyOfficer,
	"GET /api/v1/openapi.json": audit.Viewer, "GET /healthz": audit.NoRole, "GET /readyz": audit.NoRole, "GET /metrics": audit.NoRole,
}

// TestEveryRouteAsksForTheRoleOfTheMatrix calls every route as nobody and in each role, through the front door, with a session and with a token:
// the gate lets through who may pass, and each refusal is a line of the audit trail.
func TestEveryRouteAsksForTheRoleOfTheMatrix(t *testing.T) {
	h := newHouse(t)
	called := map[string]bool{}
	for i := range h.room.routes { // what a route does is for other tests; here it only tells that it was reached
		rt := &h.room.routes[i]
		if rt.pattern != "/metrics" {
			rt.serve = func(v *visit) error { v.W.WriteHeader(http.StatusTeapot); return nil }
		}
	}
	h.server.Config.Handler = h.room.Handler()
	visitors := map[audit.Role]*visitor{}
	for role := audit.NoRole; role <= audit.Admin; role++ {
		visitors[role] = h.visitor()
	}
	h.enter(visitors)
	for i := range h.room.routes {
		rt := &h.room.routes[i]
		name := rt.method + " " + rt.pattern
		need, known := matrix[name]
		if !known {
			t.Errorf("%s is not in the matrix", name)
		}
		called[name] = true
		for role := audit.NoRole; role <= audit.Admin; role++ {
			h.knock(rt, visitors[role], role, need)
		}
	}
	for name := range matrix {
		if !called[name] {
			t.Errorf("there is no route %s", name)
		}
	}
}

// enter logs visitors in, each with an account of its role.
func (h *house) enter(visitors map[audit.Role]*visitor) {
	h.Helper()
	for role, v := range visitors {
		if role == audit.NoRole {
			continue
		}
		invitation, err := h.door.Invite(h.Context(), audit.Local(), role)
		if err != nil {
			h.Fatal(err)
		}
		secret, err := h.door.Accept(h.Context(), invitation, strings.ReplaceAll(role.String(), " ", "-"), password, "127.0.0.1")
		if err != nil {
			h.Fatal(err)
		}
		v.header = map[string]string{"Cookie": gate.SessionCookie + "=" + secret}
	}
}

func (h *house) knock(rt *route, v *visitor, role, need audit.Role) {
	h.Helper()
	address := strings.NewReplacer("{$}", "", "{id}", "1").Replace(rt.pattern)
	before := len(h.trail())
	r := v.do(rt.method, address, nil, "")
	want := role >= need
	reached := r.StatusCode == http.StatusTeapot || rt.pattern == "/metrics" && r.StatusCode == http.StatusOK
	if reached != want {
		h.Errorf("%s %s as %s: %d, the matrix says %v", rt.method, rt.pattern, role, r.StatusCode, want)
	}
	if want {
		return
	}
	lines := h.trail()[before:]
	if len(lines) != 1 || lines[0].Outcome != audit.Denied || lines[0].Target != rt.method+" "+rt.pattern || lines[0].Role != role.String() {
		h.Errorf("%s %s as %s left %+v", rt.method, rt.pattern, role, lines)
	}
	switch {
	case role == audit.NoRole && rt.page != "" && rt.method == http.MethodGet:
		if r.StatusCode != http.StatusSeeOther || !strings.HasPrefix(r.Header.Get("Location"), "/login") {
			h.Errorf("%s as nobody: %d to %s", address, r.StatusCode, r.Header.Get("Location"))
		}
	case role == audit.NoRole && r.StatusCode != http.StatusUnauthorized, role != audit.NoRole && r.StatusCode != http.StatusForbidden:
		h.Errorf("%s %s as %s: %d", rt.method, address, role, r.StatusCode)
	}
}

// TestATokenMayNoMoreThanItsScope: the lesser of the token's role and the account's counts, and no token opens the settings.
func TestATokenMayNoMoreThanItsScope(t *testing.T) {
	h := newHouse(t)
	admin := h.as(audit.Admin)
	token := admin.newToken("analyst", "1")
	program := h.visitor()
	program.token = token
	for address, want := range map[string]int{"/api/v1/where": 200, "/api/v1/footholds": 200, "/api/v1/audit": 403, "/settings": 403, "/api/v1/openapi.json": 200} {
		if r := program.get(address); r.StatusCode != want {
			t.Errorf("%s with a token of an analyst: %d, want %d", address, r.StatusCode, want)
		}
	}
	if err := h.cat.Invite(t.Context(), audit.Local(), []byte("x"), audit.Admin, h.room.cfg.Now().AddDate(0, 0, 1)); err != nil {
		t.Fatal(err)
	}
	if _, err := h.cat.Accept(t.Context(), []byte("x"), "second", ""); err != nil { // so that the first may step down
		t.Fatal(err)
	}
	if err := h.cat.SetRole(t.Context(), audit.Local(), "admin", audit.Viewer); err != nil {
		t.Fatal(err)
	}
	if r := program.get("/api/v1/footholds"); r.StatusCode != http.StatusForbidden {
		t.Errorf("the account is a viewer now, and its token reads footholds: %d", r.StatusCode)
	}
	if err := h.cat.SetDisabled(t.Context(), audit.Local(), "admin", true); err != nil {
		t.Fatal(err)
	}
	if r := program.get("/api/v1/where"); r.StatusCode != http.StatusUnauthorized {
		t.Errorf("the account is disabled, and its token reads the map: %d", r.StatusCode)
	}
}

// newToken makes a token on the page of settings.
func (v *visitor) newToken(role, days string) string {
	v.Helper()
	r := v.post("/settings/token", map[string][]string{"name": {"for a test"}, "role": {role}, "days": {days}})
	_, rest, found := strings.Cut(r.body, "shown only now: <code>")
	token, _, _ := strings.Cut(rest, "</code>")
	if !found || len(token) < 40 {
		v.Fatalf("no token on the page: %d %.300s", r.StatusCode, r.body)
	}
	return token
}

// TestMetricsBeyondThisMachineAreForThoseWhoSeeTheMap: whoever is on this machine may read them.
func TestMetricsBeyondThisMachineAreForThoseWhoSeeTheMap(t *testing.T) {
	h := newHouse(t)
	req := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	req.Host, req.RemoteAddr = h.room.cfg.Hosts[0], "192.0.2.7:4711"
	w := httptest.NewRecorder()
	h.room.Handler().ServeHTTP(w, req)
	if w.Code != http.StatusUnauthorized {
		t.Errorf("from elsewhere: %d", w.Code)
	}
	if r := h.visitor().get("/metrics"); r.StatusCode != http.StatusOK || !strings.Contains(r.body, `chartroom_estate{of="repositories"} 2`) || strings.Contains(r.body, "archive") {
		t.Errorf("from here: %d %s", r.StatusCode, r.body)
	}
}
