package telegram_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/channel/channeltest"
	"github.com/loket-desk/loket/shared/channel/telegram"
	"github.com/loket-desk/loket/shared/desk"
)

const (
	token  = "123456:stand-in_token-AAAA"
	secret = "hook-secret_1"
)

func account(base string) channel.Account {
	return channel.Account{
		Channel: "ch1", Type: telegram.Type, ID: "123456", Hook: "https://example.com/hooks/ch1",
		Settings:    map[string]string{"apiBase": base},
		Credentials: map[string]string{"botToken": token, "webhookSecret": secret},
	}
}

func replay() channeltest.Replay {
	return channeltest.Replay{Kind: telegram.New(), Account: account(""), Sign: func([]byte) http.Header {
		return http.Header{"X-Telegram-Bot-Api-Secret-Token": {secret}}
	}}
}

func TestCapturedUpdatesBecomeTheGoldenEvents(t *testing.T) { replay().Golden(t) }

func TestTheCorpusOfMessagesIsReadWhole(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(channeltest.Corpus(t, "channels/telegram"), "message.*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no messages in the corpus: %v", err)
	}
	private := strings.NewReplacer(`"supergroup"`, `"private"`, `"title"`, `"first_name"`)
	for i, path := range files {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(raw), `"message_id"`) {
			continue // a part of a message
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			body := fmt.Sprintf(`{"update_id":%d,"message":%s}`, i+1, raw)
			if got := replay().Parse(t, []byte(body)); len(got.Events) != 0 || got.Ignored != 1 {
				t.Errorf("a group's message was taken: %+v", got)
			}
			body = private.Replace(body)
			replay().Hold(t, []byte(body))
			got := replay().Parse(t, []byte(body))
			if len(got.Events) != 1 || got.Events[0].Type != desk.InMessage {
				t.Fatalf("got %+v", got)
			}
			checkCorpus(t, []byte(body), got.Events[0])
		})
	}
}

// checkCorpus compares what matters with a plain reading of the same JSON.
func checkCorpus(t *testing.T, body []byte, e desk.Inbound) {
	t.Helper()
	var u struct {
		Message struct {
			Text, Caption string
			ReplyTo       *struct {
				ID int `json:"message_id"`
			} `json:"reply_to_message"`
			Video, Voice, Audio, Document *struct{}
			Photo                         []struct{}
		}
	}
	if err := json.Unmarshal(body, &u); err != nil {
		t.Fatal(err)
	}
	m := u.Message
	files := 0
	for _, there := range []bool{m.Video != nil, m.Voice != nil, m.Audio != nil, m.Document != nil, len(m.Photo) > 0} {
		if there {
			files++
		}
	}
	if e.Text != m.Text+m.Caption || len(e.Attachments) != files || (m.ReplyTo != nil) != (e.ReplyTo != "") {
		t.Errorf("text %q, %d attachments, reply to %q of %s", e.Text, len(e.Attachments), e.ReplyTo, body)
	}
	if empty := e.Text == "" && files == 0; empty != (e.Unsupported != "") {
		t.Errorf("unsupported is %q", e.Unsupported)
	}
}

func TestACallWithoutTheSecretIsRefused(t *testing.T) {
	kind := telegram.New()
	body := []byte(`{"update_id":1,"message":{"message_id":1,"chat":{"id":5,"type":"private"},"text":"x"}}`)
	for name, c := range map[string]struct {
		secret string
		header http.Header
	}{
		"wrong":              {secret, http.Header{"X-Telegram-Bot-Api-Secret-Token": {"other"}}},
		"missing":            {secret, http.Header{}},
		"empty":              {secret, http.Header{"X-Telegram-Bot-Api-Secret-Token": {""}}},
		"channel has none":   {"", http.Header{"X-Telegram-Bot-Api-Secret-Token": {""}}},
		"channel never knew": {"", http.Header{}},
	} {
		a := account("")
		a.Credentials["webhookSecret"] = c.secret
		got, err := kind.Receive(a, channel.Request{Method: "POST", Header: c.header, Body: body, Now: channeltest.Now})
		if desk.CodeOf(err) != desk.Unauthenticated || len(got.Events) != 0 {
			t.Errorf("%s: %v, %+v", name, err, got)
		}
	}
}

