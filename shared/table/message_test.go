package table_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/table"
	"github.com/loket-desk/loket/shared/table/tabletest"
)

func only(t *testing.T, tb *table.Table, f desk.Filed) desk.Message {
	t.Helper()
	m, err := tb.Message(context.Background(), f.Conversation.Message(f.Key))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAnEditKeepsTheEarlierTextAndAnOldEditChangesNothing(t *testing.T) {
	tb, ctx := tabletest.New(t), context.Background()
	filed := file(t, tb, hello("1", "42"))
	at := time.Now().UTC()
	for _, e := range []desk.Inbound{{Text: "second", At: at}, {Text: "second", At: at}, {Text: "late copy of an old one", At: at.Add(-time.Minute)}, {Text: "third", At: at.Add(time.Minute)}} {
		if id, err := tb.EditMessage(ctx, "ch1", "1", e); err != nil || id != filed.Conversation.Message(filed.Key) {
			t.Fatalf("editing: %q, %v", id, err)
		}
	}
	m := only(t, tb, filed)
	if m.Text != "third" || len(m.Edits) != 2 || m.Edits[0].Text != "hello 1" || m.Edits[1].Text != "second" {
		t.Errorf("the message says %q, edits %+v", m.Text, m.Edits)
	}
	if _, err := tb.EditMessage(ctx, "ch1", "99", desk.Inbound{Text: "x"}); desk.CodeOf(err) != desk.NotFound {
		t.Errorf("editing what isn't there: %v", err)
	}
}

func TestAMessageIsEditedAsOftenAsItsAuthorLikesHoweverLongItsTextsAre(t *testing.T) {
	tb, ctx := tabletest.New(t), context.Background()
	filed := file(t, tb, hello("1", "42"))
	at := time.Now().UTC()
	for name, letter := range map[string]string{"plain": "x", "six bytes of one": "<"} {
		last, before := "", ""
		for i := range 25 {
			at = at.Add(time.Second)
			before, last = last, fmt.Sprint(i)+strings.Repeat(letter, 32<<10-2)
			if _, err := tb.EditMessage(ctx, "ch1", "1", desk.Inbound{Text: last, At: at}); err != nil {
				t.Fatalf("%s, edit %d: %v", name, i, err)
			}
		}
		m := only(t, tb, filed)
		if n := len(m.Edits); m.Text != last || n == 0 || n > 20 || m.Edits[n-1].Text != before {
			t.Errorf("%s: %d earlier texts", name, n)
		}
	}
}

func TestReactionsAreOneAPersonAndAMessageCanBeTakenBack(t *testing.T) {
	tb, ctx := tabletest.New(t), context.Background()
	filed := file(t, tb, hello("1", "42"))
	for _, emoji := range []string{"👍", "👍", "❤"} {
		if _, err := tb.React(ctx, "ch1", "1", "42", emoji); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := tb.React(ctx, "ch1", "1", "43", "🎉"); err != nil {
		t.Fatal(err)
	}
	if m := only(t, tb, filed); len(m.Reactions) != 2 || m.Reactions[0].Emoji != "❤" {
		t.Errorf("reactions %+v", m.Reactions)
	}
	for range 2 {
		if _, err := tb.React(ctx, "ch1", "1", "42", ""); err != nil {
			t.Fatal(err)
		}
		if _, err := tb.MarkDeleted(ctx, "ch1", "1"); err != nil {
			t.Fatal(err)
		}
	}
	if m := only(t, tb, filed); len(m.Reactions) != 1 || !m.Deleted {
		t.Errorf("reactions %+v, deleted %v", m.Reactions, m.Deleted)
	}
}

func reply(id desk.ConversationID, text string, r *desk.Request) desk.NewOutgoing {
	return desk.NewOutgoing{
		Conversation: id, Preview: text, Request: r,
		Message: desk.Message{Kind: desk.KindMessage, Channel: "ch1", Text: text, Author: desk.Author{Kind: desk.ByUser, ID: "u1"}},
	}
}

func TestAReplyIsQueuedOnceAndTheContactWaitsNoMore(t *testing.T) {
	tb, ctx := tabletest.New(t), context.Background()
	filed := file(t, tb, hello("1", "42"))
	r := &desk.Request{Caller: "k1", Route: "messages", Key: "abc", Hash: "h1"}
	m, before, err := tb.AppendOutgoing(ctx, reply(filed.Conversation, "an answer", r))
	if err != nil || before || m.Status.State != desk.Queued || m.Thread != "42" || m.Key <= filed.Key {
		t.Fatalf("%+v, %v, %v", m, before, err)
	}
	again, before, err := tb.AppendOutgoing(ctx, reply(filed.Conversation, "an answer", r))
	if err != nil || !before || again.Key != m.Key {
		t.Errorf("the same request gave %q, %v, %v", again.Key, before, err)
	}
	other := *r
	other.Hash = "h2"
	if _, _, err := tb.AppendOutgoing(ctx, reply(filed.Conversation, "another", &other)); desk.CodeOf(err) != desk.Conflict {
		t.Errorf("the same key with another body: %v", err)
	}
	c, _ := tb.Conversation(ctx, filed.Conversation)
	if !c.Waiting.IsZero() || c.Preview != "an answer" || c.LastOut != m.Key {
		t.Errorf("the conversation says %+v", c)
	}
	if got := texts(t, tb, filed.Conversation); len(got) != 2 {
		t.Errorf("the thread holds %q", got)
	}
	if _, _, err := tb.AppendOutgoing(ctx, reply("nobody", "x", nil)); desk.CodeOf(err) != desk.NotFound {
		t.Errorf("a reply to nothing: %v", err)
	}
}

// deaf loses the answer of the first transaction, which is made.
type deaf struct{ lost atomic.Bool }

func (d *deaf) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".TransactWriteItems") || d.lost.Swap(true) {
		return resp, err
	}
	_ = resp.Body.Close()
	return nil, errors.New("the connection was reset")
}

