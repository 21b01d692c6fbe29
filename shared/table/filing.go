package table

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/loket-desk/loket/shared/desk"
)

// Filing an inbound message is three writes, each safe to repeat: claim its provider id, file the message, announce it in
// the conversation's head. A router may be ended between any two of them and another may work on the same thread: the
// order keeps a message that nobody has seen from ever lying in a conversation that does not wait.

// claimAge is how old an unfinished-looking claim must be before a redelivery counts as a duplicate, where the head can't
// tell: the eight keys that it remembers may have been pushed out by newer ones.
const claimAge = 15 * time.Minute

// claim is the EXT item: which message an event became.
type claim struct {
	made bool
	gone bool // purged for good
	conv desk.ConversationID
	key  desk.MessageKey
	at   time.Time
}

// FileInbound files an inbound message exactly once, whatever else happens at the same time, and says where it lies.
// It is safe to repeat after any error.
func (t *Table) FileInbound(ctx context.Context, f desk.Filing) (desk.Filed, error) {
	for range tries {
		filed, done, err := t.fileOnce(ctx, &f)
		if err != nil || done {
			return filed, err
		}
		if err := pause(ctx); err != nil {
			return desk.Filed{}, err
		}
	}
	return desk.Filed{}, desk.Refuse(desk.Busy, "Many messages of one thread at once; try again.")
}

// fileOnce goes once through the steps; done is false when somebody was faster somewhere and it has to start over.
func (t *Table) fileOnce(ctx context.Context, f *desk.Filing) (filed desk.Filed, done bool, err error) {
	x, err := t.claimOf(ctx, f.Channel, f.Ext)
	if err != nil {
		return filed, false, err
	}
	if x.gone {
		return desk.Filed{Duplicate: true}, true, nil
	}
	id := x.conv
	if !x.made {
		if id, err = t.target(ctx, f); err != nil {
			return filed, false, err
		}
	}
	h, err := t.liveHead(ctx, id)
	if err != nil {
		return filed, false, err
	}
	if h == nil && !x.made && f.Join != "" { // purged since the evidence was found
		f.Join = ""
		return filed, false, nil
	}
	if x.made {
		dup, err := t.filedBefore(ctx, f, x, h)
		if err != nil || dup {
			return desk.Filed{Conversation: x.conv, Key: x.key, Duplicate: true}, dup, err
		}
	}
	if h != nil && t.takesNoMore(h, f) {
		return t.move(ctx, f, x, h)
	}
	return t.claimAndFile(ctx, f, x, id, h)
}

// claimAndFile is the common way: claim, point and introduce where the conversation is new, file, announce.
func (t *Table) claimAndFile(ctx context.Context, f *desk.Filing, x claim, id desk.ConversationID, h *head) (filed desk.Filed, done bool, err error) {
	if id == "" {
		id = desk.ConversationID(t.NewID())
	}
	if h != nil && !x.made {
		id = h.ID
	}
	if !x.made {
		x = claim{made: true, conv: id, key: t.keyAfter(lastKey(h)), at: t.now()}
		if lost, err := t.claim(ctx, f, x); err != nil || lost {
			return filed, false, err
		}
	}
	if h == nil {
		if h, err = t.begin(ctx, f, x); err != nil || h == nil {
			return filed, false, err
		}
	}
	reopens := h.read != nil && h.State == desk.Closed && !f.Muted
	if err := t.fileMessage(ctx, f, x, reopens); err != nil {
		return filed, false, err
	}
	isNew := h.read == nil
	h.announce(f, x.key, t.now())
	refused, err := t.saveAnnounced(ctx, f, h)
	if err != nil || refused {
		return filed, false, err
	}
	return desk.Filed{Conversation: x.conv, Key: x.key, New: isNew, Reopened: reopens}, true, nil
}

func lastKey(h *head) desk.MessageKey {
	if h == nil {
		return ""
	}
	return max(h.LastIn, h.LastOut)
}

func (t *Table) claimOf(ctx context.Context, ch desk.ChannelID, ext string) (claim, error) {
	it, ok, err := t.get(ctx, extKey(ch, ext))
	if err != nil || !ok {
		return claim{}, err
	}
	return claim{
		made: getStr(it, "c") != "", gone: getFlag(it, "gone"), conv: desk.ConversationID(getStr(it, "c")),
		key: desk.MessageKey(getStr(it, "k")), at: getTime(it, "t"),
	}, nil
}

