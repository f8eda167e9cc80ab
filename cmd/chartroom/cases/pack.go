package cases

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"filippo.io/age"
	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/incident"
	"github.com/chartroom/chartroom/incident/obligation"
	"github.com/chartroom/chartroom/incident/pack"
	"github.com/chartroom/chartroom/incident/texts"
	"github.com/spf13/cobra"
)

func (d *Desk) packCommand() *cobra.Command {
	var to []string
	var passphrase string
	cmd := &cobra.Command{Use: "pack OUT", Short: "put the whole case into one encrypted file that proves itself", Args: cobra.ExactArgs(1),
		Long: `Pack writes the log, all texts as approved and as they would read now, the obligations, the inventory as it was, the sheets of the four
factors and the protocol into one file, encrypted for age recipients (age1...) or with a passphrase from a file. chartroom case verify checks it
offline. Write down the SHA-256 that it prints where nobody who has the pack can change it.`}
	cmd.Flags().StringSliceVar(&to, "to", nil, "age recipients: age1...")
	cmd.Flags().StringVar(&passphrase, "passphrase-file", "", "file with a passphrase")
	return d.writer(cmd, func(ctx context.Context, k *docket, args []string) (act, error) {
		recipients, err := d.recipients(to, passphrase)
		if err != nil {
			return act{}, err
		}
		files, err := k.contents(ctx, cmd)
		if err != nil {
			return act{}, err
		}
		out, err := os.OpenFile(args[0], os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return act{}, d.Hint(err, "a pack is never written over another file")
		}
		sum, err := pack.Write(out, pack.Manifest{Case: k.name, Made: k.now(), By: k.room.Who.Name, Version: d.Version}, k.lines, files, recipients...)
		if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
			return act{}, errors.Join(fmt.Errorf("write the pack: %w", err), os.Remove(args[0]))
		}
		return act{kind: incident.Noted, body: incident.Note{Text: fmt.Sprintf("packed %d lines; the pack's SHA-256 is %s", len(k.lines), sum)}}, nil
	})
}

func (d *Desk) recipients(to []string, passphrase string) (out []age.Recipient, err error) {
	switch {
	case len(to) > 0 && passphrase != "":
		return nil, d.Usage("a pack is for recipients (--to), or has a passphrase (--passphrase-file), not both")
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
		return nil, d.Usage("for whom? --to age1... names a recipient (age-keygen makes one), --passphrase-file FILE a passphrase")
	}
	for _, t := range to {
		r, err := age.ParseX25519Recipient(t)
		if err != nil {
			return nil, d.Usage("--to: %q is no age recipient; it begins with age1", t)
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

// contents gathers what belongs to the log.
func (k *docket) contents(ctx context.Context, cmd *cobra.Command) (pack.Contents, error) {
	p, raw, err := k.desk.protocol(cmd)
	if err != nil {
		return nil, err
	}
	files := pack.Contents{"protocol.yaml": raw}
	put := func(name string, v any) error {
		b, err := json.MarshalIndent(v, "", " ")
		files[name] = b
		return err
	}
	book, err := obligation.Shipped()
	if err != nil {
		return nil, err
	}
	if err := errors.Join(put("obligations.json", book.Duties(&k.Facts)), put("factors.json", k.sheets()), put("evidence.json", k.Evidence), put("facts.json", k.Facts)); err != nil {
		return nil, err
	}
	for _, a := range k.Approvals {
		files[fmt.Sprintf("approved/line-%d-%s.txt", a.Line, a.Text)] = []byte(a.Wording)
	}
	all, err := texts.All()
	if err != nil {
		return nil, err
	}
	in, err := k.input(p, nil)
	if err != nil {
		return nil, err
	}
	for _, t := range all {
		f, err := t.Fill(in)
		if err != nil {
			return nil, err
		}
		files["texts/"+t.ID+".txt"] = []byte(f.Body)
	}
	return files, k.inventories(ctx, cmd, files)
}

// inventories adds each answer of the inventory that the log has the hash of, made again as of then.
func (k *docket) inventories(ctx context.Context, cmd *cobra.Command, files pack.Contents) error {
	for i := range k.entries {
		var n incident.Note
		if e := &k.entries[i]; e.Kind != incident.Noted || json.Unmarshal(e.Body, &n) != nil || n.Inventory == nil {
			continue
		}
		_, text, err := k.room.snap(ctx, &k.Claim, n.Inventory.Taken)
		if err != nil {
			return err
		}
		if texts.Hash(string(text)) != n.Inventory.Hash {
			fmt.Fprintf(cmd.ErrOrStderr(), "warning: the inventory as of line %d can no longer be made again as it was; its numbers are in that line\n", k.entries[i].Number)
		}
		files[fmt.Sprintf("inventory-line-%d.json", k.entries[i].Number)] = text
	}
	return nil
}

func (d *Desk) verifyCommand() *cobra.Command {
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
		sum, err := pack.Check(f)
		if err != nil {
			return d.Hint(fmt.Errorf("%s: %w", args[0], err), "get another copy, and keep this one as it is")
		}
		a := &show.Answer{Columns: []show.Column{{Name: "FILE"}, {Name: "SHA-256"}}, Structs: map[string]string{"sha256": sum},
			First: fmt.Sprintf("Unchanged since it was made: SHA-256 %s.", sum), Last: "With --identity or --passphrase-file, what is in it is checked, too."}
		keys, err := d.identities(identity, passphrase)
		if err != nil {
			return err
		}
		if len(keys) > 0 {
			if _, err := f.Seek(0, io.SeekStart); err != nil {
				return err
			}
			o, err := pack.Open(f, keys...)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			a = opened(o)
		}
		return d.Print(cmd, a)
	}
	return cmd
}

func (d *Desk) identities(identity, passphrase string) ([]age.Identity, error) {
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
