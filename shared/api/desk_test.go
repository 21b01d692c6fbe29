package api_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/api"
	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/channel/custom"
	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/routing"
	"github.com/loket-desk/loket/shared/table"
	"github.com/loket-desk/loket/shared/table/tabletest"
)

// stack is the API on a real table, with a platform, a file store and a sealer that a test can look into.
type stack struct {
	t        *testing.T
	table    *table.Table
	name     string // of the table
	platform *platform
	files    *files
	sealer   sealer
	logs     *bytes.Buffer
	depths   depths
	dead     depths
	handler  http.Handler
	options  api.Options
	admin    string // the operator's key
}

func newStack(t *testing.T) *stack {
	t.Helper()
	name := tabletest.Create(t)
	s := &stack{t: t, name: name, table: table.New(tabletest.Client(t, nil), name), platform: &platform{account: "42"}, files: newFiles(), logs: &bytes.Buffer{}, depths: depths{}, dead: depths{}}
	s.options = api.Options{
		Desk: s.table, Kinds: []channel.Kind{s.platform.kind("chat"), s.platform.kind("other"), startKind(s.platform), templateKind(s.platform)}, Doer: http.DefaultClient,
		Sealer: s.sealer, Objects: s.files, Form: s.files.form, Domain: "mail.example.com", Base: "https://desk.example.com",
		Queues: s.depths, Dead: s.dead, Log: slog.New(slog.NewJSONHandler(&guarded{w: s.logs}, nil)),
	}
	s.options.Custom, s.options.Check = custom.Describe, func(_ context.Context, address string) error {
		if strings.Contains(address, "private") {
			return desk.Refuse(desk.Invalid, "The address leads into a private network, which Loket does not call.")
		}
		return nil
	}
	s.options.Filer = routing.New(s.table, nil, nil, func() {})
	s.handler = api.New(s.options)
	var err error
	if s.admin, err = s.table.AdminKey(t.Context(), "mail.example.com"); err != nil {
		t.Fatal(err)
	}
	return s
}

// guarded lets several requests log at once.
type guarded struct {
	mu sync.Mutex
	w  io.Writer
}

func (g *guarded) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.w.Write(p)
}

// answer is what a call gave.
type answer struct {
	Status int
	Header http.Header
	Raw    string
	Body   map[string]any
}

