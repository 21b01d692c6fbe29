package table

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/loket-desk/loket/shared/desk"
)

// keyPrefix begins every API key: lk_<id>_<secret>, the secret being 256 random bits.
const keyPrefix = "lk_"

// NewKey makes a key and returns it in full, the only time it is known: the table keeps the SHA-256 of its secret.
// k gives the name and whom it acts for; the id is minted where k has none. Conflict when the id is there already.
func (t *Table) NewKey(ctx context.Context, k desk.APIKey, by desk.Audit) (desk.APIKey, string, error) {
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails
	secret := strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(random[:]))
	if k.ID == "" {
		k.ID = desk.KeyID(strings.ToLower(t.NewID()))
	}
	sum := sha256.Sum256([]byte(secret))
	k.Hash, k.CreatedAt = sum[:], t.now()
	by.Target = string(k.ID)

	full, name := apiKeyKey(k.ID).item(), configKey(kindKeyName, string(k.ID)).item()
	full["d"] = doc(k)
	shown := k
	shown.Hash = nil
	name["d"] = doc(shown)
	refused, err := t.together(ctx, t.putIn(full, "attribute_not_exists(pk)", nil), t.putIn(name, "", nil), t.auditIn(by))
	if err == nil && refused != nil {
		err = desk.Refuse(desk.Conflict, "There is such a key already.")
	}
	return k, keyPrefix + string(k.ID) + "_" + secret, err
}

// KeyOf finds the key that a caller presented in full. Unauthenticated when it is none of ours, or was revoked.
func (t *Table) KeyOf(ctx context.Context, presented string) (desk.APIKey, error) {
	unknown := desk.Refuse(desk.Unauthenticated, "The API key is not valid.")
	rest, ours := strings.CutPrefix(presented, keyPrefix)
	id, secret, whole := strings.Cut(rest, "_")
	if !ours || !whole || id == "" || len(presented) > 200 {
		return desk.APIKey{}, unknown
	}
	it, found, err := t.get(ctx, apiKeyKey(desk.KeyID(id)))
	if err != nil {
		return desk.APIKey{}, err
	}
	k := desk.APIKey{ID: desk.KeyID(id)}
	if err := getDoc(it, "d", &k); err != nil {
		return desk.APIKey{}, desk.Refuse(desk.Internal, "The API key could not be read.").Because(err)
	}
	sum := sha256.Sum256([]byte(secret))
	if !found || subtle.ConstantTimeCompare(sum[:], k.Hash) != 1 || k.Revoked {
		return desk.APIKey{}, unknown
	}
	return k, nil
}

// Keys lists the keys there are, oldest first, without anything that helps to use them.
func (t *Table) Keys(ctx context.Context) ([]desk.APIKey, error) {
	in := &dynamodb.QueryInput{
		KeyConditionExpression:    aws.String("pk = :p AND begins_with(sk, :k)"),
		ExpressionAttributeValues: item{":p": str(configPK), ":k": str(kindKeyName + "#")},
	}
	keys := []desk.APIKey{}
	for {
		items, next, err := t.query(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, it := range items {
			k := desk.APIKey{ID: desk.KeyID(strings.TrimPrefix(getStr(it, "sk"), kindKeyName+"#"))}
			if err := getDoc(it, "d", &k); err != nil {
				return nil, desk.Refuse(desk.Internal, "An API key could not be read.").Because(err)
			}
			keys = append(keys, k)
		}
		if next == nil {
			return keys, nil
		}
		in.ExclusiveStartKey = next
	}
}

// RevokeKey ends a key at once. NotFound when there is no such key.
func (t *Table) RevokeKey(ctx context.Context, id desk.KeyID, by desk.Audit) error {
	del := t.removeIn(apiKeyKey(id))
	del.Delete.ConditionExpression = aws.String("attribute_exists(pk)")
	by.Target = string(id)
	refused, err := t.together(ctx, del, t.removeIn(configKey(kindKeyName, string(id))), t.auditIn(by))
	if err == nil && refused != nil {
		err = desk.Refuse(desk.NotFound, "There is no such key.")
	}
	return err
}
