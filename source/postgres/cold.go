package postgres

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
)

// words say what the server's error codes mean to a survey (PostgreSQL, appendix A). The server's own messages may hold values, so they are
// never repeated.
var words = map[string]string{
	"28P01": "the server does not know this user, or the password is wrong",
	"28000": "the server does not let this user in, from this machine or by this kind of connection",
	"3D000": "there is no such database",
	"42501": "permission denied",
	"42P01": "the table is gone",
	"3F000": "the schema is gone",
	"42704": "it is gone",
	"55P03": "it is locked by another session",
	"57014": "a time limit of the server or an administrator stopped the reading",
	"57P01": "an administrator ended the connection",
	"57P02": "the server crashed, and is on its way back",
	"57P03": "the server is starting up or shutting down",
	"53300": "the server has no connection left for us",
	"55000": "the server says that it cannot be read in its present state",
	"40001": "it conflicts with what a standby has to replay",
	"54000": "a row is too long for the server to send",
	"53200": "the server has no memory for it",
	"22P05": "it holds characters that do not exist in UTF-8",
	"22021": "it holds bytes that are no characters of the database's encoding",
	"XX001": "the server says that its pages are damaged",
	"XX002": "the server says that an index of it is damaged",
	"HV000": "the foreign server did not give it",
	"08001": "the foreign server cannot be reached",
}

// cold turns an error of the server or of the connection to one that may be kept.
func cold(err error) error {
	var pg *pgconn.PgError
	var te *source.TargetError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &te):
		return te
	case errors.As(err, &pg):
		if w := words[pg.Code]; w != "" {
			return fmt.Errorf("%s (SQLSTATE %s)", w, pg.Code)
		}
		return fmt.Errorf("the server refused it (SQLSTATE %s)", pg.Code)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return err
	case lost(err):
		return errors.New("the connection was lost")
	}
	return errors.New("the server could not be reached, or did not answer as PostgreSQL does")
}

// reason tells which gap an error is.
func reason(err error) estate.GapReason {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code {
		case "42P01", "3F000", "42704":
			return estate.GapVanished
		case "54000", "53200":
			return estate.GapLimit
		case "XX001", "XX002", "22P05", "22021":
			return estate.GapDamaged
		}
	}
	return estate.GapUnreadable
}

// gap makes the error that Open returns.
func gap(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var ge *source.GapError
	if errors.As(err, &ge) {
		return ge
	}
	return &source.GapError{Reason: reason(err), Err: cold(err)}
}

// lost tells whether the connection is gone.
func lost(err error) bool {
	var ne net.Error
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || errors.As(err, &ne) || pgconn.SafeToRetry(err) ||
		err != nil && strings.Contains(err.Error(), "conn closed")
}

// passing tells whether an error may be gone a moment later.
func passing(err error) bool {
	var pg *pgconn.PgError
	var dns *net.DNSError
	var tried *source.Unreachable
	var cert *tls.CertificateVerificationError
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.As(err, &tried), errors.As(err, &cert), errors.As(err, &dns) && dns.IsNotFound:
		return false
	case errors.As(err, &pg):
		switch pg.Code {
		case "57P01", "57P02", "57P03", "53300", "40001":
			return true
		}
		return strings.HasPrefix(pg.Code, "08")
	}
	return lost(err)
}

// refused says why a target cannot be surveyed, and what can be done about it.
func refused(name string, err error) error {
	var te *source.TargetError
	if errors.As(err, &te) || errors.Is(err, context.Canceled) {
		return err
	}
	hint := "check the host and the port, and that the server is up and lets this machine in"
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code {
		case "28P01":
			hint = "name the user in the address, and give the password in PGPASSWORD or ~/.pgpass, or name a variable that holds it with ?password_env=NAME"
		case "28000":
			hint = "if the server wants TLS, add ?sslmode=require; otherwise its pg_hba.conf must let this user in from here"
		case "3D000":
			hint = "an address without a database, such as postgres://user@host/, reads every database of the server"
		case "42501":
			hint = "docs/sources.md has the statements that make a login which may read"
		default:
			hint = "docs/sources.md says what a survey needs of the server"
		}
	}
	if strings.Contains(err.Error(), "refused TLS") || strings.Contains(err.Error(), "certificate") || strings.Contains(err.Error(), "x509") {
		return &source.TargetError{Err: fmt.Errorf("scan %s: the server offers no TLS, or a certificate that is not trusted", name), Hint: "sslrootcert=FILE names the authority that signed it; sslmode says how much is asked for"}
	}
	return &source.TargetError{Err: fmt.Errorf("scan %s: %w", name, cold(err)), Hint: hint}
}
