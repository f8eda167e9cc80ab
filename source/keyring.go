package source

import (
	"errors"
	"strings"
	"time"

	"github.com/zalando/go-keyring"
)

// keyringTime is how long the keyring is waited for: a locked one asks its user, who may not be there.
const keyringTime = 30 * time.Second

// SecretKeyring reads a secret from the system's keyring (the Secret Service of Linux desktops, the keychain of macOS, the credential
// manager of Windows), where it stands as SERVICE/ACCOUNT. Its errors are TargetErrors that name the entry, and never what is in it.
func SecretKeyring(entry string) (string, error) {
	service, account, ok := strings.Cut(entry, "/")
	if !ok || service == "" || account == "" {
		return "", wrong("an entry of the keyring is named as SERVICE/ACCOUNT", "for instance password_keyring=chartroom/ehr")
	}
	type answer struct {
		secret string
		err    error
	}
	told := make(chan answer, 1)
	go func() {
		secret, err := keyring.Get(service, account)
		told <- answer{secret, err}
	}()
	select {
	case a := <-told:
		switch {
		case errors.Is(a.err, keyring.ErrNotFound):
			return "", wrong("the keyring has no entry "+entry, "on Linux, secret-tool store --label=Chartroom service "+service+" username "+account+" makes it; on macOS, "+
				"security add-generic-password -s "+service+" -a "+account+" -w")
		case a.err != nil:
			return "", &TargetError{Err: errors.New("the system's keyring cannot be asked for " + entry),
				Hint: "it wants somebody who is logged in with it unlocked; for services, ?password_file=PATH or ?password_env=NAME hold a password as well"}
		case a.secret == "" || len(a.secret) > maxSecret:
			return "", wrong("the entry "+entry+" of the keyring holds no password", "write it anew")
		}
		return a.secret, nil
	case <-time.After(keyringTime):
		return "", &TargetError{Err: errors.New("the system's keyring did not answer for " + entry), Hint: "unlock it, and run the command again"}
	}
}
