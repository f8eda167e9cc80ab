package catalog

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
)

// maxHeld bounds how many numbers of words, places and folders a run keeps in memory.
const maxHeld = 1 << 15

// lexicon gives numbers to what repeats. What a rolled-back transaction numbered must be forgotten.
type lexicon struct {
	words   map[string]int64
	places  map[placeKey]int64
	folders map[folderKey]int64
	reasons map[estate.Reason]int64 // to the words that hold them, without their counts
}

type placeKey struct {
	field   int64
	kind    phi.Kind
	subject phi.Subject
	classes phi.Classes
}

type folderKey struct {
	repository int64
	path       string
}

func newLexicon() *lexicon {
	l := &lexicon{}
	l.forget()
	return l
}

func (l *lexicon) forget() {
	l.words, l.places, l.folders = map[string]int64{}, map[placeKey]int64{}, map[folderKey]int64{}
	l.reasons = map[estate.Reason]int64{}
}

// word numbers a text.
func (l *lexicon) word(ctx context.Context, s *statements, text string) (int64, error) {
	return number(ctx, l.words, text, s.findWord, s.addWord, text)
}

// place numbers a field of a kind.
func (l *lexicon) place(ctx context.Context, s *statements, f *estate.Finding) (int64, error) {
	field, err := l.word(ctx, s, f.Field)
	if err != nil {
		return 0, err
	}
	key := placeKey{field, f.Kind, f.Subject, f.Classes}
	return number(ctx, l.places, key, s.findPlace, s.addPlace, field, int(f.Kind), int(f.Subject), int64(f.Classes))
}

// folder numbers a folder of a repository.
func (l *lexicon) folder(ctx context.Context, s *statements, repository int64, path string) (int64, error) {
	return number(ctx, l.folders, folderKey{repository, path}, s.findFolder, s.addFolder, repository, path)
}

// why numbers the steps of an explanation.
func (l *lexicon) why(ctx context.Context, s *statements, reasons []estate.Reason) ([]byte, error) {
	steps := make([]because, 0, len(reasons))
	for _, r := range reasons {
		n := r.Count
		r.Count = 0
		w, ok := l.reasons[r]
		if !ok {
			text, err := json.Marshal(r)
			if err != nil {
				return nil, err
			}
			if w, err = l.word(ctx, s, string(text)); err != nil {
				return nil, err
			}
			if len(l.reasons) >= maxHeld {
				clear(l.reasons)
			}
			l.reasons[r] = w
		}
		steps = append(steps, because{w, n})
	}
	return packWhy(steps), nil
}

// number looks a thing up in memory, then in the catalog, and adds it where it is new. Without a statement to add it, the
// number of a new thing is 0.
func number[K comparable](ctx context.Context, held map[K]int64, key K, find, add *sql.Stmt, args ...any) (int64, error) {
	if id, ok := held[key]; ok {
		return id, nil
	}
	var id int64
	err := find.QueryRowContext(ctx, args...).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		if add == nil {
			return 0, nil
		}
		err = add.QueryRowContext(ctx, args...).Scan(&id)
	}
	if err != nil {
		return 0, err
	}
	if len(held) >= maxHeld {
		clear(held)
	}
	held[key] = id
	return id, nil
}
