package postgres

import (
	"context"
	"strconv"
	"strings"
)

// marksSince is the first version whose counters of changed rows are trusted: before it they came by datagrams, which may be
// lost (server_version_num).
const marksSince = 15_00_00

// marks are what tells whether a table has changed: the counters of inserted, updated and deleted rows, with what tells when they
// began. They are taken at a moment BEFORE that of the snapshot. A change that the counters hold has ended before that moment, and so
// the snapshot shows it; one that came between is read although the mark does not have it, and the next scan reads the table again.
//
// The counters begin anew after a crash and when somebody resets them, which the epoch tells. A superuser who turns track_counts
// off in his session can change a table unseen; marks=no is for whoever fears that. A standby counts nothing.
type marks struct {
	s     *session
	epoch string          // empty where the counters cannot be trusted
	seen  map[string]mark // of the page's tables, by oid
}

type mark struct {
	counters string
	bytes    int64 // -1 when not known
}

// beginMarks holds the counters as they are now.
func (d *Database) beginMarks(ctx context.Context) *marks {
	m := &marks{}
	s, err := d.connect(ctx)
	if err != nil {
		return m
	}
	if err := s.start(ctx, now); err != nil {
		s.close()
		return m
	}
	m.s = s
	if !d.marks || d.facts.version < marksSince || d.facts.standby || !d.facts.counting {
		return m
	}
	if err := s.exec(ctx, "SET LOCAL stats_fetch_consistency = snapshot"); err != nil {
		s.close()
		m.s = nil
		return m
	}
	rows, err := s.ask(ctx, `SELECT d.datid, d.stats_reset, b.stats_reset
		FROM pg_stat_database d, pg_stat_bgwriter b WHERE d.datname = current_database()`)
	if err == nil && len(rows) == 1 {
		m.epoch = string(rows[0][0]) + " " + string(rows[0][1]) + " " + string(rows[0][2])
	}
	return m
}

// page looks up a page of tables. What cannot be known is left out, and read.
func (m *marks) page(ctx context.Context, tables []row) {
	m.seen = make(map[string]mark, len(tables))
	var oids []string
	for _, r := range tables {
		oids = append(oids, r.text(0))
		m.seen[r.text(0)] = mark{bytes: -1}
	}
	if m.s == nil || len(oids) == 0 {
		return
	}
	list := "{" + strings.Join(oids, ",") + "}"
	if m.epoch != "" {
		rows, err := m.s.ask(ctx, `SELECT o, pg_stat_get_tuples_inserted(o), pg_stat_get_tuples_updated(o), pg_stat_get_tuples_deleted(o) FROM unnest($1::oid[]) o`, list)
		if err != nil {
			m.epoch = ""
			m.s.close()
			m.s = nil
			return
		}
		for _, r := range rows {
			m.seen[r.text(0)] = mark{r.text(1) + " " + r.text(2) + " " + r.text(3), -1}
		}
	}
	// The sizes take a lock that a table's owner may hold for long; whoever waits for it is not worth the wait.
	if m.s.exec(ctx, "SAVEPOINT sizes; SET LOCAL lock_timeout = 300") != nil {
		return
	}
	rows, err := m.s.ask(ctx, `SELECT o, pg_table_size(o) FROM unnest($1::oid[]) o`, list)
	for _, r := range rows {
		if n, e := strconv.ParseInt(string(r[1]), 10, 64); err == nil && e == nil {
			seen := m.seen[r.text(0)]
			seen.bytes = n
			m.seen[r.text(0)] = seen
		}
	}
	m.s.exec(ctx, "ROLLBACK TO SAVEPOINT sizes; RELEASE SAVEPOINT sizes") // if that fails, so does what follows
}

// end gives the counters up.
func (m *marks) end() { m.s.close() }
