// Package meta is what WhatsApp, Messenger and Instagram share: the Graph API's calls and errors, the handshake and proof of
// webhooks, and the conversations of pages and Instagram accounts, which are one protocol.
//
// The channels don't import it: each names what it needs of it, and package all hands it to them.
package meta

import (
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// The names of fields that all three have.
const (
	tokenField  = "accessToken"
	secretField = "appSecret"
	otherSecret = "instagramAppSecret" // of apps with Instagram Login, whose webhooks are signed by it
	verifyField = "verifyToken"        // ours: what the handshake proves itself by
	version     = "v25.0"
	facebook    = "https://graph.facebook.com"
	instagram   = "https://graph.instagram.com" // for tokens of Instagram Login
)

// API is one product's access to the Graph API. It holds no state of an account.
type API struct {
	kind    desk.ChannelType // also the kind of its people's identities
	object  string           // what its webhooks name themselves
	product string           // in words
	inQuery bool             // the token goes into the address, as pages have it
	now     func() time.Time
}

// WhatsApp is the access to the Cloud API.
func WhatsApp() API {
	return API{kind: "whatsapp", object: "whatsapp_business_account", product: "WhatsApp", now: time.Now}
}

// Messenger is the access of pages.
func Messenger() API {
	return API{kind: "messenger", object: "page", product: "Messenger", inQuery: true, now: time.Now}
}

// Instagram is the access of Instagram accounts, connected through a page or by Instagram Login.
func Instagram() API {
	return API{kind: "instagram", object: "instagram", product: "Instagram", inQuery: true, now: time.Now}
}

// At is the same access by another clock, for windows that are measured from the contact's last message.
func (p API) At(now func() time.Time) API {
	p.now = now
	return p
}

// bounded keeps an id within what a key may hold. Meta's are far shorter but for what somebody made up.
func bounded(id string) string {
	if len(id) > 190 {
		return "long:" + desk.Derive(id)
	}
	return id
}
