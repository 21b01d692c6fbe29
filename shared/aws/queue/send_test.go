package queue_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/aws/queue"
	"github.com/loket-desk/loket/shared/desk"
)

// sqs is a queue service that answers as a script says, one answer a call, the last one for all further calls.
type sqs struct {
	answers []string // "" confirms everything; "429" and the like is a status
	calls   []call
}

type call struct {
	Target  string
	Entries []struct{ ID, MessageBody, MessageGroupID, MessageDeduplicationID string }
	Timeout int `json:"VisibilityTimeout"`
	Delay   int
}

func (s *sqs) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var c call
	body, _ := io.ReadAll(r.Body)
	_ = json.Unmarshal(body, &c)
	c.Target = r.Header.Get("X-Amz-Target")
	s.calls = append(s.calls, c)
	answer := s.answers[min(len(s.calls), len(s.answers))-1]
	switch {
	case answer == "":
		var ids []string
		for _, e := range c.Entries {
			ids = append(ids, fmt.Sprintf(`{"Id":%q}`, e.ID))
		}
		answer = `{"Successful":[` + strings.Join(ids, ",") + `]}`
	case len(answer) == 3:
		w.WriteHeader(map[string]int{"429": 429, "500": 500, "403": 403}[answer])
		answer = `{"__type":"com.amazonaws.sqs#Said` + answer + `","message":"no"}`
	}
	_, _ = w.Write([]byte(answer))
}

func scripted(t *testing.T, answers ...string) (*queue.Queues, *sqs) {
	t.Helper()
	s := &sqs{answers: answers}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return queue.New(client(server.URL), map[string]string{desk.QueueInbound: "https://sqs.example.com/inbound.fifo"}), s
}

func TestACallNeverHoldsTwoLettersOfOneGroup(t *testing.T) {
	q, s := scripted(t, "")
	letters := []desk.Letter{letter("a", "1"), letter("a", "2"), letter("b", "1"), letter("a", "3"), letter("b", "2")}
	if err := q.Send(t.Context(), letters); err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, c := range s.calls {
		seen := map[string]bool{}
		for _, e := range c.Entries {
			if seen[e.MessageGroupID] {
				t.Errorf("two letters of %s in one call", e.MessageGroupID)
			}
			seen[e.MessageGroupID] = true
			order = append(order, e.MessageGroupID+e.MessageBody)
		}
	}
	if want := []string{`a"1"`, `b"1"`, `a"2"`, `b"2"`, `a"3"`}; !slices.Equal(order, want) {
		t.Errorf("sent as %v, want %v", order, want)
	}
}

func TestOnlyWhatWasNotConfirmedIsSentAgain(t *testing.T) {
	q, s := scripted(t, `{"Successful":[{"Id":"0"}],"Failed":[{"Id":"1","Code":"InternalError","SenderFault":false}]}`, "")
	if err := q.Send(t.Context(), []desk.Letter{letter("a", "1"), letter("b", "1")}); err != nil {
		t.Fatal(err)
	}
	if len(s.calls) != 2 || len(s.calls[1].Entries) != 1 || s.calls[1].Entries[0].MessageGroupID != "b" {
		t.Errorf("%+v", s.calls)
	}
}

func TestALaterLetterWaitsUntilItsGroupsEarlierOneIsConfirmed(t *testing.T) {
	q, s := scripted(t, `{"Failed":[{"Id":"0","Code":"InternalError"}]}`)
	err := q.Send(t.Context(), []desk.Letter{letter("a", "1"), letter("a", "2")})
	if desk.CodeOf(err) != desk.Busy {
		t.Errorf("%v", err)
	}
	for _, c := range s.calls {
		if c.Entries[0].MessageBody != `"1"` {
			t.Errorf("%s overtook", c.Entries[0].MessageBody)
		}
	}
}

func TestSendSaysWhatKindOfTroubleItIs(t *testing.T) {
	for name, c := range map[string]struct {
		answer string
		code   desk.Code
		calls  int
	}{
		"throttled":           {"429", desk.Busy, 4},
		"outage":              {"500", desk.Busy, 4},
		"forbidden":           {"403", desk.Internal, 1},
		"nothing confirmed":   {`{}`, desk.Busy, 3},
		"garbage":             {`<html>`, desk.Busy, 1},
		"the letter is wrong": {`{"Failed":[{"Id":"0","Code":"InvalidMessageContents","SenderFault":true}]}`, desk.Internal, 1},
	} {
		t.Run(name, func(t *testing.T) {
			q, s := scripted(t, c.answer)
			err := q.Send(t.Context(), []desk.Letter{letter("a", "1")})
			if desk.CodeOf(err) != c.code || len(s.calls) != c.calls {
				t.Errorf("%v after %d calls, want %s after %d", err, len(s.calls), c.code, c.calls)
			}
		})
	}
}

func TestALetterOverTheLimitIsRefusedBeforeAnythingIsSent(t *testing.T) {
	q, s := scripted(t, "")
	err := q.Send(t.Context(), []desk.Letter{letter("a", "1"), letter("b", strings.Repeat("x", 1<<20))})
	if desk.CodeOf(err) != desk.TooLarge || len(s.calls) != 0 {
		t.Errorf("%v after %d calls", err, len(s.calls))
	}
}

func TestAQueueThatIsNotSetUpIsNamedInTheCause(t *testing.T) {
	q, _ := scripted(t, "")
	for _, err := range []error{
		q.Send(t.Context(), []desk.Letter{{Queue: desk.QueueMail, Body: json.RawMessage(`1`)}}),
		q.Backoff(t.Context(), desk.QueueMail, "r", time.Second),
		q.Delete(t.Context(), desk.QueueMail, "r"),
	} {
		if desk.CodeOf(err) != desk.Internal || !strings.Contains(err.Error(), desk.QueueMail) {
			t.Errorf("%v", err)
		}
	}
}

func TestABackoffIsWholeSecondsRoundedUp(t *testing.T) {
	for d, want := range map[time.Duration]int{
		time.Millisecond: 1, 1500 * time.Millisecond: 2, -time.Second: 0, 48 * time.Hour: 12 * 60 * 60,
	} {
		q, s := scripted(t, `{}`)
		if err := q.Backoff(t.Context(), desk.QueueInbound, "r", d); err != nil {
			t.Fatal(err)
		}
		if s.calls[0].Timeout != want || s.calls[0].Target != "AmazonSQS.ChangeMessageVisibility" {
			t.Errorf("%v became %+v", d, s.calls[0])
		}
	}
}
