package whatsapp_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loket-desk/loket/infra/standin/meta/graph"
	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/channel/channeltest"
	"github.com/loket-desk/loket/shared/channel/meta"
	"github.com/loket-desk/loket/shared/channel/whatsapp"
	"github.com/loket-desk/loket/shared/desk"
)

const (
	token  = "EAAtoken-of-a-system-user"
	secret = "the-app-secret"
	verify = "verify-token"
	number = "1122334455667"
)

func account(base string) channel.Account {
	return channel.Account{
		Channel: "ch1", Type: whatsapp.Type, ID: number, Hook: "https://example.com/hooks/ch1",
		Settings:    map[string]string{"apiBase": base, "phoneNumberId": number, "businessAccountId": "9001"},
		Credentials: map[string]string{"accessToken": token, "appSecret": secret, "verifyToken": verify},
	}
}

func kind() channel.Kind { return whatsapp.New(meta.WhatsApp()) }

func replay() channeltest.Replay {
	return channeltest.Replay{Kind: kind(), Account: account(""), Sign: func(body []byte) http.Header {
		return http.Header{"X-Hub-Signature-256": {"sha256=" + graph.Sign(secret, body)}}
	}}
}

// webhook is the body of one change with the value's parts given.
func webhook(parts string) []byte {
	return []byte(`{"object":"whatsapp_business_account","entry":[{"id":"9001","changes":[{"field":"messages","value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"1","phone_number_id":"` + number + `"},` + parts + `}}]}]}`)
}

func one(t *testing.T, parts string) desk.Inbound {
	t.Helper()
	body := webhook(parts)
	replay().Hold(t, body)
	got := replay().Parse(t, body)
	if len(got.Events) != 1 {
		t.Fatalf("%d events, %d ignored, of %s", len(got.Events), got.Ignored, parts)
	}
	return got.Events[0]
}

func TestCapturedBodiesBecomeTheGoldenEvents(t *testing.T) { replay().Golden(t) }

func TestTheCorpusBecomesTheGoldenEvents(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(channeltest.Corpus(t, "channels/whatsapp"), "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("nothing in the corpus: %v", err)
	}
	for _, path := range files {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var cases map[string]json.RawMessage
		if err := json.Unmarshal(raw, &cases); err != nil {
			t.Fatal(err)
		}
		base := strings.TrimSuffix(filepath.Base(path), ".json")
		for name, body := range cases {
			t.Run(base+"/"+name, func(t *testing.T) {
				replay().Hold(t, body)
				replay().GoldenCase(t, filepath.Join("testdata", "corpus", base+"."+name+".golden"), body)
				plain(t, base, replay().Parse(t, body))
			})
		}
	}
}

// plain checks what no golden file may come to say: nothing of the corpus is unreadable, and a customer's message holds
// something.
func plain(t *testing.T, base string, got channel.Received) {
	t.Helper()
	if len(got.Events)+got.Ignored == 0 {
		t.Error("nothing came of it")
	}
	for _, e := range got.Events {
		switch {
		case e.Type == desk.InUnparsed && base != "call_connect" && !strings.Contains(e.Reason, "error"):
			t.Errorf("it could not be read: %s", e.Reason)
		case e.Type == desk.InMessage && e.Text == "" && len(e.Attachments) == 0 && e.Unsupported == "":
			t.Errorf("a message of nothing: %+v", e)
		case e.Type == desk.InStatus && (e.Status == nil || e.Target == ""):
			t.Errorf("a status of nothing: %+v", e)
		}
	}
}

func TestAPersonIsKnownByUserIDNumberOrBoth(t *testing.T) {
	const text = `,"id":"wamid.1","timestamp":"1697043223","type":"text","text":{"body":"hi"}}]`
	user, phone := desk.Identity{Kind: "whatsapp-user", Value: "US.134"}, desk.Identity{Kind: "phone", Value: "+972987654321"}
	for _, c := range []struct {
		parts  string
		thread string
		who    []desk.Identity
	}{
		{`"contacts":[{"profile":{"name":"A"},"wa_id":"972987654321","user_id":"US.134"}],"messages":[{"from":"972987654321"` + text, "US.134", []desk.Identity{user, phone}},
		{`"contacts":[{"profile":{"name":"A"},"wa_id":"972987654321"}],"messages":[{"from":"972987654321"` + text, "972987654321", []desk.Identity{phone}},
		{`"contacts":[{"profile":{"name":"A"},"user_id":"US.134"}],"messages":[{"from_user_id":"US.134"` + text, "US.134", []desk.Identity{user}},
		{`"contacts":[{"profile":{"name":"A"},"user_id":"US.134"}],"messages":[{"x":1` + text, "US.134", []desk.Identity{user}},
		{`"contacts":[{"profile":{"name":"B"},"wa_id":"15550001","user_id":"US.2"},{"profile":{"name":"A"},"wa_id":"972987654321","user_id":"US.134"}],"messages":[{"from":"972987654321"` + text, "US.134", []desk.Identity{user, phone}},
	} {
		e := one(t, c.parts)
		if e.Thread != c.thread || e.From.Name != "A" || fmt.Sprint(append([]desk.Identity{e.From.Identity}, e.From.Also...)) != fmt.Sprint(c.who) {
			t.Errorf("%s: %q, %+v", c.parts, e.Thread, e.From)
		}
	}
	e := one(t, `"messages":[{"id":"wamid.1","type":"text","text":{"body":"hi"}}]`)
	if e.Type != desk.InUnparsed || e.Account != number {
		t.Errorf("a message of nobody: %+v", e)
	}
}

