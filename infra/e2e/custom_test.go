package e2e

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// program is an integration: it registered a channel with a key of its own, and hears what its webhook is told.
type program struct {
	s       *stack
	key     string
	base    string // of its channel
	id      string
	secret  string
	account string
	hook    *httptest.Server

	mu      sync.Mutex
	answers []int // statuses of the calls to come; 200 when there are none
	heard   []told
}

// told is one call of the webhook.
type told struct {
	id    string // webhook-id
	body  object
	fault string // what is wrong with its signatures
}

// integrate registers a channel and connects one account of it to an inbox of its own.
func integrate(t *testing.T, s *stack, capabilities object) *program {
	t.Helper()
	p := &program{s: s, key: s.must(t, 201, "POST", "/v1/keys", object{"name": "Program " + rand.Text()[:6], "permissions": []string{"customChannels"}}).str("key")}
	p.hook = httptest.NewServer(p)
	t.Cleanup(p.hook.Close)
	caps := object{
		"deliveryIdentifierTypes": []string{"CHANNEL_SPECIFIC_OPAQUE_ID"}, "threadingModel": "INTEGRATION_THREAD_ID", "allowOutgoingMessages": true,
		"richText": []string{"BOLD"}, "outgoingAttachmentTypes": []string{"FILE"},
	}
	for name, v := range capabilities {
		caps[name] = v
	}
	made := p.call(t, 201, "POST", "/conversations/v3/custom-channels", object{"name": "Pager " + rand.Text()[:6], "capabilities": caps, "webhookUrl": p.hook.URL + "/hook?for=pager"})
	p.id, p.secret, p.base = made.str("id"), made.str("webhookSecret"), "/conversations/v3/custom-channels/"+made.str("id")
	p.account = p.connect(t, s.inbox(t, "INBOX"), "desk").str("id")
	return p
}

func (p *program) connect(t *testing.T, inbox, address string) object {
	t.Helper()
	return p.call(t, 201, "POST", p.base+"/channel-accounts/", object{
		"inboxId": inbox, "name": "Desk " + address, "authorized": true, "deliveryIdentifier": object{"type": "CHANNEL_SPECIFIC_OPAQUE_ID", "value": address},
	})
}

// call makes a call with the program's own key.
func (p *program) call(t *testing.T, want int, method, path string, body any) object {
	t.Helper()
	return p.s.must(t, want, method, path, body, "Authorization", "Bearer "+p.key)
}

// incoming is a message of somebody, under an idempotency id.
func (p *program) incoming(from, text, idem string) object {
	party := func(id string) []object {
		return []object{{"name": from, "deliveryIdentifier": object{"type": "CHANNEL_SPECIFIC_OPAQUE_ID", "value": id}}}
	}
	return object{
		"text": text, "timestamp": time.Now().UTC(), "messageDirection": "INCOMING", "channelAccountId": p.account, "senders": party(from), "recipients": party("desk"),
		"attachments": []object{}, "integrationThreadId": "thread " + from, "integrationIdempotencyId": idem,
	}
}

// ServeHTTP is the program's webhook.
func (p *program) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	h := told{id: r.Header.Get("webhook-id"), body: object{}}
	if err := json.Unmarshal(raw, &h.body); err != nil {
		h.fault = err.Error()
	}
	key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(p.secret, "whsec_"))
	sign := func(key []byte, text string) string {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(text))
		return base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	if r.Header.Get("webhook-signature") != "v1,"+sign(key, h.id+"."+r.Header.Get("webhook-timestamp")+"."+string(raw)) {
		h.fault += " the standard signature is wrong"
	}
	if r.Header.Get("X-HubSpot-Signature-v3") != sign([]byte(p.secret), "POST"+p.hook.URL+r.URL.RequestURI()+string(raw)+r.Header.Get("X-HubSpot-Request-Timestamp")) {
		h.fault += " the other signature is wrong"
	}
	if status := p.hear(h); status == hang {
		<-r.Context().Done()
	} else {
		w.WriteHeader(status)
	}
}

// hang is the answer that never comes.
const hang = 0

// hear notes a call and says how it is answered.
func (p *program) hear(h told) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heard = append(p.heard, h)
	if len(p.answers) == 0 || h.body.str("type") != outgoing {
		return http.StatusOK
	}
	status := p.answers[0]
	p.answers = p.answers[1:]
	return status
}

