package fhir

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
)

const (
	slowest      = 2 * time.Minute // how long a server may think before it answers
	stall        = time.Minute     // how long it may pause within an answer
	longestPause = 2 * time.Minute // of what a server asks us to wait, as far as we do before we ask again
	maxPage      = 64 << 20        // bytes of an answer that is held
)

// Media types (FHIR R4, 2.21.0.6; Bulk Data Access 2.0).
const (
	fhirJSON   = "application/fhir+json"
	fhirNDJSON = "application/fhir+ndjson"
)

var (
	errElsewhere = failed(estate.GapNotFollowed, "the server names an address that is not its own, which is not followed; its setting of its own address may be wrong")
	errPage      = failed(estate.GapLimit, fmt.Sprintf("an answer of the server is longer than %d MiB; ask for smaller pages with count=10", maxPage>>20))
	errNoJSON    = failed(estate.GapDamaged, "the server does not answer with FHIR in JSON")
)

// failed is an error in words of ours.
func failed(reason estate.GapReason, words string) error {
	return &source.GapError{Reason: reason, Err: errors.New(words)}
}

// status is an answer that is no success. What the server says with it may hold values, and is never kept.
type status struct {
	code  int
	pause time.Duration // after which the server wants to be asked again
}

// Error tells the HTTP status.
func (s *status) Error() string {
	switch s.code {
	case http.StatusUnauthorized:
		return "the server does not take the login (HTTP 401)"
	case http.StatusForbidden:
		return "the login has no right to it (HTTP 403)"
	case http.StatusNotFound, http.StatusGone:
		return fmt.Sprintf("it is not there (HTTP %d)", s.code)
	case http.StatusTooManyRequests:
		return "the server was asked too often (HTTP 429); a rate may help"
	}
	return fmt.Sprintf("the server answered HTTP %d", s.code)
}

// passing tells whether the answer may be another a moment later.
func (s *status) passing() bool {
	return s.code == http.StatusTooManyRequests || s.code >= 500 && s.code != http.StatusNotImplemented
}

// code is the HTTP status of an error, 0 where there was no answer.
func code(err error) int {
	var s *status
	if errors.As(err, &s) {
		return s.code
	}
	return 0
}

// pause waits.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// retryAfter reads how long a server wants to be left alone: seconds or a day and time (RFC 9110, 10.2.3); 0 where it says nothing
// that can be understood.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	if n, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// request is what is asked for.
type request struct {
	method  string // "" = GET
	url     *url.URL
	accept  string // "" = FHIR in JSON
	async   bool   // the server is to work on it, and to answer later
	unnamed bool   // without the login
}

// ask sends a request until it is answered, and gives the answer to take, which reads it; what take did not read is gone. Where the answer
// breaks off or a moment later may be better, it is asked for again, and again given to take, until six attempts failed.
func (s *Server) ask(ctx context.Context, q request, take func(*http.Response) error) error {
	renewed := false
	return source.Retry(ctx, func() (bool, error) {
		err := s.once(ctx, q, take)
		var not *status
		switch {
		case err == nil:
			return false, nil
		case errors.As(err, &not) && not.code == http.StatusUnauthorized && !renewed && !q.unnamed && s.login.renew():
			renewed = true // a token may end before its time
			return true, err
		case errors.As(err, &not):
			if not.passing() && not.pause > 0 {
				if e := s.wait(ctx, min(not.pause, longestPause)); e != nil {
					return false, e
				}
			}
			return not.passing(), err
		}
		return passing(err), err
	})
}

