package avro

import (
	"encoding/json"
	"strings"

	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/typed"
)

// kind is a type of Avro's.
type kind uint8

const (
	null kind = iota
	boolean
	integer // int and long
	float
	double
	binaryBytes
	text
	fixed
	enum
	record
	union
	array
	mapping
)

// primitives by name.
var primitives = map[string]kind{
	"null": null, "boolean": boolean, "int": integer, "long": integer, "float": float, "double": double, "bytes": binaryBytes, "string": text,
}

// meaning is how a value is shown (the specification's "Logical Types").
type meaning uint8

const (
	asIs meaning = iota
	asDate
	asTime
	asTimestamp
	asDecimal
	asUUID
)

// logicals by name.
var logicals = map[string]struct {
	show meaning
	unit typed.Unit
}{
	"date": {show: asDate}, "decimal": {show: asDecimal}, "uuid": {show: asUUID},
	"time-millis": {asTime, typed.Millis}, "time-micros": {asTime, typed.Micros},
	"timestamp-millis": {asTimestamp, typed.Millis}, "timestamp-micros": {asTimestamp, typed.Micros}, "timestamp-nanos": {asTimestamp, typed.Nanos},
	"local-timestamp-millis": {asTimestamp, typed.Millis}, "local-timestamp-micros": {asTimestamp, typed.Micros},
	"local-timestamp-nanos": {asTimestamp, typed.Nanos},
}

// Limits of a schema.
const (
	maxNodes = 1 << 17
	maxDepth = 100
	maxFixed = 16 << 20
	maxPath  = 400 // bytes of a path that are kept
)

// node is a part of a schema, where it stands.
type node struct {
	kind    kind
	show    meaning
	unit    typed.Unit
	scale   int
	size    int // of a fixed
	symbols []string
	parts   []*node // fields of a record, branches of a union, the one type of an array's or map's values
	leaf    *leaf   // where its values stand; of a map, its keys
}

// leaf is a place.
type leaf struct {
	path   string
	column int
	opaque int64 // binary values that nothing is known of
}

// column makes a place.
func (c *container) column(path, name string) int {
	n := c.rows.Column(path, name)
	c.leafs = append(c.leafs, &leaf{path: path, column: n})
	return n
}

// definition is a named type.
type definition struct {
	schema map[string]any
	space  string
	open   *node // while the walk stands within it
	done   *node // where it was met first
}

// parser makes nodes of a schema.
type parser struct {
	c     *container
	named map[string]*definition
	nodes int
}

// spot is where the walk stands.
type spot struct {
	path, name, space string
	depth             int
}

func (s spot) child(name string) spot {
	s.name = name
	if s.path == "" {
		s.path = name
	} else {
		s.path += "." + name
	}
	return s
}

// errSchema is what is wrong with all wrong schemas. Where it is wrong is not said: its words are the file's.
var errSchema = format.Damaged("schema")

func (p *parser) parse(b []byte) (*node, error) {
	var schema any
	if err := json.Unmarshal(b, &schema); err != nil {
		return nil, errSchema
	}
	return p.walk(schema, spot{})
}

// walk makes the node of a schema: a name, a union's list, or an object.
func (p *parser) walk(schema any, at spot) (*node, error) {
	p.nodes++
	if at.depth++; at.depth > maxDepth || p.nodes > maxNodes {
		return nil, errSchema
	}
	switch s := schema.(type) {
	case string:
		if k, ok := primitives[s]; ok {
			return p.node(k, at), nil
		}
		return p.reference(s, at)
	case []any:
		n := p.node(union, at)
		for _, branch := range s {
			part, err := p.walk(branch, at)
			if err != nil {
				return nil, err
			}
			n.parts = append(n.parts, part)
		}
		return n, nil
	case map[string]any:
		return p.object(s, at)
	}
	return nil, errSchema
}

