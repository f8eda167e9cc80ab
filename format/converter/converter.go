// Package converter lets a program of the user's choice turn what no reader understands into text: a picture by OCR, an old Word
// document by antiword. There is none unless the configuration names it. It stands among the formats, as it is the way to read one
// that this program does not know; it is no Reader, for whether it is there, and for what, is not known before the configuration.
//
// The program runs as a child process for each item, without a shell, in a process group of its own that is killed at the end
// of its time, with an environment of nothing but PATH, limits on memory and processor time where the system allows them, and no
// core dumps. The content comes on its standard input, and never touches a disk, unless an argument says {file}: then it stands
// for that time in a file of mode 0600, in a folder of mode 0700, and both are removed at the end. What it writes to standard
// error goes nowhere, as it may hold values.
package converter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/chartroom/chartroom/format"
)

// Converter is a program, and what it is for. What it takes is named by Formats, Extensions or MediaTypes; one is enough.
type Converter struct {
	Name       string        `yaml:"name"`        // as evidence and inner items show it: letters, digits, dots, hyphens
	Formats    []string      `yaml:"formats"`     // names as gaps show them: "JPEG", "OLE2 document"
	Extensions []string      `yaml:"extensions"`  // with or without the dot, in any case
	MediaTypes []string      `yaml:"media_types"` // of things in messages and documents
	Command    []string      `yaml:"command"`     // program and arguments; {file} stands for a file with the content
	Timeout    time.Duration `yaml:"timeout"`     // for one item; 0 = a minute
	MemoryMiB  int64         `yaml:"memory_mib"`  // that the program may use, on Linux; 0 = 1,024
	OutputMiB  int64         `yaml:"output_mib"`  // text that is taken of it; 0 = 64
}

// placeholder stands for the file in an argument.
const placeholder = "{file}"

// Check tells what is wrong with a converter: a name that cannot be shown, no command or one that is not there, nothing that it is
// for.
func (c *Converter) Check() error {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.' || r == '_'
	}
	switch {
	case c.Name == "" || len(c.Name) > 64 || strings.ContainsFunc(c.Name, func(r rune) bool { return !plain(r) }):
		return fmt.Errorf("converter %q: a name is letters, digits, dots, hyphens and underscores", c.Name)
	case len(c.Command) == 0:
		return fmt.Errorf("converter %s: it has no command", c.Name)
	case len(c.Formats)+len(c.Extensions)+len(c.MediaTypes) == 0:
		return fmt.Errorf("converter %s: name formats, extensions or media_types that it is for", c.Name)
	case c.Timeout < 0 || c.MemoryMiB < 0 || c.OutputMiB < 0:
		return fmt.Errorf("converter %s: a limit below 0", c.Name)
	}
	if _, err := exec.LookPath(c.Command[0]); err != nil {
		return fmt.Errorf("converter %s: %w", c.Name, err)
	}
	return nil
}

// Takes tells whether the converter is for a content of a format, as a gap would name it, with an extension and a media type, each
// empty where not known.
func (c *Converter) Takes(formatName, extension, mediaType string) bool {
	has := func(list []string, word string) bool {
		return word != "" && slices.ContainsFunc(list, func(s string) bool {
			return strings.EqualFold(strings.TrimPrefix(s, "."), strings.TrimPrefix(word, "."))
		})
	}
	return has(c.Formats, formatName) || has(c.Extensions, extension) || has(c.MediaTypes, mediaType)
}

// Conversion is a program at work: its output is the text. Read it to its end or not, and Close it.
type Conversion struct {
	c      *Converter
	ctx    context.Context
	cancel context.CancelFunc
	cmd    *exec.Cmd
	out    io.ReadCloser
	left   int64
	over   bool
	folder string
	fed    chan error // how the reading of the content ended
	ended  bool       // the text was read to its end
}

// Start runs the program over a content. It reads the content in a goroutine of its own, which has ended when Close returns. An
// error says that the program could not be started.
func (c *Converter) Start(ctx context.Context, content io.Reader) (*Conversion, error) {
	timeout := c.Timeout
	if timeout == 0 {
		timeout = time.Minute
	}
	v := &Conversion{c: c, left: mib(c.OutputMiB, 64)}
	v.ctx, v.cancel = context.WithTimeout(ctx, timeout)
	if err := v.start(content, timeout); err != nil {
		v.cancel()
		return nil, errors.Join(fmt.Errorf("converter %s: %w", c.Name, err), v.remove())
	}
	return v, nil
}

