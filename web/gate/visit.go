package gate

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
	"github.com/chartroom/chartroom/web/login"
	"github.com/chartroom/chartroom/web/page"
)

// Visit is one request on its way through a handler.
type Visit struct {
	W       http.ResponseWriter
	Req     *http.Request
	Query   url.Values // of the address
	Who     audit.Caller
	Account *catalog.Account // of a session; nil with a token
	Secret  string           // of the session; "" = there is none
	Now     time.Time

	gate  *Gate
	route *Route
}

// Ctx ends with the request.
func (v *Visit) Ctx() context.Context { return v.Req.Context() }

// Get gives a value of the address.
func (v *Visit) Get(name string) string { return v.Query.Get(name) }

// Form gives a value of the form that was sent.
func (v *Visit) Form(name string) string { return strings.TrimSpace(v.Req.PostFormValue(name)) }

// Failure is what a visitor is told when it did not go well: a code of HTTP, what is wrong, and what to do.
type Failure struct {
	Code    int
	Message string
	Hint    string
}

// Error gives what is wrong.
func (f *Failure) Error() string { return f.Message }

// Fail makes one.
func Fail(code int, message, hint string) error { return &Failure{code, message, hint} }

// Wrong says what of a request does not fit.
func Wrong(format string, args ...any) error {
	return &Failure{http.StatusBadRequest, fmt.Sprintf(format, args...), ""}
}

// Number reads a number of the address within bounds; what is not given is the default.
func (v *Visit) Number(name string, def, least, most int) (int, error) {
	text := v.Get(name)
	if text == "" {
		return def, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, Wrong("%s is a number from %d to %d", name, least, most)
	}
	return n, nil
}

// Yes reads a switch of the address.
func (v *Visit) Yes(name string) bool {
	switch v.Get(name) {
	case "1", "true", "yes", "on":
		return true
	}
	return false
}

