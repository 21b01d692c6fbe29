package email_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/channel/email"
	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/mime"
)

// post is a mail service that keeps what it gets.
type post struct {
	from string
	to   []string
	raw  []byte
	tags map[string]string
	lost bool
	err  error
}

func (p *post) Deliver(_ context.Context, from string, to []string, raw []byte, tags map[string]string) (string, bool, error) {
	p.from, p.to, p.raw, p.tags = from, to, raw, tags
	return "0100-abc", p.lost, p.err
}

type tokens struct{ err error }

func (k tokens) ReplyToken(_ context.Context, id desk.ConversationID) (string, error) {
	return strings.ToLower(string(id)) + ".sum", k.err
}

func (tokens) HMAC(context.Context, string, []byte) ([]byte, error) {
	return []byte{0, 0, 0, 0, 0, 188, 97, 78}, nil
}

func options(p *post) email.Options {
	return email.Options{Mailer: p, Tokens: tokens{}, Domain: "desk.example", Region: "eu-central-1", Now: func() time.Time {
		return time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	}}
}

func account() channel.Account {
	return channel.Account{
		Channel: "a-mail", Slug: "support", Inbox: "Support",
		Sender: desk.SenderIdentity{Company: "Example Ltd", Signature: `<p><b>{{fullName}}</b> ({{firstName}}, {{lastName}})<br><a href="https://example.com">Example</a></p>`},
	}
}

func message() channel.Outgoing {
	m := desk.Message{
		Kind: desk.KindMessage, Direction: desk.Outgoing, Conversation: "C1", Key: "K9", Channel: "a-mail",
		Author: desk.Author{Kind: desk.ByUser, Name: "Ada <Lovelace>"},
		To:     []desk.Address{{Name: "Ann Müller", Address: "ann@example.org"}}, Cc: []desk.Address{{Address: "carl@example.org"}},
		Bcc: []desk.Address{{Address: "secret@example.org"}, {Address: "ANN@example.org"}},
	}
	in := func(key desk.MessageKey, id string, refs ...string) desk.Message {
		return desk.Message{
			Kind: desk.KindMessage, Direction: desk.Incoming, Conversation: "C1", Key: key, Author: desk.Author{Name: "Ann", Address: "ann@example.org"},
			Mail: &desk.MessageMail{MessageID: id, References: refs},
		}
	}
	out := desk.Message{
		Kind: desk.KindMessage, Direction: desk.Outgoing, Conversation: "C1", Key: "K2",
		Providers: []string{"0100-old", "<0100-old@eu-central-1.amazonses.com>", "<0100-old@email.amazonses.com>"},
	}
	return channel.Outgoing{
		Key: m.ID(), Message: m, Text: "It is on its way.\n", Human: true, Conversation: desk.Conversation{ID: "C1", Subject: "Where is my order?", Ticket: 1042},
		Thread: []desk.Message{in("K1", "m1@example.org", "root@example.org"), {Kind: desk.KindComment, Text: "internal"}, out, in("K3", "m3@example.org", "m1@example.org")},
	}
}

func send(t *testing.T, p *post, a channel.Account, m channel.Outgoing) (*mime.Mail, channel.Result) {
	t.Helper()
	r := email.New(options(p)).Send(t.Context(), nil, a, m)
	return mime.ReadBytes(p.raw, mime.Limits{}), r
}

func TestAnAnswerIsAMailThatEveryReaderThreads(t *testing.T) {
	p := &post{}
	got, r := send(t, p, account(), message())
	if r.Outcome != channel.Accepted || fmt.Sprint(r.IDs) != "[0100-abc <0100-abc@eu-central-1.amazonses.com> <0100-abc@email.amazonses.com>]" {
		t.Fatalf("the result is %+v", r)
	}
	if got.From[0] != (mime.Address{Name: "Ada <Lovelace> at Example Ltd", Addr: "support@desk.example"}) || got.Subject != "Re: Where is my order?" {
		t.Errorf("from %+v, %q", got.From, got.Subject)
	}
	if got.To[0] != (mime.Address{Name: "Ann Müller", Addr: "ann@example.org"}) || got.Cc[0].Addr != "carl@example.org" || bytes.Contains(p.raw, []byte("secret@")) {
		t.Errorf("to %+v, cc %+v", got.To, got.Cc)
	}
	if p.from != "support@desk.example" || fmt.Sprint(p.to) != "[ann@example.org carl@example.org secret@example.org]" || p.tags["loket-message"] != "C1-K9" || p.tags["loket-channel"] != "a-mail" {
		t.Errorf("the envelope is %s to %q, tags %v", p.from, p.to, p.tags)
	}
	if got.ReplyTo[0].Addr != "reply+c1.sum@desk.example" || got.MessageID != "c1-k9@desk.example" || fmt.Sprint(got.InReplyTo) != "[m3@example.org]" {
		t.Errorf("reply to %+v, id %q, in reply to %q", got.ReplyTo, got.MessageID, got.InReplyTo)
	}
	want := "[root@example.org m1@example.org c1-k2@desk.example 0100-old@eu-central-1.amazonses.com m3@example.org c1-k9@desk.example]"
	if fmt.Sprint(got.References) != want {
		t.Errorf("references %q", got.References)
	}
	if got.Headers.Get("X-Loket-Message") != "c1-k9@desk.example" || got.Auto.Kind != "" {
		t.Errorf("the fields are %+v, automatic %+v", got.Headers, got.Auto)
	}
}

