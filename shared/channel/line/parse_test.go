package line_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/loket-desk/loket/infra/standin/line/api"
	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/channel/channeltest"
	"github.com/loket-desk/loket/shared/channel/line"
	"github.com/loket-desk/loket/shared/desk"
)

const (
	bot    = "U00000000000000000000000000000001"
	ada    = "U206d25c2ea6bd87c17655609a1c37cb8"
	token  = "stand-in-token"
	secret = "stand-in-secret"
	hook   = "https://example.com/hooks/ch1"
)

func account(base string) channel.Account {
	return channel.Account{
		Channel: "ch1", Type: line.Type, ID: bot, Hook: hook, Settings: map[string]string{"apiBase": base}, Extra: map[string]string{"id": bot},
		Credentials: map[string]string{"channelAccessToken": token, "channelSecret": secret},
	}
}

func replay() channeltest.Replay {
	return channeltest.Replay{Kind: line.New(), Account: account(""), Sign: func(body []byte) http.Header {
		return http.Header{"X-Line-Signature": {api.Sign(secret, body)}}
	}}
}

func TestCapturedEventsBecomeTheGoldenOnes(t *testing.T) { replay().Golden(t) }

func TestTheCorpusIsReadWholeEachEventByItself(t *testing.T) {
	raw, err := os.ReadFile(channeltest.Corpus(t, "channels/line/webhook.json"))
	if err != nil {
		t.Fatal(err)
	}
	replay().Hold(t, raw)
	got := replay().Parse(t, raw)
	count := map[desk.InboundType]int{}
	for _, e := range got.Events {
		count[e.Type]++
		if e.Account != "U123" || e.At.Year() < 2016 {
			t.Errorf("account %q, time %s", e.Account, e.At)
		}
	}
	want := map[desk.InboundType]int{desk.InMessage: 12, desk.InEdit: 1, desk.InBlocked: 1, desk.InUnparsed: 1}
	for kind, n := range want {
		if count[kind] != n {
			t.Errorf("%d events of type %s, want %d", count[kind], kind, n)
		}
	}
	var body struct{ Events []json.RawMessage }
	_ = json.Unmarshal(raw, &body)
	if n := len(got.Events) + got.Ignored; n != len(body.Events) {
		t.Errorf("%d of %d events are accounted for", n, len(body.Events))
	}
	for i, e := range body.Events { // each alone gives what it gave among the others
		one := replay().Parse(t, []byte(`{"destination":"U123","events":[`+string(e)+`]}`))
		if len(one.Events)+one.Ignored != 1 {
			t.Errorf("event %d alone became %+v", i, one)
		}
	}
}

func TestACallThatProvesNothingIsRefused(t *testing.T) {
	body := []byte(`{"destination":"` + bot + `","events":[]}`)
	good := api.Sign(secret, body)
	for name, c := range map[string]struct {
		secret, signature string
		body              []byte
	}{
		"wrong secret":    {"other", good, body},
		"no secret":       {"", api.Sign("", body), body},
		"no signature":    {secret, "", body},
		"no base64":       {secret, "???", body},
		"an altered byte": {secret, good, append([]byte(" "), body...)},
	} {
		a := account("")
		a.Credentials["channelSecret"] = c.secret
		h := http.Header{}
		if c.signature != "" {
			h.Set("X-Line-Signature", c.signature)
		}
		got, err := line.New().Receive(a, channel.Request{Method: "POST", Header: h, Body: c.body, Now: channeltest.Now})
		if desk.CodeOf(err) != desk.Unauthenticated || len(got.Events) != 0 {
			t.Errorf("%s: %v, %+v", name, err, got)
		}
	}
	if got := replay().Parse(t, body); len(got.Events) != 0 || got.Ignored != 0 {
		t.Errorf("the verify button's call: %+v", got)
	}
}

func TestAGenuineBodyOrEventThatCannotBeReadIsKeptAndSpoilsNoOther(t *testing.T) {
	for body, want := range map[string]string{
		``: "no JSON", `[]`: "wrong kind", `{"events":7}`: "wrong kind",
		`{"events":[7]}`: "can't be read",
		`{"events":[{"type":"message","source":{"type":"user"}}]}`:                                   "without a person",
		`{"events":[{"type":"message","source":{"type":"user","userId":"U1"}}]}`:                     "without what it is about",
		`{"events":[{"type":"unsend","webhookEventId":"1","source":{"type":"user","userId":"U1"}}]}`: "without what it is about",
		`{"events":[{"type":"unfollow","source":{"type":"user","userId":"U1"}}]}`:                    "without an id",
		`{"events":[{"type":"join","source":{"type":"room"}}]}`:                                      "added to a room",
	} {
		got := replay().Parse(t, []byte(body))
		if len(got.Events) != 1 || got.Events[0].Type != desk.InUnparsed || !strings.Contains(got.Events[0].Reason, want) {
			t.Errorf("%s: %+v", body, got)
		}
	}
	mixed := `{"events":[{"type":"message","message":7},{"type":"message","timestamp":1,"source":{"type":"user","userId":"U1"},"message":{"id":"5","type":"text","text":"x"}}]}`
	if got := replay().Parse(t, []byte(mixed)); len(got.Events) != 2 || got.Events[0].Type != desk.InUnparsed || got.Events[1].Text != "x" {
		t.Errorf("got %+v", got)
	}
}

func TestAMessageIsTheSameOneWhenItIsDeliveredAgain(t *testing.T) {
	event := func(id string, again bool) desk.Inbound {
		return replay().Parse(t, []byte(fmt.Sprintf(`{"events":[{"type":"message","webhookEventId":%q,"deliveryContext":{"isRedelivery":%t},"timestamp":1,"source":{"type":"user","userId":"U1"},"message":{"id":"5","type":"text","text":"x"}}]}`, id, again))).Events[0]
	}
	if a, b := event("E1", false), event("E1", true); a.ID != b.ID || a.Dedup() != b.Dedup() {
		t.Errorf("%+v\n%+v", a, b)
	}
}

func FuzzWhateverComesInIsStorable(f *testing.F) {
	for _, name := range []string{"everything", "groups"} {
		raw, err := os.ReadFile("testdata/" + name + ".json")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add([]byte(`{"events":[{"type":"message","source":{"type":"user","userId":"\u0000"},"message":{"id":"\u0000","type":"file","fileName":"\u0000","fileSize":-5}}]}`))
	f.Fuzz(func(t *testing.T, body []byte) { replay().Hold(t, body) })
}

func BenchmarkParse(b *testing.B) {
	text, _ := json.Marshal(strings.Repeat("Wo ist mein Paket? ", 195))
	body := []byte(fmt.Sprintf(`{"destination":%q,"events":[{"type":"message","webhookEventId":"01","timestamp":1462629479859,"mode":"active","source":{"type":"user","userId":%q},"message":{"id":"325708","type":"text","text":%s}}]}`, bot, ada, text))
	r := channel.Request{Method: "POST", Header: replay().Sign(body), Body: body, Now: channeltest.Now}
	kind, a := line.New(), account("")
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := kind.Receive(a, r); err != nil {
			b.Fatal(err)
		}
	}
}
