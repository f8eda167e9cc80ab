// Package accounts keeps who may enter the web room and how, who may work for a fleet, and what waits to be sent. Of secrets it has only hashes. What establishes who a
// caller is asks for none; everything else does.
package accounts

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog/store"
)

// Errors of accounts.
var (
	ErrNoAccount   = errors.New("there is no such account")
	ErrNameTaken   = errors.New("there is an account of that name already")
	ErrLastAdmin   = errors.New("it is the only admin who can log in")
	ErrNoInvite    = errors.New("the invitation is not known, was used, or has run out")
	ErrNoSuchToken = errors.New("there is no such token")
)

// Book is the part of a catalog that is about accounts. It is safe for concurrent use.
type Book struct {
	file  *store.File
	admit func(ctx context.Context, who audit.Caller, action audit.Action, target string) error // checks permission and writes the trail
}

// New gives the accounts of a file. Admit checks permission and writes the audit trail.
func New(file *store.File, admit func(ctx context.Context, who audit.Caller, action audit.Action, target string) error) *Book {
	return &Book{file, admit}
}

// ask is who wants what.
type ask struct {
	who    audit.Caller
	action audit.Action
	target string
}

// change changes something durably for an admitted caller; its error says what was being done.
func (b *Book) change(ctx context.Context, a ask, what string, f func(*sql.Tx) error) error {
	if err := b.admit(ctx, a.who, a.action, a.target); err != nil {
		return err
	}
	if err := b.file.Durably(ctx, f); err != nil {
		return fmt.Errorf("%s in catalog %s: %w", what, b.file.Path, err)
	}
	return nil
}

func (b *Book) reading(err error) error { return fmt.Errorf("read catalog %s: %w", b.file.Path, err) }

// one runs a statement that must meet exactly one row; else it returns an error that wraps none.
func one(ctx context.Context, tx *sql.Tx, none error, query string, args ...any) error {
	res, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return none
	}
	return nil
}

// instant is a stored time that may be missing.
func instant(ms *int64) *time.Time {
	if ms == nil {
		return nil
	}
	t := store.Instant(*ms)
	return &t
}

// Entered writes down that somebody logged in, or tried to, from an address. The name is that of an account, or says that there is none
// such: what was typed instead of one may be a password.
func (b *Book) Entered(ctx context.Context, who audit.Caller, address string, outcome audit.Outcome) error {
	return b.file.Record(ctx, store.Line{Caller: who.Name, Role: who.Role.String(), Action: string(audit.LogIn), Target: address, Outcome: string(outcome)})
}

// Account is somebody who may enter the web room. Its secrets are not part of it.
type Account struct {
	ID       int64
	Name     string
	Role     audit.Role
	Handle   []byte // what a passkey knows the account by: random bytes
	Subject  string // issuer and subject at an identity provider; "" = none
	Disabled bool
	Password bool // it has one
	Passkeys int
	Sessions int
	Made     time.Time
	Entered  *time.Time // when somebody last logged in with it
}

// Caller is the account as the one who asks. One that is disabled is nobody.
func (a *Account) Caller() audit.Caller {
	if a.Disabled {
		return audit.Caller{}
	}
	return audit.Caller{Name: a.Name, Role: a.Role}
}

const accountColumns = `SELECT a.id, a.name, a.role, a.handle, a.subject, a.disabled, a.password <> '', a.made, a.entered,
	(SELECT count(*) FROM passkeys WHERE account = a.id), (SELECT count(*) FROM sessions WHERE account = a.id)`

func scanAccount(row interface{ Scan(...any) error }, more ...any) (*Account, error) {
	var a Account
	var role string
	var made int64
	var entered *int64
	err := row.Scan(append([]any{&a.ID, &a.Name, &role, &a.Handle, &a.Subject, &a.Disabled, &a.Password, &made, &entered, &a.Passkeys, &a.Sessions}, more...)...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrNoAccount
	}
	if err != nil {
		return nil, err
	}
	a.Role, _ = audit.ParseRole(role) // a role of a newer chartroom is none
	a.Made, a.Entered = store.Instant(made), instant(entered)
	return &a, nil
}

// Accounts lists those who may enter, by name.
func (b *Book) Accounts(ctx context.Context, who audit.Caller) ([]Account, error) {
	out := []Account{}
	if err := b.admit(ctx, who, audit.KeepAccounts, ""); err != nil {
		return nil, err
	}
	for rows, err := range store.Rows(ctx, b.file.Read, accountColumns+` FROM accounts a ORDER BY lower(a.name)`) {
		var a *Account
		if err == nil {
			a, err = scanAccount(rows)
		}
		if err != nil {
			return nil, b.reading(err)
		}
		out = append(out, *a)
	}
	return out, nil
}

