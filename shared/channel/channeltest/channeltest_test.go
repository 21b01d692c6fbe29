package channeltest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/channel/channeltest"
	"github.com/loket-desk/loket/shared/desk"
)

// parser is a channel whose parser is a function.
type parser struct {
	channel.Channel
	parse func(a channel.Account, r channel.Request) (channel.Received, error)
}

func (p parser) Receive(a channel.Account, r channel.Request) (channel.Received, error) {
	return p.parse(a, r)
}

func replayOf(parse func(a channel.Account, r channel.Request) (channel.Received, error)) channeltest.Replay {
	return channeltest.Replay{
		Kind: channel.Kind{Channel: parser{parse: parse}},
		Sign: func([]byte) http.Header { return http.Header{"Signed": {"yes"}} },
	}
}

// listener is a test that only notes whether it was failed.
type listener struct {
	testing.TB
	said []string
}

func (*listener) Helper()                        {}
func (l *listener) Errorf(f string, args ...any) { l.said = append(l.said, fmt.Sprintf(f, args...)) }

func (l *listener) Fatalf(f string, args ...any) {
	l.Errorf(f, args...)
	panic(l)
}

// hold says what Hold finds wrong with the events of a parser.
func hold(t *testing.T, parse func(a channel.Account, r channel.Request) (channel.Received, error)) (said string) {
	t.Helper()
	l := &listener{TB: t}
	defer func() {
		if v := recover(); v != nil && v != any(l) {
			t.Errorf("it panicked: %v", v)
		}
		said = strings.Join(l.said, "\n")
	}()
	replayOf(parse).Hold(l, []byte("body"))
	return ""
}

func good() desk.Inbound {
	return desk.Inbound{Type: desk.InMessage, ID: "1", Thread: "t", At: channeltest.Now, Text: "hi"}
}

func TestAGoodParserHoldsAndEveryOtherIsToldApart(t *testing.T) {
	spoilt := func(spoil func(*desk.Inbound)) func(channel.Account, channel.Request) (channel.Received, error) {
		return func(channel.Account, channel.Request) (channel.Received, error) {
			e := good()
			spoil(&e)
			return channel.Received{Events: []desk.Inbound{e}}, nil
		}
	}
	if said := hold(t, spoilt(func(*desk.Inbound) {})); said != "" {
		t.Errorf("a good parser: %s", said)
	}
	for want, spoil := range map[string]func(*desk.Inbound){
		"without type, id, thread or time": func(e *desk.Inbound) { e.ID = "" },
		"an id over 200 bytes":             func(e *desk.Inbound) { e.ReplyTo = strings.Repeat("x", 201) },
		"no UTF-8":                         func(e *desk.Inbound) { e.Text = "\xff" },
		"can't be stored":                  func(e *desk.Inbound) { e.At = e.At.AddDate(90000, 0, 0) },
		"changes when it is stored":        func(e *desk.Inbound) { e.Subject = "\xfe" },
	} {
		if said := hold(t, spoilt(spoil)); !strings.Contains(said, want) {
			t.Errorf("%s was not found: %q", want, said)
		}
	}
	byChannel := func(a channel.Account, _ channel.Request) (channel.Received, error) {
		e := good()
		e.ID = "of " + string(a.Channel)
		return channel.Received{Events: []desk.Inbound{e}}, nil
	}
	if said := hold(t, byChannel); !strings.Contains(said, "other events") {
		t.Errorf("an id that depends on the channel was not found: %q", said)
	}
	refusing := func(channel.Account, channel.Request) (channel.Received, error) {
		return channel.Received{}, desk.Refuse(desk.Unauthenticated, "no")
	}
	if said := hold(t, refusing); !strings.Contains(said, "refused") {
		t.Errorf("a refusal of a genuine call was not found: %q", said)
	}
}

func TestGoldenReplaysEveryCapturedBody(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("testdata", 0o755); err != nil {
		t.Fatal(err)
	}
	event := good()
	want, err := json.MarshalIndent(struct{ Events []desk.Inbound }{[]desk.Inbound{event}}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"one.json": "first", "two.json": "second", "one.golden": string(want) + "\n", "two.golden": string(want) + "\n"} {
		if err := os.WriteFile(filepath.Join("testdata", name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var seen []string
	replayOf(func(_ channel.Account, r channel.Request) (channel.Received, error) {
		if r.Header.Get("Signed") != "yes" || !r.Now.Equal(channeltest.Now) {
			t.Errorf("the call came as %+v", r)
		}
		seen = append(seen, string(r.Body))
		return channel.Received{Events: []desk.Inbound{event}}, nil
	}).Golden(t)
	if strings.Join(seen, " ") != "first second" {
		t.Errorf("replayed %v", seen)
	}
}

func TestTheCorpusIsBesideTheProject(t *testing.T) {
	path := channeltest.Corpus(t, "SOURCES.md")
	if b, err := os.ReadFile(path); err != nil || len(b) == 0 {
		t.Errorf("%s: %v", path, err)
	}
}