// answer makes the next calls about messages be answered so.
func (p *program) answer(statuses ...int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers = statuses
}

// told waits until the webhook was called n times about a type of event, and gives the calls.
func (p *program) told(t *testing.T, within time.Duration, kind string, n int) []told {
	t.Helper()
	var got []told
	eventually(t, within, func() error {
		p.mu.Lock()
		defer p.mu.Unlock()
		got = nil
		for _, h := range p.heard {
			if h.body.str("type") == kind {
				got = append(got, h)
			}
		}
		if len(got) < n {
			return fmt.Errorf("told %d times of %s, want %d", len(got), kind, n)
		}
		return nil
	})
	for _, h := range got {
		if h.fault != "" {
			t.Errorf("%s: %s", kind, h.fault)
		}
	}
	return got
}

const outgoing = "OUTGOING_CHANNEL_MESSAGE_CREATED"

func TestACustomChannelTakesAMessageOnceAndSendsItsAnswerSignedTwice(t *testing.T) {
	s := running(t)
	p := integrate(t, s, nil)
	created := p.told(t, 20*time.Second, "CHANNEL_ACCOUNT_CREATED", 1)[0].body
	if created.str("channelId") != p.id || created.str("channelAccountId") != p.account || created["portalId"] != float64(1) || created.str("channelAccount", "name") != "Desk desk" {
		t.Errorf("told of the account: %v", created)
	}
	for _, private := range []string{"http://10.0.0.1/hook", "https://169.254.169.254/latest", "http://[fd00::1]/"} {
		if refused := p.call(t, 400, "PATCH", p.base, object{"webhookUrl": private}); len(refused.list("errors")) != 1 || refused.list("errors")[0].str("in") != "webhookUrl" {
			t.Errorf("the webhook address %s: %v", private, refused)
		}
	}
	first := p.call(t, 201, "POST", p.base+"/messages", p.incoming("ada", "Where is my parcel?", "one"))
	again := p.call(t, 200, "POST", p.base+"/messages/", p.incoming("ada", "Where is my parcel?", "one"))
	conversation := first.str("conversationsThreadId")
	if again.str("id") != first.str("id") || conversation == "" {
		t.Errorf("again it is %v, first %v", again, first)
	}
	if got := s.texts(t, conversation); len(got) != 1 || got[0] != "Where is my parcel?" {
		t.Errorf("the thread holds %q", got)
	}
	m := s.must(t, 201, "POST", "/v1/conversations/"+conversation+"/messages", object{"text": "On its way.", "html": "<b>On</b> its way."})
	h := p.told(t, 30*time.Second, outgoing, 1)[0]
	if h.body.at("channelIntegrationThreadIds").([]any)[0] != "thread ada" || h.body.str("message", "id") != m.str("id") || h.body.str("eventId") != h.id {
		t.Errorf("told: %v", h.body)
	}
	out, _ := h.body.at("message").(map[string]any)
	if o := object(out); o.str("text") != "On its way." || o.str("richText") != "<b>On</b> its way." || o.str("conversationsThreadId") != conversation ||
		o.str("channelAccountId") != p.account || o.list("recipients")[0].str("deliveryIdentifier", "value") != "ada" || o.list("senders")[0].str("deliveryIdentifier", "value") != "desk" {
		t.Errorf("the message: %v", o)
	}
	s.state(t, 20*time.Second, conversation, m.str("id"), "SENT")
	if read := p.call(t, 200, "PATCH", p.base+"/messages/"+m.str("id"), object{"statusType": "READ"}); read.str("status", "statusType") != "READ" {
		t.Errorf("reported: %v", read)
	}
	s.state(t, 20*time.Second, conversation, m.str("id"), "READ")
}

