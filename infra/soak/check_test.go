package main

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

const one, two = "A message number 000001.", "An answer number 000002."

func thread(messages ...message) content {
	return content{messages: map[string][]message{"c": messages}}
}

func TestAnEventThatWasLostOrDoubledIsFound(t *testing.T) {
	in := message{text: one, incoming: true}
	for _, c := range []struct {
		name  string
		taken bool
		there content
		wrong int
	}{
		{"taken and filed", true, thread(in), 0},
		{"taken and lost", true, thread(), 1},
		{"filed twice in one thread", true, thread(in, in), 1},
		{"filed in two threads", true, content{messages: map[string][]message{"a": {in}, "b": {in}}}, 1},
		{"refused and not filed", false, thread(), 0},
		{"the answer was lost, and it was filed", false, thread(in), 0},
		{"filed by nobody", true, thread(in, message{text: "A mail number 000009.", incoming: true}), 1},
	} {
		if wrong := eachEventOnce(map[string]bool{one: c.taken}, c.there); len(wrong) != c.wrong {
			t.Errorf("%s: %q", c.name, wrong)
		}
	}
}

func TestAnAnswerThatWasDoubledOrIsNotWhatItSaysIsFound(t *testing.T) {
	for _, c := range []struct {
		name  string
		taken bool
		state string
		sent  int
		wrong int
	}{
		{"sent", true, "SENT", 1, 0},
		{"read", true, "READ", 1, 0},
		{"sent twice", true, "SENT", 2, 1},
		{"said to be sent", true, "SENT", 0, 1},
		{"nobody knows, and it went", true, "UNKNOWN", 1, 0},
		{"nobody knows, and it didn't", true, "UNKNOWN", 0, 0},
		{"nobody knows, and it went twice", true, "UNKNOWN", 2, 1},
		{"failed, and it went", true, "FAILED", 1, 1},
		{"taken and lost", true, "", 0, 1},
		{"not taken", false, "", 0, 0},
		{"not taken, and it went", false, "", 1, 1},
	} {
		there := thread()
		if c.state != "" {
			there = thread(message{text: two, state: c.state})
		}
		sent := map[string]int{}
		if c.sent > 0 {
			sent[two] = c.sent
		}
		if wrong := eachAnswerAtMostOnce(map[string]bool{two: c.taken}, there, sent); len(wrong) != c.wrong {
			t.Errorf("%s: %q", c.name, wrong)
		}
	}
	if wrong := eachAnswerAtMostOnce(map[string]bool{two: true}, thread(message{text: two}, message{text: two}), nil); len(wrong) != 1 {
		t.Errorf("in two threads: %q", wrong)
	}
	if wrong := eachAnswerAtMostOnce(nil, thread(), map[string]int{two: 1}); len(wrong) != 1 || !strings.Contains(wrong[0], "nobody wrote it") {
		t.Errorf("written by nobody: %q", wrong)
	}
}

func TestTheTableIsReadItemByItem(t *testing.T) {
	c := content{messages: map[string][]message{}, heads: map[string]string{}, tickets: map[string]int{}}
	for _, it := range []map[string]string{
		{"pk": "CONV#c", "sk": "HEAD", "g1": "inbox#open#0"},
		{"pk": "CONV#c", "sk": "MSG#1", "d": `{"text":"A message number 000001.\n","dir":"INCOMING"}`},
		{"pk": "CONV#c", "sk": "MSG#2", "d": `{"text":"An answer number 000002.","dir":"OUTGOING"}`, "st": "SENDING"},
		{"pk": "CONV#c", "sk": "MSG#3", "d": `{"text":"assigned"}`, "q": "media 1"},
		{"pk": "TICKET#t", "sk": "HEAD", "d": `{"conv":"c"}`},
	} {
		item := map[string]types.AttributeValue{}
		for name, value := range it {
			item[name] = &types.AttributeValueMemberS{Value: value}
		}
		if err := c.add(item); err != nil {
			t.Fatal(err)
		}
	}
	if got := c.messages["c"]; len(got) != 2 || got[0] != (message{one, true, ""}) || got[1] != (message{two, false, "SENDING"}) {
		t.Errorf("the thread is %+v", got)
	}
	if c.tickets["c"] != 1 || c.heads["c"] == "" || len(c.waiting) != 2 {
		t.Errorf("%+v", c)
	}
	for _, bad := range []string{"CONV#x MSG#1", "TICKET#x HEAD"} {
		pk, sk, _ := strings.Cut(bad, " ")
		if c.add(map[string]types.AttributeValue{
			"pk": &types.AttributeValueMemberS{Value: pk}, "sk": &types.AttributeValueMemberS{Value: sk}, "d": &types.AttributeValueMemberS{Value: "{"},
		}) == nil {
			t.Errorf("%s was read", bad)
		}
	}
}

func TestEveryTextOfTheSoakIsItsOwn(t *testing.T) {
	n := newNotes()
	a, b := n.text(n.events, "A message"), n.text(n.answers, "An answer")
	if a == b || numbered.FindString(" > "+a+" <") != a || numbered.FindString(b) != b || n.events[a] {
		t.Errorf("%q %q", a, b)
	}
	n.taken(n.events, a)
	n.end("router")
	n.count(&n.closed)
	if s := n.summary(); !n.events[a] || !strings.Contains(s, "1 events, 1 answers, 1 closed") || !strings.Contains(s, "router:1") {
		t.Errorf("%s", s)
	}
}
