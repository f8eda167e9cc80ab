package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/chartroom/chartroom/estate"
)

// Display writes a name so that it can be shown and stored: control characters, backslashes and bytes that are no UTF-8 as \xNN.
// Every name has one such form.
func Display(name string) string {
	clean := true
	for i := 0; i < len(name) && clean; i++ {
		clean = name[i] >= ' ' && name[i] != 0x7f && name[i] != '\\'
	}
	if clean && utf8.ValidString(name) {
		return name
	}
	var b strings.Builder
	for i := 0; i < len(name); {
		r, n := utf8.DecodeRuneInString(name[i:])
		if r == utf8.RuneError && n <= 1 || r < ' ' || r == 0x7f || r == '\\' {
			fmt.Fprintf(&b, `\x%02x`, name[i])
			i++
			continue
		}
		b.WriteRune(r)
		i += n
	}
	return b.String()
}

// Undisplay gives the name that Display wrote so; ok is false where it would not have.
func Undisplay(shown string) (name string, ok bool) {
	if !strings.ContainsRune(shown, '\\') {
		return shown, Display(shown) == shown
	}
	var b strings.Builder
	for i := 0; i < len(shown); i++ {
		if shown[i] != '\\' {
			b.WriteByte(shown[i])
			continue
		}
		if i+4 > len(shown) || shown[i+1] != 'x' {
			return "", false
		}
		c, err := strconv.ParseUint(shown[i+2:i+4], 16, 8)
		if err != nil {
			return "", false
		}
		b.WriteByte(byte(c))
		i += 3
	}
	name = b.String()
	return name, Display(name) == shown // each name has one form
}

// Address is the address of a server as a user writes it, without anything secret.
type Address struct {
	*url.URL
	Password string // of the variable that password_env names, the file that password_file does, or the keyring
	Named    bool   // one of them was given
	Rate     int64  // bytes a second; 0 = as fast as it goes
	Marks    bool   // version marks are to be used, where they can be trusted
}

// ParseAddress reads the address of a server, and takes out of it what is ours: password_env (the variable that holds the password),
// password_file (the file that does, in its first line; nobody else may read it), password_keyring (SERVICE/ACCOUNT in the system's keyring),
// rate (how many bytes a second may be read: 20MB) and marks (marks=no reads everything again each time). A password in the
// address is refused: everyone who can list the machine's processes could read it.
func ParseAddress(target string) (*Address, error) {
	u, err := url.Parse(target)
	if err != nil { // the error of the parser repeats the address, which may hold a password
		return nil, wrong("the address is no URL", "write it as postgres://user@host:port/database; characters such as @ or / in a name as %%40 or %%2F")
	}
	if _, has := u.User.Password(); has {
		return nil, wrong("a password in the address of "+u.Host+" is refused: other users of this machine and the history of the shell would see it",
			"give it in PGPASSWORD, ~/.pgpass or MYSQL_PWD, or in a variable of your own that the address names: ?password_env=NAME")
	}
	a, q := &Address{URL: u, Marks: true}, u.Query()
	if q.Has("password") || q.Has("passwd") {
		return nil, wrong("a password in the address of "+u.Host+" is refused", "name a variable that holds it: ?password_env=NAME")
	}
	if name := q.Get("password_env"); name != "" {
		if a.Password, a.Named = os.LookupEnv(name); !a.Named {
			return nil, wrong("the environment has no variable "+name+", which password_env names", "set it, and run the command again")
		}
	}
	if path := q.Get("password_file"); path != "" {
		if a.Password, err = SecretFile(path); err != nil {
			return nil, err
		}
		a.Named = true
	}
	if entry := q.Get("password_keyring"); entry != "" {
		if a.Password, err = SecretKeyring(entry); err != nil {
			return nil, err
		}
		a.Named = true
	}
	if rate := q.Get("rate"); rate != "" {
		if a.Rate, err = ParseRate(rate); err != nil {
			return nil, wrong(err.Error(), "write rate=20MB for 20 million bytes a second")
		}
	}
	switch q.Get("marks") {
	case "", "yes":
	case "no":
		a.Marks = false
	default:
		return nil, wrong("marks is yes or no", "marks=no reads every table again each time")
	}
	for _, ours := range []string{"password_env", "password_file", "password_keyring", "rate", "marks"} {
		q.Del(ours)
	}
	u.RawQuery = q.Encode()
	return a, nil
}

