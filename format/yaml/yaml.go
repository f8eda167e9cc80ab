// Package yaml reads YAML 1.2 by way of JSON, of which it is a superset: block and flow collections are written out as JSON while
// they are read, line by line, and the reader of JSON finds the records in them.
//
// Limits: aliases are not followed, so that a document which refers to itself over and over costs nothing, and they are reported;
// keys that are collections themselves are read as text; a comment is a value of the key "comment" where it stands between
// lines, and is passed over behind a value.
package yaml

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/charset"
	"github.com/chartroom/chartroom/format/json"
)

// Reader reads YAML.
type Reader struct{}

// Name implements format.Reader.
func (Reader) Name() string { return "yaml/1" }

// Claims implements format.Reader: by the extension, since most texts could be YAML, or by the directive.
func (Reader) Claims(name string, head []byte) format.Claim {
	if len(head) == 0 || !charset.IsText(head) {
		return format.No
	}
	switch ext := strings.ToLower(path.Ext(name)); {
	case bytes.HasPrefix(charset.Head(head), []byte("%YAML ")):
		return format.Certain
	case ext == ".yaml" || ext == ".yml":
		return format.Likely
	}
	return format.No
}

// Read implements format.Reader.
func (Reader) Read(ctx context.Context, in format.Input, out format.Output) error {
	src, _ := charset.Reader(in.Head, in.Body)
	t := &transcoder{src: bufio.NewReaderSize(src, maxLine)}
	body := bufio.NewReaderSize(t, format.HeadSize)
	head, err := body.Peek(format.HeadSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	err = json.Reader{}.Read(ctx, format.Input{Name: in.Name, Size: -1, Head: head, Body: body, Depth: in.Depth}, out)
	if t.aliases > 0 {
		out.Gap(estate.GapNotFollowed, fmt.Sprintf("%d aliases", t.aliases))
	}
	if t.odd > 0 && err == nil {
		out.Gap(estate.GapDamaged, fmt.Sprintf("%d lines that are no YAML, the first is line %d", t.odd, t.firstOdd))
	}
	return err
}
