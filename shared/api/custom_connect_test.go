package api_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/table"
	"github.com/loket-desk/loket/shared/table/tabletest"
)

// withFlow makes a channel whose integration has a connect flow of its own.
func (s *stack) withFlow() *integration {
	s.t.Helper()
	p := s.register(abilities)
	p.ok(p.key, "PATCH", p.at(""), `{"channelAccountConnectionRedirectUrl":"https://app.example.com/connect?lang=en"}`)
	return p
}

// begin is an admin who connects an account: its channel and the token in the address that they are sent to.
func (p *integration) begin() (ch, token string) {
	p.t.Helper()
	a := p.ok(p.admin, "POST", "/v1/channels", `{"type":"custom:`+p.id+`","inboxId":"inbox"}`)
	return a.text("id"), p.token(a)
}

func (p *integration) token(a answer) string {
	p.t.Helper()
	to, err := url.Parse(a.text("setup.0.value"))
	if err != nil || !strings.HasPrefix(to.String(), "https://app.example.com/connect?") || to.Query().Get("lang") != "en" || len(to.Query().Get("accountToken")) < 40 {
		p.t.Fatalf("the admin is sent to %q: %s", to, a.Raw)
	}
	return to.Query().Get("accountToken")
}

const staged = `{"accountName":"Lobby","deliveryIdentifier":{"type":"CHANNEL_SPECIFIC_OPAQUE_ID","value":"lobby-1"}}`

func TestThePickerShowsACustomChannelWithItsNameDescriptionAndLogo(t *testing.T) {
	s := newStack(t)
	p := s.register(abilities)
	types := s.ok(s.admin, "GET", "/v1/channel-types", "")
	last := types.at("results").([]any)[types.count("results")-1].(map[string]any)
	caps := last["capabilities"].(map[string]any)
	if last["type"] != "custom:"+p.id || last["name"] != "Pager" || last["description"] != "A pager." || last["logoUrl"] != "https://example.com/logo.png" || caps["start"] != true || caps["richText"] != true {
		t.Errorf("the picker: %v", last)
	}
	if fields := last["fields"].([]any); len(fields) != 2 {
		t.Errorf("its fields: %v", fields)
	}
}

func TestAnAdminConnectsByTheIntegrationsFlowOnceWithinHalfAnHour(t *testing.T) {
	s := newStack(t)
	p := s.withFlow()
	ch, token := p.begin()
	if list := s.ok(p.key, "GET", p.at("/channel-accounts"), ""); list.count("results") != 1 {
		t.Errorf("an account that is only begun is listed: %s", list.Raw)
	}
	if shown := s.ok(s.admin, "GET", "/v1/channels/"+ch, ""); shown.text("health.state") != "WARNING" || strings.Contains(shown.Raw, token) {
		t.Errorf("the admin sees %s", shown.Raw)
	}
	at := p.at("/channel-account-staging-tokens/" + token)
	p.refusedAs(400, "VALIDATION_ERROR", "deliveryIdentifier", p.key, "PATCH", at, `{"accountName":"Lobby"}`)
	p.refusedAs(400, "VALIDATION_ERROR", "deliveryIdentifier.type", p.key, "PATCH", at, strings.ReplaceAll(staged, "CHANNEL_SPECIFIC_OPAQUE_ID", "HS_SHORT_CODE"))
	other := s.register(abilities)
	p.refusedAs(404, "OBJECT_NOT_FOUND", "", other.key, "PATCH", customs+"/"+other.id+"/channel-account-staging-tokens/"+token, staged)
	done := s.ok(p.key, "PATCH", at, staged)
	if done.text("accountToken") != token || done.text("genericChannelId") != p.id || done.text("inboxId") != "inbox" || done.text("userId") != "administrator" ||
		done.text("accountName") != "Lobby" || done.text("deliveryIdentifier.value") != "lobby-1" {
		t.Errorf("connected: %s", done.Raw)
	}
	account := s.ok(p.key, "GET", p.at("/channel-accounts/"+ch), "")
	if account.at("authorized") != true || account.at("active") != true || account.text("name") != "Lobby" {
		t.Errorf("the account: %s", account.Raw)
	}
	p.refusedAs(409, "CONFLICT", "", p.key, "PATCH", at, staged)
	p.refusedAs(404, "OBJECT_NOT_FOUND", "", p.key, "PATCH", p.at("/channel-account-staging-tokens/none"), staged)
	if told := p.told(ch); len(told) != 1 || told[0].Change.What != desk.AccountCreated {
		t.Errorf("told: %+v", told)
	}
}