// Moment reads a time of the address: RFC 3339, a day, or how long ago (24h, 7d); zero where none is given.
func (v *Visit) Moment(name string) (time.Time, error) {
	text := v.Get(name)
	if text == "" {
		return time.Time{}, nil
	}
	if days, is := strings.CutSuffix(text, "d"); is {
		if n, err := strconv.Atoi(days); err == nil && n >= 0 && n < 100_000 {
			return v.Now.AddDate(0, 0, -n), nil
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return v.Now.Add(-d), nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, Wrong("%s is a time: 2026-03-01, 2026-03-01T10:00:00Z, or how long ago: 24h, 7d", name)
}

// JSON answers with a struct.
func (v *Visit) JSON(answer any) error { return v.JSONCode(http.StatusOK, answer) }

// JSONCode answers with a struct, and a code of HTTP.
func (v *Visit) JSONCode(code int, answer any) error {
	b, err := json.MarshalIndent(answer, "", " ")
	if err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	v.W.Header().Set("Content-Type", "application/json")
	v.W.WriteHeader(code)
	_, _ = v.W.Write(append(b, '\n')) // who no longer listens is told nothing
	return nil
}

// Page answers with a page.
func (v *Visit) Page(name, title string, data any) error {
	return v.PageWith(http.StatusOK, name, page.View{Title: title, Data: data})
}

// PageWith answers with a page that says what just happened.
func (v *Visit) PageWith(code int, name string, view page.View) error {
	view.Path, view.Now, view.User = v.Req.URL.Path, v.Now, v.user()
	if view.Flash == "" {
		view.Flash = v.takeFlash()
	}
	var b bytes.Buffer
	if err := v.gate.Pages.Render(&b, name, view); err != nil {
		return err
	}
	v.W.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.W.WriteHeader(code)
	_, _ = v.W.Write(b.Bytes())
	return nil
}

// user is who looks, as pages see him.
func (v *Visit) user() *page.User {
	if v.Who.Name == "" {
		return nil
	}
	u := &page.User{Name: v.Who.Name, Role: v.Who.Role.String(), Can: map[string]bool{}}
	for _, a := range audit.Actions() {
		if v.Who.Permit(a) == nil {
			u.Can[string(a)] = true
		}
	}
	return u
}

// To sends the browser to a page of the room, with a sentence that it shows once.
func (v *Visit) To(address, flash string) error {
	if flash != "" {
		words := []rune(flash)
		v.SetCookie(flashCookie, url.QueryEscape(string(words[:min(len(words), maxFlash)])), 60, http.SameSiteStrictMode)
	}
	http.Redirect(v.W, v.Req, address, http.StatusSeeOther)
	return nil
}

// maxFlash is how many characters of a sentence are shown: browsers keep 4 KiB of a cookie, and each may take twelve bytes there.
const maxFlash = 300

// Inside gives an address if it is one of this room, else the map.
func Inside(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(address, "/") || strings.HasPrefix(address, "//") || strings.ContainsAny(address, "\\\r\n\t") {
		return "/"
	}
	return address
}

// The cookies.
const (
	SessionCookie  = "chartroom"
	flashCookie    = "chartroom-flash"
	CeremonyCookie = "chartroom-ceremony"
)

// cookieName bears the prefix that binds a cookie to this host and to TLS (RFC 6265bis section 4.1.3.2).
func (g *Gate) cookieName(name string) string {
	if g.TLS {
		return "__Host-" + name
	}
	return name
}

// SetCookie sets a cookie for so many seconds; below 0 it goes, 0 lasts as long as the browser.
func (v *Visit) SetCookie(name, value string, seconds int, site http.SameSite) {
	http.SetCookie(v.W, &http.Cookie{Name: v.gate.cookieName(name), Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, Secure: v.gate.TLS, SameSite: site})
}

// Cookie gives the value of a cookie; "" where there is none.
func (v *Visit) Cookie(name string) string {
	c, err := v.Req.Cookie(v.gate.cookieName(name))
	if err != nil {
		return ""
	}
	return c.Value
}

// takeFlash gives the sentence that the last answer left, once.
func (v *Visit) takeFlash() string {
	text, err := url.QueryUnescape(v.Cookie(flashCookie))
	if err != nil || text == "" {
		return ""
	}
	v.SetCookie(flashCookie, "", -1, http.SameSiteStrictMode)
	return text
}

// failed tells the visitor what went wrong. What is the room's own fault is logged, and not told.
func (v *Visit) failed(err error) {
	f := Told(err)
	if f.Code >= 500 {
		v.gate.Log.Error("a request failed", "method", v.Req.Method, "path", v.Req.URL.Path, "error", err)
	}
	var wait *login.WaitError
	if errors.As(err, &wait) {
		v.W.Header().Set("Retry-After", strconv.Itoa(int(wait.For.Seconds())+1))
	}
	if f.Code == http.StatusUnauthorized {
		v.W.Header().Set("WWW-Authenticate", `Bearer realm="chartroom"`)
	}
	if v.route.Page == "" {
		err = v.JSONCode(f.Code, map[string]string{"error": f.Message, "hint": f.Hint})
	} else {
		err = v.PageWith(f.Code, page.NameError, page.View{Title: http.StatusText(f.Code), Data: page.Error{Code: f.Code, Message: f.Message, Hint: f.Hint}})
	}
	if err != nil {
		v.gate.Log.Error("an error could not be shown", "error", err)
	}
}

// Told turns an error into what a visitor is told.
func Told(err error) *Failure {
	var f *Failure
	var wait *login.WaitError
	var large *http.MaxBytesError
	var gone *catalog.RemovedError
	switch {
	case errors.As(err, &f):
		return f
	case errors.Is(err, audit.ErrNobody):
		return &Failure{http.StatusUnauthorized, "Nobody is logged in.", "Log in, or send a token: Authorization: Bearer ..."}
	case errors.Is(err, audit.ErrDenied):
		return &Failure{http.StatusForbidden, "Your role does not include this.", "An admin of the room can give you another one."}
	case errors.As(err, &wait):
		return &Failure{http.StatusTooManyRequests, wait.Error(), ""}
	case errors.As(err, &large):
		return &Failure{http.StatusRequestEntityTooLarge, "What was sent is too large.", ""}
	case errors.Is(err, login.ErrForm):
		return &Failure{http.StatusBadRequest, err.Error(), ""}
	case errors.Is(err, login.ErrRefused), errors.Is(err, login.ErrNoRole), errors.Is(err, catalog.ErrNoInvite):
		return &Failure{http.StatusForbidden, sentence(err), ""}
	case errors.Is(err, catalog.ErrCursor), errors.Is(err, login.ErrNoPasskeys):
		return &Failure{http.StatusBadRequest, sentence(err), ""}
	case errors.As(err, &gone):
		return &Failure{http.StatusBadRequest, strings.ToUpper(gone.Error()[:1]) + gone.Error()[1:] + ".", "Ask of a later time."}
	case errors.Is(err, catalog.ErrNoAccount), errors.Is(err, catalog.ErrNoSuchToken), errors.Is(err, catalog.ErrNoCase):
		return &Failure{http.StatusNotFound, sentence(err), ""}
	case errors.Is(err, catalog.ErrNameTaken), errors.Is(err, catalog.ErrLastAdmin), errors.Is(err, catalog.ErrTaken), errors.Is(err, catalog.ErrBusy):
		return &Failure{http.StatusConflict, sentence(err), ""}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return &Failure{http.StatusServiceUnavailable, "This took too long.", "Ask again, or ask for less."}
	}
	return &Failure{http.StatusInternalServerError, "The room could not answer.", "Its log says why."}
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