func mib(n, otherwise int64) int64 {
	if n == 0 {
		n = otherwise
	}
	return n << 20
}

func (v *Conversion) start(content io.Reader, timeout time.Duration) error {
	args := slices.Clone(v.c.Command)
	if slices.ContainsFunc(args[1:], func(a string) bool { return strings.Contains(a, placeholder) }) {
		path, err := v.file(content)
		if err != nil {
			return err
		}
		for i := range args[1:] {
			args[i+1] = strings.ReplaceAll(args[i+1], placeholder, path)
		}
		content = strings.NewReader("")
	}
	v.cmd = exec.CommandContext(v.ctx, args[0], args[1:]...)
	v.cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	v.cmd.Dir = string(filepath.Separator)
	ownGroup(v.cmd)
	in, err := v.cmd.StdinPipe()
	if err != nil {
		return err
	}
	if v.out, err = v.cmd.StdoutPipe(); err != nil {
		return err
	}
	if err := v.cmd.Start(); err != nil {
		return err
	}
	bound(v.cmd.Process.Pid, mib(v.c.MemoryMiB, 1024), timeout)
	v.fed = make(chan error, 1)
	go func() { v.fed <- feed(in, content) }()
	return nil
}

// feed gives the program its input. That it takes no more, or has ended, is no error.
func feed(in io.WriteCloser, content io.Reader) error {
	defer in.Close()
	buf := make([]byte, format.ChunkSize)
	for {
		n, err := content.Read(buf)
		if _, stopped := in.Write(buf[:n]); stopped != nil || err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// file writes the content where only this user can read it.
func (v *Conversion) file(content io.Reader) (path string, err error) {
	if v.folder, err = os.MkdirTemp("", "chartroom-"); err != nil { // with mode 0700
		return "", err
	}
	path = filepath.Join(v.folder, "content")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(f, content)
	return path, errors.Join(err, f.Close())
}

func (v *Conversion) remove() error {
	if v.folder == "" {
		return nil
	}
	return os.RemoveAll(v.folder)
}

// Read reads the text. It ends where the program ends; whether that went well is for Close to tell.
func (v *Conversion) Read(p []byte) (int, error) {
	if v.left <= 0 {
		v.over = true
		return 0, io.EOF
	}
	n, err := v.out.Read(p[:min(int64(len(p)), v.left)])
	v.left -= int64(n)
	if err != nil {
		v.ended = err == io.EOF
		err = io.EOF
	}
	return n, err
}

// Close ends the program, and tells what kept it from turning all of the content into text: a format.ErrLimit for its time or its
// output, a format.ErrDamaged where it failed. What was not read of the text is no error.
func (v *Conversion) Close() error {
	defer v.cancel()
	abandoned := !v.ended
	if abandoned {
		kill(v.cmd)
	}
	late := v.ctx.Err() != nil
	err := v.cmd.Wait()
	kill(v.cmd) // what it left running
	unread := <-v.fed
	late = late || errors.Is(v.ctx.Err(), context.DeadlineExceeded)
	if rm := v.remove(); rm != nil {
		return fmt.Errorf("converter %s: remove its file: %w", v.c.Name, rm)
	}
	var exit *exec.ExitError
	switch {
	case v.over:
		return fmt.Errorf("converter %s: more than %d MiB of text: %w", v.c.Name, mib(v.c.OutputMiB, 64)>>20, format.ErrLimit)
	case late:
		return fmt.Errorf("converter %s: it was not done in time: %w", v.c.Name, format.ErrLimit)
	case unread != nil:
		return unread
	case abandoned || err == nil:
		return nil
	case errors.As(err, &exit) && exit.ExitCode() >= 0:
		return format.Damaged("converter %s ended with status %d", v.c.Name, exit.ExitCode())
	case errors.As(err, &exit):
		return fmt.Errorf("converter %s: it was killed, as for memory or processor time: %w", v.c.Name, format.ErrLimit)
	}
	return format.Damaged("converter %s could not read all of the content", v.c.Name)
}
