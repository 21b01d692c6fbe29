package whatsapp_test

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

	"github.com/loket-desk/loket/infra/standin/meta/graph"
	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// platform is a stand-in of Meta with one number, and the account that is connected to it.
type platform struct {
	*graph.Server
	account  channel.Account
	client   *http.Client
	patience time.Duration
}

func newPlatform(t *testing.T) platform {
	t.Helper()
	s := graph.New(graph.Account{Kind: graph.WhatsApp, ID: number, Business: "9001", Name: "Shop", Number: "+31 20 000 0000", Token: token, Secret: secret, AppID: "4711"})
	h := httptest.NewServer(s)
	t.Cleanup(func() { s.Close(); h.CloseClientConnections(); h.Close() })
	return platform{s, account(h.URL + "/"), h.Client(), time.Minute}
}

func (p platform) send(t *testing.T, m channel.Outgoing) channel.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), p.patience)
	defer cancel()
	if m.To == "" {
		m.To = "15550001"
	}
	r := kind().Send(ctx, p.client, p.account, m)
	if said := fmt.Sprintf("%+v", r); strings.Contains(said, token) || strings.Contains(said, secret) {
		t.Errorf("the result holds a secret: %s", said)
	}
	return r
}

// file is an attachment with a link that opens it.
func file(t *testing.T, name, contentType string, usage desk.Usage, size int) channel.File {
	t.Helper()
	content := bytes.Repeat([]byte{7}, size)
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(content)
	}))
	t.Cleanup(h.Close)
	return channel.File{
		Attachment: desk.Attachment{Name: name, ContentType: contentType, Usage: usage, Size: int64(size)},
		URL:        func(context.Context) (string, error) { return h.URL + "/signed?x=1", nil },
	}
}

func TestATextGoesToANumberOrToAUserID(t *testing.T) {
	p := newPlatform(t)
	for _, to := range []string{"15550001", "+15550001", "US.13491208655302741918"} {
		p.send(t, channel.Outgoing{To: to, Text: " Hello *Ada* https://example.com ", Key: key, ReplyTo: "wamid.IN1"})
	}
	calls := p.Sent(number, "")
	if len(calls) != 3 || calls[0].To != "15550001" || calls[1].To != "15550001" || calls[2].To != "US.13491208655302741918" {
		t.Fatalf("got %+v", calls)
	}
	const want = `{"messaging_product":"whatsapp","recipient_type":"individual","to":"15550001","type":"text","context":{"message_id":"wamid.IN1"},"biz_opaque_callback_data":"` + key + `","text":{"body":"Hello *Ada* https://example.com","preview_url":true}}`
	if string(calls[0].Body) != want || !calls[0].Proven {
		t.Errorf("got %s", calls[0].Body)
	}
	r := p.send(t, channel.Outgoing{Text: "again"})
	if r.Outcome != channel.Accepted || len(r.IDs) != 1 || r.IDs[0] != p.Sent(number, "")[3].MessageID {
		t.Errorf("got %+v", r)
	}
	for _, to := range []string{"ada", "x", "12.34.56"} {
		if r := p.send(t, channel.Outgoing{To: to, Text: "x"}); to != "12.34.56" && r.Outcome != channel.Refused {
			t.Errorf("to %s: %+v", to, r)
		}
	}
}

