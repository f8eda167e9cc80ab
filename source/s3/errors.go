package s3

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
)

// code gives the store's own name of an error, "" where it is not the store's.
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// status gives the HTTP status of the answer, 0 where there was none.
func status(err error) int {
	var r *awshttp.ResponseError
	if errors.As(err, &r) && r.Response != nil && r.Response.Response != nil {
		return r.HTTPStatusCode()
	}
	return 0
}

// elsewhere gives the region of a bucket that was looked for in another one.
func elsewhere(err error) string {
	var r *awshttp.ResponseError
	if errors.As(err, &r) && r.Response != nil && r.Response.Response != nil && r.HTTPStatusCode()/100 != 2 {
		region := r.Response.Header.Get("X-Amz-Bucket-Region")
		if s := r.HTTPStatusCode(); s == http.StatusMovedPermanently || s == http.StatusTemporaryRedirect || s == http.StatusBadRequest {
			return region
		}
	}
	return ""
}

// plain words an error without what the SDK tells of itself (requests' numbers, its own layers).
func plain(err error) error {
	if err == nil {
		return nil
	}
	c, s := code(err), status(err)
	switch {
	case s == http.StatusForbidden && (c == "" || c == "Forbidden" || c == "AccessDenied"):
		return &said{"access denied: the login may not do this", err}
	case c == "InvalidAccessKeyId":
		return &said{"the store does not know the access key", err}
	case c == "SignatureDoesNotMatch":
		return &said{"the secret key is not that of the access key", err}
	case c == "RequestTimeTooSkewed":
		return &said{"the clock of this machine and that of the store differ by too much", err}
	case c == "NoSuchBucket" || s == http.StatusNotFound && c == "NotFound":
		return &said{"there is no such bucket", err}
	case c == "ExpiredToken":
		return &said{"the login's token has expired", err}
	case c != "":
		return &said{fmt.Sprintf("the store answered %s", c), err}
	}
	var sent *url.Error // a request that got no answer
	if errors.As(err, &sent) {
		return &said{"no answer from the store: " + sent.Err.Error(), err}
	}
	var op *smithy.OperationError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

// refused says why nothing of a target can be surveyed, and what can be done about it.
func refused(r estate.Repository, err error) error {
	hint := "check the address, and whether this machine can reach it; the option endpoint names a server other than Amazon's"
	switch c, s := code(err), status(err); {
	case c == "RequestTimeTooSkewed":
		hint = "set this machine's clock by a time server"
	case c == "InvalidAccessKeyId" || c == "SignatureDoesNotMatch" || c == "ExpiredToken" || s == http.StatusUnauthorized:
		hint = "check the login: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile by the option profile"
	case s == http.StatusForbidden:
		hint = "let the login list the bucket (s3:ListBucket) and read it (s3:GetObject); docs/sources.md has the policy"
	case s == http.StatusNotFound:
		hint = "check the bucket's name, and the endpoint"
	case s == 0 && strings.Contains(err.Error(), "credentials"):
		hint = "log in as for the AWS tools: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, single sign-on, or the machine's role"
	}
	name := r.Name
	if name == "" {
		name = "the list of buckets"
	}
	return &source.TargetError{Err: fmt.Errorf("%s: %w", name, plain(err)), Hint: hint, Repository: r}
}

// said is an error in plain words. Its cause is there for those who branch on it.
type said struct {
	words string
	cause error
}

// Error gives the words.
func (s *said) Error() string { return s.words }

// Unwrap gives the cause.
func (s *said) Unwrap() error { return s.cause }

// refusal says which gap an object is that the store would not give.
func refusal(err error) error {
	gap := func(reason estate.GapReason, words string) error {
		return &source.GapError{Reason: reason, Err: &said{words, err}}
	}
	c, s := code(err), status(err)
	switch {
	case errors.Is(err, source.ErrChanged):
		return &source.GapError{Reason: estate.GapChanging, Err: err}
	case s == http.StatusPreconditionFailed:
		return &source.GapError{Reason: estate.GapChanging, Err: source.ErrChanged}
	case c == "NoSuchKey" || c == "NoSuchVersion" || s == http.StatusNotFound:
		return gap(estate.GapVanished, "it was listed, and is gone")
	case c == "InvalidObjectState":
		return gap(estate.GapUnreadable, "its storage class cannot be read before it is restored")
	case c == "InvalidRequest" && s == http.StatusBadRequest:
		return gap(estate.GapEncrypted, "the store refused to read it as it is: it is encrypted with a key of the customer's (SSE-C)")
	case len(c) > 4 && c[:4] == "KMS.":
		return gap(estate.GapEncrypted, "its key cannot be used: "+c)
	case s == http.StatusForbidden:
		return gap(estate.GapUnreadable, "access denied: the login may list it and not read it, or not use its key")
	}
	return &source.GapError{Reason: estate.GapUnreadable, Err: plain(err)}
}