func TestAReplyWhoseSavingWasAnsweredByNothingIsOneReply(t *testing.T) {
	ctx, name := context.Background(), tabletest.Create(t)
	filed := file(t, table.New(tabletest.Client(t, nil), name), hello("1", "42"))
	for _, kind := range []desk.MessageKind{desk.KindMessage, desk.KindComment} {
		way := &deaf{}
		client := tabletest.Client(t, way)
		tb := table.New(dynamodb.New(client.Options(), func(o *dynamodb.Options) { o.RetryMaxAttempts = 1 }), name)
		n, add := reply(filed.Conversation, "an answer", nil), tb.AppendOutgoing
		if n.Message.Kind = kind; kind == desk.KindComment {
			add = tb.AppendComment
		}
		m, _, err := add(ctx, n)
		if err != nil || !way.lost.Load() {
			t.Fatalf("%+v, %v; an answer was lost: %v", m, err, way.lost.Load())
		}
		all, _, err := tb.Messages(ctx, filed.Conversation, "", "", 100)
		var saved []desk.MessageID
		for _, e := range all {
			if e.Kind == kind && e.Text == "an answer" {
				saved = append(saved, e.ID())
			}
		}
		if err != nil || len(saved) != 1 || saved[0] != m.ID() {
			t.Errorf("%s: told %s, saved %v, %v", kind, m.ID(), saved, err)
		}
	}
}

func TestACommentMovesNothing(t *testing.T) {
	tb, ctx := tabletest.New(t), context.Background()
	filed := file(t, tb, hello("1", "42"))
	n := reply(filed.Conversation, "between us", nil)
	n.Message.Kind = desk.KindComment
	m, _, err := tb.AppendComment(ctx, n)
	if err != nil || m.Kind != desk.KindComment {
		t.Fatal(err)
	}
	c, _ := tb.Conversation(ctx, filed.Conversation)
	if c.Waiting.IsZero() || c.Preview != "hello 1" || c.LastOut != "" {
		t.Errorf("the conversation says %+v", c)
	}
}

