// Package gate stands between the network and the handlers of the web room: it finds out who asks, refuses what his role does not include
// and writes that down, and answers in the forms of pages and of JSON.
package gate

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/web/login"
	"github.com/chartroom/chartroom/web/page"
)

// Gate is the gate of a room. It is safe for concurrent use; its fields are set before.
type Gate struct {
	Catalog  *catalog.Catalog
	Door     *login.Door
	Pages    *page.Pages
	TLS      bool     // the room is served over TLS
	Hosts    []string // names by which it may be called, each with its port where that is not the scheme's own
	Now      func() time.Time
	Log      *slog.Logger
	Answered func(code int) // counts answers

	flood flood
}

// Route is one thing that can be asked of the room.
type Route struct {
	Method  string
	Pattern string
	Action  audit.Action // what it takes; the least role is package audit's to say. "" = nothing: it is open to everybody
	Page    string       // which page it draws, or ends on; "" = it answers programs
	Serve   func(*Visit) error
	Own     bool // only for who logged in himself, not for a token
	Large   bool // what is sent to it may come to MaxSample
}

// Bounds of what is sent to the room, in bytes.
const (
	MaxBody   = 1 << 20
	MaxSample = 64 << 20
)

// policy lets pages load what the room itself serves, and nothing else (Content Security Policy Level 3).
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// Guard stands before every handler: it sets what browsers must know, and turns away what comes by a name that is not the room's (DNS
// rebinding) or from another site (CSRF).
func (g *Gate) Guard(next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		g.turnAway(w, req, http.StatusForbidden, "This came from another site.")
	}))
	inner := cross.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		h.Set("Cache-Control", "no-store")
		if g.TLS {
			h.Set("Strict-Transport-Security", "max-age=63072000")
		}
		if !g.isHost(req.Host) {
			g.turnAway(w, req, http.StatusMisdirectedRequest, "The room is not called by this name.")
			return
		}
		req.Body = http.MaxBytesReader(w, req.Body, MaxSample)
		inner.ServeHTTP(w, req)
	})
}

func (g *Gate) turnAway(w http.ResponseWriter, req *http.Request, code int, words string) {
	g.Answered(code)
	g.refusal(req, audit.Caller{}, "request", req.Method+" from elsewhere")
	http.Error(w, words, code)
}

// isHost tells whether the room may be called by a name.
func (g *Gate) isHost(host string) bool {
	return slices.ContainsFunc(g.Hosts, func(h string) bool { return strings.EqualFold(h, host) })
}

// Serve is a route with its gate: who asks is found out, and refused where his role does not include what the route takes.
func (g *Gate) Serve(rt *Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		counted := &countingWriter{ResponseWriter: w}
		v := &Visit{W: counted, Req: req, Query: req.URL.Query(), Now: g.Now(), gate: g, route: rt}
		defer func() { g.Answered(counted.code) }()
		if !rt.Large {
			req.Body = http.MaxBytesReader(w, req.Body, MaxBody)
		}
		if err := v.enter(); err != nil {
			v.failed(err)
			return
		}
		if err := v.permitted(); err != nil {
			v.Refuse(err)
			return
		}
		if err := rt.Serve(v); err != nil {
			v.failed(err)
		}
	})
}

// enter finds out who asks: the holder of a token where one is sent, else that of a session.
func (v *Visit) enter() error {
	if auth := v.Req.Header.Get("Authorization"); auth != "" {
		token, is := strings.CutPrefix(auth, "Bearer ")
		if !is {
			return nil
		}
		who, err := v.gate.Catalog.TokenHolder(v.Ctx(), login.Hash(token))
		if errors.Is(err, catalog.ErrNoAccount) {
			return nil
		}
		v.Who = who
		return err
	}
	if v.Secret = v.Cookie(SessionCookie); v.Secret == "" {
		return nil
	}
	a, err := v.gate.Door.Session(v.Ctx(), v.Secret)
	if errors.Is(err, catalog.ErrNoAccount) {
		v.Secret = ""
		return nil
	}
	if err == nil {
		v.Account, v.Who = a, a.Caller()
	}
	return err
}

// permitted tells whether the visitor's role includes what the route takes.
func (v *Visit) permitted() error {
	switch {
	case v.route.Action == "":
		return nil
	case v.route.Own && v.Account == nil && v.Who.Name != "":
		return audit.ErrDenied // a token opens no door for others
	}
	return v.Who.Permit(v.route.Action)
}

// Refuse writes the refusal down, and tells it. Who is not logged in is shown to the door.
func (v *Visit) Refuse(err error) {
	v.gate.refusal(v.Req, v.Who, v.route.Action, v.Req.Method+" "+v.route.Pattern)
	if !errors.Is(err, audit.ErrNobody) || v.route.Page == "" || v.Req.Method != http.MethodGet {
		v.failed(err)
		return
	}
	door := "/login"
	if n, _, err := v.gate.Catalog.Invited(v.Ctx(), nil); err == nil && n == 0 {
		door = "/setup"
	} else if v.Req.URL.Path != "/" {
		door += "?next=" + url.QueryEscape(v.Req.URL.RequestURI())
	}
	http.Redirect(v.W, v.Req, door, http.StatusSeeOther)
}

// refusal writes down that somebody was refused.
func (g *Gate) refusal(req *http.Request, who audit.Caller, action audit.Action, target string) {
	if who.Name == "" && !g.flood.lets(g.Now()) {
		return
	}
	if err := g.Catalog.Admit(req.Context(), refused(who, action), action, target); err != nil && !errors.Is(err, audit.ErrDenied) && !errors.Is(err, audit.ErrNobody) {
		g.Log.Error("a refusal could not be written down", "error", err)
	}
}

// refused is a caller whose line says that he was refused, also where his role alone would have let him.
func refused(who audit.Caller, action audit.Action) audit.Caller {
	if who.Permit(action) == nil {
		who.Role = audit.NoRole
	}
	return who
}

// flood bounds how many refusals of nobody in particular are written down: who has no login shall not be able to fill the disk.
type flood struct {
	mu    sync.Mutex
	since time.Time
	n     int
}

// mostNobodies is how many are written down in an hour; metrics count all.
const mostNobodies = 2000

func (f *flood) lets(now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now.Sub(f.since) > time.Hour {
		f.since, f.n = now, 0
	}
	f.n++
	return f.n <= mostNobodies
}

// Address is where a request comes from. What a proxy says of it is not believed: anybody can say so.
func Address(req *http.Request) string {
	host, _, err := net.SplitHostPort(req.RemoteAddr)
	if err != nil {
		return req.RemoteAddr
	}
	return host
}

// IsLocal tells whether a request comes from this machine.
func IsLocal(req *http.Request) bool {
	ip := net.ParseIP(Address(req))
	return ip != nil && ip.IsLoopback()
}

// countingWriter remembers the code of an answer.
type countingWriter struct {
	http.ResponseWriter
	code int
}

// WriteHeader remembers the code.
func (w *countingWriter) WriteHeader(code int) {
	if w.code == 0 {
		w.code = code
	}
	w.ResponseWriter.WriteHeader(code)
}

// Write is a code of 200 where none came before.
func (w *countingWriter) Write(b []byte) (int, error) {
	if w.code == 0 {
		w.code = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap gives what http.ResponseController needs.
func (w *countingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
