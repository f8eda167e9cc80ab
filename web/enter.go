package web

import (
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/web/gate"
	"github.com/chartroom/chartroom/web/login"
	"github.com/chartroom/chartroom/web/page"
)

// doors are the ways in and out.
func (r *Room) doors() []route {
	return []route{
		{method: http.MethodGet, pattern: "/login", page: page.NameLogin, serve: showLogin},
		{method: http.MethodPost, pattern: "/login", page: page.NameLogin, serve: enterByPassword},
		{method: http.MethodPost, pattern: "/login/passkey/begin", serve: beginPasskey},
		{method: http.MethodPost, pattern: "/login/passkey/finish", serve: finishPasskey},
		{method: http.MethodGet, pattern: "/login/oidc", page: page.NameLogin, serve: beginProvider},
		{method: http.MethodGet, pattern: "/login/oidc/back", page: page.NameLogin, serve: finishProvider},
		{method: http.MethodPost, pattern: "/logout", page: page.NameLogin, serve: leave},
		{method: http.MethodGet, pattern: "/setup", page: page.NameSetup, serve: showSetup},
		{method: http.MethodPost, pattern: "/setup", page: page.NameSetup, serve: setUp},
	}
}

// enter begins a session in the browser. What it had before ends.
func (v *visit) begin(secret string) error {
	if v.Secret != "" {
		if err := v.room.door.End(v.Ctx(), v.Secret); err != nil {
			return err
		}
	}
	v.SetCookie(gate.SessionCookie, secret, 0, http.SameSiteStrictMode)
	return nil
}

func showLogin(v *visit) error {
	if v.Account != nil {
		return v.To(gate.Inside(v.Get("next")), "")
	}
	n, _, err := v.room.cat.Invited(v.Ctx(), nil)
	if err != nil {
		return err
	}
	if n == 0 && v.room.door.ProviderName() == "" {
		return v.To("/setup", "")
	}
	return v.Page(page.NameLogin, "Log in", page.Login{Next: gate.Inside(v.Get("next")), OIDC: v.room.door.ProviderName()})
}

func enterByPassword(v *visit) error {
	name, next := v.Form("name"), gate.Inside(v.Form("next"))
	secret, err := v.room.door.Password(v.Ctx(), name, v.Req.PostFormValue("password"), gate.Address(v.Req))
	var wait *login.WaitError
	if errors.Is(err, login.ErrRefused) || errors.As(err, &wait) {
		data := page.Login{Next: next, Name: name, OIDC: v.room.door.ProviderName()}
		f := gate.Told(err)
		if wait != nil {
			data.Waiting = wait.For
			v.W.Header().Set("Retry-After", fmt.Sprint(int(wait.For/time.Second)+1))
		}
		return v.PageWith(f.Code, page.NameLogin, page.View{Title: "Log in", Wrong: f.Message, Data: data})
	}
	if err == nil {
		err = v.begin(secret)
	}
	if err != nil {
		return err
	}
	return v.To(next, "")
}

// ceremonySeconds is how long the cookie of a ceremony lasts.
const ceremonySeconds = int(login.CeremonyLasts / time.Second)

func beginPasskey(v *visit) error {
	options, secret, err := v.room.door.BeginPasskey(v.Ctx())
	if err != nil {
		return err
	}
	v.SetCookie(gate.CeremonyCookie, secret, ceremonySeconds, http.SameSiteStrictMode)
	return v.JSON(options)
}

func finishPasskey(v *visit) error {
	answer, err := io.ReadAll(v.Req.Body)
	if err != nil {
		return err
	}
	secret, err := v.room.door.FinishPasskey(v.Ctx(), v.Cookie(gate.CeremonyCookie), answer, gate.Address(v.Req))
	if err == nil {
		err = v.begin(secret)
	}
	if err != nil {
		return err
	}
	v.SetCookie(gate.CeremonyCookie, "", -1, http.SameSiteStrictMode)
	return v.JSON(map[string]string{"to": gate.Inside(v.Get("next"))})
}

// beginProvider sends the browser to the identity provider. The cookie must come back from there, from another site: it is Lax, and worth
// nothing but to end what this browser began.
func beginProvider(v *visit) error {
	to, secret, err := v.room.door.BeginProvider(v.Ctx(), gate.Inside(v.Get("next")))
	if err != nil {
		return gate.Fail(http.StatusBadGateway, "The identity provider does not answer.", "Log in otherwise, or try again.")
	}
	v.SetCookie(gate.CeremonyCookie, secret, ceremonySeconds, http.SameSiteLaxMode)
	http.Redirect(v.W, v.Req, to, http.StatusSeeOther)
	return nil
}

// finishProvider lets in who comes back. The session's cookie is for this site alone, and a browser that another site has sent here would not
// show it at a redirect: so it is a page that leads on.
func finishProvider(v *visit) error {
	secret, next, err := v.room.door.FinishProvider(v.Ctx(), v.Cookie(gate.CeremonyCookie), v.Query, gate.Address(v.Req))
	v.SetCookie(gate.CeremonyCookie, "", -1, http.SameSiteLaxMode)
	if err == nil {
		err = v.begin(secret)
	}
	if err != nil {
		return err
	}
	v.W.Header().Set("Content-Type", "text/html; charset=utf-8")
	to := html.EscapeString(gate.Inside(next))
	fmt.Fprintf(v.W, `<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=%s"><title>Chartroom</title><p>You are in: <a href="%s">go on</a>.</p></html>`, to, to)
	return nil
}

