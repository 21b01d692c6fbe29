package twilio_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/infra/standin/faults"
	"github.com/loket-desk/loket/infra/standin/twilio/rest"
	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/channel/twilio"
	"github.com/loket-desk/loket/shared/desk"
)

// platform is a stand-in of Twilio at an address of its own, and an account that is connected to it.
type platform struct {
	*rest.Server
	kind     channel.Kind
	account  channel.Account
	client   *http.Client
	patience time.Duration
}

func newPlatform(t *testing.T, kind channel.Kind) *platform {
	t.Helper()
	s := rest.New(sid, token, number)
	s.Sender("whatsapp:" + number)
	s.Sender("MG0123456789abcdef0123456789abcdef")
	h := httptest.NewServer(s)
	t.Cleanup(func() { h.CloseClientConnections(); h.Close() })
	return &platform{s, kind, account(kind.Type, h.URL+"/"), h.Client(), time.Minute}
}

func (p *platform) send(t *testing.T, m channel.Outgoing) channel.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), p.patience)
	defer cancel()
	if m.To == "" {
		m.To = ada
	}
	r := p.kind.Send(ctx, p.client, p.account, m)
	if strings.Contains(fmt.Sprintf("%+v", r), token) {
		t.Errorf("the result holds the token: %+v", r)
	}
	return r
}

func file(name, contentType string, size int64) channel.File {
	return channel.File{
		Attachment: desk.Attachment{Name: name, ContentType: contentType, Size: size, Usage: desk.UsageFile},
		URL:        func(context.Context) (string, error) { return "https://files.example.com/" + name, nil },
	}
}

func TestATextArrivesOnceAndNamesWhereItsStatusesGo(t *testing.T) {
	p := newPlatform(t, twilio.SMS())
	r := p.send(t, channel.Outgoing{Text: " Grüße 😀 \n", Key: "CONV-KEY"})
	sent := p.Sent(ada)
	if r.Outcome != channel.Accepted || len(sent) != 1 || len(r.IDs) != 1 || r.IDs[0] != sent[0].SID {
		t.Fatalf("got %+v, %+v", r, sent)
	}
	if m := sent[0]; m.From != number || m.Body != "Grüße 😀" || m.StatusCallback != hook+"?message=CONV-KEY" || len(m.Media) != 0 {
		t.Errorf("sent %+v", m)
	}
}

func TestWhatsAppAndServicesAreAddressedInTheirOwnWay(t *testing.T) {
	p := newPlatform(t, twilio.WhatsApp())
	for _, to := range []string{ada, "US.13491208655302741918"} {
		if r := p.send(t, channel.Outgoing{Text: "x", To: to}); r.Outcome != channel.Accepted {
			t.Fatalf("%s: %+v", to, r)
		}
		if m := p.Sent("whatsapp:" + to); len(m) != 1 || m[0].From != "whatsapp:"+number {
			t.Errorf("%s: %+v", to, m)
		}
	}
	p = newPlatform(t, twilio.SMS())
	p.account.Settings["from"] = "MG0123456789abcdef0123456789abcdef"
	if r := p.send(t, channel.Outgoing{Text: "x"}); r.Outcome != channel.Accepted || p.Sent(ada)[0].Service != p.account.Settings["from"] || p.Sent(ada)[0].From != "" {
		t.Errorf("a service: %+v, %+v", r, p.Sent(""))
	}
}

