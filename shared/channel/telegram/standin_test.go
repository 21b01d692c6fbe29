package telegram_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/infra/standin/telegram/botapi"
	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/channel/telegram"
	"github.com/loket-desk/loket/shared/desk"
)

// platform is a stand-in of Telegram at an address of its own, and the account that is connected to it.
type platform struct {
	*botapi.Server
	account  channel.Account
	client   *http.Client
	patience time.Duration
}

func newPlatform(t *testing.T) platform {
	t.Helper()
	s := botapi.New(token)
	h := httptest.NewServer(s)
	t.Cleanup(func() {
		s.Close()
		h.CloseClientConnections()
		h.Close()
	})
	return platform{s, account(h.URL + "/"), h.Client(), time.Minute}
}

func (p platform) send(t *testing.T, m channel.Outgoing) channel.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), p.patience)
	defer cancel()
	if m.To == "" {
		m.To = "4711"
	}
	r := telegram.New().Send(ctx, p.client, p.account, m)
	if strings.Contains(fmt.Sprintf("%+v", r), token[7:]) {
		t.Errorf("the result holds the token: %+v", r)
	}
	return r
}

// file is an attachment of the size and type given, of random bytes.
func file(name, contentType string, usage desk.Usage, size int) channel.File {
	content := make([]byte, size)
	_, _ = rand.Read(content)
	sum := sha256.Sum256(content)
	return channel.File{
		Attachment: desk.Attachment{Name: name, ContentType: contentType, Usage: usage, Size: int64(size), SHA256: hex.EncodeToString(sum[:])},
		Open:       func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil },
	}
}

func param(c botapi.Call, name string) string { return string(c.Params[name]) }

func TestATextArrivesOnceAsItWasWritten(t *testing.T) {
	p := newPlatform(t)
	text := "Hello *Ada* <b>& co</b> _ [x](y) 😀\nsecond line"
	r := p.send(t, channel.Outgoing{Text: text})
	if r.Outcome != channel.Accepted || len(r.IDs) != 1 || r.IDs[0] != "123456:4711:1" {
		t.Fatalf("got %+v", r)
	}
	calls := p.Sent(4711)
	if len(calls) != 1 || calls[0].Method != "sendMessage" || calls[0].Text() != text || len(calls[0].Params) != 2 {
		t.Errorf("got %+v", calls)
	}
}

func TestAReplyNamesItsMessageAndSurvivesItsLoss(t *testing.T) {
	p := newPlatform(t)
	r := p.send(t, channel.Outgoing{Text: "yes", ReplyTo: "123456:4711:99"})
	if r.Outcome != channel.Accepted {
		t.Fatalf("got %+v", r)
	}
	if got := param(p.Sent(4711)[0], "reply_parameters"); got != `{"message_id":99,"allow_sending_without_reply":true}` {
		t.Errorf("reply parameters %s", got)
	}
	if r := p.send(t, channel.Outgoing{Text: "yes", ReplyTo: "nonsense"}); r.Outcome != channel.Accepted || param(p.Sent(4711)[1], "reply_parameters") != "" {
		t.Errorf("a reply to an id that isn't Telegram's: %+v", r)
	}
}

func TestLimitsCountWhatTelegramCounts(t *testing.T) {
	p := newPlatform(t)
	if r := p.send(t, channel.Outgoing{Text: strings.Repeat("😀", 2048)}); r.Outcome != channel.Accepted {
		t.Errorf("4,096 units in 2,048 emoji: %+v", r)
	}
	if r := p.send(t, channel.Outgoing{Text: strings.Repeat("😀", 2048) + "a"}); r.Outcome != channel.Refused || !strings.Contains(r.Detail, "4097") {
		t.Errorf("4,097 units: %+v", r)
	}
	if r := p.send(t, channel.Outgoing{Text: " \n "}); r.Outcome != channel.Refused {
		t.Errorf("nothing but spaces: %+v", r)
	}
	if r := p.send(t, channel.Outgoing{Text: "x", To: "@ada"}); r.Outcome != channel.Refused {
		t.Errorf("no chat: %+v", r)
	}
	if n := len(p.Calls()); n != 1 {
		t.Errorf("%d calls were made, want only the good one", n)
	}
}

