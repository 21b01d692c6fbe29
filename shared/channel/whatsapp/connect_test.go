package whatsapp_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/infra/standin/meta/graph"
	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

func (p platform) connect(t *testing.T) (channel.Connection, error) {
	t.Helper()
	c, err := kind().Connect(t.Context(), p.client, p.account)
	if err != nil && (strings.Contains(err.Error(), token) || strings.Contains(err.Error(), secret)) {
		t.Errorf("the refusal holds a secret: %v", err)
	}
	return c, err
}

func TestConnectingProvesTheCredentialsAndShowsWhatToPaste(t *testing.T) {
	p := newPlatform(t)
	delete(p.account.Credentials, "verifyToken")
	c, err := p.connect(t)
	if err != nil || c.Warning != "" {
		t.Fatalf("%v, %q", err, c.Warning)
	}
	if c.Account["id"] != number || c.Account["name"] != "Shop" || c.Account["username"] != "+31 20 000 0000" {
		t.Errorf("the account is %v", c.Account)
	}
	made := c.Credentials["verifyToken"]
	if len(made) < 40 || c.Setup[0].Value != p.account.Hook || c.Setup[1].Value != made || p.Subscribed(number) != "messages" {
		t.Errorf("set-up %v, subscribed %q", c.Setup, p.Subscribed(number))
	}
	p.account.Credentials["verifyToken"] = made
	if c, err = p.connect(t); err != nil || c.Credentials["verifyToken"] != made {
		t.Errorf("connected again: %v, %v", err, c)
	}
	p.account.Probe = true
	if c, err = p.connect(t); err != nil || c.Setup[1].Value != made {
		t.Errorf("looked at: %v, %v", err, c)
	}
}

func TestConnectingSaysInWordsWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*platform)
		field string
		words string
	}{
		"an expired token":  {func(p *platform) { p.account.Credentials["accessToken"] = "EAAanother-token" }, "credentials.accessToken", "expired"},
		"another secret":    {func(p *platform) { p.account.Credentials["appSecret"] = "wrong-secret" }, "credentials.appSecret", "App settings"},
		"another number":    {func(p *platform) { p.account.Settings["phoneNumberId"] = "42" }, "settings.phoneNumberId", "no such account"},
		"the number itself": {func(p *platform) { p.account.Settings["phoneNumberId"] = "+31 20" }, "settings.phoneNumberId", "digits only"},
		"no number's id": {func(p *platform) {
			p.Fail(graph.Fault{Path: number, Kind: "empty"})
		}, "settings.phoneNumberId", "not the id"},
		"a missing permission": {func(p *platform) {
			p.Fail(graph.Fault{Path: number, Kind: "error", Status: 403, Code: 200})
		}, "credentials.accessToken", "whatsapp_business_management"},
	} {
		p := newPlatform(t)
		c.spoil(&p)
		_, err := p.connect(t)
		var e *desk.Error
		if desk.CodeOf(err) != desk.Invalid || !strings.Contains(desk.Reason(err), c.words) || !asField(err, &e, c.field) {
			t.Errorf("%s: %v", name, err)
		}
	}
	p := newPlatform(t)
	p.Fail(graph.Fault{Path: number, Kind: "502"})
	if _, err := p.connect(t); desk.CodeOf(err) != desk.Busy {
		t.Errorf("a gateway's trouble: %v", err)
	}
	p.Fail(graph.Fault{Path: number, Kind: "429"})
	if _, err := p.connect(t); desk.CodeOf(err) != desk.Busy {
		t.Errorf("throttled: %v", err)
	}
}

func asField(err error, e **desk.Error, field string) bool {
	var ok bool
	if *e, ok = err.(*desk.Error); !ok || len((*e).Fields) == 0 { //nolint:errorlint // the outermost is shown
		return false
	}
	return (*e).Fields[0].Location == field
}

func TestWhatWillGoWrongIsWarnedOf(t *testing.T) {
	p := newPlatform(t)
	p.Change(number, func(a *graph.Account) {
		a.Expires, a.Scopes = time.Now().Add(3*24*time.Hour), []string{"whatsapp_business_management"}
	})
	c, err := p.connect(t)
	if err != nil || !strings.Contains(c.Warning, "ends on") || !strings.Contains(c.Warning, "whatsapp_business_messaging") {
		t.Errorf("%v, %q", err, c.Warning)
	}
	p = newPlatform(t)
	p.account.Probe = true
	if c, err := p.connect(t); err != nil || !strings.Contains(c.Warning, "No app is subscribed") {
		t.Errorf("%v, %q", err, c.Warning)
	}
	p.account.Settings["businessAccountId"] = "77"
	if c, err := p.connect(t); err != nil || !strings.Contains(c.Warning, "could not be subscribed") {
		t.Errorf("%v, %q", err, c.Warning)
	}
}

func TestTheHandshakeIsAnsweredWithTheChallengeForOurTokenOnly(t *testing.T) {
	shake := func(mode, given string, a channel.Account) (channel.Received, error) {
		return kind().Receive(a, channel.Request{Method: "GET", Query: url.Values{"hub.mode": {mode}, "hub.challenge": {"1158201444"}, "hub.verify_token": {given}}})
	}
	got, err := shake("subscribe", verify, account(""))
	if err != nil || got.Answer == nil || got.Answer.Status != 200 || string(got.Answer.Body) != "1158201444" || !strings.HasPrefix(got.Answer.ContentType, "text/plain") {
		t.Errorf("%v, %+v", err, got.Answer)
	}
	none := account("")
	none.Credentials["verifyToken"] = ""
	for _, try := range []func() (channel.Received, error){
		func() (channel.Received, error) { return shake("subscribe", "other", account("")) },
		func() (channel.Received, error) { return shake("", verify, account("")) },
		func() (channel.Received, error) { return shake("subscribe", "", none) },
	} {
		if got, err := try(); desk.CodeOf(err) != desk.Forbidden || got.Answer != nil {
			t.Errorf("%v, %+v", err, got)
		}
	}
}
