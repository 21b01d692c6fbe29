package telegram

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// Fetch asks where a file lies and opens it. The address lives an hour and has the token in it: it is never kept.
func (bots) Fetch(ctx context.Context, d channel.Doer, a channel.Account, part desk.Attachment) (channel.Media, error) {
	p, err := reach(d, a)
	if err != nil {
		return channel.Media{}, away("The channel has no bot token.", err)
	}
	if part.Ref == "" {
		return channel.Media{}, desk.Refuse(desk.NotFound, "The file has no id at Telegram.")
	}
	r := p.callJSON(ctx, "getFile", map[string]string{"file_id": part.Ref})
	if err := r.fileRefusal(); err != nil {
		return channel.Media{}, err
	}
	f, err := r.remoteFile()
	if err != nil {
		return channel.Media{}, err
	}
	req, err := p.request(ctx, http.MethodGet, "/file/bot"+p.token+"/"+escaped(f.Path), nil)
	if err != nil {
		return channel.Media{}, err
	}
	resp, _, err := channel.Do(d, req)
	if err != nil {
		return channel.Media{}, away("Telegram's files can't be reached.", p.safe(err))
	}
	if resp.StatusCode != http.StatusOK {
		_ = resp.Body.Close()
		return channel.Media{}, statusRefusal(resp.StatusCode)
	}
	out := channel.Media{Body: resp.Body, Size: resp.ContentLength, ContentType: part.ContentType, Name: part.Name}
	if out.Name == "" {
		out.Name = path.Base(f.Path)
	}
	if t := resp.Header.Get("Content-Type"); out.ContentType == "" || t != "" && t != "application/octet-stream" {
		out.ContentType = t
	}
	return out, nil
}

// fileRefusal turns getFile's refusals into the three that a fetch has: gone for good, too large, try again later.
func (r reply) fileRefusal() error {
	switch {
	case r.OK:
		return nil
	case r.Telegram && r.Code == http.StatusBadRequest && strings.Contains(r.Description, "too big"):
		return desk.Refuse(desk.TooLarge, fmt.Sprintf("Telegram gives bots no files over %d MB.", fetchLimit>>20))
	case r.Telegram && r.Code == http.StatusBadRequest:
		return desk.Refuse(desk.NotFound, "Telegram no longer has the file: "+r.Description)
	case r.Telegram:
		return away("Telegram doesn't give the file now: "+r.Description, r.Err)
	default:
		return away("Telegram can't be reached.", r.Err)
	}
}

// statusRefusal is for the download, whose refusals are plain statuses. A path that was just given and isn't there may
// lie on a server that doesn't have it yet.
func statusRefusal(status int) error {
	if status == http.StatusRequestEntityTooLarge {
		return desk.Refuse(desk.TooLarge, "Telegram doesn't give the file: it is too large.")
	}
	return away(fmt.Sprintf("Telegram doesn't give the file now (status %d).", status), nil)
}

func away(message string, cause error) error { return desk.Refuse(desk.Busy, message).Because(cause) }

// remoteFile is getFile's result. Its path becomes part of an address, so one that leads elsewhere is refused.
func (r reply) remoteFile() (remoteFile, error) {
	var f remoteFile
	if err := decodeResult(r.Result, &f); err != nil {
		return f, away("Telegram's answer can't be read.", err)
	}
	if f.Path == "" || slices.Contains(strings.Split(f.Path, "/"), "..") {
		return f, desk.Refuse(desk.NotFound, "Telegram names no place of the file.")
	}
	return f, nil
}

// escaped keeps the path's slashes and escapes the rest.
func escaped(p string) string {
	parts := strings.Split(strings.TrimPrefix(p, "/"), "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return strings.Join(parts, "/")
}