// target is the conversation that the message is to join: what evidence proved, else what the thread's pointer names;
// empty for a fresh one. Where the thread value proves nothing and its conversation does not know the sender, the thread
// becomes one of the message's own.
func (t *Table) target(ctx context.Context, f *desk.Filing) (desk.ConversationID, error) {
	if f.Join != "" {
		return f.Join, nil
	}
	id, err := t.pointer(ctx, f.Channel, f.Thread)
	if err != nil || id == "" || !f.OnlyParticipants {
		return id, err
	}
	known, err := t.TakesPart(ctx, id, f.From.Value)
	if err != nil || known {
		return id, err
	}
	f.Follows = id
	f.Thread = ownThread(f)
	return t.pointer(ctx, f.Channel, f.Thread)
}

func ownThread(f *desk.Filing) string { return "own:" + f.Ext }

func (t *Table) pointer(ctx context.Context, ch desk.ChannelID, thread string) (desk.ConversationID, error) {
	it, ok, err := t.get(ctx, threadKey(ch, thread))
	if err != nil || !ok {
		return "", err
	}
	return desk.ConversationID(getStr(it, "c")), nil
}

// liveHead reads a head, following merges; nil when there is none (yet).
func (t *Table) liveHead(ctx context.Context, id desk.ConversationID) (*head, error) {
	for range 8 {
		if id == "" {
			return nil, nil
		}
		h, ok, err := t.head(ctx, id)
		if err != nil || !ok {
			return nil, err
		}
		if h.Into == "" {
			return h, nil
		}
		id = h.Into
	}
	return nil, desk.Refuse(desk.Internal, "Conversations are merged in a circle.")
}

// filedBefore reports whether a claimed event is wholly done: its message is there and announced.
func (t *Table) filedBefore(ctx context.Context, f *desk.Filing, x claim, h *head) (bool, error) {
	if h == nil {
		return false, nil
	}
	old := t.now().Sub(x.at) > claimAge && !f.Replayed && !(h.ID == x.conv && h.neverAnnounced(x.key))
	if !h.hasAnnounced(x.key) && !old {
		return false, nil
	}
	_, there, err := t.get(ctx, messageKey(x.conv, x.key))
	return there, err
}

// takesNoMore reports whether messages to this conversation begin a new one instead.
func (t *Table) takesNoMore(h *head, f *desk.Filing) bool {
	if h.Place == desk.Trash || h.Place == desk.Purging || h.Blocked {
		return true
	}
	if h.State != desk.Closed || f.Muted {
		return false
	}
	switch f.Reopen.Policy {
	case desk.AlwaysNew:
		return true
	case desk.ReopenWithin:
		return t.now().Sub(h.ClosedAt) > time.Duration(f.Reopen.Days)*24*time.Hour
	}
	return false
}

// claim binds the event's provider id to a conversation and a key. An early status may lie there already; from now on the
// item is kept for good.
func (t *Table) claim(ctx context.Context, f *desk.Filing, x claim) (lost bool, err error) {
	args := item{":c": str(string(x.conv)), ":k": str(string(x.key)), ":t": moment(x.at)}
	_, err = t.db.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &t.name, Key: extKey(f.Channel, f.Ext).attrs(), ExpressionAttributeValues: args, ExpressionAttributeNames: claimNames(),
		UpdateExpression: aws.String(claimSet), ConditionExpression: aws.String(claimFree),
	})
	return t.outcome("claim an event", err)
}

// The claim's expressions; "ttl" is a reserved word.
const (
	claimSet  = "SET c = :c, k = :k, t = :t REMOVE #ttl"
	claimFree = "attribute_not_exists(c) AND attribute_not_exists(gone)"
)

func claimNames() map[string]string { return map[string]string{"#ttl": "ttl"} }

// begin prepares a new conversation: the thread's pointer, the contact and their link. A nil head means that somebody
// else began it first and the claim now names theirs: start over.
func (t *Table) begin(ctx context.Context, f *desk.Filing, x claim) (*head, error) {
	refused, err := t.point(ctx, f.Channel, f.Thread, x.conv)
	if err != nil {
		return nil, err
	}
	if refused {
		theirs, err := t.pointer(ctx, f.Channel, f.Thread)
		if err != nil {
			return nil, err
		}
		joins, err := t.mayFollow(ctx, f, theirs)
		if err != nil {
			return nil, err
		}
		if joins {
			return nil, t.rebase(ctx, f, x, theirs)
		}
		f.Follows, f.Thread = theirs, ownThread(f)
		if refused, err = t.point(ctx, f.Channel, f.Thread, x.conv); err != nil || refused {
			return nil, err
		}
	}
	contact, err := t.introduce(ctx, f, x.conv)
	if err != nil {
		return nil, err
	}
	h := &head{Conversation: desk.Conversation{
		ID: x.conv, Inbox: f.Inbox, Channel: f.Channel, Thread: f.Thread, Contact: contact.ID, Name: contact.Name,
		Subject: f.Subject, State: desk.Open, Place: f.Place, CreatedAt: t.now(), Previous: f.Follows, Assignee: f.Assignee,
	}}
	switch {
	case f.Message.Direction == desk.Outgoing:
		h.Outbound = true
	case f.Muted:
		h.State, h.ClosedAt = desk.Closed, t.now()
	}
	return h, nil
}

