package declared

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/estate/declared"
	"github.com/chartroom/chartroom/source"
)

// Limits of what an element of the front door says of itself. The description of a whole EHR's API has a few megabytes.
const (
	maxDoor  = 16 << 20
	maxDepth = 64
	maxWords = 20 // of one list that is shown
)

var errDoor = errors.New("this is no OpenAPI description, CapabilityStatement, smart-configuration or profile of Salesforce")

// door tells an element of the front door, with what its file says of it; what the fact itself says outdoes that.
func (d *Declarations) door(f *declared.Fact, from string, tell func(estate.Grant) error) error {
	s := d.said(f)
	s.Idp, s.Is = "", f.Is
	if f.File != "" {
		name := source.Display(filepath.Base(f.File))
		is, err := readDoor(d.under(f.File))
		if err != nil {
			if err := tell(estate.Grant{System: declared.System, Scope: declared.System, Kind: declared.KindUnseen, Principal: name, Why: "the file cannot be read: " + cause(err), From: name}); err != nil {
				return err
			}
		}
		maps.Copy(is, f.Is)
		s.Is, from = is, from+", "+name
	}
	on := each(f.On, d.thing)
	if len(on) == 0 {
		on = []string{""}
	}
	for _, o := range on {
		err := tell(estate.Grant{System: declared.System, Scope: declared.System, Kind: declared.KindDoor, Principal: f.Name, Action: f.Element, Target: o, Detail: s.Detail(), From: from})
		if err != nil {
			return err
		}
	}
	return nil
}

// readDoor reads what a file says, in the words of facts. The map is never nil.
func readDoor(path string) (map[string]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return map[string]string{}, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxDoor+1))
	if err == nil && len(text) > maxDoor {
		err = errors.New("it has more than 16 MiB")
	}
	if err != nil {
		return map[string]string{}, err
	}
	return parseDoor(text)
}

