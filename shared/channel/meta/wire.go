package meta

import (
	"encoding/json"
	"strconv"
	"strings"
)

// The fields that are read of the webhooks of pages and Instagram accounts; all others are left alone, since payloads grow
// without notice.

// envelope is a webhook's body: read whole or, where an item of it can't be read, with each item's raw JSON.
type envelope[I any] struct {
	Object string `json:"object"`
	Entry  []struct {
		ID        text              `json:"id"` // the page or account; "0" for the dashboard's samples
		Messaging []I               `json:"messaging"`
		Standby   []json.RawMessage `json:"standby"` // another app has the thread
		Changes   []json.RawMessage `json:"changes"` // the page's feed
	} `json:"entry"`
}

type (
	read   = envelope[*item]
	unread = envelope[json.RawMessage]
)

// item is one thing that happened between a person and an account: exactly one of its parts is there.
type item struct {
	Sender    party     `json:"sender"`
	Recipient party     `json:"recipient"`
	Time      stamp     `json:"timestamp"`
	Message   *message  `json:"message"`
	Postback  *postback `json:"postback"`
	Reaction  *struct {
		Mid    string `json:"mid"`
		Action string `json:"action"` // react or unreact
		Emoji  string `json:"emoji"`
		Name   string `json:"reaction"`
	} `json:"reaction"`
	Edit *struct {
		Mid    string `json:"mid"`
		Text   string `json:"text"`
		Number stamp  `json:"num_edit"`
	} `json:"message_edit"`
	Delivery *struct {
		Mids []string `json:"mids"`
		UpTo stamp    `json:"watermark"`
	} `json:"delivery"`
	Read *struct {
		Mid  string `json:"mid"`       // of Instagram
		UpTo stamp  `json:"watermark"` // of Messenger
	} `json:"read"`
	Policy *struct {
		Action string `json:"action"`
		Reason string `json:"reason"`
	} `json:"policy_enforcement"`
	PolicyToo *struct {
		Action string `json:"action"`
		Reason string `json:"reason"`
	} `json:"policy-enforcement"`
}

type party struct {
	ID text `json:"id"`
}

type message struct {
	Mid         string       `json:"mid"`
	Text        string       `json:"text"`
	Echo        bool         `json:"is_echo"`
	Deleted     bool         `json:"is_deleted"`
	Unsupported bool         `json:"is_unsupported"`
	Metadata    string       `json:"metadata"`
	Attachments []attachment `json:"attachments"`
	ReplyTo     *struct {
		Mid   string          `json:"mid"`
		Story json.RawMessage `json:"story"`
	} `json:"reply_to"`
	Referral json.RawMessage `json:"referral"`
}

type attachment struct {
	Type    string `json:"type"`
	Title   string `json:"title"`
	URL     string `json:"url"`
	Payload *struct {
		URL         string `json:"url"`
		Title       string `json:"title"`
		StickerID   text   `json:"sticker_id"`
		Coordinates *struct {
			Latitude  float64 `json:"lat"`
			Longitude float64 `json:"long"`
		} `json:"coordinates"`
	} `json:"payload"`
}

type postback struct {
	Mid      string          `json:"mid"`
	Title    string          `json:"title"`
	Payload  string          `json:"payload"`
	Referral json.RawMessage `json:"referral"`
}

// text is an id, which comes as a string mostly and as a number sometimes.
type text string

// UnmarshalJSON takes a string or a number; anything else is none.
func (t *text) UnmarshalJSON(b []byte) error {
	if len(b) > 1 && b[0] == '"' {
		if digits := b[1 : len(b)-1]; strings.Trim(string(digits), "0123456789") == "" {
			*t = text(digits)
			return nil
		}
		return json.Unmarshal(b, (*string)(t))
	}
	if *t = text(b); strings.Trim(string(b), "0123456789") != "" {
		*t = ""
	}
	return nil
}

// stamp is a time in milliseconds or seconds since 1970, or another number; one that can't be read is none.
type stamp int64

// UnmarshalJSON takes a string or a number.
func (s *stamp) UnmarshalJSON(b []byte) error {
	n, _ := strconv.ParseInt(strings.Trim(string(b), `"`), 10, 64)
	*s = stamp(n)
	return nil
}

// ignored are the items that are understood and left aside: they change nothing in a conversation.
var ignored = []string{
	"referral", "optin", "pass_thread_control", "take_thread_control", "request_thread_control", "app_roles", "account_linking",
	"game_play", "payment", "pre_checkout", "checkout_update", "branded_camera", "messaging_feedback", "message_context",
}
