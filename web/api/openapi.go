// Package api describes the API of the web room as OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.1), out of what its table of routes says
// and out of the Go types of the answers.
package api

import (
	"net/http"
	"slices"
	"strings"
)

// Param is a parameter of the address.
type Param struct {
	Name   string
	Type   string // integer or boolean; "" = string
	Many   bool   // it may come several times
	Needed bool
	About  string
}

// Operation is one question that the API answers.
type Operation struct {
	Method, Path string
	About        string
	Role         string // the least that may ask
	Params       []Param
	Answer       any  // a value of the answer's type; nil = none
	Body         bool // it takes bytes
}

// Describe gives the description, ready to be written as JSON.
func Describe(version string, operations []Operation) map[string]any {
	s := &schemas{all: map[string]any{}, names: map[string]string{}}
	paths := map[string]any{}
	for _, o := range operations {
		item, _ := paths[o.Path].(map[string]any)
		if item == nil {
			item = map[string]any{}
			paths[o.Path] = item
		}
		item[strings.ToLower(o.Method)] = s.operation(o)
	}
	return map[string]any{
		"openapi":  "3.1.1",
		"info":     map[string]any{"title": "Chartroom", "version": version, "description": "Where patient data lives, who can reach it, and what is lost with one login. No answer holds a value of a person."},
		"paths":    paths,
		"security": []any{map[string]any{"token": []any{}}},
		"components": map[string]any{
			"schemas":         s.all,
			"securitySchemes": map[string]any{"token": map[string]any{"type": "http", "scheme": "bearer"}},
			"responses": map[string]any{"Error": map[string]any{"description": "What went wrong, and what to do.", "content": content(map[string]any{
				"type": "object", "required": []string{"error"}, "properties": map[string]any{"error": text(), "hint": text()}})}},
		},
	}
}

func text() map[string]any { return map[string]any{"type": "string"} }

func content(schema any) map[string]any {
	return map[string]any{"application/json": map[string]any{"schema": schema}}
}

func (s *schemas) operation(o Operation) map[string]any {
	name := strings.Trim(strings.NewReplacer("/api/v1/", "", "/", "-", "{", "", "}", "").Replace(o.Path), "-")
	ok := map[string]any{"description": "The answer."}
	if o.Answer != nil {
		ok["content"] = content(s.of(o.Answer))
	}
	op := map[string]any{
		"operationId": strings.ToLower(o.Method) + "-" + name,
		"summary":     o.About,
		"description": "Needs at least the role " + o.Role + ".",
		"responses":   map[string]any{"200": ok, "default": map[string]any{"$ref": "#/components/responses/Error"}},
	}
	params := []any{}
	for _, p := range o.Params {
		params = append(params, p.describe())
	}
	if len(params) > 0 {
		op["parameters"] = params
	}
	if o.Body {
		op["requestBody"] = map[string]any{"required": true, "content": map[string]any{"application/octet-stream": map[string]any{}}}
	}
	if !slices.Contains([]string{http.MethodGet, http.MethodHead}, o.Method) && !o.Body {
		op["description"] = op["description"].(string) + " It changes something."
	}
	return op
}

func (p Param) describe() map[string]any {
	schema := map[string]any{"type": "string"}
	if p.Type != "" {
		schema["type"] = p.Type
	}
	if p.Many {
		schema = map[string]any{"type": "array", "items": schema}
	}
	return map[string]any{"name": p.Name, "in": "query", "required": p.Needed, "description": p.About, "schema": schema}
}
