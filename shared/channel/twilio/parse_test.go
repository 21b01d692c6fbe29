package twilio_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loket-desk/loket/infra/standin/twilio/rest"
	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/channel/channeltest"
	"github.com/loket-desk/loket/shared/channel/twilio"
	"github.com/loket-desk/loket/shared/desk"
)

const (
	sid    = "AC0123456789abcdef0123456789abcdef"
	token  = "stand-in-token"
	number = "+15552223333"
	hook   = "https://example.com/hooks/ch1"
	ada    = "+15550001111"
)

func account(kind desk.ChannelType, base string) channel.Account {
	return channel.Account{
		Channel: "ch1", Type: kind, ID: number, Hook: hook, Extra: map[string]string{"id": number},
		Settings:    map[string]string{"apiBase": base, "accountSid": sid, "from": "+1 (555) 222-3333"},
		Credentials: map[string]string{"authToken": token},
	}
}

func replay(kind channel.Kind) channeltest.Replay {
	return channeltest.Replay{Kind: kind, Account: account(kind.Type, ""), Sign: func(body []byte) http.Header {
		form, err := url.ParseQuery(string(body))
		if err != nil || len(body) == 0 {
			form = nil
		}
		return http.Header{"X-Twilio-Signature": {rest.Sign(token, hook, form)}, "Content-Type": {"application/x-www-form-urlencoded"}}
	}}
}

// captured are the forms in testdata, each a JSON object of its parameters beside what the parser makes of it. Those whose
// name begins with whatsapp are of that channel.
func captured(t testing.TB) map[string]string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no captured forms (%v)", err)
	}
	out := map[string]string{}
	for _, path := range files {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var params map[string]string
		if err := json.Unmarshal(raw, &params); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		form := url.Values{}
		for k, v := range params {
			form.Set(k, v)
		}
		out[strings.TrimSuffix(path, ".json")] = form.Encode()
	}
	return out
}

func kindOf(path string) channel.Kind {
	if strings.Contains(path, "whatsapp") {
		return twilio.WhatsApp()
	}
	return twilio.SMS()
}

func TestCapturedFormsBecomeTheGoldenEvents(t *testing.T) {
	for path, form := range captured(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			replay(kindOf(path)).GoldenOf(t, path+".golden", []byte(form))
			replay(kindOf(path)).Hold(t, []byte(form))
		})
	}
}

