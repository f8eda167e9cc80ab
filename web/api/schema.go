package api

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
	"time"
)

// schemas are the JSON Schemas of types, each under a name.
type schemas struct {
	all   map[string]any
	names map[string]string // name of a schema by that of its type with its package
}

// of gives the schema of a value's type.
func (s *schemas) of(v any) map[string]any { return s.typed(reflect.TypeOf(v)) }

func (s *schemas) typed(t reflect.Type) map[string]any {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return map[string]any{"type": "string", "format": "date-time"}
	case t == reflect.TypeFor[json.RawMessage]():
		return map[string]any{}
	case t.Implements(reflect.TypeFor[encoding.TextMarshaler]()) || t.Implements(reflect.TypeFor[json.Marshaler]()) && t.Kind() != reflect.Pointer:
		return s.marshalled(t)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return map[string]any{"anyOf": []any{s.typed(t.Elem()), map[string]any{"type": "null"}}}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Float32, reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.String:
		return text()
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return map[string]any{"type": "string", "contentEncoding": "base64"}
		}
		return map[string]any{"type": "array", "items": s.typed(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": s.typed(t.Elem())}
	case reflect.Struct:
		return s.object(t)
	case reflect.Interface:
		return map[string]any{}
	}
	return map[string]any{"type": "integer"}
}

// marshalled is a type that writes itself: what it writes of its zero value tells its kind.
func (s *schemas) marshalled(t reflect.Type) map[string]any {
	b, err := json.Marshal(reflect.Zero(t).Interface())
	if err != nil || len(b) == 0 {
		return map[string]any{}
	}
	switch b[0] {
	case '"':
		return text()
	case '[':
		return map[string]any{"type": "array"}
	case '{':
		return map[string]any{"type": "object"}
	case 't', 'f':
		return map[string]any{"type": "boolean"}
	case 'n':
		return map[string]any{}
	}
	return map[string]any{"type": "number"}
}

// object gives a reference to the schema of a struct, which is made where there is none yet.
func (s *schemas) object(t reflect.Type) map[string]any {
	if t.Name() == "" {
		return s.fields(t)
	}
	full := t.PkgPath() + "." + t.Name()
	name, known := s.names[full]
	if !known {
		name = t.Name()
		if _, taken := s.all[name]; taken {
			name = t.PkgPath()[strings.LastIndexByte(t.PkgPath(), '/')+1:] + "-" + name
		}
		s.names[full] = name
		s.all[name] = map[string]any{} // it may hold itself
		s.all[name] = s.fields(t)
	}
	return map[string]any{"$ref": "#/components/schemas/" + name}
}

func (s *schemas) fields(t reflect.Type) map[string]any {
	properties, required := map[string]any{}, []string{}
	s.into(t, properties, &required)
	return map[string]any{"type": "object", "properties": properties, "required": required}
}

// into adds the fields of a struct, those of embedded ones as its own.
func (s *schemas) into(t reflect.Type, properties map[string]any, required *[]string) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-", !f.IsExported() && !f.Anonymous:
			continue
		case f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct:
			s.into(f.Type, properties, required)
			continue
		case name == "":
			name = f.Name
		}
		schema := s.typed(f.Type)
		omitted := strings.Contains(options, "omit")
		if k := f.Type.Kind(); (k == reflect.Slice || k == reflect.Map) && !omitted {
			schema = map[string]any{"anyOf": []any{schema, map[string]any{"type": "null"}}}
		}
		properties[name] = schema
		if !omitted {
			*required = append(*required, name)
		}
	}
}
