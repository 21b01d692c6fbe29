package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// book is calls with their description, which serves them.
type book struct {
	api  *API
	mux  *http.ServeMux
	huma huma.API
}

// book describes calls.
func (a *API) book(calls ...func(*book)) *book {
	config := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Loket", Version: "1",
				Description: "A shared inbox and help desk. Every call but /healthz and this document needs an API key or an OIDC token as a bearer.",
			},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"bearer": {Type: "http", Scheme: "bearer", Description: "An API key (lk_…) or a token of the configured OIDC issuer."},
				},
			},
			Security: []map[string][]string{{"bearer": {}}},
		},
		Formats:                      map[string]huma.Format{"application/json": jsonFormat(), "json": jsonFormat()},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{a.problems},
	}
	b := &book{api: a, mux: http.NewServeMux()}
	b.huma = humago.New(b.mux, config)
	b.huma.UseMiddleware(a.authenticate)
	for _, describe := range calls {
		describe(b)
	}
	return b
}

// act is what a call does: for a caller, with what the request holds.
type act[I, O any] func(ctx context.Context, who *caller, in *I) (*O, error)

// on registers what the call with this id in the table of rules does.
func on[I, O any](b *book, id string, do act[I, O]) {
	r := b.api.rules[id]
	op := huma.Operation{
		OperationID: id, Method: r.Method, Path: r.Path, Summary: r.Summary, Tags: []string{r.Tag}, DefaultStatus: r.Status,
		MaxBodyBytes: bodyLimit + 1, BodyReadTimeout: -1,
		Responses: map[string]*huma.Response{"default": {
			Description: "A refusal, in the form of RFC 9457.",
			Content: map[string]*huma.MediaType{"application/problem+json": {
				Schema: b.huma.OpenAPI().Components.Schemas.Schema(problemType, true, ""),
			}},
		}},
	}
	if r.Needs != "" {
		op.Description = "Needs the permission `" + string(r.Needs) + "`."
	}
	huma.Register(b.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := do(ctx, callerOf(ctx), in)
		if err != nil {
			return nil, b.api.problem(ctx, err)
		}
		return out, nil
	})
}
