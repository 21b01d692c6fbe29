package messenger_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/infra/standin/meta/graph"
	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/channel/messenger"
	"github.com/loket-desk/loket/shared/channel/meta"
	"github.com/loket-desk/loket/shared/desk"
)

var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func kind() channel.Kind {
	return messenger.New(meta.Messenger().At(func() time.Time { return now }))
}

// platform is a stand-in of Meta with one page, and the account that is connected to it.
type platform struct {
	*graph.Server
	account channel.Account
	client  *http.Client
}

func newPlatform(t *testing.T) platform {
	t.Helper()
	s := graph.New(graph.Account{Kind: graph.Page, ID: page, Name: "Shop", Token: token, Secret: secret, AppID: "4711"})
	h := httptest.NewServer(s)
	t.Cleanup(func() { s.Close(); h.CloseClientConnections(); h.Close() })
	return platform{s, account(h.URL), h.Client()}
}

func (p platform) send(t *testing.T, m channel.Outgoing) channel.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	m.To, m.Key = "142", key
	r := kind().Send(ctx, p.client, p.account, m)
	if said := fmt.Sprintf("%+v", r); strings.Contains(said, token) || strings.Contains(said, secret) {
		t.Errorf("the result holds a secret: %s", said)
	}
	return r
}

// file is an attachment with a link that opens it.
func file(t *testing.T, name, contentType string, size int) channel.File {
	t.Helper()
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(make([]byte, size))
	}))
	t.Cleanup(h.Close)
	return channel.File{
		Attachment: desk.Attachment{Name: name, ContentType: contentType, Size: int64(size)},
		URL:        func(context.Context) (string, error) { return h.URL + "/signed", nil },
	}
}

func TestTheWindowDecidesByWhichRightAnAnswerIsSent(t *testing.T) {
	for _, c := range []struct {
		age   time.Duration
		human bool
		kind  string
		tag   string
	}{
		{0, false, "RESPONSE", ""},
		{24 * time.Hour, false, "RESPONSE", ""},
		{25 * time.Hour, true, "MESSAGE_TAG", "HUMAN_AGENT"},
		{25 * time.Hour, false, "", ""},
		{7 * 24 * time.Hour, true, "MESSAGE_TAG", "HUMAN_AGENT"},
		{7*24*time.Hour + time.Second, true, "", ""},
	} {
		p := newPlatform(t)
		r := p.send(t, channel.Outgoing{Text: "hi", Human: c.human, LastIn: now.Add(-c.age)})
		calls := p.Sent(page, "142")
		if c.kind == "" {
			if r.Outcome != channel.Refused || len(p.Calls()) != 0 || !strings.Contains(r.Detail, "window is over") {
				t.Errorf("%v: %+v", c, r)
			}
			continue
		}
		if r.Outcome != channel.Accepted || len(calls) != 1 || param(t, calls[0], "messaging_type") != c.kind || calls[0].Tag != c.tag {
			t.Errorf("%v: %+v, %+v", c, r, p.Calls())
		}
	}
	p := newPlatform(t)
	if r := p.send(t, channel.Outgoing{Text: "hi"}); r.Outcome != channel.Accepted {
		t.Errorf("where nothing is known the platform is asked: %+v", r)
	}
	p.Fail(graph.Fault{Path: "messages", Kind: "error", Code: 10, Subcode: 2018278})
	if r := p.send(t, channel.Outgoing{Text: "hi", Human: true, LastIn: now.Add(-30 * time.Hour)}); r.Outcome != channel.Refused || r.Broken != "" || !strings.Contains(r.Detail, "App Review") {
		t.Errorf("a late answer without the feature: %+v", r)
	}
}

func TestTextAndFilesGoEachByItself(t *testing.T) {
	p := newPlatform(t)
	r := p.send(t, channel.Outgoing{Text: strings.Repeat("word ", 500), ReplyTo: "m_IN", Files: []channel.File{
		file(t, "a.jpg", "image/jpeg", 10), file(t, "a.mp3", "audio/mpeg", 10), file(t, "a.mp4", "video/mp4", 10), file(t, "a.pdf", "application/pdf", 10),
	}})
	calls := p.Sent(page, "142")
	if r.Outcome != channel.Accepted || len(calls) != 6 || len(r.IDs) != 6 {
		t.Fatalf("%+v, %d calls", r, len(calls))
	}
	for i, want := range []string{"", "", "image", "audio", "video", "file"} {
		c := calls[i]
		if (c.File != nil) != (want != "") || c.File != nil && c.File.Kind != want || (c.ReplyTo == "m_IN") != (i == 0) || !c.Proven {
			t.Errorf("call %d: %s", i, c.Body)
		}
		if whole := strings.Contains(string(c.Body), `"metadata":"`+key+`"`); whole != (i == 5) {
			t.Errorf("call %d: %s", i, c.Body)
		}
	}
	if got := calls[0].Text + " " + calls[1].Text + " "; got != strings.Repeat("word ", 500) {
		t.Error("the text did not arrive as it was written")
	}
}

