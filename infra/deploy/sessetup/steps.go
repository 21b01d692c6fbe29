package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
)

// inbound is where a region's mail service takes mail.
func (s *setup) inbound() string { return "inbound-smtp." + s.region + ".amazonaws.com" }

// checkRegion finds out whether mail can come in here at all: where it can, the mail service has an address.
func (s *setup) checkRegion(ctx context.Context) error {
	_, err := s.dns.LookupHost(ctx, s.inbound())
	var failed *net.DNSError
	switch {
	case err == nil:
		s.say("Region         %s takes incoming mail.", s.region)
		return nil
	case errors.As(err, &failed) && failed.IsNotFound:
		return fmt.Errorf("the region %s takes no incoming mail: Amazon SES has no %s. Deploy the stack in a region that does, such as us-east-1, us-west-2 or eu-west-1", s.region, s.inbound())
	}
	s.say("Region         could not be checked: the name %s can't be looked up from here.", s.inbound())
	return nil
}

// identify makes the domain an identity of the account and prints the records that prove it.
func (s *setup) identify(ctx context.Context) error {
	d, there, err := s.ses.identity(ctx, s.domain)
	if err == nil && !there {
		d, err = s.ses.createIdentity(ctx, s.domain)
	}
	if err != nil {
		return err
	}
	if d.Verified {
		s.say("Domain         %s is verified; mail from it is signed.", s.domain)
		return nil
	}
	s.say("Domain         %s is not verified yet (%s). Its DNS must hold:", s.domain, strings.ToLower(strings.ReplaceAll(firstOf(d.Dkim.Status, "PENDING"), "_", " ")))
	for _, token := range d.Dkim.Tokens {
		s.say("                 %s._domainkey.%s  CNAME  %s.%s", token, s.domain, token, firstOf(d.Dkim.Zone, "dkim.amazonses.com"))
	}
	s.leave("Add the CNAME records above to the DNS of %s. Amazon finds them within minutes to hours.", s.domain)
	return nil
}

// exchange looks whether the domain's mail goes to the mail service.
func (s *setup) exchange(ctx context.Context) error {
	record := fmt.Sprintf("%s  MX  10 %s", s.domain, s.inbound())
	found, err := s.dns.LookupMX(ctx, s.domain)
	var failed *net.DNSError
	if err != nil && (!errors.As(err, &failed) || !failed.IsNotFound) {
		s.say("MX record      could not be looked up from here. It must be: %s", record)
		return nil
	}
	var others []string
	for _, mx := range found {
		host := strings.ToLower(strings.TrimSuffix(mx.Host, "."))
		if host == s.inbound() {
			s.say("MX record      is there.")
			return nil
		}
		others = append(others, host)
	}
	s.say("MX record      is missing. The DNS of %s must hold:\n                 %s", s.domain, record)
	words := fmt.Sprintf("Add the MX record above to the DNS of %s.", s.domain)
	if len(others) > 0 {
		words += fmt.Sprintf(" Its mail goes to %s now, and would come to Loket instead: if people have mailboxes there, give Loket a sub-domain of its own.", strings.Join(others, ", "))
	}
	s.left = append(s.left, words)
	return nil
}

// activate makes the stack's receipt rule set the active one, which CloudFormation can't.
func (s *setup) activate(ctx context.Context, replace bool) error {
	active, err := s.ses.activeRules(ctx)
	if err != nil {
		return err
	}
	switch {
	case active == s.rules:
		s.say("Receipt rules  %s is active.", s.rules)
		return nil
	case active != "" && !replace:
		return fmt.Errorf("another receipt rule set, %s, is active, and a region has one active set only: its rules would end. "+
			"If nobody needs them, run `make ses-setup REPLACE=1`; else copy the rule of %s into it, or deploy to another region", active, s.rules)
	}
	if err := s.ses.activateRules(ctx, s.rules); err != nil {
		return err
	}
	s.say("Receipt rules  %s is active now.", s.rules)
	return nil
}

// checkAccount says what the account may send.
func (s *setup) checkAccount(ctx context.Context) error {
	a, err := s.ses.account(ctx)
	if err != nil {
		return err
	}
	if !a.Sending || a.Enforcement == "SHUTDOWN" {
		s.say("Sending        is switched off for this account (%s).", firstOf(a.Enforcement, "paused"))
		s.leave("Open Amazon SES, Account dashboard, and have sending switched on: nothing that Loket answers by mail leaves until then.")
		return nil
	}
	if !a.Production {
		s.say("Sending        only to verified addresses: the account is in the sandbox of %s (%.0f mails a day).", s.region, a.Quota.Day)
		s.leave("Ask for production access in Amazon SES, Account dashboard, in the region %s. Until then answers reach only addresses "+
			"that you verified there; mail comes in all the same.", s.region)
		return nil
	}
	s.say("Sending        to everybody, %.0f mails a day.", a.Quota.Day)
	return nil
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
