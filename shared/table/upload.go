package table

import (
	"context"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// uploadFor is how long a file that was uploaded may wait to be used.
const uploadFor = 24 * time.Hour

// SaveUpload records a file that a caller is about to upload. Conflict when the id is there already.
func (t *Table) SaveUpload(ctx context.Context, u desk.Upload) error {
	it := uploadKey(u.ID).item()
	it["d"], it["ttl"] = doc(u), num(u.CreatedAt.Add(uploadFor).Unix())
	exists, err := t.putNew(ctx, it)
	if err == nil && exists {
		err = desk.Refuse(desk.Conflict, "There is such an upload already.")
	}
	return err
}

// Upload finds a file that a caller uploaded. NotFound when there is none, or it waited too long.
func (t *Table) Upload(ctx context.Context, id desk.UploadID) (desk.Upload, error) {
	const missing = "There is no such upload, or it is over a day old."
	it, err := t.mustGet(ctx, uploadKey(id), missing)
	if err != nil {
		return desk.Upload{}, err
	}
	if getNum(it, "ttl") <= t.now().Unix() {
		return desk.Upload{}, desk.Refuse(desk.NotFound, missing)
	}
	u := desk.Upload{}
	if err := getDoc(it, "d", &u); err != nil {
		return desk.Upload{}, desk.Refuse(desk.Internal, "The upload could not be read.").Because(err)
	}
	u.ID = id
	return u, nil
}
