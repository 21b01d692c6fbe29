package delivery

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

func TestAReplyIsSentWithOpenedCredentialsAndSettledAsSent(t *testing.T) {
	b := newBench()
	if err := b.send(t); err != nil {
		t.Fatal(err)
	}
	if len(b.platform.sent) != 1 {
		t.Fatalf("the platform was called %d times", len(b.platform.sent))
	}
	out, account := b.platform.sent[0], b.platform.by[0]
	if out.Key != "c1-01ARZ3NDEKTSV4RRFFQ69G5FAV" || out.To != "42" || out.Text != "hi" || !out.Human || out.LastIn.IsZero() {
		t.Errorf("sent %+v", out)
	}
	if account.Credentials["botToken"] != "secret for channel/ch1/botToken" {
		t.Errorf("with %v", account.Credentials)
	}
	if got := b.outbox.settled; len(got) != 1 || got[0].State != desk.Sent || got[0].IDs[0] != "42:7" {
		t.Errorf("settled as %+v", got)
	}
	if len(b.outbox.linked) != 1 || len(b.setup.health) != 0 {
		t.Errorf("linked %v, health %v", b.outbox.linked, b.setup.health)
	}
}

func TestWhatAPlatformAnswersIsWhatTheMessageSays(t *testing.T) {
	for name, c := range map[string]struct {
		answer channel.Result
		state  desk.State
		wait   time.Duration // of the job; 0: it is done
	}{
		"delivered at once": {channel.Result{Outcome: channel.Accepted, Delivered: true}, desk.Delivered, 0},
		"refused":           {channel.Result{Outcome: channel.Refused, Detail: "no"}, desk.Failed, 0},
		"blocked":           {channel.Result{Outcome: channel.Refused, Detail: "no", Blocked: true}, desk.Failed, 0},
		"no answer":         {channel.Result{Outcome: channel.Lost, Detail: "no"}, desk.Unknown, 0},
		"slow down":         {channel.Result{Outcome: channel.Again, Detail: "no", Wait: 30 * time.Second}, desk.Retrying, 30 * time.Second},
		"try again":         {channel.Result{Outcome: channel.Again, Detail: "no"}, desk.Retrying, 5 * time.Second},
		"much later":        {channel.Result{Outcome: channel.Again, Detail: "no", Wait: time.Hour}, desk.Retrying, 0},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench()
			b.platform.answer = c.answer
			err := b.send(t)
			got := b.outbox.settled[0]
			if got.State != c.state || got.Detail != c.answer.Detail {
				t.Errorf("settled as %+v", got)
			}
			if desk.WaitOf(err) != c.wait || (c.wait == 0) != (err == nil) || (err != nil && !desk.Transient(err)) {
				t.Errorf("the job: %v, to wait %v", err, desk.WaitOf(err))
			}
		})
	}
}

func TestTriesAreFurtherAndFurtherApartUntilADayIsOver(t *testing.T) {
	b := newBench()
	b.platform.answer = channel.Result{Outcome: channel.Again, Detail: "The platform is away."}
	var waits []time.Duration
	for tries := range 10 {
		b.outbox.turn.Message.Tries = tries + 1
		waits = append(waits, desk.WaitOf(b.send(t)))
	}
	if waits[0] != 5*time.Second || waits[1] != 10*time.Second || waits[9] != 15*time.Minute {
		t.Errorf("the waits are %v", waits)
	}
	b.now = b.now.Add(24 * time.Hour)
	if err := b.send(t); err != nil {
		t.Fatal(err)
	}
	last := b.outbox.settled[len(b.outbox.settled)-1]
	if last.State != desk.Failed || !strings.Contains(last.Detail, "The platform is away.") || !last.NotBefore.IsZero() {
		t.Errorf("after a day: %+v", last)
	}
}

func TestNothingIsSentThatIsNotOursToSend(t *testing.T) {
	for name, c := range map[string]struct {
		turn   desk.SendTurn
		wait   time.Duration
		parked bool
	}{
		"sent, failed, unknown or gone": {desk.SendTurn{Turn: desk.TurnDone}, 0, false},
		"being sent by another":         {desk.SendTurn{Turn: desk.TurnBusy, Wait: 30 * time.Second}, 31 * time.Second, false},
		"to be sent soon":               {desk.SendTurn{Turn: desk.TurnEarly, Wait: 10 * time.Minute}, 10 * time.Minute, false},
		"to be sent much later":         {desk.SendTurn{Turn: desk.TurnEarly, Wait: time.Hour}, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench()
			c.turn.Message.NotBefore = b.now.Add(c.turn.Wait)
			b.outbox.turn = c.turn
			err := b.send(t)
			if len(b.platform.sent) != 0 || len(b.outbox.settled) != 0 {
				t.Error("the platform was called")
			}
			if desk.WaitOf(err) != c.wait || (c.wait == 0) != (err == nil) {
				t.Errorf("the job: %v, to wait %v", err, desk.WaitOf(err))
			}
			if c.parked != b.outbox.parked.Equal(c.turn.Message.NotBefore) && c.parked {
				t.Errorf("parked until %v", b.outbox.parked)
			}
		})
	}
}

