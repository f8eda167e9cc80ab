package retention

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"index/suffixarray"
	"os"
	"strings"
	"time"

	"github.com/chartroom/chartroom/catalog/store"
)

// stub begins the text that stands in the place of a name that nothing uses any more. The row itself stays: to delete it, a database would look
// through all that could refer to it.
const stub = "removed "

// Users of words, by table and columns: those that refer to words. Findings are packed, and name theirs within.
func users() map[string][]string {
	return map[string][]string{
		"items":  {"format", "reader", "rules"},
		"gaps":   {"reason", "detail"},
		"grants": {"system", "scope", "kind", "principal", "action", "target", "why", "origin"},
	}
}

// names removes the names that only what was removed had: words, and folders.
func (s *sweep) names(ctx context.Context) error {
	if s.Dry || s.report.Total() == 0 {
		return nil
	}
	used, err := s.words(ctx)
	if err != nil {
		return err
	}
	if err := s.blank(ctx, "words", "text", `SELECT id, text FROM words`, func(id int64) bool { return used.has(id) }); err != nil {
		return err
	}
	return s.blank(ctx, "folders", "path", `SELECT f.id, f.path FROM folders f WHERE NOT EXISTS (SELECT 1 FROM items x WHERE x.folder = f.id AND x.to_at IS NULL)
		AND NOT EXISTS (SELECT 1 FROM items x WHERE x.folder = f.id AND x.to_at IS NOT NULL)
		AND NOT EXISTS (SELECT 1 FROM gaps x WHERE x.folder = f.id AND x.to_at IS NULL)
		AND NOT EXISTS (SELECT 1 FROM gaps x WHERE x.folder = f.id AND x.to_at IS NOT NULL)`, func(int64) bool { return false })
}

// set is a set of numbers, a bit for each.
type set []byte

func (s *set) add(n int64) {
	for int64(len(*s)) <= n/8 {
		*s = append(*s, make([]byte, len(*s)+64)...)
	}
	(*s)[n/8] |= 1 << (n % 8)
}

func (s *set) has(n int64) bool { return n/8 < int64(len(*s)) && (*s)[n/8]&(1<<(n%8)) != 0 }

// words gives the words that something uses.
func (s *sweep) words(ctx context.Context) (*set, error) {
	var most int64
	if err := s.File.Read.QueryRowContext(ctx, `SELECT coalesce(max(id), 0) FROM words`).Scan(&most); err != nil {
		return nil, err
	}
	used := &set{}
	for table, columns := range users() {
		for _, column := range columns {
			for rows, err := range store.Rows(ctx, s.File.Read, `SELECT DISTINCT `+column+` FROM `+table) {
				var id int64
				if err == nil {
					err = rows.Scan(&id)
				}
				if err != nil {
					return nil, err
				}
				used.add(id)
			}
		}
	}
	for rows, err := range store.Rows(ctx, s.File.Read, `SELECT findings FROM contents WHERE findings IS NOT NULL`) {
		var raw sql.RawBytes
		if err == nil {
			err = rows.Scan(&raw)
		}
		var findings []store.Finding
		if err == nil {
			findings, err = store.UnpackFindings(raw)
		}
		if err != nil {
			return nil, err
		}
		for _, f := range findings {
			for _, id := range append([]int64{f.Field}, reasons(f)...) {
				if id < 0 || id > most {
					return nil, fmt.Errorf("%w: a finding names the word %d, which is not there", store.ErrDamaged, id)
				}
				used.add(id)
			}
		}
	}
	return used, nil
}

func reasons(f store.Finding) (ids []int64) {
	for _, why := range f.Why {
		ids = append(ids, why.Word)
	}
	return ids
}

