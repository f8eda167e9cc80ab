package iam

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	aws2 "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
)

// Open makes the source of the account that a login belongs to. The address is aws:// with the options profile (of the shared files) and
// region; the login is found as the AWS tools find theirs. It returns a source.TargetError where the address is none, or the login does
// not work. Policies of the organisation and of keys are not asked for: they are told from files.
func Open(ctx context.Context, address, custodian string) ([]source.Source, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host != "" || u.User != nil || u.Path != "" && u.Path != "/" {
		return nil, &source.TargetError{Usage: true, Err: fmt.Errorf("%s is no address of an account", source.Display(address)), Hint: "write aws://?profile=NAME"}
	}
	opts := []func(*config.LoadOptions) error{config.WithDefaultRegion("us-east-1")}
	for name, v := range u.Query() {
		switch {
		case name == "profile" && len(v) == 1:
			opts = append(opts, config.WithSharedConfigProfile(v[0]))
		case name == "region" && len(v) == 1:
			opts = append(opts, config.WithRegion(v[0]))
		default:
			return nil, &source.TargetError{Usage: true, Err: fmt.Errorf("%s: an option is not known", source.Display(address)), Hint: "the options are profile and region"}
		}
	}
	hint := "log in as for the AWS tools: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, single sign-on, or the machine's role"
	cfg, err := config.LoadDefaultConfig(ctx, opts...)
	if err != nil {
		return nil, &source.TargetError{Err: fmt.Errorf("find the login for %s: %w", source.Display(address), err), Hint: hint}
	}
	who, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, &source.TargetError{Err: fmt.Errorf("ask whose login it is: %w", err), Hint: hint}
	}
	id := aws.ToString(who.Account)
	return []source.Source{live(aws2.NewFromConfig(cfg), id, custodian)}, nil
}

// live reads an account page by page. The SDK's types have the names of the API, so a page is read as a file is.
func live(client *aws2.Client, id, custodian string) *Account {
	return &Account{estate.Repository{Name: System + "://" + id, Kind: System, Custodian: custodian}, id, func(ctx context.Context, r *reader) error {
		r.from = "GetAccountAuthorizationDetails"
		pages := aws2.NewGetAccountAuthorizationDetailsPaginator(client, &aws2.GetAccountAuthorizationDetailsInput{})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return fmt.Errorf("read the account's users, roles and policies (iam:GetAccountAuthorizationDetails): %w", err)
			}
			text, err := json.Marshal(page)
			if err == nil {
				err = r.document(bytes.NewReader(text))
			}
			if err != nil {
				return fmt.Errorf("read a page of the account's policies: %w", err)
			}
		}
		return r.credentials(ctx, client)
	}}
}

// credentials reads the credential report, if there is one: to make one is a change that is not ours to make.
func (r *reader) credentials(ctx context.Context, client *aws2.Client) error {
	r.from = "GetCredentialReport"
	out, err := client.GetCredentialReport(ctx, &aws2.GetCredentialReportInput{})
	if err != nil {
		return r.unseen("credential report", "it cannot be read (iam:GetCredentialReport), or none was made (aws iam generate-credential-report): who has a second factor, and when keys were used last")
	}
	text, _ := json.Marshal(out.Content)
	return r.report(text)
}
