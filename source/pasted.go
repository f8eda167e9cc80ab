package source

import (
	"bytes"
	"context"
	"io"

	"github.com/chartroom/chartroom/estate"
)

// Pasted is a source of one item that stands in memory alone: what somebody pasted into a terminal.
func Pasted(name string, data []byte) Source { return &pasted{name, data} }

type pasted struct {
	name string
	data []byte
}

// Repository implements Source.
func (p *pasted) Repository() estate.Repository {
	return estate.Repository{Name: p.name, Kind: "pasted"}
}

// Items yields the item.
func (p *pasted) Items(_ context.Context, yield func(Listed) error) error {
	return yield(Listed{Item: Item{Path: p.name, Bytes: int64(len(p.data))}})
}

// Open opens it.
func (p *pasted) Open(context.Context, Item) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(p.data)), nil
}

// Grants knows nothing.
func (p *pasted) Grants(context.Context, func(estate.Grant) error) error { return nil }
