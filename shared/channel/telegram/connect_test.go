package telegram_test

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/loket-desk/loket/infra/standin/telegram/botapi"
	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/channel/telegram"
	"github.com/loket-desk/loket/shared/desk"
)

func (p platform) connect(t *testing.T, probe bool) (channel.Connection, error) {
	t.Helper()
	a := p.account
	a.Probe = probe
	return telegram.New().Connect(t.Context(), p.client, a)
}

func TestConnectingProvesTheTokenAndSetsTheWebhookWithAFreshSecret(t *testing.T) {
	p := newPlatform(t)
	c, err := p.connect(t, false)
	if err != nil {
		t.Fatal(err)
	}
	if c.Account["id"] != "123456" || c.Account["username"] != "standin_bot" || c.Account["name"] != "Stand-in" || c.Warning != "" {
		t.Errorf("got %+v", c.Account)
	}
	secret := c.Credentials["webhookSecret"]
	if !regexp.MustCompile(`^[A-Za-z0-9_-]{40,256}$`).MatchString(secret) {
		t.Errorf("the secret is %q", secret)
	}
	calls := p.Calls("setWebhook")
	if len(calls) != 1 || param(calls[0], "url") != `"`+p.account.Hook+`"` || param(calls[0], "secret_token") != `"`+secret+`"` {
		t.Fatalf("got %+v", calls)
	}
	for _, kind := range []string{`"message"`, `"edited_message"`, `"my_chat_member"`, `"message_reaction"`, `"callback_query"`} {
		if !strings.Contains(param(calls[0], "allowed_updates"), kind) {
			t.Errorf("%s is not asked for", kind)
		}
	}
	fresh, err := p.connect(t, false)
	if err != nil || fresh.Credentials["webhookSecret"] == secret {
		t.Errorf("two channels have the same secret (%v)", err)
	}
	// Connected and not saved: what Telegram was told must still be what the channel knows.
	p.account.Credentials["webhookSecret"] = secret
	again, err := p.connect(t, false)
	if err != nil || again.Credentials["webhookSecret"] != secret {
		t.Errorf("connecting again changed the secret (%v)", err)
	}
}

func TestProbingChangesNothingAndTellsWhatIsWrong(t *testing.T) {
	p := newPlatform(t)
	if _, err := p.connect(t, true); desk.CodeOf(err) != desk.Conflict || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("no webhook: %v", err)
	}
	if _, err := p.connect(t, false); err != nil {
		t.Fatal(err)
	}
	if c, err := p.connect(t, true); err != nil || c.Warning != "" || c.Account["id"] != "123456" || len(c.Credentials) != 0 {
		t.Errorf("all is well: %+v, %v", c, err)
	}
	p.account.Hook = "https://example.com/hooks/other"
	if _, err := p.connect(t, true); desk.CodeOf(err) != desk.Conflict || !strings.Contains(err.Error(), "another program") {
		t.Errorf("another webhook: %v", err)
	}
	if n := len(p.Calls("setWebhook")); n != 1 {
		t.Errorf("probing set the webhook (%d calls)", n)
	}
	trouble := scripted{200, `{"ok":true,"result":{"id":123456,"url":"` + p.account.Hook + `","pending_update_count":3,"last_error_message":"Wrong response: 503"}}`}
	a := p.account
	a.Probe = true
	if c, err := telegram.New().Connect(t.Context(), trouble, a); err != nil || !strings.Contains(c.Warning, "3 messages") || !strings.Contains(c.Warning, "503") {
		t.Errorf("deliveries fail: %+v, %v", c, err)
	}
}

func TestARefusalToConnectSaysWhatToDo(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*platform)
		code  desk.Code
		words string
	}{
		"revoked":      {func(p *platform) { p.Revoke(token) }, desk.Invalid, "@BotFather"},
		"no token":     {func(p *platform) { p.account.Credentials = nil }, desk.Invalid, "no bot token"},
		"no address":   {func(p *platform) { p.account.Hook = "" }, desk.Invalid, "PublicUrl"},
		"plain http":   {func(p *platform) { p.account.Hook = "http://example.com/hooks/ch1" }, desk.Invalid, "HTTPS"},
		"an odd port":  {func(p *platform) { p.account.Hook = "https://example.com:9000/hooks/ch1" }, desk.Invalid, "ports"},
		"throttled":    {func(p *platform) { p.Fail(botapi.Fault{Kind: "429", RetryAfter: 2}) }, desk.Busy, "busy"},
		"trouble":      {func(p *platform) { p.Fail(botapi.Fault{Kind: "500"}) }, desk.Busy, "busy"},
		"a gateway":    {func(p *platform) { p.Fail(botapi.Fault{Kind: "502"}) }, desk.Busy, "not the Bot API"},
		"garbage":      {func(p *platform) { p.Fail(botapi.Fault{Kind: "garbage"}) }, desk.Busy, "not the Bot API"},
		"not there":    {func(p *platform) { p.account.Settings = map[string]string{"apiBase": "http://127.0.0.1:1"} }, desk.Busy, "can't be reached"},
		"no real base": {func(p *platform) { p.account.Settings = map[string]string{"apiBase": "http://[::1"} }, desk.Invalid, "address of the Bot API"},
	} {
		p := newPlatform(t)
		c.spoil(&p)
		got, err := p.connect(t, false)
		if desk.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.words) || len(got.Credentials) != 0 {
			t.Errorf("%s: %v, %+v", name, err, got)
		}
		if err != nil && strings.Contains(err.Error(), token[7:]) {
			t.Errorf("%s: the error shows the token", name)
		}
	}
	if _, err := telegram.New().Connect(t.Context(), scripted{200, `{"ok":true,"result":"yes"}`}, account("http://x")); desk.CodeOf(err) != desk.Busy {
		t.Errorf("an odd result: %v", err)
	}
}

