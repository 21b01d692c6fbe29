package table

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/loket-desk/loket/shared/desk"
)

// A ticket's item holds the ticket as one JSON text (d), v, and what lists filter by: as (owner), ct, tm.
func encodeTicket(k desk.Ticket) item {
	it := ticketKey(k.ID).item()
	it["d"], it["v"] = doc(k), num(k.Version+1)
	putStr(it, "as", string(k.Owner))
	putStr(it, "ct", string(k.Contact))
	putStr(it, "tm", string(k.Team))
	it["g1"], it["h1"] = str(ticketList(k.Pipeline, !k.ClosedAt.IsZero())), str(stamp(k.CreatedAt)+"#"+string(k.ID))
	return it
}

func decodeTicket(it item) (desk.Ticket, error) {
	var k desk.Ticket
	if err := getDoc(it, "d", &k); err != nil {
		return k, desk.Refuse(desk.Internal, "A ticket could not be read.").Because(err)
	}
	k.ID = desk.TicketID(strings.TrimPrefix(getStr(it, "pk"), "TICKET#"))
	k.Version = getNum(it, "v")
	return k, nil
}

func ticketList(p desk.PipelineID, closed bool) string {
	if closed {
		return string(p) + "#closed#0"
	}
	return string(p) + "#open#0"
}

const noTicket = "There is no such ticket."

// Ticket reads a ticket strongly. NotFound when it isn't there.
func (t *Table) Ticket(ctx context.Context, id desk.TicketID) (desk.Ticket, error) {
	it, err := t.mustGet(ctx, ticketKey(id), noTicket)
	if err != nil {
		return desk.Ticket{}, err
	}
	return decodeTicket(it)
}

// TicketByNumber reads the ticket that has a number. NotFound when none has.
func (t *Table) TicketByNumber(ctx context.Context, n int64) (desk.Ticket, error) {
	it, err := t.mustGet(ctx, ticketNumberKey(n), noTicket)
	if err != nil {
		return desk.Ticket{}, err
	}
	return t.Ticket(ctx, desk.TicketID(getStr(it, "t")))
}

// PutTicket makes a ticket unless one with its id is there: existed reports that, and the stored one is given. A ticket
// without an id gets one. It has its number, and is found by it and by its contact, when this returns. Safe to repeat.
func (t *Table) PutTicket(ctx context.Context, k desk.Ticket) (stored desk.Ticket, existed bool, err error) {
	if k.ID == "" {
		k.ID = desk.TicketID(t.NewID())
	}
	stored, err = t.Ticket(ctx, k.ID)
	if desk.CodeOf(err) == desk.NotFound {
		stored, existed, err = t.newTicket(ctx, k)
	} else {
		existed = true
	}
	if err != nil {
		return stored, existed, err
	}
	number := ticketNumberKey(stored.Number).item()
	number["t"] = str(string(stored.ID))
	if _, err := t.putNew(ctx, number); err != nil {
		return stored, existed, err
	}
	if stored.Contact == "" {
		return stored, existed, nil
	}
	link := contactTicketKey(stored.Contact, stored.ID).item()
	link["ib"], link["t"] = str(string(stored.Inbox)), moment(stored.CreatedAt)
	_, err = t.putNew(ctx, link)
	return stored, existed, err
}

// newTicket numbers a ticket and puts it. A number whose ticket was not put, or came second, stays unused.
func (t *Table) newTicket(ctx context.Context, k desk.Ticket) (desk.Ticket, bool, error) {
	counter, _, err := t.updateReturning(ctx, ticketCounterKey(), "ADD n :one", "attribute_not_exists(pk) OR attribute_exists(pk)", item{":one": num(1)})
	if err != nil {
		return k, false, err
	}
	k.Number, k.Version = getNum(counter, "n"), 0
	if k.CreatedAt.IsZero() {
		k.CreatedAt = t.now()
	}
	exists, err := t.putNew(ctx, encodeTicket(k))
	if err != nil {
		return k, false, err
	}
	if exists {
		k, err = t.Ticket(ctx, k.ID)
		return k, true, err
	}
	k.Version = 1
	return k, false, nil
}

// CreateTicket makes a ticket by hand: one of its own, or a conversation's where it names one, which then tells it in its
// thread. existed reports that the conversation has one already, which is given.
func (t *Table) CreateTicket(ctx context.Context, k desk.Ticket, by desk.Author) (stored desk.Ticket, existed bool, err error) {
	if k.Conversation != "" {
		if _, err := t.Conversation(ctx, k.Conversation); err != nil {
			return k, false, err
		}
		k.ID = k.Conversation.TicketID()
	}
	stored, existed, err = t.PutTicket(ctx, k)
	if err == nil && existed && stored.Conversation == "" && k.Conversation != "" { // it was detached
		existed = false
		stored, err = t.ChangeTicket(ctx, stored.ID, func(old *desk.Ticket) error { old.Conversation = k.Conversation; return nil })
	}
	if err != nil || k.Conversation == "" {
		return stored, existed, err
	}
	_, err = t.ChangeConversation(ctx, k.Conversation, "", by, func(c *desk.Conversation) ([]desk.Change, error) {
		if c.Ticket == stored.Number {
			return nil, nil
		}
		c.Ticket = stored.Number
		return []desk.Change{desk.TicketCreated(stored.Number)}, nil
	})
	return stored, existed, err
}

