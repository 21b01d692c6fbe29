package email_test

import (
	"testing"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/channel/email"
	"github.com/loket-desk/loket/shared/desk"
)

func TestAnAddressIsConnectedByItself(t *testing.T) {
	kind := email.Describe()
	c, err := kind.Connect(t.Context(), nil, channel.Account{Settings: map[string]string{"address": " Help@Example.com "}})
	if err != nil || c.Account["id"] != "help@example.com" || c.Warning == "" {
		t.Errorf("connected %+v, %v", c, err)
	}
	c, err = kind.Connect(t.Context(), nil, channel.Account{Settings: map[string]string{"address": "a@example.com"}, Sender: desk.SenderIdentity{Address: "a@example.com"}})
	if err != nil || c.Warning != "" {
		t.Errorf("a verified address: %+v, %v", c, err)
	}
	if _, err := kind.Connect(t.Context(), nil, channel.Account{Fallback: true}); err != nil {
		t.Errorf("the inbox's own address: %v", err)
	}
	for _, bad := range []string{"", "help", "a@b@c", "Help <help@example.com>", "a@müller.example", "a b@example.com", "a@example.com, b@example.com"} {
		if _, err := kind.Connect(t.Context(), nil, channel.Account{Settings: map[string]string{"address": bad}}); desk.CodeOf(err) != desk.Invalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestMailHasNoWebhookAndNothingToFetch(t *testing.T) {
	kind := email.Describe()
	if _, err := kind.Receive(channel.Account{}, channel.Request{}); desk.CodeOf(err) != desk.NotFound {
		t.Errorf("a webhook: %v", err)
	}
	if _, err := kind.Fetch(t.Context(), nil, channel.Account{}, desk.Attachment{}); desk.CodeOf(err) != desk.NotFound {
		t.Errorf("a fetch: %v", err)
	}
	if r := kind.Send(t.Context(), nil, channel.Account{}, channel.Outgoing{}); r.Outcome != channel.Refused {
		t.Errorf("who only describes mail sent: %+v", r)
	}
	can := kind.Capabilities
	if !can.Subject || !can.Recipients || !can.RichText || !can.Start || can.MaxTotalSize != 29<<20 || len(can.Receipts) != 1 {
		t.Errorf("it can %+v", can)
	}
}
