package custom_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/channel/custom"
	"github.com/loket-desk/loket/shared/channel/signature"
	"github.com/loket-desk/loket/shared/desk"
)

// hook is an integration's webhook that answers as a test says and keeps what it was told.
type hook struct {
	status int
	answer string
	fails  error
	calls  []*http.Request
	bodies [][]byte
}

func (h *hook) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	h.calls, h.bodies = append(h.calls, r), append(h.bodies, body)
	if h.fails != nil {
		return nil, h.fails
	}
	return &http.Response{StatusCode: h.status, Body: io.NopCloser(strings.NewReader(h.answer)), Header: http.Header{}}, nil
}

func (h *hook) last(t *testing.T) (*http.Request, map[string]any) {
	t.Helper()
	if len(h.bodies) == 0 {
		t.Fatal("the webhook was not called")
	}
	var v map[string]any
	if err := json.Unmarshal(h.bodies[len(h.bodies)-1], &v); err != nil {
		t.Fatal(err)
	}
	return h.calls[len(h.calls)-1], v
}

func registration() desk.CustomChannel {
	return desk.CustomChannel{
		ID: "7", Name: "Pager", WebhookURL: "https://hooks.example.com/in?x=1",
		Capabilities: desk.CustomAbilities{
			DeliveryIdentifierTypes: []string{desk.OpaqueID, desk.EmailAddress}, ThreadingModel: desk.ThreadByIntegration, AllowOutgoingMessages: true,
			RichText: []string{"BOLD"}, OutgoingAttachmentTypes: []string{"FILE"}, AllowedFileAttachmentMimeTypes: []string{"image/*", "application/pdf"},
			MaxFileAttachmentCount: 2, MaxFileAttachmentSizeBytes: 100, MaxTotalFileAttachmentSize: 150,
		},
	}
}

var begun = time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)

func account() channel.Account {
	return channel.Account{
		Channel: "acct", Type: "custom:7", Custom: registration(), Credentials: map[string]string{channel.CustomSecret: "whsec_" + "c2VjcmV0LXNlY3JldC1zZWNyZXQ="},
	}
}

func reply(tries int) channel.Outgoing {
	m := desk.Message{
		Conversation: "c1", Key: "k1", Kind: desk.KindMessage, Direction: desk.Outgoing, Channel: "acct", Thread: "t1", Text: "hi", Tries: tries,
		Author: desk.Author{Kind: desk.ByUser, ID: "u1", Name: "Ada"}, At: begun,
		Custom: &desk.MessageCustom{Senders: []desk.CustomParty{{Type: desk.OpaqueID, Value: "desk", Actor: "A-u1"}}, Recipients: []desk.CustomParty{{Type: desk.OpaqueID, Value: "bob"}}},
	}
	return channel.Outgoing{Key: m.ID(), Message: m, Text: "hi", Integration: []string{"t1"}, First: begun}
}

func TestAMessageIsPostedOnceSignedInBothWays(t *testing.T) {
	h := &hook{status: 204}
	r := custom.Describe(registration()).Send(t.Context(), h, account(), reply(1))
	if r.Outcome != channel.Accepted || !strings.Contains(r.Attempt, "HTTP 204") {
		t.Fatalf("it became %+v", r)
	}
	call, body := h.last(t)
	secret, now := account().Credentials[channel.CustomSecret], time.Now()
	if err := signature.Standard(secret, call.Header, h.bodies[0], now); err != nil {
		t.Errorf("the standard signature: %v", err)
	}
	if err := signature.HubSpot(secret, "POST", "https://hooks.example.com/in?x=1", call.Header, h.bodies[0], now); err != nil {
		t.Errorf("the other signature: %v", err)
	}
	m, _ := body["message"].(map[string]any)
	if body["type"] != "OUTGOING_CHANNEL_MESSAGE_CREATED" || body["portalId"] != 1.0 || body["channelId"] != "7" || body["eventId"] != call.Header.Get("webhook-id") ||
		body["eventTimestamp"] != "2026-11-24T10:00:00Z" || m["id"] != "c1-k1" || m["direction"] != "OUTGOING" || m["text"] != "hi" || m["createdBy"] != "A-u1" {
		t.Errorf("told: %v", body)
	}
	if threads := body["channelIntegrationThreadIds"].([]any); len(threads) != 1 || threads[0] != "t1" {
		t.Errorf("threads: %v", threads)
	}
}

func TestEveryTryHasTheSameIdAndASendByHandAnother(t *testing.T) {
	h := &hook{status: 200}
	kind := custom.Describe(registration())
	for tries := range 3 {
		kind.Send(t.Context(), h, account(), reply(tries+1))
	}
	byHand := reply(1)
	byHand.First = begun.Add(time.Hour)
	kind.Send(t.Context(), h, account(), byHand)
	ids := map[string]int{}
	for _, c := range h.calls {
		ids[c.Header.Get("webhook-id")]++
	}
	if len(ids) != 2 || ids[h.calls[0].Header.Get("webhook-id")] != 3 || string(h.bodies[0]) != string(h.bodies[2]) {
		t.Errorf("the ids: %v", ids)
	}
}

