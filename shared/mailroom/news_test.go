package mailroom

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loket-desk/loket/shared/desk"
)

const (
	ownConversation = "01M87RF40214QS9H6CAJ8AX8XK"
	ownKey          = ownConversation + "-01M87RF4KQN9B9408DKX7B0S05"
)

// told is news of a mail of ours that carried our tags.
func told(kind, rest string) []byte {
	return fmt.Appendf(nil, `{"eventType":%q,"mail":{"timestamp":"2026-11-02T11:00:00Z","messageId":"ses-out-1",
		"tags":{"ses:operation":["SendEmail"],"loket-message":[%q],"loket-channel":["a-mail"]}},%s}`, kind, ownKey, rest)
}

func TestNewsOfAMailOfOursMovesItsMessage(t *testing.T) {
	for name, c := range map[string]struct {
		body             []byte
		state            desk.State
		detail           string
		recipient        string
		hard, complained bool
	}{
		"sent":      {body: told("Send", `"send":{}`), state: desk.Sent},
		"delivered": {body: told("Delivery", `"delivery":{"timestamp":"2026-11-02T11:00:05Z","recipients":["Ann@Example.org"],"smtpResponse":"250 ok"}`), state: desk.Delivered, recipient: "ann@example.org"},
		"hard bounce": {
			body:  told("Bounce", `"bounce":{"bounceType":"Permanent","bounceSubType":"General","bouncedRecipients":[{"emailAddress":"ann@example.org","status":"5.1.1","diagnosticCode":"smtp; 550 5.1.1 user unknown"}]}`),
			state: desk.Failed, detail: "ann@example.org can't be reached: 550 5.1.1 user unknown", recipient: "ann@example.org", hard: true,
		},
		"suppressed": {
			body:  told("Bounce", `"bounce":{"bounceType":"Permanent","bounceSubType":"OnAccountSuppressionList","bouncedRecipients":[{"emailAddress":"ann@example.org"}]}`),
			state: desk.Failed, detail: "list of addresses that don't work", recipient: "ann@example.org", hard: true,
		},
		"soft bounce": {
			body:  told("Bounce", `"bounce":{"bounceType":"Transient","bounceSubType":"MailboxFull","bouncedRecipients":[{"emailAddress":"ann@example.org","status":"4.2.2"}]}`),
			state: desk.Failed, detail: "could not be reached for now: 4.2.2", recipient: "ann@example.org",
		},
		"complaint": {
			body:  told("Complaint", `"complaint":{"complainedRecipients":[{"emailAddress":"ann@example.org"}]}`),
			state: desk.Delivered, detail: "unwanted", recipient: "ann@example.org", complained: true,
		},
		"delay": {
			body:  told("DeliveryDelay", `"deliveryDelay":{"delayType":"TransientCommunicationFailure","delayedRecipients":[{"emailAddress":"ann@example.org","diagnosticCode":"smtp; 421 busy"}]}`),
			state: desk.Sent, detail: "goes on trying: 421 busy", recipient: "ann@example.org",
		},
		"rejected": {body: told("Reject", `"reject":{"reason":"Bad content"}`), state: desk.Failed, detail: "virus"},
		"unmade":   {body: told("Rendering Failure", `"failure":{"errorMessage":"no attribute"}`), state: desk.Failed, detail: "no attribute"},
	} {
		for _, body := range [][]byte{c.body, wrap(string(c.body))} {
			w := newWorld()
			w.must(t, body)
			e := w.only(t)
			n := e.Status
			if e.Type != desk.InStatus || e.Channel != "a-mail" || e.Target != "ses-out-1" || n == nil || string(n.Key) != ownKey || n.At.IsZero() {
				t.Fatalf("%s: the event is %+v, %+v", name, e, n)
			}
			if n.State != c.state || !strings.Contains(n.Detail, c.detail) || n.Recipient != c.recipient || n.Hard != c.hard || n.Complained != c.complained {
				t.Errorf("%s: the news is %+v", name, n)
			}
		}
	}
}

func TestNewsOfSeveralRecipientsIsOneEventEach(t *testing.T) {
	w := newWorld()
	w.must(t, told("Delivery", `"delivery":{"recipients":["a@example.org","b@example.org"]}`))
	all := w.events(t)
	if len(all) != 2 || w.letters[0].Dedup == w.letters[1].Dedup || w.letters[0].Group != w.letters[1].Group || all[0].ID == all[1].ID {
		t.Errorf("the events are %+v", all)
	}
}

