// Package sql reads SQL dumps and scripts: what mysqldump, pg_dump, SQLite's .dump, SQL Server's scripts and their like write. Each
// table that rows are put into is an item of its own within the script, and each row a record, whose columns are named by the
// INSERT or COPY itself or by the CREATE TABLE before it. All other statements and all comments are read as running text.
//
// Limits: of an expression in the place of a value, CAST('1815-12-10' AS date), the first literal counts. A statement that puts
// the answer of a query into a table is text. Of more than 256 tables whose rows come in turns the one that came first is closed,
// and becomes a second item when it comes again.
package sql

import (
	"bytes"
	"context"

	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/charset"
)

// Reader reads SQL scripts.
type Reader struct{}

// Name implements format.Reader.
func (Reader) Name() string { return "sql/1" }

// Claims implements format.Reader: by statements at the beginnings of lines. A lone word of SQL is none.
func (Reader) Claims(name string, head []byte) format.Claim {
	if len(head) == 0 || !charset.IsText(head) {
		return format.No
	}
	named := hasSuffixFold(name, ".sql") || hasSuffixFold(name, ".ddl") || hasSuffixFold(name, ".psql")
	rows, others := statements(charset.Head(head))
	switch {
	case rows > 0 && (others > 0 || named):
		return format.Certain
	case rows > 1 || named && others > 0:
		return format.Likely
	case others > 1, rows > 0:
		return format.Maybe
	}
	return format.No
}

func hasSuffixFold(name, suffix string) bool {
	return len(name) >= len(suffix) && bytes.EqualFold([]byte(name[len(name)-len(suffix):]), []byte(suffix))
}

// statements counts lines of the head that begin a statement which puts rows into a table, and those that begin another one.
func statements(head []byte) (rows, others int) {
	for len(head) > 0 && rows+others < 50 {
		line := head
		if i := bytes.IndexByte(head, '\n'); i >= 0 {
			line, head = head[:i], head[i+1:]
		} else {
			head = nil
		}
		line = bytes.TrimLeft(line, " \t")
		if len(line) < 8 {
			continue
		}
		words := upper(line[:min(len(line), 200)])
		switch {
		case bytes.HasPrefix(words, []byte("INSERT INTO ")), bytes.HasPrefix(words, []byte("REPLACE INTO ")), bytes.HasPrefix(words, []byte("INSERT [")),
			bytes.HasPrefix(words, []byte("INSERT IGNORE INTO ")), bytes.HasPrefix(words, []byte("COPY ")) && bytes.Contains(words, []byte(" FROM STDIN")) && bytes.HasSuffix(bytes.TrimSpace(words), []byte(";")):
			rows++
		case bytes.HasPrefix(words, []byte("CREATE TABLE ")), bytes.HasPrefix(words, []byte("DROP TABLE ")), bytes.HasPrefix(words, []byte("ALTER TABLE ")),
			bytes.HasPrefix(words, []byte("CREATE INDEX ")), bytes.HasPrefix(words, []byte("LOCK TABLES ")), bytes.HasPrefix(words, []byte("CREATE DATABASE ")),
			bytes.HasPrefix(words, []byte("SET IDENTITY_INSERT ")), bytes.HasPrefix(words, []byte("PRAGMA FOREIGN_KEYS")),
			bytes.HasPrefix(words, []byte("-- MYSQL DUMP")), bytes.HasPrefix(words, []byte("-- MARIADB DUMP")), bytes.HasPrefix(words, []byte("-- POSTGRESQL DATABASE DUMP")),
			bytes.HasPrefix(words, []byte("CREATE SCHEMA ")), bytes.HasPrefix(words, []byte("BEGIN TRANSACTION;")), bytes.HasPrefix(words, []byte("UPDATE ")) && bytes.Contains(words, []byte(" SET ")):
			others++
		}
	}
	return rows, others
}

// upper gives ASCII letters as capitals.
func upper(b []byte) []byte {
	up := make([]byte, len(b))
	for i, c := range b {
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		up[i] = c
	}
	return up
}

// Read implements format.Reader.
func (Reader) Read(ctx context.Context, in format.Input, out format.Output) error {
	src, _ := charset.Reader(in.Head, in.Body)
	r := &reading{scanner: scanner{ctx: ctx, src: src, buf: make([]byte, bufferSize)}, tables: tables{out: out, known: map[string][]string{}}}
	r.notes.out = out
	r.escapes = escapes(in.Head)
	err := r.statements()
	if e := r.tables.close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	return r.notes.flush()
}

// statements reads all statements.
func (r *reading) statements() error {
	for !r.ended() {
		if err := r.statement(); err != nil {
			return err
		}
	}
	return r.failure()
}

// escapes tells whether a backslash in a text is one, as in MySQL's dialect: elsewhere it stands for itself.
func escapes(head []byte) bool {
	for _, sign := range []string{"MySQL", "MariaDB", "ENGINE=", "`"} {
		if bytes.Contains(head, []byte(sign)) {
			return true
		}
	}
	return false
}

// reading is one reading of one script.
type reading struct {
	scanner
	tables  tables
	notes   notes
	escapes bool   // a backslash in a text is an escape
	broken  bool   // the end within a row was reported
	value   []byte // the value that is being read
	word    []byte
}

// statement reads one statement, comment or blank line.
func (r *reading) statement() error {
	if r.blanks(); r.ended() {
		return nil
	}
	switch c := r.peek(); {
	case c == ';':
		r.pos++
		return nil
	case c == '\\', c == '#', c == '-' && r.peekAt(1) == '-': // psql's own commands, and comments
		return r.line()
	case c == '/' && r.peekAt(1) == '*':
		return r.comment()
	}
	word := string(upper(r.ahead(24)))
	switch {
	case starts(word, "INSERT"), starts(word, "REPLACE"):
		return r.insert()
	case starts(word, "COPY"):
		return r.copy()
	case starts(word, "CREATE"):
		return r.create()
	case starts(word, "UPDATE"):
		return r.update()
	case starts(word, "DELIMITER"):
		return r.delimited()
	}
	return r.other(nil)
}

// starts tells whether a statement begins with a word.
func starts(text, word string) bool {
	return len(text) >= len(word) && text[:len(word)] == word && (len(text) == len(word) || !wordy(text[len(word)]))
}
