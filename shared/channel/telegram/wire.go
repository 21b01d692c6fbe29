package telegram

import "encoding/json"

// The fields that are read of Telegram's Bot API; all others are left alone, since payloads grow without notice.
// Ids are int64: a chat's id is negative for groups and may pass 2^53.

// update is one webhook call: exactly one of the others beside its id.
type update struct {
	ID            int64           `json:"update_id"`
	Message       *message        `json:"message"`
	Edited        *message        `json:"edited_message"`
	Callback      *callback       `json:"callback_query"`
	Member        *member         `json:"my_chat_member"`
	Reaction      *reaction       `json:"message_reaction"`
	ChannelPost   json.RawMessage `json:"channel_post"`
	EditedPost    json.RawMessage `json:"edited_channel_post"`
	ReactionCount json.RawMessage `json:"message_reaction_count"`
}

type user struct {
	ID        int64  `json:"id"`
	IsBot     bool   `json:"is_bot"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Username  string `json:"username"`
}

type chat struct {
	ID        int64  `json:"id"`
	Type      string `json:"type"` // private, group, supergroup or channel
	Title     string `json:"title"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Username  string `json:"username"`
}

type message struct {
	ID       int64    `json:"message_id"`
	Date     int64    `json:"date"`
	EditDate int64    `json:"edit_date"`
	From     *user    `json:"from"`
	Chat     *chat    `json:"chat"`
	Text     string   `json:"text"`
	Caption  string   `json:"caption"`
	ReplyTo  *message `json:"reply_to_message"`

	Photo     []file    `json:"photo"` // sizes of one picture, the largest last
	Document  *file     `json:"document"`
	Voice     *file     `json:"voice"`
	Audio     *file     `json:"audio"`
	Video     *file     `json:"video"`
	VideoNote *file     `json:"video_note"`
	Animation *file     `json:"animation"` // comes with a document that is the same file
	Sticker   *file     `json:"sticker"`
	Location  *location `json:"location"`
	Venue     *venue    `json:"venue"` // comes with its location
	Contact   *contact  `json:"contact"`
	Markup    *markup   `json:"reply_markup"`
}

// file is any of the kinds of files: each has a file_id and some of the rest.
type file struct {
	ID         string `json:"file_id"`
	Name       string `json:"file_name"`
	MimeType   string `json:"mime_type"`
	Size       int64  `json:"file_size"`
	Width      int    `json:"width"`
	Height     int    `json:"height"`
	Title      string `json:"title"` // of audio
	Emoji      string `json:"emoji"` // of a sticker
	IsAnimated bool   `json:"is_animated"`
	IsVideo    bool   `json:"is_video"`
}

type location struct {
	Latitude   float64 `json:"latitude"`
	Longitude  float64 `json:"longitude"`
	LivePeriod int64   `json:"live_period"`
}

type venue struct {
	Location location `json:"location"`
	Title    string   `json:"title"`
	Address  string   `json:"address"`
}

type contact struct {
	Phone     string `json:"phone_number"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	VCard     string `json:"vcard"`
}

type markup struct {
	Rows [][]struct {
		Text string `json:"text"`
		Data string `json:"callback_data"`
	} `json:"inline_keyboard"`
}

// callback is a press on a button under a message of ours.
type callback struct {
	ID      string   `json:"id"`
	From    *user    `json:"from"`
	Message *message `json:"message"`
	Data    string   `json:"data"`
}

// member says that the bot's own place in a chat changed.
type member struct {
	Chat *chat `json:"chat"`
	From *user `json:"from"`
	Date int64 `json:"date"`
	New  struct {
		Status string `json:"status"`
	} `json:"new_chat_member"`
}

// reaction says which emoji somebody now has on a message.
type reaction struct {
	Chat      *chat `json:"chat"`
	MessageID int64 `json:"message_id"`
	User      *user `json:"user"`
	Date      int64 `json:"date"`
	New       []struct {
		Type  string `json:"type"` // emoji, custom_emoji or paid
		Emoji string `json:"emoji"`
	} `json:"new_reaction"`
}

// answer is what every call of the Bot API gives back.
type answer struct {
	OK          bool            `json:"ok"`
	Result      json.RawMessage `json:"result"`
	Code        int             `json:"error_code"`
	Description string          `json:"description"`
	Parameters  struct {
		RetryAfter int64 `json:"retry_after"` // seconds
		MigrateTo  int64 `json:"migrate_to_chat_id"`
	} `json:"parameters"`
}

// sent is the answer of every method that sends: the message, of which only the number matters. Reading more of it could
// only make a message that was taken look like one that was not.
type sent struct {
	ID int64 `json:"message_id"`
}

// webhookInfo is the answer of getWebhookInfo.
type webhookInfo struct {
	URL           string `json:"url"`
	Pending       int64  `json:"pending_update_count"`
	LastError     string `json:"last_error_message"`
	LastErrorDate int64  `json:"last_error_date"`
}

// remoteFile is the answer of getFile.
type remoteFile struct {
	Path string `json:"file_path"`
	Size int64  `json:"file_size"`
}
