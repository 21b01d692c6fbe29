package line_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/loket-desk/loket/infra/standin/faults"
	"github.com/loket-desk/loket/infra/standin/line/api"
	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/channel/line"
	"github.com/loket-desk/loket/shared/desk"
)

func (p *platform) connect(t *testing.T, probe bool) (channel.Connection, error) {
	t.Helper()
	a := p.account
	a.Probe = probe
	return line.New().Connect(t.Context(), p.client, a)
}

// hooked gives the account an address that answers with a status.
func (p *platform) hooked(t *testing.T, status int) {
	t.Helper()
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	t.Cleanup(h.Close)
	p.account.Hook = h.URL + "/hooks/ch1"
}

func TestConnectingSetsTheWebhookAndAProbeTriesIt(t *testing.T) {
	p := newPlatform(t)
	p.hooked(t, 200)
	p.account.Extra = nil
	if c, err := p.connect(t, true); err != nil || p.Webhook() != "" || c.Account["id"] != bot {
		t.Fatalf("a probe before: %+v, %v", c, err)
	}
	c, err := p.connect(t, false)
	if err != nil || p.Webhook() != p.account.Hook || c.Account["id"] != bot || c.Account["username"] != "@standin" || c.Warning != "" || c.Setup[0].Value != p.account.Hook {
		t.Fatalf("connecting: %+v, %v", c, err)
	}
	p.account.Extra = map[string]string{"id": bot}
	if c, err := p.connect(t, true); err != nil || c.Warning != "" {
		t.Errorf("all is well: %+v, %v", c, err)
	}
	p.Set(false, true, -1)
	for _, probe := range []bool{true, false} {
		if c, err := p.connect(t, probe); err != nil || !strings.Contains(c.Warning, "Use webhook") {
			t.Errorf("switched off: %+v, %v", c, err)
		}
	}
	p.Set(true, true, -1)
	p.hooked(t, 503)
	p.Point(p.account.Hook)
	if c, err := p.connect(t, true); err != nil || !strings.Contains(c.Warning, "503") {
		t.Errorf("deliveries fail: %+v, %v", c, err)
	}
	p.hooked(t, 401)
	p.Point(p.account.Hook)
	if _, err := p.connect(t, true); desk.CodeOf(err) != desk.Invalid || !strings.Contains(err.Error(), "channel secret") {
		t.Errorf("a wrong secret: %v", err)
	}
}

func TestARefusalToConnectSaysWhatToDo(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*platform)
		probe bool
		code  desk.Code
		words string
	}{
		"revoked":         {func(p *platform) { p.Set(true, false, -1) }, false, desk.Invalid, "doesn't accept"},
		"no token":        {func(p *platform) { p.account.Credentials["channelAccessToken"] = "" }, false, desk.Invalid, "is missing"},
		"no secret":       {func(p *platform) { p.account.Credentials["channelSecret"] = "" }, false, desk.Invalid, "channel secret"},
		"no address":      {func(p *platform) { p.account.Hook = "" }, false, desk.Invalid, "PublicUrl"},
		"an odd address":  {func(p *platform) { p.account.Hook = "nowhere" }, false, desk.Invalid, "webhook endpoint"},
		"webhook gone":    {func(*platform) {}, true, desk.Conflict, "nowhere"},
		"webhook changed": {func(p *platform) { p.Point("https://example.com/other") }, true, desk.Conflict, "another program"},
		"a gateway":       {func(p *platform) { p.Fail(faults.Fault{Kind: "502"}) }, false, desk.Busy, "not LINE's"},
		"throttled":       {func(p *platform) { p.Fail(faults.Fault{Kind: "answer", Status: 429, Body: `{"message":"slow"}`}) }, false, desk.Busy, "busy"},
		"garbage":         {func(p *platform) { p.Fail(faults.Fault{Kind: "garbage"}) }, false, desk.Busy, "not LINE's"},
		"not there":       {func(p *platform) { p.account.Settings["apiBase"] = "http://127.0.0.1:1" }, false, desk.Busy, "can't be reached"},
		"no real base":    {func(p *platform) { p.account.Settings["apiBase"] = "http://[::1" }, false, desk.Invalid, "can't be read"},
	} {
		p := newPlatform(t)
		c.spoil(p)
		if _, err := p.connect(t, c.probe); desk.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.words) || strings.Contains(err.Error(), token) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// incoming makes a person send a file, and gives back the part that the parser makes of it.