// point makes the thread's pointer name conv unless it names another.
func (t *Table) point(ctx context.Context, ch desk.ChannelID, thread string, conv desk.ConversationID) (refused bool, err error) {
	it := threadKey(ch, thread).item()
	it["c"] = str(string(conv))
	return t.put(ctx, it, "attribute_not_exists(pk) OR c = :c", item{":c": str(string(conv))})
}

func (t *Table) mayFollow(ctx context.Context, f *desk.Filing, id desk.ConversationID) (bool, error) {
	if !f.OnlyParticipants {
		return true, nil
	}
	return t.TakesPart(ctx, id, f.From.Value)
}

// rebase makes the claim name another conversation, if it is still ours as read.
func (t *Table) rebase(ctx context.Context, f *desk.Filing, x claim, conv desk.ConversationID) error {
	_, err := t.update(ctx, extKey(f.Channel, f.Ext), "SET c = :new", "c = :c AND k = :k",
		item{":new": str(string(conv)), ":c": str(string(x.conv)), ":k": str(string(x.key))})
	return err
}

// fileMessage puts the message, who takes part, its aliases and the reopening event: each if absent, under keys that are
// the same on every try.
func (t *Table) fileMessage(ctx context.Context, f *desk.Filing, x claim, reopens bool) error {
	if err := t.addTakers(ctx, x.conv, f.Takers); err != nil {
		return err
	}
	if reopens {
		event := desk.Message{
			Conversation: x.conv, Key: keyBefore(x.key), Kind: desk.KindEvent, At: x.at,
			Author: desk.Author{Kind: desk.BySystem}, Change: &desk.Change{What: "reopened", From: string(desk.Closed), To: string(desk.Open)},
		}
		if _, err := t.putNew(ctx, encodeMessage(event)); err != nil {
			return err
		}
	}
	if _, err := t.putNew(ctx, t.inbound(f, x)); err != nil {
		return err
	}
	for _, alias := range f.Aliases {
		if err := t.putAlias(ctx, f.Channel, alias, x.conv, x.key); err != nil {
			return err
		}
	}
	return nil
}

// inbound is the MSG item of the filing under the claim's key.
func (t *Table) inbound(f *desk.Filing, x claim) item {
	m := f.Message
	m.Conversation, m.Key, m.At = x.conv, x.key, x.at
	it := encodeMessage(m)
	if len(m.Pending()) > 0 {
		it["q"], it["g3"], it["h3"] = str("media"), str(workShard), moment(t.now().Add(sweepAfter))
	}
	return it
}

// putAlias makes a message be found under a further provider id; the first to use an id keeps it.
func (t *Table) putAlias(ctx context.Context, ch desk.ChannelID, alias string, conv desk.ConversationID, k desk.MessageKey) error {
	it := extKey(ch, alias).item()
	it["c"], it["k"], it["t"] = str(string(conv)), str(string(k)), moment(t.now())
	_, err := t.putNew(ctx, it)
	return err
}

// announce makes the head tell of the message.
func (h *head) announce(f *desk.Filing, k desk.MessageKey, now time.Time) {
	reopened := h.State == desk.Closed && !f.Muted
	begins := h.read == nil && !f.Muted
	turns := h.read != nil && !f.Muted && h.Waiting.IsZero() && h.Ticket != 0 // the ticket tells whose turn it is
	h.Announced++
	h.announced = append(h.announced, k)
	if len(h.announced) > keptAnnounced {
		h.announced = h.announced[len(h.announced)-keptAnnounced:]
	}
	if k > max(h.LastIn, h.LastOut) {
		h.Preview, h.LastAt = f.Preview, now
	}
	if f.Message.Direction == desk.Outgoing { // it was sent elsewhere
		if k > max(h.LastIn, h.LastOut) {
			h.Waiting = time.Time{}
		}
		h.LastOut = max(h.LastOut, k)
	} else {
		h.LastIn = max(h.LastIn, k)
	}
	if f.Muted {
		return
	}
	h.Unread = k
	if reopened && h.Assignee == "" && h.Team == "" {
		h.ByHand = false // that a person left it to nobody was before it was closed
	}
	h.State, h.ClosedAt, h.Outbound = desk.Open, time.Time{}, false
	if h.Waiting.IsZero() {
		h.Waiting = now
	}
	switch {
	case f.Work != "" && (begins || reopened):
		h.Work = workName(f.Work, h.Announced)
	case reopened && h.Assignee != "", turns && h.Work == "": // it counts to a load again, or its ticket moves on
		h.Work = workName(desk.WorkOpen, h.Announced)
	}
}