func TestTheSignatureStandsWhereReadersCutIt(t *testing.T) {
	p := &post{}
	got, _ := send(t, p, account(), message())
	if want := "It is on its way.\n\n-- \nAda <Lovelace> (Ada, <Lovelace>)\nExample"; !strings.HasPrefix(got.Text, want) {
		t.Errorf("the text is %q", got.Text)
	}
	if !strings.Contains(got.HTML, `<div class="loket-signature">`) || !strings.Contains(got.HTML, "Ada &lt;Lovelace&gt;") || !strings.Contains(got.HTML, "It is on its way.") {
		t.Errorf("the HTML is %q", got.HTML)
	}
	for _, visible := range []string{mime.VisibleText(got.Text, got.HTML), mime.VisibleText("", got.HTML)} {
		if visible != "It is on its way." {
			t.Errorf("a reader shows %q", visible)
		}
	}
	m := message()
	m.HTML, m.Text = "<p>Rich <b>text</b></p>", ""
	if got, _ = send(t, p, account(), m); !strings.HasPrefix(got.Text, "Rich text\n\n-- \n") || !strings.HasPrefix(got.HTML, "<p>Rich <b>text</b></p>") {
		t.Errorf("rich text became %q and %q", got.Text, got.HTML)
	}
	plain := account()
	plain.Sender.Signature = ""
	if got, _ = send(t, p, plain, message()); got.HTML != "" || got.Text != "It is on its way.\n" {
		t.Errorf("without a signature: %q and %q", got.Text, got.HTML)
	}
}

func TestTheIdentityDecidesWhoTheMailIsFrom(t *testing.T) {
	for name, c := range map[string]struct {
		sender desk.SenderIdentity
		human  bool
		want   mime.Address
	}{
		"agent and company":  {desk.SenderIdentity{FromName: "AGENT_AND_COMPANY", Company: "Acme"}, true, mime.Address{Name: "Ada <Lovelace> at Acme", Addr: "support@desk.example"}},
		"company":            {desk.SenderIdentity{FromName: "COMPANY", Company: "Acme"}, true, mime.Address{Name: "Acme", Addr: "support@desk.example"}},
		"nobody":             {desk.SenderIdentity{FromName: "AGENT_AND_COMPANY", Company: "Acme"}, false, mime.Address{Name: "Acme", Addr: "support@desk.example"}},
		"nothing is said":    {desk.SenderIdentity{}, true, mime.Address{Name: "Ada <Lovelace> at Support", Addr: "support@desk.example"}},
		"an address of ours": {desk.SenderIdentity{Company: "Acme", FromName: "COMPANY", Address: "help@acme.example"}, true, mime.Address{Name: "Acme", Addr: "help@acme.example"}},
	} {
		a, m, p := account(), message(), &post{}
		a.Sender, m.Human = c.sender, c.human
		if got, _ := send(t, p, a, m); got.From[0] != c.want || p.from != c.want.Addr {
			t.Errorf("%s: from %+v, envelope %s", name, got.From[0], p.from)
		}
	}
}

