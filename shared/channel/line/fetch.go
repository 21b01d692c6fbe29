package line

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// Fetch opens what a person sent. A video is only there once LINE has converted it. What lies elsewhere, because a program
// sent it, is fetched without our token.
func (accounts) Fetch(ctx context.Context, d channel.Doer, a channel.Account, part desk.Attachment) (channel.Media, error) {
	p, err := reach(d, a)
	if err != nil {
		return channel.Media{}, desk.Refuse(desk.Busy, "The channel has no access token.").Because(err)
	}
	elsewhere := strings.HasPrefix(part.Ref, "https://")
	address := part.Ref
	switch {
	case elsewhere:
	case !isContent(part.Ref):
		return channel.Media{}, desk.Refuse(desk.NotFound, "The file has no id at LINE.")
	default:
		address = p.files + "/v2/bot/message/" + part.Ref + "/content"
		if part.Usage == desk.UsageVideo {
			if err := p.converted(ctx, address); err != nil {
				return channel.Media{}, err
			}
		}
	}
	req, err := channel.NewRequest(ctx, http.MethodGet, address, nil)
	if err != nil {
		return channel.Media{}, desk.Refuse(desk.NotFound, "The file's address can't be read.").Because(err)
	}
	if !elsewhere {
		req.Header.Set("Authorization", "Bearer "+p.token)
	}
	return channel.Fetched(d, req, part, platform)
}

// converted refuses a video that is not ready, for now or for good. Where LINE doesn't say, it is tried all the same.
func (p api) converted(ctx context.Context, address string) error {
	r, f := p.call(ctx, http.MethodGet, address+"/transcoding", "", nil)
	var now struct {
		Status string `json:"status"`
	}
	if f != nil || r.Err != nil || json.Unmarshal(r.Body, &now) != nil {
		return nil //nolint:nilerr // the download itself tells what is wrong
	}
	switch now.Status {
	case "processing":
		return desk.Refuse(desk.Busy, "LINE is still converting the video.")
	case "failed":
		return desk.Refuse(desk.NotFound, "LINE could not convert the video.")
	}
	return nil
}
