// Package api is the HTTP surface for agents, admins and integrations: typed calls with an OpenAPI 3.1 description,
// authentication, who may do what, and the one table from error codes to statuses.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/loket-desk/loket/shared/channel"
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
	Now              func() time.Time
	Log              *slog.Logger
}

// API serves the calls.
type API struct {
	Options
	rules   map[string]rule
	cursors cursors
	tokens  *tokens
	kinds   map[string]channel.Kind
	clean   *cleaner
	mux     *http.ServeMux
	huma    huma.API
}

// New makes the API's handler.
func New(o Options) http.Handler {
	if o.Now == nil {
		o.Now = func() time.Time { return time.Now().UTC() }
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	a := &API{
		Options: o, rules: map[string]rule{}, cursors: cursors{o.Sealer}, kinds: map[string]channel.Kind{},
		clean: newCleaner(), mux: http.NewServeMux(),
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
	a.describe()
	a.mux.HandleFunc("GET /healthz", a.health)
	a.meCalls()
	a.inboxCalls()
	a.channelCalls()
	a.peopleCalls()
	a.pipelineCalls()
	a.keyCalls()
	a.auditCalls()
	a.failureCalls()
	a.uploadCalls()
	a.conversationCalls()
	a.messageCalls()
	a.contactCalls()
	a.ticketCalls()
	delete(a.huma.OpenAPI().Components.Schemas.Map(), "ErrorModel")
	delete(a.huma.OpenAPI().Components.Schemas.Map(), "ErrorDetail")
	return a.prepared(http.HandlerFunc(a.route))
}

// describe makes the OpenAPI document and the machinery that serves by it.
func (a *API) describe() {
	config := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Loket", Version: "1",
				Description: "A shared inbox and help desk. Every answer but /healthz and this document needs an API key or an OIDC token as a bearer.",
			},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"bearer": {Type: "http", Scheme: "bearer", Description: "An API key (lk_…) or a token of the configured OIDC issuer."},
				},
			},
			Security: []map[string][]string{{"bearer": {}}},
		},
		OpenAPIPath:                  "/openapi",
		Formats:                      map[string]huma.Format{"application/json": jsonFormat(), "json": jsonFormat()},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{a.problems},
	}
	a.huma = humago.New(a.mux, config)
	a.huma.UseMiddleware(a.authenticate)
}

// health answers anybody that the API is there.
func (a *API) health(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(`{"status":"ok"}` + "\n"))
}

// act is what a call does: for a caller, with what the request holds.
type act[I, O any] func(ctx context.Context, who *caller, in *I) (*O, error)

// on registers what the call with this id in the table of rules does.
func on[I, O any](a *API, id string, do act[I, O]) {
	r := a.rules[id]
	op := huma.Operation{
		OperationID: id, Method: r.Method, Path: r.Path, Summary: r.Summary, Tags: []string{r.Tag}, DefaultStatus: r.Status,
		MaxBodyBytes: bodyLimit + 1, BodyReadTimeout: -1,
		Responses: map[string]*huma.Response{"default": {
			Description: "A refusal, in the form of RFC 9457.",
			Content: map[string]*huma.MediaType{"application/problem+json": {
				Schema: a.huma.OpenAPI().Components.Schemas.Schema(problemType, true, ""),
			}},
		}},
	}
	if r.Needs != "" {
		op.Description = "Needs the permission `" + string(r.Needs) + "`."
	}
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := do(ctx, callerOf(ctx), in)
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		return out, nil
	})
}

// base is the public address of the stack, without a slash at its end.
func (a *API) base(ctx context.Context) string {
	if a.Base != "" {
		return a.Base
	}
	return "https://" + requestOf(ctx).host
}
