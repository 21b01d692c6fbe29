package main

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/loket-desk/loket/shared/aws"
)

// mailService is Amazon SES: version 2 of its API where that has the call, the first version for receipt rules.
type mailService struct{ cloud *aws.Client }

// identity of a domain, as far as we read it.
type identity struct {
	Verified bool `json:"VerifiedForSendingStatus"`
	Dkim     struct {
		Status string
		Tokens []string
		Zone   string `json:"SigningHostedZone"`
	} `json:"DkimAttributes"`
}

// account is what the account may do in the region.
type account struct {
	Production  bool   `json:"ProductionAccessEnabled"`
	Sending     bool   `json:"SendingEnabled"`
	Enforcement string `json:"EnforcementStatus"`
	Quota       struct {
		Day float64 `json:"Max24HourSend"`
	} `json:"SendQuota"`
}

// identity finds a domain; there is false when the account doesn't have it.
func (m mailService) identity(ctx context.Context, domain string) (found identity, there bool, err error) {
	err = m.call(ctx, http.MethodGet, "/v2/email/identities/"+url.PathEscape(domain), nil, &found)
	var f *aws.Failure
	if errors.As(err, &f) && f.Status == http.StatusNotFound {
		return identity{}, false, nil
	}
	return found, err == nil, inWords("look up the domain", err)
}

// createIdentity makes a domain an identity, which its owner proves by DNS.
func (m mailService) createIdentity(ctx context.Context, domain string) (identity, error) {
	var made identity
	err := m.call(ctx, http.MethodPost, "/v2/email/identities", map[string]string{"EmailIdentity": domain}, &made)
	return made, inWords("add the domain", err)
}

func (m mailService) account(ctx context.Context) (account, error) {
	var a account
	return a, inWords("look at the account", m.call(ctx, http.MethodGet, "/v2/email/account", nil, &a))
}

func (m mailService) call(ctx context.Context, method, path string, in, out any) error {
	base, _ := m.cloud.Endpoint(aws.SES)
	u, err := url.Parse(base + path)
	if err != nil {
		return err
	}
	c := aws.Call{Service: aws.SES, Method: method, URL: u, Header: http.Header{}}
	if in != nil {
		if c.Body, err = json.Marshal(in); err != nil {
			return err
		}
		c.Header.Set("Content-Type", "application/json")
	}
	res, err := m.cloud.Do(ctx, c)
	if err != nil {
		return err
	}
	return aws.Decode(aws.SES, res, out)
}

// activeRules is the name of the active receipt rule set; empty when none is.
func (m mailService) activeRules(ctx context.Context) (string, error) {
	var answer struct {
		Name string `xml:"DescribeActiveReceiptRuleSetResult>Metadata>Name"`
	}
	err := m.query(ctx, url.Values{"Action": {"DescribeActiveReceiptRuleSet"}}, &answer)
	return answer.Name, inWords("look up the active receipt rule set", err)
}

func (m mailService) activateRules(ctx context.Context, name string) error {
	err := m.query(ctx, url.Values{"Action": {"SetActiveReceiptRuleSet"}, "RuleSetName": {name}}, nil)
	return inWords("activate the receipt rule set "+name, err)
}

// query makes a call of the first version, whose answers are XML.
func (m mailService) query(ctx context.Context, form url.Values, out any) error {
	form.Set("Version", "2010-12-01")
	base, _ := m.cloud.Endpoint(aws.SES)
	u, err := url.Parse(base + "/")
	if err != nil {
		return err
	}
	res, err := m.cloud.Do(ctx, aws.Call{
		Service: aws.SES, Method: http.MethodPost, URL: u, Body: []byte(form.Encode()),
		Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded; charset=utf-8"}},
	})
	if err != nil {
		return err
	}
	defer res.Body.Close() //nolint:errcheck // only read
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil || out == nil {
		return err
	}
	return xml.Unmarshal(text, out)
}

// inWords says what was tried and why it did not work.
func inWords(tried string, err error) error {
	var f *aws.Failure
	switch {
	case err == nil:
		return nil
	case errors.As(err, &f) && f.Status == 0:
		return fmt.Errorf("to %s, Amazon SES must be reachable, and is not: %w", tried, err)
	case errors.As(err, &f) && (f.Code == "AccessDeniedException" || f.Code == "AccessDenied"):
		return fmt.Errorf("to %s, your AWS credentials need more permissions: %s", tried, f.Message)
	case errors.As(err, &f) && f.Code == "RuleSetDoesNotExist":
		return fmt.Errorf("to %s, the stack must be deployed with MailDomain set, and is not: run `make deploy`", tried)
	}
	return fmt.Errorf("amazon SES refused to %s: %w", tried, err)
}
