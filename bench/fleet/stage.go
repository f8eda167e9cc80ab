package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/chartroom/chartroom/bench/inventory"
)

// stage is where everything runs: nodes and workers, and the links between them.
type stage struct {
	dir, program string
	net          *network
	nodes        []*process
	workers      []*process

	healing sync.WaitGroup // faults that are not over
}

// The players.
const (
	mostNodes   = 3
	mostWorkers = 4
)

func newStage(dir, program string, spaces bool) *stage {
	program, err := filepath.Abs(program)
	if err != nil {
		panic(err) // the working directory is gone
	}
	return &stage{dir: dir, program: program, net: newNetwork(spaces)}
}

func (s *stage) path(name string) string { return filepath.Join(s.dir, name) }

// chartroom runs the program to its end, with the stage's configuration and key.
func (s *stage) chartroom(args ...string) ([]byte, error) {
	return exec.Command(s.program, append(args, "-c", s.path("estate.yaml"), "--key", s.path("key"))...).CombinedOutput()
}

func (s *stage) inventory(db string) ([]any, error) {
	return inventory.Of(s.program, "--catalog", db, "--key", s.path("key"))
}

// configure writes the files of hub, nodes and workers.
func (s *stage) configure() error {
	var servers, hosts, routes []string
	for i := range mostNodes {
		at, err := s.net.host(fmt.Sprintf("node%d", i))
		if err != nil {
			return err
		}
		hosts = append(hosts, at.address)
		servers = append(servers, fmt.Sprintf("tls://%s:%d", at.address, at.port))
		routes = append(routes, fmt.Sprintf("%s:%d", at.address, at.port+1))
	}
	list := func(l []string) string { return `["` + strings.Join(l, `", "`) + `"]` }
	text := fmt.Sprintf(`targets:
  - {name: main, path: %s}
  - {name: east, path: %s, enclave: east}
fleet: {nats: %s, tls_ca: %s, replicas: 3, enclaves: [east], large: 1MiB}
`, s.path("main"), s.path("east"), list(servers), s.path("node/ca.pem"))
	if err := os.WriteFile(s.path("estate.yaml"), []byte(text), 0o600); err != nil {
		return err
	}
	base := s.path("base.db")
	steps := [][]string{append(append([]string{"fleet", "certificate"}, hosts...), "--out", s.path("node"), "--catalog", base)}
	for i := range mostWorkers {
		enclave := []string{"main", "east"}[i%2]
		steps = append(steps, []string{"fleet", "enrol", fmt.Sprintf("worker%d", i), "--enclave", enclave, "--out", s.path(fmt.Sprintf("worker%d.yaml", i)), "--catalog", base})
	}
	for _, step := range steps {
		if out, err := s.chartroom(step...); err != nil {
			return fmt.Errorf("%v: %w: %s", step, err, out)
		}
	}
	accounts, err := exec.Command(s.program, "fleet", "accounts", "--nodes", "-c", s.path("estate.yaml"), "--key", s.path("key"), "--catalog", base).Output()
	if err != nil {
		return fmt.Errorf("fleet accounts: %w", err)
	}
	if err := os.WriteFile(s.path("accounts.json"), accounts, 0o600); err != nil {
		return err
	}
	for i := range mostNodes {
		others := append(append([]string{}, routes[:i]...), routes[i+1:]...)
		text := fmt.Sprintf(`name: node%d
store: node%d
listen: %s
tls_cert: node/%[4]s.pem
tls_key: node/%[4]s.key
tls_ca: node/ca.pem
enclaves: accounts.json
cluster: {name: bench, listen: "%[5]s", routes: %[6]s}
`, i, i, strings.TrimPrefix(servers[i], "tls://"), hosts[0], routes[i], list(others))
		if err := os.WriteFile(s.path(fmt.Sprintf("node%d.yaml", i)), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// start starts nodes and workers.
func (s *stage) start() error {
	for i := range mostNodes {
		name := fmt.Sprintf("node%d", i)
		s.nodes = append(s.nodes, &process{stage: s, name: name, args: []string{"carrier", s.path(name + ".yaml")}})
	}
	for i := range mostWorkers {
		name := fmt.Sprintf("worker%d", i)
		if _, err := s.net.host(name); err != nil {
			return err
		}
		s.workers = append(s.workers, &process{stage: s, name: name, args: []string{"worker", s.path(name + ".yaml"), "--slots", "2", "--log", "info"}})
	}
	for _, p := range append(append([]*process{}, s.nodes...), s.workers...) {
		if err := p.start(); err != nil {
			return err
		}
	}
	return nil
}

func (s *stage) close() {
	s.healing.Wait()
	for _, p := range append(append([]*process{}, s.nodes...), s.workers...) {
		p.kill()
	}
}

// fresh makes a catalog in which the workers are enrolled, and nothing else is.
func (s *stage) fresh(db string) (*ledger, error) {
	text, err := os.ReadFile(s.path("base.db"))
	if err == nil {
		err = os.WriteFile(db, text, 0o600)
	}
	if err != nil {
		return nil, err
	}
	return openLedger(db)
}

// happened is a fault.
type happened struct{ kind, name string }

// fault does something bad, and lets it be made good after a while. It may find nothing to do.
func (s *stage) fault(r *rand.Rand, h *hub) happened {
	while := 200*time.Millisecond + time.Duration(r.Int64N(int64(5*time.Second)))
	heal := func(f func()) {
		s.healing.Go(func() {
			time.Sleep(while)
			f()
		})
	}
	switch n := r.IntN(10); {
	case n < 3:
		p := s.workers[r.IntN(len(s.workers))]
		p.kill()
		heal(func() { p.must(p.start()) })
		return happened{"workers killed", p.name}
	case n < 5:
		if !h.kill() {
			return happened{}
		}
		return happened{"hubs killed", "hub"}
	case n < 7:
		p := s.nodes[r.IntN(len(s.nodes))]
		p.kill()
		heal(func() { p.must(p.start()) })
		return happened{"nodes killed", p.name}
	}
	all := append(append([]*process{}, s.nodes...), s.workers...)
	p := all[r.IntN(len(all))]
	p.cut()
	heal(p.join)
	return happened{"links cut", "link of " + p.name}
}

// settle waits until everything has been made good.
func (s *stage) settle() { s.healing.Wait() }

// process is a node or a worker.
type process struct {
	stage *stage
	name  string
	args  []string

	mu  sync.Mutex
	cmd *exec.Cmd
}

func (p *process) start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd != nil {
		return nil
	}
	log, err := os.OpenFile(p.stage.path(p.name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := p.stage.net.command(p.name, p.stage.program, p.args...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	p.cmd = cmd
	return nil
}

// must ends the trial where the stage itself breaks.
func (p *process) must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "fleet:", err)
		os.Exit(1)
	}
}

func (p *process) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd != nil {
		_ = p.cmd.Process.Kill() // an error says that it is gone, which is what is wanted
		_ = p.cmd.Wait()
		p.cmd = nil
	}
}

// cut cuts the link of a process, and join joins it again.
func (p *process) cut() { p.must(p.link(false, syscall.SIGSTOP)) }

func (p *process) join() { p.must(p.link(true, syscall.SIGCONT)) }

func (p *process) link(up bool, instead syscall.Signal) error {
	if p.stage.net.spaces {
		return p.stage.net.link(p.name, up)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil {
		return nil
	}
	return p.cmd.Process.Signal(instead)
}

// hub is a survey that is begun until it comes to its end.
type hub struct {
	stage *stage
	db    string
	begun int
	done  chan error

	mu     sync.Mutex
	cmd    *exec.Cmd
	killed bool
}

// patience is how long a survey may take at most. One that nobody ends has lost a shard.
const patience = 5 * time.Minute

// survey begins the survey until it comes to its end.
func (h *hub) survey() {
	began := time.Now()
	for {
		h.begun++
		out, killed, err := h.once()
		switch {
		case killed && time.Since(began) < patience:
			continue
		case err != nil:
			err = fmt.Errorf("the hub ended by itself after %s: %w: %s", time.Since(began).Round(time.Second), err, bytes.TrimSpace(out))
		default:
			err = balanced(out)
		}
		h.done <- err
		return
	}
}

func (h *hub) once() (out []byte, killed bool, err error) {
	var answer, told bytes.Buffer
	cmd := exec.Command(h.stage.program, "scan", "--fleet", "-o", "json", "-c", h.stage.path("estate.yaml"), "--key", h.stage.path("key"), "--catalog", h.db)
	cmd.Stdout, cmd.Stderr = &answer, &told
	h.mu.Lock()
	h.cmd, h.killed = cmd, false
	err = cmd.Start()
	h.mu.Unlock()
	if err != nil {
		return nil, false, err
	}
	late := time.AfterFunc(patience, func() { _ = cmd.Process.Signal(syscall.SIGQUIT) }) // its goroutines tell what it waits for
	defer late.Stop()
	err = cmd.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.cmd = nil
	if err != nil {
		return told.Bytes(), h.killed, err
	}
	return answer.Bytes(), false, nil
}

// kill kills the hub; it is begun again at once. It tells whether there was one.
func (h *hub) kill() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.cmd == nil {
		return false
	}
	h.killed = true
	return h.cmd.Process.Kill() == nil
}

// balanced looks whether a scan's answer can be read. That its books balance, the program itself sees to: it ends with an error where they do not.
func balanced(out []byte) error {
	var answer map[string]any
	if err := json.Unmarshal(out, &answer); err != nil || len(answer) == 0 {
		return errors.Join(errors.New("the scan's answer cannot be read"), err)
	}
	return nil
}
