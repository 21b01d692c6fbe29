package meta

import (
	"crypto/rand"
	"crypto/subtle"
	"net/http"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/channel/signature"
	"github.com/loket-desk/loket/shared/desk"
)

// Open proves a call of the webhook. A handshake is answered at once, with the challenge where it names our token and with
// desk.Forbidden otherwise; everything else must be signed by the app's secret, or the Instagram app's where there is one.
func (p API) Open(a channel.Account, r channel.Request) (*channel.Answer, error) {
	if r.Method == http.MethodGet {
		return greet(a.Credentials[verifyField], r)
	}
	err := signature.Meta(a.Credentials[secretField], r.Header, r.Body)
	if other := a.Credentials[otherSecret]; err != nil && other != "" {
		err = signature.Meta(other, r.Header, r.Body)
	}
	return nil, err
}

func greet(token string, r channel.Request) (*channel.Answer, error) {
	given := r.Query.Get("hub.verify_token")
	if token == "" || r.Query.Get("hub.mode") != "subscribe" || subtle.ConstantTimeCompare([]byte(given), []byte(token)) != 1 {
		return nil, desk.Refuse(desk.Forbidden, "The verify token is not this channel's: copy it from the channel's set-up values.")
	}
	return &channel.Answer{Status: http.StatusOK, ContentType: "text/plain; charset=utf-8", Body: []byte(r.Query.Get("hub.challenge"))}, nil
}

// Elsewhere is the event for a genuine body that is about another of Meta's products.
func (p API) Elsewhere(object string, r channel.Request) desk.Inbound {
	why := "Meta sent something about \"" + object + "\" to this address, which takes " + p.product + " only (\"" + p.object + "\")." +
		" In the app's webhook settings each product has an address of its own: give it that of its channel."
	return channel.Unparsed(r.Body, why, r.Now)
}

// Setup are the credentials and the values to paste at Meta: the webhook's address, and a token of ours that the handshake
// must name. The channel's own token is kept where it has one.
func (p API) Setup(a channel.Account, fields string) (credentials map[string]string, values []channel.SetupValue) {
	token := a.Credentials[verifyField]
	if token == "" {
		if a.Probe {
			return nil, nil
		}
		token = rand.Text() + rand.Text()
	}
	return map[string]string{verifyField: token}, []channel.SetupValue{
		{Label: "Callback URL (app dashboard, " + p.product + ", webhooks)", Value: a.Hook},
		{Label: "Verify token", Value: token},
		{Label: "Webhook fields to subscribe to", Value: fields},
	}
}
