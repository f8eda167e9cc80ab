// Package strict reads settings from YAML so that nothing is passed over: each word that is not known and each value that does not fit is
// a mistake, told with its line and column, and all of them are told at once. No mistake shows lines of the file: a secret may stand
// where it should not.
package strict

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"sort"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Mistake is one mistake.
type Mistake struct {
	Line    int    `json:"line"` // from 1; 0 = of no one place
	Column  int    `json:"column"`
	Path    string `json:"path"`    // of the setting: targets[2].limits.rate
	Message string `json:"message"` // what is wrong, and what would be right
}

// Mistakes are all mistakes of a file, in their order.
type Mistakes []Mistake

// Error gives them, one a line.
func (m Mistakes) Error() string {
	lines := make([]string, len(m))
	for i := range m {
		lines[i] = m[i].String()
	}
	return strings.Join(lines, "\n")
}

// String gives line, column, and what is wrong.
func (m Mistake) String() string {
	text := m.Message
	if m.Path != "" {
		text = m.Path + ": " + text
	}
	if m.Line == 0 {
		return text
	}
	return fmt.Sprintf("%d:%d: %s", m.Line, m.Column, text)
}

// Shaped is a setting with several parts that says how it is written, where somebody wrote it otherwise.
type Shaped interface{ Shape() string }

// Document is a file that was read. It knows where each setting stands.
type Document struct {
	places   map[string]*token.Position
	mistakes Mistakes
}

// Read reads a file into a pointer to a struct, whose fields are named by their yaml tags.
func Read(raw []byte, into any) *Document {
	d := &Document{places: map[string]*token.Position{}}
	file, err := parser.ParseBytes(raw, 0)
	if err != nil {
		d.fail("", nil, err)
		return d
	}
	for i, doc := range file.Docs {
		switch {
		case doc.Body == nil:
		case i > 0:
			d.add("", doc.Body, "a second document begins here; everything belongs into one")
		default:
			d.value(doc.Body, reflect.ValueOf(into).Elem(), "")
		}
	}
	return d
}

// Line tells in which line a setting stands, 0 where it does not.
func (d *Document) Line(path string) int {
	if p := d.places[path]; p != nil {
		return p.Line
	}
	return 0
}

// Wrong adds a mistake of a setting. Where it is not there, that of the one that it belongs to is its place.
func (d *Document) Wrong(path, format string, args ...any) {
	m := Mistake{Path: path, Message: fmt.Sprintf(format, args...)}
	for at := path; ; {
		if p := d.places[at]; p != nil {
			m.Line, m.Column = p.Line, p.Column
			break
		}
		i := strings.LastIndexAny(at, ".[")
		if i < 0 {
			break
		}
		at = at[:i]
	}
	d.mistakes = append(d.mistakes, m)
}

// Mistakes gives all mistakes in the order of the file; nil where there are none.
func (d *Document) Mistakes() Mistakes {
	sort.SliceStable(d.mistakes, func(i, j int) bool {
		a, b := d.mistakes[i], d.mistakes[j]
		return a.Line < b.Line || a.Line == b.Line && a.Column < b.Column
	})
	return d.mistakes
}

func (d *Document) add(path string, n ast.Node, format string, args ...any) {
	m := Mistake{Path: path, Message: fmt.Sprintf(format, args...)}
	if t := n.GetToken(); t != nil && t.Position != nil {
		m.Line, m.Column = t.Position.Line, t.Position.Column
	}
	d.mistakes = append(d.mistakes, m)
}

// fail takes over an error of the parser, without the lines of the file that it would show.
func (d *Document) fail(path string, n ast.Node, err error) {
	m := Mistake{Path: path, Message: err.Error()}
	var e yaml.Error
	if errors.As(err, &e) {
		m.Message = e.GetMessage()
		if t := e.GetToken(); t != nil && t.Position != nil {
			m.Line, m.Column = t.Position.Line, t.Position.Column
		}
	}
	if m.Line == 0 && n != nil {
		d.add(path, n, "%s", m.Message)
		return
	}
	d.mistakes = append(d.mistakes, m)
}

// value reads a setting, and those within it.
func (d *Document) value(n ast.Node, v reflect.Value, path string) {
	if t := n.GetToken(); t != nil && d.places[path] == nil {
		d.places[path] = t.Position
	}
	switch n.(type) {
	case *ast.NullNode:
		return
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		d.add(path, n, "anchors, aliases and tags are not understood; write the value itself")
		return
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	_, scalar := n.(ast.ScalarNode)
	switch kind := v.Kind(); {
	case leaf(v):
		d.leaf(n, v, path)
	case scalar:
		shape := map[reflect.Kind]string{reflect.Struct: "settings belong here, a line each, as name: value", reflect.Map: "names and values belong here, a line each",
			reflect.Slice: "a list belongs here: a line each, with a hyphen before it"}[kind]
		if s, ok := v.Addr().Interface().(Shaped); ok {
			shape = s.Shape()
		}
		d.add(path, n, "%s", shape)
	case kind == reflect.Slice:
		d.list(n, v, path)
	default:
		d.mapping(n, v, path)
	}
}

// leaf tells whether a setting has no parts of its own.
func leaf(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Struct, reflect.Slice, reflect.Map:
		return unmarshals(v)
	}
	return true
}

