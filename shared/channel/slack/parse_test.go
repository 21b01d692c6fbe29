package slack_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/infra/standin/slack/web"
	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/channel/channeltest"
	"github.com/loket-desk/loket/shared/channel/slack"
	"github.com/loket-desk/loket/shared/desk"
)

const (
	token  = "xoxb-stand-in"
	secret = "stand-in-secret"
	hook   = "https://example.com/hooks/ch1"
	room   = "C111"
)

func account(base string) channel.Account {
	return channel.Account{
		Channel: "ch1", Type: slack.Type, ID: "T111", Hook: hook, Settings: map[string]string{"apiBase": base},
		Extra:       map[string]string{"id": "T111", "bot": "B111", "user": "UBOT"},
		Credentials: map[string]string{"botToken": token, "signingSecret": secret},
	}
}

func replay() channeltest.Replay {
	return channeltest.Replay{Kind: slack.New(), Account: account(""), Sign: func(body []byte) http.Header {
		return web.Sign(secret, body, channeltest.Now)
	}}
}

// call is an event as Slack posts it.
func call(id, event string) []byte {
	return []byte(fmt.Sprintf(`{"team_id":"T111","type":"event_callback","event_id":%q,"event":%s}`, id, event))
}

func TestCapturedEventsBecomeTheGoldenOnes(t *testing.T) { replay().Golden(t) }

