package lambdaio

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
)

// largestAnswer is what Lambda carries back, less room for the headers.
const largestAnswer = 6<<20 - 64<<10

// answer collects what a handler writes.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header gives the headers to write to.
func (w *answer) Header() http.Header { return w.header }

// WriteHeader takes the status; the first one counts.
func (w *answer) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
}

// Write takes a part of the body.
func (w *answer) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

// WriteString takes a part of the body.
func (w *answer) WriteString(s string) (int, error) { return w.Write([]byte(s)) }

// problem replaces whatever the handler has written by an error in the API's form (RFC 9457).
func (w *answer) problem(status int, code, detail string) {
	w.header, w.status = http.Header{"Content-Type": {"application/problem+json"}}, status
	w.body.Reset()
	_ = json.NewEncoder(&w.body).Encode(map[string]any{
		"type": "about:blank", "title": http.StatusText(status), "status": status, "detail": detail, "code": code,
	}) // a buffer takes everything
}

var errTooLarge = errors.New("the answer is larger than Lambda carries")

// finish gives API Gateway's form of the answer.
func (w *answer) finish(ctx context.Context) events.APIGatewayV2HTTPResponse {
	w.WriteHeader(http.StatusOK)
	body, encoded := w.encoded()
	if len(body) > largestAnswer {
		warn(ctx, "an answer was not sent", errTooLarge, "bytes", len(body))
		w.problem(http.StatusInternalServerError, "internal", "The answer is too large. Ask for less at a time.")
		body, encoded = w.encoded()
	}
	if id := RequestID(ctx); id != "" {
		w.header.Set("X-Request-Id", id)
	}
	out := events.APIGatewayV2HTTPResponse{
		StatusCode: w.status, Headers: map[string]string{}, Body: body, IsBase64Encoded: encoded,
		Cookies: w.header.Values("Set-Cookie"),
	}
	if w.body.Len() > 0 && w.header.Get("Content-Type") == "" {
		w.header.Set("Content-Type", http.DetectContentType(w.body.Bytes()))
	}
	for name, values := range w.header {
		if name != "Set-Cookie" {
			out.Headers[strings.ToLower(name)] = strings.Join(values, ", ")
		}
	}
	return out
}

// encoded is the body as JSON can hold it: text as it is, anything else in base64.
func (w *answer) encoded() (string, bool) {
	if utf8.Valid(w.body.Bytes()) {
		return w.body.String(), false
	}
	return base64.StdEncoding.EncodeToString(w.body.Bytes()), true
}
