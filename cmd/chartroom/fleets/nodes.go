package fleets

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/cmd/chartroom/strict"
	"github.com/chartroom/chartroom/fleet/carrier"
	"github.com/chartroom/chartroom/fleet/seal"
	"github.com/spf13/cobra"
)

// check is one thing that was looked at.
type check struct {
	What string `json:"what"`
	Says string `json:"says"`
	OK   bool   `json:"ok"`
}

func (p *Program) configCommand() *cobra.Command {
	return &cobra.Command{
		Use: "config", Short: "check how hub and workers reach each other", Args: cobra.NoArgs,
		Long: "Config tells how the carrier is set up. With a cluster of your own (fleet.nats) it connects to it, in the account of each enclave, and makes the\nstream of tickets where there is none.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			h, err := p.Open(cmd)
			if err != nil {
				return err
			}
			defer h.Catalog.Close()
			if err := h.Config.Check(); err != nil {
				return p.Usage("%v", err)
			}
			checks := p.checks(cmd, h)
			ans := &show.Answer{First: "The carrier is set up.", Columns: []show.Column{{Name: "WHAT"}, {Name: "SAYS"}}, Structs: checks}
			for _, c := range checks {
				ans.Rows = append(ans.Rows, []string{c.What, c.Says})
				if !c.OK {
					ans.First = "The carrier cannot be used as it is set up."
				}
			}
			ans.Last = "docs/fleet.md says what each setting does."
			return p.Print(cmd, ans)
		},
	}
}

func (p *Program) checks(cmd *cobra.Command, h *House) (out []check) {
	say := func(what string, err error, says string) {
		if err != nil {
			says = err.Error()
		}
		out = append(out, check{what, says, err == nil})
	}
	c := h.Config
	_, _, err := seal.OpenHub(seal.HubPath(h.Key))
	say("secret of the fleet", err, seal.HubPath(h.Key))
	if len(c.NATS) == 0 {
		config := c.server(h.Key)
		say("embedded server", config.Check(), "tickets and certificates in "+config.Store)
		addresses, err := c.addresses(false)
		say("workers connect to", err, strings.Join(addresses, " "))
		if c.Leaf != "" {
			addresses, err = c.addresses(true)
			say("leaf nodes connect to", err, strings.Join(addresses, " "))
		}
		return out
	}
	line, err := c.Open(cmd.Context(), Place{Catalog: h.Catalog, Key: h.Key, Log: slog.New(slog.DiscardHandler)})
	say("cluster", err, strings.Join(c.NATS, " "))
	if err != nil {
		return out
	}
	defer line.Close()
	for _, e := range line.Enclaves() {
		err := line.Prepare(cmd.Context(), e)
		say("enclave "+e, err, "connected; the stream of tickets is there")
	}
	return out
}

