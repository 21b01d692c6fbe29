package api

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/loket-desk/loket/shared/desk"
)

// bodyLimit bounds a request's body, in bytes; files go through uploads.
const bodyLimit = 6 << 20

// depthLimit bounds how deep objects and lists may be nested in a body. Ours need five.
const depthLimit = 32

// request is what the calls need to know of the HTTP request.
type request struct {
	id   string // names it in logs and refusals
	from string // the caller's network address
	host string
	hash string // of the body
}

type requestKey struct{}

func requestOf(ctx context.Context) *request {
	if r, ok := ctx.Value(requestKey{}).(*request); ok {
		return r
	}
	return &request{}
}

// prepared reads the body within its limits, names the request, and turns whatever goes wrong into a refusal in our form.
func (a *API) prepared(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		about := &request{id: a.requestID(r), from: r.RemoteAddr, host: r.Host}
		if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
			about.from = host
		}
		ctx := context.WithValue(r.Context(), requestKey{}, about)
		w.Header().Set("X-Request-Id", about.id)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		defer func() {
			if fault := recover(); fault != nil {
				a.Log.ErrorContext(ctx, "a call broke down", "fault", fmt.Sprint(fault), "stack", string(debug.Stack()), "request", about.id)
				a.refuse(w, a.problem(ctx, errors.New("the call broke down")))
			}
		}()
		if a.crossOrigin(w, r) {
			return
		}
		body, err := readBody(r)
		if _, _, custom := customPath(r.URL.Path); err != nil && custom {
			a.refuseCustom(ctx, w, err)
			return
		}
		if err != nil {
			a.refuse(w, a.problem(ctx, err))
			return
		}
		sum := sha256.Sum256(body)
		about.hash = hex.EncodeToString(sum[:])
		inner := r.WithContext(ctx)
		inner.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, inner)
		r.Pattern = inner.Pattern // what the access log shows
	})
}

func readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, bodyLimit+1))
	switch {
	case err != nil:
		return nil, desk.Refuse(desk.Malformed, "The body could not be read to its end.").Because(err)
	case len(body) > bodyLimit:
		return nil, desk.Refuse(desk.TooLarge, "The body is over 6 MB. Files go through /v1/uploads.")
	case tooDeep(body):
		return nil, desk.Refuse(desk.Malformed, fmt.Sprintf("The body is nested deeper than %d levels.", depthLimit))
	}
	return body, nil
}

// tooDeep looks only at brackets outside of strings: whether the rest is JSON is found out later.
func tooDeep(body []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > depthLimit {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

// requestID is the id that whoever runs us gave the request, else the caller's own, else a fresh one.
func (a *API) requestID(r *http.Request) string {
	if a.RequestID != nil {
		if id := a.RequestID(r.Context()); id != "" {
			return id
		}
	}
	id := r.Header.Get("X-Request-Id")
	if id != "" && len(id) <= 128 && strings.Trim(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_=+/.") == "" {
		return id
	}
	return rand.Text()
}

// route serves the request by the pattern that fits, and says in our form when none does.
func (a *API) route(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/healthz":
		plain(w, "application/json", []byte(`{"status":"ok"}`+"\n"))
		return
	case "/openapi.json":
		plain(w, "application/openapi+json", a.whole())
		return
	}
	if base, parts, custom := customPath(r.URL.Path); custom {
		a.custom(w, r, base, parts)
		return
	}
	missing := a.problem(r.Context(), desk.Refuse(desk.NotFound, "There is no such address."))
	rest, ours := strings.CutPrefix(r.URL.Path, "/v1/")
	name, _, _ := strings.Cut(rest, "/")
	open, there := a.books[name]
	if !ours || !there {
		a.refuse(w, missing)
		return
	}
	mux := open().mux
	h, pattern := mux.Handler(r)
	if pattern != "" {
		mux.ServeHTTP(w, r)
		return
	}
	found := &probe{header: http.Header{}}
	h.ServeHTTP(found, r)
	if found.status == http.StatusMethodNotAllowed {
		allow := found.header.Get("Allow")
		w.Header().Set("Allow", allow)
		missing.Status, missing.Code, missing.Title = found.status, codeOf(found.status), http.StatusText(found.status)
		missing.Detail = "This address takes " + allow + " only."
	}
	a.refuse(w, missing)
}

func plain(w http.ResponseWriter, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	_, _ = w.Write(body)
}

// probe is an answer that nobody gets.
type probe struct {
	header http.Header
	status int
}

func (p *probe) Header() http.Header         { return p.header }
func (p *probe) Write(b []byte) (int, error) { return len(b), nil }
func (p *probe) WriteHeader(status int)      { p.status = status }