func TestALongTextGoesInPartsAndOnlyTheLastSpeaksForAll(t *testing.T) {
	p := newPlatform(t)
	text := strings.Repeat("word ", 2000)
	r := p.send(t, channel.Outgoing{Text: text, Key: key, ReplyTo: "wamid.IN1"})
	calls := p.Sent(number, "")
	if r.Outcome != channel.Accepted || len(r.IDs) != 3 || len(calls) != 3 {
		t.Fatalf("%+v, %d calls", r, len(calls))
	}
	got := ""
	for i, c := range calls {
		got += c.Text + " "
		last := strings.Contains(string(c.Body), `"`+key+`"`)
		if last != (i == 2) || strings.Contains(string(c.Body), "context") != (i == 0) {
			t.Errorf("part %d: %s", i, c.Body[:200])
		}
	}
	if got != text {
		t.Error("the text did not arrive as it was written")
	}
	p.Fail(graph.Fault{Path: "never"})
	p.Heal()
	p.Fail(graph.Fault{Path: "/messages", Kind: "drop"})
	if r := p.send(t, channel.Outgoing{Text: text}); r.Outcome != channel.Lost || len(r.IDs) != 0 {
		t.Errorf("the first part's answer was lost: %+v", r)
	}
}

func TestAMessageThatStopsHalfwaySaysSoAndIsNotTriedAgain(t *testing.T) {
	p := newPlatform(t)
	broken := file(t, "a.pdf", "application/pdf", desk.UsageFile, 10)
	broken.URL = func(context.Context) (string, error) { return "", desk.Refuse(desk.Busy, "The store is away.") }
	long := strings.Repeat("x", 2000)
	r := p.send(t, channel.Outgoing{Text: long, Files: []channel.File{broken}})
	if r.Outcome != channel.Lost || len(r.IDs) != 1 || !strings.HasPrefix(r.Detail, "Only 1 of 2") {
		t.Errorf("got %+v", r)
	}
	if r := p.send(t, channel.Outgoing{Files: []channel.File{broken}}); r.Outcome != channel.Again {
		t.Errorf("nothing was sent yet: %+v", r)
	}
	broken.URL = func(context.Context) (string, error) { return "", desk.Refuse(desk.NotFound, "It is gone.") }
	if r := p.send(t, channel.Outgoing{Files: []channel.File{broken}}); r.Outcome != channel.Refused || !strings.Contains(r.Detail, "gone") {
		t.Errorf("the file is gone: %+v", r)
	}
}

func TestFilesGoTheWayTheyAreShownBest(t *testing.T) {
	for _, c := range []struct {
		file    channel.File
		kind    string
		caption bool
	}{
		{file(t, "a.jpg", "image/jpeg", desk.UsageImage, 3000), "image", true},
		{file(t, "a.gif", "image/gif", desk.UsageImage, 3000), "document", true},
		{file(t, "big.png", "image/png", desk.UsageImage, 6<<20), "document", true},
		{file(t, "a.mp3", "audio/mpeg", desk.UsageAudio, 300), "audio", false},
		{file(t, "v.mp4", "video/mp4", desk.UsageVideo, 300), "video", true},
		{file(t, "s.webp", "image/webp", desk.UsageSticker, 300), "sticker", false},
		{file(t, "bill.pdf", "application/pdf", desk.UsageFile, 300), "document", true},
		{file(t, "x", "no type", desk.UsageOther, 300), "document", true},
	} {
		p := newPlatform(t)
		r := p.send(t, channel.Outgoing{Text: "Look", Files: []channel.File{c.file}})
		calls := p.Sent(number, "")
		if r.Outcome != channel.Accepted || len(calls) == 0 {
			t.Fatalf("%s: %+v, %+v", c.file.Name, r, p.Calls())
		}
		last := calls[len(calls)-1]
		if last.File == nil || last.File.Kind != c.kind || int64(len(last.File.Content)) != c.file.Size || (last.Text == "Look") != c.caption || (len(calls) == 1) != c.caption {
			t.Errorf("%s: %d calls, the last %s", c.file.Name, len(calls), last.Body)
		}
		if named := strings.Contains(string(last.Body), `"filename"`); named != (c.kind == "document") {
			t.Errorf("%s: %s", c.file.Name, last.Body)
		}
	}
	p := newPlatform(t)
	if r := p.send(t, channel.Outgoing{Files: []channel.File{{Attachment: desk.Attachment{Size: 101 << 20}}}}); r.Outcome != channel.Refused {
		t.Errorf("too large: %+v", r)
	}
	if r := p.send(t, channel.Outgoing{Text: " \n"}); r.Outcome != channel.Refused || len(p.Calls()) != 0 {
		t.Errorf("nothing to send: %+v", r)
	}
}

