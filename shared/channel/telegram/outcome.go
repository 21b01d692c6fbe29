package telegram

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// outcome decides what became of a send. Only what Telegram itself refused, or what surely never reached it, may be
// sent again: an answer that isn't Telegram's may come from a gateway behind which the message was taken.
func (p api) outcome(r reply, chat int64) channel.Result {
	switch {
	case r.OK && r.Status == http.StatusOK:
		return accepted(r, p.bot(), chat)
	case r.OK:
		return lost(fmt.Sprintf("Telegram's answer contradicts itself (status %d): the message may have been sent.", r.Status))
	case r.Telegram:
		return said(r)
	case !r.Sent:
		return unsent(r.Err)
	case r.Status == 0:
		return lost("Telegram's answer never came: the message may have been sent.")
	case r.Status == http.StatusTooManyRequests || r.Status == http.StatusServiceUnavailable:
		return channel.Result{Outcome: channel.Again, Detail: "Telegram is overloaded."}
	case r.Status == http.StatusRequestEntityTooLarge:
		return refused("The file is too large for Telegram.")
	case r.Status >= 300 && r.Status < 500 && r.Status != http.StatusRequestTimeout:
		return refused(fmt.Sprintf("The address of the Bot API refused the message (status %d), not in Telegram's words.", r.Status))
	default:
		return lost(fmt.Sprintf("Telegram's answer can't be read (status %d): the message may have been sent.", r.Status))
	}
}

func accepted(r reply, bot string, chat int64) channel.Result {
	var m sent
	if err := decodeResult(r.Result, &m); err != nil || m.ID == 0 {
		return lost("Telegram's answer names no message: it may have been sent.")
	}
	return channel.Result{Outcome: channel.Accepted, IDs: []string{messageID(bot, chat, m.ID)}}
}

// said is the result of a refusal in Telegram's own words.
func said(r reply) channel.Result {
	detail := "Telegram refused: " + or(r.Description, fmt.Sprintf("error %d", r.Code))
	switch {
	case r.Code == http.StatusTooManyRequests:
		wait := min(max(r.Parameters.RetryAfter, 0), 86400)
		return channel.Result{Outcome: channel.Again, Detail: "Telegram asks for patience: " + r.Description, Wait: time.Duration(wait) * time.Second}
	case r.Code >= http.StatusInternalServerError || r.Code == http.StatusConflict:
		return channel.Result{Outcome: channel.Again, Detail: "Telegram has trouble: " + r.Description}
	case r.Code == http.StatusForbidden:
		return channel.Result{Outcome: channel.Refused, Detail: detail, Blocked: true}
	case r.Code == http.StatusUnauthorized || r.Code == http.StatusNotFound:
		return channel.Result{Outcome: channel.Refused, Detail: detail, Broken: "Telegram no longer accepts the bot token. Ask @BotFather for it and paste it anew."}
	default:
		return refused(detail)
	}
}

// unsent is for a request that did not get out: later is safe, unless the address itself is refused.
func unsent(err error) channel.Result {
	switch desk.CodeOf(err) {
	case desk.Invalid, desk.Forbidden, desk.NotFound, desk.TooLarge:
		return refused("The message could not be sent: " + sentence(err))
	default:
		return channel.Result{Outcome: channel.Again, Detail: "Telegram can't be reached."}
	}
}

func lost(detail string) channel.Result {
	return channel.Result{Outcome: channel.Lost, Detail: detail}
}

// refusedPicture reports whether Telegram refused a file as a picture, which it still takes as a document: it is too
// long and narrow, has too many pixels, or can't be read.
func (r reply) refusedPicture() bool {
	return r.Telegram && r.Code == http.StatusBadRequest && (strings.Contains(r.Description, "PHOTO_") || strings.Contains(r.Description, "IMAGE_"))
}
