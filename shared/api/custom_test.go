package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/api"
	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/routing"
	"github.com/loket-desk/loket/shared/table"
	"github.com/loket-desk/loket/shared/table/tabletest"
)

const customs = "/conversations/v3/custom-channels"

// abilities are what most tests' channel declares.
const abilities = `{"deliveryIdentifierTypes":["CHANNEL_SPECIFIC_OPAQUE_ID","HS_EMAIL_ADDRESS","HS_PHONE_NUMBER"],
	"richText":["HYPERLINK","BOLD"],"threadingModel":"INTEGRATION_THREAD_ID","allowInlineImages":false,"allowOutgoingMessages":true,
	"allowConversationStart":true,"allowMultipleRecipients":false,"outgoingAttachmentTypes":["FILE"],
	"allowedFileAttachmentMimeTypes":["image/png"],"maxFileAttachmentCount":1,"maxFileAttachmentSizeBytes":1000,"maxTotalFileAttachmentSizeBytes":1000}`

// integration is a program with a key, a registered channel and one account.
type integration struct {
	*stack
	key, id, account string
}

// register makes a program with a channel that declares caps, and one account of it.
func (s *stack) register(caps string) *integration {
	s.t.Helper()
	p := &integration{stack: s, key: s.ok(s.admin, "POST", "/v1/keys", `{"name":"Program","permissions":["customChannels"]}`).text("key")}
	p.id = p.ok(p.key, "POST", customs, `{"name":"Pager","capabilities":`+caps+`,"webhookUrl":"https://hooks.example.com/in","channelDescription":"A pager.","channelLogoUrl":"https://example.com/logo.png"}`).text("id")
	p.account = p.connect("+3120000001", "Front desk")
	return p
}

// connect connects an account with an opaque address.
func (p *integration) connect(address, name string) string {
	p.t.Helper()
	return p.ok(p.key, "POST", p.at("/channel-accounts"), fmt.Sprintf(
		`{"inboxId":"inbox","name":%q,"authorized":true,"deliveryIdentifier":{"type":"CHANNEL_SPECIFIC_OPAQUE_ID","value":%q}}`, name, address)).text("id")
}

func (p *integration) at(path string) string { return customs + "/" + p.id + path }

// message is the body of an incoming message; more are further fields, as JSON members.
func (p *integration) message(from, text string, more ...string) string {
	body := fmt.Sprintf(`{"text":%q,"timestamp":"2026-11-24T10:00:00Z","messageDirection":"INCOMING","channelAccountId":%q,
		"senders":[{"name":"Ada","deliveryIdentifier":{"type":"CHANNEL_SPECIFIC_OPAQUE_ID","value":%q}}],
		"recipients":[{"deliveryIdentifier":{"type":"CHANNEL_SPECIFIC_OPAQUE_ID","value":"desk"}}],"attachments":[],"integrationThreadId":%q`,
		text, p.account, from, "thread of "+from)
	return body + strings.Join(append([]string{""}, more...), ",") + "}"
}

// refusedAs is call for what has to be refused in the contract's form, naming a field.
func (p *integration) refusedAs(want int, category, field, key, method, path, body string) answer {
	p.t.Helper()
	a := p.call(key, method, path, body)
	if a.Status != want || a.text("category") != category || a.text("status") != "error" || a.text("message") == "" || a.text("correlationId") == "" {
		p.t.Errorf("%s %s %.300s: %d %s, want %d %s", method, path, body, a.Status, a.Raw, want, category)
	}
	if _, list := a.at("errors").([]any); !list {
		p.t.Errorf("%s %s: no list of errors: %s", method, path, a.Raw)
	}
	if field != "" && !strings.Contains(a.Raw, `"in":"`+field+`"`) {
		p.t.Errorf("%s %s %.300s: %s, want the field %s named", method, path, body, a.Raw, field)
	}
	return a
}