func TestASubjectIsAnsweredOnce(t *testing.T) {
	for subject, want := range map[string]string{
		"Order": "Re: Order", "Re: Order": "Re: Order", "AW: Order": "AW: Order", "RE[2]: Order": "RE[2]: Order", "Regarding: x": "Re: Regarding: x", "": "Re:", "回复：订单": "回复：订单",
	} {
		m := message()
		m.Conversation.Subject = subject
		if got, _ := send(t, &post{}, account(), m); got.Subject != want {
			t.Errorf("%q became %q", subject, got.Subject)
		}
	}
	m, a := message(), account()
	a.Settings = map[string]string{"ticketTag": "yes"}
	if got, _ := send(t, &post{}, a, m); got.Subject != "Re: Where is my order? [#1042]" {
		t.Errorf("with its number: %q", got.Subject)
	}
	m.Message.Subject = "A word [#1042]\r\nBcc: evil@example.org"
	if got, _ := send(t, &post{}, a, m); !strings.HasPrefix(got.Subject, "A word [#1042]") || len(got.Bcc) != 0 || strings.Count(got.Subject, "[#1042]") != 1 {
		t.Errorf("its own: %q, bcc %+v", got.Subject, got.Bcc)
	}
}

func TestAMailOfAMachineSaysSo(t *testing.T) {
	m := message()
	m.Human, m.Message.Author = false, desk.Author{Kind: desk.BySystem, Name: "Loket"}
	got, _ := send(t, &post{}, account(), m)
	if got.Auto.Kind != mime.AutoReply || got.Headers.Get("X-Auto-Response-Suppress") != "All" || strings.Contains(got.Text, "Loket") {
		t.Errorf("automatic %+v, text %q", got.Auto, got.Text)
	}
}

func TestAnAnswerToOneMessageNamesThatOne(t *testing.T) {
	m := message()
	m.Message.InReplyTo = "C1-K1"
	if got, _ := send(t, &post{}, account(), m); fmt.Sprint(got.InReplyTo) != "[m1@example.org]" {
		t.Errorf("in reply to %q", got.InReplyTo)
	}
	m.Thread, m.Message.InReplyTo = nil, ""
	if got, _ := send(t, &post{}, account(), m); len(got.InReplyTo) != 0 || fmt.Sprint(got.References) != "[c1-k9@desk.example]" {
		t.Errorf("a first mail: in reply to %q, references %q", got.InReplyTo, got.References)
	}
}

func TestWithoutRecipientsTheAnswerGoesBackToWhoWroteLast(t *testing.T) {
	m := message()
	m.Message.To, m.Message.Cc, m.Message.Bcc = nil, nil, nil
	m.Thread = append(m.Thread, desk.Message{Kind: desk.KindMessage, Direction: desk.Incoming, Muted: true, Author: desk.Author{Address: "robot@example.org"}})
	if got, _ := send(t, &post{}, account(), m); len(got.To) != 1 || got.To[0].Addr != "ann@example.org" {
		t.Errorf("to %+v", got.To)
	}
	m.Thread = nil
	p := &post{}
	if _, r := send(t, p, account(), m); r.Outcome != channel.Refused || p.raw != nil || !strings.Contains(r.Detail, "Nobody") {
		t.Errorf("to nobody: %+v", r)
	}
}

func file(name string, size int64, open func() (io.ReadCloser, error)) channel.File {
	return channel.File{
		Attachment: desk.Attachment{Name: name, ContentType: "application/octet-stream", Size: size},
		Open:       func(context.Context) (io.ReadCloser, error) { return open() },
	}
}

func bytesOf(b []byte) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }
}

func TestFilesAreSentByteForByte(t *testing.T) {
	m, p := message(), &post{}
	data := bytes.Repeat([]byte{0, 1, 2, 0xff, '\r', '\n', '.'}, 100_000)
	picture := file("l.png", 3, bytesOf([]byte("png")))
	picture.ContentType, picture.ContentID, picture.Inline = "image/png", "logo@x", true
	m.HTML, m.Files = `<img src="cid:logo@x">`, []channel.File{file("Übersicht 1.bin", int64(len(data)), bytesOf(data)), picture}
	if _, r := send(t, p, account(), m); r.Outcome != channel.Accepted {
		t.Fatalf("the result is %+v", r)
	}
	kept := keeper{}
	got, err := mime.Read(bytes.NewReader(p.raw), kept, mime.Limits{})
	if err != nil || len(got.Attachments) != 2 {
		t.Fatalf("%v, attachments %+v", err, got.Attachments)
	}
	for _, a := range got.Attachments {
		switch a.Name {
		case "Übersicht 1.bin":
			if !bytes.Equal(kept[a.Index].Bytes(), data) || a.Disposition != mime.Beside {
				t.Errorf("the file came as %d bytes, %+v", kept[a.Index].Len(), a)
			}
		case "l.png":
			if a.ContentID != "logo@x" || a.Disposition != mime.Inline {
				t.Errorf("the picture is %+v", a)
			}
		default:
			t.Errorf("an attachment is called %q", a.Name)
		}
	}
}

