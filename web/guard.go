package web

import (
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/web/login"
)

// Bounds of what is sent to the room, in bytes.
const (
	maxBody   = 1 << 20
	maxSample = 64 << 20
)

// policy lets pages load what the room itself serves, and nothing else (Content Security Policy Level 3).
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// guard stands before every handler: it sets what browsers must know, and turns away what comes by a name that is not the room's (DNS
// rebinding) or from another site (CSRF).
func (r *Room) guard(next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.turnAway(w, req, http.StatusForbidden, "This came from another site.")
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
		if r.cfg.TLS {
			h.Set("Strict-Transport-Security", "max-age=63072000")
		}
		if !r.isHost(req.Host) {
			r.turnAway(w, req, http.StatusMisdirectedRequest, "The room is not called by this name.")
			return
		}
		req.Body = http.MaxBytesReader(w, req.Body, maxSample)
		inner.ServeHTTP(w, req)
	})
}

func (r *Room) turnAway(w http.ResponseWriter, req *http.Request, code int, words string) {
	r.counts.answered(code)
	r.refusal(req, audit.Caller{}, "request", req.Method+" from elsewhere")
	http.Error(w, words, code)
}

// isHost tells whether the room may be called by a name.
func (r *Room) isHost(host string) bool {
	return slices.ContainsFunc(r.cfg.Hosts, func(h string) bool { return strings.EqualFold(h, host) })
}

// serve is a route with its gate: who asks is found out, and refused where his role does not include what the route takes.
func (r *Room) serve(rt *route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		counted := &countingWriter{ResponseWriter: w}
		v := &visit{room: r, route: rt, w: counted, req: req, query: req.URL.Query(), now: r.cfg.Now()}
		defer func() { r.counts.answered(counted.code) }()
		if !rt.large {
			req.Body = http.MaxBytesReader(w, req.Body, maxBody)
		}
		if err := v.enter(); err != nil {
			v.failed(err)
			return
		}
		if err := v.permitted(); err != nil {
			v.refuse(err)
			return
		}
		if err := rt.serve(v); err != nil {
			v.failed(err)
		}
	})
}

// enter finds out who asks: the holder of a token where one is sent, else that of a session.
func (v *visit) enter() error {
	if auth := v.req.Header.Get("Authorization"); auth != "" {
		token, is := strings.CutPrefix(auth, "Bearer ")
		if !is {
			return nil
		}
		who, err := v.room.cat.TokenHolder(v.ctx(), login.Hash(token))
		if errors.Is(err, catalog.ErrNoAccount) {
			return nil
		}
		v.who = who
		return err
	}
	if v.secret = v.cookie(sessionCookie); v.secret == "" {
		return nil
	}
	a, err := v.room.door.Session(v.ctx(), v.secret)
	if errors.Is(err, catalog.ErrNoAccount) {
		v.secret = ""
		return nil
	}
	if err == nil {
		v.account, v.who = a, a.Caller()
	}
	return err
}

// permitted tells whether the visitor's role includes what the route takes.
func (v *visit) permitted() error {
	switch {
	case v.route.action == "":
		return nil
	case v.route.own && v.account == nil && v.who.Name != "":
		return audit.ErrDenied // a token opens no door for others
	}
	return v.who.Permit(v.route.action)
}

// refuse writes the refusal down, and tells it. Who is not logged in is shown to the door.
func (v *visit) refuse(err error) {
	v.room.refusal(v.req, v.who, v.route.action, v.req.Method+" "+v.route.pattern)
	if !errors.Is(err, audit.ErrNobody) || v.route.page == "" || v.req.Method != http.MethodGet {
		v.failed(err)
		return
	}
	door := "/login"
	if n, _, err := v.room.cat.Invited(v.ctx(), nil); err == nil && n == 0 {
		door = "/setup"
	} else if v.req.URL.Path != "/" {
		door += "?next=" + queryEscape(v.req.URL.RequestURI())
	}
	http.Redirect(v.w, v.req, door, http.StatusSeeOther)
}

// refusal writes down that somebody was refused.
func (r *Room) refusal(req *http.Request, who audit.Caller, action audit.Action, target string) {
	if who.Name == "" && !r.flood.lets(r.cfg.Now()) {
		return
	}
	if err := r.cat.Admit(req.Context(), refused(who, action), action, target); err != nil && !errors.Is(err, audit.ErrDenied) && !errors.Is(err, audit.ErrNobody) {
		r.cfg.Log.Error("a refusal could not be written down", "error", err)
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

// address is where a request comes from. What a proxy says of it is not believed: anybody can say so.
func address(req *http.Request) string {
	host, _, err := net.SplitHostPort(req.RemoteAddr)
	if err != nil {
		return req.RemoteAddr
	}
	return host
}

// isLocal tells whether a request comes from this machine.
func isLocal(req *http.Request) bool {
	ip := net.ParseIP(address(req))
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