// once sends a request once; to a server that cannot be reached, as often as its patience has it.
func (s *Server) once(ctx context.Context, q request, take func(*http.Response) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r := (&http.Request{Method: q.method, URL: q.url, Host: q.url.Host, Header: http.Header{"Accept": {fhirJSON}, "User-Agent": {"chartroom"}}}).WithContext(ctx)
	if q.accept != "" {
		r.Header.Set("Accept", q.accept)
	}
	if q.async {
		r.Header.Set("Prefer", "respond-async")
	}
	if !q.unnamed {
		if err := s.authorize(ctx, r); err != nil {
			return err
		}
	}
	var answer *http.Response
	err := s.patience.Connect(ctx, func() (_ bool, err error) {
		answer, err = s.client.Do(r)
		return passing(err), err
	})
	if err != nil {
		return err
	}
	watch := time.AfterFunc(stall, cancel)
	defer watch.Stop()
	body := answer.Body
	defer body.Close()
	if answer.StatusCode/100 != 2 {
		return &status{answer.StatusCode, retryAfter(answer.Header, time.Now())}
	}
	answer.Body = &watched{body, watch}
	return take(answer)
}

// watched is an answer whose connection ends where it stalls.
type watched struct {
	io.ReadCloser
	watch *time.Timer
}

// Read reads on.
func (w *watched) Read(p []byte) (int, error) {
	w.watch.Reset(stall)
	n, err := w.ReadCloser.Read(p)
	w.watch.Stop() // it runs while somebody waits
	return n, err
}

// resource asks for a resource, and decodes it into v.
func (s *Server) resource(ctx context.Context, q request, v any) error {
	return s.ask(ctx, q, func(a *http.Response) error {
		text, err := held(a.Body)
		if err != nil {
			return err
		}
		return decode(text, v)
	})
}

// held reads an answer whole.
func held(body io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(body, maxPage+1))
	if err == nil && len(text) > maxPage {
		err = errPage
	}
	return text, err
}

// decode reads JSON. Its errors say nothing of what was read.
func decode(text []byte, v any) error {
	if json.Unmarshal(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), v) != nil {
		return errNoJSON
	}
	return nil
}

// passing tells whether an error of the connection may be gone a moment later.
func passing(err error) bool {
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	var plain tls.RecordHeaderError
	var tried *source.Unreachable
	var ne net.Error
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, errElsewhere), errors.As(err, &tried), errors.As(err, &cert), errors.As(err, &plain),
		errors.As(err, &dns) && dns.IsNotFound:
		return false
	}
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || errors.As(err, &ne)
}

// cold turns an error to one that may be kept: an address that a server named could hold an identifier.
func cold(err error) error {
	var ge *source.GapError
	var te *source.TargetError
	var st *status
	var cert *tls.CertificateVerificationError
	switch {
	case err == nil, errors.As(err, &te):
		return err
	case errors.As(err, &ge): // and not what it is wrapped in: a redirect's address
		return ge
	case errors.As(err, &st):
		return st
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return context.DeadlineExceeded
	case errors.As(err, &cert):
		return errors.New("the server's certificate is not trusted")
	case passing(err), errors.As(err, new(*source.Unreachable)):
		return errors.New("the server could not be reached, or the connection was lost")
	}
	return errors.New("the server does not answer as HTTP has it")
}

// gap is the error of an item that cannot be read.
func gap(err error) error {
	var ge *source.GapError
	if errors.As(err, &ge) {
		return ge
	}
	reason := estate.GapUnreadable
	if c := code(err); c == http.StatusNotFound || c == http.StatusGone {
		reason = estate.GapVanished
	}
	return &source.GapError{Reason: reason, Err: cold(err)}
}

// refused says why a server cannot be surveyed, and what can be done about it.
func (s *Server) refused(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.As(err, new(*source.TargetError)) {
		return source.Lost(s.Repository(), err)
	}
	hint := "check the host and the base of the address (base/metadata is the server's CapabilityStatement), and that this machine is let in"
	var cert *tls.CertificateVerificationError
	switch c := code(err); {
	case c == http.StatusUnauthorized || c == http.StatusForbidden:
		hint = "name a variable that holds a bearer token with ?password_env=NAME, or a client of SMART Backend Services with ?client_id=ID&key_file=PATH"
	case errors.As(err, &cert):
		hint = "let this machine trust whoever signed it (SSL_CERT_FILE names a file of certificates)"
	}
	return &source.TargetError{Err: fmt.Errorf("scan %s: %w", s.name, cold(err)), Hint: hint, Repository: s.Repository()}
}
