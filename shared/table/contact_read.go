package table

import (
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/loket-desk/loket/shared/desk"
)

// ListContacts lists contacts, those made last first. after is the next of the page before; next is empty at the end.
func (t *Table) ListContacts(ctx context.Context, after string, limit int) (page []desk.Contact, next string, err error) {
	in := &dynamodb.QueryInput{
		IndexName: aws.String("gsi1"), KeyConditionExpression: aws.String("g1 = :g"), ScanIndexForward: aws.Bool(false),
		ExpressionAttributeValues: item{":g": str(contactShard)}, Limit: aws.Int32(int32(limit) + 1),
	}
	if after != "" {
		in.KeyConditionExpression = aws.String("g1 = :g AND h1 < :after")
		in.ExpressionAttributeValues[":after"] = str(after)
	}
	rows, _, err := t.query(ctx, in)
	if err != nil || len(rows) == 0 {
		return nil, "", err
	}
	if len(rows) > limit {
		rows = rows[:limit]
		next = getStr(rows[limit-1], "h1")
	}
	items, err := t.wholes(ctx, rows)
	if err != nil {
		return nil, "", err
	}
	for _, it := range items {
		c, err := decodeContact(it)
		if err != nil {
			return nil, "", err
		}
		page = append(page, c)
	}
	return page, next, nil
}

const addressTaken = "Another contact has one of these addresses."

// CreateContact makes a contact with the identities it names, in one transaction. Conflict when the contact is there
// already or another one has such an identity.
func (t *Table) CreateContact(ctx context.Context, c desk.Contact, by desk.Audit) (desk.Contact, error) {
	if c.ID == "" {
		c.ID = desk.ContactID(t.NewID())
	}
	c.Identities = addressed(c, c.Identities)
	c.Version = 0
	writes := []types.TransactWriteItem{t.putIn(encodeContact(c), "attribute_not_exists(pk)", nil), t.auditIn(by)}
	for _, who := range c.Identities {
		writes = append(writes, t.introduceIn(who, c.ID))
	}
	refused, err := t.together(ctx, writes...)
	if err == nil && refused != nil && refused[0] {
		err = desk.Refuse(desk.Conflict, "There is such a contact already.")
	}
	if err == nil && refused != nil {
		err = desk.Refuse(desk.Conflict, addressTaken)
	}
	c.Version++
	return c, err
}

// addressed are the identities with those added that follow from the contact's addresses.
func addressed(c desk.Contact, have []desk.Identity) []desk.Identity {
	for _, e := range c.Emails {
		if who := (desk.Identity{Kind: "email", Value: e.Address}); !slices.Contains(have, who) {
			have = append(have, who)
		}
	}
	for _, p := range c.Phones {
		if who := (desk.Identity{Kind: "phone", Value: p}); !slices.Contains(have, who) {
			have = append(have, who)
		}
	}
	return have
}

// introduceIn makes an identity lead to a contact, unless it leads to another.
func (t *Table) introduceIn(who desk.Identity, id desk.ContactID) types.TransactWriteItem {
	return t.putIn(identityItem(who, id), "attribute_not_exists(pk) OR c = :c", item{":c": str(string(id))})
}

// ChangeContact changes a contact by reading it, changing it and writing it, with its identities, if nobody else did
// meanwhile. act may be called several times; its error refuses the change. Conflict when another contact has an
// identity that this one is given.
func (t *Table) ChangeContact(ctx context.Context, id desk.ContactID, by desk.Audit, act func(*desk.Contact) error) (desk.Contact, error) {
	for range tries {
		c, err := t.Contact(ctx, id)
		if err != nil {
			return c, err
		}
		was := slices.Clone(c.Identities)
		before := getStr(encodeContact(c), "d")
		if err := act(&c); err != nil {
			return c, err
		}
		after := encodeContact(c)
		if getStr(after, "d") == before {
			return c, nil
		}
		writes := []types.TransactWriteItem{t.putIn(after, "v = :v", item{":v": num(c.Version)}), t.auditIn(by)}
		writes = append(writes, t.reintroduce(c, was)...)
		refused, err := t.together(ctx, writes...)
		var met *types.TransactionCanceledException
		switch {
		case err != nil && !errors.As(err, &met):
			return c, err
		case err == nil && refused == nil:
			c.Version++
			return c, nil
		case err == nil && !refused[0]:
			return c, desk.Refuse(desk.Conflict, addressTaken)
		}
		if err := pause(ctx); err != nil {
			return c, err
		}
	}
	return desk.Contact{}, desk.Refuse(desk.Busy, "Many changes at once; try again.")
}

// reintroduce are the writes that make the identities which came lead to the contact, and those which went to nobody.
func (t *Table) reintroduce(c desk.Contact, was []desk.Identity) []types.TransactWriteItem {
	var out []types.TransactWriteItem
	for _, who := range c.Identities {
		if !slices.Contains(was, who) {
			out = append(out, t.introduceIn(who, c.ID))
		}
	}
	for _, who := range was {
		if !slices.Contains(c.Identities, who) {
			d := t.removeIn(identityKey(who))
			d.Delete.ConditionExpression = aws.String("attribute_not_exists(pk) OR c = :c")
			d.Delete.ExpressionAttributeValues = item{":c": str(string(c.ID))}
			out = append(out, d)
		}
	}
	return out
}

// LinkContact puts a conversation among a contact's. It is written before the conversation names the contact: a link that
// leads to another contact's conversation is not shown.
func (t *Table) LinkContact(ctx context.Context, id desk.ContactID, c desk.Conversation) error {
	_, err := t.putNew(ctx, t.link(id, c))
	return err
}
