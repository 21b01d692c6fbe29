package instagram_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/loket-desk/loket/infra/standin/meta/graph"
	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/channel/channeltest"
	"github.com/loket-desk/loket/shared/channel/instagram"
	"github.com/loket-desk/loket/shared/channel/meta"
	"github.com/loket-desk/loket/shared/desk"
)

const (
	token  = "EAApage-token"
	secret = "the-app-secret"
	other  = "the-instagram-app-secret"
	shop   = "17841400000000001"
)

func account(base string) channel.Account {
	return channel.Account{
		Channel: "ch1", Type: instagram.Type, ID: shop, Hook: "https://example.com/hooks/ch1",
		Settings:    map[string]string{"apiBase": base, "accountId": shop},
		Credentials: map[string]string{"accessToken": token, "appSecret": secret, "instagramAppSecret": other, "verifyToken": "verify-token"},
	}
}

func kind() channel.Kind { return instagram.New(meta.Instagram()) }

func signedBy(secret string) channeltest.Replay {
	return channeltest.Replay{Kind: kind(), Account: account(""), Sign: func(body []byte) http.Header {
		return http.Header{"X-Hub-Signature-256": {"sha256=" + graph.Sign(secret, body)}}
	}}
}

func TestCapturedBodiesBecomeTheGoldenEvents(t *testing.T) { signedBy(secret).Golden(t) }

func TestACallIsGenuineByEitherSecretAndByNoOther(t *testing.T) {
	body := []byte(`{"object":"instagram","entry":[{"id":"` + shop + `","messaging":[{"sender":{"id":"7"},"recipient":{"id":"` + shop + `"},"timestamp":1763805600000,"message":{"mid":"m","text":"x"}}]}]}`)
	for _, s := range []string{secret, other} {
		if got := signedBy(s).Parse(t, body); len(got.Events) != 1 || got.Events[0].Account != shop {
			t.Errorf("%s: %+v", s, got)
		}
	}
	a := account("")
	for _, s := range []string{"third", ""} {
		if _, err := kind().Receive(a, channel.Request{Method: "POST", Header: signedBy(s).Sign(body), Body: body}); desk.CodeOf(err) != desk.Unauthenticated {
			t.Errorf("signed by %q: %v", s, err)
		}
	}
	delete(a.Credentials, "instagramAppSecret")
	if _, err := kind().Receive(a, channel.Request{Method: "POST", Header: signedBy(other).Sign(body), Body: body}); desk.CodeOf(err) != desk.Unauthenticated {
		t.Errorf("a secret that the channel doesn't have: %v", err)
	}
}

func TestTheDashboardsSampleIsLeftAside(t *testing.T) {
	body := []byte(`{"object":"instagram","entry":[{"id":"0","time":1,"messaging":[{"sender":{"id":"12334"},"recipient":{"id":"23245"},"timestamp":"1527459824","message":{"mid":"random_mid","text":"random_text"}}]}]}`)
	if got := signedBy(secret).Parse(t, body); len(got.Events) != 0 || got.Ignored != 1 {
		t.Errorf("got %+v", got)
	}
}

// platform is a stand-in of Meta with one account, and what is connected to it.
type platform struct {
	*graph.Server
	account channel.Account
	client  *http.Client
}

func newPlatform(t *testing.T, token string) platform {
	t.Helper()
	s := graph.New(graph.Account{Kind: graph.Instagram, ID: shop, Name: "Shop", Token: token, Secret: secret, AppID: "4711"})
	h := httptest.NewServer(s)
	t.Cleanup(func() { s.Close(); h.CloseClientConnections(); h.Close() })
	p := platform{s, account(h.URL), h.Client()}
	p.account.Credentials["accessToken"] = token
	return p
}

func (p platform) send(t *testing.T, m channel.Outgoing) channel.Result {
	t.Helper()
	m.To, m.Key = "777", "01ARZ3NDEKTSV4RRFFQ69G5FAV-01ARZ3NDEKTSV4RRFFQ69G5FAW"
	return kind().Send(t.Context(), p.client, p.account, m)
}

func TestTextsAreDividedByBytes(t *testing.T) {
	p := newPlatform(t, token)
	text := strings.Repeat("größer ", 300) // 2,700 bytes, 2,100 characters
	r := p.send(t, channel.Outgoing{Text: text, ReplyTo: "mid.1"})
	calls := p.Sent(shop, "777")
	if r.Outcome != channel.Accepted || len(calls) != 3 || len(r.IDs) != 3 || calls[0].ReplyTo != "mid.1" || calls[1].ReplyTo != "" {
		t.Fatalf("%+v, %d calls", r, len(calls))
	}
	got := ""
	for _, c := range calls {
		if len(c.Text) > 1000 || !utf8.ValidString(c.Text) {
			t.Errorf("a part of %d bytes", len(c.Text))
		}
		got += c.Text + " "
	}
	if got != text {
		t.Error("the text did not arrive as it was written")
	}
}

