package cost

import (
	"encoding/csv"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The tiers, reckoned by hand.
func TestTiers(t *testing.T) {
	const gb, tb = int64(gigabyte), int64(1024 * gigabyte)
	for _, c := range []struct {
		bytes         int64
		macie, google float64
	}{
		{gb, 1, 0},
		{100 * gb, 100, 99},
		{8_800_000_000_000, 8195.64, 8194.64},
		{50_000 * gb, 50_000, 49_999},
		{50 * tb, 50_000 + 1200*0.5, 51_199},
		{100 * tb, 50_000 + 52_400*0.5, 51_199 + 51_200*0.75},
		{1000 * tb, 50_000 + 450_000*0.5 + 524_000*0.25, 51_199 + 460_800*0.75 + 512_000*0.6},
	} {
		got, err := List(c.bytes)
		if err != nil || len(got) != 2 {
			t.Fatal(got, err)
		}
		if math.Abs(got[0].USD-c.macie) > 0.01 || math.Abs(got[1].USD-c.google) > 0.01 {
			t.Errorf("%d bytes: %v and %v, want %v and %v", c.bytes, got[0].USD, got[1].USD, c.macie, c.google)
		}
	}
}

// More bytes never cost less, and no byte costs more than at the first tier.
func TestPricesRise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.Int64Range(1, 1<<52).Draw(t, "a")
		b := rapid.Int64Range(a, 1<<53).Draw(t, "b")
		one, err := List(a)
		two, err2 := List(b)
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		for i := range one {
			if one[i].USD > two[i].USD || two[i].USD > float64(b)/gigabyte {
				t.Errorf("%s: %v for %d, %v for %d", one[i].Service, one[i].USD, a, two[i].USD, b)
			}
		}
	})
}

// Each price says where it stands and when it was read, and the tiers are in order.
func TestEveryPriceHasItsSource(t *testing.T) {
	rows, err := csv.NewReader(strings.NewReader(prices)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		if _, err := time.Parse(time.DateOnly, row[3]); err != nil || !strings.HasPrefix(row[4], "https://") || row[5] == "" {
			t.Errorf("%v: %v", row, err)
		}
	}
}

func TestWhereNothingWasReadNothingIsSaid(t *testing.T) {
	m := Start()
	b, err := m.Bill(0)
	if b != nil || err != nil || b.Sentence() != "" {
		t.Error(b, err)
	}
	for began := time.Now(); processor()-m.before == 0 && time.Since(began) < 10*time.Second; {
	}
	b, err = m.Bill(3 << 30)
	if err != nil || b.CoreSeconds <= 0 {
		t.Fatal(b, err)
	}
	for _, part := range []string{"core-hours", "read on 2026-11-22: Amazon Macie 3.00 USD", "Google Sensitive Data Protection 2.00 USD"} {
		if !strings.Contains(b.Sentence(), part) {
			t.Errorf("%q lacks %q", b.Sentence(), part)
		}
	}
}