func TestAGenuineBodyThatIsNoUpdateIsKeptWithItsReason(t *testing.T) {
	for body, want := range map[string]string{
		``:                           "no JSON",
		`{`:                          "no JSON",
		`not json`:                   "no JSON",
		`[]`:                         "of the wrong kind: array",
		`{}`:                         "a kind that we don't know",
		`null`:                       "a kind that we don't know",
		`{"update_id":"x"}`:          `the field "update_id" is of the wrong kind: string`,
		`{"update_id":1.5}`:          `the field "update_id" is of the wrong kind: number 1.5`,
		`{"message":{"chat":1}}`:     `the field "message.chat" is of the wrong kind: number`,
		`{"message":null}`:           "a kind that we don't know",
		`{"callback_query":7}`:       "of the wrong kind",
		`{"my_chat_member":7}`:       "of the wrong kind",
		`{"my_chat_member":{}}`:      "without a chat",
		`{"message_reaction":true}`:  "of the wrong kind",
		"\xff\xfe":                   "no JSON",
		`{"message":{"date":"now"}}`: "of the wrong kind",
	} {
		got := replay().Parse(t, []byte(body))
		if len(got.Events) != 1 || got.Events[0].Type != desk.InUnparsed {
			t.Errorf("%q became %+v", body, got)
			continue
		}
		e := got.Events[0]
		if !strings.Contains(e.Reason, want) || string(e.Payload) != body {
			t.Errorf("%q: reason %q, payload %q", body, e.Reason, e.Payload)
		}
	}
}

func TestAMessageIsTheSameOneWhateverUpdateBringsIt(t *testing.T) {
	first := replay().Parse(t, []byte(`{"update_id":1,"message":{"message_id":7,"date":9,"chat":{"id":5,"type":"private"},"text":"x"}}`)).Events[0]
	again := replay().Parse(t, []byte(`{"update_id":2,"message":{"message_id":7,"date":9,"chat":{"id":5,"type":"private"},"text":"x"}}`)).Events[0]
	if first.ID != again.ID {
		t.Errorf("%s and %s", first.ID, again.ID)
	}
	other := replay()
	other.Account.Credentials = map[string]string{"botToken": "99:other", "webhookSecret": secret}
	if e := other.Parse(t, []byte(`{"update_id":1,"message":{"message_id":7,"date":9,"chat":{"id":5,"type":"private"},"text":"x"}}`)).Events[0]; e.ID == first.ID {
		t.Error("another bot's message of the same number has the same id: it would be taken for a duplicate")
	}
}

func TestTwoEditsOfOneSecondAreTwoEvents(t *testing.T) {
	edit := func(update int) desk.Inbound {
		body := fmt.Sprintf(`{"update_id":%d,"edited_message":{"message_id":7,"date":9,"edit_date":10,"chat":{"id":5,"type":"private"},"text":"x"}}`, update)
		return replay().Parse(t, []byte(body)).Events[0]
	}
	a, b := edit(1), edit(2)
	if a.ID == b.ID || a.Target != b.Target || a.MessageID != a.Target || a.Dedup() == b.Dedup() {
		t.Errorf("%+v\n%+v", a, b)
	}
}

func TestATokenThatIsNoneNeverBecomesPartOfAnId(t *testing.T) {
	r := replay()
	r.Account.Credentials = map[string]string{"botToken": "whole-secret-without-colon", "webhookSecret": secret}
	e := r.Parse(t, []byte(`{"update_id":1,"message":{"message_id":7,"date":9,"chat":{"id":5,"type":"private"},"text":"x"}}`)).Events[0]
	if strings.Contains(e.ID, "secret") {
		t.Errorf("the id holds the token: %s", e.ID)
	}
}

func TestAGetWithTheSecretHoldsNothing(t *testing.T) {
	got, err := telegram.New().Receive(account(""), channel.Request{Method: "GET", Header: replay().Sign(nil), Now: channeltest.Now})
	if err != nil || len(got.Events) != 0 {
		t.Errorf("%+v, %v", got, err)
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

func BenchmarkTextOfFourKilobytes(b *testing.B) {
	text, _ := json.Marshal(strings.Repeat("Wo ist mein Paket? ", 195))
	body := []byte(fmt.Sprintf(`{"update_id":1,"message":{"message_id":7,"date":1795341000,"from":{"id":5,"is_bot":false,"first_name":"Ada"},"chat":{"id":5,"type":"private"},"text":%s}}`, text))
	r := channel.Request{Method: "POST", Header: replay().Sign(nil), Body: body, Now: time.Now()}
	kind, a := telegram.New(), account("")
	for b.Loop() {
		if _, err := kind.Receive(a, r); err != nil {
			b.Fatal(err)
		}
	}
}
