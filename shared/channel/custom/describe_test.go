package custom_test

import (
	"context"
	"strings"
	"testing"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/channel/custom"
	"github.com/loket-desk/loket/shared/desk"
)

func linkTo(address string, refusal *desk.Error) func(context.Context) (string, error) {
	return func(context.Context) (string, error) {
		if refusal != nil {
			return "", refusal
		}
		return address, nil
	}
}

func TestWhatAChannelDeclaresIsWhatItCanDo(t *testing.T) {
	x := registration()
	x.Capabilities.AllowConversationStart, x.Capabilities.AllowMultipleRecipients = true, true
	k := custom.Describe(x)
	can := k.Capabilities
	if k.Type != "custom:7" || k.Name != "Pager" || !can.RichText || !can.Start || !can.Recipients || can.ReceiveOnly || !can.Idempotent || can.MaxAttachments != 2 || can.MaxTotalSize != 150 {
		t.Errorf("%+v", k)
	}
	if len(can.Attachments) != 2 || can.Attachments[0] != (channel.FileRule{Type: "image/", MaxSize: 100}) || can.Attachments[1].Type != "application/pdf" {
		t.Errorf("files: %+v", can.Attachments)
	}
	x.Capabilities = desk.CustomAbilities{OutgoingAttachmentTypes: []string{"FILE"}}
	if can := custom.Describe(x).Capabilities; !can.ReceiveOnly || can.RichText || can.Start || len(can.Attachments) != 0 {
		t.Errorf("of nothing: %+v", can)
	}
	x.Capabilities.AllowOutgoingMessages = true
	if can := custom.Describe(x).Capabilities; len(can.Attachments) != 1 || can.Attachments[0].Type != "" {
		t.Errorf("files of any type: %+v", can.Attachments)
	}
}

func TestRichTextThatTheChannelDoesNotCarryIsRefused(t *testing.T) {
	check := custom.Describe(registration()).Check
	for html, words := range map[string]string{
		"plain":                                "",
		"<b>bold</b> and <strong>too</strong>": "",
		"<p>a < b</p>":                         "",
		"<i>x</i>":                             "italic",
		"<EM>x</EM>":                           "italic",
		"<a href='x'>x</a>":                    "hyperlink",
		"<ul><li>x</ul>":                       "lists",
		"<blockquote>x</blockquote>":           "blockquote",
		"<u>x</u>":                             "underline",
		"<s>x</s>":                             "strikethrough",
		`<p style="text-align:right">x</p>`:    "text alignment",
		"<img src='x'>":                        "pictures",
	} {
		err := check(desk.Message{HTML: html})
		if (err == nil) != (words == "") || err != nil && !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v", html, err)
		}
	}
}

func TestAnAccountIsConnectedByItsAddressOrByTheIntegrationsOwnFlow(t *testing.T) {
	connect := func(spoil func(*channel.Account)) (channel.Connection, error) {
		a := account()
		a.Settings = map[string]string{"deliveryIdentifier": " Help@Example.com ", "deliveryIdentifierType": desk.EmailAddress}
		spoil(&a)
		return custom.Describe(a.Custom).Connect(t.Context(), nil, a)
	}
	if c, err := connect(func(*channel.Account) {}); err != nil || c.Account["id"] != "help@example.com" || c.Account["type"] != desk.EmailAddress || c.Warning != "" {
		t.Errorf("%+v, %v", c, err)
	}
	if c, err := connect(func(a *channel.Account) {
		a.Settings = map[string]string{"deliveryIdentifier": "x"}
		a.Custom.WebhookURL = ""
	}); err != nil || c.Account["type"] != desk.OpaqueID || c.Warning == "" {
		t.Errorf("the first type, no webhook: %+v, %v", c, err)
	}
	if c, err := connect(func(a *channel.Account) { a.Custom.ConnectURL = "https://x"; a.Extra = map[string]string{"id": "was"} }); err != nil || c.Account["id"] != "was" {
		t.Errorf("by a flow: %+v, %v", c, err)
	}
	for field, spoil := range map[string]func(*channel.Account){
		"settings.deliveryIdentifierType": func(a *channel.Account) { a.Settings["deliveryIdentifierType"] = desk.PhoneNumber },
		"settings.deliveryIdentifier":     func(a *channel.Account) { a.Settings["deliveryIdentifier"] = "x" },
		"not registered":                  func(a *channel.Account) { a.Custom.Archived = true },
	} {
		if _, err := connect(spoil); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	if fields := custom.Describe(registration()).Fields; len(fields) != 2 || !fields[0].Required {
		t.Errorf("the fields: %+v", fields)
	}
}

func TestNothingComesInByTheHook(t *testing.T) {
	k := custom.Describe(registration())
	if _, err := k.Receive(account(), channel.Request{}); desk.CodeOf(err) != desk.Unauthenticated {
		t.Errorf("a call of the hook: %v", err)
	}
	if _, err := k.Fetch(t.Context(), nil, account(), desk.Attachment{}); desk.CodeOf(err) != desk.NotFound {
		t.Errorf("a file to fetch: %v", err)
	}
}
