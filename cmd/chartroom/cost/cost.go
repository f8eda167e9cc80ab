// Package cost says what a survey took, and what the same pass would cost at the list prices of services that are paid by the gigabyte.
package cost

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/chartroom/chartroom/cmd/chartroom/show"
)

// prices are the published prices for a month in which nothing else is inspected. Microsoft Purview has none by the gigabyte: it is paid by the
// hours of its processors, or by the number of assets.
//
//go:embed prices.csv
var prices string

// gigabyte is what the services count in: 2^30 bytes.
const gigabyte = 1 << 30

// Price is what a service would ask.
type Price struct {
	Service string  `json:"service"`
	USD     float64 `json:"usd"`
	Read    string  `json:"list_price_read"` // the day
	Source  string  `json:"source"`
	Basis   string  `json:"basis"`
}

// Bill is what a survey took.
type Bill struct {
	CoreSeconds float64 `json:"core_seconds"`          // user and system time of this process
	Prices      []Price `json:"list_prices,omitempty"` // for the bytes that it read
}

// Meter measures from its beginning.
type Meter struct{ before time.Duration }

// Start begins to measure.
func Start() Meter { return Meter{processor()} }

// Bill is what it took until now to read so many bytes; nil where nothing was read.
func (m Meter) Bill(bytes int64) (*Bill, error) {
	if bytes <= 0 {
		return nil, nil
	}
	list, err := List(bytes)
	return &Bill{(processor() - m.before).Seconds(), list}, err
}

// Sentence says it in a line; "" of nothing.
func (b *Bill) Sentence() string {
	if b == nil {
		return ""
	}
	text := fmt.Sprintf(" It took %s core-hours.", hours(b.CoreSeconds))
	var asked []string
	read := ""
	for _, p := range b.Prices {
		asked = append(asked, fmt.Sprintf("%s %s USD", p.Service, money(p.USD)))
		if read == "" || p.Read < read {
			read = p.Read
		}
	}
	if len(asked) > 0 {
		text += fmt.Sprintf(" One such pass at list price, read on %s: %s.", read, strings.Join(asked, ", "))
	}
	return text
}

func hours(seconds float64) string { return strconv.FormatFloat(seconds/3600, 'f', 4, 64) }

func money(usd float64) string {
	switch {
	case usd >= 100:
		return show.Thousands(int64(usd + 0.5))
	case usd > 0 && usd < 0.01:
		return "under 0.01"
	}
	return strconv.FormatFloat(usd, 'f', 2, 64)
}

// tier is a rate from an amount on.
type tier struct{ over, rate float64 }

// List gives what each service would ask for so many bytes in one month.
func List(bytes int64) ([]Price, error) {
	rows, err := csv.NewReader(strings.NewReader(prices)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read the list prices: %w", err)
	}
	var out []Price
	var tiers []tier
	for i, row := range rows[1:] {
		var t tier
		if t.over, err = strconv.ParseFloat(row[1], 64); err == nil {
			t.rate, err = strconv.ParseFloat(row[2], 64)
		}
		if err != nil {
			return nil, fmt.Errorf("read the list prices, line %d: %w", i+2, err)
		}
		if i == 0 || row[0] != rows[i][0] {
			out, tiers = append(out, Price{Service: row[0], Read: row[3], Source: row[4], Basis: row[5]}), nil
		}
		tiers = append(tiers, t)
		out[len(out)-1].USD = asked(tiers, float64(bytes)/gigabyte)
	}
	return out, nil
}

// asked adds up what each tier asks for the part that is in it.
func asked(tiers []tier, gigabytes float64) (usd float64) {
	for i, t := range tiers {
		upTo := gigabytes
		if i+1 < len(tiers) {
			upTo = min(upTo, tiers[i+1].over)
		}
		usd += max(0, upTo-t.over) * t.rate
	}
	return usd
}