// SetRole gives an account another role, and ends its sessions. The last admin who can log in stays one (ErrLastAdmin).
func (b *Book) SetRole(ctx context.Context, who audit.Caller, name string, role audit.Role) error {
	return b.change(ctx, ask{who, audit.KeepAccounts, name}, "set the role of "+name, func(tx *sql.Tx) error {
		if err := one(ctx, tx, ErrNoAccount, `UPDATE accounts SET role = ? WHERE lower(name) = lower(?)`, role.String(), name); err != nil {
			return err
		}
		return settled(ctx, tx, name)
	})
}

// SetDisabled lets an account no longer enter, or lets it again. The last admin who can log in stays one (ErrLastAdmin).
func (b *Book) SetDisabled(ctx context.Context, who audit.Caller, name string, disabled bool) error {
	return b.change(ctx, ask{who, audit.KeepAccounts, name}, "change the account "+name, func(tx *sql.Tx) error {
		if err := one(ctx, tx, ErrNoAccount, `UPDATE accounts SET disabled = ? WHERE lower(name) = lower(?)`, disabled, name); err != nil {
			return err
		}
		return settled(ctx, tx, name)
	})
}

// settled ends the sessions of an account that was changed, and sees to it that an admin is left.
func settled(ctx context.Context, tx *sql.Tx, name string) error {
	var admins int
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM accounts WHERE role = ? AND disabled = 0`, audit.Admin.String()).Scan(&admins); err != nil {
		return err
	}
	if admins == 0 {
		return ErrLastAdmin
	}
	_, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE account = (SELECT id FROM accounts WHERE lower(name) = lower(?))`, name)
	return err
}

