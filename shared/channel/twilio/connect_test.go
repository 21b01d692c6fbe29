package twilio_test

import (
	"io"
	"strings"
	"testing"

	"github.com/loket-desk/loket/infra/standin/faults"
	"github.com/loket-desk/loket/infra/standin/twilio/rest"
	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/channel/twilio"
	"github.com/loket-desk/loket/shared/desk"
)

func (p *platform) connect(t *testing.T, probe bool) (channel.Connection, error) {
	t.Helper()
	a := p.account
	a.Probe = probe
	return p.kind.Connect(t.Context(), p.client, a)
}

func TestConnectingANumberHasItsMessagesSentToUs(t *testing.T) {
	p := newPlatform(t, twilio.SMS())
	c, err := p.connect(t, true)
	if err != nil || p.Webhook(number) == hook || !strings.Contains(c.Warning, "elsewhere") {
		t.Fatalf("probing: %+v, %v", c, err)
	}
	p.account.Extra = nil // a channel that is being made has nothing to be warned of
	if c, err = p.connect(t, true); err != nil || c.Warning != "" {
		t.Errorf("probing before: %+v, %v", c, err)
	}
	c, err = p.connect(t, false)
	if err != nil || p.Webhook(number) != hook || c.Account["id"] != number || c.Account["account"] != "Stand-in Ltd" {
		t.Fatalf("connecting: %+v, %v, %s", c, err, p.Webhook(number))
	}
	if len(c.Setup) != 1 || c.Setup[0].Value != hook {
		t.Errorf("set-up %+v", c.Setup)
	}
	p.account.Extra = map[string]string{"id": number}
	if c, err = p.connect(t, true); err != nil || c.Warning != "" {
		t.Errorf("all is well: %+v, %v", c, err)
	}
}

func TestWhatCannotBeSetIsGivenToPaste(t *testing.T) {
	w := newPlatform(t, twilio.WhatsApp())
	if c, err := w.connect(t, false); err != nil || len(c.Setup) != 1 || c.Setup[0].Value != hook || !strings.Contains(c.Setup[0].Label, "WhatsApp") || w.Webhook(number) == hook {
		t.Errorf("WhatsApp: %+v, %v", c, err)
	}
	s := newPlatform(t, twilio.SMS())
	s.account.Settings["from"] = "MG0123456789abcdef0123456789abcdef"
	if c, err := s.connect(t, false); err != nil || c.Account["id"] != s.account.Settings["from"] || !strings.Contains(c.Setup[0].Label, "Services") {
		t.Errorf("a service: %+v, %v", c, err)
	}
}

func TestARefusalToConnectSaysWhatToDo(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*platform)
		code  desk.Code
		words string
	}{
		"revoked":         {func(p *platform) { p.Revoke() }, desk.Invalid, "auth token together"},
		"suspended":       {func(p *platform) { p.Suspend() }, desk.Invalid, "suspended"},
		"no token":        {func(p *platform) { p.account.Credentials = nil }, desk.Invalid, "is missing"},
		"no account":      {func(p *platform) { p.account.Settings["accountSid"] = "x" }, desk.Invalid, "AC and 32"},
		"another account": {func(p *platform) { p.account.Settings["accountSid"] = "ACffffffffffffffffffffffffffffffff" }, desk.Invalid, "auth token together"},
		"no number":       {func(p *platform) { p.account.Settings["from"] = "Loket" }, desk.Invalid, "no number"},
		"not its number":  {func(p *platform) { p.account.Settings["from"] = "+15557777777" }, desk.Invalid, "has no number +15557777777"},
		"no address":      {func(p *platform) { p.account.Hook = "" }, desk.Invalid, "PublicUrl"},
		"a gateway":       {func(p *platform) { p.Fail(faults.Fault{Kind: "502"}) }, desk.Busy, "not Twilio's"},
		"garbage":         {func(p *platform) { p.Fail(faults.Fault{Kind: "garbage"}) }, desk.Busy, "not Twilio's"},
		"throttled": {func(p *platform) {
			p.Fail(twilioSays(429, 20429))
			p.Fail(faults.Fault{Kind: "answer", Status: 429, Body: `{"code":20429}`})
		}, desk.Busy, "busy"},
		"not found": {func(p *platform) { p.Fail(faults.Fault{Kind: "answer", Status: 404, Body: `{"code":20404}`}) }, desk.Invalid, "no such account"},
		"odd": {func(p *platform) {
			p.Fail(faults.Fault{Kind: "answer", Status: 400, Body: `{"code":21402,"message":"SmsUrl is not valid"}`})
		}, desk.Invalid, "SmsUrl is not valid"},
		"not there":    {func(p *platform) { p.account.Settings["apiBase"] = "http://127.0.0.1:1" }, desk.Busy, "can't be reached"},
		"no real base": {func(p *platform) { p.account.Settings["apiBase"] = "http://[::1" }, desk.Invalid, "can't be read"},
	} {
		p := newPlatform(t, twilio.SMS())
		c.spoil(p)
		if _, err := p.connect(t, false); desk.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.words) || strings.Contains(err.Error(), token) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if c, err := twilio.SMS().Connect(t.Context(), scripted{200, `{"status":"active","type":"Trial","incoming_phone_numbers":[{"sid":"PN0123456789abcdef0123456789abcdef","phone_number":"` + number + `"}]}`}, account(twilio.TypeSMS, "")); err != nil || !strings.Contains(c.Warning, "trial") {
		t.Errorf("a trial: %+v, %v", c, err)
	}
}

