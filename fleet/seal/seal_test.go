package seal

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// ends are the two ends of a line, and what was enrolled.
func ends(t testing.TB) (h *Hub, e *Enrolment, hub, worker *Channel) {
	t.Helper()
	h, made, err := OpenHub(filepath.Join(t.TempDir(), "fleet.key"))
	if err != nil || !made {
		t.Fatal(made, err)
	}
	if e, err = Enrol("east-1", "east", h.Pair().Public()); err != nil {
		t.Fatal(err)
	}
	pair, err := ParsePair(e.Seal)
	if err != nil {
		t.Fatal(err)
	}
	if worker, err = Worker(pair, e.Hub); err != nil {
		t.Fatal(err)
	}
	if hub, err = h.For(pair.Public()); err != nil {
		t.Fatal(err)
	}
	return h, e, hub, worker
}

func asked() *Packet {
	return &Packet{Kind: Question, ID: NewID(), Session: NewID(), Seq: 9, Time: time.UnixMilli(1_700_000_000_123), Part: 1, Parts: 3, Size: 1000, Method: "deliver", Body: []byte("what was found")}
}

func TestPacketsComeAsTheyWent(t *testing.T) {
	h, _, hub, worker := ends(t)
	want := asked()
	b, err := worker.Seal(want)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(b, []byte("found")) || bytes.Contains(b, []byte("deliver")) {
		t.Error("it can be read")
	}
	if len(b) > len(want.Body)+Overhead {
		t.Errorf("%d bytes more", len(b)-len(want.Body))
	}
	key, err := Sender(b)
	if err != nil {
		t.Fatal(err)
	}
	again, err := h.For(key)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []*Channel{hub, again} {
		got, err := c.Open(bytes.Clone(b))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	}
}

// TestNobodyElse can open, make, change, send back or hand on a packet.
func TestNobodyElse(t *testing.T) {
	h, _, hub, worker := ends(t)
	_, _, otherHub, otherWorker := ends(t)
	second, err := Enrol("east-2", "east", h.Pair().Public())
	if err != nil {
		t.Fatal(err)
	}
	pair, err := ParsePair(second.Seal)
	if err != nil {
		t.Fatal(err)
	}
	neighbour, err := Worker(pair, second.Hub)
	if err != nil {
		t.Fatal(err)
	}
	question, err := worker.Seal(asked())
	if err != nil {
		t.Fatal(err)
	}
	reply := asked()
	reply.Kind = Answer
	answer, err := hub.Seal(reply)
	if err != nil {
		t.Fatal(err)
	}
	forged, err := neighbour.Seal(asked()) // by another worker, in the name of the first
	if err != nil {
		t.Fatal(err)
	}
	copy(forged[1:33], question[1:33])
	for name, c := range map[string]struct {
		end    *Channel
		packet []byte
	}{
		"another hub":                            {otherHub, question},
		"another worker of the hub":              {neighbour, answer},
		"another worker of another hub":          {otherWorker, answer},
		"a question sent back to who asked":      {worker, append([]byte{version}, question[33:]...)},
		"a question sent back as it was":         {worker, question},
		"an answer sent back to the hub":         {hub, append(append([]byte{version}, question[1:33]...), answer[1:]...)},
		"a question in another worker's name":    {hub, forged},
		"nothing":                                {hub, nil},
		"a packet that is too long":              {hub, append(bytes.Clone(question), make([]byte, PartSize+Overhead)...)},
		"what a hub says to strangers, to a hub": {hub, Stranger()},
	} {
		if p, err := c.end.Open(bytes.Clone(c.packet)); !errors.Is(err, ErrSealed) {
			t.Errorf("%s: %v, %v", name, p, err)
		}
	}
	if _, err := worker.Open(Stranger()); !errors.Is(err, ErrUnknown) {
		t.Error(err)
	}
	for i := range question {
		changed := bytes.Clone(question)
		changed[i] ^= 1
		if i > 0 && i < 33 {
			continue // the name of the sender, by which the hub chooses a key: below
		}
		if _, err := hub.Open(changed); err == nil {
			t.Errorf("it opens with byte %d changed", i)
		}
	}
	for n := range question {
		if _, err := hub.Open(bytes.Clone(question[:n])); err == nil {
			t.Errorf("it opens with %d bytes of %d", n, len(question))
		}
	}
	if _, err := worker.Seal(reply); err == nil {
		t.Error("a worker made an answer")
	}
	if _, err := hub.Seal(asked()); err == nil {
		t.Error("a hub made a question")
	}
}

