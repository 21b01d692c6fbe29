package table

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/oklog/ulid/v2"

	"github.com/loket-desk/loket/shared/desk"
)

// head is a conversation's HEAD item: what it says, its version, the keys it announced last, and the item as it was read,
// so that an attribute that a newer version of the product wrote is not lost by an older one.
type head struct {
	desk.Conversation
	version   int64
	announced []desk.MessageKey // the last eight, oldest first
	read      item              // nil for a new one
}

// listEvery bounds how often activity alone moves a conversation in its list: an index key change costs two writes.
const listEvery = 10 * time.Minute

// headLimit keeps a head below the first kilobyte, so that a write of it is one write unit. The preview gives way.
const headLimit = 1000

// keptAnnounced is how many announced keys a head remembers.
const keptAnnounced = 8

func decodeHead(it item) head {
	c := desk.Conversation{
		ID:        desk.ConversationID(strings.TrimPrefix(getStr(it, "pk"), "CONV#")),
		Inbox:     desk.InboxID(getStr(it, "ib")),
		Channel:   desk.ChannelID(getStr(it, "ch")),
		Thread:    getStr(it, "tv"),
		Contact:   desk.ContactID(getStr(it, "ct")),
		Name:      getStr(it, "cn"),
		Subject:   getStr(it, "sj"),
		State:     desk.Open,
		Place:     desk.Place(getStr(it, "pl")),
		Blocked:   getFlag(it, "bl"),
		Assignee:  desk.UserID(getStr(it, "as")),
		Team:      desk.TeamID(getStr(it, "tm")),
		ByHand:    getFlag(it, "hd"),
		Ticket:    getNum(it, "tk"),
		Preview:   getStr(it, "pv"),
		Announced: getNum(it, "av"),
		Unread:    desk.MessageKey(getStr(it, "un")),
		Waiting:   getTime(it, "wa"),
		LastIn:    desk.MessageKey(getStr(it, "li")),
		LastOut:   desk.MessageKey(getStr(it, "ok")),
		LastAt:    getTime(it, "lm"),
		CreatedAt: getTime(it, "cr"),
		ClosedAt:  getTime(it, "cl"),
		Previous:  desk.ConversationID(getStr(it, "pr")),
		Into:      desk.ConversationID(getStr(it, "into")),
		Work:      getStr(it, "q"),
		Outbound:  getFlag(it, "ob"),
		Consent:   getStr(it, "cs"),
	}
	if getFlag(it, "x") {
		c.State = desk.Closed
	}
	if c.Place == "" {
		c.Place = desk.InInbox
	}
	h1, _, _ := strings.Cut(getStr(it, "h1"), "#")
	if ms, err := strconv.ParseInt(h1, 10, 64); err == nil {
		c.Listed = time.UnixMilli(ms).UTC()
	}
	return head{Conversation: c, version: getNum(it, "v"), announced: splitKeys(getBlob(it, "an")), read: it}
}

// encode makes the item that says what h says, on top of what was read, with the indexes that follow from it.
func (h *head) encode(now time.Time) item {
	it := headKey(h.ID).item()
	for name, v := range h.read {
		it[name] = v
	}
	putStr(it, "ib", string(h.Inbox))
	putStr(it, "ch", string(h.Channel))
	putStr(it, "tv", brief(h.Thread))
	putStr(it, "ct", string(h.Contact))
	putStr(it, "cn", clip(h.Name, 48))
	putStr(it, "sj", clip(h.Subject, 100))
	putFlag(it, "x", h.State == desk.Closed)
	if h.Place == desk.InInbox {
		delete(it, "pl")
	} else {
		putStr(it, "pl", string(h.Place))
	}
	putFlag(it, "bl", h.Blocked)
	putStr(it, "as", string(h.Assignee))
	putStr(it, "tm", string(h.Team))
	putFlag(it, "hd", h.ByHand)
	putNum(it, "tk", h.Ticket)
	putStr(it, "pv", clip(h.Preview, 120))
	putNum(it, "av", h.Announced)
	putStr(it, "un", string(h.Unread))
	putTime(it, "wa", h.Waiting)
	putStr(it, "li", string(h.LastIn))
	putStr(it, "ok", string(h.LastOut))
	putTime(it, "lm", h.LastAt)
	putTime(it, "cr", h.CreatedAt)
	putTime(it, "cl", h.ClosedAt)
	putStr(it, "pr", string(h.Previous))
	putStr(it, "into", string(h.Into))
	putFlag(it, "ob", h.Outbound)
	putStr(it, "cs", h.Consent)
	if len(h.announced) > 0 {
		it["an"] = blob(joinKeys(h.announced))
	}
	it["v"] = num(h.version + 1)
	h.work(it, now)
	h.index(it)
	if over := sizeOf(it) - headLimit; over > 0 {
		it["pv"] = str(clip(getStr(it, "pv"), max(0, len(getStr(it, "pv"))-over)))
	}
	return it
}

