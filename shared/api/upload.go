package api

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// uploadLimit bounds a file, in bytes, whatever the channel would take.
const uploadLimit = 100 << 20

// formFor is how long the form of an upload works.
const formFor = 15 * time.Minute

// NewUpload announces a file.
type NewUpload struct {
	Name        string `json:"name" minLength:"1" maxLength:"255" example:"invoice.pdf"`
	ContentType string `json:"contentType" minLength:"3" maxLength:"127" example:"application/pdf"`
	Size        int64  `json:"size" minimum:"1" maximum:"104857600" doc:"In bytes."`
}

// Upload is where a file is to be put: a form post of the fields as they are, then the file as the field "file".
type Upload struct {
	ID     string            `json:"id" doc:"What attachments of a message name."`
	URL    string            `json:"url"`
	Fields map[string]string `json:"fields"`
}

func (a *API) uploadCalls(b *book) {
	on(b, "createUpload", a.createUpload)
}

func (a *API) createUpload(ctx context.Context, who *caller, in *struct {
	Idem
	Body NewUpload
},
) (*made[Upload], error) {
	kind, _, err := mime.ParseMediaType(in.Body.ContentType)
	if err != nil || !strings.Contains(kind, "/") {
		return nil, desk.RefuseField("contentType", "this is not a media type such as image/png")
	}
	name := strings.TrimSpace(strings.Map(printable, path.Base(strings.ReplaceAll(in.Body.Name, `\`, "/"))))
	if name == "" || strings.Trim(name, "./ ") == "" {
		return nil, desk.RefuseField("name", "a file needs a name")
	}
	show := func(id string) (Upload, error) {
		u, err := a.Desk.Upload(ctx, desk.UploadID(id))
		if err != nil {
			return Upload{}, err
		}
		return a.form(u)
	}
	return once(ctx, a, who, "POST /v1/uploads", in.Key, func(id string) (Upload, error) {
		u := desk.Upload{
			ID: desk.UploadID(id), Name: name, ContentType: kind, Size: in.Body.Size, Key: "uploads/" + id, Owner: who.owner(), CreatedAt: a.Now(),
		}
		if err := a.Desk.SaveUpload(ctx, u); err != nil {
			return Upload{}, err
		}
		return a.form(u)
	}, show)
}

// owner names whose uploads are whose: a person's are theirs whatever key or sign-in they use.
func (c *caller) owner() string {
	if c.user.ID != "" {
		return "user:" + string(c.user.ID)
	}
	return c.id
}

func printable(r rune) rune {
	if r < ' ' || r == 0x7f {
		return -1
	}
	return r
}

func (a *API) form(u desk.Upload) (Upload, error) {
	address, fields, err := a.Form(u.Key, u.ContentType, u.Size, formFor)
	return Upload{string(u.ID), address, fields}, err
}

// files are the uploads of a message, each looked at again: that it is there, as large as was said, and what it claims
// to be. They are not moved yet.
func (a *API) files(ctx context.Context, who *caller, given []string, can channel.Capabilities) ([]desk.Upload, error) {
	if len(given) > 0 && len(can.Attachments) == 0 {
		return nil, desk.RefuseField("attachments", "this channel takes no files")
	}
	if can.MaxAttachments > 0 && len(given) > can.MaxAttachments {
		return nil, desk.RefuseField("attachments", fmt.Sprintf("this channel takes %d files a message", can.MaxAttachments))
	}
	var out []desk.Upload
	var total int64
	for i, id := range given {
		at := fmt.Sprintf("attachments[%d]", i)
		u, err := a.Desk.Upload(ctx, desk.UploadID(id))
		if desk.CodeOf(err) == desk.NotFound || (err == nil && u.Owner != who.owner()) {
			return nil, desk.RefuseField(at, "there is no such upload of yours, or it is over a day old")
		}
		if err != nil {
			return nil, err
		}
		if err := a.lookAt(ctx, at, &u, can); err != nil {
			return nil, err
		}
		total += u.Size
		out = append(out, u)
	}
	if can.MaxTotalSize > 0 && total > can.MaxTotalSize {
		return nil, desk.RefuseField("attachments", fmt.Sprintf("this channel takes %d bytes a message; these are %d", can.MaxTotalSize, total))
	}
	return out, nil
}

// lookAt checks one upload against what was announced and what the channel takes.
func (a *API) lookAt(ctx context.Context, at string, u *desk.Upload, can channel.Capabilities) error {
	body, size, err := a.Objects.Get(ctx, u.Key)
	if desk.CodeOf(err) == desk.NotFound {
		return desk.RefuseField(at, "the file "+u.Name+" was announced but not uploaded (yet)")
	}
	if err != nil {
		return err
	}
	defer body.Close() //nolint:errcheck // only read
	start, err := io.ReadAll(io.LimitReader(body, 512))
	if err != nil {
		return desk.Refuse(desk.Busy, "A file could not be read; try again.").Because(err)
	}
	if size > u.Size {
		return desk.RefuseField(at, fmt.Sprintf("the file %s is %d bytes, and %d were announced", u.Name, size, u.Size))
	}
	u.Size = size
	if found := http.DetectContentType(start); !plausible(u.ContentType, found) {
		return desk.RefuseField(at, "the file "+u.Name+" was announced as "+u.ContentType+" but looks like "+found)
	}
	for _, rule := range can.Attachments {
		if strings.HasPrefix(u.ContentType, rule.Type) {
			if rule.MaxSize > 0 && size > rule.MaxSize {
				return desk.RefuseField(at, fmt.Sprintf("the file %s is %d bytes; this channel takes %d", u.Name, size, rule.MaxSize))
			}
			return nil
		}
	}
	return desk.RefuseField(at, "this channel takes no files of the type "+u.ContentType)
}

// plausible reports whether bytes that look like found may be what was announced. What can't be told by its beginning
// may be anything but a picture that browsers know; what looks like a page or a script may only be announced as text.
func plausible(announced, found string) bool {
	found, _, _ = strings.Cut(found, ";")
	sure := []string{"image/png", "image/jpeg", "image/gif", "image/webp"}
	for _, s := range sure {
		if (announced == s) != (found == s) {
			return false
		}
	}
	if found == "text/html" || found == "text/xml" {
		return strings.HasPrefix(announced, "text/") || strings.Contains(announced, "xml") || announced == "application/octet-stream"
	}
	return true
}

// move keeps the uploads of a message for good, beside its conversation's other files, and makes them attachments.
func (a *API) move(ctx context.Context, conv desk.ConversationID, uploads []desk.Upload) ([]desk.Attachment, error) {
	var out []desk.Attachment
	for i, u := range uploads {
		key := "media/" + firstOf(string(conv), "first") + "/" + string(u.ID) + "/0"
		if err := a.copy(ctx, u, key); err != nil {
			return nil, err
		}
		out = append(out, desk.Attachment{
			ID: fmt.Sprint(i), Name: u.Name, ContentType: u.ContentType, Size: u.Size, Usage: usageOf(u.ContentType), State: desk.PartStored, Key: key,
		})
	}
	return out, nil
}

func (a *API) copy(ctx context.Context, u desk.Upload, key string) error {
	body, size, err := a.Objects.Get(ctx, u.Key)
	if err != nil {
		return err
	}
	defer body.Close() //nolint:errcheck // only read
	if size > 1<<20 {
		return a.Objects.Put(ctx, key, u.ContentType, body, size)
	}
	small, err := io.ReadAll(body)
	if err != nil {
		return desk.Refuse(desk.Busy, "A file could not be read; try again.").Because(err)
	}
	return a.Objects.Put(ctx, key, u.ContentType, bytes.NewReader(small), size)
}

func usageOf(contentType string) desk.Usage {
	major, _, _ := strings.Cut(contentType, "/")
	switch major {
	case "image":
		return desk.UsageImage
	case "audio":
		return desk.UsageAudio
	case "video":
		return desk.UsageVideo
	}
	return desk.UsageFile
}