func TestAChannelIsRegisteredListedChangedAndArchived(t *testing.T) {
	s := newStack(t)
	p := s.register(abilities)
	made := s.ok(p.key, "POST", customs+"/", `{"name":"Second","capabilities":{},"unknown":1}`)
	if !strings.HasPrefix(made.text("webhookSecret"), "whsec_") || made.Status != 201 || made.text("createdAt") == "" {
		t.Errorf("registered: %d %s", made.Status, made.Raw)
	}
	if caps := made.at("capabilities").(map[string]any); caps["threadingModel"] != "INTEGRATION_THREAD_ID" || caps["allowOutgoingMessages"] != true {
		t.Errorf("the capabilities are %v", caps)
	}
	for _, base := range []string{customs, customs + "/", "/conversations/custom-channels/2026-03", "/conversations/custom-channels/2026-09/"} {
		list := s.ok(p.key, "GET", base+"?hapikey=x&appId=1", "")
		if list.count("results") != 2 || list.text("total") != "2" || strings.Contains(list.Raw, "whsec_") || strings.Contains(list.Raw, "sealed") {
			t.Errorf("%s: %s", base, list.Raw)
		}
	}
	page := s.ok(p.key, "GET", customs+"?limit=1", "")
	next := page.text("paging.next.after")
	if page.count("results") != 1 || next == "" || !strings.Contains(page.text("paging.next.link"), "after="+next) {
		t.Fatalf("a page: %s", page.Raw)
	}
	if last := s.ok(p.key, "GET", customs+"?limit=1&after="+next, ""); last.count("results") != 1 || last.at("paging") != nil {
		t.Errorf("the last page: %s", last.Raw)
	}
	changed := s.ok(p.key, "PATCH", p.at("/"), `{"name":"Beeper","channelDescription":null,"capabilities":{"richText":[]}}`)
	if changed.text("name") != "Beeper" || changed.text("channelDescription") != "" || changed.text("capabilities.threadingModel") != "INTEGRATION_THREAD_ID" || changed.count("capabilities.richText") != 0 {
		t.Errorf("changed: %s", changed.Raw)
	}
	if a := s.call(p.key, "DELETE", p.at(""), ""); a.Status != 204 || a.Raw != "" {
		t.Errorf("archived: %d %s", a.Status, a.Raw)
	}
	p.refusedAs(404, "OBJECT_NOT_FOUND", "", p.key, "GET", p.at(""), "")
	p.refusedAs(404, "OBJECT_NOT_FOUND", "", p.key, "POST", p.at("/messages"), p.message("ada", "hello"))
	if gone := s.ok(p.key, "GET", p.at("?archived=true"), ""); gone.at("archived") != true {
		t.Errorf("the archived channel: %s", gone.Raw)
	}
	if gone := s.ok(p.key, "GET", p.at("/channel-accounts?archived=true"), ""); gone.count("results") != 1 || gone.text("results.0.archivedAt") == "" {
		t.Errorf("its accounts: %s", gone.Raw)
	}
	if types := s.ok(s.admin, "GET", "/v1/channel-types", ""); strings.Contains(types.Raw, "Beeper") {
		t.Errorf("the picker still shows it: %s", types.Raw)
	}
	if again := s.call(p.key, "DELETE", p.at(""), ""); again.Status != 204 {
		t.Errorf("archived twice: %d %s", again.Status, again.Raw)
	}
}

func TestOnlyKeysWithThePermissionSpeakTheContract(t *testing.T) {
	s := newStack(t)
	p := s.register(abilities)
	_, agent := s.person("Agent", "agent")
	p.refusedAs(401, "INVALID_AUTHENTICATION", "", "", "GET", customs, "")
	p.refusedAs(401, "INVALID_AUTHENTICATION", "", "lk_no_key", "GET", customs, "")
	p.refusedAs(403, "MISSING_SCOPES", "", agent, "GET", customs, "")
	p.refusedAs(404, "OBJECT_NOT_FOUND", "", p.key, "GET", customs+"/none", "")
	p.refusedAs(404, "OBJECT_NOT_FOUND", "", p.key, "GET", p.at("/nonsense"), "")
	p.refusedAs(405, "VALIDATION_ERROR", "", p.key, "PUT", customs, "")
	p.refusedAs(413, "PAYLOAD_TOO_LARGE", "", p.key, "POST", customs, `{"name":"`+strings.Repeat("x", 6<<20)+`"}`)
	if a := s.call(p.key, "GET", "/v1/conversations", ""); a.count("results") != 0 || a.Status != 200 {
		t.Errorf("the program's key reads %s", a.Raw)
	}
	s.refused(403, "forbidden", p.key, "POST", "/v1/inboxes", `{"name":"x"}`)
}

