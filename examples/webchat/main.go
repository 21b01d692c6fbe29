// Webchat is a channel of one's own: a web page whose visitors write to an inbox and read the answers there. To try it:
// `go run ./examples/webchat -key "$(cat .local/admin-key)"` beside `make run`.
package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

//go:embed page.html
var page string

type message struct{ ID, From, Text string }

type chat struct {
	api, key string
	setup    struct{ ChannelID, AccountID, Secret string } // has to be kept: the secret is shown once
	mu       sync.Mutex
	threads  map[string][]message // by visitor
	seen     map[string]bool      // ids of webhook calls: each may come more than once
}

func main() {
	loket, key := flag.String("loket", "http://127.0.0.1:8080", "Loket's address"), flag.String("key", "", "an API key with the permission customChannels")
	listen, public := flag.String("listen", "127.0.0.1:8090", "where to serve the page"), flag.String("public", "http://127.0.0.1:8090", "this program's address as Loket calls it")
	flag.Parse()
	c := &chat{api: *loket + "/conversations/v3/custom-channels", key: *key, threads: map[string][]message{}, seen: map[string]bool{}}
	if kept, err := os.ReadFile("webchat.json"); err != nil || json.Unmarshal(kept, &c.setup) != nil {
		c.register(*public + "/hook")
	}
	http.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, page) })
	http.HandleFunc("GET /messages", c.show)
	http.HandleFunc("POST /messages", c.say)
	http.HandleFunc("POST /hook", c.hook)
	must(http.ListenAndServe(*listen, nil))
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

type object = map[string]any

func identifier(id string) object {
	return object{"type": "CHANNEL_SPECIFIC_OPAQUE_ID", "value": id}
}

// register makes the channel and its one account, and keeps the secret.
func (c *chat) register(hook string) {
	var made struct{ ID, WebhookSecret string }
	must(c.call("POST", "/", object{"name": "Web chat", "channelDescription": "A page of our own", "webhookUrl": hook, "capabilities": object{
		"deliveryIdentifierTypes": []string{"CHANNEL_SPECIFIC_OPAQUE_ID"}, "threadingModel": "INTEGRATION_THREAD_ID", "allowOutgoingMessages": true,
	}}, &made))
	c.setup.ChannelID, c.setup.Secret = made.ID, made.WebhookSecret
	must(c.call("POST", "/"+made.ID+"/channel-accounts", object{"inboxId": "inbox", "name": "Web chat", "authorized": true, "deliveryIdentifier": identifier("page")}, &made))
	c.setup.AccountID = made.ID
	kept, _ := json.Marshal(c.setup)
	must(os.WriteFile("webchat.json", kept, 0o600))
}

// say hands a visitor's message over. The page makes the id and tries again with it, so that nothing is said twice.
func (c *chat) say(w http.ResponseWriter, r *http.Request) {
	visitor, id := r.URL.Query().Get("visitor"), r.URL.Query().Get("id")
	text, _ := io.ReadAll(io.LimitReader(r.Body, 10000))
	body := object{
		"messageDirection": "INCOMING", "channelAccountId": c.setup.AccountID, "integrationThreadId": visitor, "integrationIdempotencyId": id,
		"text": string(text), "timestamp": time.Now(), "attachments": []object{},
		"senders": []object{{"name": "A visitor", "deliveryIdentifier": identifier(visitor)}}, "recipients": []object{{"deliveryIdentifier": identifier("page")}},
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.call("POST", "/"+c.setup.ChannelID+"/messages", body, &object{}); err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
	} else {
		c.threads[visitor] = append(c.threads[visitor], message{"", "You", string(text)})
	}
}

// hook takes an answer. What is not signed with our secret, a moment ago, is somebody else's.
func (c *chat) hook(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	id, stamp := r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp")
	key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(c.setup.Secret, "whsec_"))
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.%s", id, stamp, body)
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	if !hmac.Equal([]byte(want), []byte(r.Header.Get("webhook-signature"))) || stamp < fmt.Sprint(time.Now().Add(-5*time.Minute).Unix()) {
		http.Error(w, "the signature is wrong", http.StatusUnauthorized)
		return
	}
	var event struct {
		ChannelIntegrationThreadIDs []string // none where an account is told of
		Message                     message
	}
	_ = json.Unmarshal(body, &event)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, visitor := range event.ChannelIntegrationThreadIDs {
		if m := event.Message; !c.seen[id] {
			c.threads[visitor] = append(c.threads[visitor], message{m.ID, "We", m.Text})
		}
	}
	c.seen[id] = true
}

// show gives a visitor their messages, and reports the new ones as read.
func (c *chat) show(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	thread := c.threads[r.URL.Query().Get("visitor")]
	for i, m := range thread {
		if m.ID != "" && c.call("PATCH", "/"+c.setup.ChannelID+"/messages/"+m.ID, object{"statusType": "READ"}, &object{}) == nil {
			thread[i].ID = ""
		}
	}
	_ = json.NewEncoder(w).Encode(append([]message{}, thread...))
}

func (c *chat) call(method, path string, in, out any) error {
	body, _ := json.Marshal(in)
	req, err := http.NewRequest(method, c.api+path, bytes.NewReader(body))
	must(err)
	req.Header.Set("Authorization", "Bearer "+c.key)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s", method, path, resp.Status)
	}
	return json.NewDecoder(resp.Body).Decode(out)
}
