package line_test

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
	"github.com/loket-desk/loket/infra/standin/line/api"
	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/channel/line"
	"github.com/loket-desk/loket/shared/desk"
)

// platform is a stand-in of LINE at an address of its own, and an account that is connected to it.
type platform struct {
	*api.Server
	account  channel.Account
	client   *http.Client
	patience time.Duration
}

func newPlatform(t *testing.T) *platform {
	t.Helper()
	s := api.New(bot, token, secret)
	h := httptest.NewServer(s)
	t.Cleanup(func() { h.CloseClientConnections(); h.Close() })
	return &platform{s, account(h.URL + "/"), h.Client(), time.Minute}
}

func (p *platform) send(t *testing.T, m channel.Outgoing) channel.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), p.patience)
	defer cancel()
	if m.To == "" {
		m.To = ada
	}
	if m.Key == "" {
		m.Key = "CONV-KEY"
	}
	r := line.New().Send(ctx, p.client, p.account, m)
	if strings.Contains(fmt.Sprintf("%+v", r), token) {
		t.Errorf("the result holds the token: %+v", r)
	}
	return r
}

// picture is a file whose address is another one each time, as presigned ones are.
func picture(name string, size int64) channel.File {
	n := 0
	return channel.File{
		Attachment: desk.Attachment{Name: name, ContentType: "image/jpeg", Size: size},
		URL: func(context.Context) (string, error) {
			n++
			return fmt.Sprintf("https://files.example.com/%s?%d", name, n), nil
		},
	}
}

func TestATextArrivesOnceHoweverOftenItIsSent(t *testing.T) {
	p := newPlatform(t)
	first := p.send(t, channel.Outgoing{Text: "Grüße 😀"})
	again := p.send(t, channel.Outgoing{Text: "Grüße 😀"})
	sent := p.Sent(ada)
	if len(sent) != 1 || sent[0].Text != "Grüße 😀" || sent[0].RetryKey == "" {
		t.Fatalf("sent %+v", sent)
	}
	for _, r := range []channel.Result{first, again} {
		if r.Outcome != channel.Accepted || len(r.IDs) != 1 || r.IDs[0] != sent[0].ID {
			t.Errorf("got %+v", r)
		}
	}
	if r := p.send(t, channel.Outgoing{Text: "Grüße 😀", Key: "CONV-OTHER"}); r.Outcome != channel.Accepted || len(p.Sent(ada)) != 2 {
		t.Errorf("another message of the same text: %+v", r)
	}
}

func TestATextWhoseAnswerNeverCameIsSentAgainAndStillArrivesOnce(t *testing.T) {
	for _, kind := range []string{"drop", "hang", "garbage", "504"} {
		p := newPlatform(t)
		p.Fail(faults.Fault{On: "/push", Kind: kind})
		if kind == "hang" {
			p.patience = 500 * time.Millisecond
		}
		if r := p.send(t, channel.Outgoing{Text: "x"}); r.Outcome != channel.Again {
			t.Errorf("%s: %+v", kind, r)
		}
		p.patience = time.Minute
		if r := p.send(t, channel.Outgoing{Text: "x"}); r.Outcome != channel.Accepted || len(p.Sent(ada)) != 1 || len(r.IDs) != 1 {
			t.Errorf("%s, then: %+v, %d messages", kind, r, len(p.Sent(ada)))
		}
	}
}

func TestPicturesFollowTheTextAndOnesWhoseAnswerNeverCameAreNotSentAgain(t *testing.T) {
	p := newPlatform(t)
	m := channel.Outgoing{Text: "look", Files: []channel.File{picture("a.jpg", 10), picture("b.jpg", 10)}}
	r := p.send(t, m)
	sent := p.Sent(ada)
	if r.Outcome != channel.Accepted || len(sent) != 3 || len(r.IDs) != 3 || sent[0].Text != "look" || sent[1].Type != "image" || !strings.Contains(sent[2].URL, "b.jpg") {
		t.Fatalf("%+v, %+v", r, sent)
	}
	p = newPlatform(t)
	p.Fail(faults.Fault{On: "/push", Kind: "drop"})
	if r := p.send(t, channel.Outgoing{Files: m.Files}); r.Outcome != channel.Lost {
		t.Errorf("an address that changes stands for another request: %+v", r)
	}
	p = newPlatform(t)
	p.Fail(faults.Fault{On: "/none", Kind: "502"})
	gone := picture("a.jpg", 1)
	gone.URL = func(context.Context) (string, error) { return "", desk.Refuse(desk.Busy, "S3 is away.") }
	if r := p.send(t, channel.Outgoing{Text: "x", Files: []channel.File{gone}}); r.Outcome != channel.Again || len(p.Sent("")) != 0 {
		t.Errorf("a picture that can't be had now: %+v", r)
	}
	gone.URL = func(context.Context) (string, error) { return "", desk.Refuse(desk.NotFound, "It is gone.") }
	if r := p.send(t, channel.Outgoing{Text: "x", Files: []channel.File{gone}}); r.Outcome != channel.Refused {
		t.Errorf("a picture that is gone: %+v", r)
	}
}

