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
	"github.com/chartroom/chartroom/web/gate"
	"github.com/chartroom/chartroom/web/login"
	"github.com/chartroom/chartroom/web/page"
)

func setPassword(v *visit) error {
	err := v.room.door.Change(v.Ctx(), v.Who, v.Req.PostFormValue("old"), v.Req.PostFormValue("new"))
	var wait *login.WaitError
	switch {
	case errors.Is(err, login.ErrForm):
		return gate.Wrong("%v", err)
	case errors.Is(err, login.ErrRefused):
		return gate.Fail(http.StatusForbidden, "This is not the password that you have now.", "")
	case errors.As(err, &wait), err != nil:
		return err
	}
	v.SetCookie(gate.SessionCookie, "", -1, http.SameSiteStrictMode)
	return v.To("/login", "The password is changed, and you are logged out everywhere. Log in with the new one.")
}

func endElsewhere(v *visit) error {
	if err := v.room.cat.EndSessions(v.Ctx(), v.Who, login.Hash(v.Secret)); err != nil {
		return err
	}
	return v.To("/settings", "You are logged out everywhere else.")
}

func beginRegistration(v *visit) error {
	options, secret, err := v.room.door.BeginRegistration(v.Ctx(), v.Account)
	if err != nil {
		return err
	}
	v.SetCookie(gate.CeremonyCookie, secret, ceremonySeconds, http.SameSiteStrictMode)
	return v.JSON(options)
}

// maxLabel is how many characters a label has at most that somebody gives to a passkey or a token.
const maxLabel = 80

func label(text, otherwise string) (string, error) {
	if text == "" {
		text = otherwise
	}
	if utf8.RuneCountInString(text) > maxLabel || !utf8.ValidString(text) {
		return "", gate.Wrong("a name has at most %d characters", maxLabel)
	}
	return text, nil
}

func finishRegistration(v *visit) error {
	name, err := label(v.Get("name"), "passkey of "+v.Now.Format(time.DateOnly))
	if err != nil {
		return err
	}
	answer, err := io.ReadAll(v.Req.Body)
	if err != nil {
		return err
	}
	if err := v.room.door.FinishRegistration(v.Ctx(), v.Account, v.Cookie(gate.CeremonyCookie), name, answer); err != nil {
		v.room.cfg.Log.Info("a passkey was not added", "account", v.Who.Name, "error", err)
		return gate.Wrong("this passkey could not be added; begin again")
	}
	v.SetCookie(gate.CeremonyCookie, "", -1, http.SameSiteStrictMode)
	return v.JSON(map[string]string{"to": "/settings"})
}

func removePasskey(v *visit) error {
	id, err := hex.DecodeString(v.Form("id"))
	if err != nil {
		return gate.Wrong("this is no passkey")
	}
	if v.Account.Passkeys == 1 && !v.Account.Password && v.Account.Subject == "" {
		return gate.Wrong("this is the only way in that you have; set a password first")
	}
	if err := v.room.cat.RemovePasskey(v.Ctx(), v.Who, id); err != nil {
		return err
	}
	return v.To("/settings", "The passkey is removed.")
}

// mostDays is how long a token lasts at most.
const mostDays = 365

func addToken(v *visit) error {
	role, err := audit.ParseRole(v.Form("role"))
	if err != nil {
		return gate.Wrong("%v", err)
	}
	days, err := strconv.Atoi(v.Form("days"))
	if err != nil || days < 1 || days > mostDays {
		return gate.Wrong("a token lasts for 1 to %d days", mostDays)
	}
	name, err := label(v.Form("name"), "token of "+v.Now.Format(time.DateOnly))
	if err != nil {
		return err
	}
	secret, hash := login.Secret()
	if err := v.room.cat.AddToken(v.Ctx(), v.Who, hash, catalog.Token{Name: name, Role: role, Ends: v.Now.AddDate(0, 0, days)}); err != nil {
		return err
	}
	return settings(v, page.Settings{NewToken: secret}, page.View{})
}

func revokeToken(v *visit) error {
	id, err := strconv.ParseInt(v.Form("id"), 10, 64)
	if err != nil {
		return gate.Wrong("this is no token")
	}
	if err := v.room.cat.RevokeToken(v.Ctx(), v.Who, id); err != nil {
		return err
	}
	return v.To("/settings", "The token is revoked.")
}

func invite(v *visit) error {
	role, err := audit.ParseRole(v.Form("role"))
	if err != nil {
		return gate.Wrong("%v", err)
	}
	secret, err := v.room.door.Invite(v.Ctx(), v.Who, role)
	if err != nil {
		return err
	}
	return settings(v, page.Settings{Invite: secret}, page.View{})
}

func setRole(v *visit) error {
	role, err := audit.ParseRole(v.Form("role"))
	if err != nil {
		return gate.Wrong("%v", err)
	}
	if err := v.room.cat.SetRole(v.Ctx(), v.Who, v.Form("account"), role); err != nil {
		return err
	}
	return v.To("/settings", "The role is changed.")
}

func disable(v *visit, disabled bool) error {
	if err := v.room.cat.SetDisabled(v.Ctx(), v.Who, v.Form("account"), disabled); err != nil {
		return err
	}
	return v.To("/settings", map[bool]string{true: "The account is disabled, and its sessions have ended.", false: "The account may log in again."}[disabled])
}
