package table

import (
	"context"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// hookFor is how long the events of an account, and what became of them, are kept.
const hookFor = 30 * 24 * time.Hour

// SaveAccount is SaveChannel for an account of a custom channel, which tells the integration in the same write: tell is
// the entry of the account's log that the sender hands over; nil tells nothing.
func (t *Table) SaveAccount(ctx context.Context, x desk.Channel, tell *desk.Message, by desk.Audit) (desk.Channel, error) {
	e := channelEntry(x)
	e.others = t.hook(x.ID, tell)
	err := t.saveConfig(ctx, by, e)
	x.Version++
	return x, err
}

// ConnectAccount is SaveAccount by the token of a connect flow, which is used up in the same write. Conflict when it was
// used before.
func (t *Table) ConnectAccount(ctx context.Context, x desk.Channel, token string, tell *desk.Message, by desk.Audit) (desk.Channel, error) {
	used := other{
		t.updateIn(stagingKey(token), "SET used = :yes", "attribute_exists(pk) AND attribute_not_exists(used)", item{":yes": flag()}),
		desk.Refuse(desk.Conflict, "This token was used already. Ask for the account to be connected again."),
	}
	e := channelEntry(x)
	e.others = append(t.hook(x.ID, tell), used)
	err := t.saveConfig(ctx, by, e)
	x.Version++
	return x, err
}

// hook is the write of an entry of an account's log, marked for the sender.
func (t *Table) hook(ch desk.ChannelID, tell *desk.Message) []other {
	if tell == nil {
		return nil
	}
	m := *tell
	m.Conversation, m.Key, m.Channel = desk.HookLog(ch), desk.MessageKey(t.NewID()), ch
	return []other{{t.putIn(t.notice(m), "", nil), nil}}
}

// notice is the item of an entry of a log that is sent as a message is, and kept for a while.
func (t *Table) notice(m desk.Message) item {
	m.Kind, m.Direction, m.At = desk.KindEvent, desk.Outgoing, t.now()
	m.Again = m.Change == nil || m.Change.What != desk.OwnerTold // a mail that is sent twice arrives twice
	m.Status = desk.Status{State: desk.Queued, At: m.At}
	it := encodeMessage(m)
	it["q"], it["g3"], it["h3"] = str(desk.WorkSend), str(workShard), moment(m.At.Add(sweepAfter))
	it["ttl"] = num(m.At.Add(hookFor).Unix())
	return it
}

// SwitchOff makes a channel take and send nothing any more, and tells its admin why. A channel that is off or gone is no
// error.
func (t *Table) SwitchOff(ctx context.Context, id desk.ChannelID, h desk.Health) error {
	for range tries {
		cfg, err := t.Fresh(ctx)
		if err != nil {
			return err
		}
		ch, ok := cfg.Channel(id)
		if !ok || !ch.Active {
			return nil
		}
		ch.Active, ch.Health = false, h
		_, err = t.SaveChannel(ctx, ch, desk.Audit{Actor: desk.Author{Kind: desk.BySystem}, Action: "channel.off", Target: string(id), Detail: h.Detail})
		if desk.CodeOf(err) != desk.Conflict || err == nil {
			return err
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
	return desk.Refuse(desk.Busy, "Many changes at once; try again.")
}

// NewStaging keeps a connect flow's token until it expires; the table knows it by its hash only.
func (t *Table) NewStaging(ctx context.Context, s desk.Staging) error {
	it := stagingKey(s.Token).item()
	it["d"], it["ttl"] = doc(s), num(s.Expires.Add(time.Hour).Unix())
	_, err := t.put(ctx, it, "", nil)
	return err
}

// Staging finds the connect flow of a token, used or not. NotFound when there is none or it is over.
func (t *Table) Staging(ctx context.Context, token string) (desk.Staging, error) {
	const missing = "This token is not known, or it is over 30 minutes old."
	it, err := t.mustGet(ctx, stagingKey(token), missing)
	if err != nil {
		return desk.Staging{}, err
	}
	s := desk.Staging{}
	if err := getDoc(it, "d", &s); err != nil {
		return s, desk.Refuse(desk.Internal, "The token could not be read.").Because(err)
	}
	s.Token, s.Used = token, getFlag(it, "used")
	if !t.now().Before(s.Expires) {
		return desk.Staging{}, desk.Refuse(desk.NotFound, missing)
	}
	return s, nil
}

// TakeLease takes work that must not be done twice at once, for as long as said at most. taken is false while somebody
// else has it; nonce gives it back.
func (t *Table) TakeLease(ctx context.Context, name string, length time.Duration) (nonce string, taken bool, err error) {
	nonce, now := t.NewID(), t.now()
	it := leaseKey(name).item()
	it["ln"], it["le"], it["ttl"] = str(nonce), moment(now.Add(length)), num(now.Add(length+time.Hour).Unix())
	refused, err := t.put(ctx, it, "attribute_not_exists(pk) OR le <= :now OR ln = :ln", item{":now": moment(now), ":ln": str(nonce)})
	return nonce, err == nil && !refused, err
}

// EndLease gives a lease back, if it is still the one that was taken.
func (t *Table) EndLease(ctx context.Context, name, nonce string) error {
	_, err := t.remove(ctx, leaseKey(name), "ln = :ln", item{":ln": str(nonce)})
	return err
}