func TestARedeliveredJobOfASentMessageRepairsItsLinksOnly(t *testing.T) {
	b := newBench()
	b.outbox.turn = desk.SendTurn{Turn: desk.TurnDone, Message: desk.Message{Channel: "ch1", Providers: []string{"42:7"}}}
	if err := b.send(t); err != nil || len(b.platform.sent) != 0 {
		t.Fatal(err, b.platform.sent)
	}
	if len(b.outbox.linked) != 1 {
		t.Errorf("linked %v", b.outbox.linked)
	}
}

func TestAChannelThatCanNotBeUsedFailsTheMessageInWords(t *testing.T) {
	for words, break_ := range map[string]func(*bench){
		"The channel is switched off.": func(b *bench) { b.channel(func(c *desk.Channel) { c.Active = false }) },
		"The channel was deleted.":     func(b *bench) { b.channel(func(c *desk.Channel) { c.Deleted = true }) },
		"The channel's type fax is not known here.": func(b *bench) {
			b.channel(func(c *desk.Channel) { c.Type = "fax" })
		},
		"The channel's credentials can't be opened: connect the channel again.": func(b *bench) {
			b.opener.err = desk.Refuse(desk.Internal, "The seal is broken.")
		},
	} {
		t.Run(words, func(t *testing.T) {
			b := newBench()
			break_(b)
			if err := b.send(t); err != nil {
				t.Fatal(err)
			}
			if b.outbox.refused != words || len(b.platform.sent) != 0 || len(b.outbox.settled) != 0 {
				t.Errorf("refused %q, sent %v", b.outbox.refused, b.platform.sent)
			}
			if strings.Contains(words, "credentials") != (len(b.setup.health) == 1) {
				t.Errorf("the admin sees %v", b.setup.health)
			}
		})
	}
}

func TestAChannelThatIsNewToThisProcessIsFound(t *testing.T) {
	b := newBench()
	b.setup.old = &desk.Config{}
	if err := b.send(t); err != nil || len(b.platform.sent) != 1 {
		t.Errorf("%v, sent %v", err, b.platform.sent)
	}
}

func TestTroubleBeforeThePlatformIsCalledIsTriedAgain(t *testing.T) {
	busy := desk.Refuse(desk.Busy, "The table is busy; try again.")
	b := newBench()
	b.opener.err = busy
	if err := b.send(t); !errors.Is(err, busy) || len(b.outbox.settled) != 0 || b.outbox.refused != "" {
		t.Errorf("the key store is away: %v", err)
	}
	b = newBench()
	b.outbox.err = busy
	if err := b.send(t); !errors.Is(err, busy) {
		t.Errorf("the table is away: %v", err)
	}
	b = newBench()
	b.threads.err = busy
	if err := b.send(t); !desk.Transient(err) || b.outbox.settled[0].State != desk.Retrying || len(b.platform.sent) != 0 {
		t.Errorf("the table is away after the claim: %v, %+v", err, b.outbox.settled)
	}
}

func TestAnAnswerIsStoredEvenWhenTheJobsOwnTimeIsOver(t *testing.T) {
	b := newBench()
	ctx, cancel := context.WithCancel(t.Context())
	b.platform.during = func(context.Context) { cancel() }
	err := b.stage().Handle(ctx, []byte(`{"kind":"send","conv":"c1","msg":"`+string(key)+`","ch":"ch1"}`))
	if err != nil || len(b.outbox.settled) != 1 || b.outbox.settled[0].State != desk.Sent {
		t.Errorf("%v, settled %+v", err, b.outbox.settled)
	}
}

func TestAnAnswerThatCouldNotBeStoredBringsTheJobBack(t *testing.T) {
	b := newBench()
	b.outbox.lost = desk.Refuse(desk.Busy, "The table is busy; try again.")
	if err := b.send(t); !errors.Is(err, b.outbox.lost) {
		t.Errorf("the job: %v", err)
	}
}

