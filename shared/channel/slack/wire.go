package slack

import "encoding/json"

// The fields that are read of Slack's Events API; all others are left alone, since payloads grow without notice.

// envelope is a webhook's body, its event as it is read or as it came.
type envelope[E any] struct {
	Type           string `json:"type"` // url_verification, event_callback, app_rate_limited
	Challenge      string `json:"challenge"`
	Team           string `json:"team_id"`
	App            string `json:"api_app_id"`
	ID             string `json:"event_id"`
	Event          E      `json:"event"`
	Authorizations []struct {
		Team string `json:"team_id"` // where the app is installed: another than the team in shared channels
	} `json:"authorizations"`
}

// event is any of the kinds of events.
type event struct {
	Type        string   `json:"type"`
	Channel     room     `json:"channel"`
	ChannelType string   `json:"channel_type"` // im is a direct chat
	EventTS     string   `json:"event_ts"`
	New         *content `json:"message"`
	Previous    *content `json:"previous_message"`
	Deleted     string   `json:"deleted_ts"`
	Reaction    string   `json:"reaction"`
	Item        *struct {
		Channel string `json:"channel"`
		TS      string `json:"ts"`
	} `json:"item"`
	content
}

// content is a message, also within an event that says that it was changed.
type content struct {
	Subtype  string          `json:"subtype"`
	TS       string          `json:"ts"`
	User     string          `json:"user"`
	Bot      string          `json:"bot_id"`
	Text     string          `json:"text"`
	Thread   string          `json:"thread_ts"`
	Files    []file          `json:"files"`
	Profile  *profile        `json:"user_profile"` // of people of other workspaces
	Edited   json.RawMessage `json:"edited"`
	Metadata *struct {
		Type    string `json:"event_type"`
		Payload struct {
			Key string `json:"key"`
		} `json:"event_payload"`
	} `json:"metadata"`
}

type profile struct {
	DisplayName string `json:"display_name"`
	RealName    string `json:"real_name"`
}

type file struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	MimeType string `json:"mimetype"`
	Size     int64  `json:"size"`
	Mode     string `json:"mode"`        // tombstone where it was deleted, hidden_by_limit
	Access   string `json:"file_access"` // check_file_info: its address must be asked for
	External bool   `json:"is_external"`
	URL      string `json:"url_private"`
	Download string `json:"url_private_download"`
}

// room is a channel's id; some events have an object with it.
type room string

func (r *room) UnmarshalJSON(b []byte) error {
	var id string
	if json.Unmarshal(b, &id) == nil {
		*r = room(id)
		return nil
	}
	var o struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(b, &o); err != nil {
		return err
	}
	*r = room(o.ID)
	return nil
}