// work marks what the dispatcher has to hand on, and when the sweeper should begin to worry about it.
func (h *head) work(it item, now time.Time) {
	if h.Work == "" {
		delete(it, "q")
		delete(it, "g3")
		delete(it, "h3")
		return
	}
	if getStr(it, "q") != h.Work {
		it["q"], it["g3"], it["h3"] = str(h.Work), str(workShard), moment(now.Add(sweepAfter))
	}
}

// index sets the list entries. The list's time moves with the state and the turn, and otherwise only when it is more
// than listEvery behind: Listed is what the entry says now.
func (h *head) index(it item) {
	g1 := string(h.Inbox) + "#" + string(h.View()) + "#0"
	turn := h.read == nil || getStr(h.read, "g1") != g1 || (getNum(h.read, "wa") == 0) != h.Waiting.IsZero()
	if turn || h.LastAt.Sub(h.Listed) > listEvery {
		h.Listed = h.LastAt
	}
	it["g1"], it["h1"] = str(g1), str(stamp(h.Listed)+"#"+string(h.ID))
	if h.Into != "" {
		delete(it, "g1")
		delete(it, "h1")
	}
	delete(it, "g2")
	delete(it, "h2")
	if h.Assignee != "" && h.Into == "" && h.Place == desk.InInbox {
		state := "open"
		if h.State == desk.Closed {
			state = "closed"
		}
		since := h.Waiting
		if since.IsZero() {
			since = h.Listed
		}
		it["g2"], it["h2"] = str(string(h.Assignee)+"#"+state), str(stamp(since)+"#"+string(h.ID))
	}
}

// stamp is a time as 13 digits of Unix milliseconds: sorts as text.
func stamp(t time.Time) string { return fmt.Sprintf("%013d", max(t.UnixMilli(), 0)) }

// clip cuts a text to at most n bytes, on a whole character.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xc0 == 0x80 {
		n--
	}
	return s[:n]
}

// head reads a conversation's head; found is false when there is none.
func (t *Table) head(ctx context.Context, id desk.ConversationID) (*head, bool, error) {
	it, ok, err := t.get(ctx, headKey(id))
	if err != nil || !ok {
		return nil, false, err
	}
	h := decodeHead(it)
	return &h, true, nil
}

// Conversation reads a conversation strongly. NotFound when it isn't there.
func (t *Table) Conversation(ctx context.Context, id desk.ConversationID) (desk.Conversation, error) {
	it, err := t.mustGet(ctx, headKey(id), "There is no such conversation.")
	if err != nil {
		return desk.Conversation{}, err
	}
	return decodeHead(it).Conversation, nil
}

// headPut writes a head if nobody else wrote it since it was read.
func (t *Table) headPut(h *head) types.TransactWriteItem {
	cond, args := h.unchanged()
	return t.putIn(h.encode(t.now()), cond, args)
}

func (h *head) unchanged() (string, item) {
	if h.read == nil {
		return "attribute_not_exists(pk)", nil
	}
	return "v = :v", item{":v": num(h.version)}
}

// saveHead puts a head as one write; refused means somebody else wrote it since.
func (t *Table) saveHead(ctx context.Context, h *head) (refused bool, err error) {
	cond, args := h.unchanged()
	return t.put(ctx, h.encode(t.now()), cond, args)
}

// Seen is the token that a client gets with a conversation: acts that depend on what was seen carry it back.
func Seen(c desk.Conversation) string { return "s" + strconv.FormatInt(c.Announced, 10) }

// tries bounds how often a change that lost a race is made again.
const tries = 12

