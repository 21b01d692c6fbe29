package messenger_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/loket-desk/loket/infra/standin/meta/graph"
	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/channel/channeltest"
	"github.com/loket-desk/loket/shared/channel/messenger"
	"github.com/loket-desk/loket/shared/channel/meta"
	"github.com/loket-desk/loket/shared/desk"
)

const (
	token  = "EAApage-token"
	secret = "the-app-secret"
	page   = "404217156637689"
	key    = "01ARZ3NDEKTSV4RRFFQ69G5FAV-01ARZ3NDEKTSV4RRFFQ69G5FAW"
)

func account(base string) channel.Account {
	return channel.Account{
		Channel: "ch1", Type: messenger.Type, ID: page, Hook: "https://example.com/hooks/ch1",
		Settings:    map[string]string{"apiBase": base, "pageId": page},
		Credentials: map[string]string{"accessToken": token, "appSecret": secret, "verifyToken": "verify-token"},
	}
}

func replay() channeltest.Replay {
	return channeltest.Replay{Kind: messenger.New(meta.Messenger()), Account: account(""), Sign: func(body []byte) http.Header {
		return http.Header{"X-Hub-Signature-256": {"sha256=" + graph.Sign(secret, body)}}
	}}
}

func webhook(items string) []byte {
	return []byte(`{"object":"page","entry":[{"id":"` + page + `","time":1458692752478,"messaging":[` + items + `]}]}`)
}

// from is an item of the customer with the part given.
func from(part string) string {
	return `{"sender":{"id":"1423587017700273"},"recipient":{"id":"` + page + `"},"timestamp":1491797604411,` + part + `}`
}

func events(t *testing.T, items string) channel.Received {
	t.Helper()
	replay().Hold(t, webhook(items))
	return replay().Parse(t, webhook(items))
}

func one(t *testing.T, part string) desk.Inbound {
	t.Helper()
	got := events(t, from(part))
	if len(got.Events) != 1 {
		t.Fatalf("%d events, %d ignored, of %s", len(got.Events), got.Ignored, part)
	}
	return got.Events[0]
}

func TestCapturedBodiesBecomeTheGoldenEvents(t *testing.T) { replay().Golden(t) }

// The corpus writes names with capitals, as the library does that it is from; on the wire they have underscores.
var capital = regexp.MustCompile(`"([a-z]+)((?:[A-Z][a-z]+)+)":`)

func onTheWire(raw []byte) string {
	return capital.ReplaceAllStringFunc(string(raw), func(name string) string {
		return strings.ToLower(regexp.MustCompile(`[A-Z]`).ReplaceAllString(name, "_$0"))
	})
}

func TestTheCorpusBecomesTheGoldenEvents(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(channeltest.Corpus(t, "channels/messenger"), "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("nothing in the corpus: %v", err)
	}
	for _, path := range files {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		base := strings.TrimSuffix(filepath.Base(path), ".json")
		t.Run(base, func(t *testing.T) {
			body := webhook(onTheWire(raw))
			replay().Hold(t, body)
			replay().GoldenCase(t, filepath.Join("testdata", "corpus", base+".golden"), body)
			got := replay().Parse(t, body)
			for _, e := range got.Events {
				if e.Type == desk.InUnparsed && base != "policyEnforcement" || strings.Contains(base, "Message") && e.Type != desk.InMessage {
					t.Errorf("%s: %s", e.Type, e.Reason)
				}
			}
			if len(got.Events)+got.Ignored != 1 {
				t.Errorf("%d events and %d left aside of one item", len(got.Events), got.Ignored)
			}
		})
	}
}

func TestFilesAreFetchedAndWhatIsNoFileBecomesText(t *testing.T) {
	for part, want := range map[string]struct {
		text, ref string
		usage     desk.Usage
	}{
		`{"type":"image","payload":{"url":"https://cdn.example.com/a/b.jpg?oh=1"}}`:                       {"", "https://cdn.example.com/a/b.jpg?oh=1", desk.UsageImage},
		`{"type":"image","payload":{"url":"https://cdn.example.com/s.png","sticker_id":369239343222814}}`: {"👍", "", ""},
		`{"type":"image","payload":{"url":"https://cdn.example.com/s.png","sticker_id":1}}`:               {"", "https://cdn.example.com/s.png", desk.UsageSticker},
		`{"type":"fallback","title":"A page","url":"/relative","payload":null}`:                           {"A page /relative", "", ""},
		`{"type":"ig_reel","payload":{"url":"https://cdn.example.com/r","title":"Cats"}}`:                 {"Cats https://cdn.example.com/r", "", ""},
		`{"type":"image","payload":{"url":"javascript:alert(1)"}}`:                                        {"javascript:alert(1)", "", ""},
		`{"type":"location","payload":{"coordinates":{"lat":52.1,"long":4.5}}}`:                           {"", "", desk.UsageLocation},
	} {
		e := one(t, `"message":{"mid":"m_1","attachments":[`+part+`]}`)
		if e.Text != want.text || (len(e.Attachments) == 1) != (want.usage != "") {
			t.Errorf("%s: %q, %+v", part, e.Text, e.Attachments)
		}
		if len(e.Attachments) == 1 && (e.Attachments[0].Ref != want.ref || e.Attachments[0].Usage != want.usage) {
			t.Errorf("%s: %+v", part, e.Attachments[0])
		}
	}
	if e := one(t, `"message":{"mid":"m_1","text":"see https://x.example","attachments":[{"type":"fallback","title":"","url":"https://x.example"}]}`); e.Text != "see https://x.example" {
		t.Errorf("a link that is in the text already: %q", e.Text)
	}
}