func TestAnIntegrationThatFailsIsTriedAgainWithTheSameIdAndEachTryIsSeen(t *testing.T) {
	s := running(t)
	p := integrate(t, s, nil)
	conversation := p.call(t, 201, "POST", p.base+"/messages", p.incoming("ada", "hello", "1")).str("conversationsThreadId")
	p.answer(500)
	m := s.reply(t, conversation, "an answer")
	tries := p.told(t, 60*time.Second, outgoing, 2)
	if tries[0].id != tries[1].id || tries[0].body.str("eventId") != tries[1].body.str("eventId") {
		t.Errorf("two tries of one event have the ids %q and %q", tries[0].id, tries[1].id)
	}
	s.state(t, 20*time.Second, conversation, m.str("id"), "SENT")
	shown := p.call(t, 200, "GET", p.base+"/messages/"+m.str("id"), nil).list("deliveryAttempts")
	if len(shown) != 2 || !strings.Contains(shown[0].str("detail"), "HTTP 500") || shown[1].str("outcome") != "SENT" {
		t.Errorf("the tries: %v", shown)
	}
}

func TestASenderEndedWhileItCalledAnIntegrationTellsItAgainUnderTheSameId(t *testing.T) {
	s := running(t)
	p := integrate(t, s, nil)
	conversation := p.call(t, 201, "POST", p.base+"/messages", p.incoming("ada", "hello", "1")).str("conversationsThreadId")
	p.answer(hang)
	m := s.reply(t, conversation, "an answer")
	p.told(t, 30*time.Second, outgoing, 1)
	for _, pid := range s.pids("sender") {
		end(pid)
	}
	t.Parallel() // what is left is to wait for the lease to end
	s.state(t, 9*time.Minute, conversation, m.str("id"), "SENT")
	if tries := p.told(t, time.Second, outgoing, 2); len(tries) != 2 || tries[0].id != tries[1].id {
		t.Errorf("it was told %d times", len(tries))
	}
}

func TestAnIntegrationThatIsGoneHasItsAccountSwitchedOff(t *testing.T) {
	s := running(t)
	p := integrate(t, s, nil)
	conversation := p.call(t, 201, "POST", p.base+"/messages", p.incoming("ada", "hello", "1")).str("conversationsThreadId")
	p.answer(410)
	m := s.reply(t, conversation, "an answer")
	s.state(t, 30*time.Second, conversation, m.str("id"), "FAILED")
	eventually(t, 20*time.Second, func() error {
		if ch := s.must(t, 200, "GET", "/v1/channels/"+p.account, nil); ch["active"] != false || ch.str("health", "state") != "BROKEN" {
			return fmt.Errorf("the channel says %v", ch)
		}
		return nil
	})
	if account := p.call(t, 200, "GET", p.base+"/channel-accounts/"+p.account, nil); account["active"] != false {
		t.Errorf("the account: %v", account)
	}
}

func TestAnAccountThatIsNotAuthorizedSendsNothing(t *testing.T) {
	s := running(t)
	p := integrate(t, s, nil)
	conversation := p.call(t, 201, "POST", p.base+"/messages", p.incoming("ada", "hello", "1")).str("conversationsThreadId")
	p.call(t, 200, "PATCH", p.base+"/channel-accounts/"+p.account, object{"authorized": false})
	if status, problem := s.call(t, "POST", "/v1/conversations/"+conversation+"/messages", object{"text": "hello?"}); status != 409 || problem.str("code") != "channel_off" {
		t.Errorf("a reply: %d %v", status, problem)
	}
	p.call(t, 200, "PATCH", p.base+"/channel-accounts/"+p.account, object{"authorized": true})
	s.reply(t, conversation, "hello!")
	p.told(t, 30*time.Second, outgoing, 1)
	if updated := p.told(t, 20*time.Second, "CHANNEL_ACCOUNT_UPDATED", 2); updated[0].body["authorized"] != false || updated[1].body["authorized"] != true {
		t.Errorf("told: %v", updated)
	}
	p.call(t, 204, "DELETE", p.base, nil)
	if status, problem := s.call(t, "POST", "/v1/conversations/"+conversation+"/messages", object{"text": "anybody?"}); status != 409 {
		t.Errorf("a reply on an archived channel: %d %v", status, problem)
	}
}

