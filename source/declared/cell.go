package declared

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
)

// yes reads yes or no, in the words of many exports. A cell with neither is a mistake; one with nothing says nothing.
func yes(cell string) (string, error) {
	switch strings.ToLower(cell) {
	case "", "-", "n/a", "unknown":
		return "", nil
	case "yes", "y", "true", "1", "on", "x":
		return "yes", nil
	case "no", "n", "false", "0", "off", "none":
		return "no", nil
	}
	return "", errors.New("yes or no belongs here")
}

// enabled reads whether an account can log in at all. An account that is locked for a while, or must renew its password, can again.
func enabled(cell string) (string, error) {
	switch strings.ToLower(strings.ReplaceAll(cell, "_", " ")) {
	case "active", "enabled", "provisioned", "locked out", "password expired", "recovery", "pending user action":
		return "yes", nil
	case "disabled", "inactive", "suspended", "deprovisioned", "staged", "deactivated", "archived", "blocked", "deleted":
		return "no", nil
	}
	v, err := yes(cell)
	if err != nil {
		err = errors.New("active or disabled belongs here")
	}
	return v, err
}

// setting reads the value of a fact: yes, no, unknown, or a word that some facts have.
func setting(cell string) (string, error) {
	switch low := strings.ToLower(cell); low {
	case "unknown", "perhaps":
		return "unknown", nil
	case "sms", "otp", "push", "fido2", "knowledge", "callback", "manager", "in_person":
		return low, nil
	case "none":
		return low, nil
	}
	v, err := yes(cell)
	if err != nil {
		err = errors.New("yes, no or unknown belongs here")
	}
	return v, err
}

// snake makes the name of a fact of a header: Fido2 only, fido2-only and fido2_only are fido2_only; "" where it is none.
func snake(header string) string {
	name := strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, header), "_")
	if len(name) > 40 || name == "" || name[0] < 'a' {
		return ""
	}
	return name
}

// not turns yes into no.
func not(v string) string {
	return map[string]string{"yes": "no", "no": "yes"}[v]
}

// admin reads whether somebody administers: yes, no, or the names of his roles. Who may only look does not.
func admin(cell string) (string, error) {
	if v, err := yes(cell); err == nil {
		return v, nil
	}
	for _, role := range list(cell) {
		if k := key(role); !strings.Contains(k, "readonly") && !strings.Contains(k, "reader") && !strings.Contains(k, "report") {
			return "yes", nil
		}
	}
	return "no", nil
}

// factors are the words for second factors, the weakest first: whoever has several can be had by the weakest.
var factors = []struct {
	kind  string
	words []string
}{
	{"sms", []string{"sms", "voice", "phone", "call", "email"}},
	{"otp", []string{"otp", "totp", "hotp", "authenticatorapp", "googleauthenticator", "software", "token", "rsa", "symantec"}},
	{"push", []string{"push", "oktaverify", "duo", "microsoftauthenticator", "passwordless"}},
	{"phishing_resistant", []string{"phishingresistant", "fido", "webauthn", "passkey", "securitykey", "smartcard", "piv", "certificate", "yubikey", "windowshello", "fastpass", "x509"}},
}

// mfa reads the kind of second factor, the weakest where there are several.
func mfa(cell string) (string, error) {
	if v, err := yes(cell); err == nil {
		return map[string]string{"yes": "enrolled", "no": "none", "": ""}[v], nil
	}
	weakest := len(factors)
	for _, word := range list(cell) {
		word = key(word)
		switch word {
		case "enrolled", "enforced", "enabled", "active", "registered":
			if weakest == len(factors) {
				return "enrolled", nil
			}
			continue
		case "password", "question", "none", "disabled", "notenrolled", "":
			continue // the first factor, or none
		}
		i := slices.IndexFunc(factors, func(f struct {
			kind  string
			words []string
		}) bool {
			return slices.ContainsFunc(f.words, func(w string) bool { return strings.Contains(word, w) })
		})
		if i < 0 {
			return "", errors.New("none, sms, otp, push or phishing_resistant belongs here")
		}
		weakest = min(weakest, strongest(word, i))
	}
	if weakest == len(factors) {
		return "none", nil
	}
	return factors[weakest].kind, nil
}

// strongest finds the last kind that a word names: a passwordless security key is a security key.
func strongest(word string, i int) int {
	for j := len(factors) - 1; j > i; j-- {
		if slices.ContainsFunc(factors[j].words, func(w string) bool { return strings.Contains(word, w) }) {
			return j
		}
	}
	return i
}

// never is what exports write where somebody has not logged in yet.
const never = "never"

// day reads a day, as 2026-03-01, with a time behind it or not, or a number of seconds, of milliseconds or of Windows.
func day(cell string) (string, error) {
	switch low := strings.ToLower(cell); {
	case low == "" || low == "-" || low == "n/a" || low == "0":
		return "", nil
	case strings.HasPrefix(low, never):
		return never, nil
	}
	if n, err := strconv.ParseInt(cell, 10, 64); err == nil && n > 0 {
		switch {
		case n == 1<<63-1:
			return never, nil // accountExpires of Active Directory
		case len(cell) == 18:
			return time.Unix(n/1e7-11644473600, 0).UTC().Format(time.DateOnly), nil
		case len(cell) == 13:
			return time.UnixMilli(n).UTC().Format(time.DateOnly), nil
		case len(cell) == 10:
			return time.Unix(n, 0).UTC().Format(time.DateOnly), nil
		}
	}
	date, _, _ := strings.Cut(strings.ReplaceAll(cell, "T", " "), " ")
	for _, form := range []string{time.DateOnly, "2006/01/02"} {
		if t, err := time.Parse(form, date); err == nil {
			return t.Format(time.DateOnly), nil
		}
	}
	us, e1 := time.Parse("1/2/2006", date)
	eu, e2 := time.Parse("2/1/2006", date)
	switch {
	case e1 == nil && (e2 != nil || us.Equal(eu)):
		return us.Format(time.DateOnly), nil
	case e2 == nil && e1 != nil:
		return eu.Format(time.DateOnly), nil
	}
	return "", errors.New("a day is written as 2026-03-01")
}

// list reads several values in one cell: behind semicolons, bars or lines, or commas where there are none of these.
func list(cell string) []string {
	by := ","
	if strings.ContainsAny(cell, ";|\n") {
		by = ";|\n"
	} else if strings.Contains(cell, "=") {
		by = "\n" // a distinguished name has commas of its own
	}
	var out []string
	for _, v := range strings.FieldsFunc(cell, func(r rune) bool { return strings.ContainsRune(by, r) }) {
		if v = strings.TrimSpace(v); v != "" {
			out = append(out, v)
		}
	}
	return out
}

// scopes reads OAuth scopes, which spaces part as well.
func scopes(cell string) []string {
	out := strings.FieldsFunc(cell, func(r rune) bool { return strings.ContainsRune(" ;|,\n\t", r) })
	slices.Sort(out)
	return slices.Compact(out)
}

// key makes one form of the many that a header has: Email Address [Required], email_address, EmailAddress.
func key(header string) string {
	if at := strings.IndexByte(header, '['); at > 0 {
		header = header[:at]
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r > 127:
			return r
		}
		return -1
	}, header)
}