// SecretFile reads a secret from the first line of a file that nobody but its owner may read. Its errors are TargetErrors that name
// the file, and never what is in it.
func SecretFile(path string) (string, error) {
	text, err := SecretText(path)
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	if line = strings.TrimSuffix(line, "\r"); line == "" {
		return "", wrong("the file "+path+" of a password is empty", "write the password into its first line")
	}
	return line, nil
}

// SecretText reads the whole of a file that nobody but its owner may read, a key in PEM for instance; of a longer one, its first 16 KiB.
// Its errors are those of SecretFile.
func SecretText(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, wrong("the file of a password cannot be read: "+err.Error(), "check the path, and that it is yours")
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil || !info.Mode().IsRegular():
		return nil, wrong(path+" is no file that could hold a password", "name a file with the password in its first line")
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		return nil, wrong(fmt.Sprintf("others may read the file %s of a password (its mode is %04o)", path, info.Mode().Perm()), "chmod 600 "+path)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxSecret))
	if err != nil {
		return nil, wrong("the file "+path+" of a password cannot be read", "check the disk")
	}
	return text, nil
}

// maxSecret is how long a secret may be, in bytes.
const maxSecret = 16 << 10

func wrong(what, hint string) error {
	return &TargetError{Err: errors.New(what), Hint: hint, Usage: true}
}

// ParseRate reads how many bytes a second may be read: 20MB, 500kB, 1000000.
func ParseRate(text string) (int64, error) {
	number := strings.TrimRight(text, "kKMGB")
	n, err := strconv.ParseInt(number, 10, 40)
	scale, ok := map[string]int64{"": 1, "B": 1, "k": 1e3, "K": 1e3, "kB": 1e3, "KB": 1e3, "M": 1e6, "MB": 1e6, "G": 1e9, "GB": 1e9}[text[len(number):]]
	if err != nil || n <= 0 || !ok {
		return 0, fmt.Errorf("%q is no rate", text)
	}
	return n * scale, nil
}

// Attempts are how often a thing is tried that may work a moment later, with pauses of 0.1, 0.3, 0.9, 2.7 and 8.1 seconds.
const Attempts = 6

// Retry calls f until it succeeds, says that another attempt is of no use, or has been called Attempts times.
func Retry(ctx context.Context, f func() (again bool, err error)) error {
	pause := 100 * time.Millisecond
	for n := 1; ; n++ {
		again, err := f()
		if err == nil || !again || n == Attempts || ctx.Err() != nil {
			return err
		}
		t := time.NewTimer(pause)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return err
		}
		pause *= 3
	}
}

// closed is a repository that may not even be opened.
type closed struct {
	of     estate.Repository
	detail string
}

// Closed makes the source of a repository that may not even be opened: nothing but a gap.
func Closed(of estate.Repository, detail string) Source { return &closed{of, detail} }

// Repository implements Source.
func (c *closed) Repository() estate.Repository { return c.of }

// Items yields the gap.
func (c *closed) Items(_ context.Context, yield func(Listed) error) error {
	return yield(Listed{Gap: &estate.Gap{Under: true, Reason: estate.GapUnreadable, Detail: c.detail, Bytes: -1}})
}

// Open opens nothing.
func (c *closed) Open(context.Context, Item) (io.ReadCloser, error) {
	return nil, &GapError{estate.GapUnreadable, errors.New(c.detail)}
}

// Grants fails: what was told before still stands, as nobody could be asked now.
func (c *closed) Grants(context.Context, func(estate.Grant) error) error { return errors.New(c.detail) }