func TestThePlatformHasLessTimeThanTheLeaseAndTheFunction(t *testing.T) {
	b := newBench()
	var left time.Duration
	b.platform.during = func(ctx context.Context) {
		end, _ := ctx.Deadline()
		left = time.Until(end)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	body := []byte(`{"kind":"send","conv":"c1","msg":"` + string(key) + `","ch":"ch1"}`)
	if err := b.stage().Handle(ctx, body); err != nil {
		t.Fatal(err)
	}
	if left > 20*time.Second-settleTime || left < 20*time.Second-settleTime-5*time.Second || left+settleTime > lease {
		t.Errorf("the platform had %v", left)
	}
	short, cancel := context.WithTimeout(t.Context(), 8*time.Second)
	defer cancel()
	if err := b.stage().Handle(short, body); !desk.Transient(err) || len(b.platform.sent) != 1 {
		t.Errorf("a send was begun without the time for it: %v", err)
	}
}

func TestABrokenChannelIsShownToItsAdminOnceAndWellAgainWhenItSends(t *testing.T) {
	b := newBench()
	b.platform.answer = channel.Result{Outcome: channel.Refused, Detail: "401", Broken: "The bot token was revoked."}
	if err := b.send(t); err != nil {
		t.Fatal(err)
	}
	if len(b.setup.health) != 1 || b.setup.health[0].State != desk.HealthBroken || b.setup.health[0].Detail != "The bot token was revoked." {
		t.Fatalf("the admin sees %v", b.setup.health)
	}
	b.channel(func(c *desk.Channel) { c.Health = b.setup.health[0] })
	if err := b.send(t); err != nil || len(b.setup.health) != 1 {
		t.Errorf("told again: %v, %v", b.setup.health, err)
	}
	b.platform.answer = channel.Result{Outcome: channel.Accepted}
	if err := b.send(t); err != nil || len(b.setup.health) != 2 || b.setup.health[1].State != desk.HealthOK {
		t.Errorf("well again: %v, %v", b.setup.health, err)
	}
}

func TestAnAnswerNamesTheMessageItAnswersByThePlatformsId(t *testing.T) {
	for name, c := range map[string]struct {
		original desk.Message
		want     string
	}{
		"theirs":                   {desk.Message{Channel: "ch1", ProviderID: "42:5"}, "42:5"},
		"ours":                     {desk.Message{Channel: "ch1", Providers: []string{"42:6", "x"}}, "42:6"},
		"not sent yet":             {desk.Message{Channel: "ch1"}, ""},
		"of another channel":       {desk.Message{Channel: "ch2", ProviderID: "9"}, ""},
		"gone, which is no reason": {desk.Message{Channel: "gone"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench()
			b.outbox.turn.Message.InReplyTo = "c1-k0"
			if c.original.Channel != "gone" {
				b.threads.messages["c1-k0"] = c.original
			}
			if err := b.send(t); err != nil || b.platform.sent[0].ReplyTo != c.want {
				t.Errorf("answers %q, want %q (%v)", b.platform.sent[0].ReplyTo, c.want, err)
			}
		})
	}
}

func TestFilesAndLongTextsComeFromTheObjectStore(t *testing.T) {
	b := newBench()
	b.objects.kept["texts/1"], b.objects.kept["uploads/1"] = "a long text", "bytes"
	m := &b.outbox.turn.Message
	m.TextKey = "texts/1"
	m.Attachments = []desk.Attachment{{ID: "0", Name: "a.pdf", ContentType: "application/pdf", State: desk.PartStored, Key: "uploads/1"}}
	if err := b.send(t); err != nil {
		t.Fatal(err)
	}
	out := b.platform.sent[0]
	if out.Text != "a long text" || len(out.Files) != 1 {
		t.Fatalf("sent %+v", out)
	}
	body, err := out.Files[0].Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(body); string(got) != "bytes" || err != nil {
		t.Errorf("the file holds %q, %v", got, err)
	}
	if link, err := out.Files[0].URL(t.Context()); err != nil || !strings.Contains(link, "uploads/1?name=a.pdf") {
		t.Errorf("its link is %q, %v", link, err)
	}
}

func TestAMessageWhoseFileOrTextIsGoneFailsAndIsNotSentWithoutIt(t *testing.T) {
	for name, m := range map[string]desk.Message{
		"a file never stored": {Attachments: []desk.Attachment{{Name: "a.pdf"}}},
		"a text that is gone": {TextKey: "texts/gone"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench()
			b.outbox.turn.Message.Attachments, b.outbox.turn.Message.TextKey = m.Attachments, m.TextKey
			if err := b.send(t); err != nil || len(b.platform.sent) != 0 {
				t.Fatal(err, b.platform.sent)
			}
			if got := b.outbox.settled[0]; got.State != desk.Failed || got.Detail == "" {
				t.Errorf("settled as %+v", got)
			}
		})
	}
}

func TestAJobThatCanNotBeReadOrThatNobodyDoesIsRefusedInWords(t *testing.T) {
	b := newBench()
	if err := b.stage().Handle(t.Context(), []byte("{")); desk.CodeOf(err) != desk.Malformed {
		t.Errorf("unreadable: %v", err)
	}
	if err := b.handle(t, desk.OutboundJob{Kind: "dance"}); desk.CodeOf(err) != desk.Unsupported {
		t.Errorf("unknown: %v", err)
	}
}
