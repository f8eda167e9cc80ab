package opengraph

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/estate/opengraph"
	"github.com/chartroom/chartroom/source"
)

// reader reads one file, element by element.
type reader struct {
	guard *guard
	dec   *json.Decoder
	keep  map[string]bool
	tell  func(estate.Grant) error
	read  opengraph.Read
	wrong int
}

// guard ends an element that is larger than any is.
type guard struct {
	src  io.Reader
	left int
}

var errElement = errors.New("one value has more than 1 MiB")

func (g *guard) Read(p []byte) (int, error) {
	if g.left <= 0 {
		return 0, errElement
	}
	n, err := g.src.Read(p[:min(len(p), g.left)])
	g.left -= n
	return n, err
}

func newReader(src io.Reader) *reader {
	g := &guard{src: src}
	return &reader{guard: g, dec: json.NewDecoder(g)}
}

// fault is an error of the file, not of whoever is told.
type fault struct{ error }

// file reads all of it. Where it breaks off, that is told.
func (r *reader) file() error {
	err := r.object(map[string]func() error{"graph": r.graph, "metadata": r.metadata, "data": r.classic})
	var f fault
	if !errors.As(err, &f) {
		return err
	}
	return r.unseen(fmt.Sprintf("behind %d nodes and %d edges nothing could be read: %v", r.read.Nodes, r.read.Edges, f.error))
}

func (r *reader) unseen(why string) error {
	return r.tell(estate.Grant{Kind: opengraph.KindUnseen, Why: why})
}

func (r *reader) token() (json.Token, error) {
	r.guard.left = maxElement
	t, err := r.dec.Token()
	if err != nil {
		return nil, r.fault(err)
	}
	return t, nil
}

// fault says what is wrong, and never what stands there.
func (r *reader) fault(err error) error {
	at := r.dec.InputOffset()
	switch {
	case errors.Is(err, errElement):
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		err = errors.New("the file ends too early")
	default:
		err = errors.New("this is no JSON")
	}
	return fault{fmt.Errorf("byte %d: %w", at, err)}
}

// object reads an object: each known name by its own function.
func (r *reader) object(known map[string]func() error) error {
	t, err := r.token()
	if err != nil {
		return err
	}
	if t != json.Delim('{') {
		return fault{errors.New("this is no OpenGraph: an object with graph in it belongs here")}
	}
	for r.dec.More() {
		name, err := r.token()
		if err != nil {
			return err
		}
		read := known[fmt.Sprint(name)]
		if read == nil {
			read = r.skip
		}
		if err := read(); err != nil {
			return err
		}
	}
	_, err = r.token()
	return err
}

// skip passes over a value.
func (r *reader) skip() error {
	for depth := 0; ; {
		t, err := r.token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
		if depth > maxDepth {
			return fault{fmt.Errorf("values stand deeper than %d in each other", maxDepth)}
		}
	}
}

func (r *reader) graph() error {
	return r.object(map[string]func() error{"nodes": func() error { return r.list(r.node) }, "edges": func() error { return r.list(r.edge) }})
}

// classic is the form of SharpHound and AzureHound.
func (r *reader) classic() error {
	return fault{errors.New("this is the form of SharpHound or AzureHound: load it into BloodHound, and export OpenGraph")}
}

func (r *reader) metadata() error {
	var m struct {
		Source string `json:"source_kind"`
	}
	r.guard.left = maxElement
	if err := r.decode(&m); err != nil && !bad(err) {
		return err
	}
	r.read.Source = source.Display(m.Source)
	return nil
}

// decode reads one value. One that is not as it should be is bad, and the next can be read.
func (r *reader) decode(into any) error {
	r.guard.left = maxElement
	err := r.dec.Decode(into)
	if err == nil || bad(err) {
		return err
	}
	return r.fault(err)
}

func bad(err error) bool {
	var te *json.UnmarshalTypeError
	return errors.As(err, &te)
}

// list reads a list, each element by a function that says what is wrong with it.
func (r *reader) list(element func() (wrong string, err error)) error {
	t, err := r.token()
	switch {
	case err != nil:
		return err
	case t == nil:
		return nil
	case t != json.Delim('['):
		return fault{errors.New("a list of nodes or edges belongs here")}
	}
	first := r.dec.InputOffset()
	for r.dec.More() {
		first = r.dec.InputOffset()
		wrong, err := element()
		if err != nil {
			return err
		}
		if wrong == "" {
			continue
		}
		if r.wrong++; r.wrong <= mistakesTold {
			if err := r.unseen(fmt.Sprintf("behind byte %d: %s", first, wrong)); err != nil {
				return err
			}
		} else if r.wrong == mistakesTold+1 {
			if err := r.unseen("more nodes and edges cannot be read"); err != nil {
				return err
			}
		}
	}
	_, err = r.token()
	return err
}

