package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/web/login"
	"github.com/chartroom/chartroom/web/page"
)

// visit is one request on its way through a handler.
type visit struct {
	room    *Room
	route   *route
	w       http.ResponseWriter
	req     *http.Request
	query   url.Values
	who     audit.Caller
	account *catalog.Account // of a session; nil with a token
	secret  string           // of the session
	now     time.Time
}

func (v *visit) ctx() context.Context { return v.req.Context() }

// get gives a value of the address.
func (v *visit) get(name string) string { return v.query.Get(name) }

// form gives a value of the form that was sent.
func (v *visit) form(name string) string { return strings.TrimSpace(v.req.PostFormValue(name)) }

// failure is what a visitor is told when it did not go well: a code of HTTP, what is wrong, and what to do.
type failure struct {
	code    int
	message string
	hint    string
}

// Error gives what is wrong.
func (f *failure) Error() string { return f.message }

func wrong(format string, args ...any) error {
	return &failure{http.StatusBadRequest, fmt.Sprintf(format, args...), ""}
}

// number reads a number of the address within bounds; what is not given is the default.
func (v *visit) number(name string, def, least, most int) (int, error) {
	text := v.get(name)
	if text == "" {
		return def, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, wrong("%s is a number from %d to %d", name, least, most)
	}
	return n, nil
}

// yes reads a switch of the address.
func (v *visit) yes(name string) bool {
	switch v.get(name) {
	case "1", "true", "yes", "on":
		return true
	}
	return false
}