// ChangeConversation changes a conversation and tells it in the thread, in one transaction, with the loads of whoever had
// it and has it now. act changes the head that was just read and says what happened; an error of its own refuses the
// change, and no changes with no error is nothing to do. With a seen token the act is a Conflict when a newer message came
// in since.
func (t *Table) ChangeConversation(ctx context.Context, id desk.ConversationID, seen string, by desk.Author,
	act func(*desk.Conversation) ([]desk.Change, error), extra ...types.TransactWriteItem,
) (desk.Conversation, error) {
	return t.changeBeside(ctx, id, seen, by, act, "", func() []types.TransactWriteItem { return extra })
}

// changeBeside is ChangeConversation with further writes, asked for after each act. given is whose load one of them
// counts the conversation to.
func (t *Table) changeBeside(ctx context.Context, id desk.ConversationID, seen string, by desk.Author,
	act func(*desk.Conversation) ([]desk.Change, error), given desk.UserID, beside func() []types.TransactWriteItem,
) (desk.Conversation, error) {
	for range tries {
		h, ok, err := t.head(ctx, id)
		if err != nil {
			return desk.Conversation{}, err
		}
		if !ok || h.Place == desk.Purging {
			return desk.Conversation{}, desk.Refuse(desk.NotFound, "There is no such conversation.")
		}
		if seen != "" && seen != Seen(h.Conversation) {
			return h.Conversation, desk.Refuse(desk.Conflict, "A newer message came in; look at it first.")
		}
		before := h.Conversation
		changes, err := act(&h.Conversation)
		if err != nil {
			return before, err
		}
		if !live(before) && live(h.Conversation) && h.Work == "" { // opened or restored by hand: ticket and assignee
			h.Work = workName(desk.WorkOpen, t.now().UnixMilli())
		}
		extra := beside()
		if by.Kind == desk.ByUser && before.State == desk.Closed && h.State == desk.Open && h.Assignee == before.Assignee {
			h.ByHand = h.ByHand || h.Assignee != "" // whoever opens it again leaves it with that person, whatever room they have
		}
		if h.Conversation == before && len(changes) == 0 && len(extra) == 0 {
			return before, nil
		}
		counts, err := t.loads(ctx, before, h.Conversation, given)
		if err != nil {
			return before, err
		}
		writes := append([]types.TransactWriteItem{t.headPut(h)}, extra...)
		writes = append(writes, counts...)
		writes = append(writes, t.events(h, by, changes)...)
		refused, err := t.together(ctx, writes...)
		if err != nil && desk.CodeOf(err) != desk.Busy {
			return before, err
		}
		if err == nil && refused == nil {
			return h.Conversation, nil
		}
		if err == nil && !refused[0] {
			return before, desk.Refuse(desk.Conflict, "Somebody else changed this at the same moment.")
		}
		if err := pause(ctx); err != nil {
			return before, err
		}
	}
	return desk.Conversation{}, desk.Refuse(desk.Busy, "Many changes at once; try again.")
}

// live reports whether a conversation is open where it is worked on.
func live(c desk.Conversation) bool {
	return c.State == desk.Open && c.Place == desk.InInbox && c.Into == ""
}

// events are the writes that tell changes in the thread.
func (t *Table) events(h *head, by desk.Author, changes []desk.Change) []types.TransactWriteItem {
	var out []types.TransactWriteItem
	last := max(h.LastIn, h.LastOut)
	for _, c := range changes {
		last = t.keyAfter(last)
		m := desk.Message{Conversation: h.ID, Key: last, Kind: desk.KindEvent, Author: by, Change: &c, At: t.now()}
		out = append(out, t.putIn(encodeMessage(m), "", nil))
	}
	return out
}

// joinKeys packs message keys at 16 bytes each.
func joinKeys(keys []desk.MessageKey) []byte {
	var out []byte
	for _, k := range keys {
		id, err := ulid.ParseStrict(string(k))
		if err == nil {
			out = append(out, id[:]...)
		}
	}
	return out
}

func splitKeys(b []byte) []desk.MessageKey {
	var out []desk.MessageKey
	for ; len(b) >= 16; b = b[16:] {
		out = append(out, desk.MessageKey(ulid.ULID(b[:16]).String()))
	}
	return out
}

func (h *head) hasAnnounced(k desk.MessageKey) bool { return slices.Contains(h.announced, k) }

// neverAnnounced reports that this head surely did not announce a key: it is newer than the newest one that was, or no
// key was forgotten yet. Where it is false nobody knows, but for the keys that the head remembers.
func (h *head) neverAnnounced(k desk.MessageKey) bool {
	return !h.hasAnnounced(k) && (k > h.LastIn || len(h.announced) < keptAnnounced)
}