// ChangeTicket changes a ticket by reading it, changing it and writing it if nobody else did meanwhile. act may be called
// several times; its error refuses the change. NotFound when the ticket isn't there.
func (t *Table) ChangeTicket(ctx context.Context, id desk.TicketID, act func(*desk.Ticket) error) (desk.Ticket, error) {
	for range tries {
		k, err := t.Ticket(ctx, id)
		if err != nil {
			return k, err
		}
		before := encodeTicket(k)
		contact := k.Contact
		if err := act(&k); err != nil {
			return k, err
		}
		after := encodeTicket(k)
		if same(before, after) {
			return k, nil
		}
		writes := []types.TransactWriteItem{t.ticketIn(k)}
		if k.Contact != contact {
			writes = append(writes, t.relink(k, contact)...)
		}
		refused, err := t.together(ctx, writes...)
		if err != nil && desk.CodeOf(err) != desk.Busy {
			return k, err
		}
		if err == nil && refused == nil {
			k.Version++
			return k, nil
		}
		if err := pause(ctx); err != nil {
			return k, err
		}
	}
	return desk.Ticket{}, desk.Refuse(desk.Busy, "Many changes at once; try again.")
}

func same(a, b item) bool {
	return getStr(a, "d") == getStr(b, "d")
}

// ticketIn writes a ticket if nobody else wrote it since it was read.
func (t *Table) ticketIn(k desk.Ticket) types.TransactWriteItem {
	return t.putIn(encodeTicket(k), "v = :v", item{":v": num(k.Version)})
}

// relink moves a ticket from one contact to another.
func (t *Table) relink(k desk.Ticket, from desk.ContactID) []types.TransactWriteItem {
	var out []types.TransactWriteItem
	if from != "" {
		out = append(out, t.removeIn(contactTicketKey(from, k.ID)))
	}
	if k.Contact != "" {
		link := contactTicketKey(k.Contact, k.ID).item()
		link["ib"], link["t"] = str(string(k.Inbox)), moment(k.CreatedAt)
		out = append(out, t.putIn(link, "", nil))
	}
	return out
}

// ListTickets answers a list of tickets from the index, newest first.
func (t *Table) ListTickets(ctx context.Context, q desk.TicketQuery) (desk.TicketPage, error) {
	if q.Limit <= 0 {
		q.Limit = 25
	}
	var read []slice
	for _, p := range q.Pipelines {
		for _, closed := range []bool{false, true} {
			if wanted := closed && q.Closed || !closed && q.Open || q.Open == q.Closed; !wanted {
				continue
			}
			s, err := t.readList(ctx, ticketsOf(q, ticketList(p, closed)))
			if err != nil {
				return desk.TicketPage{}, err
			}
			read = append(read, s)
		}
	}
	ids, next := merge(read, desk.ConversationQuery{Limit: q.Limit})
	rows := make([]item, len(ids))
	for i, id := range ids {
		rows[i] = ticketKey(desk.TicketID(id)).item()
	}
	tickets, err := t.tickets(ctx, rows, q)
	return desk.TicketPage{Tickets: tickets, Next: next}, err
}

// ticketsOf is the index query of one list of tickets.
func ticketsOf(q desk.TicketQuery, partition string) list {
	high := "~"
	if q.After != "" {
		high = before(q.After)
	}
	in := &dynamodb.QueryInput{
		IndexName: aws.String("gsi1"), ScanIndexForward: aws.Bool(false),
		KeyConditionExpression:    aws.String("g1 = :g AND h1 BETWEEN :a AND :b"),
		ExpressionAttributeValues: item{":g": str(partition), ":a": str("0"), ":b": str(high)},
	}
	var filters []string
	if q.Owner != "" {
		filters = append(filters, "#as = :as")
		in.ExpressionAttributeNames = map[string]string{"#as": "as"}
		in.ExpressionAttributeValues[":as"] = str(string(q.Owner))
	}
	if q.Contact != "" {
		filters = append(filters, "ct = :ct")
		in.ExpressionAttributeValues[":ct"] = str(string(q.Contact))
	}
	if len(filters) > 0 {
		in.FilterExpression = aws.String(strings.Join(filters, " AND "))
	} else {
		in.Limit = aws.Int32(int32(q.Limit) + 1)
	}
	return list{in, "h1"}
}

// tickets reads the tickets of rows and leaves out what the caller may not see or what was changed since the index saw it.
func (t *Table) tickets(ctx context.Context, rows []item, q desk.TicketQuery) ([]desk.Ticket, error) {
	items, err := t.wholes(ctx, rows)
	if err != nil {
		return nil, err
	}
	var out []desk.Ticket
	for _, it := range items {
		k, err := decodeTicket(it)
		if err != nil {
			return nil, err
		}
		hidden := k.Inbox != "" && q.Inboxes != nil && !slices.Contains(q.Inboxes, k.Inbox)
		other := q.Owner != "" && k.Owner != q.Owner || q.Contact != "" && k.Contact != q.Contact
		if !hidden && !other {
			out = append(out, k)
		}
	}
	return out, nil
}

// TicketsOf lists a contact's tickets, newest first, up to a hundred.
func (t *Table) TicketsOf(ctx context.Context, id desk.ContactID) ([]desk.Ticket, error) {
	k := contactTicketKey(id, "")
	links, _, err := t.query(ctx, &dynamodb.QueryInput{
		KeyConditionExpression:    aws.String("pk = :p AND begins_with(sk, :s)"),
		ExpressionAttributeValues: item{":p": str(k.pk), ":s": str(k.sk)}, ScanIndexForward: aws.Bool(false), Limit: aws.Int32(100),
	})
	if err != nil {
		return nil, err
	}
	rows := make([]item, len(links))
	for i, l := range links {
		rows[i] = ticketKey(desk.TicketID(strings.TrimPrefix(getStr(l, "sk"), "TICKET#"))).item()
	}
	return t.tickets(ctx, rows, desk.TicketQuery{Contact: id})
}

// ticketName is what people call a ticket.
func ticketName(number int64) string { return "#" + strconv.FormatInt(number, 10) }
