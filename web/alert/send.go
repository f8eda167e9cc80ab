package alert

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/smtp"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/chartroom/chartroom/catalog"
)

// Channel is a way out. Send returns nil once the other side has taken the alert; what it took twice it can tell by the alert's ID.
type Channel struct {
	Name string
	Send func(ctx context.Context, a *Alert) error
}

// How alerts are tried again: after a minute, then twice as long each time up to a few hours, for some days.
const (
	firstRetry = time.Minute
	lastRetry  = 4 * time.Hour
	mostTries  = 30
	sendTime   = 20 * time.Second
	mostAtOnce = 50
)

// Post puts what there is to tell into the outbox, once for each channel.
func (w *Watch) Post(ctx context.Context, channels []Channel) error {
	found, fault := w.Find(ctx)
	var messages []catalog.Message
	for i := range found {
		body, err := json.Marshal(&found[i])
		if err != nil {
			return fmt.Errorf("write the alert %s: %w", found[i].Mark, err)
		}
		for _, c := range channels {
			messages = append(messages, catalog.Message{Mark: found[i].Mark, Channel: c.Name, Body: body})
		}
	}
	if err := w.Catalog.Post(ctx, messages); err != nil {
		return errors.Join(fault, err)
	}
	if fault != nil {
		return fault // it is looked through again
	}
	return w.told(ctx)
}

// Deliver sends what is due. A message that no channel of today is for is given up.
func (w *Watch) Deliver(ctx context.Context, channels []Channel) error {
	due, err := w.Catalog.Waiting(ctx, mostAtOnce)
	if err != nil {
		return err
	}
	byName := map[string]Channel{}
	for _, c := range channels {
		byName[c.Name] = c
	}
	for _, m := range due {
		fault, next := "", time.Time{}
		if c, known := byName[m.Channel]; !known {
			fault = "there is no such channel any more"
		} else if err := send(ctx, c, m.Body); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			fault = err.Error()
			if m.Tries+1 < mostTries {
				next = w.Now().Add(min(firstRetry<<min(m.Tries, 20), lastRetry))
			}
		}
		if err := w.Catalog.Tried(ctx, m.ID, fault, next); err != nil {
			return err
		}
	}
	return nil
}

