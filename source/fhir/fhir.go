// Package fhir is the source of FHIR REST servers. A repository is a server's base address, and an item is a type of resource, read by a
// search whose pages are followed to the end; or, by a bulk export, a file of it. Every item is a stream of resources in JSON, one a line.
//
// Nothing is ever written. Addresses that a server names are followed only where they are its own: same scheme, host and port. TLS is
// required but of this machine. A target is
//
//	fhir+https://host/base             as anybody, or by a bearer token (password_env, password_file, password_keyring)
//	fhir+https://user@host/base        by HTTP Basic
//
// with the options types, count, export, and for a login by SMART Backend Services client_id, key_file, key_id, token_url and scope.
package fhir

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
)

// Kind is the repository's kind.
const Kind = "fhir"

// How many resources a page is asked for; a server may give fewer.
const (
	usualCount = 100
	mostCount  = 10_000
)

// Server is one FHIR server.
type Server struct {
	name       string   // fhir+https://host/base
	base       *url.URL // without a slash at its end
	custodian  string
	client     *http.Client
	rate       *source.Rate
	login      login
	types      []string // asked for; nil = all
	count      int      // resources a page
	export     string   // the operation of a bulk export; "" = by searches
	marks      bool
	capability capability
	traits     []estate.Trait
	warnings   []string
	patience   source.Patience
	wait       func(ctx context.Context, d time.Duration) error
}

// Open makes the source of a server. It asks for the server's CapabilityStatement and its SMART configuration, and logs in where the address
// has a login. Its errors are TargetErrors.
func Open(ctx context.Context, target, custodian string) ([]source.Source, error) {
	s, err := parse(target)
	if err != nil {
		return nil, err
	}
	s.custodian = custodian
	s.patience.Spend() // what is wrong is told at once
	if err := s.meet(ctx); err != nil {
		return nil, s.refused(ctx, err)
	}
	return []source.Source{s}, nil
}

const form = "write fhir+https://host/base?password_env=NAME; docs/sources.md has the options"

// parse takes a target apart, and reaches for nothing.
func parse(target string) (*Server, error) {
	a, err := source.ParseAddress(target)
	if err != nil {
		return nil, err
	}
	bad := func(words string) (*Server, error) {
		return nil, &source.TargetError{Usage: true, Err: errors.New("the address of " + source.Display(a.Host) + ": " + words), Hint: form}
	}
	base := &url.URL{Scheme: strings.TrimPrefix(strings.ToLower(a.Scheme), "fhir+"), Host: strings.ToLower(a.Host), Path: strings.TrimRight(a.Path, "/")}
	switch {
	case a.Hostname() == "":
		return bad("it names no server")
	case base.Scheme == "http" && !loopback(a.Hostname()):
		return bad("TLS is required but of this machine: records and the login would cross the network in the clear; write fhir+https://")
	case base.Scheme != "https" && base.Scheme != "http":
		return bad("it begins with fhir+https://")
	}
	s := &Server{name: "fhir+" + base.String(), base: base, count: usualCount, marks: a.Marks, wait: pause}
	s.login = login{user: a.User.Username(), secret: a.Password}
	for k, v := range a.Query() {
		v := v[len(v)-1]
		switch k {
		case "types":
			if s.types = strings.Split(v, ","); slices.ContainsFunc(s.types, func(t string) bool { return !typeName(t) }) {
				return bad("types are names of resources, as in types=Patient,Observation")
			}
		case "count":
			if s.count, err = strconv.Atoi(v); err != nil || s.count < 1 || s.count > mostCount {
				return bad(fmt.Sprintf("count is a number from 1 to %d", mostCount))
			}
		case "export":
			if s.export, err = operation(v); err != nil {
				return bad("export is yes, Patient or Group/ID")
			}
		case "client_id":
			s.login.client = v
		case "key_file":
			if s.login.key, err = readKey(v); err != nil {
				return nil, err
			}
		case "key_id":
			s.login.keyID = v
		case "token_url":
			if s.login.tokenURL, err = url.Parse(v); err != nil || !safe(s.login.tokenURL) {
				return bad("token_url is an address such as https://login.example.org/token")
			}
			s.login.named = true
		case "scope":
			s.login.scope = v
		default:
			return bad("it has a part that is not understood")
		}
	}
	if words := s.login.wrong(); words != "" {
		return bad(words)
	}
	s.rate = source.NewRate(a.Rate)
	s.client = client(s.rate, s.own)
	return s, nil
}

