package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"
	"github.com/chartroom/chartroom/incident"
	"github.com/chartroom/chartroom/incident/obligation"
	"github.com/chartroom/chartroom/incident/pack"
	"github.com/chartroom/chartroom/incident/texts"
)

// Pack writes the whole case into one encrypted file that proves itself, and gives its SHA-256. What it warns of could not be made again as
// it was. That it was packed is for Packed to note, when the file is safely where it belongs.
func (k *Case) Pack(ctx context.Context, out io.Writer, to ...age.Recipient) (sum string, warnings []string, err error) {
	files, warnings, err := k.contents(ctx)
	if err != nil {
		return "", nil, err
	}
	m := pack.Manifest{Case: k.Name, Made: k.Now(), By: k.desk.Who.Name, Version: k.desk.Version}
	if sum, err = pack.Write(out, m, k.Lines, files, to...); err != nil {
		return "", nil, fmt.Errorf("write the pack: %w", err)
	}
	return sum, warnings, nil
}

// Packed notes in the log that a pack was made of it.
func (k *Case) Packed(ctx context.Context, sum string, how How) (*Written, error) {
	note := incident.Note{Text: fmt.Sprintf("packed %d lines; the pack's SHA-256 is %s", len(k.Lines), sum)}
	return k.write(ctx, act{kind: incident.Noted, body: note, How: how, machine: true})
}

// Verify checks a pack offline: without keys that no byte of it has changed, and then opened is nil; with them all that is in it, too.
func Verify(r io.ReadSeeker, keys ...age.Identity) (sum string, opened *pack.Opened, err error) {
	if sum, err = pack.Check(r); err != nil || len(keys) == 0 {
		return sum, nil, err
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return sum, nil, err
	}
	opened, err = pack.Open(r, keys...)
	return sum, opened, err
}

// contents gathers what belongs to the log.
func (k *Case) contents(ctx context.Context) (pack.Contents, []string, error) {
	p, err := k.desk.InForce()
	if err != nil {
		return nil, nil, err
	}
	files := pack.Contents{"protocol.yaml": p.Text}
	put := func(name string, v any) error {
		b, err := json.MarshalIndent(v, "", " ")
		files[name] = b
		return err
	}
	book, err := obligation.Shipped()
	if err != nil {
		return nil, nil, err
	}
	sheets, err := k.Sheets(ctx)
	if err != nil {
		return nil, nil, err
	}
	if err := errors.Join(put("obligations.json", book.Duties(&k.Facts)), put("factors.json", sheets), put("evidence.json", k.Evidence), put("facts.json", k.Facts)); err != nil {
		return nil, nil, err
	}
	for _, a := range k.Approvals {
		files[fmt.Sprintf("approved/line-%d-%s.txt", a.Line, a.Text)] = []byte(a.Wording)
	}
	all, err := k.Texts(nil)
	if err != nil {
		return nil, nil, err
	}
	for _, t := range all {
		files["texts/"+t.ID+".txt"] = []byte(t.Body)
	}
	warnings, err := k.inventories(ctx, files)
	return files, warnings, err
}

// inventories adds each answer of the inventory that the log has the hash of, made again as of then.
func (k *Case) inventories(ctx context.Context, files pack.Contents) (warnings []string, err error) {
	for i := range k.Entries {
		var n incident.Note
		if e := &k.Entries[i]; e.Kind != incident.Noted || json.Unmarshal(e.Body, &n) != nil || n.Inventory == nil {
			continue
		}
		s, err := k.desk.snap(ctx, &k.Claim, n.Inventory.Taken)
		if err != nil {
			return nil, err
		}
		number := k.Entries[i].Number
		if texts.Hash(string(s.text)) != n.Inventory.Hash {
			warnings = append(warnings, fmt.Sprintf("the inventory as of line %d can no longer be made again as it was; its numbers are in that line", number))
		}
		files[fmt.Sprintf("inventory-line-%d.json", number)] = s.text
	}
	return warnings, nil
}