func TestAConversationThatWeBeginStandsInSentUntilItIsAnswered(t *testing.T) {
	tb, ctx := tabletest.New(t), context.Background()
	f := hello("", "77")
	m, _, err := tb.StartConversation(ctx, f, reply("", "good morning", &desk.Request{Caller: "k", Route: "r", Key: "1", Hash: "h"}))
	if err != nil {
		t.Fatal(err)
	}
	c, _ := tb.Conversation(ctx, m.Conversation)
	if c.View() != desk.ViewSent || c.Contact == "" || c.Name != "Ada Lovelace" {
		t.Errorf("it stands in %s: %+v", c.View(), c)
	}
	again, before, err := tb.StartConversation(ctx, f, reply("", "good morning", &desk.Request{Caller: "k", Route: "r", Key: "1", Hash: "h"}))
	if err != nil || !before || again.ID() != m.ID() {
		t.Errorf("the same request gave %q, %v, %v", again.ID(), before, err)
	}
	second, _, err := tb.StartConversation(ctx, f, reply("", "one more", nil))
	if err != nil || second.Conversation != m.Conversation {
		t.Errorf("a thread that runs already was begun again: %+v, %v", second.ID(), err)
	}
	filed := file(t, tb, hello("1", "77"))
	if filed.Conversation != m.Conversation || filed.New {
		t.Errorf("the answer was filed as %+v", filed)
	}
	if c, _ := tb.Conversation(ctx, m.Conversation); c.View() != desk.ViewUnassigned {
		t.Errorf("after the answer it stands in %s", c.View())
	}
}

func TestCopiesOfAMailAreFoundByInboxAndHash(t *testing.T) {
	tb, ctx := tabletest.New(t), context.Background()
	f := hello("ses1", "ada@example.com")
	f.Message.Mail = &desk.MessageMail{Recipients: []string{"a@loket.test"}}
	for range 2 {
		if ch, ext, err := tb.ClaimCopy(ctx, "ib1", "hash", "ch1", "ses1"); err != nil || ch != "ch1" || ext != "ses1" {
			t.Fatalf("the first copy: %q %q %v", ch, ext, err)
		}
	}
	if ch, ext, err := tb.ClaimCopy(ctx, "ib1", "hash", "ch2", "ses2"); err != nil || ch != "ch1" || ext != "ses1" {
		t.Errorf("the second copy: %q %q %v", ch, ext, err)
	}
	if ch, ext, err := tb.ClaimCopy(ctx, "ib2", "hash", "ch2", "ses2"); err != nil || ch != "ch2" || ext != "ses2" {
		t.Errorf("another inbox: %q %q %v", ch, ext, err)
	}
	if err := tb.AddRecipient(ctx, "ch1", "ses1", "b@loket.test"); desk.CodeOf(err) != desk.NotFound {
		t.Errorf("before it is filed: %v", err)
	}
	filed := file(t, tb, f)
	for range 2 {
		if err := tb.AddRecipient(ctx, "ch1", "ses1", "b@loket.test"); err != nil {
			t.Fatal(err)
		}
	}
	if m := only(t, tb, filed); len(m.Mail.Recipients) != 2 {
		t.Errorf("recipients %q", m.Mail.Recipients)
	}
}

func TestAnAnswerGoesToTheWholeThreadValueHoweverLongItIs(t *testing.T) {
	tb, ctx := tabletest.New(t), context.Background()
	long := strings.Repeat("thread/", 60)
	f := hello("1", "42")
	f.Thread, f.Message.Thread = long, long
	filed := file(t, tb, f)
	m, _, err := tb.AppendOutgoing(ctx, reply(filed.Conversation, "an answer", nil))
	if err != nil || m.Thread != long {
		t.Errorf("it goes to %q, %v", m.Thread, err)
	}
}
