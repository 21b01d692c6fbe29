package meta

import (
	"context"
	"fmt"
	"net/http"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// Fetch opens a file that a person sent to a page or an Instagram account. Its address is signed, needs no token and gets
// none, and ends after a while.
func (p API) Fetch(ctx context.Context, d channel.Doer, _ channel.Account, part desk.Attachment) (channel.Media, error) {
	if !isWeb(part.Ref) {
		return channel.Media{}, desk.Refuse(desk.NotFound, "The file has no address.")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, part.Ref, nil)
	if err != nil {
		return channel.Media{}, desk.Refuse(desk.NotFound, "The file's address can't be read.")
	}
	resp, _, err := channel.Do(d, req)
	if err != nil {
		return channel.Media{}, desk.Refuse(desk.Busy, "Meta's files can't be reached.").Because(err)
	}
	if resp.StatusCode == http.StatusOK {
		return channel.Media{Body: resp.Body, Size: resp.ContentLength, ContentType: or(resp.Header.Get("Content-Type"), part.ContentType), Name: part.Name}, nil
	}
	_ = resp.Body.Close()
	switch s := resp.StatusCode; {
	case s == http.StatusRequestEntityTooLarge:
		return channel.Media{}, desk.Refuse(desk.TooLarge, "Meta doesn't give the file: it is too large.")
	case s == http.StatusTooManyRequests, s == http.StatusRequestTimeout, s >= 500, s < 300:
		return channel.Media{}, desk.Refuse(desk.Busy, fmt.Sprintf("Meta doesn't give the file now (status %d).", s))
	default:
		return channel.Media{}, desk.Refuse(desk.NotFound, fmt.Sprintf("Meta no longer gives the file (status %d): its address has ended.", s))
	}
}