// operation is the operation of an export: of all, of all that is about patients, or about those of a group (Bulk Data Access 2.0).
func operation(of string) (string, error) {
	id, group := strings.CutPrefix(of, "Group/")
	switch {
	case of == "no":
		return "", nil
	case of == "yes":
		return "$export", nil
	case of == "Patient", group && id != "" && strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.") == "" && strings.Trim(id, ".") != "":
		return of + "/$export", nil
	}
	return "", errors.New("no export")
}

// client makes the client of all requests. A redirect is followed only where own allows it: the login would go with it.
func client(rate *source.Rate, own func(*url.URL) bool) *http.Client {
	dialer := &net.Dialer{Timeout: 20 * time.Second, KeepAlive: 15 * time.Second}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.ResponseHeaderTimeout, t.MaxIdleConnsPerHost = slowest, 64
	t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dialer.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return rate.Conn(context.WithoutCancel(ctx), c), nil
	}
	return &http.Client{Transport: t, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if len(via) > 4 || !own(r.URL) {
			return errElsewhere
		}
		return nil
	}}
}

// Rate implements source.Rated.
func (s *Server) Rate() *source.Rate { return s.rate }

// loopback tells whether a host is this machine.
func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// safe tells whether secrets may be sent to an address.
func safe(u *url.URL) bool {
	return u.User == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()))
}

// own tells whether an address is one of the server's: same scheme, host and port (RFC 6454).
func (s *Server) own(u *url.URL) bool {
	return u.User == nil && u.Scheme == s.base.Scheme && strings.EqualFold(u.Hostname(), s.base.Hostname()) && port(u) == port(s.base)
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	return map[string]string{"https": "443", "http": "80"}[u.Scheme]
}

// at is an address beneath the server's base.
func (s *Server) at(path string, query url.Values) *url.URL {
	u := *s.base
	u.Path += "/" + path
	u.RawQuery = query.Encode()
	return &u
}

// longestLink is how long an address may be that a server names, in bytes.
const longestLink = 8 << 10

// link reads an address that the server names; a relative one begins at its base.
func (s *Server) link(text string) (*url.URL, error) {
	if len(text) > longestLink {
		return nil, errElsewhere
	}
	u, err := s.at("", nil).Parse(text)
	if err != nil || !s.own(u) {
		return nil, errElsewhere
	}
	u.Fragment = ""
	return u, nil
}

// typeName tells whether a word may be the name of a resource's type: letters, the first a capital.
func typeName(s string) bool {
	if s == "" || len(s) > 64 || s[0] < 'A' || s[0] > 'Z' {
		return false
	}
	for _, c := range []byte(s) {
		if c|0x20 < 'a' || c|0x20 > 'z' {
			return false
		}
	}
	return true
}

// Repository is the server.
func (s *Server) Repository() estate.Repository {
	return estate.Repository{Name: s.name, Kind: Kind, Custodian: s.custodian, Traits: slices.Clone(s.traits)}
}

// Warnings says what the login may do that a survey does not need, and what else is unsafe. Each is a sentence without secrets.
func (s *Server) Warnings() []string { return slices.Clone(s.warnings) }

// Grants reports nothing: the protocol does not tell who may read what.
func (s *Server) Grants(context.Context, func(estate.Grant) error) error { return nil }
