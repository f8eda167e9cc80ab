// Package iam is the source of who may do what in an AWS account: users, groups, roles and their policies, from files that the AWS tools
// have written or from the account itself. It has no items, only grants, and tells policies as they stand; what follows from them is
// for package access/aws.
//
// A file is the output of
//
//	aws iam get-account-authorization-details   users, groups, roles, policies
//	aws iam get-credential-report               passwords, second factors, last uses
//
// or an object with any of the keys of docs/access.md (SCPs, RCPs, policies of keys and buckets), alone or beside those.
package iam

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
)

// System is whose words these facts are.
const System = "aws"

// Account is an AWS account: a source that has no items, only grants.
type Account struct {
	repository estate.Repository
	id         string // "" = the file says it
	read       func(ctx context.Context, r *reader) error
}

// New makes the source of a file. id is the account's number, for files that name no ARN; "" = the file says whose it is.
func New(path, id, custodian string) *Account {
	abs, err := filepath.Abs(path)
	if err != nil {
		abs = path
	}
	return &Account{estate.Repository{Name: System + "://" + source.Display(abs), Kind: System, Custodian: custodian}, id, func(ctx context.Context, r *reader) error {
		f, err := os.Open(path)
		if err != nil {
			return fmt.Errorf("read the account's file: %w", err)
		}
		defer f.Close()
		r.from = source.Display(filepath.Base(path))
		if err := r.document(f); err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
		return nil
	}}
}

// Repository is the file, or the account.
func (a *Account) Repository() estate.Repository { return a.repository }

// Items gives nothing: what is told is about other repositories.
func (a *Account) Items(context.Context, func(source.Listed) error) error { return nil }

// Open opens nothing.
func (a *Account) Open(context.Context, source.Item) (io.ReadCloser, error) {
	return nil, errors.New("an account has nothing to open")
}

// Grants tells what the account holds. What cannot be understood is a fact of the kind unseen. It returns an error where yield does, the
// context ends, or nothing can be read at all.
func (a *Account) Grants(ctx context.Context, yield func(estate.Grant) error) error {
	r := &reader{account: a.id}
	r.tell = func(g estate.Grant) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		g.System, g.From = System, r.from
		if g.Scope = System + ":" + r.account; r.account == "" {
			r.waiting = append(r.waiting, g)
			if len(r.waiting) > maxWaiting {
				return errors.New("it does not say which account it is about")
			}
			return nil
		}
		for _, w := range r.waiting {
			w.Scope = g.Scope
			if err := yield(w); err != nil {
				return err
			}
		}
		r.waiting = nil
		return yield(g)
	}
	if err := a.read(ctx, r); err != nil {
		return err
	}
	if r.account == "" {
		return errors.New("the file names no account: write its number as id, or as \"Account\" into the file")
	}
	detail := map[string]any{"scps": r.scps, "rcps": r.rcps, "users": r.users}
	if r.management {
		detail["management"] = true
	}
	return r.tell(estate.Grant{Kind: "account", Principal: r.account, Detail: write(detail)})
}

// maxWaiting is how many facts wait for the number of their account.
const maxWaiting = 100_000

// write makes a Detail: an object with sorted keys, "" for nothing.
func write(m map[string]any) string {
	for k, v := range m {
		if v == nil || v == "" || v == false {
			delete(m, k)
		}
	}
	if len(m) == 0 {
		return ""
	}
	b, _ := json.Marshal(m)
	return string(b)
}

// accountOf gives the account of an ARN, "" where it has none.
func accountOf(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) == 6 && len(parts[4]) == 12 && strings.Trim(parts[4], "0123456789") == "" {
		return parts[4]
	}
	return ""
}

// nameOf is the last part of an ARN's path.
func nameOf(arn string) string {
	return cmp.Or(arn[strings.LastIndexByte(arn, '/')+1:], arn)
}
