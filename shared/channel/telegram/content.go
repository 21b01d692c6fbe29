package telegram

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/loket-desk/loket/shared/desk"
)

// party is who wrote. In a private chat the chat is the person too, which helps where the sender is missing.
func party(u *user, c *chat) desk.Party {
	if u == nil || u.ID == 0 {
		u = &user{ID: c.ID, FirstName: c.FirstName, LastName: c.LastName, Username: c.Username}
	}
	return desk.Party{
		Identity: desk.Identity{Kind: Type, Value: decimal(u.ID)},
		Name:     strings.TrimSpace(u.FirstName + " " + u.LastName),
		Handle:   u.Username,
	}
}

// attachments are the message's files, still at Telegram, and what has no bytes: a place, a contact card.
func attachments(m *message) []desk.Attachment {
	var out []desk.Attachment
	add := func(a desk.Attachment) {
		a.ID = strconv.Itoa(len(out))
		out = append(out, a)
	}
	pending := func(f *file, usage desk.Usage, name, contentType string) {
		if f == nil || f.ID == "" {
			return
		}
		add(desk.Attachment{
			Name: or(f.Name, name), ContentType: or(f.MimeType, contentType), Size: max(f.Size, 0),
			Usage: usage, State: desk.PartPending, Ref: f.ID,
		})
	}
	pending(largest(m.Photo), desk.UsageImage, "photo.jpg", "image/jpeg")
	pending(m.Animation, desk.UsageVideo, "animation.mp4", "video/mp4")
	if m.Animation == nil {
		pending(m.Document, desk.UsageFile, "document", "application/octet-stream")
	}
	pending(m.Voice, desk.UsageVoice, "voice.ogg", "audio/ogg")
	pending(m.Audio, desk.UsageAudio, audioName(m.Audio), "audio/mpeg")
	pending(m.Video, desk.UsageVideo, "video.mp4", "video/mp4")
	pending(m.VideoNote, desk.UsageVideo, "video-note.mp4", "video/mp4")
	name, contentType := stickerForm(m.Sticker)
	pending(m.Sticker, desk.UsageSticker, name, contentType)
	if l := placeOf(m); l != nil {
		add(data(desk.UsageLocation, l))
	}
	if m.Contact != nil {
		add(data(desk.UsageContact, cardOf(*m.Contact)))
	}
	return out
}

// place and card are the data of an attachment without bytes, named as custom channels name them.
type place struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Name      string  `json:"name,omitempty"`
	Address   string  `json:"address,omitempty"`
}

type card struct {
	Name  string   `json:"name,omitempty"`
	Phone []string `json:"phones,omitempty"`
	VCard string   `json:"vcard,omitempty"`
}

func placeOf(m *message) *place {
	switch {
	case m.Venue != nil:
		return &place{m.Venue.Location.Latitude, m.Venue.Location.Longitude, m.Venue.Title, m.Venue.Address}
	case m.Location != nil:
		return &place{Latitude: m.Location.Latitude, Longitude: m.Location.Longitude}
	default:
		return nil
	}
}

func cardOf(c contact) card {
	out := card{Name: strings.TrimSpace(c.FirstName + " " + c.LastName), VCard: c.VCard}
	if c.Phone != "" {
		out.Phone = []string{c.Phone}
	}
	return out
}

func data(usage desk.Usage, v any) desk.Attachment {
	b, _ := json.Marshal(v) // strings and finite numbers only: JSON has no others, so this can't fail
	return desk.Attachment{Usage: usage, State: desk.PartInline, Data: string(b)}
}

func largest(sizes []file) *file {
	if len(sizes) == 0 {
		return nil
	}
	big := slices.MaxFunc(sizes, func(a, b file) int { return a.Width*a.Height - b.Width*b.Height })
	return &big
}

func audioName(f *file) string {
	if f != nil && f.Title != "" {
		return f.Title + ".mp3"
	}
	return "audio.mp3"
}

func stickerForm(f *file) (name, contentType string) {
	switch {
	case f != nil && f.IsAnimated:
		return "sticker.tgs", "application/x-tgsticker"
	case f != nil && f.IsVideo:
		return "sticker.webm", "video/webm"
	default:
		return "sticker.webp", "image/webp"
	}
}

// unsupported says in words what a message is that has neither text nor anything that we carry.
func unsupported(raw json.RawMessage) string {
	var fields map[string]json.RawMessage
	_ = json.Unmarshal(raw, &fields) // it was read as a message before
	for _, k := range kinds {
		if _, ok := fields[k.field]; ok {
			return k.words
		}
	}
	names := make([]string, 0, len(fields))
	for name := range fields {
		if !slices.Contains(envelope, name) && len(name) < 40 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if len(names) == 0 {
		return "an empty message"
	}
	return "a message of a kind that we don't know (" + strings.Join(names[:min(len(names), 5)], ", ") + ")"
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
