package whatsapp

import (
	"encoding/json"
	"strconv"
	"strings"
)

// The fields that are read of the Cloud API's webhooks; all others are left alone, since payloads grow without notice.

// envelope is a webhook's body: read whole with messages and statuses as they are, or, where one of them can't be read,
// with each item's raw JSON.
type envelope[M, S any] struct {
	Object string        `json:"object"`
	Entry  []entry[M, S] `json:"entry"`
}

type entry[M, S any] struct {
	ID      string         `json:"id"` // the business account; "0" for the dashboard's samples
	Changes []change[M, S] `json:"changes"`
}

type change[M, S any] struct {
	Field string      `json:"field"`
	Value value[M, S] `json:"value"`
}

type value[M, S any] struct {
	Metadata struct {
		Number string `json:"phone_number_id"`
	} `json:"metadata"`
	Contacts []contact `json:"contacts"`
	Messages []M       `json:"messages"`
	Echoes   []M       `json:"message_echoes"` // written in the WhatsApp Business app
	Statuses []S       `json:"statuses"`
	Errors   []fault   `json:"errors"`
}

type (
	read   = envelope[*message, *status]
	unread = envelope[json.RawMessage, json.RawMessage]
)

type contact struct {
	Phone   string `json:"wa_id"`
	User    string `json:"user_id"`
	Profile struct {
		Name     string `json:"name"`
		Username string `json:"username"`
	} `json:"profile"`
}

type message struct {
	ID       string  `json:"id"`
	From     string  `json:"from"`
	FromUser string  `json:"from_user_id"`
	To       string  `json:"to"` // of echoes
	ToUser   string  `json:"to_user_id"`
	Time     stamp   `json:"timestamp"`
	Type     string  `json:"type"`
	Group    string  `json:"group_id"`
	Errors   []fault `json:"errors"`
	Context  *struct {
		ID string `json:"id"`
	} `json:"context"`
	Referral json.RawMessage `json:"referral"` // the advertisement that it answers

	Text *struct {
		Body string `json:"body"`
	} `json:"text"`
	Image    *media    `json:"image"`
	Video    *media    `json:"video"`
	Audio    *media    `json:"audio"`
	Voice    *media    `json:"voice"`
	Document *media    `json:"document"`
	Sticker  *media    `json:"sticker"`
	Location *location `json:"location"`
	Contacts []card    `json:"contacts"`
	Reaction *struct {
		Target string `json:"message_id"`
		Emoji  string `json:"emoji"`
	} `json:"reaction"`
	Interactive *interactive `json:"interactive"`
	Button      *struct {
		Text    string `json:"text"`
		Payload string `json:"payload"`
	} `json:"button"`
	Edit *struct {
		Original string   `json:"original_message_id"`
		Message  *message `json:"message"`
	} `json:"edit"`
	Revoke *struct {
		Original string `json:"original_message_id"`
	} `json:"revoke"`
	Order *struct {
		Text string `json:"text"`
	} `json:"order"`
	System *struct {
		Body  string `json:"body"`
		Phone string `json:"wa_id"` // the new number
		User  string `json:"user_id"`
	} `json:"system"`
}

type media struct {
	ID       string `json:"id"`
	MimeType string `json:"mime_type"`
	Caption  string `json:"caption"`
	FileName string `json:"filename"`
	Voice    bool   `json:"voice"`
}

type location struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Name      string  `json:"name"`
	Address   string  `json:"address"`
}

// card is a contact card that somebody sent.
type card struct {
	Name struct {
		Formatted string `json:"formatted_name"`
	} `json:"name"`
	Phones []struct {
		Phone string `json:"phone"`
		ID    string `json:"wa_id"`
	} `json:"phones"`
	Emails []struct {
		Email string `json:"email"`
	} `json:"emails"`
	Org struct {
		Company string `json:"company"`
	} `json:"org"`
}

type interactive struct {
	Type   string `json:"type"`
	Button *struct {
		Title string `json:"title"`
	} `json:"button_reply"`
	List *struct {
		Title       string `json:"title"`
		Description string `json:"description"`
	} `json:"list_reply"`
	Form *struct {
		Name     string `json:"name"`
		Body     string `json:"body"`
		Response string `json:"response_json"`
	} `json:"nfm_reply"`
}

type status struct {
	ID     string  `json:"id"`
	Status string  `json:"status"`
	Time   stamp   `json:"timestamp"`
	To     string  `json:"recipient_id"`
	ToUser string  `json:"recipient_user_id"`
	Opaque string  `json:"biz_opaque_callback_data"`
	Errors []fault `json:"errors"`
}

// fault is what WhatsApp says of something that did not work.
type fault struct {
	Code    int    `json:"code"`
	Title   string `json:"title"`
	Message string `json:"message"`
	Data    struct {
		Details string `json:"details"`
	} `json:"error_data"`
}

func (f fault) said() string {
	for _, s := range []string{f.Data.Details, f.Message, f.Title} {
		if s != "" {
			return s
		}
	}
	return ""
}

// stamp is a time in seconds since 1970, as a string mostly; one that can't be read is none.
type stamp int64

// UnmarshalJSON takes a string or a number.
func (s *stamp) UnmarshalJSON(b []byte) error {
	n, _ := strconv.ParseInt(strings.Trim(string(b), `"`), 10, 64)
	*s = stamp(n)
	return nil
}

// accepted is the answer to a send.
type accepted struct {
	Messages []struct {
		ID string `json:"id"`
	} `json:"messages"`
}
