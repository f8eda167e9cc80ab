// Package browser drives the web room with Debian's Chromium, page by page, as
// a person would. Its test is all that it has.
package browser

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"
)

// needs finds what the test is driven by, or skips it and says how to have it.
func needs(t *testing.T) (node, chromium, modules string) {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("there is no node: install nodejs")
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if chromium, err = exec.LookPath(name); err == nil {
			break
		}
	}
	if err != nil {
		t.Skip("there is no chromium: install it, or run make deps as root")
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skip(err)
	}
	modules = filepath.Join(cache, "chartroom", "browser")
	if _, err := os.Stat(filepath.Join(modules, "node_modules", "playwright-core")); err != nil {
		t.Skip("the packages that drive the browser are not installed: run make deps")
	}
	return node, chromium, modules
}

// A stranger goes through the whole room, and every page is held against WCAG 2.2 AA in light and in dark. Pictures stay among the
// artefacts of the test, or in the folder that CHARTROOM_SHOTS names.
func TestRoom(t *testing.T) {
	if testing.Short() {
		t.Skip("drives a browser")
	}
	node, chromium, modules := needs(t)
	dir, err := os.MkdirTemp("", "room") // names of places stand in the pictures: short ones read better
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	program := filepath.Join(dir, "chartroom")
	run(t, exec.Command("go", "build", "-o", program, "../../cmd/chartroom"))
	run(t, exec.Command(program, "demo", "--dir", filepath.Join(dir, "demo")))
	room, token := serve(t, program, dir)

	shots := os.Getenv("CHARTROOM_SHOTS")
	if shots == "" {
		shots = t.ArtifactDir()
	}
	script, err := filepath.Abs("room.mjs")
	if err != nil {
		t.Fatal(err)
	}
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	drive := exec.Command(node, script)
	drive.Env = append(os.Environ(), "BASE="+room, "TOKEN="+token, "MODULES="+modules, "CHROMIUM="+chromium, "SHOTS="+shots, "SLOW=slow", "RECIPIENT="+identity.Recipient().String())
	out, err := drive.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal("the room does not hold what it promises; the last picture is wrong.png:", err)
	}
	secret := filepath.Join(dir, "identity")
	if err := os.WriteFile(secret, []byte(identity.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, exec.Command(program, "case", "verify", filepath.Join(shots, "case.pack"), "--identity", secret))
}

// serve starts the room on a port of its own, with one target that takes its time, and gives its address and the token of the first run.
func serve(t *testing.T, program, dir string) (room, token string) {
	t.Helper()
	file := filepath.Join(dir, "estate.yaml")
	estate := fmt.Sprintf("custodians:\n  - name: Lakeside Clinics\n    kind: acquired\ntargets:\n  - name: slow\n    path: %s\n    custodian: Lakeside Clinics\n    limits: {workers: 1}\nconverters:\n  - name: slowly\n    extensions: [slow]\n    command: [sleep, \"2\"]\n", slowly(t, dir))
	if err := os.WriteFile(file, []byte(estate), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "serve", "--listen", "127.0.0.1:0", "--catalog", filepath.Join(dir, "demo", "catalog.db"), "--key", filepath.Join(dir, "demo", "key"), "-c", file)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	})
	told := make(chan [2]string, 1)
	go listen(out, told)
	select {
	case said := <-told:
		return strings.Replace(said[0], "127.0.0.1", "localhost", 1), said[1]
	case <-time.After(time.Minute):
		t.Fatal("the room did not say where it is, and with which token")
	}
	return "", ""
}

// listen waits for the address and the token, and then lets the room talk on.
func listen(out io.Reader, told chan<- [2]string) {
	address, token := regexp.MustCompile(`https?://[^\s/]+`), regexp.MustCompile(`^\s+([A-Za-z0-9_-]{40,})$`)
	var said [2]string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if a := address.FindString(lines.Text()); a != "" {
			said[0] = a
		}
		if m := token.FindStringSubmatch(lines.Text()); m != nil {
			said[1] = m[1]
		}
		if said[0] != "" && said[1] != "" {
			told <- said
			break
		}
	}
	_, _ = io.Copy(io.Discard, out)
}

// slowly makes a folder whose survey takes long enough to be cancelled: a converter that only waits is asked for each file.
func slowly(t *testing.T, dir string) string {
	t.Helper()
	folder := filepath.Join(dir, "slow")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for i := range 60 {
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("page-%03d.slow", i)), []byte{0, 1, 2, 3, byte(i)}, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func run(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(cmd.Args, " "), err, out)
	}
}
