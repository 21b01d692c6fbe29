package twilio

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// keyParam is where our own id of a message comes back, in the address of its statuses.
const keyParam = "message"

// status says what became of a message of ours. Its earlier stages at Twilio are left aside.
func (p parser) status(sid, word string) channel.Received {
	state, known := states(word)
	if !known {
		return channel.Received{Ignored: 1}
	}
	who := p.party(p.get("To"))
	if who.Value == "" {
		who.Value = "unknown"
	}
	who.Name = ""
	key := desk.MessageID(p.query.Get(keyParam))
	if _, _, ok := key.Split(); !ok || len(key) > 100 {
		key = ""
	}
	e := desk.Inbound{
		Type: desk.InStatus, ID: sid + ":" + word, Thread: who.Value, At: p.now, From: who, Target: sid,
		Status: &desk.StatusNews{State: state, At: p.now, Key: key},
	}
	if state != desk.Failed {
		return one(e)
	}
	code, _ := strconv.Atoi(p.get("ErrorCode"))
	e.Status.Detail = words(code, p.get("ChannelStatusMessage"))
	if word == "canceled" {
		e.Status.Detail = "The message was cancelled at Twilio."
	}
	out := one(e)
	if meaning(code).blocked {
		out.Events = append(out.Events, desk.Inbound{Type: desk.InBlocked, ID: sid + ":blocked", Thread: who.Value, At: p.now, From: who})
	}
	return out
}

func states(word string) (desk.State, bool) {
	switch word {
	case "sent":
		return desk.Sent, true
	case "delivered":
		return desk.Delivered, true
	case "read":
		return desk.Read, true
	case "undelivered", "failed", "canceled":
		return desk.Failed, true
	}
	return "", false
}

// what is what an error means: in an agent's words, and what follows from it.
type what struct {
	words   string
	outcome channel.Outcome // empty is Refused
	blocked bool
	broken  string
}

// words says what went wrong, with Twilio's code for who wants to look it up.
func words(code int, said string) string {
	m := meaning(code).words
	switch {
	case m != "":
		return fmt.Sprintf("%s (Twilio's error %d)", m, code)
	case said != "" && code != 0:
		return fmt.Sprintf("Twilio says: %s (error %d)", strings.TrimSuffix(said, "."), code)
	case said != "":
		return "Twilio says: " + said
	case code != 0:
		return fmt.Sprintf("The message was not delivered (Twilio's error %d).", code)
	}
	return "The message was not delivered; Twilio doesn't say why."
}

// meaning is Twilio's table of errors, those that a message can meet.
func meaning(code int) what {
	switch code {
	case 20003, 20006, 20008, 20107:
		return what{words: "Twilio no longer accepts the account's credentials.", broken: "Twilio no longer accepts the auth token. Copy it from Twilio's console and paste it anew."}
	case 20005, 30002:
		return what{words: "The Twilio account is suspended.", broken: "The Twilio account is not active: see Twilio's console, usually it is about the balance."}
	case 20404:
		return what{words: "Twilio knows no such account.", broken: "Twilio knows no account of this SID under the address that is set."}
	case 21606, 21603, 21659, 21660, 21212, 63007:
		return what{words: "The channel's number can't send.", broken: "The number doesn't belong to this Twilio account, or can't send such messages. Check the number in the channel's settings."}
	case 20429, 14107, 30022, 63018, 21611, 30001, 20503:
		return what{words: "Twilio asks to wait: too many messages at once.", outcome: channel.Again}
	case 21610:
		return what{words: "The contact sent STOP and takes no more messages.", blocked: true}
	case 63016, 63032:
		return what{words: "WhatsApp allows free answers only within 24 hours of the contact's last message."}
	}
	return recipient(code)
}

// recipient are the errors of the other side and of what was written.
func recipient(code int) what {
	return what{words: map[int]string{
		21211: "This is no valid phone number.", 21214: "This phone number can't be reached.", 21217: "This is no valid phone number.",
		21265: "The number is our own or a short code, which takes no messages.", 21266: "A message can't go to the number it comes from.",
		21408: "The Twilio account may not send to this country: allow it in Twilio's console under geographic permissions.",
		21608: "A trial account of Twilio sends only to numbers that were verified.", 21612: "This number can't be reached from ours.",
		21614: "This is no mobile number.", 21617: "The text is too long for Twilio.", 21619: "The message has neither text nor files.",
		21620: "Twilio couldn't take the file.", 21623: "These are too many files for one message.",
		30003: "The contact's phone is off or out of reach.", 30004: "The contact or the carrier blocks our messages.",
		30005: "The number doesn't exist or is out of service.", 30006: "The number is a landline or its carrier can't be reached.",
		30007: "The carrier took the message for spam and filtered it.", 30008: "The carrier didn't deliver it and doesn't say why.",
		30010: "The message costs more than the account's limit.", 30019: "The file is too large for the carrier.", 30032: "The toll-free number is not verified.",
		30034: "The number is not registered for messages of businesses (A2P 10DLC).", 30410: "The carrier didn't answer in time.", 11200: "Twilio couldn't fetch the file.",
		12300: "The file's type is not one that Twilio takes.", 63001: "WhatsApp refused the sender.", 63003: "The contact is not on WhatsApp.",
		63005: "WhatsApp doesn't take what the message holds.", 63013: "The message breaks WhatsApp's rules.", 63019: "WhatsApp couldn't fetch the file.",
		63021: "WhatsApp doesn't take what the message holds.", 63024: "WhatsApp doesn't know the contact.", 63033: "The contact blocked us.", 63049: "WhatsApp held the message back to keep the contact from too many offers.",
	}[code]}
}
