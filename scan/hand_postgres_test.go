package scan

import (
	"fmt"
	"testing"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
	"github.com/chartroom/chartroom/source/postgres"
	"github.com/chartroom/chartroom/source/servertest"
)

// TestManyHandsReadOneTable reads a large table alone, and in parts by several sources, while it is written.
func TestManyHandsReadOneTable(t *testing.T) {
	if testing.Short() {
		t.Skip("a large table")
	}
	p := servertest.StartPostgres(t)
	p.Database(t, "clinic", "reader", "secret")
	p.Exec(t, "clinic", "CREATE TABLE patients (mrn text, ssn text, last_name text, born date, note text)",
		`INSERT INTO patients SELECT to_char(10000000 + i, 'FM00000000'), to_char(200 + i % 500, 'FM000') || '-' || to_char(10 + i % 80, 'FM00') || '-' || to_char(1000 + i % 8000, 'FM0000'),
			(ARRAY['Plantagenet', 'Marchbanks', 'Okafor', 'Nguyen'])[1 + i % 4], date '1930-01-01' + i % 20000, repeat('the patient slept well ', 25) FROM generate_series(1, 180000) i`)
	open := func() source.Source {
		t.Setenv("READER_PASSWORD", "secret")
		srcs, err := postgres.Open(t.Context(), fmt.Sprintf("postgres://reader@%s/clinic?password_env=READER_PASSWORD", p.Address()), "")
		if err != nil {
			t.Fatal(err)
		}
		return srcs[0]
	}
	planner := open()
	item := listedItem(t, planner)
	o := handOptions(0)
	one := alone(t, open(), o)
	plan, n := planned(t, planner, item, o)
	p.Exec(t, "clinic", "UPDATE patients SET ssn = 'none' WHERE mrn LIKE '%7'", "DELETE FROM patients WHERE mrn LIKE '%3'")
	read := func(states [][]byte) *taken {
		for i := range n {
			src := open() // as another process would
			if err := NewHand(src, o, nil).Piece(t.Context(), listedItem(t, src), plan, i, i+1, func(i int, s []byte) error {
				states[i] = s
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		return join(t, planner, item, states, o)
	}
	states := make([][]byte, n)
	same(t, one, read(states))

	p.Exec(t, "clinic", "VACUUM FULL patients")
	moved := read(make([][]byte, n))
	if len(moved.facts) != 1 || moved.facts[0].Gap == nil || moved.facts[0].Gap.Reason != estate.GapChanging {
		t.Errorf("of a table that was written anew: %v", fmt.Sprint(moved.facts))
	}
}
