package line

// The fields that are read of LINE's Messaging API; all others are left alone, since payloads grow without notice.

// call is a webhook's body: its events as they are read or, where one of them can't be, as they came.
type call[E any] struct {
	Destination string `json:"destination"` // the account's own user id
	Events      []E    `json:"events"`
}

type event struct {
	Type   string `json:"type"`
	ID     string `json:"webhookEventId"`
	Time   int64  `json:"timestamp"` // milliseconds
	Mode   string `json:"mode"`      // active, or standby where another program answers
	Source struct {
		Type  string `json:"type"` // user, group or room
		User  string `json:"userId"`
		Group string `json:"groupId"`
	} `json:"source"`
	Message  *message `json:"message"`
	Unsend   *unsend  `json:"unsend"`
	Postback *struct {
		Data string `json:"data"`
	} `json:"postback"`
}

type unsend struct {
	Message string `json:"messageId"`
}

type message struct {
	ID        string   `json:"id"`
	Type      string   `json:"type"`
	Text      string   `json:"text"` // also of a sticker with words
	Quoted    string   `json:"quotedMessageId"`
	Provider  provider `json:"contentProvider"`
	FileName  string   `json:"fileName"`
	FileSize  int64    `json:"fileSize"`
	Title     string   `json:"title"`
	Address   string   `json:"address"`
	Latitude  float64  `json:"latitude"`
	Longitude float64  `json:"longitude"`
	Package   string   `json:"packageId"`
	Sticker   string   `json:"stickerId"`
	Keywords  []string `json:"keywords"`
}

// provider says where a file lies: at LINE, or at an address of whoever sent it by a program.
type provider struct {
	Type     string `json:"type"`
	Original string `json:"originalContentUrl"`
}

// push is a call that sends.
type push struct {
	To       string    `json:"to"`
	Messages []outward `json:"messages"`
}

type outward struct {
	Type     string `json:"type"`
	Text     string `json:"text,omitempty"`
	Original string `json:"originalContentUrl,omitempty"`
	Preview  string `json:"previewImageUrl,omitempty"`
}

// pushed is its answer, also where it was done before.
type pushed struct {
	Sent []struct {
		ID string `json:"id"`
	} `json:"sentMessages"`
}

// fault is what LINE says of a call that it did not do.
type fault struct {
	Message string `json:"message"`
	Details []struct {
		Message  string `json:"message"`
		Property string `json:"property"`
	} `json:"details"`
}