func leave(v *visit) error {
	if v.Secret != "" {
		if err := v.room.door.End(v.Ctx(), v.Secret); err != nil {
			return err
		}
	}
	v.SetCookie(gate.SessionCookie, "", -1, http.SameSiteStrictMode)
	return v.To("/login", "You are logged out.")
}

func showSetup(v *visit) error {
	n, _, err := v.room.cat.Invited(v.Ctx(), nil)
	if err != nil {
		return err
	}
	return v.Page(page.NameSetup, "Make a login", page.Setup{Invited: n > 0})
}

func setUp(v *visit) error {
	secret, err := v.room.door.Accept(v.Ctx(), v.Form("token"), v.Form("name"), v.Req.PostFormValue("password"), gate.Address(v.Req))
	if err == nil {
		err = v.begin(secret)
	}
	if err == nil {
		return v.To("/", "Welcome.")
	}
	f := gate.Told(err)
	if f.Code >= http.StatusInternalServerError {
		if !errors.Is(err, login.ErrForm) {
			return err
		}
		f = &gate.Failure{Code: http.StatusBadRequest, Message: err.Error()}
	}
	n, _, countErr := v.room.cat.Invited(v.Ctx(), nil)
	if countErr != nil {
		return countErr
	}
	return v.PageWith(f.Code, page.NameSetup, page.View{Title: "Make a login", Wrong: f.Message, Data: page.Setup{Invited: n > 0}})
}

// ownRoutes are one's own account, and everybody's for those who keep them.
func (r *Room) ownRoutes() []route {
	post := func(pattern string, action audit.Action, serve func(*visit) error) route {
		return route{method: http.MethodPost, pattern: pattern, action: action, page: page.NameSettings, serve: serve, own: true}
	}
	routes := []route{
		{method: http.MethodGet, pattern: "/settings", action: audit.OwnAccount, page: page.NameSettings, serve: showSettings, own: true},
		post("/settings/password", audit.OwnAccount, setPassword),
		post("/settings/elsewhere", audit.OwnAccount, endElsewhere),
		post("/settings/passkey/remove", audit.OwnAccount, removePasskey),
		post("/settings/token", audit.OwnAccount, addToken),
		post("/settings/revoke", audit.OwnAccount, revokeToken),
		post("/settings/invite", audit.KeepAccounts, invite),
		post("/settings/role", audit.KeepAccounts, setRole),
		post("/settings/disable", audit.KeepAccounts, func(v *visit) error { return disable(v, true) }),
		post("/settings/enable", audit.KeepAccounts, func(v *visit) error { return disable(v, false) }),
		post("/settings/passkey/begin", audit.OwnAccount, beginRegistration),
		post("/settings/passkey/finish", audit.OwnAccount, finishRegistration),
	}
	for i := len(routes) - 2; i < len(routes); i++ {
		routes[i].page = "" // scripts ask them
	}
	return routes
}

func showSettings(v *visit) error { return settings(v, page.Settings{}, page.View{}) }

// settings draws the page of settings, with what is shown once.
func settings(v *visit, data page.Settings, view page.View) error {
	for role := audit.Viewer; role <= audit.Admin; role++ {
		data.Roles = append(data.Roles, role.String())
	}
	data.OIDC = v.room.door.ProviderName() != ""
	tokens, err := v.room.cat.Tokens(v.Ctx(), v.Who)
	if err != nil {
		return err
	}
	for _, t := range tokens {
		data.Tokens = append(data.Tokens, page.Token{ID: fmt.Sprint(t.ID), Name: t.Name, Owner: t.Account, Role: t.Role.String(), Expires: t.Ends, Last: t.Used})
	}
	keys, err := v.room.cat.Passkeys(v.Ctx(), v.Account.ID)
	if err != nil {
		return err
	}
	for _, k := range keys {
		data.Passkeys = append(data.Passkeys, page.Passkey{ID: fmt.Sprintf("%x", k.ID), Name: k.Name, Added: k.Made})
	}
	if v.Who.Permit(audit.KeepAccounts) == nil {
		accounts, err := v.room.cat.Accounts(v.Ctx(), v.Who)
		if err != nil {
			return err
		}
		for i := range accounts {
			data.Accounts = append(data.Accounts, shownAccount(&accounts[i]))
		}
	}
	view.Title, view.Data = "Settings", data
	return v.PageWith(http.StatusOK, page.NameSettings, view)
}

func shownAccount(a *catalog.Account) page.Account {
	out := page.Account{Name: a.Name, Role: a.Role.String(), Disabled: a.Disabled, Last: a.Entered, Sessions: a.Sessions}
	for _, way := range []struct {
		has  bool
		name string
	}{{a.Subject != "", "identity provider"}, {a.Passkeys > 0, "passkey"}, {a.Password, "password"}} {
		if way.has && out.Login != "" {
			out.Login += ", "
		}
		if way.has {
			out.Login += way.name
		}
	}
	return out
}