func TestALongTextBecomesSeveralMessagesOfWhichTheFirstStandsForAll(t *testing.T) {
	p := newPlatform(t, twilio.SMS())
	text := strings.Repeat("word ", 700)
	r := p.send(t, channel.Outgoing{Text: text, Key: "C-K"})
	sent := p.Sent(ada)
	if r.Outcome != channel.Accepted || len(sent) != 3 || len(r.IDs) != 3 {
		t.Fatalf("got %+v, %d messages", r, len(sent))
	}
	if !strings.Contains(sent[0].StatusCallback, "C-K") || strings.Contains(sent[1].StatusCallback, "C-K") {
		t.Errorf("callbacks %q, %q", sent[0].StatusCallback, sent[1].StatusCallback)
	}
	if r := p.send(t, channel.Outgoing{Text: strings.Repeat("😀", 8001)}); r.Outcome != channel.Refused || len(p.Sent(ada)) != 3 {
		t.Errorf("eleven messages: %+v", r)
	}
	if r := p.send(t, channel.Outgoing{Text: " \n"}); r.Outcome != channel.Refused {
		t.Errorf("nothing: %+v", r)
	}
}

func TestFilesGoWithTheTextWhereThePlatformCarriesBoth(t *testing.T) {
	p := newPlatform(t, twilio.SMS())
	files := []channel.File{file("a.jpg", "image/jpeg", 100), file("b.pdf", "application/pdf", 100)}
	if r := p.send(t, channel.Outgoing{Text: "look", Files: files}); r.Outcome != channel.Accepted || len(p.Sent(ada)) != 1 || len(p.Sent(ada)[0].Media) != 2 || p.Sent(ada)[0].Body != "look" {
		t.Errorf("an MMS: %+v, %+v", r, p.Sent(ada))
	}
	if r := p.send(t, channel.Outgoing{Files: files}); r.Outcome != channel.Accepted || len(p.Sent(ada)) != 2 {
		t.Errorf("without text: %+v", r)
	}
	w := newPlatform(t, twilio.WhatsApp())
	r := w.send(t, channel.Outgoing{Text: "look", Files: append(files, file("c.ogg", "audio/ogg", 5))})
	sent := w.Sent("whatsapp:" + ada)
	if r.Outcome != channel.Accepted || len(sent) != 3 || sent[0].Body != "look" || sent[1].Body != "" || len(sent[2].Media) != 1 {
		t.Errorf("WhatsApp: %+v, %+v", r, sent)
	}
	w = newPlatform(t, twilio.WhatsApp())
	if w.send(t, channel.Outgoing{Text: "listen", Files: []channel.File{file("c.ogg", "audio/ogg", 5)}}); len(w.Sent("")) != 2 || w.Sent("")[0].Body != "listen" {
		t.Errorf("a text beside what is listened to: %+v", w.Sent(""))
	}
}

func TestFilesThatAreTooLargeOrGoneSendNothing(t *testing.T) {
	p := newPlatform(t, twilio.SMS())
	if r := p.send(t, channel.Outgoing{Files: []channel.File{file("a", "image/png", 3<<20), file("b", "image/png", 3<<20)}}); r.Outcome != channel.Refused || !strings.Contains(r.Detail, "5 MB") {
		t.Errorf("6 MB: %+v", r)
	}
	w := newPlatform(t, twilio.WhatsApp())
	if r := w.send(t, channel.Outgoing{Files: []channel.File{file("a", "video/mp4", 17<<20)}}); r.Outcome != channel.Refused || !strings.Contains(r.Detail, "16 MB") {
		t.Errorf("17 MB: %+v", r)
	}
	for err, want := range map[error]channel.Outcome{desk.Refuse(desk.Busy, "S3 is away."): channel.Again, desk.Refuse(desk.NotFound, "It is gone."): channel.Refused} {
		f := file("a", "image/png", 1)
		f.URL = func(context.Context) (string, error) { return "", err }
		if r := p.send(t, channel.Outgoing{Text: "x", Files: []channel.File{f}}); r.Outcome != want || len(p.Sent("")) != 0 {
			t.Errorf("%v: %+v", err, r)
		}
	}
}