func TestACallThatProvesNothingIsRefused(t *testing.T) {
	form := url.Values{"MessageSid": {"SM1"}, "From": {ada}, "To": {number}, "Body": {"x"}}
	good := rest.Sign(token, hook, form)
	kind := twilio.SMS()
	receive := func(token, url, signature, body string) error {
		a := account(twilio.TypeSMS, "")
		a.Credentials["authToken"] = token
		h := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
		if signature != "" {
			h.Set("X-Twilio-Signature", signature)
		}
		got, err := kind.Receive(a, channel.Request{Method: "POST", URL: url, Header: h, Body: []byte(body), Now: channeltest.Now})
		if err != nil && len(got.Events) > 0 {
			t.Errorf("a refused call gave events")
		}
		return err
	}
	for name, err := range map[string]error{
		"genuine":     receive(token, hook, good, form.Encode()),
		"with a port": receive(token, strings.Replace(hook, "example.com", "example.com:443", 1), good, form.Encode()),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	two := url.Values{"MessageSid": {"SM1"}, "From": {ada}, "To": {number}, "Body": {"b", "a", "b"}}
	if err := receive(token, hook, rest.Sign(token, hook, two), two.Encode()); err != nil {
		t.Errorf("a key given three times: %v", err)
	}
	for name, err := range map[string]error{
		"wrong token":     receive("other", hook, good, form.Encode()),
		"no token":        receive("", hook, good, form.Encode()),
		"no signature":    receive(token, hook, "", form.Encode()),
		"another address": receive(token, hook+"2", good, form.Encode()),
		"a query more":    receive(token, hook+"?message=x-y", good, form.Encode()),
		"an altered byte": receive(token, hook, good, strings.Replace(form.Encode(), "Body=x", "Body=y", 1)),
	} {
		if desk.CodeOf(err) != desk.Unauthenticated {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// status is what a status callback becomes; the query is part of what is signed.
func status(t *testing.T, query string, form url.Values) channel.Received {
	t.Helper()
	at := hook + query
	h := http.Header{"X-Twilio-Signature": {rest.Sign(token, at, form)}, "Content-Type": {"application/x-www-form-urlencoded"}}
	got, err := twilio.SMS().Receive(account(twilio.TypeSMS, ""), channel.Request{Method: "POST", URL: at, Header: h, Body: []byte(form.Encode()), Now: channeltest.Now})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestAStatusBringsOurOwnIdBackAndOnlyWhereItIsOne(t *testing.T) {
	form := url.Values{"MessageSid": {"SM1"}, "MessageStatus": {"delivered"}, "To": {ada}, "From": {number}}
	for query, want := range map[string]desk.MessageID{
		"?message=CONV-KEY": "CONV-KEY", "": "", "?message=nonsense": "", "?message=" + strings.Repeat("x", 100) + "-y": "",
	} {
		got := status(t, query, form)
		if len(got.Events) != 1 || got.Events[0].Status.Key != want || got.Events[0].Target != "SM1" || got.Events[0].Thread != ada {
			t.Errorf("%s: %+v", query, got.Events)
		}
	}
}

func TestEveryStatusHasAPlace(t *testing.T) {
	for word, want := range map[string]desk.State{
		"sent": desk.Sent, "delivered": desk.Delivered, "read": desk.Read, "undelivered": desk.Failed, "failed": desk.Failed, "canceled": desk.Failed,
		"queued": "", "sending": "", "accepted": "", "scheduled": "", "of tomorrow": "",
	} {
		got := status(t, "", url.Values{"MessageSid": {"SM1"}, "MessageStatus": {word}, "To": {ada}})
		switch {
		case want == "" && (len(got.Events) != 0 || got.Ignored != 1):
			t.Errorf("%s: %+v", word, got)
		case want != "" && (len(got.Events) != 1 || got.Events[0].Status.State != want):
			t.Errorf("%s: %+v", word, got)
		case want == desk.Failed && got.Events[0].Status.Detail == "":
			t.Errorf("%s has no words", word)
		}
	}
}

func TestAFailureIsToldInWordsAndAnOptOutStopsTheContact(t *testing.T) {
	for code, want := range map[string]string{"30003": "off or out of reach", "30007": "spam", "99999": "99999", "": "doesn't say why", "63016": "24 hours"} {
		got := status(t, "", url.Values{"MessageSid": {"SM1"}, "MessageStatus": {"undelivered"}, "ErrorCode": {code}, "To": {ada}})
		if len(got.Events) != 1 || !strings.Contains(got.Events[0].Status.Detail, want) {
			t.Errorf("%s: %+v", code, got.Events)
		}
	}
	got := status(t, "", url.Values{"MessageSid": {"SM1"}, "MessageStatus": {"failed"}, "ErrorCode": {"21610"}, "To": {ada}})
	if len(got.Events) != 2 || got.Events[1].Type != desk.InBlocked || got.Events[1].Thread != ada {
		t.Errorf("opted out: %+v", got.Events)
	}
}

func TestAMessageToAnotherNumberNamesItsAccount(t *testing.T) {
	for to, want := range map[string]string{number: number, "+15559998888": "+15559998888"} {
		form := url.Values{"MessageSid": {"SM1"}, "From": {ada}, "To": {to}, "Body": {"x"}}
		if e := replay(twilio.SMS()).Parse(t, []byte(form.Encode())).Events[0]; e.Account != want {
			t.Errorf("to %s: account %q", to, e.Account)
		}
		form.Set("To", "whatsapp:"+to)
		form.Set("From", "whatsapp:"+ada)
		if e := replay(twilio.WhatsApp()).Parse(t, []byte(form.Encode())).Events[0]; e.Account != want || e.Thread != ada {
			t.Errorf("WhatsApp to %s: account %q, thread %q", to, e.Account, e.Thread)
		}
		if e := replay(twilio.SMS()).Parse(t, []byte(form.Encode())).Events[0]; e.Account == number {
			t.Error("a WhatsApp message became the SMS channel's")
		}
	}
	form := url.Values{"MessageSid": {"SM1"}, "From": {ada}, "To": {number}, "Body": {"x"}, "MessagingServiceSid": {"MG1"}}
	r := replay(twilio.SMS())
	r.Account.Settings["from"] = "MG1"
	if e := r.Parse(t, []byte(form.Encode())).Events[0]; e.Account != "MG1" {
		t.Errorf("a service's message has the account %q", e.Account)
	}
}

func TestEveryCallIsAnsweredWithNothingToSay(t *testing.T) {
	got := replay(twilio.SMS()).Parse(t, []byte("MessageSid=SM1&From=%2B15550001111&Body=x"))
	if a := got.Answer; a == nil || a.Status != 200 || a.ContentType != "text/xml" || string(a.Body) != "<Response/>" {
		t.Errorf("got %+v", got.Answer)
	}
}

func TestAGenuineBodyThatHoldsNoMessageIsKept(t *testing.T) {
	for _, body := range []string{"", "a=b", "MessageSid=", "MessageSid=SM1&Body=x", "CallSid=CA1"} {
		got := replay(twilio.SMS()).Parse(t, []byte(body))
		if len(got.Events) != 1 || got.Events[0].Type != desk.InUnparsed || got.Events[0].Reason == "" || string(got.Events[0].Payload) != body {
			t.Errorf("%q: %+v", body, got.Events)
		}
	}
}

func TestAMessageByGetIsReadFromItsAddress(t *testing.T) {
	at := hook + "?MessageSid=SM1&From=%2B15550001111&To=%2B15552223333&Body=x"
	h := http.Header{"X-Twilio-Signature": {rest.Sign(token, at, nil)}}
	got, err := twilio.SMS().Receive(account(twilio.TypeSMS, ""), channel.Request{Method: "GET", URL: at, Header: h, Now: channeltest.Now})
	if err != nil || len(got.Events) != 1 || got.Events[0].Text != "x" || got.Events[0].Thread != ada {
		t.Errorf("%+v, %v", got.Events, err)
	}
}

func FuzzWhateverComesInIsStorable(f *testing.F) {
	for _, form := range captured(f) {
		f.Add([]byte(form))
	}
	f.Add([]byte("MessageSid=%ff&From=%00&NumMedia=99999999&MediaUrl0=http%3A%2F%2F10.0.0.1&Latitude=NaN&Longitude=Inf"))
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, err := url.ParseQuery(string(body)); err != nil {
			t.Skip("no form: nobody could have signed it")
		}
		replay(twilio.SMS()).Hold(t, body)
		replay(twilio.WhatsApp()).Hold(t, body)
	})
}

func BenchmarkParse(b *testing.B) {
	form := url.Values{"MessageSid": {"SM0123456789abcdef0123456789abcdef"}, "AccountSid": {sid}, "From": {ada}, "To": {number}, "Body": {strings.Repeat("Wo ist mein Paket? ", 80)}, "NumMedia": {"0"}}
	for i := range 20 {
		form.Set(fmt.Sprint("Extra", i), strings.Repeat("x", 100))
	}
	body := []byte(form.Encode())
	kind, a := twilio.SMS(), account(twilio.TypeSMS, "")
	r := channel.Request{Method: "POST", URL: hook, Header: replay(kind).Sign(body), Body: body, Now: channeltest.Now}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := kind.Receive(a, r); err != nil {
			b.Fatal(err)
		}
	}
}