func TestAnAdminConnectsAnAccountAtTheIntegrationOnce(t *testing.T) {
	s := running(t)
	p := integrate(t, s, nil)
	p.call(t, 200, "PATCH", p.base, object{"channelAccountConnectionRedirectUrl": p.hook.URL + "/connect", "channelLogoUrl": "https://example.com/logo.png", "channelDescription": "Beeps."})
	var shown object
	for _, kind := range s.must(t, 200, "GET", "/v1/channel-types", nil).list("results") {
		if kind.str("type") == "custom:"+p.id {
			shown = kind
		}
	}
	if !strings.HasPrefix(shown.str("name"), "Pager") || shown.str("description") != "Beeps." || shown.str("logoUrl") != "https://example.com/logo.png" {
		t.Errorf("the picker: %v", shown)
	}
	begun := s.must(t, 201, "POST", "/v1/channels", object{"type": "custom:" + p.id, "inboxId": "inbox"})
	to, err := url.Parse(begun.list("setup")[0].str("value"))
	if err != nil || !strings.HasPrefix(to.String(), p.hook.URL+"/connect?accountToken=") {
		t.Fatalf("the admin is sent to %q", to)
	}
	at := p.base + "/channel-account-staging-tokens/" + to.Query().Get("accountToken")
	body := object{"accountName": "Reception", "deliveryIdentifier": object{"type": "CHANNEL_SPECIFIC_OPAQUE_ID", "value": "reception"}}
	if done := p.call(t, 200, "PATCH", at, body); done.str("accountName") != "Reception" || done.str("inboxId") != "inbox" || done.str("genericChannelId") != p.id {
		t.Errorf("connected: %v", done)
	}
	if refused := p.call(t, 409, "PATCH", at, body); refused.str("category") != "CONFLICT" || refused.str("correlationId") == "" {
		t.Errorf("the token again: %v", refused)
	}
	found := p.call(t, 200, "GET", p.base+"/channel-accounts?deliveryIdentifierValue=reception&deliveryIdentifierType=CHANNEL_SPECIFIC_OPAQUE_ID", nil).list("results")
	if len(found) != 1 || found[0].str("id") != begun.str("id") || found[0]["authorized"] != true {
		t.Errorf("found: %v", found)
	}
}

func TestFilesGoBothWaysOnACustomChannel(t *testing.T) {
	s := running(t)
	p := integrate(t, s, nil)
	png := append([]byte("\x89PNG\r\n\x1a\n"), bytes.Repeat([]byte("pixels"), 1000)...)
	in := p.incoming("ada", "", "file")
	in["attachments"] = []object{{"type": "FILE", "fileId": s.upload(t, p.key, "photo.png", "image/png", png), "fileUsageType": "IMAGE"}, {"type": "LOCATION", "latitude": 52.3, "longitude": 4.9}}
	got := p.call(t, 201, "POST", p.base+"/messages", in)
	conversation := got.str("conversationsThreadId")
	parts := s.thread(t, conversation)[0].list("attachments")
	if len(parts) != 2 || parts[0].str("usage") != "IMAGE" || parts[1].str("usage") != "LOCATION" || !bytes.Equal(fetch(t, parts[0].str("url")), png) {
		t.Fatalf("the agent sees %v", parts)
	}
	pdf := append([]byte("%PDF-1.4\n"), bytes.Repeat([]byte("words "), 2000)...)
	s.must(t, 201, "POST", "/v1/conversations/"+conversation+"/messages", object{"text": "Here it is", "attachments": []string{s.upload(t, s.key, "label.pdf", "application/pdf", pdf)}})
	message, _ := p.told(t, 30*time.Second, outgoing, 1)[0].body.at("message").(map[string]any)
	files := object(message).list("attachments")
	if len(files) != 1 || files[0].str("type") != "FILE" || files[0].str("name") != "label.pdf" || !bytes.Equal(fetch(t, files[0].str("url")), pdf) {
		t.Errorf("the program is given %v", files)
	}
}

// upload announces a file with a key and puts its bytes where the form says.
func (s *stack) upload(t *testing.T, key, name, contentType string, content []byte) string {
	t.Helper()
	form := s.must(t, 201, "POST", "/v1/uploads", object{"name": name, "contentType": contentType, "size": len(content)}, "Authorization", "Bearer "+key)
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	fields, _ := form.at("fields").(map[string]any)
	for field, v := range fields {
		_ = w.WriteField(field, fmt.Sprint(v))
	}
	part, err := w.CreateFormFile("file", name)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write(content)
	_ = w.Close()
	resp, err := http.Post(form.str("url"), w.FormDataContentType(), &body)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		said, _ := io.ReadAll(resp.Body)
		t.Fatalf("the upload was answered %s: %s", resp.Status, said)
	}
	return form.str("id")
}

