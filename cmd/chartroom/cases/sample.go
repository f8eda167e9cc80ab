package cases

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/chartroom/chartroom/claim"
	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/incident"
	"github.com/spf13/cobra"
)

// test holds a sample against the inventory, notes it as evidence by its hash, and says at least how many people are concerned; it gives the
// level that follows.
func (k *docket) test(ctx context.Context, cmd *cobra.Command, path string, leaks []string) (act, error) {
	x, err := exhibit(path)
	if err != nil {
		return act{}, err
	}
	x.Custody = "the sample, as it was held against the inventory"
	out, err := k.desk.Sample(cmd, path, leaks)
	if err != nil {
		return act{}, err
	}
	level, err := levelOf(&out.Result)
	if err != nil {
		return act{}, k.desk.Hint(err, "more of it, or another sample, may tell; the level stays %s", k.Level)
	}
	if err := k.add(ctx, act{kind: incident.Evidence, body: x}); err != nil {
		return act{}, err
	}
	if total := k.Facts.Total; level == incident.C2 && int64(out.Explained) > total.Low && (total.High < 0 || int64(out.Explained) <= total.High) {
		total.Low = int64(out.Explained)
		value, err := plain(total)
		if err != nil {
			return act{}, err
		}
		fact := incident.FactBody{Name: "total", Value: value, Source: "claim test", Why: "so many of the sample's people are ours; SHA-256 of the sample " + x.SHA256}
		if err := k.add(ctx, act{kind: incident.Learned, body: fact}); err != nil {
			return act{}, err
		}
	}
	return act{kind: incident.Levelled, body: incident.LevelBody{Level: level, Why: grounds(out)}}, nil
}

// levelOf gives the level that a test bears out.
func levelOf(r *claim.Result) (incident.Level, error) {
	switch {
	case r.Elsewhere > 0 && 2*r.Elsewhere >= r.Sample:
		return incident.D2, nil
	case r.Verdict == claim.Ours, r.Verdict == claim.Mixed:
		return incident.C2, nil
	case r.Verdict == claim.NotFound:
		return incident.D1, nil
	}
	return "", fmt.Errorf("the test decides nothing: %s", r.Why)
}

// grounds words what a test rests on: its verdict, the chance of strangers, and what was not covered.
func grounds(out *show.Claimed) string {
	text := "claim test: " + out.Why
	if len(out.Matches) > 0 && out.Matches[0].Source {
		text += fmt.Sprintf(" (the chance that as many strangers look so is at most %.1g)", out.Matches[0].Bound)
	}
	text += fmt.Sprintf("; held against the traces of %s", show.Plural(int64(out.Coverage.Repositories), "repository", "repositories"))
	if n := out.Coverage.Gaps + out.Coverage.Untraced; n > 0 {
		text += fmt.Sprintf("; not covered: %s", show.Plural(n, "thing", "things"))
	}
	return strings.TrimSuffix(text, ".")
}

// exhibit names a file by its hash; a folder by those of its files would be several.
func exhibit(path string) (*incident.Exhibit, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, f)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return &incident.Exhibit{Name: filepath.Base(path), SHA256: hex.EncodeToString(sum.Sum(nil)), Bytes: n}, nil
}
