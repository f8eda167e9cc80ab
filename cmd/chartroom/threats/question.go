package threats

import (
	"slices"
	"strings"

	"github.com/chartroom/chartroom/threat"
)

// question is what the walk is asked.
func (w *walk) question() (threat.Input, error) {
	q := threat.Input{Facts: w.told.Facts, Book: w.book, Counter: w.told.Counter(), Paths: max(w.most, somePaths), Cuts: w.mostCuts, AsOf: w.room.Question.Day(), Fixed: w.told.Daily}
	if w.most == 0 || w.watch || w.whose {
		q.Paths = mostPaths
	}
	for _, text := range w.footholds {
		found := w.principal(text)
		if len(found) != 1 {
			return q, w.Usage("%s is called so by %d principals; name one by its whole ID, as chartroom footholds lists them", text, len(found))
		}
		q.Start, q.Alone = append(q.Start, threat.Fact{Predicate: "acts_as", Args: found}), true
	}
	return q, nil
}

// How many paths are asked for: all that there are, and where fewer are shown enough to choose the certain ones from.
const (
	mostPaths = 100_000
	somePaths = 1000
)

// choose puts the certain paths first, and keeps as many as are to be shown.
func (w *walk) choose() {
	a := w.answer
	w.told.Settle(w.book, a)
	if w.whose {
		a.Paths = slices.DeleteFunc(a.Paths, func(p threat.Path) bool { return !p.Joined })
	}
	for i := range a.Paths {
		if a.Paths[i].Certain {
			w.certain++
		}
	}
	w.possible, w.detours = len(a.Paths)-w.certain, a.Omitted
	if w.most > 0 && len(a.Paths) > w.most && !w.watch {
		a.Omitted += len(a.Paths) - w.most
		a.Paths = a.Paths[:w.most]
	}
}

// principal finds the accounts that a text can mean: by ID, or by its end behind a separator.
func (w *walk) principal(text string) []uint32 {
	var ending []uint32
	facts := w.told.Facts
	for _, table := range []string{"can_read", "user", "can_assume"} {
		t := facts.Table(table)
		if t == nil {
			continue
		}
		for i := 0; i < len(t.Args); i += t.Arity {
			n := t.Args[i]
			name := facts.Names()[n]
			switch {
			case strings.EqualFold(name, text):
				return []uint32{n}
			case endsWith(name, text) && !slices.Contains(ending, n):
				ending = append(ending, n)
			}
		}
	}
	return ending
}

// endsWith tells whether a name ends with a text behind a separator, or is an account of that name in a domain.
func endsWith(name, text string) bool {
	name, text = strings.ToLower(name), strings.ToLower(text)
	at := strings.LastIndex(name, text)
	if at <= 0 || !strings.ContainsRune("#/:@", rune(name[at-1])) {
		return false
	}
	rest := name[at+len(text):]
	return rest == "" || rest[0] == '@'
}
