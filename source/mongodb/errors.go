package mongodb

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
)

// Codes of errors that are looked at (MongoDB, error codes).
const (
	errUnauthorized = 13
	errAuth         = 18
	errNoNamespace  = 26
	errInterrupted  = 11601
)

// words say what the server's codes mean to a survey. The server's own messages may hold values, and are never repeated.
var words = map[int]string{
	errUnauthorized: "the login has no right to it", errAuth: "the user or the password is wrong", errNoNamespace: "the collection is gone", 50: "a time limit of the server stopped the reading",
	175: "the collection was dropped or changed while it was read", 43: "the server has closed the cursor", errInterrupted: "an administrator stopped the reading",
	239: "the server no longer has the moment as of which it was read", 246: "the server does not have the moment as of which it is to be read",
	59: "the server does not know the command", 115: "the server does not support the command", 8000: "the server does not take the login (Atlas)",
	11600: "the server is shutting down", 91: "the server is shutting down", 96: "an operation of the server failed", 323: "the API version does not have it",
}

// code gives the server's code of an error, 0 where it is none of its.
func code(err error) int {
	var c mongo.CommandError
	if errors.As(err, &c) {
		return int(c.Code)
	}
	return 0
}

// untrusted tells whether a certificate is the matter.
func untrusted(err error) bool {
	var cert *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	return errors.As(err, &cert) || errors.As(err, &authority) || errors.As(err, &host) || err != nil && strings.Contains(err.Error(), "x509: ")
}

// denied tells whether the login is the matter. The driver tells of it in the words of its authentication.
func denied(err error) bool {
	return err != nil && (code(err) == errAuth || strings.Contains(err.Error(), "unable to authenticate"))
}

// cold turns an error of the server or of the driver to one that may be kept.
func cold(err error) error {
	var te *source.TargetError
	var ge *source.GapError
	switch n := code(err); {
	case err == nil, errors.As(err, &te), errors.As(err, &ge):
		return err
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case denied(err):
		return errors.New(words[errAuth])
	case n != 0 && words[n] != "":
		return fmt.Errorf("%s (error %d)", words[n], n)
	case n != 0:
		return fmt.Errorf("the server refused it (error %d)", n)
	case untrusted(err):
		return errors.New("the server's certificate is not trusted")
	}
	return errors.New("the server could not be reached, or the connection was lost")
}

// lost tells whether the connection is gone.
func lost(err error) bool {
	var ne net.Error
	return mongo.IsNetworkError(err) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &ne) && !errors.Is(err, context.DeadlineExceeded)
}

// passing tells whether an error may be gone a moment later.
func passing(err error) bool {
	var tried *source.Unreachable
	if err == nil || errors.As(err, &tried) || denied(err) || untrusted(err) || errors.Is(err, context.Canceled) {
		return false
	}
	switch code(err) {
	case 11600, 11602, 91, 189, 10107, 13435, 13436: // a set that chooses a new first server (driver specification, retryable reads)
		return true
	}
	return lost(err)
}

// gap makes the error that Open returns.
func gap(ctx context.Context, err error) error {
	var ge *source.GapError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &ge):
		return ge
	case code(err) == errNoNamespace:
		return &source.GapError{Reason: estate.GapVanished, Err: cold(err)}
	}
	return &source.GapError{Reason: estate.GapUnreadable, Err: cold(err)}
}

// refused says why a target cannot be surveyed, and what can be done about it.
func (d *Database) refused(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	hint := "check the host and the port, that the server is up and lets this machine in, and whether it wants TLS (tls=true) or has none (tls=false)"
	switch {
	case denied(err) || code(err) == 8000:
		hint = "name the user in the address, and a variable that holds the password with ?password_env=NAME; authSource names the database in which the user was made"
	case code(err) == errUnauthorized:
		hint = "give the login the role read in the database; docs/sources.md has the statement"
	case untrusted(err):
		hint = "tlsCAFile=PATH names a file with the certificate of whoever signed it; tlsInsecure=true looks at no certificate"
	}
	te := &source.TargetError{Err: fmt.Errorf("scan %s: %w", d.name, cold(err)), Hint: hint}
	if d.db != "" {
		te.Repository = d.Repository()
	}
	return te
}