func TestFilesGoTheWayTheyAreShownBest(t *testing.T) {
	for _, c := range []struct {
		file   channel.File
		method string
		field  string
	}{
		{file("a.jpg", "image/jpeg", desk.UsageImage, 3000), "sendPhoto", "photo"},
		{file("big.png", "image/png", desk.UsageImage, 11<<20), "sendDocument", "document"},
		{file("a.gif", "image/gif", desk.UsageImage, 300), "sendDocument", "document"},
		{file("v.ogg", "audio/ogg; codecs=opus", desk.UsageVoice, 300), "sendVoice", "voice"},
		{file("a.ogg", "audio/ogg", desk.UsageAudio, 300), "sendDocument", "document"},
		{file("a.mp3", "audio/mpeg", desk.UsageAudio, 300), "sendAudio", "audio"},
		{file("v.mp4", "video/mp4", desk.UsageVideo, 300), "sendVideo", "video"},
		{file("Rechnung \"März\"\r\n.pdf", "application/pdf", desk.UsageFile, 70000), "sendDocument", "document"},
		{file("", "no type", desk.UsageOther, 5), "sendDocument", "document"},
	} {
		p := newPlatform(t)
		if r := p.send(t, channel.Outgoing{Files: []channel.File{c.file}}); r.Outcome != channel.Accepted || len(r.IDs) != 1 {
			t.Fatalf("%s: %+v", c.file.Name, r)
		}
		call := p.Sent(4711)[0]
		got := call.Files[c.field]
		if call.Method != c.method || got.SHA256 != c.file.SHA256 || got.Size != c.file.Size {
			t.Errorf("%q went by %s as %+v", c.file.Name, call.Method, got)
		}
	}
}

func TestAFileOfUnknownSizeIsStreamedWhole(t *testing.T) {
	p := newPlatform(t)
	f := file("a.jpg", "image/jpeg", desk.UsageImage, 70000)
	f.Size = 0
	if r := p.send(t, channel.Outgoing{Files: []channel.File{f}}); r.Outcome != channel.Accepted {
		t.Fatalf("got %+v", r)
	}
	if got := p.Sent(4711)[0].Files["document"]; got.SHA256 != f.SHA256 {
		t.Errorf("it came as %+v", got)
	}
}

func TestATextIsTheCaptionOfTheFirstFileWhereItIsShortEnough(t *testing.T) {
	p := newPlatform(t)
	files := []channel.File{file("a.jpg", "image/jpeg", desk.UsageImage, 10), file("b.pdf", "application/pdf", desk.UsageFile, 10)}
	r := p.send(t, channel.Outgoing{Text: strings.Repeat("ä", 1024), Files: files, ReplyTo: "123456:4711:3"})
	calls := p.Sent(4711)
	if r.Outcome != channel.Accepted || len(r.IDs) != 2 || len(calls) != 2 {
		t.Fatalf("got %+v, %d calls", r, len(calls))
	}
	if calls[0].Text() != strings.Repeat("ä", 1024) || calls[1].Text() != "" || param(calls[0], "reply_parameters") == "" || param(calls[1], "reply_parameters") != "" {
		t.Errorf("got %+v", calls)
	}
	p.Forget()
	r = p.send(t, channel.Outgoing{Text: strings.Repeat("😀", 513), Files: files})
	calls = p.Sent(4711)
	if r.Outcome != channel.Accepted || len(r.IDs) != 3 || len(calls) != 3 || calls[0].Method != "sendMessage" || calls[1].Text() != "" {
		t.Errorf("got %+v, %+v", r, calls)
	}
}

func TestAFileThatIsTooLargeSendsNothing(t *testing.T) {
	p := newPlatform(t)
	f := file("film.mp4", "video/mp4", desk.UsageVideo, 10)
	f.Size = 50<<20 + 1
	if r := p.send(t, channel.Outgoing{Text: "look", Files: []channel.File{f}}); r.Outcome != channel.Refused || !strings.Contains(r.Detail, "50 MB") || len(p.Calls()) != 0 {
		t.Errorf("got %+v", r)
	}
}

func TestAPictureThatTelegramCannotShowGoesAsADocument(t *testing.T) {
	p := newPlatform(t)
	d := rewriting{p.client, `{"ok":false,"error_code":400,"description":"Bad Request: PHOTO_INVALID_DIMENSIONS"}`, "sendPhoto"}
	r := telegram.New().Send(t.Context(), d, p.account, channel.Outgoing{To: "4711", Text: "long", Files: []channel.File{file("long.png", "image/png", desk.UsageImage, 10)}})
	calls := p.Sent(4711)
	if r.Outcome != channel.Accepted || len(calls) != 1 || calls[0].Method != "sendDocument" || calls[0].Text() != "long" {
		t.Errorf("got %+v, %+v", r, calls)
	}
}

