package converter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/chartroom/chartroom/format"
)

// TestMain makes the test binary a converter, too.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "convert" {
		os.Exit(child(os.Args[2], os.Args[3:]))
	}
	os.Exit(m.Run())
}

// child is a converter of one kind or another.
func child(how string, args []string) int {
	switch how {
	case "upper":
		b, _ := io.ReadAll(os.Stdin)
		os.Stdout.Write(bytes.ToUpper(b))
	case "file":
		info, err := os.Stat(args[0])
		folder, _ := os.Stat(filepath.Dir(args[0]))
		b, _ := os.ReadFile(args[0])
		fmt.Printf("%s %v %v %v", b, info.Mode().Perm(), folder.Mode().Perm(), err)
	case "fail":
		fmt.Print("a part of it")
		fmt.Fprint(os.Stderr, "219-46-8317 is no page")
		return 3
	case "ignore":
		fmt.Print("nothing was read")
	case "sleep":
		fmt.Print("before")
		time.Sleep(time.Minute)
	case "spam":
		for {
			if _, err := os.Stdout.Write(make([]byte, 64<<10)); err != nil {
				return 0
			}
		}
	case "spin":
		for {
		}
	case "memory":
		var held [][]byte
		for {
			b := make([]byte, 32<<20)
			for i := range b {
				b[i] = 1
			}
			held = append(held, b)
			if len(held) > 64 {
				return 0
			}
		}
	case "environment":
		fmt.Print(strings.Join(os.Environ(), "\n"))
	case "family":
		sleep := exec.Command(os.Args[0], "convert", "sleep")
		sleep.Stdout = os.Stdout // keeps it open
		if err := sleep.Start(); err != nil {
			return 1
		}
		fmt.Print("done")
	}
	return 0
}

func converts(how string, args ...string) *Converter {
	return &Converter{Name: "test", Extensions: []string{"x"}, Command: append([]string{os.Args[0], "convert", how}, args...), Timeout: 30 * time.Second}
}

// run gives all of the text, and how it ended.
func run(t *testing.T, c *Converter, content io.Reader) (string, error) {
	t.Helper()
	v, err := c.Start(t.Context(), content)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(v)
	if err != nil {
		t.Errorf("the text ended with %v", err)
	}
	return string(text), v.Close()
}

func TestContentBecomesText(t *testing.T) {
	long := strings.Repeat("a line of text\n", 100_000)
	if got, err := run(t, converts("upper"), strings.NewReader(long)); got != strings.ToUpper(long) || err != nil {
		t.Errorf("%d bytes of %d, %v", len(got), len(long), err)
	}
	if got, err := run(t, converts("ignore"), strings.NewReader(long)); got != "nothing was read" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

func TestAFileStandsForItsTimeOnly(t *testing.T) {
	c := converts("file", "{file}")
	v, err := c.Start(t.Context(), strings.NewReader("content"))
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(v)
	if want := "content -rw------- -rwx------ <nil>"; string(text) != want && runtime.GOOS != "windows" {
		t.Errorf("%q, want %q", text, want)
	}
	if err := v.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(v.folder); !errors.Is(err, os.ErrNotExist) || v.folder == "" {
		t.Errorf("the folder is still there: %v", err)
	}
}

// TestFailuresAreTold without what the program said.
func TestFailuresAreTold(t *testing.T) {
	sick := errors.New("a bad sector")
	quick, small, lean := converts("sleep"), converts("spam"), converts("memory")
	quick.Timeout, small.OutputMiB, lean.MemoryMiB = 300*time.Millisecond, 1, 512
	for _, c := range []struct {
		name    string
		c       *Converter
		content io.Reader
		text    string // its beginning
		want    error
		says    string
	}{
		{"a status", converts("fail"), strings.NewReader("x"), "a part of it", format.ErrDamaged, "status 3"},
		{"too late", quick, strings.NewReader("x"), "before", format.ErrLimit, "in time"},
		{"too much", small, strings.NewReader("x"), "\x00", format.ErrLimit, "1 MiB"},
		{"no memory", lean, strings.NewReader("x"), "", nil, "converter test"},
		{"unreadable content", converts("upper"), iotest.ErrReader(sick), "", sick, ""},
	} {
		if c.name == "no memory" && runtime.GOOS != "linux" {
			continue
		}
		start := time.Now()
		got, err := run(t, c.c, c.content)
		if err == nil || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "219") || !strings.HasPrefix(got, c.text) {
			t.Errorf("%s: %.30q, %v", c.name, got, err)
		}
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%s took %s", c.name, took)
		}
	}
}

// TestNothingIsLeftRunning: whoever started a program of his own, or is not read to the end, goes with the group.
func TestNothingIsLeftRunning(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no process groups")
	}
	family := converts("family")
	family.Timeout = 2 * time.Second
	start := time.Now()
	if got, _ := run(t, family, strings.NewReader("")); !strings.Contains(got, "done") {
		t.Errorf("%q", got)
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("the family went after %s", took)
	}
	v, err := converts("spin").Start(t.Context(), strings.NewReader(strings.Repeat("x", 10<<20)))
	if err != nil {
		t.Fatal(err)
	}
	start = time.Now()
	if err := v.Close(); err != nil || time.Since(start) > 10*time.Second {
		t.Errorf("abandoned: %v after %s", err, time.Since(start))
	}
	ctx, cancel := context.WithCancel(t.Context())
	if v, err = converts("sleep").Start(ctx, strings.NewReader("")); err != nil {
		t.Fatal(err)
	}
	cancel()
	io.ReadAll(v)
	if err := v.Close(); err == nil {
		t.Error("cancelled, and said to be whole")
	}
}

func TestTheEnvironmentIsEmpty(t *testing.T) {
	t.Setenv("CHARTROOM_KEY", "/secret/key")
	got, err := run(t, converts("environment"), strings.NewReader(""))
	if err != nil || got != "PATH="+os.Getenv("PATH") {
		t.Errorf("%q, %v", got, err)
	}
}

func TestTakes(t *testing.T) {
	c := &Converter{Formats: []string{"jpeg"}, Extensions: []string{".TIF", "doc"}, MediaTypes: []string{"image/png"}}
	for _, x := range []struct {
		format, ext, media string
		want               bool
	}{
		{"JPEG", "", "", true}, {"", ".tif", "", true}, {"", ".doc", "", true}, {"OLE2 document", ".DOC", "", true}, {"", "", "image/PNG", true},
		{"", "", "", false}, {"PNG", ".png", "", false},
	} {
		if got := c.Takes(x.format, x.ext, x.media); got != x.want {
			t.Errorf("%+v: %v", x, got)
		}
	}
}

func TestCheck(t *testing.T) {
	good := converts("upper")
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	for says, harm := range map[string]func(*Converter){
		"a name is":       func(c *Converter) { c.Name = "a b!/c" },
		"no command":      func(c *Converter) { c.Command = nil },
		"executable":      func(c *Converter) { c.Command[0] = "no-such-program-anywhere" },
		"that it is for":  func(c *Converter) { c.Extensions = nil },
		"a limit below 0": func(c *Converter) { c.Timeout = -1 },
	} {
		c := converts("upper")
		harm(c)
		if err := c.Check(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
	if _, err := (&Converter{Name: "gone", Command: []string{"/no/such/program"}}).Start(t.Context(), strings.NewReader("")); err == nil {
		t.Error("what is not there was started")
	}
}
