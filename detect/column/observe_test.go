package column

import (
	"fmt"
	"testing"

	"github.com/chartroom/chartroom/record"
)

// TestOneAmongMany: one identifier that a column is not about is found wherever it stands, though most values are only counted.
func TestOneAmongMany(t *testing.T) {
	const rows = 3000
	usual := []func(i int) string{
		func(i int) string { return []string{"Everett", "Eugene", "Denver", "Saint Paul"}[i%4] },
		func(i int) string { return fmt.Sprint(i % 977) },
		func(i int) string { return fmt.Sprintf("%011d", i*7919+13000000017) },
		func(i int) string { return fmt.Sprintf("%d.%d", i%300, i%10) },
		func(i int) string { return fmt.Sprintf("%08x-%04x", i*2654435761%(1<<32), i) },
	}
	for _, stray := range []string{"ada@planted-mail.org", "219-46-8317", "1EG4-TE5-MK73", "4539 1488 0343 6467"} {
		for k, column := range usual {
			for _, at := range []int{1500, 2047, 2999} {
				places := record.Places{}
				places.Add(record.Place{Field: "x", Name: "x", Mode: record.Column})
				table, b := NewTable(&places, Options{}), record.NewBatch(&places)
				for i := range rows {
					v := column(i)
					if i == at {
						v = stray
					}
					b.Put(0, []byte(v))
					b.EndRecord()
				}
				table.Observe(b)
				table.Decide()
				if d := table.Decision(0); d.Values != rows || len(d.Extra) == 0 {
					t.Errorf("column %d, row %d: %s is not found among %d values", k, at, stray, d.Values)
				}
			}
		}
	}
}

// TestBlanksLoseTheirLength: whoever looks at the batch behind the table need not ask again.
func TestBlanksLoseTheirLength(t *testing.T) {
	places := record.Places{}
	places.Add(record.Place{Field: "x", Name: "x", Mode: record.Column})
	places.Add(record.Place{Field: "t", Mode: record.Text})
	b := record.NewBatch(&places)
	for i := range 500 {
		b.Put(0, []byte([]string{"NULL", "Norma", "0000-00-00", "12345"}[i%4]))
		b.Put(1, []byte("none"))
		b.EndRecord()
	}
	NewTable(&places, Options{}).Observe(b)
	for i, c := range b.Cells {
		if blank := c.Place == 0 && i/2%2 == 0; (c.Len == 0) != blank {
			t.Fatalf("cell %d has %d bytes", i, c.Len)
		}
	}
}
