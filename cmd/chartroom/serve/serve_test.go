package serve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/estate/declared"
	"github.com/chartroom/chartroom/fingerprint"
	"github.com/chartroom/chartroom/scan"
	"github.com/chartroom/chartroom/scan/survey"
	"github.com/chartroom/chartroom/web/listen"
)

// output is written by one goroutine and read by another.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write keeps it.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

// wait waits until something that fits was written.
func (o *output) wait(t *testing.T, what string) []string {
	t.Helper()
	re := regexp.MustCompile(what)
	for range 600 {
		o.mu.Lock()
		got := re.FindStringSubmatch(o.b.String())
		o.mu.Unlock()
		if got != nil {
			return got
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("nothing like %q was written: %s", what, o.b.String())
	return nil
}

func newProgram(out io.Writer) *Program {
	return &Program{Err: out, Usage: func(format string, args ...any) error { return fmt.Errorf("usage: "+format, args...) },
		Hint: func(err error, _ string, _ ...any) error { return err }}
}

// newHouse is a catalog of a folder with one table.
func newHouse(t *testing.T) *House {
	t.Helper()
	dir := t.TempDir()
	folder := filepath.Join(dir, "files")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "a.csv"), []byte("mrn,patient_name,date_of_birth\nMRN001,Ada Example,1980-02-03\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(dir, "key")
	if _, err := fingerprint.CreateKey(key); err != nil {
		t.Fatal(err)
	}
	c, err := catalog.Open(t.Context(), filepath.Join(dir, "catalog.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	e := &declared.Estate{Targets: []declared.Target{{Name: "files", Path: folder, Custodian: "Meridian", Schedule: "daily"}}}
	return &House{Catalog: c, Key: key, Settings: &survey.Settings{Workers: 1, AtOnce: 1, Limits: scan.Limits{Depth: 4}, Estate: e, Path: filepath.Join(dir, "estate.yaml"), Version: "test"}}
}

// TestARoomFromTheFirstTokenToTheLastAnswer: it opens, lets the first one in by the token of the terminal, surveys by its schedule, answers, and
// ends when it is told to.
func TestARoomFromTheFirstTokenToTheLastAnswer(t *testing.T) {
	out := &output{}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	h := newHouse(t)
	go func() { ended <- newProgram(out).Serve(ctx, h, Config{Listen: "127.0.0.1:0"}) }()
	address := out.wait(t, `the web room is at (http://localhost:\d+)`)[1]
	token := out.wait(t, `(?m)^  ([\w-]{43})$`)[1]
	jar, _ := cookiejar.New(nil)
	client := &http.Client{Jar: jar}
	res, err := client.PostForm(address+"/setup", url.Values{"token": {token}, "name": {"ada"}, "password": {"seven small boats at noon"}})
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatal(res, err)
	}
	res.Body.Close()
	for range 200 { // until the scheduled survey is in
		if at, err := h.Catalog.Surveyed(t.Context(), "files"); err == nil && !at.IsZero() {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	res, err = client.Get(address + "/api/v1/where")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	res.Body.Close()
	if !strings.Contains(string(body), "files") {
		t.Errorf("%d %s", res.StatusCode, body)
	}
	res, err = client.Post(address+"/api/v1/claims?name=a.csv", "", strings.NewReader("mrn,patient_name,date_of_birth\nMRN001,Ada Example,1980-02-03\n"))
	if err != nil {
		t.Fatal(err)
	}
	body, _ = io.ReadAll(res.Body)
	res.Body.Close()
	if res.StatusCode != http.StatusOK || !strings.Contains(string(body), `"verdict"`) || strings.Contains(string(body), "Ada Example") {
		t.Errorf("a sample: %d %s", res.StatusCode, body)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if text := out.b.String(); strings.Contains(text, "?token") || strings.Contains(text, token+"/") || strings.Count(text, token) != 1 {
		t.Errorf("the token is written more than once: %s", text)
	}
}

func TestItDoesNotListenWhereItMustNot(t *testing.T) {
	h := newHouse(t)
	p := newProgram(io.Discard)
	if err := p.Serve(t.Context(), h, Config{Listen: "0.0.0.0:0"}); !errors.Is(err, listen.ErrExposed) {
		t.Errorf("without TLS: %v", err)
	}
	for name, c := range map[string]Config{"half a certificate": {Cert: "x"}, "no certificate": {Cert: "x", Key: "y"}, "no address": {Listen: "127.0.0.1:0", Address: "chartroom"}} {
		if err := p.Serve(t.Context(), h, c); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	for name, c := range map[string]Config{"quiet hours": {Quiet: "always"}, "a webhook": {Alerts: Alerts{Webhook: &Webhook{URL: "http://hooks.example"}}}, "mail": {Alerts: Alerts{Mail: &Mail{Server: "x"}}},
		"a provider": {Provider: &Provider{Issuer: "http://login.example"}}, "a role": {Provider: &Provider{Issuer: "https://login.example", Client: "x", RoleClaim: "r", Roles: map[string]string{"a": "king"}}},
		"a secret": {Alerts: Alerts{Webhook: &Webhook{URL: "https://hooks.example", Secret: declared.Secret{Env: "CHARTROOM_NO_SUCH_VARIABLE"}}}}} {
		h.Config = c
		if err := p.Serve(t.Context(), h, Config{Listen: "127.0.0.1:0"}); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func TestTheDemoHasSomebodyWhoCanLogIn(t *testing.T) {
	out := &output{}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	h := newHouse(t)
	h.Demo = true
	go func() { ended <- newProgram(out).Serve(ctx, h, Config{Listen: "127.0.0.1:0"}) }()
	password := out.wait(t, `log in as demo with the password (\S+)`)[1]
	a, hash, err := h.Catalog.AccountNamed(t.Context(), "demo")
	if err != nil || a.Role != audit.Admin || strings.Contains(hash, password) {
		t.Errorf("%+v, %v", a, err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