func TestTheCorpusOfEventsIsReadAsSlackMeansIt(t *testing.T) {
	want := map[string]desk.InboundType{
		"app.app_mention_event_body": desk.InMessage, "message.message_body": desk.InMessage, "message.message_body2": desk.InMessage, "message.message_body3": desk.InMessage,
		"message_bot.user_message_event_payload": desk.InMessage, "message_changed.event_payload": desk.InEdit, "message_deleted.event_payload": desk.InDelete,
		"message_file_share.event_payload": desk.InMessage, "message_thread_broadcast.event_payload": desk.InMessage,
		"events_ignore_self.event_body": desk.InReaction, "events_request_verification.event_body": desk.InReaction,
	}
	files, err := filepath.Glob(filepath.Join(channeltest.Corpus(t, "channels/slack"), "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".json")
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		replay().Hold(t, raw)
		got := replay().Parse(t, raw)
		kind, expected := want[name]
		switch {
		case expected && (len(got.Events) != 1 || got.Events[0].Type != kind):
			t.Errorf("%s: %+v", name, got)
		case name == "events_url_verification.event_body" && got.Answer == nil:
			t.Errorf("%s was not answered", name)
		case !expected && len(got.Events) > 0 && got.Events[0].Type != desk.InMessage:
			t.Errorf("%s: %+v", name, got)
		case strings.Contains(name, "bot_message") && len(got.Events) > 0:
			t.Errorf("%s: a program became a contact: %+v", name, got)
		}
	}
}

func TestACallThatProvesNothingIsRefused(t *testing.T) {
	body := call("Ev1", `{"type":"message","channel":"C111","user":"U1","text":"x","ts":"1.1"}`)
	receive := func(secret string, h http.Header, body []byte) error {
		a := account("")
		a.Credentials["signingSecret"] = secret
		got, err := slack.New().Receive(a, channel.Request{Method: "POST", Header: h, Body: body, Now: channeltest.Now})
		if err != nil && len(got.Events) > 0 {
			t.Error("a refused call gave events")
		}
		return err
	}
	good := web.Sign(secret, body, channeltest.Now)
	if err := receive(secret, good, body); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"wrong secret":    receive("other", good, body),
		"no secret":       receive("", web.Sign("", body, channeltest.Now), body),
		"no signature":    receive(secret, http.Header{}, body),
		"an altered byte": receive(secret, good, append([]byte(" "), body...)),
		"an old call":     receive(secret, web.Sign(secret, body, channeltest.Now.Add(-6*time.Minute)), body),
		"one of tomorrow": receive(secret, web.Sign(secret, body, channeltest.Now.Add(6*time.Minute)), body),
	} {
		if desk.CodeOf(err) != desk.Unauthenticated {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheHandshakeIsAnsweredOnlyWhenItIsGenuine(t *testing.T) {
	body := []byte(`{"type":"url_verification","token":"old","challenge":"3eZbrw1aB10FEMAGAZd4FyFQ"}`)
	a := replay().Parse(t, body).Answer
	if a == nil || a.Status != 200 || string(a.Body) != "3eZbrw1aB10FEMAGAZd4FyFQ" || !strings.HasPrefix(a.ContentType, "text/plain") {
		t.Errorf("got %+v", a)
	}
	if got, err := slack.New().Receive(account(""), channel.Request{Method: "POST", Body: body, Header: http.Header{}, Now: channeltest.Now}); err == nil || got.Answer != nil {
		t.Errorf("an unsigned handshake: %+v, %v", got, err)
	}
}

func TestAMessageIsTheSameOneInEveryEventThatBringsIt(t *testing.T) {
	message := replay().Parse(t, call("Ev1", `{"type":"message","channel":"C111","user":"U1","text":"x","ts":"1795341000.000100"}`)).Events[0]
	mention := replay().Parse(t, call("Ev2", `{"type":"app_mention","channel":"C111","user":"U1","text":"x","ts":"1795341000.000100"}`)).Events[0]
	if message.ID != mention.ID || message.ID != "C111:1795341000.000100" || message.Thread != message.ID {
		t.Errorf("%+v\n%+v", message, mention)
	}
}

func TestAThreadIsAConversationAndADirectChatIsOne(t *testing.T) {
	for event, want := range map[string]string{
		`{"type":"message","channel":"C111","user":"U1","text":"x","ts":"2.1"}`:                                                "C111:2.1",
		`{"type":"message","channel":"C111","user":"U1","text":"x","ts":"3.1","thread_ts":"2.1"}`:                              "C111:2.1",
		`{"type":"message","subtype":"thread_broadcast","channel":"C111","user":"U1","text":"x","ts":"3.1","thread_ts":"2.1"}`: "C111:2.1",
		`{"type":"message","channel":"D9","channel_type":"im","user":"U1","text":"x","ts":"3.1"}`:                              "D9",
		`{"type":"message","channel":"D9","user":"U1","text":"x","ts":"4.1","thread_ts":"3.1"}`:                                "D9",
	} {
		if e := replay().Parse(t, call("Ev1", event)).Events[0]; e.Thread != want {
			t.Errorf("%s: thread %q", event, e.Thread)
		}
	}
}

func TestOnlyPeopleBecomeContacts(t *testing.T) {
	for name, event := range map[string]string{
		"our own":             `{"type":"message","channel":"C111","user":"UBOT","bot_id":"B111","text":"x","ts":"2.1"}`,
		"our own user":        `{"type":"message","channel":"C111","user":"UBOT","text":"x","ts":"2.1"}`,
		"another program":     `{"type":"message","channel":"C111","bot_id":"B9","text":"x","ts":"2.1"}`,
		"another, of old":     `{"type":"message","subtype":"bot_message","channel":"C111","bot_id":"B9","text":"x","ts":"2.1"}`,
		"a join":              `{"type":"message","subtype":"channel_join","channel":"C111","user":"U1","text":"joined","ts":"2.1"}`,
		"our own, forged key": `{"type":"message","channel":"C111","bot_id":"B9","text":"x","ts":"2.1","metadata":{"event_type":"loket_message","event_payload":{"key":"C-K"}}}`,
		"our own reaction":    `{"type":"reaction_added","user":"UBOT","reaction":"eyes","item":{"type":"message","channel":"C111","ts":"2.1"}}`,
		"a file's own event":  `{"type":"file_shared","file_id":"F1","channel_id":"C111"}`,
		"links looked at":     `{"type":"message","subtype":"message_changed","channel":"C111","message":{"user":"U1","text":"x","ts":"2.1"},"previous_message":{"user":"U1","text":"x","ts":"2.1"}}`,
		"our own edited":      `{"type":"message","subtype":"message_changed","channel":"C111","message":{"bot_id":"B111","text":"y","ts":"2.1","edited":{}},"previous_message":{"text":"x","ts":"2.1"}}`,
	} {
		if got := replay().Parse(t, call("Ev1", event)); len(got.Events) != 0 || got.Ignored != 1 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestOurOwnMessageThatComesBackSettlesWhatBecameOfIt(t *testing.T) {
	e := replay().Parse(t, call("Ev1", `{"type":"message","channel":"C111","user":"UBOT","bot_id":"B111","text":"x","ts":"2.1","thread_ts":"1.1","metadata":{"event_type":"loket_message","event_payload":{"key":"CONV-KEY"}}}`)).Events
	if len(e) != 1 || e[0].Type != desk.InStatus || e[0].Status.Key != "CONV-KEY" || e[0].Target != "C111:2.1" || e[0].Status.State != desk.Sent {
		t.Errorf("got %+v", e)
	}
}

func TestAMessageInAnotherSlackChannelNamesItsAccount(t *testing.T) {
	r := replay()
	r.Account.Settings = map[string]string{"slackChannelId": "C111"}
	for where, want := range map[string]string{"C111": "T111:C111", "C222": "T111:C222"} {
		if e := r.Parse(t, call("Ev1", `{"type":"message","channel":"`+where+`","user":"U1","text":"x","ts":"2.1"}`)).Events[0]; e.Account != want {
			t.Errorf("%s: account %q", where, e.Account)
		}
	}
	shared := []byte(`{"team_id":"TOTHER","authorizations":[{"team_id":"T111"}],"type":"event_callback","event_id":"Ev1","event":{"type":"message","channel":"C111","user":"U1","text":"x","ts":"2.1"}}`)
	if e := replay().Parse(t, shared).Events[0]; e.Account != "T111" {
		t.Errorf("a shared channel's account is %q", e.Account)
	}
}

func TestMarkUpBecomesWhatAPersonReads(t *testing.T) {
	for given, want := range map[string]string{
		`hi <@U1>, <@U2|ada>`: "hi @U1, @ada", `<#C1|general> <#C2>`: "#general #C2", `<!here> <!subteam^S1|@team> <!date^1^x|soon>`: "@here @team @soon",
		`<https://x.example|label>`: "label (https://x.example)", `<https://x.example>`: "https://x.example", `<https://x.example|x.example>`: "https://x.example",
		`<mailto:a@example.com|a@example.com>`: "a@example.com", `a &lt;b&gt; &amp;amp;`: "a <b> &amp;", `half <open`: "half <open", `<>`: "",
	} {
		text, _ := json.Marshal(given)
		e := replay().Parse(t, call("Ev1", `{"type":"message","channel":"C111","user":"U1","ts":"2.1","text":`+string(text)+`}`)).Events[0]
		if e.Text != want {
			t.Errorf("%q became %q, want %q", given, e.Text, want)
		}
	}
}

func TestAGenuineBodyThatCannotBeReadIsKeptAndAFormIsLeftAside(t *testing.T) {
	for body, want := range map[string]string{
		``: "no JSON", `[]`: "wrong kind",
		string(call("Ev1", `7`)): "can't be read", string(call("Ev1", `{"channel":[]}`)): "can't be read", string(call("Ev1", `{"type":"message"}`)): "without a channel",
		string(call("Ev1", `{"type":"message","subtype":"message_changed"}`)): "without a message", string(call("Ev1", `{"type":"message","subtype":"message_deleted","channel":"C1"}`)): "without a message",
		string(call("Ev1", `{"type":"app_uninstalled"}`)): "was removed", `{"type":"app_rate_limited"}`: "30,000",
	} {
		got := replay().Parse(t, []byte(body))
		if len(got.Events) != 1 || got.Events[0].Type != desk.InUnparsed || !strings.Contains(got.Events[0].Reason, want) || string(got.Events[0].Payload) != body {
			t.Errorf("%s: %+v", body, got)
		}
	}
	form := []byte(url.Values{"payload": {`{"type":"block_actions"}`}}.Encode())
	h := web.Sign(secret, form, channeltest.Now)
	h.Set("Content-Type", "application/x-www-form-urlencoded")
	if got, err := slack.New().Receive(account(""), channel.Request{Method: "POST", Header: h, Body: form, Now: channeltest.Now}); err != nil || len(got.Events) != 0 || got.Ignored != 1 {
		t.Errorf("a form: %+v, %v", got, err)
	}
}

func FuzzWhateverComesInIsStorable(f *testing.F) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range files {
		raw, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, body []byte) { replay().Hold(t, body) })
}

func BenchmarkParse(b *testing.B) {
	text, _ := json.Marshal(strings.Repeat("Wo ist mein Paket? ", 180) + strings.Repeat("<https://example.com/paket|Sendung> &amp; ", 10))
	body := call("Ev1", `{"type":"message","channel":"C111","user":"U1","ts":"1795341000.000100","text":`+string(text)+`}`)
	r := channel.Request{Method: "POST", Header: replay().Sign(body), Body: body, Now: channeltest.Now}
	kind, a := slack.New(), account("")
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := kind.Receive(a, r); err != nil {
			b.Fatal(err)
		}
	}
}