func TestAnythingButATwoHundredIsTriedAgainUntilTheTriesAreOver(t *testing.T) {
	want := []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour}
	for _, h := range []*hook{{status: 500, answer: "it\nbroke"}, {status: 302}, {status: 404}, {status: 429}, {fails: errors.New("connection refused")}} {
		for i, wait := range want {
			r := custom.Describe(registration()).Send(t.Context(), h, account(), reply(i+1))
			if r.Outcome != channel.Again || r.Wait != wait || r.Attempt == "" || !strings.Contains(r.Detail, "Pager") {
				t.Errorf("try %d after %d %v: %+v", i+1, h.status, h.fails, r)
			}
		}
		if r := custom.Describe(registration()).Send(t.Context(), h, account(), reply(8)); r.Outcome != channel.Refused || !strings.Contains(r.Detail, "last of 8 tries") {
			t.Errorf("the last try after %d: %+v", h.status, r)
		}
	}
}

// guarded is how the guarded client refuses an address.
type guarded struct{ error }

func (guarded) Forbidden() bool { return true }

func TestWhatCanNotBeSentIsRefusedInWords(t *testing.T) {
	for words, spoil := range map[string]func(*channel.Account, *hook){
		"410":                 func(_ *channel.Account, h *hook) { h.status = 410 },
		"public https":        func(_ *channel.Account, h *hook) { h.fails = guarded{errors.New("no")} },
		"not registered":      func(a *channel.Account, _ *hook) { a.Custom.Archived = true },
		"no webhook address":  func(a *channel.Account, _ *hook) { a.Custom.WebhookURL = "" },
		"secret":              func(a *channel.Account, _ *hook) { a.Credentials = nil },
		"not registered any ": func(a *channel.Account, _ *hook) { a.Custom = desk.CustomChannel{} },
	} {
		a, h := account(), &hook{status: 200}
		spoil(&a, h)
		r := custom.Describe(registration()).Send(t.Context(), h, a, reply(1))
		if r.Outcome != channel.Refused || !strings.Contains(r.Detail, words) || r.Gone != (words == "410") {
			t.Errorf("%s: %+v", words, r)
		}
	}
}

func TestAnAccountsEventsAreToldWithItsState(t *testing.T) {
	h := &hook{status: 200}
	m := desk.Message{
		Conversation: desk.HookLog("acct"), Key: "k", Kind: desk.KindEvent, Direction: desk.Outgoing, Channel: "acct", Change: &desk.Change{What: desk.AccountUpdated},
		Raw: `{"id":"acct","name":"Desk","authorized":false}`,
	}
	r := custom.Describe(registration()).Send(t.Context(), h, account(), channel.Outgoing{Key: m.ID(), Message: m, First: begun})
	_, body := h.last(t)
	if r.Outcome != channel.Accepted || body["type"] != "CHANNEL_ACCOUNT_UPDATED" || body["channelAccountId"] != "acct" || body["authorized"] != false || body["message"] != nil {
		t.Errorf("%+v told: %v", r, body)
	}
	m.Raw = "{"
	if r := custom.Describe(registration()).Send(t.Context(), h, account(), channel.Outgoing{Key: m.ID(), Message: m}); r.Outcome != channel.Refused {
		t.Errorf("a state that can't be read: %+v", r)
	}
}

func TestFilesAreTheirLinksAndTextIsMadeOfRichText(t *testing.T) {
	h := &hook{status: 200}
	out := reply(1)
	out.Text, out.HTML, out.Message.Text = "", "<p>one &amp; <b>two</b></p><p>three<br>four</p>", ""
	part := desk.Attachment{ID: "0", Name: "a.png", ContentType: "image/png", Usage: desk.UsageImage, State: desk.PartStored, Size: 3}
	out.Message.Attachments = []desk.Attachment{part}
	out.Files = []channel.File{{Attachment: part, URL: linkTo("https://files.example.com/a", nil)}}
	custom.Describe(registration()).Send(t.Context(), h, account(), out)
	_, body := h.last(t)
	m := body["message"].(map[string]any)
	file := m["attachments"].([]any)[0].(map[string]any)
	if m["text"] != "one & two\nthree\nfour" || m["richText"] != out.HTML || file["url"] != "https://files.example.com/a" || file["fileUsageType"] != "IMAGE" || file["fileId"] == "" {
		t.Errorf("told: %v", m)
	}
	for refusal, want := range map[*desk.Error]channel.Outcome{
		desk.Refuse(desk.Busy, "Later."): channel.Again, desk.Refuse(desk.NotFound, "Gone."): channel.Refused,
	} {
		out.Files[0].URL = linkTo("", refusal)
		if r := custom.Describe(registration()).Send(t.Context(), h, account(), out); r.Outcome != want {
			t.Errorf("%v: %+v", refusal, r)
		}
	}
}
