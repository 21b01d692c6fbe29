package meta

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// thumbs are the ids of the sticker that is a thumb, in its three sizes.
var thumbs = []text{"369239263222822", "369239343222814", "369239383222810"}

// fill puts what a message holds into its event: files that are to be fetched, and the rest as text.
func (t *parser) fill(e *desk.Inbound, m *message) {
	lines := []string{m.Text}
	for i := range m.Attachments {
		a := &m.Attachments[i]
		if part, ok := a.part(); ok {
			part.ID = strconv.Itoa(len(e.Attachments))
			e.Attachments = append(e.Attachments, part)
		} else if words := a.words(); words != "" && !strings.Contains(m.Text, words) {
			lines = append(lines, words)
		}
	}
	e.Text = strings.Join(slices.DeleteFunc(lines, func(s string) bool { return s == "" }), "\n")
	if m.ReplyTo != nil {
		e.Attachments = refer(e.Attachments, "story", m.ReplyTo.Story)
	}
	e.Attachments = refer(e.Attachments, "referral", m.Referral)
	switch {
	case m.Unsupported:
		e.Unsupported, e.Payload = "a message of a kind that "+t.api.product+" doesn't pass on", t.payload()
	case e.Text == "" && len(e.Attachments) == 0:
		e.Unsupported, e.Payload = "an empty message", t.payload()
		if len(m.Attachments) > 0 {
			e.Unsupported = "an attachment of a kind that we don't know"
		}
	}
}

// refer keeps what a message came from or answers that is no message: an advertisement, a link, a story.
func refer(to []desk.Attachment, what string, raw json.RawMessage) []desk.Attachment {
	if !bytes.HasPrefix(raw, []byte("{")) {
		return to
	}
	b, _ := json.Marshal(map[string]json.RawMessage{what: raw}) // it was read before
	return append(to, desk.Attachment{ID: strconv.Itoa(len(to)), Usage: desk.UsageOther, State: desk.PartInline, Data: string(b)})
}

// part is the file or place that an attachment is. Files lie at an address that anybody may open, for a while.
func (a *attachment) part() (desk.Attachment, bool) {
	if a.Payload == nil {
		return desk.Attachment{}, false
	}
	if at := a.Payload.Coordinates; at != nil && a.Type == "location" {
		b, _ := json.Marshal(map[string]float64{"latitude": at.Latitude, "longitude": at.Longitude}) // finite: JSON has no others
		return desk.Attachment{Usage: desk.UsageLocation, State: desk.PartInline, Data: string(b)}, true
	}
	usage, known := usages[a.Type]
	if !known || !isWeb(a.Payload.URL) || slices.Contains(thumbs, a.Payload.StickerID) {
		return desk.Attachment{}, false
	}
	if a.Payload.StickerID != "" {
		usage = desk.UsageSticker
	}
	return desk.Attachment{Name: nameOf(a.Payload.URL, a.Type), Usage: usage, State: desk.PartPending, Ref: a.Payload.URL}, true
}

// usages are the attachments that are files.
var usages = map[string]desk.Usage{"image": desk.UsageImage, "video": desk.UsageVideo, "audio": desk.UsageAudio, "file": desk.UsageFile}

// words are an attachment as text: a shared link or post, a mention, a heart. A story is not copied: it is gone in a day,
// and is meant to be.
func (a *attachment) words() string {
	title, link := a.Title, a.URL
	if a.Payload != nil {
		title, link = or(title, a.Payload.Title), or(a.Payload.URL, link)
		if slices.Contains(thumbs, a.Payload.StickerID) {
			return "👍"
		}
	}
	switch a.Type {
	case "like_heart":
		return "❤️"
	case "story_mention":
		title = "(mentioned you in a story)"
	case "share", "post", "ig_post":
		title = or(title, "(shared a post)")
	case "reel", "ig_reel":
		title = or(title, "(shared a reel)")
	}
	return strings.TrimSpace(title + " " + link)
}

// isWeb tells an address that can be fetched from the relative and strange ones that come too. Whether it may be is the
// guarded client's to say.
func isWeb(address string) bool {
	rest, secure := strings.CutPrefix(address, "https://")
	if !secure {
		rest, secure = strings.CutPrefix(address, "http://")
	}
	return secure && rest != "" && rest[0] != '/'
}

// nameOf is what the address calls the file.
func nameOf(address, otherwise string) string {
	place, _, _ := strings.Cut(address, "?")
	place, _, _ = strings.Cut(place, "#")
	_, place, _ = strings.Cut(place, "://")
	if slash := strings.LastIndexByte(place, '/'); slash >= 0 {
		if name, err := url.PathUnescape(place[slash+1:]); err == nil && strings.Contains(name, ".") && len(name) < 200 && !strings.Contains(name, "/") {
			return channel.Clean(name)
		}
	}
	return otherwise
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