func send(ctx context.Context, c Channel, body []byte) error {
	var a Alert
	if err := json.Unmarshal(body, &a); err != nil {
		return fmt.Errorf("read the alert: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	return c.Send(ctx, &a)
}

// Run looks through the catalog and sends what there is, each so often, until the context ends.
func (w *Watch) Run(ctx context.Context, channels []Channel, log *slog.Logger) {
	const look, deliver = time.Minute, 5 * time.Second
	tick := time.NewTicker(deliver)
	defer tick.Stop()
	var looked time.Time
	for {
		var err error
		if now := w.Now(); now.Sub(looked) >= look {
			looked, err = now, w.Post(ctx, channels)
		}
		if err = errors.Join(err, w.Deliver(ctx, channels)); err != nil && ctx.Err() == nil {
			log.Error("alerts", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// Webhook posts alerts as events of OCSF. Each is signed: the header Chartroom-Signature is t=SECONDS,v1=HEX, where HEX is the HMAC-SHA-256 under
// the secret of the seconds, a dot and the body. Chartroom-Delivery is the alert's ID. Redirects are not followed.
func Webhook(to, secret, version string, now func() time.Time) (Channel, error) {
	u, err := url.Parse(to)
	if err != nil || u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && isLocal(u.Hostname())) {
		return Channel{}, errors.New("a webhook has an address that begins with https://")
	}
	if len(secret) < 16 {
		return Channel{}, errors.New("a webhook needs a secret of at least 16 characters, that its alerts are signed with")
	}
	client := &http.Client{Timeout: sendTime, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return Channel{Name: "webhook", Send: func(ctx context.Context, a *Alert) error {
		body, err := a.Event(version)
		if err != nil {
			return err
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
		if err != nil {
			return errors.New("the webhook's address cannot be called")
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Chartroom-Delivery", a.ID())
		req.Header.Set("Chartroom-Signature", Sign(secret, now(), body))
		res, err := client.Do(req)
		if err != nil {
			return errors.New("the webhook does not answer")
		}
		defer res.Body.Close()
		if res.StatusCode < 200 || res.StatusCode > 299 {
			return fmt.Errorf("the webhook answers %d", res.StatusCode)
		}
		return nil
	}}, nil
}

// Sign gives the signature of a body that is sent at a time.
func Sign(secret string, at time.Time, body []byte) string {
	t := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(t + "."))
	mac.Write(body)
	return "t=" + t + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}

func isLocal(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Mail is where alerts go by e-mail, and how. Beyond this machine nothing is sent without TLS.
type Mail struct {
	Server   string // host and port
	From     string
	To       []string
	User     string // "" = no login
	Password string
}

// Channel makes the way out.
func (m Mail) Channel() (Channel, error) {
	host, _, err := net.SplitHostPort(m.Server)
	if err != nil || m.From == "" || len(m.To) == 0 {
		return Channel{}, errors.New("mail needs a server as host:port, from whom and to whom")
	}
	for _, a := range append([]string{m.From}, m.To...) {
		if strings.ContainsAny(a, "\r\n<>") || !strings.Contains(a, "@") {
			return Channel{}, errors.New("an address of mail is of the form name@example.org")
		}
	}
	return Channel{Name: "mail", Send: func(ctx context.Context, a *Alert) error { return m.send(ctx, host, a) }}, nil
}

func (m *Mail) send(ctx context.Context, host string, a *Alert) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", m.Server)
	if err != nil {
		return errors.New("the mail server does not answer")
	}
	defer conn.Close()
	if until, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(until); err != nil {
			return err
		}
	}
	c, err := smtp.NewClient(conn, host)
	if err != nil {
		return fmt.Errorf("greet the mail server: %w", err)
	}
	defer c.Close()
	if able, _ := c.Extension("STARTTLS"); able {
		if err := c.StartTLS(&tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}); err != nil {
			return fmt.Errorf("begin TLS with the mail server: %w", err)
		}
	} else if !isLocal(host) {
		return errors.New("the mail server offers no TLS, and alerts are not sent without")
	}
	if m.User != "" {
		if err := c.Auth(smtp.PlainAuth("", m.User, m.Password, host)); err != nil {
			return errors.New("the mail server does not take the login")
		}
	}
	return m.write(c, a)
}

func (m *Mail) write(c *smtp.Client, a *Alert) error {
	if err := c.Mail(m.From); err != nil {
		return fmt.Errorf("name the sender: %w", err)
	}
	for _, to := range m.To {
		if err := c.Rcpt(to); err != nil {
			return fmt.Errorf("name a recipient: %w", err)
		}
	}
	w, err := c.Data()
	if err != nil {
		return fmt.Errorf("send the mail: %w", err)
	}
	text, err := m.text(a)
	if err == nil {
		_, err = w.Write(text)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		return fmt.Errorf("send the mail: %w", err)
	}
	return c.Quit()
}

// maxSubject is how many characters a subject has at most: no line of a mail has more than 998 (RFC 5322 section 2.1.1).
const maxSubject = 150

// text is the whole message (RFC 5322). Names in it are the estate's, and may hold anything: the subject is encoded, and so is the body.
func (m *Mail) text(a *Alert) ([]byte, error) {
	var b bytes.Buffer
	title := []rune(strings.Join(strings.Fields("Chartroom: "+a.Title), " "))
	subject := mime.QEncoding.Encode("utf-8", string(title[:min(len(title), maxSubject)]))
	fmt.Fprintf(&b, "From: %s\r\nTo: %s\r\nSubject: %s\r\nDate: %s\r\nMessage-ID: <%s@chartroom>\r\n", m.From, strings.Join(m.To, ", "), subject, a.At.Format(time.RFC1123Z), a.ID())
	b.WriteString("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\nAuto-Submitted: auto-generated\r\n\r\n")
	q := quotedprintable.NewWriter(&b)
	fmt.Fprintf(q, "%s\r\n\r\n%s, severity %s, at %s.\r\n", a.Text, a.Kind, a.Severity, a.At.UTC().Format("2006-01-02 15:04 UTC"))
	err := q.Close()
	return b.Bytes(), err
}
