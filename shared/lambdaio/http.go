package lambdaio

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// HTTP serves the HTTP API (payload format 2.0) by an ordinary handler. The body is the bytes as the caller sent them,
// RemoteAddr is the caller's address, and the request's id is in the context and in the answer's X-Request-Id. Each
// request is one INFO line without addresses, queries or bodies.
func HTTP(h http.Handler) Handler {
	return handlerFunc(func(ctx context.Context, payload []byte) ([]byte, error) {
		begun := time.Now()
		var event events.APIGatewayV2HTTPRequest
		if err := json.Unmarshal(payload, &event); err != nil {
			return nil, err
		}
		ctx = context.WithValue(ctx, requestIDKey{}, event.RequestContext.RequestID)
		w := &answer{header: http.Header{}}
		pattern := serve(ctx, w, event, h)
		out := w.finish(ctx)
		slog.InfoContext(ctx, "request", "method", event.RequestContext.HTTP.Method, "route", pattern,
			"status", out.StatusCode, "bytes", len(out.Body), "ms", since(begun))
		return json.Marshal(out)
	})
}

// serve runs the handler and tells which of its routes it took: the pattern, since a path may name people.
func serve(ctx context.Context, w *answer, event events.APIGatewayV2HTTPRequest, h http.Handler) string {
	working, cancel := within(ctx)
	defer cancel()
	req, err := request(working, event)
	if err != nil {
		warn(ctx, "a request can't be read", err)
		w.problem(http.StatusBadRequest, "malformed", "The request can't be read.")
		return ""
	}
	err = guarded(func() error {
		h.ServeHTTP(w, req)
		return nil
	})
	if err != nil {
		warn(ctx, "a request failed", err)
		w.problem(http.StatusInternalServerError, "internal", "Something went wrong on our side.")
	}
	if req.Pattern == "" {
		return event.RouteKey
	}
	return req.Pattern
}