func TestAnAccountIsAuthorizedAgainByTheFlow(t *testing.T) {
	s := newStack(t)
	p := s.withFlow()
	ch, token := p.begin()
	s.ok(p.key, "PATCH", p.at("/channel-account-staging-tokens/"+token), staged)
	s.ok(p.key, "PATCH", p.at("/channel-accounts/"+ch), `{"authorized":false}`)
	again := p.token(s.ok(s.admin, "POST", "/v1/channels/"+ch+"/test", ""))
	if again == token {
		t.Fatal("the same token twice")
	}
	s.ok(p.key, "PATCH", p.at("/channel-account-staging-tokens/"+again), strings.ReplaceAll(staged, "Lobby", "Hall"))
	if a := s.ok(p.key, "GET", p.at("/channel-accounts/"+ch), ""); a.at("authorized") != true || a.text("name") != "Hall" {
		t.Errorf("authorized again: %s", a.Raw)
	}
	if told := p.told(ch); len(told) != 3 || told[2].Change.What != desk.AccountUpdated {
		t.Errorf("told: %+v", told)
	}
}

func TestAConnectTokenEndsAfterHalfAnHourOrWithItsAccount(t *testing.T) {
	s := newStack(t)
	p := s.withFlow()
	_, token := p.begin()
	late := s.over(table.NewAt(tabletest.Client(t, nil), s.name, func() time.Time { return s.clock().Add(31 * time.Minute) }))
	q := *p
	q.stack = late
	q.refusedAs(404, "OBJECT_NOT_FOUND", "", p.key, "PATCH", p.at("/channel-account-staging-tokens/"+token), staged)
	ch, token := p.begin()
	if a := s.call(s.admin, "DELETE", "/v1/channels/"+ch, ""); a.Status != 204 {
		t.Fatal(a.Raw)
	}
	p.refusedAs(404, "OBJECT_NOT_FOUND", "", p.key, "PATCH", p.at("/channel-account-staging-tokens/"+token), staged)
	if told := p.told(ch); len(told) != 0 {
		t.Errorf("told of an account that never was: %+v", told)
	}
}

func TestAnAdminConnectsByHandWhereTheIntegrationHasNoFlow(t *testing.T) {
	s := newStack(t)
	p := s.register(abilities)
	made := s.ok(s.admin, "POST", "/v1/channels", `{"type":"custom:`+p.id+`","inboxId":"inbox","settings":{"deliveryIdentifier":"help@example.com","deliveryIdentifierType":"HS_EMAIL_ADDRESS"}}`)
	if made.text("name") != "Pager" || made.text("account.id") != "help@example.com" || made.at("webhookUrl") != nil {
		t.Errorf("connected: %s", made.Raw)
	}
	if a := s.ok(p.key, "GET", p.at("/channel-accounts/"+made.text("id")), ""); a.at("authorized") != true || a.text("deliveryIdentifier.type") != "HS_EMAIL_ADDRESS" {
		t.Errorf("the account: %s", a.Raw)
	}
	s.refused(422, "invalid", s.admin, "POST", "/v1/channels", `{"type":"custom:`+p.id+`","inboxId":"inbox"}`)
	s.refused(422, "invalid", s.admin, "POST", "/v1/channels", `{"type":"custom:`+p.id+`","inboxId":"inbox","settings":{"deliveryIdentifier":"x","deliveryIdentifierType":"HS_EMAIL_ADDRESS"}}`)
	s.refused(422, "invalid", s.admin, "POST", "/v1/channels", `{"type":"custom:none","inboxId":"inbox"}`)
	s.refused(409, "conflict", s.admin, "POST", "/v1/channels", `{"type":"custom:`+p.id+`","inboxId":"inbox","settings":{"deliveryIdentifier":"HELP@example.com","deliveryIdentifierType":"HS_EMAIL_ADDRESS"}}`)
}

