package slack_test

import (
	"bytes"
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
	"github.com/loket-desk/loket/infra/standin/slack/web"
	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/channel/slack"
	"github.com/loket-desk/loket/shared/desk"
)

// platform is a stand-in of Slack at an address of its own, and an app that is connected to it.
type platform struct {
	*web.Server
	account  channel.Account
	client   *http.Client
	host     string
	patience time.Duration
}

func newPlatform(t *testing.T) *platform {
	t.Helper()
	s := web.New("T111", token, secret, room)
	h := httptest.NewServer(s)
	t.Cleanup(func() { h.CloseClientConnections(); h.Close() })
	return &platform{s, account(h.URL + "/"), h.Client(), strings.TrimPrefix(h.URL, "http://"), time.Minute}
}

func (p *platform) send(t *testing.T, m channel.Outgoing) channel.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), p.patience)
	defer cancel()
	if m.To == "" {
		m.To = room + ":1795341000.000100"
	}
	r := slack.New().Send(ctx, p.client, p.account, m)
	if strings.Contains(fmt.Sprintf("%+v", r), token) {
		t.Errorf("the result holds the token: %+v", r)
	}
	return r
}

func file(name string, content []byte) channel.File {
	return channel.File{
		Attachment: desk.Attachment{Name: name, ContentType: "application/pdf", Size: int64(len(content))},
		Open:       func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil },
	}
}

func TestATextArrivesInItsThreadAsItWasWritten(t *testing.T) {
	p := newPlatform(t)
	r := p.send(t, channel.Outgoing{Text: "a <b> & *c* 😀", Key: "CONV-KEY"})
	posts := p.Posts(room)
	if r.Outcome != channel.Accepted || len(posts) != 1 || len(r.IDs) != 1 || r.IDs[0] != room+":"+posts[0].TS {
		t.Fatalf("%+v, %+v", r, posts)
	}
	if got := posts[0]; got.Text != "a &lt;b&gt; &amp; *c* 😀" || got.Thread != "1795341000.000100" || got.Key != "CONV-KEY" {
		t.Errorf("posted %+v", got)
	}
	if r := p.send(t, channel.Outgoing{Text: "x", To: "D123"}); r.Outcome != channel.Accepted || p.Posts("D123")[0].Thread != "" {
		t.Errorf("a direct chat: %+v, %+v", r, p.Posts("D123"))
	}
}

func TestLongTextsAreDividedAndFilesAreSharedTogether(t *testing.T) {
	p := newPlatform(t)
	files := []channel.File{file("a.pdf", []byte("aaa")), file("b.pdf", bytes.Repeat([]byte("b"), 70000))}
	r := p.send(t, channel.Outgoing{Text: strings.Repeat("word ", 1000), Files: files})
	posts := p.Posts(room)
	if r.Outcome != channel.Accepted || len(posts) != 3 || len(r.IDs) != 4 {
		t.Fatalf("%+v, %d posts", r, len(posts))
	}
	if last := posts[2]; len(last.Files) != 2 || last.Thread != "1795341000.000100" || len(p.Uploaded(last.Files[1]).Content) != 70000 || p.Uploaded(last.Files[0]).Name != "a.pdf" {
		t.Errorf("shared %+v", last)
	}
	if r := p.send(t, channel.Outgoing{Files: files}); r.Outcome != channel.Accepted || len(r.IDs) != 2 {
		t.Errorf("without text: %+v", r)
	}
}