// parseDoor finds out what a text is, and what it says.
func parseDoor(text []byte) (map[string]string, error) {
	text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")))
	switch {
	case len(text) == 0:
		return map[string]string{}, errors.New("the file is empty")
	case text[0] == '<':
		return profile(text)
	case bytes.HasPrefix(text, []byte("openapi:")) || bytes.HasPrefix(text, []byte("swagger:")):
		return map[string]string{}, errors.New("an OpenAPI description is read as JSON, and this one is YAML: turn it into JSON")
	case text[0] != '{':
		return map[string]string{}, errDoor
	case deep(text):
		return map[string]string{}, errors.New("it is nested too deeply")
	}
	var head struct {
		ResourceType  string          `json:"resourceType"`
		OpenAPI       json.RawMessage `json:"openapi"`
		Swagger       json.RawMessage `json:"swagger"`
		TokenEndpoint string          `json:"token_endpoint"`
		Capabilities  []string        `json:"capabilities"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return map[string]string{}, errors.New("it is no JSON that can be read")
	}
	switch {
	case head.ResourceType == "CapabilityStatement" || head.ResourceType == "Conformance":
		return statement(text)
	case head.OpenAPI != nil || head.Swagger != nil:
		var a openAPI
		if err := json.Unmarshal(text, &a); err != nil {
			return map[string]string{}, errors.New("its OpenAPI description is damaged")
		}
		return a.says(), nil
	case head.TokenEndpoint != "" || head.Capabilities != nil:
		return smart(text)
	}
	return map[string]string{}, errDoor
}

// deep tells whether JSON is nested deeper than any description is.
func deep(text []byte) bool {
	depth, quoted, escaped := 0, false, false
	for _, c := range text {
		switch {
		case escaped:
			escaped = false
		case quoted:
			escaped = c == '\\'
			quoted = c != '"'
		case c == '"':
			quoted = true
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

// openAPI is what is looked at of a description (OpenAPI 3.1, and Swagger 2.0 as far as it is alike).
type openAPI struct {
	Security *[]map[string]any                     `json:"security"`
	Paths    map[string]map[string]json.RawMessage `json:"paths"`
}

// says counts routes, those that anybody may use, and exports in bulk.
func (a *openAPI) says() map[string]string {
	routes, open, bulk := 0, 0, false
	for path, methods := range a.Paths {
		bulk = bulk || strings.Contains(path, "$export")
		for method, raw := range methods {
			if !slices.Contains([]string{"get", "put", "post", "delete", "patch", "head", "options", "trace"}, strings.ToLower(method)) {
				continue
			}
			var op struct {
				Security *[]map[string]any `json:"security"`
			}
			if json.Unmarshal(raw, &op) != nil {
				continue
			}
			routes++
			if op.Security == nil {
				op.Security = a.Security
			}
			if op.Security == nil || len(*op.Security) == 0 || slices.ContainsFunc(*op.Security, func(s map[string]any) bool { return len(s) == 0 }) {
				open++
			}
		}
	}
	out := map[string]string{"routes": strconv.Itoa(routes), "open_routes": strconv.Itoa(open)}
	if bulk {
		out["bulk_export"] = "yes"
	}
	return out
}

// statement reads a CapabilityStatement (FHIR R4, 2.36): whether it exports in bulk, and what it asks of callers.
func statement(text []byte) (map[string]string, error) {
	var c struct {
		FHIRVersion string `json:"fhirVersion"`
		Rest        []struct {
			Security struct {
				Service []struct {
					Coding []struct {
						Code string `json:"code"`
					} `json:"coding"`
				} `json:"service"`
			} `json:"security"`
			Operation []struct {
				Name string `json:"name"`
			} `json:"operation"`
		} `json:"rest"`
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return map[string]string{}, errors.New("its CapabilityStatement is damaged")
	}
	out := map[string]string{"capability_statement": "yes"}
	var services []string
	for _, r := range c.Rest {
		for _, s := range r.Security.Service {
			for _, code := range s.Coding {
				services = append(services, code.Code)
			}
		}
		for _, o := range r.Operation {
			if o.Name == "export" || o.Name == "bulk-export" {
				out["bulk_export"] = "yes"
			}
		}
	}
	out["security"] = list20(services)
	if services == nil {
		out["security"] = "none stated"
	}
	return out, nil
}

// smart reads a smart-configuration (SMART App Launch 2.2, .well-known/smart-configuration).
func smart(text []byte) (map[string]string, error) {
	var c struct {
		Register     string   `json:"registration_endpoint"`
		Scopes       []string `json:"scopes_supported"`
		Capabilities []string `json:"capabilities"`
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return map[string]string{}, errors.New("its smart-configuration is damaged")
	}
	yes := func(b bool) string { return map[bool]string{true: "yes", false: "no"}[b] }
	return map[string]string{
		"oauth_client": "yes", "public_client": yes(slices.Contains(c.Capabilities, "client-public")), "scopes": list20(c.Scopes),
		"system_scope": yes(slices.ContainsFunc(c.Scopes, func(s string) bool { return strings.HasPrefix(s, "system/") })),
		"launch":       list20(slices.DeleteFunc(slices.Clone(c.Capabilities), func(s string) bool { return !strings.HasPrefix(s, "launch") })),
		"registration": yes(c.Register != ""),
	}, nil
}

// profile reads a Profile or PermissionSet of Salesforce (Metadata API): which objects it reads, and whether by API.
func profile(text []byte) (map[string]string, error) {
	var p struct {
		XMLName xml.Name
		Objects []struct {
			Object string `xml:"object"`
			Read   bool   `xml:"allowRead"`
		} `xml:"objectPermissions"`
		User []struct {
			Name    string `xml:"name"`
			Enabled bool   `xml:"enabled"`
		} `xml:"userPermissions"`
	}
	d := xml.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&p); err != nil || p.XMLName.Local != "Profile" && p.XMLName.Local != "PermissionSet" {
		return map[string]string{}, errDoor
	}
	var read []string
	for _, o := range p.Objects {
		if o.Read {
			read = append(read, o.Object)
		}
	}
	out := map[string]string{"guest_read": "no", "api_enabled": "no"}
	if read != nil {
		out["guest_read"], out["objects"] = "yes", list20(read)
	}
	for _, u := range p.User {
		if u.Name == "ApiEnabled" && u.Enabled {
			out["api_enabled"] = "yes"
		}
	}
	return out, nil
}

// list20 shows the first of many words.
func list20(words []string) string {
	words = slices.Clone(words)
	slices.Sort(words)
	words = slices.Compact(words)
	if len(words) > maxWords {
		words = append(words[:maxWords:maxWords], "and "+strconv.Itoa(len(words)-maxWords)+" more")
	}
	for i := range words {
		words[i] = source.Display(clip(strings.ToValidUTF8(words[i], ""), 64))
	}
	return strings.Join(words, " ")
}