func TestReceiptsAreAboutMessagesOrAllUpToATime(t *testing.T) {
	e := one(t, `"delivery":{"mids":["m_9"],"watermark":1491797604000}`)
	if e.Type != desk.InStatus || e.Target != "m_9" || e.Status.State != desk.Delivered || !e.Status.UpTo.IsZero() {
		t.Errorf("delivered: %+v", e)
	}
	e = one(t, `"delivery":{"watermark":1491797604000}`)
	if e.Target != "" || e.Status.UpTo.UnixMilli() != 1491797604000 || e.Status.State != desk.Delivered {
		t.Errorf("delivered up to: %+v %+v", e, e.Status)
	}
	e = one(t, `"read":{"watermark":1491797604000}`)
	if e.Thread != "1423587017700273" || e.Status.State != desk.Read || e.Status.UpTo.UnixMilli() != 1491797604000 {
		t.Errorf("read up to: %+v %+v", e, e.Status)
	}
	if got := events(t, from(`"delivery":{"mids":["a","b"]}`)); len(got.Events) != 2 {
		t.Errorf("two messages: %+v", got)
	}
	if got := events(t, from(`"read":{}`)); len(got.Events) != 0 || got.Ignored != 1 {
		t.Errorf("read without anything: %+v", got)
	}
}

// own is an item of the page itself.
func own(part string) string {
	return `{"sender":{"id":"` + page + `"},"recipient":{"id":"1423587017700273"},"timestamp":1491797604411,` + part + `}`
}

func TestAnEchoIsNeverTheContacts(t *testing.T) {
	got := events(t, own(`"message":{"mid":"m_1","is_echo":true,"app_id":1,"metadata":"`+key+`","text":"hi"}`))
	e := got.Events[0]
	if e.Type != desk.InEcho || e.Thread != "1423587017700273" || e.Status == nil || e.Status.Key != key || e.Status.State != desk.Sent {
		t.Errorf("ours: %+v", e)
	}
	for _, m := range []string{`"message":{"mid":"m_1","is_echo":true,"text":"hi"}`, `"message":{"mid":"m_1","is_echo":true,"metadata":"another-tool","text":"hi"}`, `"message":{"mid":"m_1","text":"hi"}`} {
		if e := events(t, own(m)).Events[0]; e.Type != desk.InEcho || e.Status != nil || e.Thread != "1423587017700273" || e.Text != "hi" {
			t.Errorf("%s: %+v", m, e)
		}
	}
	if got := events(t, own(`"message":{"mid":"m_1","is_echo":true,"metadata":"`+key+`/1","text":"hi"}`)); len(got.Events) != 0 || got.Ignored != 1 {
		t.Errorf("a part of ours: %+v", got)
	}
	if e := events(t, own(`"message_edit":{"mid":"m_1","text":"better","num_edit":1}`)).Events[0]; e.Type != desk.InEcho || e.ReplyTo != "m_1" {
		t.Errorf("our own edit: %+v", e)
	}
	if got := events(t, own(`"read":{"watermark":1491797604000}`)+","+own(`"reaction":{"mid":"m_1","action":"react","emoji":"👍"}`)); len(got.Events) != 0 || got.Ignored != 2 {
		t.Errorf("what we read and liked: %+v", got)
	}
}

