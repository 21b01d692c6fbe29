package e2e

import (
	"crypto/rand"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/infra/standin/faults"
	"github.com/loket-desk/loket/infra/standin/line/api"
)

// official is an account on a stand-in of LINE, connected as a channel.
type official struct {
	*api.Server
	person  string
	channel object
}

func befriend(t *testing.T, s *stack) *official {
	t.Helper()
	n := bots.Add(1)
	o := &official{Server: api.New(fmt.Sprintf("U%032x", n), rand.Text(), rand.Text()), person: fmt.Sprintf("U%032x", n<<20)}
	srv := httptest.NewServer(o.Server)
	t.Cleanup(func() { srv.CloseClientConnections(); srv.Close() })
	o.channel = s.must(t, 201, "POST", "/v1/channels", object{
		"type": "line", "inboxId": s.inbox(t, "INBOX"), "name": "LINE", "settings": object{"apiBase": srv.URL},
		"credentials": object{"channelAccessToken": o.Token, "channelSecret": o.Secret},
	})
	return o
}

// write posts events until they are taken.
func (o *official) write(t *testing.T, events ...map[string]any) {
	t.Helper()
	eventually(t, time.Minute, func() error {
		if status, err := o.Post(events...); status != 200 || err != nil {
			return fmt.Errorf("the webhook answered %d (%v)", status, err)
		}
		return nil
	})
}

func TestALINEMessageIsAnsweredOnceThoughTheFirstAnswerOfLINENeverCame(t *testing.T) {
	s := running(t)
	o := befriend(t, s)
	if o.Webhook() != o.channel.str("webhookUrl") {
		t.Fatalf("events go to %q", o.Webhook())
	}
	text := o.Text(o.person, "Where is my parcel?")
	o.write(t, text, o.File(o.person, "image", "", api.Content{ContentType: "image/png", Bytes: []byte("\x89PNG\r\n\x1a\nrest")}))
	o.write(t, text) // delivered again
	c := s.open(t, o.channel.str("id"), "")
	s.waitTexts(t, 20*time.Second, c.str("id"), "Where is my parcel?", "")
	eventually(t, 40*time.Second, func() error {
		for _, m := range s.thread(t, c.str("id")) {
			for _, part := range m.list("attachments") {
				if part.str("url") != "" {
					return nil
				}
			}
		}
		return fmt.Errorf("the picture is not kept")
	})
	o.Fail(faults.Fault{On: "/push", Kind: "drop"})
	m := s.reply(t, c.str("id"), "On its way.")
	s.state(t, time.Minute, c.str("id"), m.str("id"), "SENT")
	if sent := o.Sent(o.person); len(sent) != 1 || sent[0].Text != "On its way." {
		t.Errorf("the person got %+v", sent)
	}
}

func TestALINEMessageIsChangedTakenBackAndItsAccountProbed(t *testing.T) {
	s := running(t)
	o := befriend(t, s)
	text := o.Text(o.person, "teh parcel")
	id := text["message"].(map[string]any)["id"]
	o.write(t, text)
	c := s.open(t, o.channel.str("id"), "teh parcel")
	o.write(t, o.Event(o.person, "messageEdited", map[string]any{"message": map[string]any{"id": id, "type": "text", "text": "the parcel"}}))
	s.waitTexts(t, 20*time.Second, c.str("id"), "the parcel")
	o.write(t, o.Event(o.person, "unsend", map[string]any{"unsend": map[string]any{"messageId": id}}))
	eventually(t, 20*time.Second, func() error {
		if got := s.texts(t, c.str("id")); strings.Contains(strings.Join(got, "|"), "parcel") {
			return fmt.Errorf("the thread still holds %q", got)
		}
		return nil
	})
	if now := s.must(t, 200, "POST", "/v1/channels/"+o.channel.str("id")+"/test", object{}); now.str("health", "state") != "OK" {
		t.Errorf("the channel's health is %v", now["health"])
	}
	o.Secret = "another"
	if status, err := o.Post(); status != 401 {
		t.Errorf("another secret was answered %d (%v)", status, err)
	}
	if now := s.must(t, 200, "POST", "/v1/channels/"+o.channel.str("id")+"/test", object{}); now.str("health", "state") != "BROKEN" || !strings.Contains(now.str("health", "detail"), "channel secret") {
		t.Errorf("the channel's health is %v", now["health"])
	}
}
