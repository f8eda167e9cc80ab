package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chartroom/chartroom/access/keep"
	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/estate/declared"
	"github.com/chartroom/chartroom/fingerprint"
	"github.com/chartroom/chartroom/scan"
	"github.com/chartroom/chartroom/scan/survey"
	"github.com/chartroom/chartroom/web/login"
	"github.com/chartroom/chartroom/web/surveys"
)

// script is in the name of a repository and of a column, where no browser may take it for one.
const script = `<script>alert(1)</script>`

// estates are folders of files, as one who means harm could name them.
func estates(dir string) (*declared.Estate, error) {
	table := "mrn,patient_name,date_of_birth,diagnosis\n"
	for i := range 40 {
		table += strings.Join([]string{"MRN00" + string(rune('A'+i%26)) + strings.Repeat("7", 3+i%4), "Ada Example", "1980-02-" + []string{"03", "17", "21"}[i%3], "F11.20"}, ",") + "\n"
	}
	out := &declared.Estate{Custodians: []declared.Custodian{{Name: "Meridian", Kind: "acquirer"}}}
	for _, name := range []string{"archive", script[:8] + "portal"} {
		folder := filepath.Join(dir, name)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(folder, "people.csv"), []byte(table), 0o644); err != nil {
			return nil, err
		}
		out.Targets = append(out.Targets, declared.Target{Name: name, Path: folder, Custodian: "Meridian"})
	}
	return out, nil
}

// surveyed is a catalog that was surveyed once, for all tests to copy.
var surveyed = sync.OnceValues(func() (made struct {
	files    map[string][]byte // the catalog's, by what their names end with
	key      fingerprint.Key
	settings *survey.Settings
}, err error) {
	dir, err := os.MkdirTemp("", "room-")
	if err != nil {
		return made, err
	}
	est, err := estates(dir)
	if err != nil {
		return made, err
	}
	ctx := context.Background()
	c, err := catalog.Open(ctx, filepath.Join(dir, "catalog.db"))
	if err != nil {
		return made, err
	}
	made.key = fingerprint.NewKey()
	made.settings = &survey.Settings{Workers: 2, AtOnce: 1, Limits: scan.Limits{Depth: 4}, Estate: est, Path: filepath.Join(dir, "estate.yaml"), Version: "test"}
	targets := made.settings.Targets()
	if _, err := survey.Open(ctx, targets, 1); err != nil {
		return made, err
	}
	admin := audit.Caller{Name: "Ada", Role: audit.Admin}
	if _, err := (&survey.Job{Catalog: c, Who: admin, Key: made.key, Settings: made.settings, Targets: targets, Warn: func(string) {}}).Run(ctx); err != nil {
		return made, err
	}
	if err := keep.Save(ctx, c, keep.Question{Who: admin, Now: time.Now(), Version: "test"}); err != nil {
		return made, err
	}
	if err := c.Close(); err != nil {
		return made, err
	}
	made.files = map[string][]byte{}
	for _, end := range []string{"", "-wal"} {
		b, err := os.ReadFile(filepath.Join(dir, "catalog.db"+end))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return made, err
		}
		made.files[end] = b
	}
	return made, nil
})

// house is a room of its own for one test, served over HTTP.
type house struct {
	*testing.T
	room   *Room
	cat    *catalog.Catalog
	door   *login.Door
	server *httptest.Server
}

// newHouse makes one. Configure changes what the room is made of.
func newHouse(t *testing.T, configure ...func(*Config)) *house {
	t.Helper()
	made, err := surveyed()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "catalog.db")
	for end, b := range made.files {
		if err := os.WriteFile(path+end, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h := &house{T: t}
	if h.cat, err = catalog.Open(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.cat.Close() })
	if h.door, err = login.New(login.Config{Catalog: h.cat, Address: "http://localhost:8787"}); err != nil {
		t.Fatal(err)
	}
	makes := &surveys.Surveyor{Catalog: h.cat, Key: made.key, Settings: made.settings, Now: time.Now, Log: quiet()}
	cfg := Config{Catalog: h.cat, Door: h.door, Version: "test", KeyFile: path + ".key", Surveys: makes, Log: quiet()}
	for _, f := range configure {
		f(&cfg)
	}
	h.server = httptest.NewUnstartedServer(nil)
	cfg.Hosts = append(cfg.Hosts, h.server.Listener.Addr().String())
	if h.room, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	h.server.Config.Handler = h.room.Handler()
	h.server.Start()
	t.Cleanup(h.server.Close)
	return h
}

// visitor is a browser.
type visitor struct {
	*house
	client *http.Client
	token  string // sent as bearer, where it is set
	header map[string]string
}

func (h *house) visitor() *visitor {
	jar, _ := cookiejar.New(nil)
	return &visitor{house: h, client: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// password is good enough.
const password = "seven small boats at noon"

// as is a visitor who has logged in with an account of a role.
func (h *house) as(role audit.Role) *visitor {
	h.Helper()
	v := h.visitor()
	if role == audit.NoRole {
		return v
	}
	invitation, err := h.door.Invite(h.Context(), audit.Local(), role)
	if err != nil {
		h.Fatal(err)
	}
	r := v.post("/setup", url.Values{"token": {invitation}, "name": {strings.ReplaceAll(role.String(), " ", "-")}, "password": {password}})
	if r.StatusCode != http.StatusSeeOther {
		h.Fatalf("%s cannot come in: %d %s", role, r.StatusCode, r.body)
	}
	return v
}

// reply is an answer with its body.
type reply struct {
	*http.Response
	body string
}

func (v *visitor) do(method, address string, body io.Reader, kind string) *reply {
	v.Helper()
	req, err := http.NewRequestWithContext(v.Context(), method, v.server.URL+address, body)
	if err != nil {
		v.Fatal(err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if v.token != "" {
		req.Header.Set("Authorization", "Bearer "+v.token)
	}
	for name, value := range v.header {
		if name == "Host" {
			req.Host = value
		}
		req.Header.Set(name, value)
	}
	res, err := v.client.Do(req)
	if err != nil {
		v.Fatal(err)
	}
	defer res.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(res.Body); err != nil {
		v.Fatal(err)
	}
	return &reply{res, b.String()}
}

func (v *visitor) get(address string) *reply {
	v.Helper()
	return v.do(http.MethodGet, address, nil, "")
}

func (v *visitor) post(address string, form url.Values) *reply {
	v.Helper()
	return v.do(http.MethodPost, address, strings.NewReader(form.Encode()), "application/x-www-form-urlencoded")
}

// answer reads a JSON answer.
func (v *visitor) answer(address string, into any) *reply {
	v.Helper()
	r := v.get(address)
	if r.StatusCode != http.StatusOK {
		v.Fatalf("%s: %d %s", address, r.StatusCode, r.body)
	}
	if err := json.Unmarshal([]byte(r.body), into); err != nil {
		v.Fatalf("%s: %v in %.200s", address, err, r.body)
	}
	return r
}

// trail is the audit trail, the latest line last.
func (h *house) trail() []audit.Record {
	h.Helper()
	lines, err := h.cat.Audit(h.Context(), audit.Local(), time.Time{}, 0)
	if err != nil {
		h.Fatal(err)
	}
	return slices.DeleteFunc(lines, func(r audit.Record) bool { return r.Caller == audit.Local().Name && r.Action == audit.ReadAudit })
}
