package slack

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// Fetch opens a file with the app's token, which goes to Slack only. Without the right to it Slack shows its log-in page,
// as if that were the file.
func (apps) Fetch(ctx context.Context, d channel.Doer, a channel.Account, part desk.Attachment) (channel.Media, error) {
	p, err := reach(d, a)
	if err != nil {
		return channel.Media{}, desk.Refuse(desk.Busy, "The channel has no bot token.").Because(err)
	}
	at := part.Ref
	if id, ask := strings.CutPrefix(at, askFirst); ask {
		if at, err = p.where(ctx, id); err != nil {
			return channel.Media{}, err
		}
	}
	if !isOurs(a, at) {
		return channel.Media{}, desk.Refuse(desk.NotFound, "The file has no address at Slack.")
	}
	req, err := channel.NewRequest(ctx, http.MethodGet, at, nil)
	if err != nil {
		return channel.Media{}, desk.Refuse(desk.NotFound, "The file's address can't be read.").Because(err)
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	m, err := channel.Fetched(d, req, part, platform)
	if err != nil {
		return channel.Media{}, err
	}
	if strings.HasPrefix(m.ContentType, "text/html") && !strings.HasPrefix(part.ContentType, "text/html") {
		_ = m.Body.Close()
		return channel.Media{}, desk.Refuse(desk.Busy, "Slack shows its log-in page in place of the file: the app needs the scope files:read, and a token that still holds.")
	}
	return m, nil
}

// where asks for a file's address.
func (p api) where(ctx context.Context, id string) (string, error) {
	r, a := p.call(ctx, "files.info", url.Values{"file": {id}})
	var found struct {
		File file `json:"file"`
	}
	switch {
	case a == nil || a.OK && json.Unmarshal(r.Body, &found) != nil:
		return "", r.Strange(platform)
	case a.Error == "file_not_found" || a.Error == "file_deleted":
		return "", desk.Refuse(desk.NotFound, "Slack no longer has the file.")
	case !a.OK:
		return "", desk.Refuse(desk.Busy, words(a))
	}
	return or(found.File.Download, found.File.URL), nil
}
