package web

import (
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/web/login"
	"github.com/chartroom/chartroom/web/page"
)

func setPassword(v *visit) error {
	err := v.room.door.Change(v.ctx(), v.who, v.req.PostFormValue("old"), v.req.PostFormValue("new"))
	var wait *login.WaitError
	switch {
	case errors.Is(err, login.ErrForm):
		return wrong("%v", err)
	case errors.Is(err, login.ErrRefused):
		return &failure{http.StatusForbidden, "This is not the password that you have now.", ""}
	case errors.As(err, &wait), err != nil:
		return err
	}
	v.setCookie(sessionCookie, "", -1, http.SameSiteStrictMode)
	return v.to("/login", "The password is changed, and you are logged out everywhere. Log in with the new one.")
}

func endElsewhere(v *visit) error {
	if err := v.room.cat.EndSessions(v.ctx(), v.who, login.Hash(v.secret)); err != nil {
		return err
	}
	return v.to("/settings", "You are logged out everywhere else.")
}

func beginRegistration(v *visit) error {
	options, secret, err := v.room.door.BeginRegistration(v.ctx(), v.account)
	if err != nil {
		return err
	}
	v.setCookie(ceremonyCookie, secret, ceremonySeconds, http.SameSiteStrictMode)
	return v.json(options)
}

// maxLabel is how many characters a label has at most that somebody gives to a passkey or a token.
const maxLabel = 80

func label(text, otherwise string) (string, error) {
	if text == "" {
		text = otherwise
	}
	if utf8.RuneCountInString(text) > maxLabel || !utf8.ValidString(text) {
		return "", wrong("a name has at most %d characters", maxLabel)
	}
	return text, nil
}

func finishRegistration(v *visit) error {
	name, err := label(v.get("name"), "passkey of "+v.now.Format(time.DateOnly))
	if err != nil {
		return err
	}
	answer, err := io.ReadAll(v.req.Body)
	if err != nil {
		return err
	}
	if err := v.room.door.FinishRegistration(v.ctx(), v.account, v.cookie(ceremonyCookie), name, answer); err != nil {
		v.room.cfg.Log.Info("a passkey was not added", "account", v.who.Name, "error", err)
		return wrong("this passkey could not be added; begin again")
	}
	v.setCookie(ceremonyCookie, "", -1, http.SameSiteStrictMode)
	return v.json(map[string]string{"to": "/settings"})
}

func removePasskey(v *visit) error {
	id, err := hex.DecodeString(v.form("id"))
	if err != nil {
		return wrong("this is no passkey")
	}
	if v.account.Passkeys == 1 && !v.account.Password && v.account.Subject == "" {
		return wrong("this is the only way in that you have; set a password first")
	}
	if err := v.room.cat.RemovePasskey(v.ctx(), v.who, id); err != nil {
		return err
	}
	return v.to("/settings", "The passkey is removed.")
}

// mostDays is how long a token lasts at most.
const mostDays = 365

func addToken(v *visit) error {
	role, err := audit.ParseRole(v.form("role"))
	if err != nil {
		return wrong("%v", err)
	}
	days, err := strconv.Atoi(v.form("days"))
	if err != nil || days < 1 || days > mostDays {
		return wrong("a token lasts for 1 to %d days", mostDays)
	}
	name, err := label(v.form("name"), "token of "+v.now.Format(time.DateOnly))
	if err != nil {
		return err
	}
	secret, hash := login.Secret()
	if err := v.room.cat.AddToken(v.ctx(), v.who, hash, catalog.Token{Name: name, Role: role, Ends: v.now.AddDate(0, 0, days)}); err != nil {
		return err
	}
	return settings(v, page.Settings{NewToken: secret}, page.View{})
}

func revokeToken(v *visit) error {
	id, err := strconv.ParseInt(v.form("id"), 10, 64)
	if err != nil {
		return wrong("this is no token")
	}
	if err := v.room.cat.RevokeToken(v.ctx(), v.who, id); err != nil {
		return err
	}
	return v.to("/settings", "The token is revoked.")
}

func invite(v *visit) error {
	role, err := audit.ParseRole(v.form("role"))
	if err != nil {
		return wrong("%v", err)
	}
	secret, err := v.room.door.Invite(v.ctx(), v.who, role)
	if err != nil {
		return err
	}
	return settings(v, page.Settings{Invite: secret}, page.View{})
}

func setRole(v *visit) error {
	role, err := audit.ParseRole(v.form("role"))
	if err != nil {
		return wrong("%v", err)
	}
	if err := v.room.cat.SetRole(v.ctx(), v.who, v.form("account"), role); err != nil {
		return err
	}
	return v.to("/settings", "The role is changed.")
}

func disable(v *visit, disabled bool) error {
	if err := v.room.cat.SetDisabled(v.ctx(), v.who, v.form("account"), disabled); err != nil {
		return err
	}
	return v.to("/settings", map[bool]string{true: "The account is disabled, and its sessions have ended.", false: "The account may log in again."}[disabled])
}
