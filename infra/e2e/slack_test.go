package e2e

import (
	"crypto/rand"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/infra/standin/slack/web"
)

// workspace is an app on a stand-in of Slack, connected as a channel.
type workspace struct {
	*web.Server
	host    string
	channel object
}

func install(t *testing.T, s *stack, settings object) *workspace {
	t.Helper()
	n := bots.Add(1)
	w := &workspace{Server: web.New(fmt.Sprint("T", n), "xoxb-"+rand.Text(), rand.Text(), "C1", "C2")}
	srv := httptest.NewServer(w.Server)
	t.Cleanup(func() { srv.CloseClientConnections(); srv.Close() })
	w.host = strings.TrimPrefix(srv.URL, "http://")
	all := object{"apiBase": srv.URL}
	for k, v := range settings {
		all[k] = v
	}
	w.channel = s.must(t, 201, "POST", "/v1/channels", object{
		"type": "slack", "inboxId": s.inbox(t, "INBOX"), "name": "Slack", "settings": all,
		"credentials": object{"botToken": w.Token, "signingSecret": w.Secret},
	})
	w.URL = w.channel.str("webhookUrl")
	return w
}

// write posts an event until it is taken, each time as a retry of the first.
func (w *workspace) write(t *testing.T, id string, event map[string]any) {
	t.Helper()
	retry := 0
	eventually(t, time.Minute, func() error {
		status, _, err := w.Post(id, retry, event)
		if retry++; status != 200 || err != nil {
			return fmt.Errorf("the webhook answered %d (%v)", status, err)
		}
		return nil
	})
}

func TestASlackThreadIsAConversationThatIsAnsweredInItsThread(t *testing.T) {
	s := running(t)
	w := install(t, s, nil)
	if _, answer, err := w.Raw([]byte(`{"type":"url_verification","challenge":"c-1"}`), 0); answer != "c-1" || err != nil {
		t.Fatalf("the handshake was answered %q (%v)", answer, err)
	}
	first := w.Message("U"+w.Team, "C1", "", "Where is my &lt;parcel&gt;?", w.Share(w.host, web.File{ID: "F1", Name: "a.png", ContentType: "image/png", Content: []byte("\x89PNG\r\n\x1a\nrest")}))
	w.write(t, "Ev1", first)
	w.write(t, "Ev1", first) // a retry
	again := map[string]any{}
	for k, v := range first {
		again[k] = v
	}
	again["type"] = "app_mention" // the same message in another event
	w.write(t, "Ev2", again)
	w.write(t, "Ev3", w.Message("U"+w.Team, "C1", "", "Another matter", nil))
	c := s.open(t, w.channel.str("id"), "parcel")
	s.waitTexts(t, 20*time.Second, c.str("id"), "Where is my <parcel>?")
	eventually(t, 40*time.Second, func() error {
		if parts := s.thread(t, c.str("id"))[0].list("attachments"); len(parts) != 1 || parts[0].str("url") == "" {
			return fmt.Errorf("the picture is not kept: %v", parts)
		}
		return nil
	})
	s.open(t, w.channel.str("id"), "Another matter")

	m := s.reply(t, c.str("id"), "It is <on> its way.")
	s.state(t, 30*time.Second, c.str("id"), m.str("id"), "SENT")
	posts := w.Posts("C1")
	if len(posts) != 1 || posts[0].Text != "It is &lt;on&gt; its way." || posts[0].Thread != first["ts"] {
		t.Fatalf("posted %+v", posts)
	}
	// Slack tells us of our own message too, which is nobody's.
	w.write(t, "Ev4", w.Message(w.BotUser, "C1", posts[0].Thread, posts[0].Text, map[string]any{"bot_id": w.Bot, "ts": posts[0].TS}))
	answer := w.Message("U"+w.Team, "C1", posts[0].Thread, "Thank you", nil)
	w.write(t, "Ev5", answer)
	s.waitTexts(t, 20*time.Second, c.str("id"), "Where is my <parcel>?", "It is <on> its way.", "Thank you")
	w.write(t, "Ev6", map[string]any{
		"type": "message", "subtype": "message_changed", "channel": "C1", "event_ts": answer["ts"],
		"message":          map[string]any{"user": answer["user"], "ts": answer["ts"], "thread_ts": posts[0].Thread, "text": "Thank you!", "edited": map[string]any{}},
		"previous_message": map[string]any{"user": answer["user"], "ts": answer["ts"], "text": "Thank you"},
	})
	s.waitTexts(t, 20*time.Second, c.str("id"), "Where is my <parcel>?", "It is <on> its way.", "Thank you!")
}

func TestTwoSlackChannelsOfOneWorkspaceEachHaveTheirOwnInbox(t *testing.T) {
	s := running(t)
	one := install(t, s, object{"slackChannelId": "C1"})
	two := s.must(t, 201, "POST", "/v1/channels", object{
		"type": "slack", "inboxId": s.inbox(t, "INBOX"), "name": "Slack two",
		"settings":    object{"apiBase": one.channel.str("settings", "apiBase"), "slackChannelId": "C2"},
		"credentials": object{"botToken": one.Token, "signingSecret": one.Secret},
	})
	time.Sleep(4 * time.Second) // the set-up is trusted for three seconds
	one.write(t, "Ev1", one.Message("U"+one.Team, "C1", "", "to the first", nil))
	one.write(t, "Ev2", one.Message("U"+one.Team, "C2", "", "to the second", nil)) // by the one address that Slack allows
	s.open(t, one.channel.str("id"), "to the first")
	s.open(t, two.str("id"), "to the second")
	one.Revoke("token_revoked")
	if now := s.must(t, 200, "POST", "/v1/channels/"+two.str("id")+"/test", object{}); now.str("health", "state") != "BROKEN" {
		t.Errorf("the health is %v", now["health"])
	}
}