func TestATemplateGoesInPlaceOfTheText(t *testing.T) {
	p := newPlatform(t)
	m := channel.Outgoing{Text: "Template order_update", Message: desk.Message{Template: &desk.Template{Name: "order_update", Language: "en_US", Values: []string{"Ada", "4711"}}}}
	if r := p.send(t, m); r.Outcome != channel.Accepted {
		t.Fatalf("got %+v", r)
	}
	if got := p.Sent(number, "")[0]; got.Text != "template order_update|Ada|4711" {
		t.Errorf("got %s", got.Body)
	}
	m.Message.Template.Language = ""
	if r := p.send(t, m); r.Outcome != channel.Refused || !strings.Contains(r.Detail, "template") {
		t.Errorf("a template without a language: %+v", r)
	}
}

func TestEachErrorOfThePlatformHasItsOutcome(t *testing.T) {
	for _, c := range []struct {
		status, code, tries int
		want                channel.Outcome
		words               string
		broken              bool
	}{
		{400, 131047, 0, channel.Refused, "window is over", false},
		{401, 190, 0, channel.Refused, "token", true},
		{401, 0, 0, channel.Refused, "token", true},
		{403, 10, 0, channel.Refused, "permission", true},
		{403, 200, 0, channel.Refused, "permission", true},
		{400, 368, 0, channel.Refused, "locked", true},
		{403, 131031, 0, channel.Refused, "locked", true},
		{400, 131026, 0, channel.Refused, "can't be reached", false},
		{400, 131049, 0, channel.Refused, "limit", false},
		{400, 131051, 0, channel.Refused, "kind", false},
		{400, 131008, 0, channel.Refused, "form", false},
		{400, 132001, 0, channel.Refused, "template", false},
		{400, 130472, 0, channel.Refused, "experiment", false},
		{400, 4, 0, channel.Again, "patience", false},
		{429, 80007, 9, channel.Again, "patience", false},
		{429, 130429, 9, channel.Again, "patience", false},
		{400, 131048, 9, channel.Again, "holds back", false},
		{400, 131056, 9, channel.Again, "patience", false},
		{400, 133016, 9, channel.Again, "trouble", false},
		{500, 131000, 1, channel.Again, "trouble", false},
		{500, 131000, 5, channel.Refused, "trouble", false},
		{400, 131053, 1, channel.Again, "file", false},
		{400, 131053, 5, channel.Refused, "file", false},
		{400, 135000, 1, channel.Again, "trouble", false},
		{500, 999999, 1, channel.Again, "999999", false},
		{400, 999999, 1, channel.Refused, "999999", false},
	} {
		p := newPlatform(t)
		p.Fail(graph.Fault{Path: "/messages", Kind: "error", Status: c.status, Code: c.code, Message: "words of Meta " + token})
		r := p.send(t, channel.Outgoing{Text: "x", Message: desk.Message{Tries: c.tries}})
		if r.Outcome != c.want || (r.Broken != "") != c.broken || !strings.Contains(r.Detail, c.words) || !strings.Contains(r.Detail, "words of Meta …") {
			t.Errorf("error %d at try %d: %+v", c.code, c.tries, r)
		}
	}
}