func TestARegistrationThatIsWrongIsRefusedFieldByField(t *testing.T) {
	s := newStack(t)
	p := s.register(abilities)
	for field, body := range map[string]string{
		"name":                                        `{"capabilities":{}}`,
		"capabilities":                                `{"name":"x"}`,
		"webhookUrl":                                  `{"name":"x","capabilities":{},"webhookUrl":"https://private.example.com"}`,
		"channelLogoUrl":                              `{"name":"x","capabilities":{},"channelLogoUrl":"javascript:alert(1)"}`,
		"channelAccountConnectionRedirectUrl":         `{"name":"x","capabilities":{},"channelAccountConnectionRedirectUrl":"nowhere"}`,
		"capabilities.threadingModel":                 `{"name":"x","capabilities":{"threadingModel":"MAGIC"}}`,
		"capabilities.deliveryIdentifierTypes":        `{"name":"x","capabilities":{"deliveryIdentifierTypes":["PIGEON"]}}`,
		"capabilities.richText":                       `{"name":"x","capabilities":{"richText":["bold"]}}`,
		"capabilities.outgoingAttachmentTypes":        `{"name":"x","capabilities":{"outgoingAttachmentTypes":[""]}}`,
		"capabilities.maxFileAttachmentCount":         `{"name":"x","capabilities":{"maxFileAttachmentCount":-1}}`,
		"capabilities.allowedFileAttachmentMimeTypes": `{"name":"x","capabilities":{"allowedFileAttachmentMimeTypes":["png"]}}`,
	} {
		p.refusedAs(400, "VALIDATION_ERROR", field, p.key, "POST", customs, body)
	}
	p.refusedAs(400, "VALIDATION_ERROR", "", p.key, "POST", customs, `{"name":`)
	p.refusedAs(400, "VALIDATION_ERROR", "", p.key, "POST", customs, `[]`)
	if a := p.refusedAs(400, "VALIDATION_ERROR", "name", p.key, "POST", customs, `{}`); !strings.Contains(a.Raw, "REQUIRED_FIELD") {
		t.Errorf("a missing field: %s", a.Raw)
	}
	p.refusedAs(400, "VALIDATION_ERROR", "limit", p.key, "GET", customs+"?limit=0", "")
	p.refusedAs(400, "VALIDATION_ERROR", "after", p.key, "GET", customs+"?after=none", "")
	p.refusedAs(400, "VALIDATION_ERROR", "archived", p.key, "GET", customs+"?archived=maybe", "")
}

func TestARegistrationUnderOneIdempotencyKeyIsOne(t *testing.T) {
	s := newStack(t)
	p := s.register(abilities)
	body := `{"name":"Once","capabilities":{}}`
	if a := s.call(p.key, "POST", customs, body, "Idempotency-Key", "k"); a.Status != 201 {
		t.Fatal(a.Raw)
	}
	if a := s.call(p.key, "POST", customs, body, "Idempotency-Key", "k"); a.Status != 409 || a.text("category") != "CONFLICT" {
		t.Errorf("registered twice: %d %s", a.Status, a.Raw)
	}
}

func TestAccountsAreConnectedFilteredChangedAndUnique(t *testing.T) {
	s := newStack(t)
	p := s.register(abilities)
	second := p.connect("other", "Back office")
	list := s.ok(p.key, "GET", p.at("/channel-accounts?sort=-name"), "")
	if list.count("results") != 2 || list.text("results.0.name") != "Front desk" || list.text("results.1.id") != second {
		t.Errorf("sorted: %s", list.Raw)
	}
	for query, n := range map[string]int{
		"deliveryIdentifierValue=other": 1, "deliveryIdentifierType=HS_EMAIL_ADDRESS": 0, "archived=true": 0, "limit=1": 1,
		"deliveryIdentifierType=CHANNEL_SPECIFIC_OPAQUE_ID&deliveryIdentifierValue=none": 0,
	} {
		if got := s.ok(p.key, "GET", p.at("/channel-accounts/?"+query), "").count("results"); got != n {
			t.Errorf("%s: %d", query, got)
		}
	}
	one := s.ok(p.key, "GET", p.at("/channel-accounts/"+p.account+"/"), "")
	if one.text("channelId") != p.id || one.text("inboxId") != "inbox" || one.at("active") != true || one.at("authorized") != true || one.at("archived") != false ||
		one.text("deliveryIdentifier.value") != "+3120000001" || one.text("createdAt") == "" {
		t.Errorf("the account: %s", one.Raw)
	}
	if shown := s.ok(s.admin, "GET", "/v1/channels/"+p.account, ""); shown.text("type") != "custom:"+p.id || shown.text("name") != "Front desk" {
		t.Errorf("the admin sees %s", shown.Raw)
	}
	off := s.ok(p.key, "PATCH", p.at("/channel-accounts/"+p.account), `{"authorized":false,"name":"Reception"}`)
	if off.at("authorized") != false || off.text("name") != "Reception" || off.text("deliveryIdentifier.value") != "+3120000001" {
		t.Errorf("changed: %s", off.Raw)
	}
	body := `{"inboxId":"inbox","name":"Copy","authorized":true,"deliveryIdentifier":{"type":"CHANNEL_SPECIFIC_OPAQUE_ID","value":"other"}}`
	p.refusedAs(409, "CONFLICT", "", p.key, "POST", p.at("/channel-accounts"), body)
	for field, body := range map[string]string{
		"inboxId":                  `{"inboxId":"none","name":"x","authorized":true,"deliveryIdentifier":{"type":"CHANNEL_SPECIFIC_OPAQUE_ID","value":"x"}}`,
		"name":                     `{"inboxId":"inbox","authorized":true,"deliveryIdentifier":{"type":"CHANNEL_SPECIFIC_OPAQUE_ID","value":"x"}}`,
		"authorized":               `{"inboxId":"inbox","name":"x","deliveryIdentifier":{"type":"CHANNEL_SPECIFIC_OPAQUE_ID","value":"x"}}`,
		"deliveryIdentifier":       `{"inboxId":"inbox","name":"x","authorized":true}`,
		"deliveryIdentifier.type":  `{"inboxId":"inbox","name":"x","authorized":true,"deliveryIdentifier":{"type":"HS_SHORT_CODE","value":"x"}}`,
		"deliveryIdentifier.value": `{"inboxId":"inbox","name":"x","authorized":true,"deliveryIdentifier":{"type":"HS_PHONE_NUMBER","value":"abc"}}`,
	} {
		p.refusedAs(400, "VALIDATION_ERROR", field, p.key, "POST", p.at("/channel-accounts"), body)
	}
	p.refusedAs(400, "VALIDATION_ERROR", "sort", p.key, "GET", p.at("/channel-accounts?sort=colour"), "")
	p.refusedAs(400, "VALIDATION_ERROR", "name", p.key, "PATCH", p.at("/channel-accounts/"+p.account), `{"inboxId":"inbox"}`)
	p.refusedAs(404, "OBJECT_NOT_FOUND", "", p.key, "PATCH", p.at("/channel-accounts/none"), `{}`)
}

