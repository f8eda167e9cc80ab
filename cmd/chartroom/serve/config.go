// Package serve is the command serve: it puts the web room together, out of the settings, and serves it.
package serve

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/estate/declared"
	"github.com/chartroom/chartroom/source"
	"github.com/chartroom/chartroom/web/alert"
	"github.com/chartroom/chartroom/web/login"
)

// Config is the part serve of the settings.
type Config struct {
	Listen   string    `yaml:"listen"`      // address and port; "" = 127.0.0.1:8787
	Cert     string    `yaml:"tls_cert"`    // file of the certificate, PEM
	Key      string    `yaml:"tls_key"`     // and of its key
	Address  string    `yaml:"address"`     // where people find the room: https://chartroom.example.org; "" = as the certificate says
	Quiet    string    `yaml:"quiet_hours"` // when no survey begins by itself: 07:00-19:00, in the time of this machine
	Provider *Provider `yaml:"identity_provider"`
	Alerts   Alerts    `yaml:"alerts"`
}

// Provider is an identity provider that speaks OpenID Connect.
type Provider struct {
	Name      string            `yaml:"name"`
	Issuer    string            `yaml:"issuer"`
	Client    string            `yaml:"client_id"`
	Secret    declared.Secret   `yaml:"client_secret"`
	Scopes    []string          `yaml:"scopes"`
	NameClaim string            `yaml:"name_claim"`
	RoleClaim string            `yaml:"role_claim"`
	Roles     map[string]string `yaml:"roles"` // value of the claim: role
}

// Alerts say where alerts go.
type Alerts struct {
	Webhook *Webhook `yaml:"webhook"`
	Mail    *Mail    `yaml:"mail"`
}

// Webhook takes alerts over HTTP.
type Webhook struct {
	URL    string          `yaml:"url"`
	Secret declared.Secret `yaml:"secret"` // that alerts are signed with
}

// Mail takes alerts by e-mail.
type Mail struct {
	Server   string          `yaml:"server"` // host and port
	From     string          `yaml:"from"`
	To       []string        `yaml:"to"`
	User     string          `yaml:"user"` // "" = without a login
	Password declared.Secret `yaml:"password"`
}

// secret reads a secret from where it stands.
func secret(s declared.Secret, dir string) (string, error) {
	switch {
	case s.Env != "":
		v := os.Getenv(s.Env)
		if v == "" {
			return "", fmt.Errorf("the variable %s of the environment is empty", s.Env)
		}
		return v, nil
	case s.File != "":
		path := s.File
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		return source.SecretFile(path)
	case s.Keyring != "":
		return source.SecretKeyring(s.Keyring)
	}
	return "", nil
}

// provider makes an identity provider of its settings; nil where there is none.
func (p *Provider) provider(dir string) (*login.Provider, error) {
	if p == nil {
		return nil, nil
	}
	out := &login.Provider{Name: p.Name, Issuer: p.Issuer, Client: p.Client, Scopes: p.Scopes, NameClaim: p.NameClaim, RoleClaim: p.RoleClaim, Roles: map[string]audit.Role{}}
	if out.Name == "" {
		out.Name = strings.TrimPrefix(p.Issuer, "https://")
	}
	if !strings.HasPrefix(p.Issuer, "https://") && !strings.HasPrefix(p.Issuer, "http://127.0.0.1:") && !strings.HasPrefix(p.Issuer, "http://localhost:") {
		return nil, errors.New("serve.identity_provider.issuer begins with https://")
	}
	var err error
	if out.Secret, err = secret(p.Secret, dir); err != nil {
		return nil, fmt.Errorf("serve.identity_provider.client_secret: %w", err)
	}
	for claim, name := range p.Roles {
		if out.Roles[claim], err = audit.ParseRole(name); err != nil {
			return nil, fmt.Errorf("serve.identity_provider.roles: %w", err)
		}
	}
	return out, nil
}

// channels are the ways out that alerts have.
func (a *Alerts) channels(dir, version string) (out []alert.Channel, err error) {
	if a.Webhook != nil {
		key, err := secret(a.Webhook.Secret, dir)
		if err != nil {
			return nil, fmt.Errorf("webhook.secret: %w", err)
		}
		c, err := alert.Webhook(a.Webhook.URL, key, version, time.Now)
		if err != nil {
			return nil, fmt.Errorf("webhook: %w", err)
		}
		out = append(out, c)
	}
	if a.Mail != nil {
		m := alert.Mail{Server: a.Mail.Server, From: a.Mail.From, To: a.Mail.To, User: a.Mail.User}
		if m.Password, err = secret(a.Mail.Password, dir); err != nil {
			return nil, fmt.Errorf("mail.password: %w", err)
		}
		c, err := m.Channel()
		if err != nil {
			return nil, fmt.Errorf("mail: %w", err)
		}
		out = append(out, c)
	}
	return out, nil
}