func TestOnlyWhatInstagramTakesIsSent(t *testing.T) {
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", r.URL.Query().Get("type"))
		_, _ = w.Write([]byte("bytes"))
	}))
	defer h.Close()
	for contentType, want := range map[string]string{
		"image/png": "image", "image/jpeg": "image", "audio/mpeg": "audio", "video/mp4": "video", "application/pdf": "file", "image/gif": "", "application/zip": "",
	} {
		p := newPlatform(t, token)
		f := channel.File{
			Attachment: desk.Attachment{Name: "a", ContentType: contentType, Size: 5},
			URL:        func(context.Context) (string, error) { return h.URL + "/?type=" + contentType, nil },
		}
		r := p.send(t, channel.Outgoing{Files: []channel.File{f}})
		calls := p.Sent(shop, "777")
		if want == "" {
			if r.Outcome != channel.Refused || len(p.Calls()) != 0 {
				t.Errorf("%s: %+v", contentType, r)
			}
		} else if r.Outcome != channel.Accepted || len(calls) != 1 || calls[0].File.Kind != want {
			t.Errorf("%s: %+v, %+v", contentType, r, p.Calls())
		}
	}
	p := newPlatform(t, token)
	big := channel.File{Attachment: desk.Attachment{ContentType: "image/png", Size: 9 << 20}}
	if r := p.send(t, channel.Outgoing{Text: "see", Files: []channel.File{big}}); r.Outcome != channel.Refused || len(p.Calls()) != 0 {
		t.Errorf("a picture of 9 MB: %+v", r)
	}
	if r := p.send(t, channel.Outgoing{Text: "x", LastIn: time.Now().Add(-30 * time.Hour)}); r.Outcome != channel.Refused {
		t.Errorf("late, and by no person: %+v", r)
	}
}

func TestAnAccountIsConnectedThroughAPageOrByItsOwnLogin(t *testing.T) {
	for _, token := range []string{token, "IGAAown-token"} {
		p := newPlatform(t, token)
		c, err := kind().Connect(t.Context(), p.client, p.account)
		if err != nil || c.Warning != "" || c.Account["id"] != shop || c.Account["username"] != "shop" || c.Setup[1].Value != "verify-token" {
			t.Fatalf("%s: %v, %+v", token, err, c)
		}
		if login := strings.HasPrefix(token, "IG"); strings.Contains(p.Subscribed(shop), "message_edit") != login {
			t.Errorf("%s: subscribed to %q", token, p.Subscribed(shop))
		}
		for _, call := range p.Calls() {
			if call.Proven == strings.HasPrefix(token, "IG") {
				t.Errorf("%s: a proof by the wrong secret: %s %s", token, call.Method, call.Path)
			}
		}
		p.account.Probe = true
		before := len(p.Calls())
		if _, err := kind().Connect(t.Context(), p.client, p.account); err != nil {
			t.Errorf("%s: looked at: %v", token, err)
		}
		for _, call := range p.Calls()[before:] {
			if call.Method != "GET" {
				t.Errorf("a look changed something: %+v", call)
			}
		}
	}
}

func TestConnectingAnAccountSaysInWordsWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		token string
		spoil func(*platform)
		words string
	}{
		"a name for an id":     {token, func(p *platform) { p.account.Settings["accountId"] = "@shop" }, "digits only"},
		"another account":      {token, func(p *platform) { p.account.Settings["accountId"] = "99" }, "no such account"},
		"another login":        {"IGAAown", func(p *platform) { p.account.Settings["accountId"] = "99" }, "not the id"},
		"an expired token":     {token, func(p *platform) { p.account.Credentials["accessToken"] = "EAAanother" }, "expired"},
		"a missing permission": {token, func(p *platform) { p.Fail(graph.Fault{Path: shop, Kind: "error", Status: 403, Code: 10}) }, "instagram_manage_messages"},
	} {
		p := newPlatform(t, c.token)
		c.spoil(&p)
		if _, err := kind().Connect(t.Context(), p.client, p.account); desk.CodeOf(err) != desk.Invalid || !strings.Contains(desk.Reason(err), c.words) {
			t.Errorf("%s: %v", name, err)
		}
	}
	p := newPlatform(t, token)
	p.Fail(graph.Fault{Path: "/subscribed_apps", Kind: "error", Status: 403, Code: 200})
	if c, err := kind().Connect(t.Context(), p.client, p.account); err != nil || !strings.Contains(c.Warning, "could not be subscribed") {
		t.Errorf("not subscribed: %v, %+v", err, c)
	}
}

func FuzzReceive(f *testing.F) {
	f.Add([]byte(`{"object":"instagram","entry":[{"id":"1","messaging":[{"sender":{"id":"7"},"recipient":{"id":"1"},"timestamp":1,"message":{"mid":"m","is_deleted":true}},{"sender":{"id":"7"},"message":{"mid":"n","attachments":[{"type":"share","payload":{"url":"https://x.example/"}},{"type":"like_heart"}],"reply_to":{"story":{"id":"1"}}}}]}]}`))
	f.Add([]byte(`{"object":"instagram","entry":[{"id":1,"messaging":[{"sender":{"id":7},"read":{"mid":"m"}},{"sender":{"id":7},"message_edit":{"mid":"m","text":"t","num_edit":"2"}},3]}]}`))
	f.Fuzz(func(t *testing.T, body []byte) { signedBy(secret).Hold(t, body) })
}

// BenchmarkParse is a body of 4 KB: messages with a text.
func BenchmarkParse(b *testing.B) {
	item := `{"sender":{"id":"1423587017700273"},"recipient":{"id":"` + shop + `"},"timestamp":1491797604411,"message":{"mid":"aWdfZAG1faXRlbToxOklHTWVzc2FnZAUlEOjE3ODQxNDU1ODM5NjQ4NTEwOjM0MDI4MjM2Njg0MTcxMDMwMTI0NDI1OTkyODQ1ODE5NzQzNjM0MDozMDk2MDQ0","text":"This is how the parcel came: look at its left side."}}`
	body := []byte(`{"object":"instagram","entry":[{"id":"` + shop + `","time":1458692752478,"messaging":[` + item + strings.Repeat(","+item, 3900/len(item)) + `]}]}`)
	r := channel.Request{Method: "POST", Header: signedBy(secret).Sign(body), Body: body, Now: channeltest.Now}
	k, a := kind(), account("")
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if got, err := k.Receive(a, r); err != nil || len(got.Events) == 0 {
			b.Fatal(err)
		}
	}
}
