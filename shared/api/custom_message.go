package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// The bounds of a message that a program posts: texts in characters, ids in bytes.
const (
	customTextLimit   = 1000000
	customThreadLimit = 512
	customIdemLimit   = 256
	customPeople      = 100
)

// customPost is a message as a program posts it.
type customPost struct {
	Text        *string                     `json:"text"`
	RichText    string                      `json:"richText"`
	Timestamp   json.RawMessage             `json:"timestamp"`
	Direction   string                      `json:"messageDirection"`
	Account     customID                    `json:"channelAccountId"`
	Senders     []channel.CustomParticipant `json:"senders"`
	Recipients  []channel.CustomParticipant `json:"recipients"`
	Attachments []json.RawMessage           `json:"attachments"`
	Thread      customID                    `json:"integrationThreadId"`
	Idem        customID                    `json:"integrationIdempotencyId"`
	InReplyTo   string                      `json:"inReplyToId"`
	Contact     customID                    `json:"associateWithContactId"`
	PreResolved *struct {
		Contacts []struct {
			ID customID `json:"contactVid"`
		} `json:"contacts"`
	} `json:"preResolvedContacts"`
}

// posted is a message that was understood, before its files, its contact and what it answers are looked up.
type posted struct {
	event   desk.Inbound
	files   []postedFile
	contact desk.ContactID
}

// read translates a post into an event of the account. All that is wrong is said together.
func (b customPost) read(x desk.CustomChannel, ch desk.Channel, now time.Time) (posted, error) {
	var wrong faults
	p := posted{event: desk.Inbound{Channel: ch.ID, Type: desk.InMessage, At: now, Custom: &desk.MessageCustom{}}}
	e := &p.event
	if b.Text == nil {
		wrong.add("text", isRequired)
	} else if e.Text = channel.Clean(*b.Text); utf8.RuneCountInString(e.Text) > customTextLimit || utf8.RuneCountInString(b.RichText) > customTextLimit {
		wrong.add("text", fmt.Sprintf("has at most %d characters", customTextLimit))
	}
	if at, ok := momentOf(b.Timestamp); ok {
		e.At = at
	} else if len(b.Timestamp) == 0 {
		wrong.add("timestamp", isRequired)
	} else {
		wrong.add("timestamp", "is a time such as 2026-01-31T12:00:00Z")
	}
	e.Custom.Senders = b.people("senders", ch.Type, b.Senders, &wrong)
	e.Custom.Recipients = b.people("recipients", ch.Type, b.Recipients, &wrong)
	other := e.Custom.Senders
	switch desk.Direction(b.Direction) {
	case desk.Incoming:
		if len(other) == 0 && b.Senders != nil {
			wrong.add("senders", "names at least one")
		}
	case desk.Outgoing:
		e.Type, other = desk.InEcho, e.Custom.Recipients
		if len(other) == 0 && b.Recipients != nil {
			wrong.add("recipients", "names at least one")
		}
	default:
		wrong.add("messageDirection", "is INCOMING or OUTGOING")
	}
	if len(other) > 0 {
		if who, err := channel.CustomIdentity(ch.Type, other[0]); err == nil {
			e.From = desk.Party{Identity: who, Name: strings.TrimSpace(channel.Clean(other[0].Name))}
			e.Thread = who.Value
		}
	}
	b.thread(x, e, &wrong)
	b.attach(&p, &wrong)
	p.contact = b.knownContact()
	if len(b.Idem) > customIdemLimit {
		wrong.add("integrationIdempotencyId", fmt.Sprintf("has at most %d bytes", customIdemLimit))
	}
	if b.Text != nil && strings.TrimSpace(e.Text) == "" && strings.TrimSpace(b.RichText) == "" && len(e.Attachments)+len(p.files) == 0 {
		wrong.add("text", "is empty, and there is no attachment either")
	}
	return p, wrong.refusal()
}

// thread decides by the channel's threading model what decides the conversation.
func (b customPost) thread(x desk.CustomChannel, e *desk.Inbound, wrong *faults) {
	if x.Capabilities.ThreadingModel == desk.ThreadByIdentifier {
		return
	}
	e.Thread = string(b.Thread)
	switch {
	case strings.TrimSpace(e.Thread) == "":
		wrong.add("integrationThreadId", isRequired+" by the channel's threading model "+desk.ThreadByIntegration)
	case len(e.Thread) > customThreadLimit:
		wrong.add("integrationThreadId", fmt.Sprintf("has at most %d bytes", customThreadLimit))
	}
}