func (p *Program) accountsCommand() *cobra.Command {
	var nodes bool
	var enclave string
	cmd := &cobra.Command{
		Use: "accounts", Short: "who may log in, for servers of your own: a part of their configuration, with public keys only", Args: cobra.NoArgs,
		Long: `Accounts writes the accounts of all enclaves, with the workers in them and what each may do, as nats-server reads them: include the
output in its configuration, and reload it, after each enrolment. With --nodes it is written for chartroom carrier, which takes it from the
file that its setting enclaves names, and looks every few seconds whether it changed.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			enclaves, err := p.roster(cmd, enclave)
			if err != nil {
				return err
			}
			text, err := carrier.Accounts(enclaves)
			if nodes {
				text, err = json.MarshalIndent(enclaves, "", "  ")
				text = append(text, '\n')
			}
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(text)
			return err
		},
	}
	cmd.Flags().BoolVar(&nodes, "nodes", false, "for chartroom carrier")
	cmd.Flags().StringVar(&enclave, "enclave", "", "of one enclave alone, for a leaf node there")
	return cmd
}

func (p *Program) certificateCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use: "certificate HOST...", Short: "a certificate for a node of chartroom carrier, signed by the fleet's authority", Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, hosts []string) error {
			h, err := p.Open(cmd)
			if err != nil {
				return err
			}
			defer h.Catalog.Close()
			a, err := carrier.OpenAuthority(h.Config.store(h.Key), p.Now())
			if err != nil {
				return err
			}
			if err := os.MkdirAll(out, 0o700); err != nil {
				return err
			}
			cert, key, ca := filepath.Join(out, hosts[0]+".pem"), filepath.Join(out, hosts[0]+".key"), filepath.Join(out, "ca.pem")
			if err := a.Issue(cert, key, hosts, p.Now()); err != nil {
				return err
			}
			if err := os.WriteFile(ca, []byte(a.PEM()), 0o644); err != nil {
				return err
			}
			return p.Print(cmd, &show.Answer{First: fmt.Sprintf("Signed a certificate for %s, good for two years: %s, %s, %s.", strings.Join(hosts, ", "), cert, key, ca),
				Last: "tls_cert, tls_key and tls_ca in the node's file name them. The key goes to its machine, and nowhere else.", Structs: map[string]string{"certificate": cert, "key": key, "authority": ca}})
		},
	}
	cmd.Flags().StringVar(&out, "out", ".", "directory")
	return cmd
}

// rosterEvery is how often a node looks whether its file of enclaves changed.
const rosterEvery = 3 * time.Second

// Node is the command carrier: one node of a carrier that runs apart from the hub.
func Node(p *Program) *cobra.Command {
	return &cobra.Command{
		Use: "carrier FILE", Short: "run a node of the carrier apart from the hub: one of a cluster, or a leaf in an enclave's network", Args: cobra.ExactArgs(1),
		Long: `Carrier runs a server of NATS as FILE describes, until it is stopped. Three of them on three machines keep the tickets in three copies, and
survive one. A leaf node stands in an enclave's network, dials out to the hub's carrier, and lets the workers there connect to itself.
It holds public keys, tickets, and calls that it cannot read. See docs/fleet.md.`,
		RunE: func(cmd *cobra.Command, args []string) error { return p.node(cmd, args[0]) },
	}
}

func (p *Program) node(cmd *cobra.Command, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return p.Hint(err, "name the file that describes the node; docs/fleet.md has an example")
	}
	var c carrier.Config
	if doc := strict.Read(text, &c); len(doc.Mistakes()) > 0 {
		return p.Usage("%s:\n%v", path, doc.Mistakes())
	}
	dir := filepath.Dir(path)
	for _, f := range []*string{&c.Store, &c.Cert, &c.Key, &c.CA, &c.Enclaves} {
		if *f != "" && !filepath.IsAbs(*f) {
			*f = filepath.Join(dir, *f)
		}
	}
	if c.Remote != nil && !filepath.IsAbs(c.Remote.Enrolment) {
		c.Remote.Enrolment = filepath.Join(dir, c.Remote.Enrolment)
	}
	if c.Enclaves == "" {
		return p.Usage("%s: enclaves names no file of who may log in; chartroom fleet accounts --nodes, at the hub, writes it", path)
	}
	log := slog.New(slog.NewTextHandler(p.Err, nil))
	enclaves, read, err := readRoster(c.Enclaves)
	if err != nil {
		return p.Hint(err, "chartroom fleet accounts --nodes, at the hub, writes it")
	}
	s, err := carrier.Start(c, enclaves, log)
	if err != nil {
		return p.Hint(err, "chartroom carrier --help, and docs/fleet.md")
	}
	defer s.Close()
	log.Info("the node runs", "name", c.Name, "at", s.Address())
	tick := time.NewTicker(rosterEvery)
	defer tick.Stop()
	for {
		select {
		case <-cmd.Context().Done():
			return nil
		case <-tick.C:
		}
		if now, err := os.ReadFile(c.Enclaves); err == nil && string(now) == read {
			continue
		}
		enclaves, now, err := readRoster(c.Enclaves)
		if err == nil {
			err = s.Reload(enclaves)
		}
		if err != nil {
			log.Warn("who may log in stays as it was", "file", c.Enclaves, "error", err)
			continue
		}
		read = now
		log.Info("who may log in was read anew", "file", c.Enclaves)
	}
}

func readRoster(path string) (out []carrier.Enclave, text string, err error) {
	raw, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil {
		return nil, "", fmt.Errorf("read who may log in: %w", err)
	}
	return out, string(raw), nil
}
