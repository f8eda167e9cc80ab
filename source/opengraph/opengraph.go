// Package opengraph reads graphs that other tools have collected, in the form of BloodHound OpenGraph, and tells their nodes and edges as
// they stand. What an edge gives is for package access/opengraph.
package opengraph

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/estate/opengraph"
	"github.com/chartroom/chartroom/source"
)

// Limits of a file.
const (
	maxElement   = 1 << 20 // bytes of one node or edge
	maxDepth     = 64      // of what is passed over
	mistakesTold = 100     // nodes and edges that cannot be read and are told one by one
)

// Graph is a file of OpenGraph: a source that has no items, only grants.
type Graph struct{ path, scope string }

// New makes the source of a file. The scope is what its nodes are told under; "" = the file's name.
func New(path, scope string) *Graph {
	if scope == "" {
		scope = source.Display(filepath.Base(path))
	}
	return &Graph{path, scope}
}

// Repository is the file.
func (g *Graph) Repository() estate.Repository {
	abs, err := filepath.Abs(g.path)
	if err != nil {
		abs = g.path
	}
	return estate.Repository{Name: opengraph.System + "://" + source.Display(abs), Kind: opengraph.System}
}

// Items gives nothing: a graph has no items.
func (g *Graph) Items(context.Context, func(source.Listed) error) error { return nil }

// Open opens nothing.
func (g *Graph) Open(context.Context, source.Item) (io.ReadCloser, error) {
	return nil, errors.New("a graph has nothing to open")
}

// Grants tells nodes and edges in the order of the file. What cannot be read is a fact of the kind unseen. It returns an error only where
// yield does, the context ends, or the file cannot be read at all.
func (g *Graph) Grants(ctx context.Context, yield func(estate.Grant) error) error {
	f, err := os.Open(g.path)
	if err != nil {
		return fmt.Errorf("read graph: %w", err)
	}
	defer f.Close()
	keep, err := matched(f)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return fmt.Errorf("read graph %s: %w", g.path, err)
	}
	r := newReader(f)
	r.tell = func(x estate.Grant) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		x.System, x.Scope, x.From = opengraph.System, g.scope, source.Display(filepath.Base(g.path))
		return yield(x)
	}
	r.keep = keep
	if err := r.file(); err != nil {
		return err
	}
	b, _ := json.Marshal(r.read)
	return r.tell(estate.Grant{Kind: opengraph.KindFile, Principal: source.Display(filepath.Base(g.path)), Detail: string(b)})
}

// matched gives the properties by which edges of the file name nodes: they are kept of each node.
func matched(f io.Reader) (map[string]bool, error) {
	word := []byte(`"property_matchers"`)
	in := bufio.NewReaderSize(f, 256<<10)
	keys := map[string]bool{}
	for {
		chunk, err := in.Peek(in.Size())
		at := bytes.Index(chunk, word)
		switch {
		case at >= 0:
			in.Discard(at + len(word))
			head, _ := in.Peek(4 << 10)
			for _, k := range keysOf(head) {
				if len(keys) < 64 && !secret(k) {
					keys[k] = true
				}
			}
		case err == io.EOF:
			return keys, nil
		case err != nil:
			return nil, err
		default:
			in.Discard(len(chunk) - len(word) + 1)
		}
	}
}

// keysOf reads the keys of a list of matchers, which stands behind a colon.
func keysOf(text []byte) (keys []string) {
	dec := json.NewDecoder(bytes.NewReader(bytes.TrimLeft(text, " \t\r\n:")))
	if t, err := dec.Token(); err != nil || t != json.Delim('[') {
		return nil
	}
	for dec.More() {
		var m opengraph.Matcher
		if dec.Decode(&m) != nil {
			break
		}
		keys = append(keys, m.Key)
	}
	return keys
}
