package delivery

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strings"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// largestMedia is the most that is fetched of one attachment.
const largestMedia = 50 << 20

// media fetches one pending attachment of a message into the object store, or stores why it can't be had.
func (s *Stage) media(ctx context.Context, job desk.OutboundJob) error {
	id := job.Conversation.Message(job.Message)
	m, err := s.Threads.Message(ctx, id)
	if err != nil {
		if desk.CodeOf(err) == desk.NotFound {
			return nil // it was removed
		}
		return err
	}
	part := desk.Attachment{ID: job.Part}
	for _, a := range m.Pending() {
		if a.ID == job.Part {
			part = a
		}
	}
	if part.State == desk.PartPending {
		fetched, err := s.fetch(ctx, m, part)
		if err != nil && desk.Transient(err) && s.Now().Sub(m.At) < giveUpAfter {
			return err
		}
		if err != nil {
			slog.WarnContext(ctx, "an attachment is not kept", "message", id, "part", part.ID, "error", sayable(err))
			part.State, part.Reason = desk.PartRefused, desk.Reason(err)
		} else {
			part = fetched
		}
	}
	return s.Threads.StorePart(ctx, id, part)
}

// sayable is what a log may say of an error: one that is not ours may hold an address with a token in it.
func sayable(err error) string {
	var ours *desk.Error
	if errors.As(err, &ours) {
		return err.Error()
	}
	return fmt.Sprintf("an error of type %T", err)
}

// fetch streams an attachment from its platform into the object store.
func (s *Stage) fetch(ctx context.Context, m desk.Message, part desk.Attachment) (desk.Attachment, error) {
	w, err := s.way(ctx, m.Channel, false)
	if err != nil {
		return part, err
	}
	media, err := w.kind.Fetch(ctx, s.HTTP, w.account, part)
	if err != nil {
		return part, err
	}
	defer media.Body.Close() //nolint:errcheck // only read
	if media.Size > largestMedia {
		return part, tooLarge()
	}
	head := make([]byte, 512)
	n, err := io.ReadFull(media.Body, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return part, cutOff(err)
	}
	part.ContentType = contentType(head[:n], media.ContentType, part.ContentType)
	if part.Name == "" {
		part.Name = media.Name
	}
	return s.keep(ctx, m, part, media, head[:n])
}

// keep stores the bytes under the message's own key, so that a second copy at once overwrites the same object.
func (s *Stage) keep(ctx context.Context, m desk.Message, part desk.Attachment, media channel.Media, head []byte) (desk.Attachment, error) {
	from := &measured{from: io.MultiReader(bytes.NewReader(head), media.Body), sum: sha256.New()}
	key := fmt.Sprintf("media/%s/%s/%s", m.Conversation, m.Key, part.ID)
	size, err := s.Objects.Upload(ctx, key, part.ContentType, from)
	switch {
	case from.err != nil:
		return part, from.err
	case err != nil:
		return part, err
	case media.Size >= 0 && size != media.Size:
		return part, cutOff(fmt.Errorf("%d of %d bytes", size, media.Size))
	}
	part.State, part.Key, part.Size, part.Ref, part.Reason = desk.PartStored, key, size, "", ""
	part.SHA256 = hex.EncodeToString(from.sum.Sum(nil))
	return part, nil
}

func tooLarge() error {
	return desk.Refuse(desk.TooLarge, fmt.Sprintf("The file is larger than %d MB.", largestMedia>>20))
}

func cutOff(cause error) error {
	return desk.Refuse(desk.Busy, "The platform broke off in the middle of the file.").Because(cause)
}

// measured passes bytes on up to the limit and sums them. Its err tells a failure of the source from one of the store.
type measured struct {
	from io.Reader
	sum  hash.Hash
	size int64
	err  error
}

func (r *measured) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	r.size += int64(n)
	r.sum.Write(p[:n])
	switch {
	case r.size > largestMedia:
		r.err = tooLarge()
	case err != nil && !errors.Is(err, io.EOF):
		r.err = cutOff(err)
	default:
		return n, err
	}
	return n, r.err
}

// contentType trusts the bytes where they speak for themselves, else what the platform said.
func contentType(head []byte, told ...string) string {
	sniffed := http.DetectContentType(head)
	plain, _, _ := strings.Cut(sniffed, ";")
	if plain != "application/octet-stream" && plain != "text/plain" && plain != "application/zip" {
		return sniffed
	}
	for _, t := range told {
		if kind, _, err := mime.ParseMediaType(t); err == nil && strings.Contains(kind, "/") {
			return t
		}
	}
	return sniffed
}