// moment reads a time of the address: RFC 3339, a day, or how long ago (24h, 7d); zero where none is given.
func (v *visit) moment(name string) (time.Time, error) {
	text := v.get(name)
	if text == "" {
		return time.Time{}, nil
	}
	if days, is := strings.CutSuffix(text, "d"); is {
		if n, err := strconv.Atoi(days); err == nil && n >= 0 && n < 100_000 {
			return v.now.AddDate(0, 0, -n), nil
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return v.now.Add(-d), nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, wrong("%s is a time: 2026-03-01, 2026-03-01T10:00:00Z, or how long ago: 24h, 7d", name)
}

// filter reads what narrows an answer.
func (v *visit) filter() (catalog.Filter, error) {
	f := catalog.Filter{Repository: v.get("repository"), Custodian: v.get("custodian"), StaleAfter: v.room.cfg.StaleAfter}
	for _, name := range append(v.query["sensitivity"], v.query["class"]...) {
		if name == "" {
			continue
		}
		c, ok := phi.ParseClass(name)
		if !ok {
			return f, wrong("this is no class of sensitivity; they are %s", phi.Classes(1<<phi.NumClasses-1))
		}
		f.Sensitivity = f.Sensitivity.With(c)
	}
	for _, name := range v.query["state"] {
		if name == "" {
			continue
		}
		s := phi.ParseState(name)
		if s == 0 && name != "unknown" {
			return f, wrong("this is no State; write CA, California or unknown")
		}
		f.States = append(f.States, s)
	}
	var err error
	f.AsOf, err = v.moment("as_of")
	return f, err
}

// json answers with a struct.
func (v *visit) json(answer any) error { return v.jsonCode(http.StatusOK, answer) }

func (v *visit) jsonCode(code int, answer any) error {
	b, err := json.MarshalIndent(answer, "", " ")
	if err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	v.w.Header().Set("Content-Type", "application/json")
	v.w.WriteHeader(code)
	_, _ = v.w.Write(append(b, '\n')) // who no longer listens is told nothing
	return nil
}

// page answers with a page.
func (v *visit) page(name, title string, data any) error {
	return v.pageWith(http.StatusOK, name, page.View{Title: title, Data: data})
}

// pageWith answers with a page that says what just happened.
func (v *visit) pageWith(code int, name string, view page.View) error {
	view.Path, view.Now, view.User = v.req.URL.Path, v.now, v.user()
	if view.Flash == "" {
		view.Flash = v.takeFlash()
	}
	var b bytes.Buffer
	if err := v.room.pages.Render(&b, name, view); err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(code)
	_, _ = v.w.Write(b.Bytes())
	return nil
}

// user is who looks, as pages see him.
func (v *visit) user() *page.User {
	if v.who.Name == "" {
		return nil
	}
	u := &page.User{Name: v.who.Name, Role: v.who.Role.String(), Can: map[string]bool{}}
	for _, a := range audit.Actions() {
		if v.who.Permit(a) == nil {
			u.Can[string(a)] = true
		}
	}
	return u
}

// to sends the browser to a page of the room, with a sentence that it shows once.
func (v *visit) to(address, flash string) error {
	if flash != "" {
		v.setCookie(flashCookie, url.QueryEscape(flash), 60, http.SameSiteStrictMode)
	}
	http.Redirect(v.w, v.req, address, http.StatusSeeOther)
	return nil
}

// inside gives an address if it is one of this room, else the map.
func inside(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(address, "/") || strings.HasPrefix(address, "//") || strings.ContainsAny(address, "\\\r\n\t") {
		return "/"
	}
	return address
}

// The cookies.
const (
	sessionCookie  = "chartroom"
	flashCookie    = "chartroom-flash"
	ceremonyCookie = "chartroom-ceremony"
)

// cookieName bears the prefix that binds a cookie to this host and to TLS (RFC 6265bis section 4.1.3.2).
func (r *Room) cookieName(name string) string {
	if r.cfg.TLS {
		return "__Host-" + name
	}
	return name
}

// setCookie sets a cookie for so many seconds; below 0 it goes, 0 lasts as long as the browser.
func (v *visit) setCookie(name, value string, seconds int, site http.SameSite) {
	http.SetCookie(v.w, &http.Cookie{Name: v.room.cookieName(name), Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, Secure: v.room.cfg.TLS, SameSite: site})
}

func (v *visit) cookie(name string) string {
	c, err := v.req.Cookie(v.room.cookieName(name))
	if err != nil {
		return ""
	}
	return c.Value
}

// takeFlash gives the sentence that the last answer left, once.
func (v *visit) takeFlash() string {
	text, err := url.QueryUnescape(v.cookie(flashCookie))
	if err != nil || text == "" {
		return ""
	}
	v.setCookie(flashCookie, "", -1, http.SameSiteStrictMode)
	return text
}

// failed tells the visitor what went wrong. What is the room's own fault is logged, and not told.
func (v *visit) failed(err error) {
	f := told(err)
	if f.code >= 500 {
		v.room.cfg.Log.Error("a request failed", "method", v.req.Method, "path", v.req.URL.Path, "error", err)
	}
	var wait *login.WaitError
	if errors.As(err, &wait) {
		v.w.Header().Set("Retry-After", strconv.Itoa(int(wait.For.Seconds())+1))
	}
	if f.code == http.StatusUnauthorized {
		v.w.Header().Set("WWW-Authenticate", `Bearer realm="chartroom"`)
	}
	if v.route.page == "" {
		err = v.jsonCode(f.code, map[string]string{"error": f.message, "hint": f.hint})
	} else {
		err = v.pageWith(f.code, page.NameError, page.View{Title: http.StatusText(f.code), Data: page.Error{Code: f.code, Message: f.message, Hint: f.hint}})
	}
	if err != nil {
		v.room.cfg.Log.Error("an error could not be shown", "error", err)
	}
}

// told turns an error into what a visitor is told.
func told(err error) *failure {
	var f *failure
	var wait *login.WaitError
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &f):
		return f
	case errors.Is(err, audit.ErrNobody):
		return &failure{http.StatusUnauthorized, "Nobody is logged in.", "Log in, or send a token: Authorization: Bearer ..."}
	case errors.Is(err, audit.ErrDenied):
		return &failure{http.StatusForbidden, "Your role does not include this.", "An admin of the room can give you another one."}
	case errors.As(err, &wait):
		return &failure{http.StatusTooManyRequests, wait.Error(), ""}
	case errors.As(err, &large):
		return &failure{http.StatusRequestEntityTooLarge, "What was sent is too large.", ""}
	case errors.Is(err, login.ErrRefused), errors.Is(err, login.ErrNoRole), errors.Is(err, catalog.ErrNoInvite):
		return &failure{http.StatusForbidden, sentence(err), ""}
	case errors.Is(err, catalog.ErrCursor), errors.Is(err, login.ErrNoPasskeys):
		return &failure{http.StatusBadRequest, sentence(err), ""}
	case errors.Is(err, catalog.ErrNoAccount), errors.Is(err, catalog.ErrNoSuchToken), errors.Is(err, catalog.ErrNoCase):
		return &failure{http.StatusNotFound, sentence(err), ""}
	case errors.Is(err, catalog.ErrNameTaken), errors.Is(err, catalog.ErrLastAdmin), errors.Is(err, catalog.ErrTaken), errors.Is(err, catalog.ErrBusy):
		return &failure{http.StatusConflict, sentence(err), ""}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return &failure{http.StatusServiceUnavailable, "This took too long.", "Ask again, or ask for less."}
	}
	return &failure{http.StatusInternalServerError, "The room could not answer.", "Its log says why."}
}

// sentence is the last cause of an error as a sentence.
func sentence(err error) string {
	for _, is := range []error{login.ErrRefused, login.ErrNoRole, login.ErrNoPasskeys, catalog.ErrNoInvite, catalog.ErrCursor, catalog.ErrNoAccount, catalog.ErrNoSuchToken, catalog.ErrNoCase,
		catalog.ErrNameTaken, catalog.ErrLastAdmin, catalog.ErrTaken, catalog.ErrBusy} {
		if errors.Is(err, is) {
			text := is.Error()
			return strings.ToUpper(text[:1]) + text[1:] + "."
		}
	}
	return ""
}
