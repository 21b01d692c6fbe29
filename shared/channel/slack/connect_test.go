package slack_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/loket-desk/loket/infra/standin/faults"
	"github.com/loket-desk/loket/infra/standin/slack/web"
	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/channel/slack"
	"github.com/loket-desk/loket/shared/desk"
)

func (p *platform) connect(t *testing.T) (channel.Connection, error) {
	t.Helper()
	return slack.New().Connect(t.Context(), p.client, p.account)
}

func TestConnectingProvesTheTokenAndGivesWhatMustBePasted(t *testing.T) {
	p := newPlatform(t)
	c, err := p.connect(t)
	if err != nil || c.Account["id"] != "T111" || c.Account["bot"] != "B111" || c.Account["user"] != "UBOT" || c.Warning != "" {
		t.Fatalf("%+v, %v", c, err)
	}
	if len(c.Setup) != 2 || c.Setup[0].Value != hook || !strings.Contains(c.Setup[1].Value, "message.channels") {
		t.Errorf("set-up %+v", c.Setup)
	}
	p.account.Settings["slackChannelId"] = room
	if c, err := p.connect(t); err != nil || c.Account["id"] != "T111:"+room {
		t.Errorf("one Slack channel only: %+v, %v", c, err)
	}
	p.Scopes = "chat:write, files:read"
	if c, err := p.connect(t); err != nil || !strings.Contains(c.Warning, "files:write") || strings.Contains(c.Warning, "chat:write") {
		t.Errorf("a missing scope: %+v, %v", c, err)
	}
	p.Fail(faults.Fault{On: "conversations.info", Kind: "answer", Status: 200, Body: `{"ok":false,"error":"missing_scope","needed":"channels:read"}`})
	if _, err := p.connect(t); err != nil {
		t.Errorf("what it may not look at is no reason to refuse: %v", err)
	}
}

