package catalog

import (
	"context"
	"database/sql"
	"encoding/json"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
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

// Fields gives one row a field and kind, by repository, item and field. It holds all rows in memory: EachField does not.
func (c *Catalog) Fields(ctx context.Context, who audit.Caller, f Filter) ([]Field, error) {
	out := []Field{}
	err := c.EachField(ctx, who, f, func(row Field) error {
		out = append(out, row)
		return nil
	})
	return out, err
}

// EachField calls yield with one row a field and kind, by repository and item and in the order of the reading, and ends
// with yield's error. A sensitivity asked for is the field's, a state that of the item's people.
func (c *Catalog) EachField(ctx context.Context, who audit.Caller, f Filter, yield func(Field) error) error {
	return c.view(ctx, request{who, audit.ReadFields, f.Repository, f}, func(r *reader) error { return r.fields(ctx, yield) })
}

// finding is a finding as it is stored: numbers, as scanning into named types takes several times as long.
type finding struct {
	field, kind, subject, classes, hits, wellformed, people, likelihood int64
	why                                                                 sql.RawBytes
}

// into lists where the columns go, the item's number first.
func (h *finding) into(item *int64) []any {
	return []any{item, &h.field, &h.kind, &h.subject, &h.classes, &h.hits, &h.wellformed, &h.people, &h.likelihood, &h.why}
}

// itemQuery reads one item.
const itemQuery = `SELECT ` + itemColumns + ` FROM items x JOIN folders f ON f.id = x.folder JOIN repositories r ON r.id = f.repository
	WHERE x.id = ?`

// fieldsQuery reads the findings in the items for which a condition holds. Its last arguments are the filter's.
func fieldsQuery(held string) string {
	return `SELECT x.id, p.field, p.kind, p.subject, p.classes, h.hits, h.wellformed, h.people, h.likelihood, h.why
		FROM repositories r CROSS JOIN folders f ON f.repository = r.id CROSS JOIN items x ON x.folder = f.id
		CROSS JOIN findings h ON h.item = x.id CROSS JOIN places p ON p.id = h.place
		WHERE ` + held + ` AND ifnull(r.name = nullif(?, ''), 1) AND ifnull(r.custodian = nullif(?, ''), 1)
		AND ifnull(p.classes & nullif(?, 0), 1) <> 0 ORDER BY r.name, f.path, x.name, h.n`
}

func (r *reader) fields(ctx context.Context, yield func(Field) error) error {
	held, args := heldAt(r.at)
	f := r.filter
	rows, err := r.tx.QueryContext(ctx, fieldsQuery(held), append(args, f.Repository, f.Custodian, int64(f.Sensitivity))...)
	if err != nil {
		return err
	}
	defer rows.Close()
	one, err := r.tx.PrepareContext(ctx, itemQuery)
	if err != nil {
		return err
	}
	defer one.Close()
	var item, last int64
	var h finding
	var it found
	var evidence Evidence
	columns, itemsColumns := h.into(&item), it.into()
	left := f.Limit
	for rows.Next() {
		if err := rows.Scan(columns...); err != nil {
			return err
		}
		if item != last {
			last = item
			if err := one.QueryRowContext(ctx, item).Scan(itemsColumns...); err != nil {
				return err
			}
			if it.tally, err = unpackTally(it.packed); err != nil {
				return err
			}
			if evidence, err = r.evidence(ctx, &it); err != nil {
				return err
			}
		}
		if !r.lives(it.tally) {
			continue
		}
		row, err := r.field(ctx, &it, &h)
		if err != nil {
			return err
		}
		row.Evidence = evidence
		if err := yield(row); err != nil {
			return err
		}
		if left--; left == 0 {
			break
		}
	}
	return rows.Err()
}

// field renders a finding.
func (r *reader) field(ctx context.Context, it *found, h *finding) (Field, error) {
	row := Field{Repository: it.repositoryName, Item: it.folder + it.name, Kind: phi.Kind(h.kind).String(), Subject: phi.Subject(h.subject).String(), Values: h.hits,
		People: h.people, Likelihood: float64(h.likelihood) / likelihoodUnit, Sensitivity: phi.Classes(h.classes).Names(), WellFormed: h.wellformed}
	var err error
	if row.Field, err = r.word(ctx, h.field); err != nil || !r.filter.Explain {
		return row, err
	}
	steps, err := unpackWhy(h.why)
	if err != nil {
		return row, err
	}
	for _, s := range steps {
		text, err := r.word(ctx, s.word)
		if err != nil {
			return row, err
		}
		var reason estate.Reason
		if err := json.Unmarshal([]byte(text), &reason); err != nil {
			return row, errStored
		}
		reason.Count = s.count
		row.Why = append(row.Why, reason)
	}
	return row, nil
}