func TestWhatCantBeSentIsRefusedBeforeAnythingIs(t *testing.T) {
	p := newPlatform(t)
	gone := file(t, "a.pdf", "application/pdf", 10)
	gone.URL = func(context.Context) (string, error) { return "", desk.Refuse(desk.NotFound, "It is gone.") }
	away := file(t, "a.pdf", "application/pdf", 10)
	away.URL = func(context.Context) (string, error) { return "", desk.Refuse(desk.Busy, "It is away.") }
	for _, c := range []struct {
		m    channel.Outgoing
		want channel.Outcome
	}{
		{channel.Outgoing{Text: "  "}, channel.Refused},
		{channel.Outgoing{Text: "x", Files: []channel.File{{Attachment: desk.Attachment{ContentType: "video/mp4", Size: 26 << 20}}}}, channel.Refused},
		{channel.Outgoing{Files: []channel.File{gone}}, channel.Refused},
		{channel.Outgoing{Files: []channel.File{away}}, channel.Again},
	} {
		if r := p.send(t, c.m); r.Outcome != c.want || len(p.Calls()) != 0 || r.Detail == "" {
			t.Errorf("%+v: %+v", c.m, r)
		}
	}
	if r := p.send(t, channel.Outgoing{Text: "x", Files: []channel.File{gone}}); r.Outcome != channel.Lost || len(r.IDs) != 1 || !strings.HasPrefix(r.Detail, "Only 1 of 2") {
		t.Errorf("halfway: %+v", r)
	}
	if r := kind().Send(t.Context(), p.client, p.account, channel.Outgoing{Text: "x"}); r.Outcome != channel.Refused {
		t.Errorf("to nobody: %+v", r)
	}
}

func TestEachErrorOfThePlatformHasItsOutcome(t *testing.T) {
	for _, c := range []struct {
		status, code, sub int
		want              channel.Outcome
		broken, blocked   bool
	}{
		{400, 10, 2018278, channel.Refused, false, false},
		{403, 10, 0, channel.Refused, true, false},
		{400, 100, 2018001, channel.Refused, false, true},
		{400, 551, 0, channel.Refused, false, true},
		{401, 190, 463, channel.Refused, true, false},
		{403, 200, 0, channel.Refused, true, false},
		{400, 100, 0, channel.Refused, false, false},
		{400, 100, 2018047, channel.Refused, false, false},
		{400, 613, 0, channel.Again, false, false},
		{400, 4, 0, channel.Again, false, false},
		{400, 17, 0, channel.Again, false, false},
		{400, 32, 0, channel.Again, false, false},
		{400, 80006, 0, channel.Again, false, false},
		{500, 1200, 0, channel.Again, false, false},
		{500, 2, 0, channel.Again, false, false},
	} {
		p := newPlatform(t)
		p.Fail(graph.Fault{Path: "messages", Kind: "error", Status: c.status, Code: c.code, Subcode: c.sub})
		r := p.send(t, channel.Outgoing{Text: "x"})
		if r.Outcome != c.want || (r.Broken != "") != c.broken || r.Blocked != c.blocked || r.Detail == "" {
			t.Errorf("error %d/%d: %+v", c.code, c.sub, r)
		}
	}
	for _, fault := range []string{"drop", "garbage", "empty", "504"} {
		p := newPlatform(t)
		p.Fail(graph.Fault{Path: "messages", Kind: fault})
		if r := p.send(t, channel.Outgoing{Text: "x"}); r.Outcome != channel.Lost {
			t.Errorf("%s: %+v", fault, r)
		}
	}
}

func TestAFileIsFetchedWithoutTheToken(t *testing.T) {
	p := newPlatform(t)
	p.Change(page, func(a *graph.Account) { a.Hook = "http://127.0.0.1:1" })
	p.connect(t) // so that the stand-in knows its own address
	_, body, _ := p.Write(t.Context(), graph.Writing{From: "142", File: &graph.File{Kind: "image", Name: "a.jpg", ContentType: "image/jpeg", Content: []byte("the picture")}})
	part := replay().Parse(t, body).Events[0].Attachments[0]
	fetch := func() (string, error) {
		media, err := kind().Fetch(t.Context(), p.client, p.account, part)
		if err != nil {
			return "", err
		}
		defer media.Body.Close()
		b, err := io.ReadAll(media.Body)
		return string(b), err
	}
	if got, err := fetch(); err != nil || got != "the picture" {
		t.Errorf("%q, %v", got, err)
	}
	for _, c := range p.Calls() {
		if strings.HasPrefix(c.Path, "cdn/") && (c.Query("access_token") != "" || c.Proven) {
			t.Errorf("the token went along: %+v", c)
		}
	}
	place := part.Ref
	for ref, want := range map[string]desk.Code{"": desk.NotFound, "javascript:x": desk.NotFound, "http://127.0.0.1:1/x": desk.Busy, strings.Replace(place, "/cdn/", "/cdn/0", 1): desk.NotFound} {
		part.Ref = ref
		if _, err := fetch(); desk.CodeOf(err) != want {
			t.Errorf("%s: %v", ref, err)
		}
	}
	part.Ref = place
	p.Fail(graph.Fault{Path: "", Kind: "502"})
	if _, err := fetch(); desk.CodeOf(err) != desk.Busy {
		t.Errorf("a gateway's trouble: %v", err)
	}
}
