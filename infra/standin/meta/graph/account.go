package graph

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// do carries a call out. The server is locked.
func (s *Server) do(c *Call) (any, *refusal) {
	a := c.account
	id, what, _ := strings.Cut(c.Path, "/")
	if id == "me" {
		id = a.ID
	}
	switch {
	case c.Path == "debug_token":
		return s.debug(c)
	case c.Method == http.MethodGet && what == "" && id == a.ID:
		return describe(a, c.query.Get("fields"))
	case c.Method == http.MethodGet && what == "" && a.Kind == WhatsApp:
		return s.describeMedia(c, id)
	case what == "messages" && c.Method == http.MethodPost && id == a.ID:
		if a.Kind == WhatsApp {
			return s.sendWhatsApp(c)
		}
		return s.sendMessage(c)
	case what == "subscribed_apps" && (id == a.ID && a.Kind != WhatsApp || id == a.Business && a.Kind == WhatsApp):
		return subscribe(c)
	case what == "messenger_profile" && a.Kind == Page:
		return profile(c)
	}
	return nil, &refusal{
		status: 400, Code: 100, Subcode: 33, Kind: "GraphMethodException",
		Message: "Unsupported " + strings.ToLower(c.Method) + " request. Object with ID '" + id + "' does not exist, cannot be loaded due to missing permissions, or does not support this operation.",
	}
}

// known are the fields that can be asked of an account.
var known = map[string][]string{
	WhatsApp:  {"id", "display_phone_number", "verified_name", "quality_rating", "code_verification_status", "name_status", "status"},
	Page:      {"id", "name", "link", "username"},
	Instagram: {"id", "user_id", "username", "name", "profile_picture_url"},
}

func describe(a *Account, fields string) (any, *refusal) {
	all := map[string]any{
		"id": a.ID, "display_phone_number": a.Number, "verified_name": a.Name, "quality_rating": "GREEN", "status": "CONNECTED",
		"code_verification_status": "VERIFIED", "name_status": "APPROVED",
		"name": a.Name, "username": strings.ToLower(strings.ReplaceAll(a.Name, " ", "")), "user_id": a.ID, "link": "https://example.com/" + a.ID, "profile_picture_url": "",
	}
	out := map[string]any{"id": a.ID}
	for _, f := range strings.Split(fields, ",") {
		if f == "" {
			continue
		}
		if !slices.Contains(known[a.Kind], f) {
			return nil, &refusal{status: 400, Code: 100, Message: "(#100) Tried accessing nonexisting field (" + f + ")"}
		}
		out[f] = all[f]
	}
	return out, nil
}

// debug tells of a token; an account may ask for its own.
func (s *Server) debug(c *Call) (any, *refusal) {
	a := c.account
	if c.query.Get("input_token") != a.Token {
		return nil, bad("the token belongs to another app")
	}
	expires := int64(0)
	if !a.Expires.IsZero() {
		expires = a.Expires.Unix()
	}
	return map[string]any{"data": map[string]any{"app_id": a.AppID, "is_valid": true, "expires_at": expires, "scopes": a.Scopes}}, nil
}

func subscribe(c *Call) (any, *refusal) {
	a := c.account
	switch c.Method {
	case http.MethodGet:
		data := []any{}
		if a.subscribed != "" {
			data = append(data, map[string]any{"whatsapp_business_api_data": map[string]string{"id": a.AppID}, "subscribed_fields": strings.Split(a.subscribed, ",")})
		}
		return map[string]any{"data": data}, nil
	case http.MethodPost:
		a.subscribed = "messages"
		if a.Kind != WhatsApp {
			if a.subscribed = c.query.Get("subscribed_fields"); a.subscribed == "" {
				return nil, bad("subscribed_fields is required")
			}
			for _, f := range strings.Split(a.subscribed, ",") {
				if !slices.Contains(fields, f) {
					return nil, bad("there is no field " + strconv.Quote(f))
				}
			}
		}
		return map[string]bool{"success": true}, nil
	}
	return nil, bad("only GET and POST")
}

// fields are what a page's or an Instagram account's webhooks can be subscribed to.
var fields = []string{
	"messages", "messaging_postbacks", "message_deliveries", "message_reads", "message_echoes", "message_edits", "message_reactions",
	"messaging_referrals", "messaging_optins", "messaging_handovers", "messaging_seen", "message_edit", "comments",
}

// profile sets or removes a page's greeting and menu.
func profile(c *Call) (any, *refusal) {
	var in struct {
		GetStarted *struct {
			Payload string `json:"payload"`
		} `json:"get_started,omitempty"`
		Greeting []struct {
			Locale string `json:"locale"`
			Text   string `json:"text"`
		} `json:"greeting,omitempty"`
		IceBreakers    json.RawMessage `json:"ice_breakers,omitempty"`
		PersistentMenu json.RawMessage `json:"persistent_menu,omitempty"`
		Fields         []string        `json:"fields,omitempty"`
	}
	if err := strict(c.Body, &in); err != nil {
		return nil, err
	}
	if c.Method == http.MethodDelete {
		for _, f := range in.Fields {
			delete(c.account.profile, f)
		}
		return map[string]string{"result": "success"}, nil
	}
	for _, g := range in.Greeting {
		if len([]rune(g.Text)) > 160 || g.Locale == "" {
			return nil, bad("a greeting has a locale and at most 160 characters")
		}
	}
	_ = json.Unmarshal(c.Body, &c.account.profile) // it was read above
	return map[string]string{"result": "success"}, nil
}