func (r *reader) node() (string, error) {
	var n opengraph.Node
	if err := r.decode(&n); err != nil && !bad(err) {
		return "", err
	} else if err != nil || n.ID == "" {
		return "this is no node", nil
	}
	r.read.Nodes++
	f := opengraph.Facts{Properties: map[string]any{}}
	for i, k := range n.Kinds {
		if i < 16 {
			f.Kinds = append(f.Kinds, source.Display(k))
		}
	}
	for k, v := range n.Properties {
		if kept[k] || r.keep[k] || strings.HasPrefix(k, "chartroom_") && !secret(k) {
			if v = short(v); v != nil {
				f.Properties[source.Display(k)] = v
			}
		}
	}
	b, err := json.Marshal(f)
	if err != nil {
		return "this is no node", nil
	}
	return "", r.tell(estate.Grant{Kind: opengraph.KindNode, Principal: source.Display(n.ID), Detail: string(b)})
}

// kept are the properties that are kept of every node. Others may hold anything.
var kept = map[string]bool{"name": true, "displayname": true, "samaccountname": true, "userprincipalname": true, "email": true, "enabled": true, "lastlogon": true, "lastlogontimestamp": true,
	"repository": true, "path": true, "custodian": true, "system": true, "domain": true}

// secret tells whether a property may hold what opens something.
func secret(key string) bool {
	key = strings.ToLower(key)
	return slices.ContainsFunc([]string{"password", "passwd", "secret", "token", "credential", "hash", "privatekey"}, func(w string) bool { return strings.Contains(key, w) })
}

// short keeps a value that is one, and not long.
func short(v any) any {
	switch v := v.(type) {
	case string:
		if len(v) > 1024 {
			return nil
		}
		return source.Display(v)
	case bool, float64:
		return v
	}
	return nil
}

// edge is what is read of an edge.
type edge struct {
	Kind       string             `json:"kind"`
	Start      opengraph.Endpoint `json:"start"`
	End        opengraph.Endpoint `json:"end"`
	Properties struct {
		Condition any `json:"chartroom_condition"`
		Verb      any `json:"chartroom_verb"`
	} `json:"properties"`
}

func (r *reader) edge() (string, error) {
	var e edge
	if err := r.decode(&e); err != nil && !bad(err) {
		return "", err
	} else if err != nil || e.Kind == "" || !whole(&e.Start) || !whole(&e.End) {
		return "this is no edge", nil
	}
	r.read.Edges++
	g := estate.Grant{Kind: opengraph.KindEdge, Principal: source.Display(e.Start.Value), Action: source.Display(e.Kind), Target: source.Display(e.End.Value)}
	var ends opengraph.Ends
	if !e.Start.ByID() {
		ends.Start = shown(&e.Start)
	}
	if !e.End.ByID() {
		ends.End = shown(&e.End)
	}
	ends.Condition, _ = short(e.Properties.Condition).(string)
	ends.Verb, _ = short(e.Properties.Verb).(string)
	if ends != (opengraph.Ends{}) {
		b, err := json.Marshal(ends)
		if err != nil {
			return "this is no edge", nil
		}
		g.Detail = string(b)
	}
	return "", r.tell(g)
}

// whole tells whether an endpoint names a node.
func whole(e *opengraph.Endpoint) bool {
	switch e.MatchBy {
	case "", "id", "name":
		return e.Value != "" && len(e.Matchers) == 0
	case "property":
		for _, m := range e.Matchers {
			if m.Key == "" || secret(m.Key) || m.Operator != "equals" || short(m.Value) == nil {
				return false
			}
		}
		return len(e.Matchers) > 0 && len(e.Matchers) <= 16
	}
	return false
}

// shown makes an endpoint fit to be kept.
func shown(e *opengraph.Endpoint) *opengraph.Endpoint {
	out := &opengraph.Endpoint{Kind: source.Display(e.Kind), MatchBy: e.MatchBy, Value: source.Display(e.Value)}
	for _, m := range e.Matchers {
		out.Matchers = append(out.Matchers, opengraph.Matcher{Key: source.Display(m.Key), Operator: m.Operator, Value: short(m.Value)})
	}
	return out
}