// unmarshals tells whether a type reads itself.
func unmarshals(v reflect.Value) bool {
	switch v.Addr().Interface().(type) {
	case yaml.BytesUnmarshaler, encoding.TextUnmarshaler:
		return true
	}
	return false
}

func (d *Document) leaf(n ast.Node, v reflect.Value, path string) {
	if _, ok := n.(ast.ScalarNode); !ok {
		d.add(path, n, "one value belongs here, not several")
		return
	}
	_, whole := n.(*ast.IntegerNode)
	if _, duration := v.Interface().(time.Duration); v.CanInt() && !duration && !whole && !unmarshals(v) {
		d.add(path, n, "a whole number belongs here")
		return
	}
	if err := yaml.NodeToValue(n, v.Addr().Interface(), yaml.Strict()); err != nil {
		var e *yaml.TypeError
		var over *yaml.OverflowError
		switch {
		case errors.As(err, &e) || errors.As(err, &over):
			d.add(path, n, "%s belongs here", plain(v.Kind()))
		default:
			d.fail(path, n, err)
		}
	}
}

func plain(k reflect.Kind) string {
	switch {
	case k >= reflect.Int && k <= reflect.Uint64:
		return "a whole number"
	case k == reflect.Bool:
		return "true or false"
	}
	return "a text"
}

func (d *Document) list(n ast.Node, v reflect.Value, path string) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		d.add(path, n, "a list belongs here: a line each, with a hyphen before it")
		return
	}
	out := reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values))
	for i, item := range seq.Values {
		d.value(item, out.Index(i), fmt.Sprintf("%s[%d]", path, i))
	}
	v.Set(out)
}

func (d *Document) mapping(n ast.Node, v reflect.Value, path string) {
	var entries []*ast.MappingValueNode
	switch m := n.(type) {
	case *ast.MappingNode:
		entries = m.Values
	case *ast.MappingValueNode:
		entries = []*ast.MappingValueNode{m}
	default:
		d.add(path, n, "names and values belong here, not a list")
		return
	}
	if len(entries) > 0 && strings.HasSuffix(path, "]") { // the place of a list's entry is that of its first word
		d.places[path] = entries[0].Key.GetToken().Position
	}
	for _, e := range entries {
		name := e.Key.GetToken().Value
		inner := name
		if path != "" {
			inner = path + "." + name
		}
		d.places[inner] = e.Key.GetToken().Position
		if v.Kind() == reflect.Map {
			if v.IsNil() {
				v.Set(reflect.MakeMap(v.Type()))
			}
			item := reflect.New(v.Type().Elem()).Elem()
			d.value(e.Value, item, inner)
			v.SetMapIndex(reflect.ValueOf(name), item)
			continue
		}
		fields := fieldsOf(v)
		if f, ok := fields[name]; ok {
			d.value(e.Value, f, inner)
			continue
		}
		d.add(path, e.Key, "there is no setting %s%s", name, meant(name, fields))
	}
}

// fieldsOf gives the settings of a struct, with those of what is inlined.
func fieldsOf(v reflect.Value) map[string]reflect.Value {
	out := map[string]reflect.Value{}
	for i := range v.NumField() {
		name, option, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		switch {
		case option == "inline":
			for n, f := range fieldsOf(v.Field(i)) {
				out[n] = f
			}
		case name != "" && name != "-":
			out[name] = v.Field(i)
		}
	}
	return out
}

// meant says which setting a misspelt one may be, or which there are.
func meant(name string, fields map[string]reflect.Value) string {
	names := make([]string, 0, len(fields))
	for n := range fields {
		names = append(names, n)
	}
	sort.Strings(names)
	if n := Nearest(name, names); n != "" {
		return "; is " + n + " meant?"
	}
	return "; there are " + strings.Join(names, ", ")
}

// Nearest gives the word that a misspelt one is most likely to be: one with few letters wrong, missing or too many. "" = none is near.
func Nearest(word string, words []string) string {
	best, least := "", max(2, len(word)/3)+1
	for _, w := range words {
		if n := distance(strings.ToLower(word), strings.ToLower(w)); n < least && n < min(len(word), len(w))-1 {
			best, least = w, n
		}
	}
	return best
}

// distance counts the letters to change (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