func TestBoundsOfPackets(t *testing.T) {
	_, _, _, worker := ends(t)
	for name, change := range map[string]func(*Packet){
		"body":   func(p *Packet) { p.Body = make([]byte, PartSize+1) },
		"method": func(p *Packet) { p.Method = "of more letters than any method that there is" },
		"size":   func(p *Packet) { p.Size = Most + 1 },
		"part":   func(p *Packet) { p.Part = -1 },
	} {
		p := asked()
		change(p)
		if _, err := worker.Seal(p); err == nil {
			t.Errorf("a packet with a %s beyond its bounds was sealed", name)
		}
	}
}

// TestSessionsTakeEachNumberOnce, in any order that does not lag too far behind, as a set of numbers would.
func TestSessionsTakeEachNumberOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s Sessions
		id := s.Begin("w")
		seen, highest := map[uint64]bool{}, uint64(0)
		base := rapid.Uint64Range(1, 1<<40).Draw(t, "base")
		for range rapid.IntRange(1, 300).Draw(t, "calls") {
			n := base + uint64(rapid.IntRange(0, 3*window).Draw(t, "n"))
			want := !seen[n] && n+window > highest
			if got := s.First("w", id, n); got != want {
				t.Fatalf("number %d after %d: %t, want %t", n, highest, got, want)
			}
			if want {
				seen[n], highest = true, max(highest, n)
			}
		}
	})
}

func TestSessionsThatDoNotCount(t *testing.T) {
	var s Sessions
	id := s.Begin("a")
	if s.Begin("a") != id {
		t.Error("a session that was never used was drawn twice")
	}
	for name, first := range map[string]bool{
		"another worker's":   s.First("b", id, 1),
		"nobody's":           s.First("a", NewID(), 1),
		"the empty one":      s.First("a", ID{}, 1),
		"number 0":           s.First("a", id, 0),
		"the highest number": s.First("a", id, 1<<63),
	} {
		if first {
			t.Errorf("%s counts", name)
		}
	}
	if !s.First("a", id, 1) || s.First("a", id, 1) {
		t.Error("number 1 does not count once")
	}
	var later ID
	for n := range uint64(mostSessions) {
		later = s.Begin("a")
		if !s.First("a", later, n+1) {
			t.Error("a fresh session does not count")
		}
	}
	if s.First("a", id, 2) {
		t.Error("a session counts that others have driven out")
	}
	s.Forget("a")
	if s.First("a", later, 99) {
		t.Error("a session of a worker that was revoked counts")
	}
	var anew Sessions // a hub that begins anew
	anew.Begin("a")
	if anew.First("a", later, 100) {
		t.Error("a session of another life counts")
	}
}

