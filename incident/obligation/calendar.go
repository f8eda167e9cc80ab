package obligation

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"strings"
	"time"
)

// holidaysFile are the federal holidays, by 5 U.S.C. 6103 and Executive Order 11582: a holiday on a Saturday is observed on the Friday
// before, one on a Sunday on the Monday after. Holidays of States are not in it.
//
//go:embed holidays.csv
var holidaysFile string

// calendar knows the days on which no business is done.
type calendar struct {
	closed      map[time.Time]bool
	first, last int // the years that it knows
}

func newCalendar() (*calendar, error) {
	rows, err := csv.NewReader(strings.NewReader(holidaysFile)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read the federal holidays: %w", err)
	}
	c := &calendar{closed: make(map[time.Time]bool, len(rows))}
	for _, row := range rows[1:] {
		day, err := time.Parse(time.DateOnly, row[1])
		if err != nil {
			return nil, fmt.Errorf("read the federal holidays: %w", err)
		}
		c.closed[day] = true
		if c.first == 0 {
			c.first = day.Year()
		}
		c.last = day.Year()
	}
	return c, nil
}

// after gives the day n business days after a day, which is not counted itself; false where the calendar does not know all of them.
func (c *calendar) after(day time.Time, n int) (time.Time, bool) {
	for {
		if day.Year() < c.first || day.Year() > c.last {
			return day, false
		}
		if n == 0 {
			return day, true
		}
		day = day.AddDate(0, 0, 1)
		if wd := day.Weekday(); wd != time.Saturday && wd != time.Sunday && !c.closed[day] {
			n--
		}
	}
}