// fetch reads what a short-lived link opens, with nothing but the link.
func fetch(t *testing.T, link string) []byte {
	t.Helper()
	resp, err := http.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("%s: %s %v %.200s", link, resp.Status, err, b)
	}
	return b
}

func TestAnApiEndedWhileItFiledLosesNothingAndDoublesNothing(t *testing.T) {
	s := running(t)
	p := integrate(t, s, nil)
	const cases = 8
	var wait sync.WaitGroup
	conversations := make([]string, cases)
	for i := range cases { // each ended at another write, all at once
		idem, left := fmt.Sprint("cut-", rand.Text(), "-", i), i
		var mu sync.Mutex
		t.Cleanup(s.tables.add(func(q *seen) *verdict {
			if !bytes.Contains(q.Body, []byte("idem:"+idem)) && !bytes.Contains(q.Body, []byte("Cut "+idem)) {
				return nil
			}
			mu.Lock()
			defer mu.Unlock()
			if left--; left != -1 {
				return nil
			}
			pid := s.ownerOf("api", q.From)
			return &verdict{after: func() { end(pid) }, cut: true}
		}))
		wait.Add(1)
		go func() {
			defer wait.Done()
			body := p.incoming("Cut "+idem, "cut", idem)
			eventually(t, 2*time.Minute, func() error { // as a program does: again, under the same id, until it is taken
				status, answer := s.call(t, "POST", p.base+"/messages", body, "Authorization", "Bearer "+p.key)
				if status != 200 && status != 201 {
					return fmt.Errorf("%d %v", status, answer)
				}
				conversations[i] = answer.str("conversationsThreadId")
				return nil
			})
		}()
	}
	wait.Wait()
	for _, c := range conversations {
		if got := s.texts(t, c); len(got) != 1 || got[0] != "cut" {
			t.Errorf("the thread holds %q", got)
		}
	}
	list := s.must(t, 200, "GET", "/v1/conversations?view=open&limit=100&channelId="+p.account, nil).list("results")
	if len(list) != cases {
		t.Errorf("%d conversations of %d people", len(list), cases)
	}
}

func TestTheExampleIsAChannel(t *testing.T) {
	s := running(t)
	dir := t.TempDir()
	bin := filepath.Join(dir, "webchat")
	if out, err := command("go", "build", "-o", bin, "../../examples/webchat").CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	_ = l.Close()
	cmd := command(bin, "-loket", s.API, "-key", s.key, "-listen", at, "-public", "http://"+at)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Signal(syscall.SIGTERM); _ = cmd.Wait() })
	visitor := "v" + strings.ToLower(rand.Text()[:8])
	messages := "http://" + at + "/messages?visitor=" + visitor
	eventually(t, 20*time.Second, func() error {
		resp, err := http.Post(messages+"&id=one", "text/plain", strings.NewReader("Is anybody there?"))
		if err == nil {
			resp.Body.Close()
		}
		if err != nil || resp.StatusCode != 200 {
			return fmt.Errorf("the page can't say anything: %v %v", err, resp)
		}
		return nil
	})
	if page := fetch(t, "http://"+at+"/"); !bytes.Contains(page, []byte("<form")) {
		t.Errorf("the page: %s", page)
	}
	var conversation string
	eventually(t, 20*time.Second, func() error {
		for _, c := range s.must(t, 200, "GET", "/v1/conversations?view=open&limit=100&inboxId=inbox", nil).list("results") {
			if strings.HasPrefix(c.str("channelType"), "custom:") && c.str("preview") == "Is anybody there?" {
				conversation = c.str("id")
				return nil
			}
		}
		return fmt.Errorf("no conversation of the visitor")
	})
	m := s.reply(t, conversation, "We are.")
	eventually(t, 30*time.Second, func() error {
		if got := string(fetch(t, messages)); !strings.Contains(got, `"From":"We","Text":"We are."`) {
			return fmt.Errorf("the visitor sees %s", got)
		}
		return nil
	})
	s.state(t, 20*time.Second, conversation, m.str("id"), "READ")
}
