package email_test

import (
	"context"
	"strings"
	"testing"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/channel/email"
	"github.com/loket-desk/loket/shared/desk"
)

// strict is a mail service that sends from the addresses of one domain only.
type strict struct {
	post
	froms []string
}

func (p *strict) Deliver(ctx context.Context, from string, to []string, raw []byte, tags map[string]string) (string, bool, error) {
	p.froms = append(p.froms, from)
	if !strings.HasSuffix(from, "@desk.example") {
		return "", p.lost, desk.Refuse(desk.Invalid, "The mail was refused: Email address is not verified.")
	}
	return p.post.Deliver(ctx, from, to, raw, tags)
}

func TestTheInboxsOwnAddressTakesOverWhereTheCompanysMayNotSend(t *testing.T) {
	p := &strict{}
	o := options(nil)
	o.Mailer = p
	a := account()
	a.Sender.Address = "help@acme.example"
	r := email.New(o).Send(t.Context(), nil, a, message())
	if r.Outcome != channel.Accepted || strings.Join(p.froms, " ") != "help@acme.example support@desk.example" {
		t.Fatalf("%+v, sent from %q", r, p.froms)
	}
	if !strings.Contains(r.Detail, "support@desk.example") || !strings.Contains(r.Warning, "help@acme.example") {
		t.Errorf("it says %q and warns %q", r.Detail, r.Warning)
	}
	if !strings.Contains(string(p.raw), "<support@desk.example>") || strings.Contains(string(p.raw), "help@acme.example") {
		t.Errorf("the mail itself is from another address: %s", p.raw)
	}
	p.lost, p.froms = true, nil
	if r := email.New(o).Send(t.Context(), nil, a, message()); r.Outcome != channel.Lost || len(p.froms) != 1 {
		t.Errorf("a mail that may have gone out was sent again: %+v, %q", r, p.froms)
	}
}

func TestACodeStandsInTheMailOnly(t *testing.T) {
	p, m := &post{}, message()
	m.Text = "Your code: " + channel.CodeGap
	m.Message.Mail = &desk.MessageMail{Seed: "seed"}
	if got, _ := send(t, p, account(), m); !strings.Contains(got.Text, "Your code: 12345678") {
		t.Errorf("%q", got.Text)
	}
}
