package fleets

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/fleet"
	"github.com/chartroom/chartroom/fleet/carrier"
	"github.com/chartroom/chartroom/fleet/seal"
	"github.com/spf13/cobra"
)

// Program is what the commands need of the program around them.
type Program struct {
	Print func(cmd *cobra.Command, ans *show.Answer) error
	Usage func(format string, args ...any) error
	Hint  func(err error, format string, args ...any) error
	Err   io.Writer
	Now   func() time.Time
	// Open opens the catalog; it makes one, and the key of the marks, where there is none.
	Open func(cmd *cobra.Command) (*House, error)
}

// House is a catalog with the settings of its fleet.
type House struct {
	Catalog *catalog.Catalog
	Key     string // file of the key of the marks
	Config  *Config
}

// Command is the command fleet.
func Command(p *Program) *cobra.Command {
	cmd := &cobra.Command{
		Use: "fleet", Short: "the workers of this hub: enrol, revoke, look", Args: cobra.NoArgs,
		Long: `Fleet keeps the workers that read for this hub. Each is enrolled once, which makes a file with its keys; the file goes to the worker's
machine, and chartroom worker FILE works there. A worker belongs to an enclave: a network of its own, of whose targets alone it hears.
See docs/fleet.md.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(p.enrolCommand(), p.revokeCommand(), p.workersCommand(), p.configCommand(), p.accountsCommand(), p.certificateCommand())
	return cmd
}

// enrolFlags are the flags of enrol.
type enrolFlags struct {
	enclave, out, credentials, ca string
	servers, allow                []string
	leaf                          bool
}

func (p *Program) enrolCommand() *cobra.Command {
	var f enrolFlags
	cmd := &cobra.Command{
		Use: "enrol NAME", Short: "make the keys of a worker: a file for its machine", Args: cobra.ExactArgs(1),
		Long: `Enrol makes the keys of a worker, writes them with all that it needs to find the hub into a file of mode 0600, and keeps the public halves
in the catalog. Bring the file to the worker's machine by a way that nobody reads, and delete it here. A running hub lets the worker in
within seconds.`,
		RunE: func(cmd *cobra.Command, args []string) error { return p.enrol(cmd, args[0], &f) },
	}
	cmd.Flags().StringVar(&f.enclave, "enclave", Main, "whose targets it reads")
	cmd.Flags().StringVar(&f.out, "out", "", "file to write; NAME.yaml by default")
	cmd.Flags().StringSliceVar(&f.servers, "server", nil, "where it connects, as tls://hub.example.org:4222; by default as the configuration says. May be given several times")
	cmd.Flags().StringVar(&f.ca, "ca", "", "file of the authority that signed the certificate of these servers, PEM; by default the hub's carrier's own")
	cmd.Flags().StringSliceVar(&f.allow, "allow", nil, "address that it may open, with what stands beneath; by default all that the hub names. May be given several times")
	cmd.Flags().BoolVar(&f.leaf, "leaf", false, "it is a leaf node: it carries for the workers behind it, and reads nothing (chartroom carrier)")
	cmd.Flags().StringVar(&f.credentials, "credentials", "", "path, on the worker's machine, of the credentials that a carrier of your own wants (.creds)")
	return cmd
}

// enrolled is what was made.
type enrolledAnswer struct {
	Name    string   `json:"name"`
	Enclave string   `json:"enclave"`
	File    string   `json:"file"`
	Servers []string `json:"servers"`
	Login   string   `json:"login"` // public
	Seal    string   `json:"seal"`  // public
}

func (p *Program) enrol(cmd *cobra.Command, name string, f *enrolFlags) error {
	if err := errors.Join(seal.CheckName(name), seal.CheckName(f.enclave)); err != nil {
		return p.Usage("%v", err)
	}
	h, err := p.Open(cmd)
	if err != nil {
		return err
	}
	defer h.Catalog.Close()
	e, err := p.enrolment(h, name, f)
	if err != nil {
		return err
	}
	if f.out == "" {
		f.out = name + ".yaml"
	}
	public, err := e.Public()
	if err != nil {
		return err
	}
	if err := e.Save(f.out); err != nil {
		return p.Hint(fmt.Errorf("write the file of worker %s: %w", name, err), "--out names another file; none is overwritten")
	}
	err = h.Catalog.EnrolWorker(cmd.Context(), audit.Local(), catalog.Worker{Name: name, Enclave: f.enclave, Login: public.Login, Seal: public.Seal})
	if err != nil {
		return p.Hint(errors.Join(err, os.Remove(f.out)), "chartroom fleet revoke %s ends the one of that name", name)
	}
	what, next := "worker", "chartroom worker "+filepath.Base(f.out)
	if f.leaf {
		what, next = "leaf node", "remote: {enrolment: "+filepath.Base(f.out)+"} in the file of chartroom carrier"
	}
	return p.Print(cmd, &show.Answer{First: fmt.Sprintf("Enrolled the %s %s of enclave %s: %s.", what, name, f.enclave, f.out),
		Last:    fmt.Sprintf("Whoever has the file is this %s: bring it to its machine, and delete it here. There: %s.", what, next),
		Columns: []show.Column{{Name: "NAME"}, {Name: "ENCLAVE"}, {Name: "FILE"}, {Name: "CONNECTS TO"}}, Rows: [][]string{{name, f.enclave, f.out, strings.Join(e.Servers, " ")}},
		Structs: enrolledAnswer{Name: name, Enclave: f.enclave, File: f.out, Servers: e.Servers, Login: public.Login, Seal: public.Seal}})
}

// enrolment makes the file.
func (p *Program) enrolment(h *House, name string, f *enrolFlags) (*seal.Enrolment, error) {
	hub, _, err := seal.OpenHub(seal.HubPath(h.Key))
	if err != nil {
		return nil, err
	}
	e, err := seal.Enrol(name, f.enclave, hub.Pair().Public())
	if err != nil {
		return nil, err
	}
	if f.leaf {
		e.Seal = ""
	}
	if f.credentials != "" {
		e.Login, e.Credentials = "", f.credentials
	}
	e.Allow, e.Servers = f.allow, f.servers
	if len(e.Servers) == 0 {
		if e.Servers, err = h.Config.addresses(f.leaf); err != nil {
			return nil, p.Hint(err, "or give --server tls://HOST:PORT")
		}
	}
	if e.CA, err = h.Config.authority(h.Key, f.ca); err != nil {
		return nil, err
	}
	if err := e.Check(); err != nil {
		return nil, p.Usage("%v", err)
	}
	return e, nil
}

func (p *Program) revokeCommand() *cobra.Command {
	return &cobra.Command{
		Use: "revoke NAME", Short: "end a worker: its file is worth nothing from now on", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			h, err := p.Open(cmd)
			if err != nil {
				return err
			}
			defer h.Catalog.Close()
			if err := h.Catalog.RevokeWorker(cmd.Context(), audit.Local(), args[0]); err != nil {
				return p.Hint(err, "chartroom fleet workers lists them")
			}
			last := "A running hub cuts it off within seconds; what it was reading goes to others."
			if len(h.Config.NATS) > 0 {
				last += " The hub answers it no more; take its login out of your cluster, too: chartroom fleet accounts."
			}
			return p.Print(cmd, &show.Answer{First: "Revoked " + args[0] + ".", Last: last, Structs: map[string]string{"revoked": args[0]}})
		},
	}
}

func (p *Program) workersCommand() *cobra.Command {
	return &cobra.Command{
		Use: "workers", Short: "who works for this hub, and when it was last heard of", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			h, err := p.Open(cmd)
			if err != nil {
				return err
			}
			defer h.Catalog.Close()
			all, err := h.Catalog.Workers(cmd.Context())
			if err != nil {
				return err
			}
			return p.Print(cmd, workersAnswer(all, p.Now()))
		},
	}
}

// known is a worker with what it said of itself last.
type known struct {
	catalog.Worker
	Figures *fleet.Worker `json:"figures"` // null = it has not been heard of
}

func workersAnswer(all []catalog.Worker, now time.Time) *show.Answer {
	ans := &show.Answer{Columns: []show.Column{{Name: "NAME"}, {Name: "ENCLAVE"}, {Name: "STATE"}, {Name: "SEEN"}, {Name: "HOST"}, {Name: "VERSION"}, {Name: "SHARDS", Right: true}, {Name: "ITEMS", Right: true}, {Name: "READ", Right: true}}}
	list := []known{}
	may, working := 0, 0
	for _, w := range all {
		k := known{Worker: w}
		var said fleet.Worker
		if json.Unmarshal([]byte(w.Figures), &said) == nil && w.Figures != "" {
			k.Figures = &said
		}
		list = append(list, k)
		state := stateOf(&k, now)
		if w.Revoked == nil && w.Seal != "" {
			may++
		}
		if state == "works" {
			working++
		}
		row := []string{w.Name, w.Enclave, state, "never", "", "", "", "", ""}
		if w.Seen != nil {
			row[3] = show.Age(*w.Seen, now)
		}
		if k.Figures != nil {
			copy(row[4:], []string{said.Host, said.Version, show.Thousands(int64(said.Shards)), show.Thousands(said.Items), show.Size(said.Bytes)})
		}
		ans.Rows = append(ans.Rows, row)
	}
	ans.First = fmt.Sprintf("%s may work for this hub; %d heard of in the last minute.", show.Plural(int64(may), "worker", "workers"), working)
	ans.Last = "chartroom fleet enrol NAME --enclave E makes one more."
	ans.Structs = list
	return ans
}

// recent is how fresh the news of a worker must be: a hub notes them every half minute.
const recent = time.Minute

func stateOf(k *known, now time.Time) string {
	switch {
	case k.Revoked != nil:
		return "revoked"
	case k.Seal == "":
		return "leaf node"
	case k.Seen == nil:
		return "enrolled"
	case now.Sub(*k.Seen) > recent:
		return "silent"
	case k.Figures != nil && k.Figures.Refused != "":
		return "refused: " + k.Figures.Refused
	case k.Figures != nil && k.Figures.Draining:
		return "drains"
	}
	return "works"
}

// roster puts together who may log in, in all enclaves or in one.
func (p *Program) roster(cmd *cobra.Command, enclave string) ([]carrier.Enclave, error) {
	h, err := p.Open(cmd)
	if err != nil {
		return nil, err
	}
	defer h.Catalog.Close()
	hub, _, err := seal.OpenHub(seal.HubPath(h.Key))
	if err != nil {
		return nil, err
	}
	ever, err := h.Catalog.Workers(cmd.Context())
	if err != nil {
		return nil, err
	}
	names := append([]string{Main}, h.Config.Enclaves...)
	for _, w := range ever { // with an enclave's last worker its account does not go: a hub that runs is logged in there
		names = append(names, w.Enclave)
	}
	all, err := carrier.Roster(hub, names, admitted(ever))
	if err != nil || enclave == "" {
		return all, err
	}
	for _, e := range all {
		if e.Name == enclave {
			return []carrier.Enclave{e}, nil
		}
	}
	return nil, p.Usage("there is no enclave %s", enclave)
}