// incoming makes a customer send a file, and gives back the part that the parser makes of it.
func (p platform) incoming(t *testing.T, f botapi.NewFile) desk.Attachment {
	t.Helper()
	if _, _, err := p.Write(botapi.Writing{Chat: 4711, Person: botapi.Person{Name: "Ada"}, File: &f}); err != nil {
		t.Fatal(err)
	}
	return desk.Attachment{Ref: "file1", Name: f.Name, ContentType: f.ContentType}
}

func TestAFileIsFetchedWhole(t *testing.T) {
	p := newPlatform(t)
	content := bytes.Repeat([]byte("0123456789"), 100000)
	part := p.incoming(t, botapi.NewFile{Kind: "document", Name: "a b.pdf", ContentType: "application/pdf", Content: content})
	m, err := telegram.New().Fetch(t.Context(), p.client, p.account, part)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Body.Close()
	got, err := io.ReadAll(m.Body)
	if err != nil || !bytes.Equal(got, content) || m.Size != int64(len(content)) || m.ContentType != "application/pdf" || m.Name != "a b.pdf" {
		t.Errorf("%d bytes, %v, %+v", len(got), err, m)
	}
	part.Name, part.ContentType = "", ""
	m, err = telegram.New().Fetch(t.Context(), p.client, p.account, part)
	if err != nil || m.Name != "file_file1.pdf" || m.ContentType != "application/octet-stream" {
		t.Errorf("without a name: %+v, %v", m, err)
	}
	_ = m.Body.Close()
}

func TestAFileThatCannotBeFetchedSaysWhetherItEverWill(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*platform, *desk.Attachment)
		code  desk.Code
	}{
		"unknown id":     {func(_ *platform, a *desk.Attachment) { a.Ref = "other" }, desk.NotFound},
		"no id":          {func(_ *platform, a *desk.Attachment) { a.Ref = "" }, desk.NotFound},
		"over 20 MB":     {func(p *platform, a *desk.Attachment) { a.Ref = "file2" }, desk.TooLarge},
		"revoked":        {func(p *platform, _ *desk.Attachment) { p.Revoke(token) }, desk.Busy},
		"no token":       {func(p *platform, _ *desk.Attachment) { p.account.Credentials = nil }, desk.Busy},
		"throttled":      {func(p *platform, _ *desk.Attachment) { p.Fail(botapi.Fault{Method: "getFile", Kind: "429"}) }, desk.Busy},
		"a gateway":      {func(p *platform, _ *desk.Attachment) { p.Fail(botapi.Fault{Method: "getFile", Kind: "502"}) }, desk.Busy},
		"closes":         {func(p *platform, _ *desk.Attachment) { p.Fail(botapi.Fault{Method: "getFile", Kind: "drop"}) }, desk.Busy},
		"download fails": {func(p *platform, _ *desk.Attachment) { p.Fail(botapi.Fault{Method: "download", Kind: "500"}) }, desk.Busy},
		"download closes": {func(p *platform, _ *desk.Attachment) {
			p.Fail(botapi.Fault{Method: "download", Kind: "drop", Count: 3})
		}, desk.Busy},
		"address not there": {func(p *platform, _ *desk.Attachment) {
			p.account.Settings = map[string]string{"apiBase": "http://127.0.0.1:1"}
		}, desk.Busy},
	} {
		p := newPlatform(t)
		part := p.incoming(t, botapi.NewFile{Kind: "document", Name: "a.pdf", Content: []byte("x")})
		p.incoming(t, botapi.NewFile{Kind: "video", Name: "film.mp4", Content: []byte("x"), Claimed: 21 << 20})
		c.spoil(&p, &part)
		m, err := telegram.New().Fetch(t.Context(), p.client, p.account, part)
		if desk.CodeOf(err) != c.code || m.Body != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), token[7:]) {
			t.Errorf("%s: the error shows the token", name)
		}
	}
}

func TestAFilePathThatLeadsElsewhereIsNotFollowed(t *testing.T) {
	for _, path := range []string{"", "../../secret", "a/../../b", ".."} {
		d := scripted{200, `{"ok":true,"result":{"file_path":"` + path + `"}}`}
		if _, err := telegram.New().Fetch(t.Context(), d, account("http://x"), desk.Attachment{Ref: "1"}); desk.CodeOf(err) != desk.NotFound {
			t.Errorf("%q: %v", path, err)
		}
	}
	if _, err := telegram.New().Fetch(t.Context(), scripted{200, `{"ok":true,"result":7}`}, account("http://x"), desk.Attachment{Ref: "1"}); desk.CodeOf(err) != desk.Busy {
		t.Errorf("an odd result: %v", err)
	}
}
