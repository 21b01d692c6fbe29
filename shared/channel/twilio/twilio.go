// Package twilio is the channels of Twilio: SMS and MMS of a phone number, and WhatsApp by Twilio.
//
// A message's provider id is Twilio's SID, which is unique for good. The thread value is the other party's number, "+1…",
// or their WhatsApp user id where the number is hidden.
package twilio

import (
	"strings"
	"time"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// The channel types.
const (
	TypeSMS      = "twilio-sms"
	TypeWhatsApp = "twilio-whatsapp"
)

const (
	textPart      = 1600 // UTF-16 units of one message
	parts         = 10   // messages that one text may become
	mmsLimit      = 5 << 20
	whatsappLimit = 16 << 20
	window        = 24 * time.Hour
)

const (
	publicBase   = "https://api.twilio.com"
	tokenField   = "authToken"
	accountField = "accountSid"
	fromField    = "from"
	prefix       = "whatsapp:" // of WhatsApp addresses
	platform     = "Twilio"
)

// The kinds of identities.
const (
	phoneKind = "phone"
	userKind  = "whatsapp-user" // a WhatsApp user id, as the channel of the Cloud API names it
)

// numbers implements the four methods for one of the two types; the account comes with each call.
type numbers struct {
	whatsapp bool
	now      func() time.Time
}

// SMS is Twilio's SMS and MMS as a kind of channel.
func SMS() channel.Kind {
	return channel.Kind{
		Channel: numbers{now: time.Now}, Type: TypeSMS, Name: "SMS (Twilio)",
		Description: "SMS and MMS of a Twilio phone number.",
		Fields:      fields("The phone number with its country, such as +4930123456, or a messaging service's SID (MG…)."),
		Capabilities: channel.Capabilities{
			TextLimit: parts * textPart, TextUnit: channel.UTF16, TextPart: textPart, CaptionLimit: textPart,
			Attachments: []channel.FileRule{{Type: "", MaxSize: mmsLimit}}, MaxAttachments: 10, MaxTotalSize: mmsLimit,
			Receipts: []desk.State{desk.Delivered}, Start: true,
		},
	}
}

// WhatsApp is WhatsApp by Twilio as a kind of channel.
func WhatsApp() channel.Kind { return whatsAppAt(time.Now) }

func whatsAppAt(now func() time.Time) channel.Kind {
	return channel.Kind{
		Channel: numbers{whatsapp: true, now: now}, Type: TypeWhatsApp, Name: "WhatsApp (Twilio)",
		Description: "Chats of a WhatsApp sender that Twilio runs.",
		Fields:      fields("The WhatsApp sender's phone number with its country, such as +4930123456."),
		Capabilities: channel.Capabilities{
			TextLimit: parts * textPart, TextUnit: channel.UTF16, TextPart: textPart, CaptionLimit: textPart,
			Attachments: []channel.FileRule{{Type: "", MaxSize: whatsappLimit}}, MaxAttachments: 10,
			Receipts: []desk.State{desk.Delivered, desk.Read}, Window: window, WindowHours: int(window / time.Hour), Template: true,
		},
	}
}

func fields(from string) []channel.Field {
	return []channel.Field{
		{Name: tokenField, Label: "Auth token", Secret: true, Required: true, Help: "On the first page of Twilio's console, below the account SID."},
		{Name: accountField, Label: "Account SID", Required: true, Help: "On the first page of Twilio's console; it begins with AC."},
		{Name: fromField, Label: "Number", Required: true, Help: from},
		{Name: "apiBase", Label: "Address of Twilio's API", Help: "Only for an account in another region, or a proxy of your own; empty is " + publicBase + "."},
	}
}

// fromOf is the account's own address without WhatsApp's prefix: a number, or a messaging service's SID.
func fromOf(a channel.Account) string {
	from := strings.TrimPrefix(strings.TrimSpace(a.Settings[fromField]), prefix)
	return strings.NewReplacer(" ", "", "-", "", "(", "", ")", "").Replace(from)
}

// isService tells a messaging service from a number.
func isService(from string) bool { return strings.HasPrefix(from, "MG") }

// isNumber tells a phone number with its country.
func isNumber(s string) bool {
	digits, plus := strings.CutPrefix(s, "+")
	return plus && len(digits) >= 5 && len(digits) <= 15 && strings.Trim(digits, "0123456789") == ""
}

// isSID tells an id of Twilio's, which goes into addresses.
func isSID(s, kind string) bool {
	return len(s) == 34 && strings.HasPrefix(s, kind) && strings.Trim(s[2:], "0123456789abcdefABCDEF") == ""
}
