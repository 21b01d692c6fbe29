package channeltest

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

// Now is when every replayed call arrives.
var Now = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// Replay is how captured bodies are brought to a parser.
type Replay struct {
	Kind    channel.Kind
	Account channel.Account
	Sign    func(body []byte) http.Header // the headers that prove a body
}

// golden is what a golden file holds: what the parser made of a body.
type golden struct {
	Events  []desk.Inbound
	Ignored int             `json:",omitempty"`
	Answer  *channel.Answer `json:",omitempty"`
}

// Golden replays each testdata/*.json and compares what the parser makes of it with the *.golden beside it.
func (r Replay) Golden(t *testing.T) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no captured payloads in testdata (%v)", err)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".json"), func(t *testing.T) {
			body, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, strings.TrimSuffix(path, ".json")+".golden", r.render(t, body))
		})
	}
}

// GoldenCase replays one body that lies elsewhere, such as in the corpus, and compares it with the golden file named.
func (r Replay) GoldenCase(t *testing.T, golden string, body []byte) {
	t.Helper()
	compare(t, golden, r.render(t, body))
}

// GoldenOf is Golden for one body that doesn't lie in a file as it came, such as a form.
func (r Replay) GoldenOf(t *testing.T, path string, body []byte) {
	t.Helper()
	compare(t, path, r.render(t, body))
}

// Parse replays one body and fails the test when the parser refuses it.
func (r Replay) Parse(t testing.TB, body []byte) channel.Received {
	t.Helper()
	got, err := r.Kind.Receive(r.Account, channel.Request{Method: http.MethodPost, URL: r.Account.Hook, Header: r.Sign(body), Body: body, Now: Now})
	if err != nil {
		t.Fatalf("the genuine call was refused: %v", err)
	}
	return got
}

func (r Replay) render(t *testing.T, body []byte) []byte {
	t.Helper()
	got := r.Parse(t, body)
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(golden{got.Events, got.Ignored, got.Answer}); err != nil {
		t.Fatalf("what the parser made can't be stored: %v", err)
	}
	return out.Bytes()
}

func compare(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("no golden file; run with -update and read what it writes: %v", err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs\n--- got\n%s\n--- want\n%s", path, got, want)
	}
}