// people reads the senders or recipients; each needs an address of a type that there is.
func (b customPost) people(at string, t desk.ChannelType, given []channel.CustomParticipant, wrong *faults) []desk.CustomParty {
	if given == nil {
		wrong.add(at, isRequired)
	}
	if len(given) > customPeople {
		wrong.add(at, fmt.Sprintf("names at most %d", customPeople))
		return nil
	}
	var out []desk.CustomParty
	for i, g := range given {
		below := fmt.Sprintf("%s[%d].", at, i)
		if g.Identifier == nil {
			wrong.add(below+"deliveryIdentifier", isRequired)
			continue
		}
		p := desk.CustomParty{
			Type: g.Identifier.Type, Value: strings.TrimSpace(channel.Clean(g.Identifier.Value)), Name: clipped(channel.Clean(g.Name), 200),
			Actor: clipped(firstOf(g.SenderActorID, g.ActorID), 200), Field: clipped(g.Field, 20),
		}
		_, err := channel.CustomIdentity(t, p)
		wrong.take(below, err)
		out = append(out, p)
	}
	return out
}

// clipped cuts a text to at most n bytes, on a whole character.
func clipped(s string, n int) string {
	if len(s) > n {
		s = strings.ToValidUTF8(s[:n], "")
	}
	return s
}

// momentOf reads a time as the contract writes it, or as milliseconds since 1970.
func momentOf(raw json.RawMessage) (time.Time, bool) {
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		text = string(raw)
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at.UTC(), at.Year() >= 1970
	}
	ms, err := strconv.ParseInt(text, 10, 64)
	return time.UnixMilli(ms).UTC(), err == nil && ms > 0 && ms < 1e14
}

// knownContact is the contact that the program knows the sender as; empty when it doesn't say.
func (b customPost) knownContact() desk.ContactID {
	if b.Contact != "" {
		return desk.ContactID(b.Contact)
	}
	if b.PreResolved != nil && len(b.PreResolved.Contacts) == 1 {
		return desk.ContactID(b.PreResolved.Contacts[0].ID)
	}
	return ""
}

// postCustom files a message while the program waits: the answer has the conversation's id.
func (a *API) postCustom(ctx context.Context, in customCall) (customAnswer, error) {
	x, err := registrationOf(in.who.cfg, in.channel)
	if err != nil {
		return customAnswer{}, err
	}
	var b customPost
	if err := decodeCustom(in.body, &b); err != nil {
		return customAnswer{}, err
	}
	ch, err := accountOf(in.who.cfg, x.ID, string(b.Account))
	if b.Account == "" || err != nil || ch.Deleted {
		ch = desk.Channel{Type: desk.CustomType(x.ID)}
	}
	p, err := b.read(x, ch, a.Now())
	switch {
	case b.Account == "":
		err = joined(desk.FieldError{Location: "channelAccountId", Message: isRequired}, err)
	case ch.ID == "":
		err = joined(desk.FieldError{Location: "channelAccountId", Message: "names no account of this channel"}, err)
	case err == nil && !ch.Active:
		err = desk.RefuseField("channelAccountId", "names an account that is switched off; it takes and sends nothing")
	}
	if err != nil {
		return customAnswer{}, err
	}
	p.event.ID = "post:" + a.Desk.NewID()
	if b.Idem == "" {
		return a.fileCustom(ctx, in, ch, b, p)
	}
	p.event.ID = "idem:" + string(b.Idem)
	name := "custom:" + string(ch.ID) + "/" + p.event.ID
	nonce, err := a.lease(ctx, name)
	if err != nil {
		return customAnswer{}, err
	}
	defer func() {
		if err := a.Desk.EndLease(context.WithoutCancel(ctx), name, nonce); err != nil {
			a.Log.WarnContext(ctx, "a lease was not given back; it ends by itself", "error", err)
		}
	}()
	return a.fileCustom(ctx, in, ch, b, p)
}

// joined adds a field to a refusal, or makes one.
func joined(f desk.FieldError, err error) error {
	all := faults{f}
	all.take("", err)
	return all.refusal()
}

// The lease of an idempotency id outlives the longest call; whoever finds it taken waits a little, since the other call is
// about to end.
const (
	customLease = 35 * time.Second
	leasePauses = 20
	leasePause  = 150 * time.Millisecond
)

func (a *API) lease(ctx context.Context, name string) (nonce string, err error) {
	for range leasePauses {
		nonce, taken, err := a.Desk.TakeLease(ctx, name, customLease)
		if err != nil || taken {
			return nonce, err
		}
		select {
		case <-ctx.Done():
			return "", desk.Refuse(desk.Busy, "There was no time left.").Because(ctx.Err())
		case <-time.After(leasePause):
		}
	}
	return "", desk.Refuse(desk.Busy, "The same message is being filed at this moment; try again.").After(2 * time.Second)
}