// incoming makes a customer send a file, and gives back the part that the parser makes of it.
func (p *platform) incoming(t *testing.T, f rest.File) desk.Attachment {
	t.Helper()
	id, _, _, err := p.Write(rest.Writing{From: ada, To: number, Files: []rest.File{f}, Webhook: p.account.Settings["apiBase"]})
	if err != nil {
		t.Fatal(err)
	}
	return desk.Attachment{Ref: "/2010-04-01/Accounts/" + sid + "/Messages/" + id + "/Media/ME00000000000000000000000000000001", ContentType: f.ContentType, Name: "file.jpg"}
}

func TestAFileIsFetchedWithCredentialsThatStayAtTwilio(t *testing.T) {
	p := newPlatform(t, twilio.SMS())
	part := p.incoming(t, rest.File{ContentType: "image/jpeg", Content: []byte("jpeg")})
	m, err := p.kind.Fetch(t.Context(), p.client, p.account, part)
	if err != nil { // the store refuses who brings credentials along
		t.Fatal(err)
	}
	defer m.Body.Close()
	if b, err := io.ReadAll(m.Body); err != nil || string(b) != "jpeg" || m.ContentType != "image/jpeg" || m.Name != "file.jpg" {
		t.Errorf("%q, %v, %+v", b, err, m)
	}
}

func TestAFileThatCannotBeFetchedSaysWhetherItEverWill(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*platform, *desk.Attachment)
		code  desk.Code
	}{
		"another host": {func(_ *platform, a *desk.Attachment) { a.Ref = "https://evil.example.com/x" }, desk.NotFound},
		"another path": {func(_ *platform, a *desk.Attachment) { a.Ref = "/2010-04-01/Accounts/" + sid + ".json" }, desk.NotFound},
		"gone":         {func(_ *platform, a *desk.Attachment) { a.Ref = strings.Replace(a.Ref, "/SM", "/MM", 1) }, desk.NotFound},
		"revoked":      {func(p *platform, _ *desk.Attachment) { p.Revoke() }, desk.Busy},
		"no account":   {func(p *platform, _ *desk.Attachment) { p.account.Settings["accountSid"] = "" }, desk.Busy},
		"a gateway":    {func(p *platform, _ *desk.Attachment) { p.Fail(faults.Fault{On: "/Media/", Kind: "502"}) }, desk.Busy},
		"closes":       {func(p *platform, _ *desk.Attachment) { p.Fail(faults.Fault{On: "/cdn", Kind: "drop", Count: 3}) }, desk.Busy},
	} {
		p := newPlatform(t, twilio.SMS())
		part := p.incoming(t, rest.File{ContentType: "image/jpeg", Content: []byte("jpeg")})
		c.spoil(p, &part)
		if m, err := p.kind.Fetch(t.Context(), p.client, p.account, part); desk.CodeOf(err) != c.code || m.Body != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
