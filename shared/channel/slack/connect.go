package slack

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// Connect proves the token, its workspace, its permissions, and that the app is in the Slack channel. Where events go must
// be pasted in the app's settings: no token can set it.
func (apps) Connect(ctx context.Context, d channel.Doer, a channel.Account) (channel.Connection, error) {
	p, err := reach(d, a)
	if err != nil {
		return channel.Connection{}, err
	}
	if a.Credentials[secretField] == "" {
		return channel.Connection{}, desk.RefuseField("credentials."+secretField, "The signing secret is missing; it is in the app's settings at Slack under Basic Information.")
	}
	var me struct {
		TeamID string `json:"team_id"`
		Team   string `json:"team"`
		User   string `json:"user_id"`
		Name   string `json:"user"`
		Bot    string `json:"bot_id"`
	}
	r, err := p.ask(ctx, "auth.test", url.Values{}, &me)
	if err != nil {
		return channel.Connection{}, err
	}
	room := strings.TrimSpace(a.Settings[channelField])
	out := channel.Connection{Account: map[string]string{
		"id": accountID(a, me.TeamID, room), "team": me.TeamID, "name": me.Team, "username": me.Name, "user": me.User, "bot": me.Bot,
	}}
	switch team := a.Settings[teamField]; {
	case team != "" && team != me.TeamID:
		return out, desk.RefuseField("settings."+teamField, "The token is of the workspace "+me.Team+" ("+me.TeamID+"), not of this one.")
	case a.Hook == "":
		return out, desk.Refuse(desk.Invalid, "The channel has no address that Slack could call: set the stack's PublicUrl.")
	}
	out.Setup = []channel.SetupValue{
		{Label: "Request URL (app's settings, Event Subscriptions)", Value: a.Hook},
		{Label: "Bot events to subscribe to", Value: events},
	}
	out.Warning = lacking(r.Header.Get("X-OAuth-Scopes"))
	if room == "" {
		return out, nil
	}
	return out, p.inside(ctx, room)
}

// lacking warns of missing permissions, where Slack says which there are.
func lacking(scopes string) string {
	have := strings.Split(strings.ReplaceAll(scopes, " ", ""), ",")
	var missing []string
	for _, s := range needed {
		if scopes != "" && !slices.Contains(have, s) {
			missing = append(missing, s)
		}
	}
	if len(missing) == 0 {
		return ""
	}
	return "The app lacks the scopes " + strings.Join(missing, ", ") + ": add them under OAuth & Permissions and install it anew."
}

// inside refuses a Slack channel that the app is not in, where it may look.
func (p api) inside(ctx context.Context, room string) error {
	if !isRoom(room) {
		return desk.RefuseField("settings."+channelField, "This is no Slack channel's id: it begins with C and is in the channel's details at Slack.")
	}
	var found struct {
		Channel struct {
			Member   bool `json:"is_member"`
			Archived bool `json:"is_archived"`
		} `json:"channel"`
	}
	r, a := p.call(ctx, "conversations.info", url.Values{"channel": {room}})
	switch {
	case a == nil || a.OK && json.Unmarshal(r.Body, &found) != nil:
		return r.Strange(platform)
	case a.Error == "missing_scope": // channels:read, which nothing else needs
		return nil
	case a.Error == "channel_not_found":
		return desk.RefuseField("settings."+channelField, "Slack knows no such channel, or it is private and the app is not in it: invite the app there.")
	case !a.OK:
		return refusal(r, a)
	case found.Channel.Archived:
		return desk.RefuseField("settings."+channelField, "The Slack channel is archived.")
	case !found.Channel.Member && room[0] != 'D':
		return desk.RefuseField("settings."+channelField, "The app is not in the Slack channel: invite it there.")
	}
	return nil
}
