package catalog

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog/store"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Errors of accounts.
var (
	ErrNoAccount   = errors.New("there is no such account")
	ErrNameTaken   = errors.New("there is an account of that name already")
	ErrLastAdmin   = errors.New("it is the only admin who can log in")
	ErrNoInvite    = errors.New("the invitation is not known, was used, or has run out")
	ErrNoSuchToken = errors.New("there is no such token")
)

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
	a.Made, a.Entered = store.Instant(made), maybe(entered)
	return &a, nil
}

// Accounts lists those who may enter, by name.
func (c *Catalog) Accounts(ctx context.Context, who audit.Caller) ([]Account, error) {
	out := []Account{}
	err := c.view(ctx, request{who: who, action: audit.KeepAccounts}, func(r *reader) error {
		for rows, err := range store.Rows(ctx, r.tx, accountColumns+` FROM accounts a ORDER BY a.name`) {
			if err != nil {
				return err
			}
			a, err := scanAccount(rows)
			if err != nil {
				return err
			}
			out = append(out, *a)
		}
		return nil
	})
	return out, err
}

// SetRole gives an account another role, and ends its sessions. The last admin who can log in stays one (ErrLastAdmin).
func (c *Catalog) SetRole(ctx context.Context, who audit.Caller, name string, role audit.Role) error {
	return c.change(ctx, request{who: who, action: audit.KeepAccounts, target: name}, "set the role of "+name, func(tx *sql.Tx) error {
		if err := one(ctx, tx, ErrNoAccount, `UPDATE accounts SET role = ? WHERE name = ?`, role.String(), name); err != nil {
			return err
		}
		return settled(ctx, tx, name)
	})
}

// SetDisabled lets an account no longer enter, or lets it again. The last admin who can log in stays one (ErrLastAdmin).
func (c *Catalog) SetDisabled(ctx context.Context, who audit.Caller, name string, disabled bool) error {
	return c.change(ctx, request{who: who, action: audit.KeepAccounts, target: name}, "change the account "+name, func(tx *sql.Tx) error {
		if err := one(ctx, tx, ErrNoAccount, `UPDATE accounts SET disabled = ? WHERE name = ?`, disabled, name); err != nil {
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
	_, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE account = (SELECT id FROM accounts WHERE name = ?)`, name)
	return err
}

// Invite lets somebody make an account of a role, once and until a time, with the secret of which the hash is given.
func (c *Catalog) Invite(ctx context.Context, who audit.Caller, hash []byte, role audit.Role, ends time.Time) error {
	return c.change(ctx, request{who: who, action: audit.KeepAccounts, target: "invitation of a " + role.String()}, "invite", func(tx *sql.Tx) error {
		now := store.Millis(c.file.Now())
		if _, err := tx.ExecContext(ctx, `DELETE FROM invitations WHERE ends <= ?`, now); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO invitations (hash, role, made, ends) VALUES (?, ?, ?, ?)`, hash, role.String(), now, store.Millis(ends))
		return err
	})
}