func TestAnOptOutBlocksTheContact(t *testing.T) {
	p := newPlatform(t, twilio.SMS())
	if _, _, _, err := p.Write(rest.Writing{From: ada, To: number, Body: "STOP", Webhook: p.account.Settings["apiBase"]}); err != nil {
		t.Fatal(err)
	}
	r := p.send(t, channel.Outgoing{Text: "x"})
	if r.Outcome != channel.Refused || !r.Blocked || r.Broken != "" || !strings.Contains(r.Detail, "STOP") {
		t.Errorf("got %+v", r)
	}
}

func TestAWhatsAppMessageAfterADayIsNotTried(t *testing.T) {
	p := newPlatform(t, twilio.WhatsApp())
	if r := p.send(t, channel.Outgoing{Text: "x", LastIn: time.Now().Add(-25 * time.Hour)}); r.Outcome != channel.Refused || !strings.Contains(r.Detail, "24 hours") || len(p.Sent("")) != 0 {
		t.Errorf("after a day: %+v", r)
	}
	if r := p.send(t, channel.Outgoing{Text: "x", LastIn: time.Now().Add(-23 * time.Hour)}); r.Outcome != channel.Accepted {
		t.Errorf("within a day: %+v", r)
	}
}

func TestATemplateGoesAfterTheWindowToo(t *testing.T) {
	p := newPlatform(t, twilio.WhatsApp())
	late := time.Now().Add(-48 * time.Hour)
	send := func(name string, values ...string) channel.Result {
		return p.send(t, channel.Outgoing{Text: "shown", LastIn: late, Key: "C-K", Message: desk.Message{Template: &desk.Template{Name: name, Values: values}}})
	}
	r := send("HX0123456789abcdef0123456789abcdef", "Ada", "12")
	sent := p.Sent("whatsapp:" + ada)
	if r.Outcome != channel.Accepted || len(sent) != 1 || sent[0].Body != "" || sent[0].Content != "HX0123456789abcdef0123456789abcdef" || sent[0].Variables != `{"1":"Ada","2":"12"}` || !strings.Contains(sent[0].StatusCallback, "C-K") {
		t.Fatalf("%+v, %+v", r, sent)
	}
	if r := send("HX0123456789abcdef0123456789abcdef"); r.Outcome != channel.Accepted || p.Sent("")[1].Variables != "" {
		t.Errorf("without gaps: %+v", r)
	}
	if r := send("order_update"); r.Outcome != channel.Refused || !strings.Contains(r.Detail, "HX") || len(p.Sent("")) != 2 {
		t.Errorf("a name of Meta's: %+v", r)
	}
}

func twilioSays(status, code int) faults.Fault {
	return faults.Fault{On: "/Messages", Kind: "answer", Status: status, RetryAfter: 7, Body: fmt.Sprintf(`{"code":%d,"message":"in its words","status":%d}`, code, status)}
}