func TestNewsWithoutTagsFindsItsMessageByWhatTheMailCarried(t *testing.T) {
	delivery := `"delivery":{"recipients":["ann@example.org"]}`
	field := `{"notificationType":"Delivery","mail":{"messageId":"ses-out-1","headers":[{"name":"X-Loket-Message","value":"` + strings.ToLower(ownKey) + `@desk.example"}]},` + delivery + `}`
	common := `{"notificationType":"Delivery","mail":{"messageId":"ses-out-1","commonHeaders":{"messageId":"<` + strings.ToLower(ownKey) + `@Desk.Example>"}},` + delivery + `}`
	bare := `{"notificationType":"Delivery","mail":{"messageId":"ses-out-1"},` + delivery + `}`
	foreign := strings.ReplaceAll(common, "Desk.Example", "desk.other.example")
	for body, want := range map[string]struct {
		ch  desk.ChannelID
		key string
	}{field: {"b-mail", ownKey}, common: {"b-mail", ownKey}, bare: {"a-own", ""}, foreign: {"a-own", ""}} {
		w := newWorld()
		w.heads[ownConversation] = desk.Conversation{Channel: "b-mail", Inbox: "b"}
		w.found["a-own ses-out-1"] = "C9-K9"
		w.must(t, []byte(body))
		if e := w.only(t); e.Channel != want.ch || string(e.Status.Key) != want.key || e.Target != "ses-out-1" {
			t.Errorf("%s: %+v, %+v", body, e, e.Status)
		}
	}
	w := newWorld() // the conversation is gone, and nobody knows the id
	w.must(t, []byte(field))
	w.must(t, []byte(`{"notificationType":"Bounce","mail":{},"bounce":{"bouncedRecipients":[{"emailAddress":"x@example.org"}]}}`))
	if len(w.letters)+len(w.failures) != 0 || w.counted[CountUnmatched] != 2 {
		t.Errorf("%d letters, %d failures, counted %v", len(w.letters), len(w.failures), w.counted)
	}
}

func TestNewsThatCannotBeMatchedNowComesBack(t *testing.T) {
	body := []byte(`{"notificationType":"Delivery","mail":{"messageId":"ses-out-1","commonHeaders":{"messageId":"` + strings.ToLower(ownKey) + `@desk.example"}},"delivery":{"recipients":["a@example.org"]}}`)
	for _, method := range []string{"Conversation", "FindMessages", "Config", "Send"} {
		w := newWorld()
		w.found["a-mail ses-out-1"] = "C9-K9"
		w.down[method] = desk.Refuse(desk.Busy, "It is away.")
		if err := w.record(body); !desk.Transient(err) {
			t.Errorf("%s: %v", method, err)
		}
	}
}

func TestEverySampleOfTheServiceIsAnEventOrAFailureOrKnowinglyNothing(t *testing.T) {
	files, err := filepath.Glob("../../../shared/corpus/aws/*.json")
	if err != nil || len(files) == 0 {
		t.Skip("the corpus is not here")
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		w := newWorld()
		for _, id := range []string{
			"00000138111222aa-33322211-cccc-cccc-cccc-ddddaaaa0680-000000", "000001378603177f-7a5433e7-8edb-42ae-af10-f0181f34d6ee-000000",
			"0000014644fe5ef6-9a483358-9170-4cb4-a269-f5dcdf415321-000000", "7c191be45-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000", "c191be45-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000",
		} {
			w.found["a-mail "+id] = "C1-K1"
		}
		err = w.record(body)
		name := filepath.Base(file)
		switch {
		case strings.Contains(name, "inbound_s3") || name == "ses-lambda-event.json", name == "ses-s3-event.json":
			if desk.CodeOf(err) != desk.NotFound { // the mail itself is not in the samples
				t.Errorf("%s: %v, %d failures", name, err, len(w.failures))
			}
		case strings.Contains(name, "open_event"), strings.Contains(name, "click_event"):
			if err != nil || len(w.letters)+len(w.failures) != 0 {
				t.Errorf("%s: %v, %d failures", name, err, len(w.failures))
			}
		case strings.HasPrefix(name, "test_"):
			if err != nil || len(w.letters)+w.counted[CountUnmatched] == 0 || len(w.failures) != 0 {
				t.Errorf("%s: %v, %d letters, %d failures", name, err, len(w.letters), len(w.failures))
			}
		default:
			if err != nil || len(w.failures) != 1 {
				t.Errorf("%s: %v, %d failures", name, err, len(w.failures))
			}
		}
	}
}