func TestItemsOfABodyStandAlone(t *testing.T) {
	good := `{"from":"15550001","id":"wamid.%d","timestamp":"1697043223","type":"text","text":{"body":"hi"}}`
	body := webhook(`"messages":[` + fmt.Sprintf(good, 1) + `,{"from":"15550001","id":"wamid.2","type":"text","text":7},` + fmt.Sprintf(good, 3) + `],"statuses":[7,{"id":"wamid.9","status":"read","timestamp":1697043223,"recipient_id":"15550001"}]`)
	replay().Hold(t, body)
	got := replay().Parse(t, body)
	var kinds []string
	for _, e := range got.Events {
		kinds = append(kinds, string(e.Type))
	}
	if strings.Join(kinds, " ") != "message unparsed message unparsed status" {
		t.Fatalf("got %v", kinds)
	}
	bad := got.Events[1]
	if !strings.Contains(bad.Reason, "text") || !strings.Contains(string(bad.Payload), "wamid.2") || bad.Account != number {
		t.Errorf("the bad item: %+v", bad)
	}
	for _, body := range []string{`[]`, `{`, `"x"`, ``, `{"object":"whatsapp_business_account","entry":7}`} {
		got := replay().Parse(t, []byte(body))
		if len(got.Events) != 1 || got.Events[0].Type != desk.InUnparsed {
			t.Errorf("%s: %+v", body, got)
		}
	}
}

func TestABodyOfAnotherProductSaysWhereItBelongs(t *testing.T) {
	got := replay().Parse(t, []byte(`{"object":"page","entry":[{"id":"1","messaging":[{}]}]}`))
	if len(got.Events) != 1 || got.Events[0].Type != desk.InUnparsed || !strings.Contains(got.Events[0].Reason, `"page"`) {
		t.Errorf("got %+v", got)
	}
}

func TestTheDashboardsSamplesAndOtherFieldsAreLeftAside(t *testing.T) {
	for _, body := range []string{
		`{"object":"whatsapp_business_account","entry":[{"id":"0","changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"123456123"},"messages":[{"from":"16315551181","id":"ABGG","timestamp":"1","type":"text","text":{"body":"this is a text message"}}]}}]}]}`,
		`{"object":"whatsapp_business_account","entry":[{"id":"9001","changes":[{"field":"account_update","value":{"event":"VERIFIED_ACCOUNT"}}]}]}`,
	} {
		if got := replay().Parse(t, []byte(body)); len(got.Events) != 0 || got.Ignored != 1 {
			t.Errorf("%s: %+v", body, got)
		}
	}
}

func TestAGroupsMessageIsRefusedWithAReason(t *testing.T) {
	e := one(t, `"messages":[{"from":"15550001","group_id":"g1","id":"wamid.1","timestamp":"1697043223","type":"text","text":{"body":"hi"}}]`)
	if e.Type != desk.InUnparsed || !strings.Contains(e.Reason, "group") || !strings.Contains(string(e.Payload), "g1") {
		t.Errorf("got %+v", e)
	}
}

const key = "01ARZ3NDEKTSV4RRFFQ69G5FAV-01ARZ3NDEKTSV4RRFFQ69G5FAW"

func TestAStatusNamesOurMessageAndSaysWhatWentWrong(t *testing.T) {
	status := func(state, more string) desk.Inbound {
		return one(t, `"statuses":[{"id":"wamid.9","status":"`+state+`","timestamp":"1697043223","recipient_id":"15550001"`+more+`}]`)
	}
	e := status("delivered", `,"biz_opaque_callback_data":"`+key+`"`)
	if e.Type != desk.InStatus || e.Target != "wamid.9" || e.Status.State != desk.Delivered || e.Status.Key != key || e.Thread != "15550001" {
		t.Errorf("delivered: %+v %+v", e, e.Status)
	}
	if e := status("played", ""); e.Status.State != desk.Read || e.Status.Key != "" {
		t.Errorf("played: %+v", e.Status)
	}
	if e := status("sent", `,"biz_opaque_callback_data":"somebody-else"`); e.Status.Key != "" {
		t.Errorf("another program's data: %+v", e.Status)
	}
	e = status("failed", `,"errors":[{"code":131047,"title":"Re-engagement message","error_data":{"details":"More than 24 hours have passed"}}]`)
	if e.Status.State != desk.Failed || !strings.Contains(e.Status.Detail, "window is over") || !strings.Contains(e.Status.Detail, "24 hours") {
		t.Errorf("failed: %+v", e.Status)
	}
	if e := status("failed", `,"biz_opaque_callback_data":"`+key+`/1"`); e.Status.Key != key {
		t.Errorf("a part that failed: %+v", e.Status)
	}
	for _, s := range []string{`"status":"delivered","biz_opaque_callback_data":"` + key + `/1"`, `"status":"deleted"`, `"status":"of tomorrow"`} {
		if got := replay().Parse(t, webhook(`"statuses":[{"id":"wamid.9","recipient_id":"15550001",`+s+`}]`)); len(got.Events) != 0 || got.Ignored != 1 {
			t.Errorf("%s: %+v", s, got)
		}
	}
}

