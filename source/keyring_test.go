package source

import (
	"errors"
	"strings"
	"testing"

	"github.com/zalando/go-keyring"
)

func TestPasswordOfTheKeyring(t *testing.T) {
	keyring.MockInit()
	if err := keyring.Set("chartroom", "ehr/portal", "correct horse"); err != nil {
		t.Fatal(err)
	}
	a, err := ParseAddress("postgres://reader@ehr/portal?password_keyring=chartroom/ehr/portal&sslmode=require")
	if err != nil || a.Password != "correct horse" || !a.Named || a.RawQuery != "sslmode=require" {
		t.Errorf("%+v %v", a, err)
	}
	for entry, want := range map[string]string{"chartroom/nobody": "no entry", "chartroom": "SERVICE/ACCOUNT", "/a": "SERVICE/ACCOUNT"} {
		var te *TargetError
		if _, err := SecretKeyring(entry); !errors.As(err, &te) || !strings.Contains(te.Error(), want) || te.Hint == "" {
			t.Errorf("%s: %v", entry, err)
		}
	}
	keyring.MockInitWithError(errors.New("s3cret"))
	if _, err := SecretKeyring("chartroom/ehr"); err == nil || strings.Contains(err.Error(), "s3cret") || !strings.Contains(err.Error(), "cannot be asked") {
		t.Error(err)
	}
}