// rewriting answers one method by itself, with status 400.
type rewriting struct {
	channel.Doer
	body   string
	method string
}

func (r rewriting) Do(req *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(req.URL.Path, r.method) {
		return r.Doer.Do(req)
	}
	return &http.Response{StatusCode: 400, Body: io.NopCloser(strings.NewReader(r.body))}, nil
}

func TestEveryAnswerBecomesAnHonestOutcome(t *testing.T) {
	for _, c := range []struct {
		fault   botapi.Fault
		outcome channel.Outcome
		wait    time.Duration
		blocked bool
	}{
		{botapi.Fault{Kind: "429", RetryAfter: 7}, channel.Again, 7 * time.Second, false},
		{botapi.Fault{Kind: "500"}, channel.Again, 0, false},
		{botapi.Fault{Kind: "403"}, channel.Refused, 0, true},
		{botapi.Fault{Kind: "400"}, channel.Refused, 0, false},
		{botapi.Fault{Kind: "502"}, channel.Lost, 0, false},
		{botapi.Fault{Kind: "504"}, channel.Lost, 0, false},
		{botapi.Fault{Kind: "garbage"}, channel.Lost, 0, false},
		{botapi.Fault{Kind: "drop"}, channel.Lost, 0, false},
		{botapi.Fault{Kind: "hang"}, channel.Lost, 0, false},
	} {
		t.Run(c.fault.Kind, func(t *testing.T) {
			p := newPlatform(t)
			p.Fail(c.fault)
			if c.fault.Kind == "hang" {
				p.patience = time.Second
			}
			r := p.send(t, channel.Outgoing{Text: "x"})
			if r.Outcome != c.outcome || r.Wait != c.wait || r.Blocked != c.blocked || r.Detail == "" || r.Broken != "" {
				t.Errorf("got %+v", r)
			}
			if len(p.Calls()) != 1 {
				t.Errorf("%d calls: a send never tries again by itself", len(p.Calls()))
			}
		})
	}
}

func TestARevokedOrMisspeltTokenBreaksTheChannel(t *testing.T) {
	p := newPlatform(t)
	p.Revoke(token)
	if r := p.send(t, channel.Outgoing{Text: "x"}); r.Outcome != channel.Refused || r.Broken == "" || r.Blocked {
		t.Errorf("revoked: %+v", r)
	}
	for _, odd := range []string{"", "no token", "123:a/../b", "123:a b", "123456:x?y", "123456:stand-in_token-AAAA\n"} {
		p.account.Credentials = map[string]string{"botToken": odd}
		p.Forget()
		if r := p.send(t, channel.Outgoing{Text: "x"}); r.Outcome != channel.Refused || r.Broken == "" || len(p.Calls()) != 0 {
			t.Errorf("%q: %+v", odd, r)
		}
	}
}

func TestAMessageThatNeverLeftIsSafeToSendAgain(t *testing.T) {
	p := newPlatform(t)
	p.account.Settings = map[string]string{"apiBase": "http://127.0.0.1:1"}
	if r := p.send(t, channel.Outgoing{Text: "x"}); r.Outcome != channel.Again {
		t.Errorf("nobody there: %+v", r)
	}
	p.account.Settings = map[string]string{"apiBase": "http://[::1"}
	if r := p.send(t, channel.Outgoing{Text: "x"}); r.Outcome != channel.Refused {
		t.Errorf("no address: %+v", r)
	}
}

