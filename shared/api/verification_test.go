package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// own connects an address of the company in the first inbox and gives the channel's path.
func (s *stack) own(address string) string {
	s.t.Helper()
	a := s.ok(s.admin, "POST", "/v1/channels", fmt.Sprintf(`{"type":"email","inboxId":"inbox","settings":{"address":%q}}`, address))
	return "/v1/channels/" + a.text("id")
}

// value is what a channel's set-up says under a label.
func value(a answer, label string) string {
	for i := range a.count("setup") {
		if a.text(fmt.Sprintf("setup.%d.label", i)) == label {
			return a.text(fmt.Sprintf("setup.%d.value", i))
		}
	}
	return ""
}

func TestAnAddressOfTheCompanyIsVerifiedByACodeBeforeItSends(t *testing.T) {
	s := mailStack(t)
	at := s.own("Help@example.com")
	a := s.ok(s.admin, "GET", at, "")
	if a.text("identity.address") != "" || a.text("health.state") != "WARNING" || value(a, "Forward mail to") != "inbox@mail.example.com" || !strings.HasPrefix(value(a, "Address verified"), "Not yet") {
		t.Errorf("unverified: %s", a.Raw)
	}
	s.refused(404, "not_found", s.admin, "POST", at+"/verification", `{"code":"12345678"}`)
	sent := s.ok(s.admin, "POST", at+"/verification", `{}`)
	if sent.text("state") != "SENT" || sent.text("address") != "help@example.com" {
		t.Errorf("%s", sent.Raw)
	}
	s.refused(409, "conflict", s.admin, "POST", at+"/verification", `{}`)
	thread, _, err := s.table.Messages(t.Context(), desk.ConversationID(sent.text("conversationId")), "", "", 9)
	if err != nil || len(thread) != 1 {
		t.Fatalf("%v, %v", thread, err)
	}
	m := thread[0]
	if m.Channel != "inbox-mail" || m.Status.State != desk.Queued || m.To[0].Address != "help@example.com" || m.Author.Kind != desk.BySystem {
		t.Errorf("the mail is %+v", m)
	}
	code, err := channel.VerificationCode(t.Context(), s.sealer.HMAC, m.Mail.Seed)
	if err != nil || strings.Contains(m.Text, code) || !strings.Contains(m.Text, channel.CodeGap) {
		t.Errorf("the thread shows %q, %v", m.Text, err)
	}
	s.refused(422, "invalid", s.admin, "POST", at+"/verification", `{"code":"x"}`)
	if got := s.ok(s.admin, "POST", at+"/verification", fmt.Sprintf(`{"code":" %s %s "}`, code[:4], code[4:])); got.text("state") != "VERIFIED" {
		t.Errorf("%s", got.Raw)
	}
	a = s.ok(s.admin, "GET", at, "")
	if a.text("identity.address") != "help@example.com" || a.text("health.state") != "OK" || value(a, "Address verified") != "Yes." {
		t.Errorf("verified: %s", a.Raw)
	}
	s.refused(404, "not_found", s.admin, "POST", at+"/verification", fmt.Sprintf(`{"code":%q}`, code))
	s.refused(409, "conflict", s.admin, "POST", at+"/verification", `{}`)
	if a = s.ok(s.admin, "PATCH", at, `{"settings":{"address":"other@example.com"}}`); a.text("identity.address") != "" {
		t.Errorf("another address is taken as verified: %s", a.Raw)
	}
}

func TestACodeIsGuessedFiveTimesAtMost(t *testing.T) {
	s := mailStack(t)
	at := s.own("help@example.com")
	s.ok(s.admin, "POST", at+"/verification", `{}`)
	for range desk.VerificationTries {
		s.refused(422, "invalid", s.admin, "POST", at+"/verification", `{"code":"wrong"}`)
	}
	s.refused(404, "not_found", s.admin, "POST", at+"/verification", `{"code":"wrong"}`)
}

func TestOneAddressBelongsToOneChannel(t *testing.T) {
	s := mailStack(t)
	s.own("help@example.com")
	a := s.refused(409, "conflict", s.admin, "POST", "/v1/channels", `{"type":"email","inboxId":"inbox","settings":{"address":"HELP@example.com"}}`)
	if !strings.Contains(a.text("detail"), "help@example.com") {
		t.Errorf("%s", a.Raw)
	}
	s.refused(409, "conflict", s.admin, "POST", "/v1/channels/inbox-mail/verification", `{}`)
}

func TestAForwardingIsShownAsItIsSeen(t *testing.T) {
	s := mailStack(t)
	at := s.own("help@example.com")
	id := desk.ChannelID(strings.TrimPrefix(at, "/v1/channels/"))
	if err := s.table.NoteConfirmation(t.Context(), id, "Open https://mail.google.com/mail/vf-1 to confirm.", s.clock()); err != nil {
		t.Fatal(err)
	}
	if a := s.ok(s.admin, "GET", at, ""); a.text("health.state") != "WARNING" || !strings.Contains(a.text("health.detail"), "vf-1") || !strings.HasPrefix(value(a, "Forwarding seen"), "Not yet") {
		t.Errorf("%s", a.Raw)
	}
	if err := s.table.NoteForwarded(t.Context(), id, s.clock()); err != nil {
		t.Fatal(err)
	}
	if a := s.ok(s.admin, "GET", at, ""); strings.Contains(a.text("health.detail"), "vf-1") || !strings.HasPrefix(value(a, "Forwarding seen"), "Yes") {
		t.Errorf("%s", a.Raw)
	}
}
