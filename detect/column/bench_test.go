package column

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/chartroom/chartroom/record"
)

// typical is an extract of a patient portal, with invented people.
func typical(r *rand.Rand, n int) table {
	given := []string{"James", "Mary", "Robert", "Patricia", "John", "Jennifer", "Michael", "Linda", "David", "Maria", "Luis", "Priya"}
	family := []string{"Smith", "Johnson", "Williams", "Brown", "Jones", "Garcia", "Miller", "Davis", "Nguyen", "Patel", "Kim", "Chen"}
	city := []string{"Boston", "Springfield", "Houston", "Phoenix", "Columbus", "Fresno"}
	t := table{head: []string{"patient_id", "last_name", "first_name", "birth_date", "sex", "address_1", "city", "state", "zip", "home_phone", "email", "ssn",
		"insurance_plan", "balance", "last_visit_date", "dx_code", "status", "visits", "language", "created_at"}}
	day := func(from, to int) string {
		return fmt.Sprintf("%d-%02d-%02d", from+r.IntN(to-from), 1+r.IntN(12), 1+r.IntN(28))
	}
	for range n {
		g, f := given[r.IntN(len(given))], family[r.IntN(len(family))]
		t.rows = append(t.rows, []string{fmt.Sprint(1_000_000 + r.IntN(9_000_000)), f, g, day(1930, 2015), "FM"[r.IntN(2):][:1], fmt.Sprintf("%d Main St", 1+r.IntN(999)),
			city[r.IntN(len(city))], "MA", fmt.Sprintf("021%02d", r.IntN(40)), fmt.Sprintf("617-%03d-%04d", 220+r.IntN(600), r.IntN(10000)), fmt.Sprintf("%s.%s%d@mail.org", g, f, r.IntN(1000)),
			fmt.Sprintf("%03d-%02d-%04d", 1+r.IntN(600), 1+r.IntN(99), 1+r.IntN(9999)), "Blue Harbor PPO", fmt.Sprintf("%.2f", r.Float64()*900), day(2019, 2025),
			[]string{"E11.9", "I10", "F32.9", "J45.909"}[r.IntN(4)], []string{"active", "inactive"}[r.IntN(2)], fmt.Sprint(r.IntN(40)), "English", day(2019, 2025) + " 10:15:00"})
	}
	return t
}

// numbers is a wide table of measurements.
func numbers(r *rand.Rand, columns, n int) table {
	var t table
	for i := range columns {
		t.head = append(t.head, fmt.Sprintf("m%03d_value", i))
	}
	for range n {
		row := make([]string, columns)
		for i := range row {
			switch i % 4 {
			case 0:
				row[i] = fmt.Sprint(r.IntN(100000))
			case 1:
				row[i] = fmt.Sprintf("%.3f", r.Float64()*100)
			case 2:
				row[i] = fmt.Sprint(r.IntN(50))
			default:
				row[i] = fmt.Sprintf("%.2f", -r.Float64()*1000)
			}
		}
		t.rows = append(t.rows, row)
	}
	return t
}

// batch puts rows into one batch, and tells how many bytes a CSV file of them has.
func batch(d table, places *record.Places) (*record.Batch, int) {
	b := record.NewBatch(places)
	size := 0
	for _, row := range d.rows {
		for j, v := range row {
			b.Put(uint32(j), []byte(v))
			size += len(v) + 1
		}
		b.EndRecord()
	}
	return b, size
}

func benchmarkObserve(b *testing.B, d table) {
	var places record.Places
	for _, h := range d.head {
		places.Add(record.Place{Field: h, Name: h, Mode: record.Column})
	}
	all, size := batch(d, &places)
	t := NewTable(&places, Options{})
	for t.records < 5000 {
		t.Observe(all)
	}
	t.Decide()
	b.SetBytes(int64(size))
	b.ReportAllocs()
	cells := 0
	for b.Loop() {
		t.Observe(all)
		cells += len(all.Cells)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(cells), "ns/cell")
}

func BenchmarkObserveTypical(b *testing.B) {
	benchmarkObserve(b, typical(rand.New(rand.NewPCG(1, 2)), 1000))
}

func BenchmarkObserveNumbers300(b *testing.B) {
	benchmarkObserve(b, numbers(rand.New(rand.NewPCG(1, 2)), 300, 200))
}

// The first records of a table, which are looked at in every way, and its judgement.
func BenchmarkFirst1000(b *testing.B) {
	d := typical(rand.New(rand.NewPCG(1, 2)), 1000)
	var places record.Places
	for _, h := range d.head {
		places.Add(record.Place{Field: h, Name: h, Mode: record.Column})
	}
	all, size := batch(d, &places)
	NewTable(&places, Options{})
	b.SetBytes(int64(size))
	for b.Loop() {
		t := NewTable(&places, Options{})
		t.Observe(all)
		t.Decide()
	}
}

func BenchmarkDecide300(b *testing.B) {
	d := numbers(rand.New(rand.NewPCG(1, 2)), 300, 200)
	var places record.Places
	for _, h := range d.head {
		places.Add(record.Place{Field: h, Name: h, Mode: record.Column})
	}
	all, _ := batch(d, &places)
	t := NewTable(&places, Options{})
	t.Observe(all)
	for b.Loop() {
		t.Decide()
	}
}