func TestEnrolmentFile(t *testing.T) {
	_, e, _, _ := ends(t)
	e.Servers = []string{"tls://hub.example.org:4222", "nats://127.0.0.1:4222"}
	path := filepath.Join(t.TempDir(), "worker.yaml")
	if err := e.Save(path); err != nil {
		t.Fatal(err)
	}
	if err := e.Save(path); err == nil {
		t.Error("it was overwritten")
	}
	got, err := LoadEnrolment(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(*e, *got); d != "" {
		t.Error("it came back otherwise")
	}
	for _, text := range []string{fmt.Sprint(e), fmt.Sprintf("%+v %#v", e, *e)} {
		if strings.Contains(text, e.Seal) || strings.Contains(text, e.Login) {
			t.Error("it prints its secrets:", text)
		}
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadEnrolment(path); err == nil {
		t.Error("a file that others may read was read")
	}
}

func TestEnrolmentsThatAreNone(t *testing.T) {
	_, good, _, _ := ends(t)
	good.Servers = []string{"tls://hub.example.org:4222"}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Enrolment){
		"a name with a dot":       func(e *Enrolment) { e.Name = "a.b" },
		"a name with a star":      func(e *Enrolment) { e.Enclave = "*" },
		"no name":                 func(e *Enrolment) { e.Name = "" },
		"no server":               func(e *Enrolment) { e.Servers = nil },
		"plain text":              func(e *Enrolment) { e.Servers = []string{"nats://hub.example.org:4222"} },
		"a password":              func(e *Enrolment) { e.Servers = []string{"tls://me:secret@hub.example.org:4222"} },
		"a name that looks local": func(e *Enrolment) { e.Servers = []string{"nats://127.0.0.example:4222"} },
		"a login of no kind":      func(e *Enrolment) { e.Login = e.Seal },
		"no login":                func(e *Enrolment) { e.Login = "" },
		"an authority of nothing": func(e *Enrolment) { e.CA = "x" },
		"a seal of another kind":  func(e *Enrolment) { e.Seal = e.Login },
	} {
		e := *good
		change(&e)
		err := e.Check()
		if err == nil {
			t.Errorf("%s: it passes", name)
		} else if strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), good.Seal) {
			t.Errorf("%s: the error tells a secret: %v", name, err)
		}
	}
	path := filepath.Join(t.TempDir(), "worker.yaml")
	if err := os.WriteFile(path, []byte("login: SUSECRET\nseal: [SXSECRET\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadEnrolment(path); err == nil || strings.Contains(err.Error(), "SECRET") {
		t.Error(err)
	}
}

func TestHubsSecret(t *testing.T) {
	path := HubPath(filepath.Join(t.TempDir(), "keys", "chartroom.key"))
	a, made, err := OpenHub(path)
	if err != nil || !made {
		t.Fatal(made, err)
	}
	b, made, err := OpenHub(path)
	if err != nil || made || a.Pair().Public() != b.Pair().Public() {
		t.Fatal(made, err)
	}
	logins := map[string]bool{}
	for _, enclave := range []string{"east", "west", "east"} {
		x, errA := a.Login(enclave)
		y, errB := b.Login(enclave)
		if err := errors.Join(errA, errB); err != nil || x != y {
			t.Fatal(err)
		}
		if _, err := LoginPublic(x); err != nil {
			t.Error(err)
		}
		logins[x] = true
	}
	if len(logins) != 2 {
		t.Errorf("%d logins for two enclaves", len(logins))
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info.Mode(), err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := OpenHub(path); err == nil {
		t.Error("a secret that others may read was taken")
	}
}

func FuzzOpen(f *testing.F) {
	_, _, hub, worker := ends(f)
	b, err := worker.Seal(asked())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(Stranger())
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := hub.Open(bytes.Clone(b)); err == nil {
			t.Skip("the seed itself")
		}
		if _, err := worker.Open(bytes.Clone(b)); err == nil {
			t.Error("a worker opened what no hub made")
		}
		_, _ = Sender(b)
	})
}

func BenchmarkSealAndOpen(b *testing.B) {
	for _, size := range []int{200, PartSize} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			_, _, hub, worker := ends(b)
			p := asked()
			p.Body = make([]byte, size)
			rand.Read(p.Body)
			b.SetBytes(int64(size))
			for b.Loop() {
				s, err := worker.Seal(p)
				if err == nil {
					_, err = hub.Open(s)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
