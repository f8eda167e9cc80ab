package accounts

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog/store"
)

// Session is one log-in.
type Session struct {
	Account *Account
	Made    time.Time
	Seen    time.Time
}

// StartSession begins a session of an account under the hash of its secret, and forgets those whose last sign of life was before a time.
func (b *Book) StartSession(ctx context.Context, account int64, hash []byte, forget time.Time) error {
	now := store.Millis(b.file.Now())
	return b.file.Durably(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE seen < ?`, store.Millis(forget)); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE accounts SET entered = ? WHERE id = ?`, now, account); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO sessions (hash, account, made, seen) VALUES (?, ?, ?, ?)`, hash, account, now, now)
		return err
	})
}

// SessionOf gives the session under a hash, ErrNoAccount where there is none.
func (b *Book) SessionOf(ctx context.Context, hash []byte) (*Session, error) {
	var made, seen int64
	a, err := scanAccount(b.file.Read.QueryRowContext(ctx, accountColumns+`, s.made, s.seen FROM sessions s JOIN accounts a ON a.id = s.account WHERE s.hash = ?`, hash), &made, &seen)
	if err != nil {
		return nil, err
	}
	return &Session{a, store.Instant(made), store.Instant(seen)}, nil
}

// SeenSession notes a sign of life.
func (b *Book) SeenSession(ctx context.Context, hash []byte) error {
	return b.file.Update(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE sessions SET seen = ? WHERE hash = ?`, store.Millis(b.file.Now()), hash)
		return err
	})
}

// EndSession ends one session.
func (b *Book) EndSession(ctx context.Context, hash []byte) error {
	return b.file.Durably(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE hash = ?`, hash)
		return err
	})
}

// EndSessions ends all sessions of the caller but the one under a hash; nil spares none.
func (b *Book) EndSessions(ctx context.Context, who audit.Caller, but []byte) error {
	return b.change(ctx, ask{who, audit.OwnAccount, "sessions"}, "end sessions", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE account = (SELECT id FROM accounts WHERE lower(name) = lower(?)) AND hash <> ?`, who.Name, append([]byte{}, but...))
		return err
	})
}

// Token is a key of the API. It may no more than its role, nor than the role of its account.
type Token struct {
	ID      int64
	Account string
	Name    string
	Role    audit.Role
	Made    time.Time
	Ends    time.Time
	Used    *time.Time
}

// AddToken adds one to the caller's own account, under the hash of its secret.
func (b *Book) AddToken(ctx context.Context, who audit.Caller, hash []byte, t Token) error {
	if t.Role > who.Role || t.Role == audit.NoRole {
		return fmt.Errorf("a token of a %s: %w: %s is %s", t.Role, audit.ErrDenied, who.Name, who.Role)
	}
	return b.change(ctx, ask{who, audit.OwnAccount, "token of a " + t.Role.String()}, "add a token", func(tx *sql.Tx) error {
		return one(ctx, tx, ErrNoAccount, `INSERT INTO tokens (hash, account, name, role, made, ends) SELECT ?, id, ?, ?, ?, ? FROM accounts WHERE lower(name) = lower(?)`,
			hash, t.Name, t.Role.String(), store.Millis(b.file.Now()), store.Millis(t.Ends), who.Name)
	})
}

// Tokens lists the caller's own tokens, and to who keeps accounts all.
func (b *Book) Tokens(ctx context.Context, who audit.Caller) ([]Token, error) {
	out := []Token{}
	if err := b.admit(ctx, who, audit.OwnAccount, "tokens"); err != nil {
		return nil, err
	}
	for rows, err := range store.Rows(ctx, b.file.Read, `SELECT t.id, a.name, t.name, t.role, t.made, t.ends, t.used FROM tokens t JOIN accounts a ON a.id = t.account
			WHERE lower(a.name) = lower(?) OR ? = 1 ORDER BY t.id`, who.Name, who.Permit(audit.KeepAccounts) == nil) {
		var t Token
		var role string
		var made, ends int64
		var used *int64
		if err == nil {
			err = rows.Scan(&t.ID, &t.Account, &t.Name, &role, &made, &ends, &used)
		}
		if err != nil {
			return nil, b.reading(err)
		}
		t.Role, _ = audit.ParseRole(role)
		t.Made, t.Ends, t.Used = store.Instant(made), store.Instant(ends), instant(used)
		out = append(out, t)
	}
	return out, nil
}

// RevokeToken ends one of the caller's own tokens, or anybody's where the caller keeps accounts.
func (b *Book) RevokeToken(ctx context.Context, who audit.Caller, id int64) error {
	return b.change(ctx, ask{who, audit.OwnAccount, "token"}, "revoke a token", func(tx *sql.Tx) error {
		return one(ctx, tx, ErrNoSuchToken, `DELETE FROM tokens WHERE id = ? AND (account = (SELECT id FROM accounts WHERE lower(name) = lower(?)) OR ? = 1)`, id, who.Name, who.Permit(audit.KeepAccounts) == nil)
	})
}

// tokenNoted is how exactly the last use of a token is known: to the minute, so that not each call writes.
const tokenNoted = time.Minute

// TokenHolder gives who calls with a token: its account, with the lesser role of the two. ErrNoAccount where there is no such token, it has
// run out, or its account is disabled.
func (b *Book) TokenHolder(ctx context.Context, hash []byte) (audit.Caller, error) {
	var id, ends int64
	var used *int64
	var role string
	a, err := scanAccount(b.file.Read.QueryRowContext(ctx, accountColumns+`, t.id, t.role, t.ends, t.used FROM tokens t JOIN accounts a ON a.id = t.account WHERE t.hash = ?`, hash),
		&id, &role, &ends, &used)
	if err != nil {
		return audit.Caller{}, err
	}
	now := store.Millis(b.file.Now())
	if ends <= now || a.Disabled {
		return audit.Caller{}, ErrNoAccount
	}
	who := a.Caller()
	scope, _ := audit.ParseRole(role)
	who.Role = min(who.Role, scope)
	if used == nil || now-*used > tokenNoted.Milliseconds() {
		err = b.file.Update(ctx, func(tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `UPDATE tokens SET used = ? WHERE id = ?`, now, id)
			return err
		})
	}
	return who, err
}