func TestAFileThatCannotBeReadIsNotSent(t *testing.T) {
	p := newPlatform(t)
	f := file("a.pdf", "application/pdf", desk.UsageFile, 10)
	for name, c := range map[string]struct {
		open    func(context.Context) (io.ReadCloser, error)
		outcome channel.Outcome
	}{
		"away": {func(context.Context) (io.ReadCloser, error) { return nil, desk.Refuse(desk.Busy, "S3 is away.") }, channel.Again},
		"gone": {func(context.Context) (io.ReadCloser, error) {
			return nil, desk.Refuse(desk.NotFound, "The file is gone.")
		}, channel.Refused},
		"breaks up": {func(context.Context) (io.ReadCloser, error) { return io.NopCloser(failing{}), nil }, channel.Again},
	} {
		f.Open = c.open
		if r := p.send(t, channel.Outgoing{Files: []channel.File{f}}); r.Outcome != c.outcome {
			t.Errorf("%s: %+v", name, r)
		}
	}
	if n := len(p.Sent(4711)); n != 0 {
		t.Errorf("%d messages arrived", n)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("reset") }

func TestAMessageOfWhichOnlyAPartWentOutIsNeverSentAgainByItself(t *testing.T) {
	p := newPlatform(t)
	p.Fail(botapi.Fault{Method: "sendDocument", Kind: "429", RetryAfter: 3})
	files := []channel.File{file("a.jpg", "image/jpeg", desk.UsageImage, 10), file("b.pdf", "application/pdf", desk.UsageFile, 10)}
	r := p.send(t, channel.Outgoing{Text: "both", Files: files})
	if r.Outcome != channel.Lost || len(r.IDs) != 1 || !strings.Contains(r.Detail, "Only 1 of 2 parts") || r.Wait != 0 {
		t.Errorf("got %+v", r)
	}
}

func TestAnAnswerThatSaysYesWithoutAMessageIsNotTrusted(t *testing.T) {
	p := newPlatform(t)
	for _, body := range []string{`{"ok":true}`, `{"ok":true,"result":true}`, `{"ok":true,"result":{}}`, `{"ok":false}`, `[]`, `null`, `{"result":{"message_id":1}}`} {
		d := scripted{200, body}
		if r := telegram.New().Send(t.Context(), d, p.account, channel.Outgoing{To: "1", Text: "x"}); r.Outcome != channel.Lost {
			t.Errorf("%s: %+v", body, r)
		}
	}
	for status, want := range map[int]channel.Outcome{503: channel.Again, 429: channel.Again, 413: channel.Refused, 301: channel.Refused, 404: channel.Refused, 408: channel.Lost, 500: channel.Lost} {
		if r := telegram.New().Send(t.Context(), scripted{status, "<html>"}, p.account, channel.Outgoing{To: "1", Text: "x"}); r.Outcome != want {
			t.Errorf("status %d: %+v", status, r)
		}
	}
	if r := telegram.New().Send(t.Context(), scripted{500, `{"ok":true,"result":{"message_id":1}}`}, p.account, channel.Outgoing{To: "1", Text: "x"}); r.Outcome != channel.Lost {
		t.Errorf("yes and no at once: %+v", r)
	}
	if r := telegram.New().Send(t.Context(), scripted{409, `{"ok":false,"error_code":409,"description":"Conflict"}`}, p.account, channel.Outgoing{To: "1", Text: "x"}); r.Outcome != channel.Again {
		t.Errorf("a conflict: %+v", r)
	}
}

// scripted answers everything alike.
type scripted struct {
	status int
	body   string
}

func (s scripted) Do(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: s.status, Body: io.NopCloser(strings.NewReader(s.body))}, nil
}

func TestWhatTelegramSaysNeverBringsTheTokenAlong(t *testing.T) {
	p := newPlatform(t)
	said, _ := json.Marshal("Bad Request: wrong url /bot" + token + "/sendMessage")
	r := telegram.New().Send(t.Context(), scripted{400, `{"ok":false,"error_code":400,"description":` + string(said) + `}`}, p.account, channel.Outgoing{To: "1", Text: "x"})
	if strings.Contains(r.Detail, token) || !strings.Contains(r.Detail, "…") {
		t.Errorf("got %+v", r)
	}
	for name, d := range map[string]channel.Doer{
		"an address in the error": erring{errors.New("dial http://x/bot" + token + "/getMe failed")},
		"nobody there":            erring{fmt.Errorf("wrapped: %w", errors.New(token))},
	} {
		_, err := telegram.New().Connect(t.Context(), d, p.account)
		if err == nil || strings.Contains(err.Error(), token) {
			t.Errorf("%s: %v", name, err)
		}
		_, err = telegram.New().Fetch(t.Context(), d, p.account, desk.Attachment{Ref: "file1"})
		if err == nil || strings.Contains(err.Error(), token) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

type erring struct{ err error }

func (e erring) Do(*http.Request) (*http.Response, error) { return nil, e.err }