// Invited is how many accounts there are, and whether an invitation holds.
func (c *Catalog) Invited(ctx context.Context, hash []byte) (accounts int, holds bool, err error) {
	err = c.file.Read.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM accounts), EXISTS (SELECT 1 FROM invitations WHERE hash = ? AND ends > ?)`,
		hash, store.Millis(c.file.Now())).Scan(&accounts, &holds)
	return accounts, holds, err
}

// Accept makes an account with an invitation, which is used up. Password is its argon2id hash, "" for none.
func (c *Catalog) Accept(ctx context.Context, hash []byte, name, password string) (*Account, error) {
	var a *Account
	err := c.durably(ctx, func(tx *sql.Tx) (err error) {
		var role string
		err = tx.QueryRowContext(ctx, `DELETE FROM invitations WHERE hash = ? AND ends > ? RETURNING role`, hash, store.Millis(c.file.Now())).Scan(&role)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNoInvite
		}
		if err == nil {
			a, err = c.insert(ctx, tx, Account{Name: name}, role, password)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("make an account in catalog %s: %w", c.Path(), err)
	}
	return a, c.Entered(ctx, a.Caller(), "invitation", audit.Allowed)
}

// Provided gives the account of somebody whom an identity provider knows by a subject, with the role that it gives; it is made where there
// is none. A name that somebody else has is refused (ErrNameTaken): no provider takes over an account.
func (c *Catalog) Provided(ctx context.Context, subject, name string, role audit.Role) (*Account, error) {
	var a *Account
	err := c.durably(ctx, func(tx *sql.Tx) (err error) {
		a, err = scanAccount(tx.QueryRowContext(ctx, accountColumns+` FROM accounts a WHERE a.subject = ?`, subject))
		if errors.Is(err, ErrNoAccount) {
			a, err = c.insert(ctx, tx, Account{Name: name, Subject: subject}, role.String(), "")
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
		return nil, fmt.Errorf("enter an account in catalog %s: %w", c.Path(), err)
	}
	return a, nil
}

// handleBytes is how long an account's handle is: as long as WebAuthn lets it be.
const handleBytes = 64

func (c *Catalog) insert(ctx context.Context, tx *sql.Tx, a Account, role, password string) (*Account, error) {
	a.Handle = make([]byte, handleBytes)
	rand.Read(a.Handle) // never fails
	var id int64
	err := tx.QueryRowContext(ctx, `INSERT INTO accounts (name, role, password, subject, handle, made) VALUES (?, ?, ?, ?, ?, ?) RETURNING id`,
		a.Name, role, password, a.Subject, a.Handle, store.Millis(c.file.Now())).Scan(&id)
	var se *sqlite.Error
	if errors.As(err, &se) && se.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE {
		return nil, ErrNameTaken
	}
	if err != nil {
		return nil, err
	}
	return scanAccount(tx.QueryRowContext(ctx, accountColumns+` FROM accounts a WHERE a.id = ?`, id))
}

// AccountNamed gives an account and the hash of its password, before anybody is known to ask.
func (c *Catalog) AccountNamed(ctx context.Context, name string) (a *Account, password string, err error) {
	a, err = scanAccount(c.file.Read.QueryRowContext(ctx, accountColumns+`, a.password FROM accounts a WHERE a.name = ?`, name), &password)
	return a, password, err
}

// SetPassword sets the hash of one's own password and ends all one's sessions.
func (c *Catalog) SetPassword(ctx context.Context, who audit.Caller, hash string) error {
	return c.change(ctx, request{who: who, action: audit.OwnAccount, target: "password"}, "set the password of "+who.Name, func(tx *sql.Tx) error {
		if err := one(ctx, tx, ErrNoAccount, `UPDATE accounts SET password = ? WHERE name = ?`, hash, who.Name); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE account = (SELECT id FROM accounts WHERE name = ?)`, who.Name)
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
func (c *Catalog) Passkeys(ctx context.Context, account int64) ([]Passkey, error) {
	out := []Passkey{}
	for rows, err := range store.Rows(ctx, c.file.Read, `SELECT id, name, credential, made FROM passkeys WHERE account = ? ORDER BY made`, account) {
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
func (c *Catalog) AccountOfHandle(ctx context.Context, handle []byte) (*Account, error) {
	return scanAccount(c.file.Read.QueryRowContext(ctx, accountColumns+` FROM accounts a WHERE a.handle = ?`, handle))
}

// AddPasskey adds one to the caller's own account.
func (c *Catalog) AddPasskey(ctx context.Context, who audit.Caller, p Passkey) error {
	return c.change(ctx, request{who: who, action: audit.OwnAccount, target: "passkey"}, "add a passkey", func(tx *sql.Tx) error {
		return one(ctx, tx, ErrNoAccount, `INSERT INTO passkeys (id, account, name, credential, made) SELECT ?, id, ?, ?, ? FROM accounts WHERE name = ?`,
			p.ID, p.Name, p.Credential, store.Millis(c.file.Now()), who.Name)
	})
}

// RemovePasskey removes one of the caller's own.
func (c *Catalog) RemovePasskey(ctx context.Context, who audit.Caller, id []byte) error {
	return c.change(ctx, request{who: who, action: audit.OwnAccount, target: "passkey"}, "remove a passkey", func(tx *sql.Tx) error {
		return one(ctx, tx, errors.New("there is no such passkey"), `DELETE FROM passkeys WHERE id = ? AND account = (SELECT id FROM accounts WHERE name = ?)`, id, who.Name)
	})
}

// UsedPasskey keeps what a log-in changed of a passkey: its counter.
func (c *Catalog) UsedPasskey(ctx context.Context, p Passkey) error {
	return c.durably(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE passkeys SET credential = ? WHERE id = ?`, p.Credential, p.ID)
		return err
	})
}
