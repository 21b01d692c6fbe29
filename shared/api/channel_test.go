package api_test

import (
	"strings"
	"testing"

	"github.com/loket-desk/loket/shared/desk"
)

const chatInInbox = `{"type":"chat","inboxId":"inbox","credentials":{"token":"secret-token"},"settings":{"region":"eu"}}`

func TestThePickerShowsWhatCanBeConnected(t *testing.T) {
	s := newStack(t)
	a := s.ok(s.admin, "GET", "/v1/channel-types", "")
	if a.count("results") != 4 || a.text("results.0.type") != "chat" || a.text("results.0.fields.0.secret") != "true" || a.text("results.0.capabilities.textLimit") != "20" {
		t.Errorf("%s", a.Raw)
	}
}

func TestAChannelIsConnectedThroughItsPlatformAndItsCredentialsAreNeverReadBack(t *testing.T) {
	s := newStack(t)
	a := s.ok(s.admin, "POST", "/v1/channels", chatInInbox)
	id := a.text("id")
	if a.Status != 201 || a.text("name") != "Bot 42" || a.text("account.id") != "42" || a.text("active") != "true" || a.text("settings.region") != "eu" ||
		a.text("webhookUrl") != "https://desk.example.com/hooks/"+id || a.text("health.state") != "OK" || a.text("setup.0.value") != a.text("webhookUrl") {
		t.Errorf("%s", a.Raw)
	}
	last := s.platform.calls[len(s.platform.calls)-1]
	if last.Probe || last.Hook != a.text("webhookUrl") || last.Credentials["token"] != "secret-token" || last.Settings["region"] != "eu" {
		t.Errorf("the platform was called with %+v", last)
	}
	cfg, err := s.table.Fresh(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sealed := cfg.Channels[desk.ChannelID(id)].Sealed
	for name, want := range map[string]string{"token": "secret-token", "webhookSecret": "made-secret"} {
		if plain, err := s.sealer.Open(t.Context(), "channel/"+id+"/"+name, sealed[name]); err != nil || plain != want {
			t.Errorf("%s is kept as %q: %v", name, sealed[name], err)
		}
	}
	seen := a.Raw + s.ok(s.admin, "GET", "/v1/channels/"+id, "").Raw + s.ok(s.admin, "GET", "/v1/channels", "").Raw + s.ok(s.admin, "GET", "/v1/audit", "").Raw + s.logs.String()
	for _, secret := range []string{"secret-token", "made-secret", "sealed."} {
		if strings.Contains(seen, secret) {
			t.Errorf("%s can be read back", secret)
		}
	}
}

func TestAChannelThatMakesNoSenseIsRefusedBeforeItsPlatformIsCalled(t *testing.T) {
	s := newStack(t)
	for body, field := range map[string]string{
		`{"type":"fax","inboxId":"inbox"}`:                                                                "type",
		`{"type":"chat","inboxId":"none","credentials":{"token":"x"}}`:                                    "inboxId",
		`{"type":"chat","inboxId":"inbox"}`:                                                               "credentials.token",
		`{"type":"chat","inboxId":"inbox","credentials":{"token":" "}}`:                                   "credentials.token",
		`{"type":"chat","inboxId":"inbox","credentials":{"token":"x","tokn":"y"}}`:                        "credentials.tokn",
		`{"type":"chat","inboxId":"inbox","credentials":{"token":"x"},"settings":{"regoin":"y"}}`:         "settings.regoin",
		`{"type":"chat","inboxId":"inbox","credentials":{"token":"x"},"routing":{"assign":"SPECIFIC"}}`:   "routing.userIds",
		`{"type":"chat","inboxId":"inbox","credentials":{"token":"x"},"ticket":{"stageId":"new"}}`:        "ticket.stageId",
		`{"type":"chat","inboxId":"inbox","credentials":{"token":"x"},"ticket":{"pipelineId":"nowhere"}}`: "ticket.pipelineId",
		`{"type":"chat","inboxId":"inbox","credentials":{"token":["secret-token"]}}`:                      "credentials.token",
	} {
		a := s.refused(422, "invalid", s.admin, "POST", "/v1/channels", body)
		if a.text("errors.0.location") != field || strings.Contains(a.Raw, "secret-token") {
			t.Errorf("%s: %s", body, a.Raw)
		}
	}
	if len(s.platform.calls) != 0 {
		t.Errorf("the platform was called %d times", len(s.platform.calls))
	}
}

func TestWhatThePlatformRefusesIsSaidInItsWordsAndNothingIsKept(t *testing.T) {
	s := newStack(t)
	for refusal, want := range map[error]int{
		desk.RefuseField("credentials.token", "The platform doesn't know this token."): 422,
		desk.Refuse(desk.Unauthenticated, "The platform doesn't know this token."):     422,
		desk.Refuse(desk.NotFound, "The platform doesn't know this bot."):              422,
		desk.Refuse(desk.Busy, "The platform can't be reached."):                       503,
	} {
		s.platform.refuse = refusal
		a := s.call(s.admin, "POST", "/v1/channels", chatInInbox)
		if a.Status != want || !strings.Contains(a.text("detail"), "The platform") {
			t.Errorf("%v: %d %s", refusal, a.Status, a.Raw)
		}
	}
	if n := s.ok(s.admin, "GET", "/v1/channels", "").count("results"); n != 1 {
		t.Errorf("%d channels were kept", n)
	}
}

func TestAnAccountIsConnectedOnceAndTheFirstKeepsItsMessages(t *testing.T) {
	s := newStack(t)
	one := s.ok(s.admin, "POST", "/v1/channels", chatInInbox)
	before := len(s.platform.calls)
	a := s.refused(409, "conflict", s.admin, "POST", "/v1/channels", chatInInbox)
	if !strings.Contains(a.text("detail"), "Bot 42") {
		t.Errorf("%s", a.Raw)
	}
	for _, c := range s.platform.calls[before:] {
		if !c.Probe {
			t.Error("the second took the platform's messages away from the first")
		}
	}
	s.ok(s.admin, "DELETE", "/v1/channels/"+one.text("id"), "")
	s.ok(s.admin, "POST", "/v1/channels", chatInInbox)
}

func TestAChannelIsSwitchedOffRenamedAndRouted(t *testing.T) {
	s := newStack(t)
	id := s.channel("inbox", "chat", "1")
	ann, _ := s.person("Ann", "agent")
	calls := len(s.platform.calls)
	a := s.ok(s.admin, "PATCH", "/v1/channels/"+id, `{"active":false,"name":"Shop bot","routing":{"assign":"SPECIFIC","userIds":["`+ann+`"]},
		"ticket":{"create":true,"pipelineId":"support","priority":"HIGH","properties":{"brand":"shop"}},"identity":{"company":"Shop","originalSenderOfForwards":false}}`)
	if a.text("active") != "false" || a.text("name") != "Shop bot" || a.text("routing.userIds.0") != ann || a.text("routing.onlyAvailable") != "true" ||
		a.text("ticket.priority") != "HIGH" || a.text("ticket.properties.brand") != "shop" || a.text("identity.originalSenderOfForwards") != "false" {
		t.Errorf("%s", a.Raw)
	}
	a = s.ok(s.admin, "PATCH", "/v1/channels/"+id, `{"routing":null,"ticket":{"priority":null},"identity":null}`)
	if a.text("routing.assign") != "NOBODY" || a.at("ticket.priority") != nil || a.text("ticket.create") != "true" || a.text("identity.company") != "" || a.text("active") != "false" {
		t.Errorf("%s", a.Raw)
	}
	if len(s.platform.calls) != calls {
		t.Error("the platform was called for what doesn't concern it")
	}
	s.refused(422, "invalid", s.admin, "PATCH", "/v1/channels/"+id, `{"name":"  "}`)
}

func TestNewCredentialsConnectAChannelAnewAndTheOthersStay(t *testing.T) {
	s := newStack(t)
	id := s.channel("inbox", "chat", "1")
	a := s.ok(s.admin, "PATCH", "/v1/channels/"+id, `{"settings":{"region":"us"}}`)
	last := s.platform.calls[len(s.platform.calls)-1]
	if last.Credentials["token"] != "secret-token" || last.Settings["region"] != "us" || a.count("setup") != 1 {
		t.Errorf("connected with %+v: %s", last, a.Raw)
	}
	s.ok(s.admin, "PATCH", "/v1/channels/"+id, `{"credentials":{"token":"newer"}}`)
	if last = s.platform.calls[len(s.platform.calls)-1]; last.Credentials["token"] != "newer" || last.Settings["region"] != "us" {
		t.Errorf("connected with %+v", last)
	}
	s.platform.refuse = desk.RefuseField("credentials.token", "unknown")
	s.refused(422, "invalid", s.admin, "PATCH", "/v1/channels/"+id, `{"credentials":{"token":"wrong"}}`)
	s.platform.refuse = nil
	s.ok(s.admin, "POST", "/v1/channels/"+id+"/test", "")
	if last = s.platform.calls[len(s.platform.calls)-1]; last.Credentials["token"] != "newer" || !last.Probe {
		t.Errorf("tested with %+v", last)
	}
}

func TestATestOfAChannelSaysInWordsWhatIsWrong(t *testing.T) {
	s := newStack(t)
	id := s.channel("inbox", "chat", "1")
	s.platform.warning = "Deliveries are late."
	if a := s.ok(s.admin, "POST", "/v1/channels/"+id+"/test", ""); a.text("health.state") != "WARNING" || a.text("health.detail") != "Deliveries are late." {
		t.Errorf("%s", a.Raw)
	}
	s.platform.refuse = desk.Refuse(desk.Unauthenticated, "The token was revoked.")
	a := s.ok(s.admin, "POST", "/v1/channels/"+id+"/test", "")
	if a.text("health.state") != "BROKEN" || a.text("health.detail") != "The token was revoked." || a.text("health.checkedAt") == "" {
		t.Errorf("%s", a.Raw)
	}
	if a := s.ok(s.admin, "GET", "/v1/channels/"+id, ""); a.text("health.state") != "BROKEN" {
		t.Errorf("%s", a.Raw)
	}
	s.refused(422, "invalid", s.admin, "POST", "/v1/channels/inbox-mail/test", "")
}

func TestTheChannelThatAnInboxIsBornWithStays(t *testing.T) {
	s := newStack(t)
	s.refused(409, "conflict", s.admin, "DELETE", "/v1/channels/inbox-mail", "")
	s.refused(422, "invalid", s.admin, "PATCH", "/v1/channels/inbox-mail", `{"credentials":{"token":"x"}}`)
	if a := s.ok(s.admin, "PATCH", "/v1/channels/inbox-mail", `{"identity":{"fromName":"COMPANY","company":"Shop"}}`); a.text("identity.fromName") != "COMPANY" {
		t.Errorf("%s", a.Raw)
	}
	s.refused(404, "not_found", s.admin, "DELETE", "/v1/channels/none", "")
}

func TestADeletedChannelIsGoneFromTheListsAndItsConversationsStay(t *testing.T) {
	s := newStack(t)
	id := s.channel("inbox", "chat", "1")
	c := s.comes(id, "ann", "hello").Conversation
	s.ok(s.admin, "DELETE", "/v1/channels/"+id, "")
	s.refused(404, "not_found", s.admin, "GET", "/v1/channels/"+id, "")
	if a := s.ok(s.admin, "GET", "/v1/conversations/"+string(c), ""); a.text("channelType") != "chat" {
		t.Errorf("%s", a.Raw)
	}
	s.refused(409, "channel_off", s.admin, "POST", "/v1/conversations/"+string(c)+"/messages", `{"text":"hi"}`)
}
