// Package policy puts questions about AWS policies from the command line: one from arguments and files, or any number from standard input.
package policy

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/chartroom/chartroom/access/explain"
	"github.com/chartroom/chartroom/access/iampolicy"
	"github.com/spf13/cobra"
)

// Question is one question; the zero value knows no policy.
type Question struct {
	identity, resource, boundary, session, endpoint, key []string
	scps, rcps, context                                  []string
	account                                              string
}

// Mistake is a question that is put wrongly.
type Mistake struct{ text string }

// Error says what is wrong with it.
func (m *Mistake) Error() string { return m.text }

// Flags binds the question to flags of a command.
func (q *Question) Flags(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringArrayVar(&q.identity, "policy", nil, "file of an identity policy (repeat it for each)")
	fl.StringArrayVar(&q.resource, "resource-policy", nil, "file of the resource's policy")
	fl.StringArrayVar(&q.scps, "scp", nil, "files of the service control policies of one level of the organisation, by commas (repeat it for each level)")
	fl.StringArrayVar(&q.rcps, "rcp", nil, "files of the resource control policies of one level, by commas")
	fl.StringArrayVar(&q.boundary, "boundary", nil, "file of the permissions boundary")
	fl.StringArrayVar(&q.session, "session", nil, "file of a session policy")
	fl.StringArrayVar(&q.endpoint, "endpoint", nil, "file of the VPC endpoint's policy")
	fl.StringArrayVar(&q.key, "key-policy", nil, "file of the policy of the KMS key that the resource is encrypted with")
	fl.StringArrayVar(&q.context, "context", nil, "a context key that is known, KEY=VALUE (repeat it for each, and for each value of a key with several)")
	fl.StringVar(&q.account, "resource-account", "", "account of the resource, where its ARN does not name it")
}

// Answer answers the question. Context keys that nobody gave are not known. The error is a *Mistake, or that of a file.
func (q *Question) Answer(principal, action, resource string) (explain.Answer, error) {
	who, err := iampolicy.ParsePrincipal(principal)
	if err != nil {
		return explain.Answer{}, &Mistake{err.Error()}
	}
	if !strings.Contains(action, ":") {
		return explain.Answer{}, &Mistake{fmt.Sprintf("%q is no action: write service:Name, such as s3:GetObject", action)}
	}
	r := &iampolicy.Request{Principal: who, Action: iampolicy.ParseAction(action), Resource: resource, ResourceAccount: q.account, Context: &iampolicy.Context{Open: true}}
	for _, kv := range q.context {
		k, v, ok := strings.Cut(kv, "=")
		if !ok {
			return explain.Answer{}, &Mistake{"--context takes KEY=VALUE"}
		}
		r.Context.Set(k, append(r.Context.Values[strings.ToLower(k)], v)...)
	}
	p, err := q.policies()
	if err != nil {
		return explain.Answer{}, err
	}
	return explain.AnswerTo(p.Explain(r)), nil
}

func (q *Question) policies() (*iampolicy.Policies, error) {
	p := &iampolicy.Policies{}
	for _, k := range []struct {
		to    *[]*iampolicy.Policy
		files []string
	}{{&p.Identity, q.identity}, {&p.Resource, q.resource}, {&p.Boundary, q.boundary}, {&p.Session, q.session}, {&p.Endpoint, q.endpoint}, {&p.Key, q.key}} {
		var err error
		if *k.to, err = readPolicies(k.files); err != nil {
			return nil, err
		}
	}
	for _, k := range []struct {
		to     *[][]*iampolicy.Policy
		levels []string
	}{{&p.SCPs, q.scps}, {&p.RCPs, q.rcps}} {
		for _, files := range k.levels {
			ps, err := readPolicies(strings.Split(files, ","))
			if err != nil {
				return nil, err
			}
			*k.to = append(*k.to, ps)
		}
	}
	return p, nil
}

// maxFile is more than the longest policy document that is taken, in bytes.
const maxFile = 1 << 20

func readPolicies(files []string) (out []*iampolicy.Policy, err error) {
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("open policy: %w", err)
		}
		text, err := io.ReadAll(io.LimitReader(f, maxFile))
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("read policy %s: %w", name, err)
		}
		p, err := iampolicy.Parse(name, text)
		if err != nil {
			return nil, fmt.Errorf("read policy %w", err)
		}
		out = append(out, p)
	}
	return out, nil
}
