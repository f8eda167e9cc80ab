package facts

import (
	"strconv"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/threat"
)

// Counter counts what stores hold together, each person once. It is for one goroutine at a time.
func (t *Told) Counter() threat.Counter { return &counter{t, t.access.Counter()} }

type counter struct {
	told  *Told
	count *access.Counter
}

// Count counts what stores hold, by the numbers of their names. What is no store holds nobody.
func (c *counter) Count(stores []uint32) threat.Loss {
	var parts []int
	repositories := map[string]bool{}
	for _, s := range stores {
		if i, is := c.told.stores[s]; is {
			parts = append(parts, i)
			repositories[c.told.access.Parts()[i].Place.Repository] = true
		}
	}
	out := threat.Loss{Classes: map[string]estate.Count{}, States: map[string]int64{}, Stores: len(repositories), Sensitivity: []string{}}
	if len(parts) == 0 {
		return out
	}
	_, classes, bytes := c.count.Count(parts)
	t := c.count.Tally(parts)
	out.People, out.Bytes, out.Sensitivity = t.Total, bytes, classes.Names()
	for class, n := range t.Classes {
		out.Classes[class.String()] = n
	}
	for state, n := range t.States {
		out.States[state.String()] = n.Estimate
	}
	return out
}

func factID(number int) string { return "fact:" + strconv.Itoa(number) }
