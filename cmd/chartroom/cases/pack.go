package cases

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"filippo.io/age"
	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/incident/desk"
	"github.com/chartroom/chartroom/incident/pack"
	"github.com/spf13/cobra"
)

func (p *Program) packCommand() *cobra.Command {
	var to []string
	var passphrase string
	cmd := &cobra.Command{Use: "pack OUT", Short: "put the whole case into one encrypted file that proves itself", Args: cobra.ExactArgs(1),
		Long: `Pack writes the log, all texts as approved and as they would read now, the obligations, the inventory as it was, the sheets of the four
factors and the protocol into one file, encrypted for age recipients (age1...) or with a passphrase from a file. chartroom case verify checks it
offline. Write down the SHA-256 that it prints where nobody who has the pack can change it.`}
	cmd.Flags().StringSliceVar(&to, "to", nil, "age recipients: age1...")
	cmd.Flags().StringVar(&passphrase, "passphrase-file", "", "file with a passphrase")
	return p.writer(cmd, func(ctx context.Context, k *docket, args []string, how desk.How) (*desk.Written, error) {
		recipients, err := p.recipients(to, passphrase)
		if err != nil {
			return nil, err
		}
		out, err := os.OpenFile(args[0], os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, p.Hint(err, "a pack is never written over another file")
		}
		sum, warnings, err := k.Pack(ctx, out, recipients...)
		if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
			return nil, errors.Join(err, os.Remove(args[0]))
		}
		w, err := k.Packed(ctx, sum, how)
		if err == nil {
			w.Warnings = append(w.Warnings, warnings...)
		}
		return w, err
	})
}

func (p *Program) recipients(to []string, passphrase string) (out []age.Recipient, err error) {
	switch {
	case len(to) > 0 && passphrase != "":
		return nil, p.Usage("a pack is for recipients (--to), or has a passphrase (--passphrase-file), not both")
	case passphrase != "":
		text, err := secret(passphrase)
		if err != nil {
			return nil, err
		}
		r, err := age.NewScryptRecipient(text)
		if err != nil {
			return nil, fmt.Errorf("the passphrase in %s: %w", passphrase, err)
		}
		return []age.Recipient{r}, nil
	case len(to) == 0:
		return nil, p.Usage("for whom? --to age1... names a recipient (age-keygen makes one), --passphrase-file FILE a passphrase")
	}
	for _, t := range to {
		r, err := age.ParseX25519Recipient(t)
		if err != nil {
			return nil, p.Usage("--to: %q is no age recipient; it begins with age1", t)
		}
		out = append(out, r)
	}
	return out, nil
}

// secret reads the first line of a file.
func secret(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(b), "\n")
	if line = strings.TrimSpace(line); line == "" {
		return "", fmt.Errorf("the first line of %s holds no passphrase", path)
	}
	return line, nil
}

func (p *Program) verifyCommand() *cobra.Command {
	var identity, passphrase string
	cmd := &cobra.Command{Use: "verify PACK", Short: "check a pack offline: that no byte of it has changed, and with the key all that is in it", Args: cobra.ExactArgs(1)}
	cmd.Flags().StringVar(&identity, "identity", "", "file of an age key")
	cmd.Flags().StringVar(&passphrase, "passphrase-file", "", "file with the passphrase")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		f, err := os.Open(args[0])
		if err != nil {
			return err
		}
		defer f.Close()
		keys, err := p.identities(identity, passphrase)
		if err != nil {
			return err
		}
		sum, inside, err := desk.Verify(f, keys...)
		switch {
		case errors.Is(err, pack.ErrChanged):
			return p.Hint(fmt.Errorf("%s: %w", args[0], err), "get another copy, and keep this one as it is")
		case err != nil:
			return fmt.Errorf("%s: %w", args[0], err)
		case inside != nil:
			return p.Print(cmd, opened(inside))
		}
		return p.Print(cmd, &show.Answer{Columns: []show.Column{{Name: "FILE"}, {Name: "SHA-256"}}, Structs: map[string]string{"sha256": sum},
			First: fmt.Sprintf("Unchanged since it was made: SHA-256 %s.", sum), Last: "With --identity or --passphrase-file, what is in it is checked, too."})
	}
	return cmd
}

func (p *Program) identities(identity, passphrase string) ([]age.Identity, error) {
	switch {
	case identity != "":
		f, err := os.Open(identity)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		keys, err := age.ParseIdentities(f)
		if err != nil {
			return nil, fmt.Errorf("%s holds no age key that can be read", identity) // the error could show the key
		}
		return keys, nil
	case passphrase != "":
		text, err := secret(passphrase)
		if err != nil {
			return nil, err
		}
		key, err := age.NewScryptIdentity(text)
		if err != nil {
			return nil, fmt.Errorf("the passphrase in %s: %w", passphrase, err)
		}
		return []age.Identity{key}, nil
	}
	return nil, nil
}

// opened says what is in a pack.
func opened(o *pack.Opened) *show.Answer {
	a := &show.Answer{Structs: o.Manifest, Columns: []show.Column{{Name: "FILE"}, {Name: "BYTES", Right: true}, {Name: "SHA-256"}}}
	a.First = fmt.Sprintf("Unchanged since it was made: SHA-256 %s. The log of case %s has %d lines, each follows the one before, and its root is %s. Level %s.",
		o.Sum, o.Case, o.Lines, o.Root, o.State.Level)
	for _, name := range slices.Sorted(maps.Keys(o.Files)) {
		a.Rows = append(a.Rows, []string{name, show.Thousands(o.Files[name].Bytes), o.Files[name].SHA256})
	}
	a.Last = fmt.Sprintf("Packed by %s on %s with chartroom %s.", o.By, o.Made.Format("2006-01-02 15:04 MST"), o.Version)
	return a
}