type keeper map[int]*kept

type kept struct{ bytes.Buffer }

func (*kept) Close() error { return nil }

func (k keeper) Attach(a mime.Attachment) (io.WriteCloser, error) {
	k[a.Index] = &kept{}
	return k[a.Index], nil
}

func TestWhatCannotBeSentIsRefusedInWordsAndWhatMayBeLaterIsTriedAgain(t *testing.T) {
	gone := func() (io.ReadCloser, error) { return nil, desk.Refuse(desk.NotFound, "x") }
	away := func() (io.ReadCloser, error) { return nil, errors.New("connection refused") }
	cut := func() (io.ReadCloser, error) {
		return io.NopCloser(io.MultiReader(strings.NewReader("a"), broken{})), nil
	}
	large := func() (io.ReadCloser, error) { return io.NopCloser(io.LimitReader(zeros{}, 31<<20)), nil }
	many := make([]desk.Address, 51)
	for i := range many {
		many[i].Address = fmt.Sprintf("a%d@example.org", i)
	}
	for name, c := range map[string]struct {
		change  func(*channel.Outgoing)
		outcome channel.Outcome
		words   string
	}{
		"a file that is gone":    {func(m *channel.Outgoing) { m.Files = []channel.File{file("a.pdf", 1, gone)} }, channel.Refused, "a.pdf is not here"},
		"a store that is away":   {func(m *channel.Outgoing) { m.Files = []channel.File{file("a.pdf", 1, away)} }, channel.Again, "tried again"},
		"a file that breaks off": {func(m *channel.Outgoing) { m.Files = []channel.File{file("a.pdf", 2, cut)} }, channel.Again, "tried again"},
		"too much":               {func(m *channel.Outgoing) { m.Files = []channel.File{file("a.bin", 31<<20, large)} }, channel.Refused, "40 MB"},
		"too many":               {func(m *channel.Outgoing) { m.Message.To = many }, channel.Refused, "54 recipients; it can have 50"},
		"a foreign domain":       {func(m *channel.Outgoing) { m.Message.To = []desk.Address{{Address: "a@müller.example"}} }, channel.Refused, "not an address that mail can be sent with"},
	} {
		m, p := message(), &post{}
		c.change(&m)
		if _, r := send(t, p, account(), m); r.Outcome != c.outcome || !strings.Contains(r.Detail, c.words) || p.raw != nil {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestTheMailServicesAnswerDecidesWhatBecameOfTheMail(t *testing.T) {
	for name, c := range map[string]struct {
		lost    bool
		err     error
		outcome channel.Outcome
		broken  bool
	}{
		"throttled":  {err: desk.Refuse(desk.Busy, "Slow down."), outcome: channel.Again},
		"rejected":   {err: desk.Refuse(desk.Invalid, "The mail was refused: not verified"), outcome: channel.Refused},
		"paused":     {err: desk.Refuse(desk.Forbidden, "Sending is paused."), outcome: channel.Refused, broken: true},
		"unknown":    {err: desk.Refuse(desk.Internal, "Not accepted."), outcome: channel.Refused},
		"unanswered": {lost: true, err: desk.Refuse(desk.Busy, "No answer."), outcome: channel.Lost},
	} {
		_, r := send(t, &post{lost: c.lost, err: c.err}, account(), message())
		if r.Outcome != c.outcome || (r.Broken != "") != c.broken || r.Detail == "" || len(r.IDs) != 0 {
			t.Errorf("%s: %+v", name, r)
		}
	}
	o := options(&post{})
	o.Tokens = tokens{desk.Refuse(desk.Busy, "The key is away.")}
	if r := email.New(o).Send(t.Context(), nil, account(), message()); r.Outcome != channel.Again {
		t.Errorf("without a token: %+v", r)
	}
	o = options(&post{})
	o.Domain = ""
	if k := email.New(o); k.Send(t.Context(), nil, account(), message()).Outcome != channel.Refused || k.Names != nil {
		t.Error("a mail was sent without a domain")
	}
}

func TestAMessageIsKnownByItsOwnIDBeforeItIsSent(t *testing.T) {
	if got := email.New(options(&post{})).Names(message()); fmt.Sprint(got) != "[<c1-k9@desk.example>]" {
		t.Errorf("it is known by %q", got)
	}
	if email.Describe().Names != nil {
		t.Error("who only describes mail names none")
	}
}
