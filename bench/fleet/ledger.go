package main

import (
	"database/sql"
	"fmt"

	_ "modernc.org/sqlite"
)

// ledger watches the shards of a catalog by triggers of its own in it, whatever the program says of them.
type ledger struct{ db string }

// watch writes down each shard that is entered, done or given up. A shard that is done a second time breaks the statement that says so.
const watch = `
CREATE TABLE bench_shards (run INTEGER, id INTEGER, state INTEGER DEFAULT 0, PRIMARY KEY (run, id));
CREATE TABLE bench_ends (run INTEGER, id INTEGER, PRIMARY KEY (run, id));
CREATE TRIGGER bench_enter AFTER INSERT ON shards BEGIN INSERT INTO bench_shards (run, id) VALUES (new.run, new.id); END;
CREATE TRIGGER bench_end AFTER UPDATE OF state ON shards WHEN new.state <> 0 BEGIN
	INSERT INTO bench_ends (run, id) VALUES (new.run, new.id);
	UPDATE bench_shards SET state = new.state WHERE run = new.run AND id = new.id;
END;
CREATE TRIGGER bench_drop AFTER DELETE ON shards WHEN old.state = 0 BEGIN UPDATE bench_shards SET state = 3 WHERE run = old.run AND id = old.id; END;`

func openLedger(db string) (*ledger, error) {
	c, err := sql.Open("sqlite", db)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if _, err := c.Exec(watch); err != nil {
		return nil, fmt.Errorf("watch the shards of %s: %w", db, err)
	}
	return &ledger{db}, nil
}

// check tells what became of the shards: of those of the last run each was done once, or dropped with the listing that it came from;
// none is open, and none was given up.
func (l *ledger) check() (string, error) {
	c, err := sql.Open("sqlite", l.db)
	if err != nil {
		return "", err
	}
	defer c.Close()
	var all, open, done, dead, dropped int
	err = c.QueryRow(`SELECT count(*), count(*) FILTER (WHERE state = 0), count(*) FILTER (WHERE state = 1), count(*) FILTER (WHERE state = 2), count(*) FILTER (WHERE state = 3)
		FROM bench_shards WHERE run = (SELECT max(run) FROM bench_shards)`).Scan(&all, &open, &done, &dead, &dropped)
	if err != nil {
		return "", fmt.Errorf("read what became of the shards: %w", err)
	}
	counts := fmt.Sprintf("%d shards: %d done once, %d replaced", all, done, dropped)
	if all == 0 || open != 0 || dead != 0 || done == 0 {
		return "", fmt.Errorf("%s, %d open, %d given up", counts, open, dead)
	}
	_, err = c.Exec(`DROP TRIGGER bench_enter; DROP TRIGGER bench_end; DROP TRIGGER bench_drop; DROP TABLE bench_shards; DROP TABLE bench_ends`)
	return counts, err
}