func TestWhatTheChannelCannotCarryIsRefusedBeforeItIsQueued(t *testing.T) {
	s := newStack(t)
	p := s.register(abilities)
	in := s.ok(p.key, "POST", p.at("/messages"), p.message("ada", "hello"))
	at := "/v1/conversations/" + in.text("conversationsThreadId") + "/messages"
	file := func(kind, content string) string {
		id := s.ok(s.admin, "POST", "/v1/uploads", `{"name":"f","contentType":"`+kind+`","size":2000}`).text("id")
		s.files.held["uploads/"+id] = []byte(content)
		return id
	}
	png := "\x89PNG\r\n\x1a\n"
	a, b, big, pdf := file("image/png", png), file("image/png", png), file("image/png", png+strings.Repeat("x", 1500)), file("application/pdf", "%PDF-1.4")
	for body, words := range map[string]string{
		`{"html":"<ul><li>x</li></ul>","text":"x"}`:            "lists",
		`{"html":"<img src='x'>","text":"x"}`:                  "pictures",
		`{"text":"x","attachments":["` + pdf + `"]}`:           "application/pdf",
		`{"text":"x","attachments":["` + big + `"]}`:           "1000",
		`{"text":"x","attachments":["` + a + `","` + b + `"]}`: "1 files",
		`{"text":"x","to":[{"address":"grace"}]}`:              "contact only",
	} {
		if got := s.refused(422, "invalid", s.admin, "POST", at, body); !strings.Contains(got.Raw, words) {
			t.Errorf("%s: %s", body, got.Raw)
		}
	}
	s.ok(s.admin, "POST", at, `{"html":"<b>bold</b> and <a href='https://example.com'>a link</a>","attachments":["`+a+`"]}`)
	s.ok(p.key, "PATCH", p.at("/channel-accounts/"+p.account), `{"authorized":false}`)
	s.refused(409, "channel_off", s.admin, "POST", at, `{"text":"x"}`)
	s.ok(p.key, "PATCH", p.at("/channel-accounts/"+p.account), `{"authorized":true}`)
	s.ok(p.key, "PATCH", p.at(""), `{"capabilities":{"allowOutgoingMessages":false}}`)
	s.refused(409, "channel_off", s.admin, "POST", at, `{"text":"x"}`)
	if n := s.ok(s.admin, "GET", at, "").count("results"); n != 2 {
		t.Errorf("%d messages: something that was refused was queued", n)
	}
}

func TestAConversationIsStartedWhereTheChannelAllowsIt(t *testing.T) {
	s := newStack(t)
	p := s.register(abilities)
	started := s.ok(s.admin, "POST", "/v1/conversations", `{"channelId":"`+p.account+`","to":[{"address":"grace@example.com","name":"Grace"}],"text":"Hello Grace"}`)
	list := s.ok(s.admin, "GET", "/v1/conversations/"+started.text("id")+"/messages", "")
	m := s.ok(p.key, "GET", p.at("/messages/"+list.text("results.0.id")), "")
	if m.text("recipients.0.deliveryIdentifier.type") != "HS_EMAIL_ADDRESS" || m.text("recipients.0.name") != "Grace" {
		t.Errorf("the first message: %s", m.Raw)
	}
	stored, err := s.table.Message(t.Context(), desk.MessageID(m.text("id")))
	if err != nil || stored.Thread == "" || stored.Thread == "grace@example.com" {
		t.Errorf("the program takes up the thread %q, %v", stored.Thread, err)
	}
	back := strings.ReplaceAll(p.message("grace", "Hello"), "thread of grace", stored.Thread)
	if a := s.ok(p.key, "POST", p.at("/messages"), back); a.text("conversationsThreadId") != started.text("id") {
		t.Errorf("the answer went to %s", a.Raw)
	}
	again := s.ok(s.admin, "POST", "/v1/conversations/"+started.text("id")+"/messages", `{"text":"How are you?"}`)
	if m := s.ok(p.key, "GET", p.at("/messages/"+again.text("id")), ""); m.text("recipients.0.deliveryIdentifier.value") != "grace" {
		t.Errorf("the second message goes to %s", m.Raw)
	}
	s.ok(p.key, "PATCH", p.at(""), `{"capabilities":{"allowConversationStart":false}}`)
	s.refused(422, "invalid", s.admin, "POST", "/v1/conversations", `{"channelId":"`+p.account+`","to":[{"address":"x"}],"text":"x"}`)
}
