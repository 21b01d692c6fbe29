package channel_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

func TestAddressesOfACustomChannelAreWhoTheyStandFor(t *testing.T) {
	for _, c := range []struct {
		kind, value, want string // want is the identity, or a part of the refusal
		ok                bool
	}{
		{desk.OpaqueID, " Ab 1 ", "custom:7 Ab 1", true},
		{desk.ShortCode, "12345", "custom:7 12345", true},
		{desk.EmailAddress, "Ada@Example.COM", "email ada@example.com", true},
		{desk.EmailAddress, "ada", "no mail address", false},
		{desk.EmailAddress, "a@b@c", "no mail address", false},
		{desk.PhoneNumber, "+31 (20) 123-4567", "phone +31201234567", true},
		{desk.PhoneNumber, "0201234567", "no telephone number", false},
		{desk.PhoneNumber, "+12", "no telephone number", false},
		{desk.OpaqueID, "", "required", false},
		{desk.OpaqueID, strings.Repeat("x", 201), "200 bytes", false},
		{desk.OpaqueID, "a\x00b", "control", false},
		{"PIGEON", "x", "is one of", false},
	} {
		who, err := channel.CustomIdentity("custom:7", desk.CustomParty{Type: c.kind, Value: c.value})
		got := who.Kind + " " + who.Value
		if err != nil {
			got = err.Error()
		}
		if (err == nil) != c.ok || !strings.Contains(got, c.want) {
			t.Errorf("%s %q: %s", c.kind, c.value, got)
		}
	}
}

func TestAnAddressThatIsTypedIsOfTheFirstKindThatFits(t *testing.T) {
	x := desk.CustomChannel{ID: "7", Name: "Pager", Capabilities: desk.CustomAbilities{DeliveryIdentifierTypes: []string{desk.OpaqueID, desk.EmailAddress, desk.PhoneNumber}}}
	for address, want := range map[string]string{"ada@example.com": desk.EmailAddress, "+31201234567": desk.PhoneNumber, "ada": desk.OpaqueID} {
		if p, _, err := channel.CustomAddress(x, address); err != nil || p.Type != want {
			t.Errorf("%s: %+v, %v", address, p, err)
		}
	}
	x.Capabilities.DeliveryIdentifierTypes = []string{desk.EmailAddress}
	if _, _, err := channel.CustomAddress(x, "ada"); err == nil || !strings.Contains(err.Error(), "Pager") {
		t.Errorf("no mail address: %v", err)
	}
}

func TestAMessageIsShownInTheContractsWords(t *testing.T) {
	ch := desk.Channel{ID: "acct", Type: "custom:7", Custom: &desk.CustomAccount{Type: desk.OpaqueID, Value: "desk"}}
	at := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	for state, want := range map[desk.State]string{
		desk.Received: "RECEIVED", desk.Queued: "SENT", desk.Retrying: "SENT", desk.Sending: "SENT", desk.Sent: "SENT", desk.Unknown: "SENT",
		desk.Delivered: "SENT", desk.Read: "READ", desk.Failed: "FAILED", desk.Cancelled: "FAILED",
	} {
		m := channel.ShowCustom(ch, desk.Message{Status: desk.Status{State: state, Detail: "why"}}, "", "", nil)
		if m.Status.Type != want || (m.Status.Failure != nil) != (want == "FAILED") {
			t.Errorf("%s: %+v", state, m.Status)
		}
	}
	for kind, want := range map[desk.AuthorKind]string{desk.ByUser: "A-1", desk.ByBot: "B-1", desk.ByIntegration: "I-1", desk.BySystem: "S-system"} {
		m := channel.ShowCustom(ch, desk.Message{Direction: desk.Outgoing, Author: desk.Author{Kind: kind, ID: "1"}}, "", "", nil)
		if m.CreatedBy != want || m.Client.Type != "HUBSPOT" {
			t.Errorf("%s: %s %s", kind, m.CreatedBy, m.Client.Type)
		}
	}
	m := channel.ShowCustom(ch, desk.Message{
		Conversation: "c", Key: "k", Direction: desk.Incoming, ProviderID: "p", At: at.Add(time.Hour), SentAt: at, InReplyTo: "c-j",
		Custom: &desk.MessageCustom{Senders: []desk.CustomParty{{Type: desk.OpaqueID, Value: "ada", Name: "Ada"}, {Actor: "A-9"}}},
		Attachments: []desk.Attachment{
			{ID: "0", State: desk.PartInline, Data: `{"type":"LOCATION"}`},
			{ID: "1", State: desk.PartInline, Data: "{"},
			{ID: "2", State: desk.PartRefused},
			{ID: "3", State: desk.PartStored, Usage: desk.UsageVideo, Ref: "up"},
			{ID: "4", State: desk.PartStored, Usage: desk.UsageVoice},
		},
		Attempts: []desk.Attempt{{At: at, State: desk.Retrying, Detail: "HTTP 500"}},
	}, "text", "<b>text</b>", map[string]string{"3": "https://files.example.com/3"})
	got, err := json.Marshal(m)
	want := `{"id":"c-k","type":"MESSAGE","channelId":"7","channelAccountId":"acct","conversationsThreadId":"c","createdAt":"2026-11-24T10:00:00Z","createdBy":"I-7",` +
		`"direction":"INCOMING","text":"text","richText":"\u003cb\u003etext\u003c/b\u003e","senders":[{"name":"Ada","deliveryIdentifier":{"type":"CHANNEL_SPECIFIC_OPAQUE_ID","value":"ada"}},{"actorId":"A-9"}],` +
		`"recipients":[],"attachments":[{"type":"LOCATION"},{"type":"FILE","fileId":"up","fileUsageType":"OTHER","url":"https://files.example.com/3"},{"type":"FILE","fileId":"c-k.4","fileUsageType":"VOICE_RECORDING"}],` +
		`"status":{"statusType":"SENT"},"truncationStatus":"NOT_TRUNCATED","client":{"clientType":"INTEGRATION"},"archived":false,"inReplyToId":"c-j",` +
		`"deliveryAttempts":[{"attemptedAt":"2026-11-24T10:00:00Z","outcome":"RETRY","detail":"HTTP 500"}]}`
	if err != nil || string(got) != want {
		t.Errorf("shown:\n%s\nwant:\n%s", got, want)
	}
	if p := channel.CustomSender(ch, desk.Author{Kind: desk.ByUser, ID: "1", Name: "Bob"}); p != (desk.CustomParty{Type: desk.OpaqueID, Value: "desk", Name: "Bob", Actor: "A-1"}) {
		t.Errorf("the sender: %+v", p)
	}
}

func TestAnArchivedAccountIsNotAuthorized(t *testing.T) {
	at := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	ch := desk.Channel{ID: "acct", Type: "custom:7", Deleted: true, Custom: &desk.CustomAccount{Authorized: true, ArchivedAt: at}}
	if a := channel.ShowCustomAccount(ch); a.Authorized || !a.Archived || a.ArchivedAt == nil || a.Identifier != nil || a.ChannelID != "7" {
		t.Errorf("%+v", a)
	}
}