func TestLongTextsAreDividedAndWhatLINECannotCarryIsRefusedInWords(t *testing.T) {
	p := newPlatform(t)
	r := p.send(t, channel.Outgoing{Text: strings.Repeat("word ", 2500)})
	if r.Outcome != channel.Accepted || len(p.Sent(ada)) != 3 || len(r.IDs) != 3 {
		t.Errorf("12,500 characters: %+v, %d messages", r, len(p.Sent(ada)))
	}
	pdf := picture("a.pdf", 10)
	pdf.ContentType = "application/pdf"
	for name, m := range map[string]channel.Outgoing{
		"too long":  {Text: strings.Repeat("😀", 12501)},
		"nothing":   {Text: " \n"},
		"no person": {Text: "x", To: "Ca56f94637cc4347f90a25382909b24b9"},
		"a file":    {Text: "x", Files: []channel.File{pdf}},
		"too large": {Files: []channel.File{picture("a.jpg", 10<<20+1)}},
	} {
		if r := p.send(t, m); r.Outcome != channel.Refused || r.Detail == "" || r.Broken != "" || len(p.Sent("")) != 3 {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestEveryRefusalHasItsConsequence(t *testing.T) {
	for _, c := range []struct {
		status  int
		body    string
		outcome channel.Outcome
		broken  bool
		words   string
	}{
		{400, `{"message":"The request body has 1 error(s)","details":[{"message":"May not be empty","property":"messages[0].text"}]}`, channel.Refused, false, "May not be empty"},
		{401, `{"message":"Authentication failed"}`, channel.Refused, true, "Authentication"},
		{403, `{"message":"Not authorized to use"}`, channel.Refused, true, "Not authorized"},
		{429, `{"message":"You have reached your monthly limit."}`, channel.Refused, true, "this month"},
		{429, `{"message":"The API rate limit has been exceeded. Try again later."}`, channel.Again, false, "rate limit"},
		{500, `{"message":"Internal error"}`, channel.Again, false, "Internal"},
		{502, `<html>`, channel.Again, false, "takes the message once"},
		{404, `<html>`, channel.Refused, false, "not in LINE's words"},
	} {
		p := newPlatform(t)
		p.Fail(faults.Fault{On: "/push", Kind: "answer", Status: c.status, Body: c.body})
		if r := p.send(t, channel.Outgoing{Text: "x"}); r.Outcome != c.outcome || (r.Broken != "") != c.broken || !strings.Contains(r.Detail, c.words) {
			t.Errorf("%d %s: %+v", c.status, c.body, r)
		}
	}
	p := newPlatform(t)
	p.account.Settings["apiBase"] = "http://127.0.0.1:1"
	if r := p.send(t, channel.Outgoing{Text: "x"}); r.Outcome != channel.Again {
		t.Errorf("nobody there: %+v", r)
	}
	p.account.Credentials["channelAccessToken"] = "two words"
	if r := p.send(t, channel.Outgoing{Text: "x"}); r.Outcome != channel.Refused || r.Broken == "" {
		t.Errorf("no token: %+v", r)
	}
}

func TestWhatFailsNeverShowsTheToken(t *testing.T) {
	for _, d := range []channel.Doer{erring{errors.New("dial with " + token)}, scripted{400, `{"message":"the token ` + token + ` is odd"}`}} {
		r := line.New().Send(t.Context(), d, account(""), channel.Outgoing{To: ada, Text: "x"})
		_, err := line.New().Connect(t.Context(), d, account(""))
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