func TestReactionsAndEditsNameTheirMessage(t *testing.T) {
	e := one(t, `"reaction":{"mid":"m_9","action":"react","reaction":"love"}`)
	if e.Type != desk.InReaction || e.Target != "m_9" || e.Text != "❤️" {
		t.Errorf("a reaction without its character: %+v", e)
	}
	if e := one(t, `"reaction":{"mid":"m_9","action":"unreact","emoji":"👍"}`); e.Text != "" {
		t.Errorf("taken back: %+v", e)
	}
	first, second := one(t, `"message_edit":{"mid":"m_9","text":"a","num_edit":1}`), one(t, `"message_edit":{"mid":"m_9","text":"b","num_edit":2}`)
	if first.Type != desk.InEdit || first.Target != "m_9" || first.Text != "a" || first.ID == second.ID {
		t.Errorf("edits: %+v, %+v", first, second)
	}
}

func TestItemsOfABodyStandAloneAndWhatAnotherAppHasIsLeftAside(t *testing.T) {
	good := from(`"message":{"mid":"m_1","text":"hi"}`)
	got := events(t, good+`,{"sender":{"id":"5"},"message":7},null,`+good)
	var kinds []string
	for _, e := range got.Events {
		kinds = append(kinds, string(e.Type))
	}
	if strings.Join(kinds, " ") != "message unparsed unparsed message" || got.Events[1].Account != page {
		t.Fatalf("got %v", kinds)
	}
	body := []byte(`{"object":"page","entry":[{"id":"` + page + `","standby":[` + good + `,` + good + `],"changes":[{}]},{"id":"0","messaging":[` + good + `]}]}`)
	if got := replay().Parse(t, body); len(got.Events) != 0 || got.Ignored != 4 {
		t.Errorf("standby, feed and a sample: %+v", got)
	}
	if e := events(t, from(`"hologram":{}`)).Events[0]; e.Type != desk.InUnparsed || !strings.Contains(e.Reason, "hologram") {
		t.Errorf("an item of tomorrow: %+v", e)
	}
	if e := events(t, from(`"message":{"text":"x"}`)).Events[0]; e.Type != desk.InUnparsed {
		t.Errorf("a message without an id: %+v", e)
	}
	if e := events(t, `{"sender":{"user_ref":"u"},"recipient":{"id":"`+page+`"},"message":{"mid":"m","text":"x"}}`).Events[0]; e.Type != desk.InUnparsed {
		t.Errorf("a message of nobody: %+v", e)
	}
	if e := replay().Parse(t, []byte(`{"object":"instagram","entry":[]}`)).Events[0]; e.Type != desk.InUnparsed || !strings.Contains(e.Reason, "instagram") {
		t.Errorf("another product: %+v", e)
	}
}

func FuzzReceive(f *testing.F) {
	f.Add(webhook(from(`"message":{"mid":"m_1","text":"hi","attachments":[{"type":"image","payload":{"url":"https://example.com/a.jpg","sticker_id":1}}],"reply_to":{"mid":"m_0"}}`)))
	f.Add(webhook(from(`"postback":{"title":"t","payload":"p","referral":{"ref":"r"}}`) + "," + own(`"message":{"mid":"m_2","is_echo":true,"metadata":"`+key+`"}`) + ",7"))
	f.Add(webhook(from(`"delivery":{"mids":["a"],"watermark":"1"}`) + "," + from(`"read":{"watermark":1e3}`) + "," + from(`"reaction":{"mid":"m","action":"react","reaction":"wow"}`)))
	f.Fuzz(func(t *testing.T, body []byte) { replay().Hold(t, body) })
}

// BenchmarkParse is a body of 4 KB: messages with a text and a picture.
func BenchmarkParse(b *testing.B) {
	var items []string
	for i := 0; len(strings.Join(items, ",")) < 3900; i++ {
		items = append(items, from(fmt.Sprintf(`"message":{"mid":"m_BfNAcYcQEBpUWbDkGvYkDnhgRkSQaFZzDeEnhgYtqUbZyyUkuM%d","text":"This is how the parcel came: look at its left side.","attachments":[{"type":"image","payload":{"url":"https:\/\/scontent.xx.fbcdn.net\/v\/t35.0-12\/17887258_1429713783754592_1626047672_o.jpg?_nc_ad=z-m&oh=e44af5a4c973541ef56333202f160720&oe=58ECF78B"}}]}`, i)))
	}
	body := webhook(strings.Join(items, ","))
	r := channel.Request{Method: "POST", Header: replay().Sign(body), Body: body, Now: channeltest.Now}
	k, a := messenger.New(meta.Messenger()), account("")
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if got, err := k.Receive(a, r); err != nil || len(got.Events) != len(items) {
			b.Fatal(err, len(got.Events))
		}
	}
}

func param(t *testing.T, c graph.Call, name string) string {
	t.Helper()
	var all map[string]json.RawMessage
	if err := json.Unmarshal(c.Body, &all); err != nil {
		t.Fatal(err)
	}
	return strings.Trim(string(all[name]), `"`)
}
