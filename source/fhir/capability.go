package fhir

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
)

// capability is what the server says of itself: as much as is looked at of its CapabilityStatement (FHIR R4, 5.2), and its SMART
// configuration.
type capability struct {
	ResourceType string  `json:"resourceType"`
	FHIRVersion  string  `json:"fhirVersion"`
	Software     version `json:"software"`
	Rest         []rest  `json:"rest"`
	smart        smart
}

type version struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

type rest struct {
	Mode     string `json:"mode"`
	Security struct {
		Service []struct {
			Coding []struct {
				Code string `json:"code"`
			} `json:"coding"`
			Text string `json:"text"`
		} `json:"service"`
		Extension []extension `json:"extension"`
	} `json:"security"`
	Resource []struct {
		Type        string `json:"type"`
		Interaction []struct {
			Code string `json:"code"`
		} `json:"interaction"`
	} `json:"resource"`
	Operation []struct {
		Name string `json:"name"`
	} `json:"operation"`
}

type extension struct {
	URL       string      `json:"url"`
	ValueURI  string      `json:"valueUri"`
	Extension []extension `json:"extension"`
}

// smart is a SMART configuration (SMART App Launch 2.2, Conformance).
type smart struct {
	Token        string   `json:"token_endpoint"`
	Authorize    string   `json:"authorization_endpoint"`
	Register     string   `json:"registration_endpoint"`
	Capabilities []string `json:"capabilities"`
	fault        string   // why there is none
}

// oauthURIs is the extension by which a CapabilityStatement names the places of OAuth (SMART App Launch 1.0, 4.3).
const oauthURIs = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"

// maxTypes bounds how many types of resources a server may say that it has; FHIR R5 has 157.
const maxTypes = 1000

// offer is one type of resource that the server has.
type offer struct {
	name   string
	search bool
}

// meet asks the server who it is and what it has, logs in, and finds out what there is to warn of.
func (s *Server) meet(ctx context.Context) error {
	var c capability // it is open to everybody, by the specification, but not everywhere
	err := s.resource(ctx, request{url: s.at("metadata", nil), unnamed: true}, &c)
	if err != nil && code(err) != 401 && code(err) != 403 {
		return err
	}
	open := err == nil
	s.capability = c
	s.discover(ctx)
	s.tokens(c.oauth()["token"])
	if !open {
		if err := s.resource(ctx, request{url: s.at("metadata", nil)}, &c); err != nil {
			return err
		}
		c.smart = s.capability.smart
		s.capability = c
	}
	if c.ResourceType != "CapabilityStatement" && c.ResourceType != "Conformance" {
		return errNoJSON
	}
	if s.login.client != "" {
		if _, err := s.accessToken(ctx); err != nil {
			return err
		}
	}
	s.describe(s.anonymous(ctx))
	if mayWrite(s.login.scopes()) {
		s.warnings = append(s.warnings, "the login of "+s.name+" may do more than read; docs/sources.md has the scopes of one which may only read")
	}
	return nil
}

// anonymous finds out whether the server lets everybody in.
func (s *Server) anonymous(ctx context.Context) estate.Trait {
	t := estate.Trait{Name: "public_access", Value: "the server does not answer the question"}
	for _, o := range s.capability.offers() {
		if !o.search || o.name != "Patient" {
			continue
		}
		err := s.resource(ctx, request{url: s.at(o.name, url.Values{"_summary": {"count"}}), unnamed: true}, &struct{}{})
		switch c := code(err); {
		case err == nil:
			t.Value, t.Known = "yes", true
			s.warnings = append(s.warnings, s.name+" answers searches for patients without a login")
		case c == 401 || c == 403:
			t.Value, t.Known = "no", true
		}
	}
	return t
}

// server is what the statement says of the server itself; a statement may describe clients, too.
func (c *capability) server() rest {
	for _, r := range c.Rest {
		if r.Mode == "server" || r.Mode == "" {
			return r
		}
	}
	return rest{}
}

// offers are the types of resources that the server says it has, sorted, each once.
func (c *capability) offers() []offer {
	var out []offer
	for _, r := range c.server().Resource {
		if !typeName(r.Type) || len(out) == maxTypes {
			continue
		}
		o := offer{name: r.Type}
		for _, i := range r.Interaction {
			o.search = o.search || i.Code == "search-type"
		}
		out = append(out, o)
	}
	slices.SortFunc(out, func(a, b offer) int { return strings.Compare(a.name, b.name) })
	return slices.CompactFunc(out, func(a, b offer) bool { return a.name == b.name })
}

// oauth are the places of OAuth that the statement names, by their names: authorize, token, register, manage.
func (c *capability) oauth() map[string]string {
	out := map[string]string{}
	for _, e := range c.server().Security.Extension {
		if e.URL != oauthURIs {
			continue
		}
		for _, part := range e.Extension {
			out[part.URL] = part.ValueURI
		}
	}
	return out
}

// exports tells whether the server says that it can export in bulk.
func (c *capability) exports() bool {
	return slices.ContainsFunc(c.server().Operation, func(o struct {
		Name string `json:"name"`
	}) bool {
		return o.Name == "export" || o.Name == "bulk-export"
	})
}

// describe keeps what the server says of itself.
func (s *Server) describe(public estate.Trait) {
	c := &s.capability
	known := func(name, value string) {
		if value != "" {
			s.traits = append(s.traits, estate.Trait{Name: name, Value: shown(value), Known: true})
		}
	}
	known("version", strings.TrimSpace(c.FHIRVersion+" "+c.Software.Name+" "+c.Software.Version))
	known("tls", map[string]string{"https": "yes", "http": "no"}[s.base.Scheme])
	s.traits = append(s.traits, public, estate.Trait{Name: "encryption", Value: "the protocol does not tell"})
	var services []string
	for _, v := range c.server().Security.Service {
		word := v.Text
		for _, coding := range v.Coding {
			word = coding.Code
		}
		if word != "" && !slices.Contains(services, word) && len(services) < 20 {
			services = append(services, word)
		}
	}
	if len(services) == 0 {
		s.traits = append(s.traits, estate.Trait{Name: "security", Value: "the CapabilityStatement states none"})
	}
	known("security", strings.Join(services, ", "))
	uris := c.oauth()
	for _, p := range []struct{ name, smart string }{{"authorize", c.smart.Authorize}, {"token", c.smart.Token}, {"register", c.smart.Register}, {"manage", ""}} {
		if p.smart == "" {
			p.smart = uris[p.name]
		}
		known("oauth_"+p.name, place(p.smart))
	}
	if c.smart.fault != "" {
		s.traits = append(s.traits, estate.Trait{Name: "smart", Value: c.smart.fault})
	} else {
		known("smart", strings.Join(c.smart.Capabilities[:min(len(c.smart.Capabilities), 50)], " "))
	}
	known("bulk_export", map[bool]string{true: "offered", false: "not offered"}[c.exports()])
}

// place is an address without what may be secret in it; "" where it is none.
func place(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// shown bounds what a server says of itself.
func shown(text string) string {
	const most = 1000
	return strings.ToValidUTF8(source.Display(text[:min(len(text), most)]), "")
}
