// Package api is the HTTP surface for agents, admins and integrations: typed calls with an OpenAPI 3.1 description,
// authentication, who may do what, and the one table from error codes to statuses.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// Options are what the API is made of.
type Options struct {
	Desk    Desk
	Kinds   []channel.Kind // the channel types there are, in the order of the picker
	Doer    channel.Doer   // the guarded client, for calls to platforms and to the issuer of tokens
	Sealer  Sealer
	Objects Objects
	// Form allows one upload of at most size bytes under exactly this key and type, for a while.
	Form func(key, contentType string, size int64, valid time.Duration) (url string, fields map[string]string, err error)
	// Domain is the stack's mail domain, part of every inbox's fallback address.
	Domain string
	// Base is the public address of the stack; empty takes the host that the caller used.
	Base string
	// Issuer is the address of the OIDC issuer whose tokens are taken; empty takes API keys only. Audience is what
	// such a token must be for.
	Issuer, Audience string
	// Origin is that of the console, when its pages lie elsewhere, such as https://console.example.com; its pages alone
	// may call us from a browser.
	Origin string
	// Queues and Dead tell how full the queues and their dead-letter queues are.
	Queues, Dead Depths
	// CallsPerMinute is how many calls one key may make in a minute; 0 is the product's limit.
	CallsPerMinute int
	// Custom describes a registered custom channel as a type of channels; Check looks at an address that is to be called;
	// Filer files what custom channels post.
	Custom func(desk.CustomChannel) channel.Kind
	Check  func(ctx context.Context, address string) error
	Filer  Filer
	Now    func() time.Time
	Log    *slog.Logger
	// RequestID is the id that whoever runs us gave a request, which our answers name; empty makes one up.
	RequestID func(ctx context.Context) string
}

// API serves the calls.
type API struct {
	Options
	rules   map[string]rule
	cursors cursors
	tokens  *tokens
	meter   *meter
	kinds   map[string]channel.Kind
	clean   *cleaner
	books   map[string]func() *book // by the part of the path after /v1/
	whole   func() []byte           // the OpenAPI document
}

// New makes the API's handler. Calls are described when the first of their group is made, and all of them when somebody
// reads the document: a cold start waits for none of it.
func New(o Options) http.Handler {
	if o.Now == nil {
		o.Now = func() time.Time { return time.Now().UTC() }
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	a := &API{
		Options: o, rules: map[string]rule{}, cursors: cursors{o.Sealer}, kinds: map[string]channel.Kind{},
		clean: newCleaner(), books: map[string]func() *book{}, meter: newMeter(o.CallsPerMinute, o.Desk),
	}
	if o.Issuer != "" {
		a.tokens = newTokens(o.Issuer, o.Audience, o.Doer, o.Now)
	}
	for _, k := range o.Kinds {
		a.kinds[string(k.Type)] = k
	}
	for _, r := range rules() {
		a.rules[r.ID] = r
	}
	var all []func(*book)
	for _, g := range a.groups() {
		all = append(all, g.calls)
		open := sync.OnceValue(func() *book { return a.book(g.calls) })
		for _, name := range g.names {
			a.books[name] = open
		}
	}
	a.whole = sync.OnceValue(func() []byte { return a.book(all...).document() })
	return a.prepared(http.HandlerFunc(a.route))
}

// group is calls that are described together, and the parts of the path after /v1/ under which they are.
type group struct {
	names []string
	calls func(*book)
}

func (a *API) groups() []group {
	return []group{
		{[]string{"me"}, a.meCalls},
		{[]string{"inboxes"}, a.inboxCalls},
		{[]string{"channels", "channel-types"}, a.channelCalls},
		{[]string{"users", "teams", "roles"}, a.peopleCalls},
		{[]string{"pipelines"}, a.pipelineCalls},
		{[]string{"skills", "skill-rules"}, a.skillCalls},
		{[]string{"hours", "holidays"}, a.hoursCalls},
		{[]string{"jobs"}, a.jobCalls},
		{[]string{"keys"}, a.keyCalls},
		{[]string{"audit"}, a.auditCalls},
		{[]string{"health"}, a.healthCalls},
		{[]string{"failures"}, a.failureCalls},
		{[]string{"uploads"}, a.uploadCalls},
		{[]string{"conversations", "messages"}, func(b *book) { a.conversationCalls(b); a.messageCalls(b) }},
		{[]string{"contacts"}, a.contactCalls},
		{[]string{"tickets"}, a.ticketCalls},
	}
}

// base is the public address of the stack, without a slash at its end.
func (a *API) base(ctx context.Context) string {
	if a.Base != "" {
		return a.Base
	}
	return "https://" + requestOf(ctx).host
}