func TestARefusalToConnectSaysWhatToDo(t *testing.T) {
	info := func(body string) func(*platform) {
		return func(p *platform) {
			p.account.Settings["slackChannelId"] = room
			p.Fail(faults.Fault{On: "conversations.info", Kind: "answer", Status: 200, Body: body})
		}
	}
	for name, c := range map[string]struct {
		spoil func(*platform)
		code  desk.Code
		words string
	}{
		"revoked":           {func(p *platform) { p.Revoke("token_revoked") }, desk.Invalid, "Install the app anew"},
		"of a person":       {func(p *platform) { p.account.Credentials["botToken"] = "xoxp-1" }, desk.Invalid, "xoxb-"},
		"no secret":         {func(p *platform) { p.account.Credentials["signingSecret"] = "" }, desk.Invalid, "signing secret"},
		"another workspace": {func(p *platform) { p.account.Settings["teamId"] = "T999" }, desk.Invalid, "Stand-in (T111)"},
		"no address":        {func(p *platform) { p.account.Hook = "" }, desk.Invalid, "PublicUrl"},
		"no channel's id":   {func(p *platform) { p.account.Settings["slackChannelId"] = "#support" }, desk.Invalid, "begins with C"},
		"unknown channel":   {func(p *platform) { p.account.Settings["slackChannelId"] = "C999" }, desk.Invalid, "invite the app"},
		"not in it":         {info(`{"ok":true,"channel":{"is_member":false}}`), desk.Invalid, "not in the Slack channel"},
		"archived":          {info(`{"ok":true,"channel":{"is_member":true,"is_archived":true}}`), desk.Invalid, "archived"},
		"odd":               {info(`{"ok":true,"channel":7}`), desk.Busy, "not Slack's"},
		"odd in words":      {info(`{"ok":false,"error":"enterprise_is_restricted"}`), desk.Invalid, "enterprise_is_restricted"},
		"throttled": {func(p *platform) {
			p.Fail(faults.Fault{Kind: "answer", Status: 429, Body: `{"ok":false,"error":"ratelimited"}`})
		}, desk.Busy, "busy"},
		"a gateway":    {func(p *platform) { p.Fail(faults.Fault{Kind: "502"}) }, desk.Busy, "not Slack's"},
		"garbage":      {func(p *platform) { p.Fail(faults.Fault{Kind: "garbage"}) }, desk.Busy, "not Slack's"},
		"not there":    {func(p *platform) { p.account.Settings["apiBase"] = "http://127.0.0.1:1" }, desk.Busy, "can't be reached"},
		"no real base": {func(p *platform) { p.account.Settings["apiBase"] = "http://[::1" }, desk.Invalid, "can't be read"},
	} {
		p := newPlatform(t)
		c.spoil(p)
		if _, err := p.connect(t); desk.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.words) || strings.Contains(err.Error(), token) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// incoming makes a person share a file, and gives back the part that the parser makes of it.
func (p *platform) incoming(t *testing.T, f web.File) desk.Attachment {
	t.Helper()
	event, err := json.Marshal(p.Message("U1", room, "", "", p.Share(p.host, f)))
	if err != nil {
		t.Fatal(err)
	}
	r := replay()
	r.Account.Settings = p.account.Settings
	return r.Parse(t, call("Ev1", string(event))).Events[0].Attachments[0]
}

func TestAFileIsFetchedWhole(t *testing.T) {
	p := newPlatform(t)
	part := p.incoming(t, web.File{ID: "F9", Name: "a.pdf", ContentType: "application/pdf", Content: []byte("pdf")})
	for _, ref := range []string{part.Ref, "file:F9"} {
		part.Ref = ref
		m, err := slack.New().Fetch(t.Context(), p.client, p.account, part)
		if err != nil {
			t.Fatalf("%s: %v", ref, err)
		}
		b, err := io.ReadAll(m.Body)
		_ = m.Body.Close()
		if err != nil || string(b) != "pdf" || m.ContentType != "application/pdf" || m.Name != "a.pdf" {
			t.Errorf("%s: %q, %v, %+v", ref, b, err, m)
		}
	}
}

func TestAFileThatCannotBeFetchedSaysWhetherItEverWillAndTheTokenStaysAtSlack(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*platform, *desk.Attachment)
		code  desk.Code
	}{
		"another host":   {func(_ *platform, a *desk.Attachment) { a.Ref = "https://evil.example.com/slack.com" }, desk.NotFound},
		"a lookalike":    {func(_ *platform, a *desk.Attachment) { a.Ref = "https://slack.com.evil.example.com/x" }, desk.NotFound},
		"a user's name":  {func(_ *platform, a *desk.Attachment) { a.Ref = "https://files.slack.com@evil.example.com/x" }, desk.NotFound},
		"plain http":     {func(_ *platform, a *desk.Attachment) { a.Ref = "http://files.slack.com/x" }, desk.NotFound},
		"none":           {func(_ *platform, a *desk.Attachment) { a.Ref = "" }, desk.NotFound},
		"gone":           {func(_ *platform, a *desk.Attachment) { a.Ref = strings.Replace(a.Ref, "F9", "F8", 2) }, desk.NotFound},
		"unknown id":     {func(_ *platform, a *desk.Attachment) { a.Ref = "file:F8" }, desk.NotFound},
		"revoked":        {func(p *platform, _ *desk.Attachment) { p.Revoke("invalid_auth") }, desk.Busy}, // a log-in page
		"revoked, asked": {func(p *platform, a *desk.Attachment) { p.Revoke("invalid_auth"); a.Ref = "file:F9" }, desk.Busy},
		"no token":       {func(p *platform, _ *desk.Attachment) { p.account.Credentials = nil }, desk.Busy},
		"a gateway":      {func(p *platform, _ *desk.Attachment) { p.Fail(faults.Fault{Kind: "502"}) }, desk.Busy},
		"odd":            {func(p *platform, a *desk.Attachment) { a.Ref = "file:F9"; p.Fail(faults.Fault{Kind: "garbage"}) }, desk.Busy},
	} {
		p := newPlatform(t)
		part := p.incoming(t, web.File{ID: "F9", Name: "a.pdf", ContentType: "application/pdf", Content: []byte("pdf")})
		c.spoil(p, &part)
		if m, err := slack.New().Fetch(t.Context(), p.client, p.account, part); desk.CodeOf(err) != c.code || m.Body != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAPageThatWasSharedIsNoLogInPage(t *testing.T) {
	d := pages{}
	m, err := slack.New().Fetch(t.Context(), d, account(""), desk.Attachment{Ref: "https://files.slack.com/a.html", ContentType: "text/html"})
	if err != nil {
		t.Fatal(err)
	}
	_ = m.Body.Close()
}

type pages struct{}

func (pages) Do(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"text/html"}}, Body: io.NopCloser(strings.NewReader("<p>"))}, nil
}
