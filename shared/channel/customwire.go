package channel

import (
	"encoding/json"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// The wire shapes of custom channels that both the API and the webhook speak. Source: the contract in
// docs/custom-channels.md.

// CustomPortal is the id that the contract gives the one company of a stack.
const CustomPortal = 1

// CustomIdentifier is an address on a custom channel.
type CustomIdentifier struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

// CustomParticipant is somebody who takes part in a message. SenderActorID is what programs give, ActorID what they get.
type CustomParticipant struct {
	ActorID       string            `json:"actorId,omitempty"`
	SenderActorID string            `json:"senderActorId,omitempty"`
	Name          string            `json:"name,omitempty"`
	Field         string            `json:"recipientField,omitempty"`
	Identifier    *CustomIdentifier `json:"deliveryIdentifier,omitempty"`
}

// CustomStatus is how far a message has come: SENT, FAILED, READ or RECEIVED.
type CustomStatus struct {
	Type    string         `json:"statusType"`
	Failure *CustomFailure `json:"failureDetails,omitempty"`
}

// CustomFailure is why a message did not arrive.
type CustomFailure struct {
	Words string `json:"errorMessage"`
}

// CustomClient is what a message was written with.
type CustomClient struct {
	Type string `json:"clientType"`
}

// CustomAttempt is one try to hand an outgoing message over.
type CustomAttempt struct {
	At     time.Time `json:"attemptedAt"`
	State  string    `json:"outcome"`
	Detail string    `json:"detail"`
}

// CustomMessage is a message on the wire. Attachments are objects with a type each.
type CustomMessage struct {
	ID          string              `json:"id"`
	Type        string              `json:"type"`
	ChannelID   string              `json:"channelId"`
	AccountID   string              `json:"channelAccountId"`
	ThreadID    string              `json:"conversationsThreadId"`
	CreatedAt   time.Time           `json:"createdAt"`
	CreatedBy   string              `json:"createdBy"`
	Direction   string              `json:"direction"`
	Text        string              `json:"text"`
	RichText    string              `json:"richText,omitempty"`
	Senders     []CustomParticipant `json:"senders"`
	Recipients  []CustomParticipant `json:"recipients"`
	Attachments []json.RawMessage   `json:"attachments"`
	Status      CustomStatus        `json:"status"`
	Truncation  string              `json:"truncationStatus"`
	Client      CustomClient        `json:"client"`
	Archived    bool                `json:"archived"`
	InReplyTo   string              `json:"inReplyToId,omitempty"`
	Attempts    []CustomAttempt     `json:"deliveryAttempts,omitempty"`
}

// CustomFile is an attachment with bytes on the wire. URL opens it for a while.
type CustomFile struct {
	Type        string `json:"type"`
	FileID      string `json:"fileId"`
	Name        string `json:"name,omitempty"`
	Usage       string `json:"fileUsageType"`
	ContentType string `json:"contentType,omitempty"`
	Size        int64  `json:"size,omitempty"`
	URL         string `json:"url,omitempty"`
}

// CustomAccount is an account of a custom channel on the wire.
type CustomAccount struct {
	ID         string            `json:"id"`
	ChannelID  string            `json:"channelId"`
	InboxID    string            `json:"inboxId"`
	Name       string            `json:"name"`
	Active     bool              `json:"active"`
	Authorized bool              `json:"authorized"`
	Archived   bool              `json:"archived"`
	CreatedAt  time.Time         `json:"createdAt"`
	ArchivedAt *time.Time        `json:"archivedAt,omitempty"`
	Identifier *CustomIdentifier `json:"deliveryIdentifier,omitempty"`
}

// ShowCustomAccount is an account as the contract shows it.
func ShowCustomAccount(ch desk.Channel) CustomAccount {
	registration, _ := ch.Type.Registration()
	out := CustomAccount{
		ID: string(ch.ID), ChannelID: registration, InboxID: string(ch.Inbox), Name: ch.Name, Active: ch.Active, CreatedAt: ch.Created.UTC(),
		Archived: ch.Deleted,
	}
	if c := ch.Custom; c != nil {
		out.Authorized = c.Authorized && !ch.Deleted
		if c.Value != "" {
			out.Identifier = &CustomIdentifier{c.Type, c.Value}
		}
		if !c.ArchivedAt.IsZero() {
			at := c.ArchivedAt.UTC()
			out.ArchivedAt = &at
		}
	}
	return out
}

// ShowCustom is a message as the contract shows it. Text and html are whole; links are the addresses of its attachments
// with bytes, by their ids.
func ShowCustom(ch desk.Channel, m desk.Message, text, html string, links map[string]string) CustomMessage {
	registration, _ := ch.Type.Registration()
	out := CustomMessage{
		ID: string(m.ID()), Type: string(desk.KindMessage), ChannelID: registration, AccountID: string(ch.ID), ThreadID: string(m.Conversation),
		CreatedAt: m.At.UTC(), CreatedBy: "I-" + registration, Direction: string(m.Direction), Text: text, RichText: html,
		Senders: []CustomParticipant{}, Recipients: []CustomParticipant{}, Attachments: []json.RawMessage{}, Status: customStatus(m.Status),
		Truncation: "NOT_TRUNCATED", Client: CustomClient{"INTEGRATION"}, InReplyTo: string(m.InReplyTo),
	}
	if !m.SentAt.IsZero() {
		out.CreatedAt = m.SentAt.UTC()
	}
	if m.Direction == desk.Outgoing && m.ProviderID == "" { // written here
		out.CreatedBy, out.Client.Type = customActor(m.Author), "HUBSPOT"
	}
	if m.Custom != nil {
		out.Senders, out.Recipients = customParties(m.Custom.Senders), customParties(m.Custom.Recipients)
	}
	for _, a := range m.Attempts {
		out.Attempts = append(out.Attempts, CustomAttempt{a.At.UTC(), string(a.State), a.Detail})
	}
	for _, a := range m.Attachments {
		if shown, ok := showCustomAttachment(m, a, links); ok {
			out.Attachments = append(out.Attachments, shown)
		}
	}
	return out
}

// showCustomAttachment is an attachment on the wire; one whose bytes are not here is not shown.
func showCustomAttachment(m desk.Message, a desk.Attachment, links map[string]string) (json.RawMessage, bool) {
	if a.State == desk.PartInline {
		return json.RawMessage(a.Data), json.Valid([]byte(a.Data))
	}
	if a.State != desk.PartStored {
		return nil, false
	}
	f := CustomFile{"FILE", a.Ref, a.Name, customUsage(a.Usage), a.ContentType, a.Size, links[a.ID]}
	if f.FileID == "" {
		f.FileID = string(m.ID()) + "." + a.ID
	}
	b, err := json.Marshal(f)
	return b, err == nil
}

func customUsage(u desk.Usage) string {
	switch u {
	case desk.UsageImage, desk.UsageAudio, desk.UsageVoice, desk.UsageSticker:
		return string(u)
	}
	return string(desk.UsageOther)
}

// customStatus: what was taken by the integration or is on its way to it is SENT until the integration says otherwise.
func customStatus(s desk.Status) CustomStatus {
	switch s.State {
	case desk.Received, desk.Read:
		return CustomStatus{Type: string(s.State)}
	case desk.Failed, desk.Cancelled:
		return CustomStatus{string(desk.Failed), &CustomFailure{s.Detail}}
	}
	return CustomStatus{Type: string(desk.Sent)}
}

// customActor names who of us wrote a message.
func customActor(a desk.Author) string {
	switch a.Kind {
	case desk.ByUser:
		return "A-" + a.ID
	case desk.ByBot:
		return "B-" + a.ID
	case desk.ByIntegration:
		return "I-" + a.ID
	}
	return "S-system"
}

// CustomSender is who writes on an account: a person of ours, from the account's own address.
func CustomSender(ch desk.Channel, by desk.Author) desk.CustomParty {
	p := desk.CustomParty{Name: by.Name, Actor: customActor(by)}
	if ch.Custom != nil {
		p.Type, p.Value = ch.Custom.Type, ch.Custom.Value
	}
	return p
}

func customParties(all []desk.CustomParty) []CustomParticipant {
	out := []CustomParticipant{}
	for _, p := range all {
		shown := CustomParticipant{ActorID: p.Actor, Name: p.Name, Field: p.Field}
		if p.Value != "" {
			shown.Identifier = &CustomIdentifier{p.Type, p.Value}
		}
		out = append(out, shown)
	}
	return out
}
