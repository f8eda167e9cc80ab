// Package claims reads what an attacker shows from where the command line names it: files and folders, and what is pasted.
package claims

import (
	"fmt"
	"io"

	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/source"
	"github.com/chartroom/chartroom/source/files"
)

// mostPasted is how much text from a terminal or a pipe is read: 64 MiB.
const mostPasted = 64 << 20

// Source opens a file or a folder; "-" is text from a terminal or a pipe.
func Source(path string, stdin io.Reader) (source.Source, error) {
	if path != "-" {
		return files.Open(path, "")
	}
	text, err := io.ReadAll(io.LimitReader(stdin, mostPasted+1))
	if err != nil {
		return nil, fmt.Errorf("read the sample from standard input: %w", err)
	}
	if len(text) > mostPasted {
		return nil, fmt.Errorf("more than %s were pasted; put the sample in a file, on a machine that is kept for such things", show.Size(mostPasted))
	}
	return source.Pasted("pasted text", text), nil
}

// Leaks opens the files of leaks that were public before.
func Leaks(paths []string) (out []source.Source, err error) {
	for _, p := range paths {
		src, err := files.Open(p, "")
		if err != nil {
			return nil, err
		}
		out = append(out, src)
	}
	return out, nil
}