// fileCustom looks up what the message names, files it, and answers with it. A message that is there already is given as
// it is, after its filing was brought to an end if that had been cut short.
func (a *API) fileCustom(ctx context.Context, in customCall, ch desk.Channel, b customPost, p posted) (customAnswer, error) {
	before, err := a.filedCustom(ctx, ch, p.event.ID)
	if err != nil {
		return customAnswer{}, err
	}
	e := p.event
	if before != nil {
		e.Attachments, e.TextKey, e.HTMLKey, e.Answers, e.ReplyTo = before.Attachments, before.TextKey, before.HTMLKey, before.InReplyTo, before.ReplyTo
	} else if err := a.lookUp(ctx, in, b, &p); err != nil {
		return customAnswer{}, err
	} else {
		e = p.event
	}
	filed, err := a.Filer.File(ctx, e)
	if err != nil {
		return customAnswer{}, err
	}
	m, err := a.Desk.Message(ctx, filed.Conversation.Message(filed.Key))
	if desk.CodeOf(err) == desk.NotFound {
		return customAnswer{}, desk.Refuse(desk.Conflict, "This message was filed before, and has been deleted since.")
	}
	if err != nil {
		return customAnswer{}, err
	}
	shown, err := a.showCustom(ctx, ch, m)
	status := http.StatusCreated
	if filed.Duplicate {
		status = http.StatusOK
	}
	return customAnswer{status, shown}, err
}

// filedCustom is the message that an event has become already; nil when it is new.
func (a *API) filedCustom(ctx context.Context, ch desk.Channel, event string) (*desk.Message, error) {
	found, err := a.Desk.FindMessages(ctx, ch.ID, []string{event})
	if err != nil || found[event] == "" {
		return nil, err
	}
	m, err := a.Desk.Message(ctx, found[event])
	if desk.CodeOf(err) == desk.NotFound {
		return nil, nil //nolint:nilnil // it was claimed and not filed (yet): filing goes on with it
	}
	return &m, err
}

// lookUp finds the files, the message that is answered and the contact that a new message names, and puts long texts aside.
func (a *API) lookUp(ctx context.Context, in customCall, b customPost, p *posted) error {
	e := &p.event
	if b.InReplyTo != "" {
		to, err := a.Desk.Message(ctx, desk.MessageID(b.InReplyTo))
		if err == nil && to.Channel != e.Channel || err != nil && desk.CodeOf(err) == desk.NotFound {
			return desk.RefuseField("inReplyToId", "names no message of this account")
		}
		if err != nil {
			return err
		}
		e.Answers, e.ReplyTo = to.ID(), to.ProviderID
	}
	if err := a.takeFiles(ctx, in.who, p); err != nil {
		return err
	}
	if err := a.knowAs(ctx, in.who, p.contact, e.From); err != nil {
		return err
	}
	at := "texts/custom/" + desk.Digest(string(e.Channel), e.ID)
	if b.RichText != "" {
		html := channel.Clean(b.RichText)
		if err := a.Objects.Put(ctx, at+".html", "text/html; charset=utf-8", strings.NewReader(html), int64(len(html))); err != nil {
			return err
		}
		e.HTMLKey = at + ".html"
	}
	if len(e.Text) > inlineText {
		if err := a.Objects.Put(ctx, at+".txt", "text/plain; charset=utf-8", strings.NewReader(e.Text), int64(len(e.Text))); err != nil {
			return err
		}
		e.Text, e.TextKey = clipped(e.Text, beginning), at+".txt"
	}
	return nil
}

// knowAs gives a contact the sender's address, where nobody has it yet: from then on the sender is that contact. An
// address that is somebody's already proves more than what a program says.
func (a *API) knowAs(ctx context.Context, who *caller, id desk.ContactID, from desk.Party) error {
	if id == "" {
		return nil
	}
	if _, err := a.Desk.ContactOf(ctx, from.Identity); err == nil || desk.CodeOf(err) != desk.NotFound {
		return err
	}
	_, err := a.Desk.ChangeContact(ctx, id, who.audit("", string(id), ""), func(c *desk.Contact) error {
		if !slices.Contains(c.Identities, from.Identity) {
			c.Identities = append(slices.Clone(c.Identities), from.Identity)
		}
		return nil
	})
	switch {
	case err == nil || desk.CodeOf(err) == desk.Conflict: // somebody else got the address at this moment
		return nil
	case desk.CodeOf(err) == desk.NotFound:
		return desk.RefuseField("associateWithContactId", "names no contact")
	}
	return err
}
