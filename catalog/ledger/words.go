package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/chartroom/chartroom/estate"
)

// maxHeld bounds how many numbers of words and folders a run keeps in memory.
const maxHeld = 1 << 15

// lexicon holds the numbers of what repeats. What a rolled-back transaction numbered must be forgotten.
type lexicon struct {
	words   map[string]int64
	folders map[folderKey]int64
	reasons map[estate.Reason]int64 // to the words that hold them, without their counts
}

type folderKey struct {
	repository int64
	path       string
}

func newLexicon() *lexicon {
	return &lexicon{map[string]int64{}, map[folderKey]int64{}, map[estate.Reason]int64{}}
}

const (
	findWord   = `SELECT id FROM words WHERE text = ?`
	addWord    = `INSERT INTO words (text) VALUES (?) RETURNING id`
	findFolder = `SELECT id FROM folders WHERE repository = ? AND path = ?`
	addFolder  = `INSERT INTO folders (repository, path) VALUES (?, ?) RETURNING id`
)

// word numbers a text.
func (w *writing) word(text string) (int64, error) {
	return number(w.ctx, w.conn, w.lex.words, text, findWord, addWord, text)
}

// folder numbers a folder of a repository.
func (w *writing) folder(repository int64, path string) (int64, error) {
	return number(w.ctx, w.conn, w.lex.folders, folderKey{repository, path}, findFolder, addFolder, repository, path)
}

// reason numbers a step of an explanation, whatever its count.
func (w *writing) reason(r estate.Reason) (int64, error) {
	r.Count = 0
	if id, ok := w.lex.reasons[r]; ok {
		return id, nil
	}
	text, err := json.Marshal(r)
	if err != nil {
		return 0, err
	}
	return number(w.ctx, w.conn, w.lex.reasons, r, findWord, addWord, string(text))
}

// number looks a thing up in memory, then in the file, and adds it where it is new. Without a way to add it, the number
// of a new thing is 0.
func number[K comparable](ctx context.Context, c *connection, held map[K]int64, key K, find, add string, args ...any) (id int64, err error) {
	if id, ok := held[key]; ok {
		return id, nil
	}
	err = c.QueryRowContext(ctx, find, args...).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		if add == "" {
			return 0, nil
		}
		err = c.QueryRowContext(ctx, add, args...).Scan(&id)
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
