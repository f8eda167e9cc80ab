package login

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"golang.org/x/crypto/argon2"
	"pgregory.net/rapid"
)

// cheap hashes are for tests.
var cheap = cost{64, 1, 1}

const password = "seven small boats at noon"

// story is a door over a catalog, with a clock.
type story struct {
	*testing.T
	door  *Door
	cat   *catalog.Catalog
	clock time.Time
}

func newStory(t *testing.T, configure ...func(*Config)) *story {
	t.Helper()
	c, err := catalog.Open(t.Context(), filepath.Join(t.TempDir(), "catalog.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	s := &story{T: t, cat: c, clock: time.Now()}
	cfg := Config{Catalog: c, Address: "http://localhost:8787", Now: func() time.Time { return s.clock }}
	for _, f := range configure {
		f(&cfg)
	}
	if s.door, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	s.door.hasher = newHasher(cheap)
	return s
}

// account makes one.
func (s *story) account(name string, role audit.Role) (secret string) {
	s.Helper()
	invitation, err := s.door.Invite(s.Context(), audit.Local(), role)
	if err != nil {
		s.Fatal(err)
	}
	secret, err = s.door.Accept(s.Context(), invitation, name, password, "192.0.2.1")
	if err != nil {
		s.Fatal(err)
	}
	return secret
}

func (s *story) isIn(secret string) bool {
	s.Helper()
	_, err := s.door.Session(s.Context(), secret)
	if err != nil && !errors.Is(err, catalog.ErrNoAccount) {
		s.Fatal(err)
	}
	return err == nil
}

func TestTheFirstTokenWorksOnce(t *testing.T) {
	s := newStory(t)
	token, err := s.door.FirstToken(t.Context(), audit.Local())
	if err != nil || len(token) < 43 {
		t.Fatal(token, err)
	}
	if _, err := s.door.Accept(t.Context(), "guessed", "mallory", password, "192.0.2.9"); !errors.Is(err, catalog.ErrNoInvite) {
		t.Errorf("a guessed token: %v", err)
	}
	secret, err := s.door.Accept(t.Context(), token, "Ada", password, "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	if a, err := s.door.Session(t.Context(), secret); err != nil || a.Role != audit.Admin || a.Name != "Ada" {
		t.Errorf("%+v, %v", a, err)
	}
	if _, err := s.door.Accept(t.Context(), token, "Eve", password, "192.0.2.2"); !errors.Is(err, catalog.ErrNoInvite) {
		t.Errorf("the token a second time: %v", err)
	}
	if again, err := s.door.FirstToken(t.Context(), audit.Local()); again != "" || err != nil {
		t.Errorf("there is an account, and a token is given: %q, %v", again, err)
	}
}

func TestATokenThatWasNotUsedRunsOut(t *testing.T) {
	s := newStory(t)
	hash := Hash("old")
	if err := s.cat.Invite(t.Context(), audit.Local(), hash, audit.Admin, time.Now().Add(-time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.door.Accept(t.Context(), "old", "ada", password, "192.0.2.1"); !errors.Is(err, catalog.ErrNoInvite) {
		t.Errorf("got %v", err)
	}
}

func TestSessionsEnd(t *testing.T) {
	s := newStory(t)
	start := s.clock
	secret := s.account("ada", audit.Admin)
	s.clock = start.Add(defaultIdle - time.Minute)
	if !s.isIn(secret) {
		t.Error("it ended before its time")
	}
	s.clock = start.Add(defaultIdle + time.Minute)
	if s.isIn(secret) {
		t.Error("without a sign of life it did not end")
	}
	s.clock = start.Add(defaultMost + time.Minute)
	if s.isIn(secret) {
		t.Error("it did not end at all")
	}
	s.clock = start
	one, err := s.door.Password(t.Context(), "ADA", password, "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	two, err := s.door.Password(t.Context(), "ada", password, "192.0.2.1")
	if err != nil || one == two {
		t.Fatal(one == two, err)
	}
	if err := s.cat.EndSessions(t.Context(), audit.Caller{Name: "ada", Role: audit.Admin}, Hash(two)); err != nil {
		t.Fatal(err)
	}
	if s.isIn(one) || s.isIn(secret) || !s.isIn(two) {
		t.Error("logged out everywhere else: the others last, or this one does not")
	}
	if err := s.door.Change(t.Context(), audit.Caller{Name: "ada", Role: audit.Admin}, password, "eight large ships at dusk"); err != nil {
		t.Fatal(err)
	}
	if s.isIn(two) {
		t.Error("the password is another, and the session lasts")
	}
}

func TestWhoIsDisabledIsOut(t *testing.T) {
	s := newStory(t)
	s.account("ada", audit.Admin)
	secret := s.account("vera", audit.Viewer)
	admin := audit.Caller{Name: "ada", Role: audit.Admin}
	if err := s.cat.SetDisabled(t.Context(), admin, "vera", true); err != nil {
		t.Fatal(err)
	}
	if s.isIn(secret) {
		t.Error("the session lasts")
	}
	if _, err := s.door.Password(t.Context(), "vera", password, "192.0.2.1"); !errors.Is(err, ErrRefused) {
		t.Errorf("the password opens: %v", err)
	}
	if err := s.cat.SetDisabled(t.Context(), admin, "ada", true); !errors.Is(err, catalog.ErrLastAdmin) {
		t.Errorf("the last admin is out: %v", err)
	}
	if err := s.cat.SetRole(t.Context(), admin, "ada", audit.Viewer); !errors.Is(err, catalog.ErrLastAdmin) {
		t.Errorf("the last admin is a viewer: %v", err)
	}
}

// TestNobodyIsTold whether a name is known: the error is the same, and so is the work.
func TestNobodyIsToldWhetherANameIsKnown(t *testing.T) {
	s := newStory(t)
	s.account("ada", audit.Admin)
	_, known := s.door.Password(t.Context(), "ada", "wrong wrong wrong wrong", "192.0.2.1")
	_, unknown := s.door.Password(t.Context(), "eve", "wrong wrong wrong wrong", "192.0.2.1")
	if !errors.Is(known, ErrRefused) || known.Error() != unknown.Error() {
		t.Errorf("%v, %v", known, unknown)
	}
	h := newHasher(ordinary)
	c, _, _, err := decode(h.decoy)
	if err != nil || c != ordinary {
		t.Errorf("who is not known costs %+v (%v), not %+v", c, err, ordinary)
	}
	lines, err := s.cat.Audit(t.Context(), audit.Local(), time.Time{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		if strings.Contains(l.Caller+l.Target, "eve") {
			t.Errorf("what was typed stands in the trail: %+v", l)
		}
	}
}

func TestPasswordsAreKeptAsArgon2(t *testing.T) {
	h := newHasher(cost{96, 2, 1})
	hash, err := h.hash(t.Context(), password)
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=96,t=2,p=1$") {
		t.Fatal(hash, err)
	}
	_, salt, sum, err := decode(hash)
	if err != nil || string(sum) != string(argon2.IDKey([]byte(password), salt, 2, 96, 1, 32)) {
		t.Errorf("it is not what argon2id gives: %v", err)
	}
	later := newHasher(ordinary) // the cost rose; what was kept says its own
	if ok, err := later.check(t.Context(), hash, password); !ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
	if ok, _ := later.check(t.Context(), hash, password+"x"); ok {
		t.Error("another password is taken")
	}
	if ok, _ := h.check(t.Context(), "", ""); ok {
		t.Error("no password is a password")
	}
	for _, bad := range []string{"x", "$argon2id$v=19$m=99999999,t=2,p=1$AAAA$AAAA", "$argon2i$v=19$m=96,t=2,p=1$AAAA$AAAA", "$argon2id$v=19$m=96,t=0,p=1$AAAA$AAAA", "$argon2id$v=19$m=96,t=2,p=0$AAAA$AAAA"} {
		if ok, err := h.check(t.Context(), bad, password); ok || err == nil {
			t.Errorf("the hash %q: %v, %v", bad, ok, err)
		}
	}
}

func TestPasswordsAndNamesThatAreRefused(t *testing.T) {
	for _, p := range []string{"", "short", "aaaaaaaaaaaaaaaaaaaa", "abababababababababab", "passwordpassword", "chartroom-password", "ada lovelace ada lovelace", strings.Repeat("x y ", 500)} {
		if err := checkPassword(p, "ada lovelace"); !errors.Is(err, ErrForm) {
			t.Errorf("%q: %v", p, err)
		}
	}
	if err := checkPassword(password, "ada"); err != nil {
		t.Error(err)
	}
	for _, n := range []string{"", "a", "local user", "Nobody Known", "scheduler", "a\nb", "a<b>", strings.Repeat("a", 65), "a\x00b", "\u202Eada"} {
		if err := checkName(n); !errors.Is(err, ErrForm) {
			t.Errorf("%q: %v", n, err)
		}
	}
	for _, n := range []string{"ada", "Åsa Ö'Neill", "ada@meridian.example", "j.doe-2"} {
		if err := checkName(n); err != nil {
			t.Errorf("%q: %v", n, err)
		}
	}
}

func TestWhoGuessesWaitsLongerAndLonger(t *testing.T) {
	s := newStory(t)
	s.account("ada", audit.Admin)
	guesses, start := 0, s.clock
	for s.clock.Sub(start) < time.Hour {
		_, err := s.door.Password(t.Context(), "ada", "guess guess guess guess", "192.0.2.66")
		var wait *WaitError
		if errors.As(err, &wait) {
			s.clock = s.clock.Add(wait.For)
			continue
		}
		guesses++
	}
	if guesses > 25 {
		t.Errorf("%d guesses in an hour", guesses)
	}
	if _, err := s.door.Password(t.Context(), "ada", password, "198.51.100.7"); err != nil {
		t.Errorf("somebody knocks in her name, and she is locked out: %v", err)
	}
}

// TestLimitsHoldWhateverComes: never more than the free attempts at once, never longer than the longest wait, and never too much memory.
func TestLimitsHoldWhateverComes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, now := newLimits(), time.Unix(1_800_000_000, 0)
		names := rapid.SliceOfN(rapid.StringMatching(`[a-c]`), 1, 3).Draw(t, "names")
		failures := map[string]int{}
		for range rapid.IntRange(1, 200).Draw(t, "attempts") {
			name := rapid.SampledFrom(names).Draw(t, "name")
			wait := l.wait(name, "192.0.2.1", now)
			if wait < 0 {
				wait = 0
			}
			if wait > longestWait {
				t.Fatalf("a wait of %v", wait)
			}
			if wait > 0 {
				now = now.Add(wait)
				if l.wait(name, "192.0.2.1", now) > 0 {
					t.Fatal("who waited as long as he was told waits again")
				}
			}
			if failures[name]++; wait == 0 && failures[name] > 20*freeAttempts {
				t.Fatalf("%d attempts without a wait", failures[name])
			}
			l.failed(name, "192.0.2.1", now)
		}
	})
	l := newLimits()
	for i := range 3 * mostKnocks {
		l.failed("ada", string(rune('a'+i%26))+strings.Repeat("x", i%7)+time.Duration(i).String(), time.Unix(int64(i), 0))
	}
	if len(l.knocks) > 2*mostKnocks {
		t.Errorf("%d are remembered", len(l.knocks))
	}
}

func TestOneHouseholdOfIPv6IsOneAddress(t *testing.T) {
	if network("2001:db8:1:2:3:4:5:6") != network("2001:db8:1:2:ffff::1") || network("2001:db8:1:2::1") == network("2001:db8:1:3::1") || network("::ffff:192.0.2.1") != "192.0.2.1" {
		t.Error("networks are told apart wrongly")
	}
}

func TestACeremonyServesOnceAndNotForever(t *testing.T) {
	var c ceremonies[int]
	now := time.Unix(0, 0)
	secret := c.begin(7, now)
	if n, ok := c.end(secret, now); n != 7 || !ok {
		t.Error("it is not there")
	}
	if _, ok := c.end(secret, now); ok {
		t.Error("it serves twice")
	}
	late := c.begin(8, now)
	if _, ok := c.end(late, now.Add(CeremonyLasts+time.Second)); ok {
		t.Error("it serves forever")
	}
	for range 2 * mostCeremonies {
		c.begin(9, now)
	}
	if len(c.all) > mostCeremonies {
		t.Errorf("%d wait", len(c.all))
	}
}

func FuzzStoredHashes(f *testing.F) {
	good, _ := newHasher(cheap).hash(f.Context(), password)
	for _, seed := range []string{good, "", "$argon2id$v=19$m=1,t=1,p=1$$", "$argon2id$v=19$m=4294967295,t=1,p=255$AAAA$AAAA"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, hash string) {
		c, _, sum, err := decode(hash)
		if err == nil && (c.memory > maxMemory || c.time > maxTime || c.lanes == 0 || c.time == 0 || len(sum) != hashBytes) {
			t.Fatalf("%q costs %+v", hash, c)
		}
	})
}