func TestEveryRefusalHasItsConsequence(t *testing.T) {
	for _, c := range []struct {
		fault   faults.Fault
		outcome channel.Outcome
		wait    time.Duration
		broken  bool
		words   string
	}{
		{twilioSays(429, 20429), channel.Again, 7 * time.Second, false, "wait"},
		{twilioSays(400, 63018), channel.Again, 7 * time.Second, false, "wait"},
		{twilioSays(503, 20503), channel.Again, 7 * time.Second, false, "wait"},
		{twilioSays(500, 20500), channel.Lost, 0, false, "in its words"},
		{twilioSays(401, 20003), channel.Refused, 0, true, "credentials"},
		{twilioSays(403, 20005), channel.Refused, 0, true, "suspended"},
		{twilioSays(400, 21606), channel.Refused, 0, true, "can't send"},
		{twilioSays(400, 21211), channel.Refused, 0, false, "valid phone number"},
		{twilioSays(400, 21614), channel.Refused, 0, false, "mobile"},
		{twilioSays(400, 21408), channel.Refused, 0, false, "country"},
		{twilioSays(400, 63016), channel.Refused, 0, false, "24 hours"},
		{twilioSays(400, 77777), channel.Refused, 0, false, "in its words"},
		{faults.Fault{On: "/Messages", Kind: "502"}, channel.Lost, 0, false, "may have been sent"},
		{faults.Fault{On: "/Messages", Kind: "504"}, channel.Lost, 0, false, "may have been sent"},
		{faults.Fault{On: "/Messages", Kind: "garbage"}, channel.Lost, 0, false, "may have been sent"},
		{faults.Fault{On: "/Messages", Kind: "drop"}, channel.Lost, 0, false, "may have been sent"},
		{faults.Fault{On: "/Messages", Kind: "hang"}, channel.Lost, 0, false, "may have been sent"},
		{faults.Fault{On: "/Messages", Kind: "answer", Status: 201, Body: `{"sid":""}`}, channel.Lost, 0, false, "may have been sent"},
		{faults.Fault{On: "/Messages", Kind: "answer", Status: 201, Body: `{"sid":"SM1","status":"failed","error_code":30005}`}, channel.Refused, 0, false, "doesn't exist"},
	} {
		p := newPlatform(t, twilio.SMS())
		p.Fail(c.fault)
		if c.fault.Kind == "hang" {
			p.patience = 500 * time.Millisecond
		}
		r := p.send(t, channel.Outgoing{Text: "x"})
		if r.Outcome != c.outcome || r.Wait != c.wait || (r.Broken != "") != c.broken || !strings.Contains(r.Detail, c.words) {
			t.Errorf("%+v: %+v", c.fault, r)
		}
		if n := len(p.Sent("")); n > 1 {
			t.Errorf("%s: sent %d times: a send never tries again by itself", c.fault.Kind, n)
		}
	}
}

func TestAMessageOfWhichOnlyAPartWentOutIsNeverSentAgainByItself(t *testing.T) {
	p := newPlatform(t, twilio.WhatsApp())
	files := []channel.File{file("a.jpg", "image/jpeg", 10), file("b.jpg", "image/jpeg", 10)}
	files[1].URL = func(context.Context) (string, error) { return "", desk.Refuse(desk.Busy, "S3 is away.") }
	r := p.send(t, channel.Outgoing{Files: files})
	if r.Outcome != channel.Lost || len(r.IDs) != 1 || !strings.Contains(r.Detail, "1 of 2") {
		t.Errorf("got %+v", r)
	}
}

func TestAMessageThatNeverLeftIsSafeToSendAgain(t *testing.T) {
	p := newPlatform(t, twilio.SMS())
	p.account.Settings["apiBase"] = "http://127.0.0.1:1"
	if r := p.send(t, channel.Outgoing{Text: "x"}); r.Outcome != channel.Again {
		t.Errorf("nobody there: %+v", r)
	}
	p.account.Settings["accountSid"] = "AC/../x"
	if r := p.send(t, channel.Outgoing{Text: "x"}); r.Outcome != channel.Refused || r.Broken == "" {
		t.Errorf("no account: %+v", r)
	}
}

func TestWhatFailsNeverShowsTheToken(t *testing.T) {
	for _, d := range []channel.Doer{erring{errors.New("dial with " + token)}, scripted{400, `{"code":20001,"message":"the token ` + token + ` is odd"}`}} {
		r := twilio.SMS().Send(t.Context(), d, account(twilio.TypeSMS, ""), channel.Outgoing{To: ada, Text: "x"})
		_, err := twilio.SMS().Connect(t.Context(), d, account(twilio.TypeSMS, ""))
		if err == nil || strings.Contains(err.Error()+r.Detail, token) {
			t.Errorf("%+v, %v", r, err)
		}
	}
}

type erring struct{ err error }

func (e erring) Do(*http.Request) (*http.Response, error) { return nil, e.err }

type scripted struct {
	status int
	body   string
}

func (s scripted) Do(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: s.status, Body: io.NopCloser(strings.NewReader(s.body))}, nil
}