// blank puts stubs in the place of the names of a query that are not used.
func (s *sweep) blank(ctx context.Context, table, column, query string, used func(id int64) bool) error {
	var ids []int64
	flush := func() error {
		if len(ids) == 0 {
			return nil
		}
		defer s.step(table)
		err := s.update(ctx, func(tx *sql.Tx) error {
			for _, id := range ids {
				if err := s.exec(ctx, tx, table, `UPDATE `+table+` SET `+column+` = ? WHERE id = ?`, fmt.Sprintf("%s%d %d", stub, id, s.now), id); err != nil {
					return err
				}
			}
			return nil
		})
		ids = ids[:0]
		return err
	}
	for rows, err := range store.Rows(ctx, s.File.Read, query) {
		var id int64
		var name string
		if err == nil {
			err = rows.Scan(&id, &name)
		}
		if err != nil {
			return err
		}
		if strings.HasPrefix(name, fmt.Sprintf("%s%d ", stub, id)) || used(id) {
			continue
		}
		if ids = append(ids, id); len(ids) == batch {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// mostLogged is how many bytes of the logs of cases are searched for names. Where there are more, nothing is removed.
const mostLogged = 64 << 20

// held gives the repositories that the log of a case names, wherever in a line. What cases say is not the catalog's to know; that a name stands in
// one is enough to keep all that is known of it.
func held(ctx context.Context, q store.Querier) (ids map[int64]bool, names []string, err error) {
	var logs bytes.Buffer
	for rows, err := range store.Rows(ctx, q, `SELECT bytes FROM case_lines`) {
		var line sql.RawBytes
		if err == nil {
			err = rows.Scan(&line)
		}
		if err != nil {
			return nil, nil, err
		}
		logs.Write(line)
		logs.WriteByte('\n')
		if logs.Len() > mostLogged {
			return nil, nil, fmt.Errorf("the logs of the cases are longer than %d MiB, and which repositories they name is not looked for", mostLogged>>20)
		}
	}
	ids, names = map[int64]bool{}, []string{}
	if logs.Len() == 0 {
		return ids, names, nil
	}
	index := suffixarray.New(logs.Bytes())
	for rows, err := range store.Rows(ctx, q, `SELECT id, name FROM repositories ORDER BY name`) {
		var id int64
		var name string
		if err == nil {
			err = rows.Scan(&id, &name)
		}
		if err != nil {
			return nil, nil, err
		}
		if written(index, name) {
			ids[id], names = true, append(names, name)
		}
	}
	return ids, names, nil
}

// written tells whether a name stands somewhere, as it is or as JSON writes it.
func written(index *suffixarray.Index, name string) bool {
	if name == "" {
		return false
	}
	quoted, err := json.Marshal(name)
	return len(index.Lookup([]byte(name), 1)) > 0 || err == nil && len(index.Lookup(quoted[1:len(quoted)-1], 1)) > 0
}

// vacuum gives the room back. A file is written anew, so that nothing of what went is left in it.
func (s *sweep) vacuum(ctx context.Context) error {
	if s.Dry || s.report.Total() == 0 {
		return nil
	}
	if store.OnServer(s.File.Path) {
		tables, err := store.Tables(ctx)
		for i := 0; i < len(tables) && err == nil; i++ {
			_, err = s.File.Write.ExecContext(ctx, `VACUUM (ANALYZE) `+tables[i].Name)
		}
		return err
	}
	before, err := os.Stat(s.File.Path)
	if err != nil {
		return err
	}
	s.File.Turn.Lock()
	defer s.File.Turn.Unlock()
	var pages, free int64
	if err := s.File.Write.QueryRowContext(ctx, `SELECT p.page_count, f.freelist_count FROM pragma_page_count p, pragma_freelist_count f`).Scan(&pages, &free); err != nil {
		return err
	}
	if !s.Sparing || free*4 > pages {
		if _, err := s.File.Write.ExecContext(ctx, `VACUUM`); err != nil {
			return err
		}
	}
	busy := 1
	for range 20 { // those who read at this moment have done soon
		var log, done int
		if err := s.File.Write.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &log, &done); err != nil {
			return err
		}
		if busy == 0 {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	s.report.Waiting = busy != 0
	after, err := os.Stat(s.File.Path)
	if err == nil {
		s.report.Bytes = before.Size() - after.Size()
	}
	return err
}
