package twilio

import (
	"context"
	"net/url"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// phoneNumber is one of the account's numbers.
type phoneNumber struct {
	SID    string `json:"sid"`
	Number string `json:"phone_number"`
	SMSURL string `json:"sms_url"`
}

// Connect proves the account, and the number where it is one of the account's, whose messages it then has sent to us. A
// WhatsApp sender's and a messaging service's addresses are pasted by the admin: their set-up lies elsewhere at Twilio.
func (n numbers) Connect(ctx context.Context, d channel.Doer, a channel.Account) (channel.Connection, error) {
	from := fromOf(a)
	if !isNumber(from) && (n.whatsapp || !isSID(from, "MG")) {
		return channel.Connection{}, desk.RefuseField("settings."+fromField, "This is no number with its country, such as +4930123456.")
	}
	p, err := reach(d, a)
	if err != nil {
		return channel.Connection{}, err
	}
	out := channel.Connection{Account: map[string]string{"id": from, "name": from}}
	var account struct {
		Name   string `json:"friendly_name"`
		Status string `json:"status"`
		Type   string `json:"type"`
	}
	if err := p.ask(ctx, ".json", nil, &account); err != nil {
		return channel.Connection{}, err
	}
	out.Account["account"] = account.Name
	if account.Status != "active" {
		return out, desk.Refuse(desk.Invalid, "The Twilio account is "+account.Status+": see Twilio's console, usually it is about the balance.")
	}
	if account.Type == "Trial" {
		out.Warning = "This is a trial account: Twilio sends only to numbers that were verified, with a note of its own."
	}
	if a.Hook == "" {
		return out, desk.Refuse(desk.Invalid, "The channel has no address that Twilio could call: set the stack's PublicUrl.")
	}
	if n.whatsapp || isService(from) {
		out.Setup = []channel.SetupValue{{Label: whereTo(n.whatsapp), Value: a.Hook}}
		return out, nil
	}
	return out, p.number(ctx, a, from, &out)
}

func whereTo(whatsapp bool) string {
	if whatsapp {
		return "Webhook URL for incoming messages (console, Messaging, Senders, WhatsApp senders; method POST)"
	}
	return "Request URL (console, Messaging, Services, the service's Integration: send a webhook; method POST)"
}

// number proves that a number is the account's, and has its messages sent to us; a probe only looks whether they are.
func (p api) number(ctx context.Context, a channel.Account, from string, out *channel.Connection) error {
	var found struct {
		Numbers []phoneNumber `json:"incoming_phone_numbers"`
	}
	if err := p.ask(ctx, "/IncomingPhoneNumbers.json?PhoneNumber="+url.QueryEscape(from), nil, &found); err != nil {
		return err
	}
	var own phoneNumber
	for _, n := range found.Numbers {
		if n.Number == from {
			own = n
		}
	}
	if !isSID(own.SID, "PN") {
		return desk.RefuseField("settings."+fromField, "The Twilio account has no number "+from+".")
	}
	out.Setup = []channel.SetupValue{{Label: "A message comes in (console, Phone numbers, the number's messaging; set for you)", Value: a.Hook}}
	if !a.Probe {
		return p.ask(ctx, "/IncomingPhoneNumbers/"+own.SID+".json", url.Values{"SmsUrl": {a.Hook}, "SmsMethod": {"POST"}}, &own)
	}
	if own.SMSURL != a.Hook && a.Extra["id"] != "" {
		out.Warning = "Twilio sends this number's messages elsewhere. Connect the channel again, unless a messaging service sends them here."
	}
	return nil
}