func (p *platform) incoming(t *testing.T, kind string, c api.Content) desk.Attachment {
	t.Helper()
	body, err := json.Marshal(map[string]any{"destination": bot, "events": []any{p.File(ada, kind, "a.pdf", c)}})
	if err != nil {
		t.Fatal(err)
	}
	return replay().Parse(t, body).Events[0].Attachments[0]
}

func TestAFileIsFetchedOnceLINEHasItReady(t *testing.T) {
	p := newPlatform(t)
	for _, kind := range []string{"image", "audio", "file", "video"} {
		part := p.incoming(t, kind, api.Content{ContentType: "application/x-" + kind, Bytes: []byte(kind), Processing: strings.Count(kind, "video")})
		m, err := line.New().Fetch(t.Context(), p.client, p.account, part)
		if kind == "video" {
			if desk.CodeOf(err) != desk.Busy || !strings.Contains(err.Error(), "converting") {
				t.Errorf("a video that is not ready: %v", err)
			}
			m, err = line.New().Fetch(t.Context(), p.client, p.account, part)
		}
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		b, err := io.ReadAll(m.Body)
		_ = m.Body.Close()
		if err != nil || string(b) != kind || m.ContentType != "application/x-"+kind || m.Name == "" {
			t.Errorf("%s: %q, %v, %+v", kind, b, err, m)
		}
	}
}

// recorded notes whether a call brought the token along.
type recorded struct{ token string }

func (r *recorded) Do(req *http.Request) (*http.Response, error) {
	r.token = req.Header.Get("Authorization")
	return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader("x"))}, nil
}

func TestWhatLiesElsewhereIsFetchedWithoutTheToken(t *testing.T) {
	var seen recorded
	if _, err := line.New().Fetch(t.Context(), &seen, account(""), desk.Attachment{Ref: "https://example.com/a.jpg"}); err != nil || seen.token != "" {
		t.Errorf("%v, the token went along: %t", err, seen.token != "")
	}
	if _, err := line.New().Fetch(t.Context(), &seen, account(""), desk.Attachment{Ref: "5"}); err != nil || seen.token == "" {
		t.Errorf("from LINE: %v", err)
	}
}

func TestAFileThatCannotBeFetchedSaysWhetherItEverWill(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*platform, *desk.Attachment)
		code  desk.Code
	}{
		"unknown":    {func(_ *platform, a *desk.Attachment) { a.Ref = "99" }, desk.NotFound},
		"no id":      {func(_ *platform, a *desk.Attachment) { a.Ref = "../x" }, desk.NotFound},
		"plain http": {func(_ *platform, a *desk.Attachment) { a.Ref = "http://example.com/x" }, desk.NotFound},
		"no address": {func(_ *platform, a *desk.Attachment) { a.Ref = "https://[::1" }, desk.NotFound},
		"no token":   {func(p *platform, _ *desk.Attachment) { p.account.Credentials = nil }, desk.Busy},
		"revoked":    {func(p *platform, _ *desk.Attachment) { p.Set(true, false, -1) }, desk.Busy},
		"a gateway":  {func(p *platform, _ *desk.Attachment) { p.Fail(faults.Fault{On: "/content", Kind: "502", Count: 2}) }, desk.Busy},
		"not converted": {func(p *platform, _ *desk.Attachment) {
			p.Fail(faults.Fault{On: "/transcoding", Kind: "answer", Status: 200, Body: `{"status":"failed"}`})
		}, desk.NotFound},
	} {
		p := newPlatform(t)
		part := p.incoming(t, "video", api.Content{ContentType: "video/mp4", Bytes: []byte("x")})
		c.spoil(p, &part)
		if m, err := line.New().Fetch(t.Context(), p.client, p.account, part); desk.CodeOf(err) != c.code || m.Body != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