func TestWhatIsWrittenInTheAppIsNeverTheContacts(t *testing.T) {
	for _, m := range []string{
		`{"from":"1","to":"15550001","id":"wamid.1","timestamp":"1697043223","type":"text","text":{"body":"from the app"}}`,
		`{"from":"1","to":"15550001","id":"wamid.2","timestamp":"1697043223","type":"edit","edit":{"original_message_id":"wamid.0","message":{"type":"text","text":{"body":"from the app"}}}}`,
	} {
		body := strings.Replace(string(webhook(`"message_echoes":[`+m+`]`)), `"field":"messages"`, `"field":"smb_message_echoes"`, 1)
		replay().Hold(t, []byte(body))
		got := replay().Parse(t, []byte(body))
		if len(got.Events) != 1 || got.Events[0].Type != desk.InEcho || got.Events[0].Text != "from the app" || got.Events[0].Thread != "15550001" {
			t.Errorf("got %+v", got)
		}
	}
}

func TestACallThatProvesNothingIsRefused(t *testing.T) {
	body := webhook(`"messages":[]`)
	for name, h := range map[string]http.Header{
		"none":  {},
		"wrong": {"X-Hub-Signature-256": {"sha256=" + graph.Sign("other", body)}},
		"empty": {"X-Hub-Signature-256": {"sha256=" + graph.Sign("", body)}},
	} {
		a := account("")
		if name == "empty" {
			a.Credentials["appSecret"] = ""
		}
		got, err := kind().Receive(a, channel.Request{Method: "POST", Header: h, Body: body, Now: channeltest.Now})
		if desk.CodeOf(err) != desk.Unauthenticated || len(got.Events) != 0 {
			t.Errorf("%s: %v, %+v", name, err, got)
		}
	}
}

func FuzzReceive(f *testing.F) {
	f.Add(webhook(`"contacts":[{"profile":{"name":"A"},"wa_id":"15550001","user_id":"US.1"}],"messages":[{"from":"15550001","id":"wamid.1","timestamp":"1697043223","type":"interactive","interactive":{"type":"nfm_reply","nfm_reply":{"response_json":"{\"a\":1}","body":"Sent"}}},{"id":"w","type":"unsupported","errors":[{"code":131051}]}]`))
	f.Add(webhook(`"statuses":[{"id":"wamid.9","status":"failed","errors":[{"code":1}]}],"errors":[{"code":131051,"title":"x"}]`))
	f.Add(webhook(`"messages":[null],"message_echoes":[null],"statuses":[null]`))
	f.Add([]byte(`{"object":"whatsapp_business_account","entry":[{"id":"9001","changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"1"},"messages":[7]}}]}]}`))
	f.Fuzz(func(t *testing.T, body []byte) { replay().Hold(t, body) })
}

// BenchmarkParse is a body of 4 KB: six messages of one change.
func BenchmarkParse(b *testing.B) {
	var messages []string
	for i := 0; len(strings.Join(messages, ",")) < 3600; i++ {
		messages = append(messages, fmt.Sprintf(`{"context":{"from":"972123456789","id":"wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQUFERjg0NDEzNDdFODU3MUMxMAA="},"from":"972987654321","id":"wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQUFERjg0NDEzNDdFODU3MUMxMAA%d=","timestamp":"1697043379","type":"image","image":{"caption":"This is how the parcel came: look at its left side.","mime_type":"image/jpeg","sha256":"Jh+2ij6PzUv/J2y+grrtegr/ZMzRxkEPwc24Oyib4s03w9Jc=","id":"654634530%d"}}`, i, i))
	}
	body := webhook(`"contacts":[{"profile":{"name":"Ada"},"wa_id":"972987654321","user_id":"US.13491208655302741918"}],"messages":[` + strings.Join(messages, ",") + `]`)
	r := channel.Request{Method: "POST", Header: replay().Sign(body), Body: body, Now: channeltest.Now}
	k, a := kind(), account("")
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if got, err := k.Receive(a, r); err != nil || len(got.Events) != len(messages) {
			b.Fatal(err, len(got.Events))
		}
	}
}