// node makes a node, and the place of a type that has values.
func (p *parser) node(k kind, at spot) *node {
	n := &node{kind: k}
	if k == mapping {
		at.path += ".key"
	}
	if k != null && k != record && k != union && k != array {
		if len(at.path) > maxPath {
			at.path = "..." + strings.ToValidUTF8(at.path[len(at.path)-maxPath:], "")
		}
		if at.path == "" || at.path[0] == '.' {
			at.path = "$" + at.path
		}
		p.c.column(at.path, at.name)
		n.leaf = p.c.leafs[len(p.c.leafs)-1]
	}
	return n
}

// reference takes a type by its name. Each place where a type is used has places of its own, but a type within itself, and what is
// beyond the limit, shares those of the first.
func (p *parser) reference(name string, at spot) (*node, error) {
	d := p.named[name]
	if full := fullName(name, at.space); d == nil || p.named[full] != nil {
		d = p.named[full]
	}
	switch {
	case d == nil:
		return nil, errSchema
	case d.open != nil:
		return d.open, nil
	case p.nodes > maxNodes/2 && d.done != nil:
		return d.done, nil
	}
	at.space = d.space
	return p.define(d, at)
}

func fullName(name, space string) string {
	if space == "" || strings.Contains(name, ".") {
		return name
	}
	return space + "." + name
}

// object takes a schema that is a JSON object.
func (p *parser) object(s map[string]any, at spot) (*node, error) {
	name, _ := s["type"].(string)
	switch name {
	case "record", "error", "enum", "fixed":
		own, _ := s["name"].(string)
		if space, ok := s["namespace"].(string); ok {
			at.space = space
		}
		if i := strings.LastIndexByte(own, '.'); i >= 0 {
			at.space = own[:i]
		}
		d := &definition{schema: s, space: at.space}
		p.named[fullName(own, at.space)] = d
		return p.define(d, at)
	case "array", "map":
		k, key := array, "items"
		if name == "map" {
			k, key = mapping, "values"
		}
		n := p.node(k, at)
		if k == mapping {
			at.path += ".value"
		}
		part, err := p.walk(s[key], at)
		n.parts = []*node{part}
		return n, err
	}
	n, err := p.walk(s["type"], at)
	if err == nil && primitives[name] != null {
		n.logical(s)
	}
	return n, err
}

// define makes the node of a record, an enum or a fixed.
func (p *parser) define(d *definition, at spot) (*node, error) {
	k := map[string]kind{"enum": enum, "fixed": fixed}[d.schema["type"].(string)]
	if k == null {
		k = record
	}
	n := p.node(k, at)
	d.open = n
	defer func() { d.open, d.done = nil, n }()
	switch k {
	case enum:
		symbols, _ := d.schema["symbols"].([]any)
		for _, s := range symbols {
			symbol, _ := s.(string)
			n.symbols = append(n.symbols, symbol)
		}
	case fixed:
		size, ok := d.schema["size"].(float64)
		if !ok || size < 0 || size > maxFixed {
			return nil, errSchema
		}
		n.size = int(size)
		n.logical(d.schema)
	default:
		fields, _ := d.schema["fields"].([]any)
		for _, f := range fields {
			field, _ := f.(map[string]any)
			name, _ := field["name"].(string)
			part, err := p.walk(field["type"], at.child(format.Shown(name)))
			if err != nil {
				return nil, err
			}
			n.parts = append(n.parts, part)
		}
	}
	return n, nil
}

// logical takes over a logical type that fits the node's own.
func (n *node) logical(s map[string]any) {
	name, _ := s["logicalType"].(string)
	l, ok := logicals[name]
	if !ok {
		return
	}
	switch l.show {
	case asDecimal:
		ok = n.kind == binaryBytes || n.kind == fixed
	case asUUID:
		ok = n.kind == fixed && n.size == 16
	default:
		ok = n.kind == integer
	}
	if !ok {
		return
	}
	n.show, n.unit = l.show, l.unit
	if scale, _ := s["scale"].(float64); scale > 0 && scale <= typed.MaxScale {
		n.scale = int(scale)
	}
}