func TestWhatMayHaveArrivedIsNeverTriedAgain(t *testing.T) {
	for fault, want := range map[string]channel.Outcome{
		"garbage": channel.Lost, "empty": channel.Lost, "drop": channel.Lost, "504": channel.Lost, "502": channel.Lost, "hang": channel.Lost, "429": channel.Again,
	} {
		p := newPlatform(t)
		p.patience = 2 * time.Second
		p.Fail(graph.Fault{Path: "/messages", Kind: fault})
		if r := p.send(t, channel.Outgoing{Text: "x"}); r.Outcome != want || r.Detail == "" {
			t.Errorf("%s: %+v", fault, r)
		}
	}
	p := newPlatform(t)
	p.account.Settings["apiBase"] = "http://127.0.0.1:1"
	if r := p.send(t, channel.Outgoing{Text: "x"}); r.Outcome != channel.Again {
		t.Errorf("nobody there: %+v", r)
	}
	p.account.Settings["apiBase"] = "http://a b"
	if r := p.send(t, channel.Outgoing{Text: "x"}); r.Outcome != channel.Refused {
		t.Errorf("no address: %+v", r)
	}
	delete(p.account.Credentials, "accessToken")
	if r := p.send(t, channel.Outgoing{Text: "x"}); r.Outcome != channel.Refused {
		t.Errorf("no token: %+v", r)
	}
}

// received makes a customer send a file and gives the pending attachment.
func (p platform) received(t *testing.T, content []byte) desk.Attachment {
	t.Helper()
	_, body, _ := p.Write(t.Context(), graph.Writing{From: "15550001", Name: "Ada", Text: "see", File: &graph.File{Kind: "image", Name: "a.jpg", ContentType: "image/jpeg", Content: content}})
	r := replay()
	r.Account = p.account
	got := r.Parse(t, body)
	if len(got.Events) != 1 || len(got.Events[0].Attachments) != 1 || got.Events[0].Attachments[0].State != desk.PartPending {
		t.Fatalf("got %+v", got)
	}
	return got.Events[0].Attachments[0]
}

func TestAFileIsFetchedWithTheTokenAndItsSumIsChecked(t *testing.T) {
	p := newPlatform(t)
	part := p.received(t, []byte("the picture"))
	media, err := kind().Fetch(t.Context(), p.client, p.account, part)
	if err != nil {
		t.Fatal(err)
	}
	defer media.Body.Close()
	if got, err := io.ReadAll(media.Body); err != nil || string(got) != "the picture" || media.Size != 11 || media.ContentType != "image/jpeg" || media.Name != "image.jpg" {
		t.Errorf("%q %v %+v", got, err, media)
	}
	p.Fail(graph.Fault{Path: "media/" + part.Ref, Kind: "garbage"})
	media, err = kind().Fetch(t.Context(), p.client, p.account, part)
	if err != nil {
		t.Fatal(err)
	}
	defer media.Body.Close()
	if _, err := io.ReadAll(media.Body); err == nil || errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("other bytes than the sum is of: %v", err)
	}
}

func TestAFileThatCantBeHadIsToldApart(t *testing.T) {
	p := newPlatform(t)
	part := p.received(t, []byte("the picture"))
	fetch := func(part desk.Attachment) error {
		media, err := kind().Fetch(t.Context(), p.client, p.account, part)
		if err == nil {
			media.Body.Close()
		}
		return err
	}
	if err := fetch(desk.Attachment{Ref: "123"}); desk.CodeOf(err) != desk.NotFound {
		t.Errorf("an id of no file: %v", err)
	}
	if err := fetch(desk.Attachment{}); desk.CodeOf(err) != desk.NotFound {
		t.Errorf("no id: %v", err)
	}
	p.Fail(graph.Fault{Path: "media/" + part.Ref, Kind: "502"})
	if err := fetch(part); desk.CodeOf(err) != desk.Busy {
		t.Errorf("a gateway's trouble: %v", err)
	}
	p.Fail(graph.Fault{Path: part.Ref, Kind: "error", Code: 10})
	if err := fetch(part); desk.CodeOf(err) != desk.Busy {
		t.Errorf("a missing permission may be given: %v", err)
	}
	p.Fail(graph.Fault{Path: part.Ref, Kind: "empty"})
	if err := fetch(part); desk.CodeOf(err) != desk.NotFound {
		t.Errorf("no place: %v", err)
	}
}