func TestWhatCannotBeSentIsRefusedInWords(t *testing.T) {
	p := newPlatform(t)
	large := file("film.mp4", []byte("x"))
	large.Size = 101 << 20
	gone, away := file("a", []byte("x")), file("a", []byte("x"))
	gone.Open = func(context.Context) (io.ReadCloser, error) {
		return nil, desk.Refuse(desk.NotFound, "The file is gone.")
	}
	away.Open = func(context.Context) (io.ReadCloser, error) { return nil, desk.Refuse(desk.Busy, "S3 is away.") }
	for name, c := range map[string]struct {
		m       channel.Outgoing
		outcome channel.Outcome
	}{
		"nothing":         {channel.Outgoing{Text: " "}, channel.Refused},
		"too long":        {channel.Outgoing{Text: strings.Repeat("ä", 40001)}, channel.Refused},
		"no thread":       {channel.Outgoing{Text: "x", To: "U1"}, channel.Refused},
		"another channel": {channel.Outgoing{Text: "x", To: "C999:1.1"}, channel.Refused},
		"a large file":    {channel.Outgoing{Files: []channel.File{large}}, channel.Refused},
		"an empty file":   {channel.Outgoing{Files: []channel.File{file("a", nil)}}, channel.Refused},
		"a lost file":     {channel.Outgoing{Files: []channel.File{gone}}, channel.Refused},
		"S3 is away":      {channel.Outgoing{Files: []channel.File{away}}, channel.Again},
	} {
		if r := p.send(t, c.m); r.Outcome != c.outcome || r.Detail == "" || r.Broken != "" || len(p.Posts("")) != 0 {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestEveryRefusalHasItsConsequence(t *testing.T) {
	says := func(status int, code string) faults.Fault {
		return faults.Fault{Kind: "answer", Status: status, RetryAfter: 7, Body: `{"ok":false,"error":"` + code + `"}`}
	}
	for _, c := range []struct {
		fault   faults.Fault
		outcome channel.Outcome
		wait    time.Duration
		broken  bool
		words   string
	}{
		{says(429, "ratelimited"), channel.Again, 7 * time.Second, false, "patience"},
		{says(200, "service_unavailable"), channel.Again, 7 * time.Second, false, "patience"},
		{says(200, "fatal_error"), channel.Lost, 0, false, "may have been sent"},
		{says(200, "token_revoked"), channel.Refused, 0, true, "token"},
		{says(200, "account_inactive"), channel.Refused, 0, true, "token"},
		{says(200, "missing_scope"), channel.Refused, 0, true, "permission"},
		{says(200, "not_in_channel"), channel.Refused, 0, false, "invite"},
		{says(200, "is_archived"), channel.Refused, 0, false, "archived"},
		{says(200, "msg_too_long"), channel.Refused, 0, false, "too long"},
		{says(200, "of_tomorrow"), channel.Refused, 0, false, "of_tomorrow"},
		{faults.Fault{Kind: "answer", Status: 200, Body: `{"ok":true}`}, channel.Lost, 0, false, "may have been sent"},
		{faults.Fault{Kind: "answer", Status: 429, Body: `slow`, RetryAfter: 9}, channel.Again, 9 * time.Second, false, "overloaded"},
		{faults.Fault{Kind: "502"}, channel.Lost, 0, false, "may have been sent"},
		{faults.Fault{Kind: "504"}, channel.Lost, 0, false, "may have been sent"},
		{faults.Fault{Kind: "garbage"}, channel.Lost, 0, false, "may have been sent"},
		{faults.Fault{Kind: "drop"}, channel.Lost, 0, false, "may have been sent"},
		{faults.Fault{Kind: "hang"}, channel.Lost, 0, false, "may have been sent"},
	} {
		p := newPlatform(t)
		p.Fail(c.fault)
		if c.fault.Kind == "hang" {
			p.patience = 500 * time.Millisecond
		}
		r := p.send(t, channel.Outgoing{Text: "x"})
		if r.Outcome != c.outcome || r.Wait != c.wait || (r.Broken != "") != c.broken || !strings.Contains(r.Detail, c.words) {
			t.Errorf("%+v: %+v", c.fault, r)
		}
		if len(p.Posts("")) > 1 {
			t.Errorf("%s: posted more than once", c.fault.Kind)
		}
	}
}

func TestAFileThatNobodyHasSeenYetMayBeBroughtAgain(t *testing.T) {
	for on, want := range map[string]channel.Outcome{"getUploadURLExternal": channel.Again, "/upload/": channel.Again, "completeUploadExternal": channel.Lost} {
		p := newPlatform(t)
		p.Fail(faults.Fault{On: on, Kind: "drop", Count: 2})
		if r := p.send(t, channel.Outgoing{Files: []channel.File{file("a.pdf", []byte("x"))}}); r.Outcome != want {
			t.Errorf("%s: %+v", on, r)
		}
	}
	p := newPlatform(t)
	p.Fail(faults.Fault{On: "/upload/", Kind: "502"})
	r := p.send(t, channel.Outgoing{Text: "look", Files: []channel.File{file("a.pdf", []byte("x"))}})
	if r.Outcome != channel.Lost || len(r.IDs) != 1 || !strings.Contains(r.Detail, "1 of 2") {
		t.Errorf("the text is there already: %+v", r)
	}
}

func TestAMessageThatNeverLeftIsSafeToSendAgain(t *testing.T) {
	p := newPlatform(t)
	p.account.Settings["apiBase"] = "http://127.0.0.1:1"
	if r := p.send(t, channel.Outgoing{Text: "x"}); r.Outcome != channel.Again {
		t.Errorf("nobody there: %+v", r)
	}
	p.account.Credentials["botToken"] = "xoxp-of-a-person"
	if r := p.send(t, channel.Outgoing{Text: "x"}); r.Outcome != channel.Refused || r.Broken == "" {
		t.Errorf("no bot token: %+v", r)
	}
}

func TestWhatFailsNeverShowsTheToken(t *testing.T) {
	for _, d := range []channel.Doer{erring{errors.New("dial with " + token)}, scripted{200, `{"ok":false,"error":"odd_` + token + `"}`}} {
		r := slack.New().Send(t.Context(), d, account(""), channel.Outgoing{To: "C1:1.1", Text: "x"})
		_, err := slack.New().Connect(t.Context(), d, account(""))
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
