package catalog

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog/list"
	"github.com/chartroom/chartroom/catalog/store"
	"github.com/chartroom/chartroom/estate"
)

// Field is one line of FIELDS: a field of an item holds values of a kind.
type Field struct {
	Repository  string          `json:"repository"`
	Item        string          `json:"item"`
	Field       string          `json:"field"`
	Kind        string          `json:"kind"`
	Subject     string          `json:"subject"`
	Values      int64           `json:"values"`
	People      int64           `json:"people"`
	Likelihood  float64         `json:"likelihood"`
	Sensitivity []string        `json:"sensitivity"`
	WellFormed  int64           `json:"wellformed"`
	Evidence    Evidence        `json:"evidence"`
	Why         []estate.Reason `json:"why,omitempty"` // when the filter asks to explain
}

// EachField calls yield with one row a field and kind, by repository and item and in the order of the reading, and ends
// with yield's error. A sensitivity asked for is the field's, a state that of the item's people.
func (c *Catalog) EachField(ctx context.Context, who audit.Caller, f Filter, yield func(Field) error) error {
	return c.view(ctx, request{who, audit.ReadFields, f.Repository, f}, func(r *reader) error { return r.fields(ctx, yield) })
}

// fieldsQuery reads the items with findings for which a condition holds, with the columns of found.
func fieldsQuery(held string) string {
	return `SELECT x.id, coalesce(x.top, x.id), x.run, 0, 0, x.seen_at, 0, 0, 0, 0, x.reader, x.rules, x.coverage, x.sample,
		coalesce(x.read_at, 0), x.tally, x.name, f.path, r.id, r.name, '', c.findings, x.population, x.unit, x.unread
		FROM repositories r CROSS JOIN folders f ON f.repository = r.id CROSS JOIN items x ON x.folder = f.id
		CROSS JOIN contents c ON c.item = x.id WHERE c.findings IS NOT NULL AND ` + held + ` ORDER BY r.name, f.path, x.name`
}

func (r *reader) fields(ctx context.Context, yield func(Field) error) error {
	held, args := r.filtered()
	left := r.filter.Limit
	err := r.fieldsOf(ctx, "", held, args, func(_ *found, row Field) error {
		err := yield(row)
		if left--; err == nil && left == 0 {
			err = errEnough
		}
		return err
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return err
}

// firstPiece is of how many repositories the fields are read at once, at first.
const firstPiece = 20

// fieldsOf calls yield with the fields of the items for which a condition holds, in the repositories from a name on. It reads those of some repositories
// at a time, as a server would put all of them in order before it gave the first.
func (r *reader) fieldsOf(ctx context.Context, from, held string, args []any, yield func(*found, Field) error) error {
	if r.filter.Repository != "" {
		return r.fieldsIn(ctx, held, args, yield)
	}
	for size, more := firstPiece, true; more; size = min(2*size, list.Lot) {
		in, bounds := held+` AND r.name >= ?`, append(slices.Clone(args), from)
		err := r.tx.QueryRowContext(ctx, `SELECT name FROM repositories WHERE name >= ? ORDER BY name LIMIT 1 OFFSET ?`, from, size).Scan(&from)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			more = false
		case err != nil:
			return err
		default:
			in, bounds = in+` AND r.name < ?`, append(bounds, from)
		}
		if err := r.fieldsIn(ctx, in, bounds, yield); err != nil {
			return err
		}
	}
	return nil
}

// fieldsIn does so for all of a condition at once.
func (r *reader) fieldsIn(ctx context.Context, held string, args []any, yield func(*found, Field) error) error {
	return r.found(ctx, fieldsQuery(held), args, func(it *found) (bool, error) {
		findings, err := store.UnpackFindings(it.findings)
		if err != nil {
			return false, err
		}
		evidence, err := r.evidence(ctx, it)
		if err != nil {
			return false, err
		}
		for _, h := range findings {
			if s := r.filter.Sensitivity; s != 0 && h.Classes&s == 0 {
				continue
			}
			row := Field{Repository: it.repositoryName, Item: it.folder + it.name, Kind: h.Kind.String(), Subject: h.Subject.String(),
				Values: h.Values, People: h.People, Likelihood: float64(h.Likelihood) / store.LikelihoodUnit,
				Sensitivity: h.Classes.Names(), WellFormed: h.WellFormed, Evidence: evidence}
			if row.Field, err = r.word(ctx, h.Field); err != nil {
				return false, err
			}
			if r.filter.Explain {
				if row.Why, err = r.why(ctx, h.Why); err != nil {
					return false, err
				}
			}
			if err := yield(it, row); err != nil {
				return false, err
			}
		}
		return true, nil
	})
}

// why renders an explanation.
func (r *reader) why(ctx context.Context, steps []store.Because) ([]estate.Reason, error) {
	var out []estate.Reason
	for _, s := range steps {
		text, err := r.word(ctx, s.Word)
		if err != nil {
			return nil, err
		}
		var reason estate.Reason
		if err := json.Unmarshal([]byte(text), &reason); err != nil {
			return nil, ErrDamaged
		}
		reason.Count = s.Count
		out = append(out, reason)
	}
	return out, nil
}