// told are what the integration of an account is told, oldest first.
func (p *integration) told(account string) []desk.Message {
	p.t.Helper()
	log, _, err := p.table.Messages(p.t.Context(), desk.HookLog(desk.ChannelID(account)), "", "", 50)
	if err != nil {
		p.t.Fatal(err)
	}
	return log
}

func TestAnIntegrationIsToldOfItsAccountsInTheSameWrite(t *testing.T) {
	s := newStack(t)
	p := s.register(abilities)
	s.ok(p.key, "PATCH", p.at("/channel-accounts/"+p.account), `{"authorized":false}`)
	s.ok(p.key, "PATCH", p.at("/channel-accounts/"+p.account), `{"authorized":false}`)   // nothing new
	s.ok(s.admin, "PATCH", "/v1/channels/"+p.account, `{"routing":{"assign":"NOBODY"}}`) // nothing that it sees
	s.ok(s.admin, "PATCH", "/v1/channels/"+p.account, `{"name":"Lobby"}`)
	if a := s.call(s.admin, "DELETE", "/v1/channels/"+p.account, ""); a.Status != 204 {
		t.Fatal(a.Raw)
	}
	var got []string
	for _, m := range p.told(p.account) {
		var shown channel.CustomAccount
		if err := json.Unmarshal([]byte(m.Raw), &shown); err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s %s %v %s", m.Change.What, shown.Name, shown.Authorized, m.Status.State))
	}
	want := []string{
		"CHANNEL_ACCOUNT_CREATED Front desk true QUEUED", "CHANNEL_ACCOUNT_UPDATED Front desk false QUEUED",
		"CHANNEL_ACCOUNT_UPDATED Lobby false QUEUED", "CHANNEL_ACCOUNT_PURGED Lobby false QUEUED",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("told:\n%s", strings.Join(got, "\n"))
	}
	p.connect("+3120000001", "The address is free again")
}

func TestTheCallsOfTheContractSurviveOddPaths(t *testing.T) {
	s := newStack(t)
	p := s.register(abilities)
	for _, path := range []string{customs + "x", customs + "//", "/conversations", "/conversations/v3", p.at("/messages/a/b"), p.at("/messages//"), p.at("/%00")} {
		if a := s.call(p.key, "GET", path, ""); a.Status >= 500 {
			t.Errorf("%s: %d %s", path, a.Status, a.Raw)
		}
	}
}

// cutAt is the same stack as a process that ends after some requests to its table.
func (s *stack) cutAt(cut *tabletest.Cut) *stack {
	return s.over(tabletest.NewCut(s.t, s.name, s.clock, cut))
}

// afterLeases is the same stack at a time when the leases of processes that were ended are over.
func (s *stack) afterLeases() *stack {
	return s.over(table.NewAt(tabletest.Client(s.t, nil), s.name, func() time.Time { return s.clock().Add(time.Minute) }))
}

func (s *stack) over(tb *table.Table) *stack {
	other := *s
	other.table = tb
	other.options.Desk, other.options.Filer = tb, routing.New(tb, nil, nil, func() {})
	other.handler = api.New(other.options)
	return &other
}
