package twilio

import (
	"context"
	"net/http"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// Fetch opens a file with the account's credentials. Twilio sends us on to a store of another host,
// where no Doer takes credentials along.
func (numbers) Fetch(ctx context.Context, d channel.Doer, a channel.Account, part desk.Attachment) (channel.Media, error) {
	p, err := reach(d, a)
	if err != nil {
		return channel.Media{}, desk.Refuse(desk.Busy, "The channel has no Twilio account.").Because(err)
	}
	if !isMediaPath(part.Ref) {
		return channel.Media{}, desk.Refuse(desk.NotFound, "The file has no address at Twilio.")
	}
	req, err := channel.NewRequest(ctx, http.MethodGet, p.base+part.Ref, nil)
	if err != nil {
		return channel.Media{}, err
	}
	req.SetBasicAuth(p.account, p.token)
	return channel.Fetched(d, req, part, platform)
}
