package messenger_test

import (
	"strings"
	"testing"

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

func TestConnectingAPageSubscribesItAndSetsItsGreeting(t *testing.T) {
	p := newPlatform(t)
	p.account.Settings["greeting"] = "Hi {{user_first_name}}, how can we help?"
	c, err := p.connect(t)
	if err != nil || c.Warning != "" || c.Account["id"] != page || c.Account["name"] != "Shop" || c.Setup[1].Value != "verify-token" {
		t.Fatalf("%v, %+v", err, c)
	}
	if !strings.Contains(p.Subscribed(page), "message_echoes") {
		t.Errorf("subscribed to %q", p.Subscribed(page))
	}
	profile := p.Profile(page)
	if !strings.Contains(string(profile["greeting"]), "how can we help") || !strings.Contains(string(profile["get_started"]), "GET_STARTED") {
		t.Errorf("the page says %s", profile)
	}
	p.account.Settings["greeting"], p.account.Extra = "", c.Account
	if c, err = p.connect(t); err != nil || len(p.Profile(page)) != 0 || c.Account["greeted"] != "" {
		t.Errorf("the greeting was not taken away: %v, %s", err, p.Profile(page))
	}
	before := len(p.Calls())
	p.account.Extra, p.account.Probe = nil, true
	if c, err = p.connect(t); err != nil || c.Warning != "" {
		t.Errorf("looked at: %v, %+v", err, c)
	}
	for _, call := range p.Calls()[before:] {
		if call.Method != "GET" {
			t.Errorf("a look changed something: %+v", call)
		}
	}
}

func TestConnectingAPageSaysInWordsWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*platform)
		words string
	}{
		"another page's token": {func(p *platform) { p.account.Settings["pageId"] = "7" }, "not the page's"},
		"an expired token":     {func(p *platform) { p.account.Credentials["accessToken"] = "EAAanother" }, "expired"},
		"another secret":       {func(p *platform) { p.account.Credentials["appSecret"] = "wrong-secret" }, "App settings"},
		"a long greeting":      {func(p *platform) { p.account.Settings["greeting"] = strings.Repeat("x", 161) }, "160"},
		"a missing permission": {func(p *platform) {
			p.Fail(graph.Fault{Path: "/subscribed_apps", Kind: "error", Status: 403, Code: 200})
		}, "pages_manage_metadata"},
	} {
		p := newPlatform(t)
		c.spoil(&p)
		if _, err := p.connect(t); desk.CodeOf(err) != desk.Invalid || !strings.Contains(desk.Reason(err), c.words) {
			t.Errorf("%s: %v", name, err)
		}
	}
	p := newPlatform(t)
	p.account.Settings["greeting"] = "Hi"
	p.Fail(graph.Fault{Path: "messenger_profile", Kind: "error", Code: 100})
	if c, err := p.connect(t); err != nil || !strings.Contains(c.Warning, "greeting could not") {
		t.Errorf("a greeting that is not taken: %v, %+v", err, c)
	}
	p = newPlatform(t)
	p.account.Probe = true
	if c, err := p.connect(t); err != nil || !strings.Contains(c.Warning, "No app is subscribed") {
		t.Errorf("nothing comes in: %v, %+v", err, c)
	}
}