// Invite lets somebody make an account of a role, once and until a time, with the secret of which the hash is given.
func (b *Book) Invite(ctx context.Context, who audit.Caller, hash []byte, role audit.Role, ends time.Time) error {
	return b.change(ctx, ask{who, audit.KeepAccounts, "invitation of a " + role.String()}, "invite", func(tx *sql.Tx) error {
		now := store.Millis(b.file.Now())
		if _, err := tx.ExecContext(ctx, `DELETE FROM invitations WHERE ends <= ?`, now); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO invitations (hash, role, made, ends) VALUES (?, ?, ?, ?)`, hash, role.String(), now, store.Millis(ends))
		return err
	})
}

// Invited is how many accounts there are, and whether an invitation holds.
func (b *Book) Invited(ctx context.Context, hash []byte) (accounts int, holds bool, err error) {
	err = b.file.Read.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM accounts), EXISTS (SELECT 1 FROM invitations WHERE hash = ? AND ends > ?)`,
		hash, store.Millis(b.file.Now())).Scan(&accounts, &holds)
	return accounts, holds, err
}

// Accept makes an account with an invitation, which is used up. Password is its argon2id hash, "" for none.
func (b *Book) Accept(ctx context.Context, hash []byte, name, password string) (*Account, error) {
	var a *Account
	err := b.file.Durably(ctx, func(tx *sql.Tx) (err error) {
		var role string
		err = tx.QueryRowContext(ctx, `DELETE FROM invitations WHERE hash = ? AND ends > ? RETURNING role`, hash, store.Millis(b.file.Now())).Scan(&role)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNoInvite
		}
		if err == nil {
			a, err = b.insert(ctx, tx, Account{Name: name}, role, password)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("make an account in catalog %s: %w", b.file.Path, err)
	}
	return a, b.Entered(ctx, a.Caller(), "invitation", audit.Allowed)
}

// Provided gives the account of somebody whom an identity provider knows by a subject, with the role that it gives; it is made where there
// is none. A name that somebody else has is refused (ErrNameTaken): no provider takes over an account.
func (b *Book) Provided(ctx context.Context, subject, name string, role audit.Role) (*Account, error) {
	var a *Account
	err := b.file.Durably(ctx, func(tx *sql.Tx) (err error) {
		a, err = scanAccount(tx.QueryRowContext(ctx, accountColumns+` FROM accounts a WHERE a.subject = ?`, subject))
		if errors.Is(err, ErrNoAccount) {
			a, err = b.insert(ctx, tx, Account{Name: name, Subject: subject}, role.String(), "")
			return err
		}
		if err != nil || a.Role == role {
			return err
		}
		a.Role = role
		_, err = tx.ExecContext(ctx, `UPDATE accounts SET role = ? WHERE id = ?`, role.String(), a.ID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("enter an account in catalog %s: %w", b.file.Path, err)
	}
	return a, nil
}

// handleBytes is how long an account's handle is: as long as WebAuthn lets it be.
const handleBytes = 64

func (b *Book) insert(ctx context.Context, tx *sql.Tx, a Account, role, password string) (*Account, error) {
	a.Handle = make([]byte, handleBytes)
	rand.Read(a.Handle) // never fails
	var id int64
	err := tx.QueryRowContext(ctx, `INSERT INTO accounts (name, role, password, subject, handle, made) VALUES (?, ?, ?, ?, ?, ?) RETURNING id`,
		a.Name, role, password, a.Subject, a.Handle, store.Millis(b.file.Now())).Scan(&id)
	if store.Unique(err) {
		return nil, ErrNameTaken
	}
	if err != nil {
		return nil, err
	}
	return scanAccount(tx.QueryRowContext(ctx, accountColumns+` FROM accounts a WHERE a.id = ?`, id))
}

// AccountNamed gives an account and the hash of its password, before anybody is known to ask.
func (b *Book) AccountNamed(ctx context.Context, name string) (a *Account, password string, err error) {
	a, err = scanAccount(b.file.Read.QueryRowContext(ctx, accountColumns+`, a.password FROM accounts a WHERE lower(a.name) = lower(?)`, name), &password)
	return a, password, err
}

// SetPassword sets the hash of one's own password and ends all one's sessions.
func (b *Book) SetPassword(ctx context.Context, who audit.Caller, hash string) error {
	return b.change(ctx, ask{who, audit.OwnAccount, "password"}, "set the password of "+who.Name, func(tx *sql.Tx) error {
		if err := one(ctx, tx, ErrNoAccount, `UPDATE accounts SET password = ? WHERE lower(name) = lower(?)`, hash, who.Name); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE account = (SELECT id FROM accounts WHERE lower(name) = lower(?))`, who.Name)
		return err
	})
}

// Passkey is a credential of an account, in WebAuthn's form.
type Passkey struct {
	ID         []byte
	Name       string
	Credential []byte
	Made       time.Time
}

// Passkeys gives the passkeys of an account, the oldest first.
func (b *Book) Passkeys(ctx context.Context, account int64) ([]Passkey, error) {
	out := []Passkey{}
	for rows, err := range store.Rows(ctx, b.file.Read, `SELECT id, name, credential, made FROM passkeys WHERE account = ? ORDER BY made`, account) {
		var p Passkey
		var made int64
		if err == nil {
			err = rows.Scan(&p.ID, &p.Name, &p.Credential, &made)
		}
		if err != nil {
			return nil, err
		}
		p.Made = store.Instant(made)
		out = append(out, p)
	}
	return out, nil
}

// AccountOfHandle gives the account that a passkey knows by a handle.
func (b *Book) AccountOfHandle(ctx context.Context, handle []byte) (*Account, error) {
	return scanAccount(b.file.Read.QueryRowContext(ctx, accountColumns+` FROM accounts a WHERE a.handle = ?`, handle))
}

// AddPasskey adds one to the caller's own account.
func (b *Book) AddPasskey(ctx context.Context, who audit.Caller, p Passkey) error {
	return b.change(ctx, ask{who, audit.OwnAccount, "passkey"}, "add a passkey", func(tx *sql.Tx) error {
		return one(ctx, tx, ErrNoAccount, `INSERT INTO passkeys (id, account, name, credential, made) SELECT ?, id, ?, ?, ? FROM accounts WHERE lower(name) = lower(?)`,
			p.ID, p.Name, p.Credential, store.Millis(b.file.Now()), who.Name)
	})
}

// RemovePasskey removes one of the caller's own.
func (b *Book) RemovePasskey(ctx context.Context, who audit.Caller, id []byte) error {
	return b.change(ctx, ask{who, audit.OwnAccount, "passkey"}, "remove a passkey", func(tx *sql.Tx) error {
		return one(ctx, tx, errors.New("there is no such passkey"), `DELETE FROM passkeys WHERE id = ? AND account = (SELECT id FROM accounts WHERE lower(name) = lower(?))`, id, who.Name)
	})
}

// UsedPasskey keeps what a log-in changed of a passkey: its counter.
func (b *Book) UsedPasskey(ctx context.Context, p Passkey) error {
	return b.file.Durably(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE passkeys SET credential = ? WHERE id = ?`, p.Credential, p.ID)
		return err
	})
}
