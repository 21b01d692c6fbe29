package api_test

import (
	"strings"
	"testing"

	"github.com/loket-desk/loket/shared/desk"
)

func TestAMailTellsWhatWasFoundAboutIt(t *testing.T) {
	s := mailStack(t)
	conv := string(s.mailed("", 1, func(m *desk.Message) {
		m.Mail.Verdicts = desk.Verdicts{Spam: "PASS", Virus: "PASS", SPF: "GRAY", DKIM: "FAIL", DMARC: "FAIL", DMARCPolicy: "reject"}
		m.Mail.Unverified, m.Mail.Auto, m.Mail.Problems = true, "vacation", []string{"It breaks off."}
		m.Mail.Forwarded = &desk.Forward{From: desk.Address{Name: "Fred", Address: "fred@example.org"}, Subject: "Old", Date: "Monday"}
	}))
	s.answers(desk.ConversationID(conv), `{"text":"hi","to":[{"address":"ann@example.org"}]}`)
	a := s.ok(s.admin, "GET", "/v1/conversations/"+conv+"/messages", "")
	if a.text("results.0.mail.unverified") != "true" || a.text("results.0.mail.automatic") != "vacation" || a.text("results.0.mail.problems.0") != "It breaks off." {
		t.Errorf("%s", a.Raw)
	}
	if a.text("results.0.mail.forwarded.from.address") != "fred@example.org" || a.text("results.0.mail.forwarded.used") != "FORWARDER" {
		t.Errorf("%s", a.Raw)
	}
	if n := a.count("results.0.mail.checks"); n != 4 || !strings.Contains(a.text("results.0.mail.checks.3"), "DMARC") || !strings.Contains(a.text("results.0.mail.checks.3"), "not") {
		t.Errorf("%d checks: %s", n, a.Raw)
	}
	if a.at("results.1.mail") != nil {
		t.Errorf("ours has them too: %s", a.Raw)
	}
}