// at is the value at a path such as "results.0.id"; nil when there is none.
func (a answer) at(path string) any {
	var v any = a.Body
	for _, p := range strings.Split(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[p]
		case []any:
			var i int
			if _, err := fmt.Sscan(p, &i); err != nil || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

func (a answer) text(path string) string {
	v := a.at(path)
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

func (a answer) count(path string) int {
	list, _ := a.at(path).([]any)
	return len(list)
}

// call makes a request. body is JSON text; headers are pairs.
func (s *stack) call(key, method, path, body string, headers ...string) answer {
	s.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	a := answer{Status: w.Code, Header: w.Header(), Raw: w.Body.String(), Body: map[string]any{}}
	if strings.Contains(w.Header().Get("Content-Type"), "json") {
		if err := json.Unmarshal(w.Body.Bytes(), &a.Body); err != nil {
			s.t.Fatalf("%s %s: %v in %s", method, path, err, a.Raw)
		}
	}
	return a
}

// ok is call for what has to go well.
func (s *stack) ok(key, method, path, body string, headers ...string) answer {
	s.t.Helper()
	a := s.call(key, method, path, body, headers...)
	if a.Status >= 300 {
		s.t.Fatalf("%s %s: %d %s", method, path, a.Status, a.Raw)
	}
	return a
}

// refused is call for what has to be refused with this status and code.
func (s *stack) refused(want int, code, key, method, path, body string, headers ...string) answer {
	s.t.Helper()
	a := s.call(key, method, path, body, headers...)
	if a.Status != want || a.text("code") != code {
		s.t.Errorf("%s %s %.200s: %d %s, want %d %s", method, path, body, a.Status, a.Raw, want, code)
	}
	if a.Status >= 400 && (a.text("requestId") == "" || a.text("detail") == "" || !strings.Contains(a.Header.Get("Content-Type"), "problem+json")) {
		s.t.Errorf("%s %s: not a problem in our form: %v %s", method, path, a.Header, a.Raw)
	}
	return a
}

// person adds a user with a role and gives their id and a key of theirs.
func (s *stack) person(name, role string) (id, key string) {
	s.t.Helper()
	id = s.ok(s.admin, "POST", "/v1/users", fmt.Sprintf(`{"email":%q,"name":%q,"roleId":%q}`, strings.ToLower(name)+"@example.com", name, role)).text("id")
	return id, s.ok(s.admin, "POST", "/v1/keys", fmt.Sprintf(`{"name":%q,"userId":%q}`, name, id)).text("key")
}

// channel connects a channel of the test's platform in an inbox and gives its id.
func (s *stack) channel(inbox, kind, account string) string {
	s.t.Helper()
	s.platform.account = account
	return s.ok(s.admin, "POST", "/v1/channels", fmt.Sprintf(`{"type":%q,"inboxId":%q,"credentials":{"token":"secret-token"}}`, kind, inbox)).text("id")
}

// comes files a message of a customer in a channel, as routing does, and gives the conversation's id.
func (s *stack) comes(ch, from, text string) desk.Filed {
	s.t.Helper()
	cfg, err := s.table.Fresh(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	c := cfg.Channels[desk.ChannelID(ch)]
	who := desk.Identity{Kind: "chat", Value: from}
	filed, err := s.table.FileInbound(s.t.Context(), desk.Filing{
		Channel: c.ID, Inbox: c.Inbox, ChannelType: c.Type, Ext: from + "/" + text, Thread: from, From: who, Identities: []desk.Identity{who},
		Contact: desk.Contact{Name: from}, Preview: text, Place: desk.InInbox, Reopen: desk.ReopenRule{Policy: desk.Reopen},
		Message: desk.Message{
			Kind: desk.KindMessage, Direction: desk.Incoming, Channel: c.ID, Text: text, ProviderID: from + "/" + text,
			Author: desk.Author{Kind: desk.ByContact, Name: from}, At: time.Now().UTC(),
		},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return filed
}

// platform is a messaging platform that answers as a test says.
type platform struct {
	account string
	refuse  error
	warning string
	calls   []channel.Account
}

func (p *platform) kind(name string) channel.Kind {
	return channel.Kind{
		Channel: p, Type: desk.ChannelType(name), Name: "Chat", Description: "A chat.",
		Fields: []channel.Field{
			{Name: "token", Label: "Token", Secret: true, Required: true, Help: "In the portal."},
			{Name: "region", Label: "Region"},
		},
		Capabilities: channel.Capabilities{
			TextLimit: 20, TextUnit: channel.UTF16, Replies: true, MaxAttachments: 2, MaxTotalSize: 5000,
			Attachments: []channel.FileRule{{Type: "image/", MaxSize: 1000}, {Type: "application/pdf", MaxSize: 4000}},
		},
	}
}

// startKind is a network on which we may write first, with a messaging window.
func startKind(p *platform) channel.Kind {
	k := p.kind("sms")
	k.Capabilities.Start, k.Capabilities.Window, k.Capabilities.HumanWindow = true, 24*time.Hour, 7*24*time.Hour
	return k
}

// templateKind is a network with a messaging window, after which it takes templates.
func templateKind(p *platform) channel.Kind {
	k := p.kind("cloud")
	k.Capabilities.Window, k.Capabilities.Template = 24*time.Hour, true
	return k
}

func (p *platform) Receive(channel.Account, channel.Request) (channel.Received, error) {
	return channel.Received{}, nil
}

func (p *platform) Connect(_ context.Context, _ channel.Doer, a channel.Account) (channel.Connection, error) {
	p.calls = append(p.calls, a)
	if p.refuse != nil {
		return channel.Connection{}, p.refuse
	}
	c := channel.Connection{Account: map[string]string{"id": p.account, "name": "Bot " + p.account}, Warning: p.warning}
	if !a.Probe {
		c.Credentials = map[string]string{"webhookSecret": "made-secret"}
		c.Setup = []channel.SetupValue{{Label: "Address", Value: a.Hook}}
	}
	return c, nil
}

func (p *platform) Send(context.Context, channel.Doer, channel.Account, channel.Outgoing) channel.Result {
	return channel.Result{}
}

func (p *platform) Fetch(context.Context, channel.Doer, channel.Account, desk.Attachment) (channel.Media, error) {
	return channel.Media{}, nil
}

// sealer seals in a way that a test can see through.
type sealer struct{}

func (sealer) Seal(_ context.Context, purpose, plain string) (string, error) {
	return "sealed." + base64.StdEncoding.EncodeToString([]byte(purpose+"|"+plain)), nil
}

func (sealer) Open(_ context.Context, purpose, sealed string) (string, error) {
	b, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(sealed, "sealed."))
	plain, fits := strings.CutPrefix(string(b), purpose+"|")
	if err != nil || !fits {
		return "", desk.Refuse(desk.Internal, "The seal doesn't fit.")
	}
	return plain, nil
}

func (sealer) HMAC(_ context.Context, purpose string, data []byte) ([]byte, error) {
	h := hmac.New(sha256.New, []byte("test "+purpose))
	h.Write(data)
	return h.Sum(nil), nil
}

func (s sealer) Verify(ctx context.Context, purpose string, data, mac []byte) (bool, error) {
	want, err := s.HMAC(ctx, purpose, data)
	return hmac.Equal(want[:len(mac)], mac), err
}

// files is a file store in memory.
type files struct {
	mu   sync.Mutex
	held map[string][]byte
}

func newFiles() *files { return &files{held: map[string][]byte{}} }

func (f *files) form(key, contentType string, size int64, _ time.Duration) (string, map[string]string, error) {
	return "https://files.example.com/", map[string]string{"key": key, "Content-Type": contentType, "size": fmt.Sprint(size)}, nil
}

func (f *files) Link(_ context.Context, key, name, _ string, _ time.Duration) (string, error) {
	return "https://files.example.com/" + key + "?name=" + name, nil
}

func (f *files) Get(_ context.Context, key string) (io.ReadCloser, int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	b, there := f.held[key]
	if !there {
		return nil, 0, desk.Refuse(desk.NotFound, "A stored file is not there any more.")
	}
	return io.NopCloser(bytes.NewReader(b)), int64(len(b)), nil
}

func (f *files) Put(_ context.Context, key, _ string, body io.Reader, size int64) error {
	b, err := io.ReadAll(body)
	if err != nil || int64(len(b)) != size {
		return fmt.Errorf("%d bytes of %d: %w", len(b), size, err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.held[key] = b
	return nil
}

// later makes the API's clock so many days ahead of the table's.
func (s *stack) later(days int) {
	o := s.options
	o.Now = func() time.Time { return time.Now().UTC().AddDate(0, 0, days) }
	s.handler = api.New(o)
}

// newEmpty is a table in which nothing was ever set up.
func newEmpty(t *testing.T) *table.Table { return tabletest.New(t) }

func (s *stack) clock() time.Time { return time.Now().UTC() }
