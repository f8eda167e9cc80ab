package declared

import (
	"net/url"
	"path/filepath"
	"strings"

	"github.com/chartroom/chartroom/source"
)

// principal writes a principal as the catalog has it: the name of a target before # is the target's server.
func (d *Declarations) principal(text string) string {
	system, name, ok := strings.Cut(text, "#")
	if address := d.targets[system]; ok && address != "" {
		return server(address, true) + "#" + name
	}
	return text
}

// place writes a repository, or a place in one, as the catalog has it: the name of a target is its address.
func (d *Declarations) place(text string) string {
	if address := d.targets[text]; address != "" {
		return d.repository(address)
	}
	name, rest, _ := strings.Cut(text, "/")
	if address := d.targets[name]; address != "" {
		return d.repository(address) + "/" + rest
	}
	if strings.Contains(text, "://") || strings.HasPrefix(text, "/") || strings.HasPrefix(text, ".") {
		return d.repository(text)
	}
	return text
}

// thing writes what a control, or another word on the estate, is about: a principal where there is a #, else a place.
func (d *Declarations) thing(text string) string {
	if strings.Contains(text, "#") {
		return d.principal(text)
	}
	return d.place(text)
}

// repository gives the name that the repository at an address has in the inventory: without login, options, and what goes without
// saying.
func (d *Declarations) repository(address string) string {
	if !strings.Contains(address, "://") {
		if abs, err := filepath.Abs(d.under(address)); err == nil {
			address = abs
		}
		if real, err := filepath.EvalSymlinks(address); err == nil {
			address = real
		}
		return "file://" + source.Display(address)
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "file" {
		return address
	}
	name := server(address, false) + strings.TrimSuffix(u.EscapedPath(), "/")
	if e := u.Query().Get("endpoint"); e != "" && !strings.Contains(e, ".amazonaws.com") {
		name += "?endpoint=" + strings.TrimSuffix(e, "/")
	}
	return name
}

// server gives scheme and host of an address, the usual port with it or without.
func server(address string, withPort bool) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	scheme := u.Scheme
	switch scheme {
	case "postgresql":
		scheme = "postgres"
	case "mariadb":
		scheme = "mysql"
	case "mssql":
		scheme = "sqlserver"
	}
	port := map[string]string{"postgres": ":5432", "mysql": ":3306", "sqlserver": ":1433"}[scheme]
	host := u.Host
	if port != "" {
		host = strings.TrimSuffix(host, port)
	}
	if withPort && (host != u.Host || u.Port() == "") {
		host += port
	}
	return scheme + "://" + host
}
