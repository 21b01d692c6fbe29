package channel_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/channel"
)

const hidden = "123456:token-in-the-address"

func post(ctx context.Context, t *testing.T, base string, body io.Reader) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/"+hidden, body)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func TestAnAnsweredCallWasSent(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		_, _ = w.Write(b)
	}))
	defer s.Close()
	resp, sent, err := channel.Do(s.Client(), post(t.Context(), t, s.URL, strings.NewReader("hello")))
	if err != nil || !sent {
		t.Fatalf("sent %v, %v", sent, err)
	}
	defer resp.Body.Close()
	if b, _ := io.ReadAll(resp.Body); string(b) != "hello" {
		t.Errorf("the body came as %q", b)
	}
}

func TestACallThatFoundNobodyWasSurelyNotSent(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	base := "http://" + l.Addr().String()
	_ = l.Close()
	tls := httptest.NewTLSServer(http.NotFoundHandler()) // its certificate is nobody's whom we trust
	defer tls.Close()
	for name, address := range map[string]string{"refused": base, "no such name": "http://nowhere.invalid", "an untrusted certificate": tls.URL} {
		_, sent, err := channel.Do(http.DefaultClient, post(t.Context(), t, address, strings.NewReader("x")))
		if err == nil || sent {
			t.Errorf("%s: sent %v, %v", name, sent, err)
		}
		if err != nil && strings.Contains(err.Error(), "token") {
			t.Errorf("%s: the error shows the address: %v", name, err)
		}
	}
}

func TestACallWhoseAnswerNeverCameMayHaveBeenSent(t *testing.T) {
	stop := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if r.URL.RawQuery == "drop" {
			conn, _, _ := w.(http.Hijacker).Hijack()
			_ = conn.Close()
			return
		}
		select {
		case <-r.Context().Done():
		case <-stop:
		}
	}))
	defer s.Close()
	defer close(stop)
	for name, req := range map[string]func() *http.Request{
		"hangs":          func() *http.Request { return post(soon(t), t, s.URL, strings.NewReader("x")) },
		"hangs, no body": func() *http.Request { return post(soon(t), t, s.URL, nil) },
		"closes":         func() *http.Request { return post(t.Context(), t, s.URL+"/?drop#", strings.NewReader("x")) },
		"closes, a stream": func() *http.Request {
			return post(t.Context(), t, s.URL+"/?drop#", io.LimitReader(strings.NewReader("xyz"), 2))
		},
		"closes, long body": func() *http.Request {
			return post(t.Context(), t, s.URL+"/?drop#", bytes.NewReader(make([]byte, 300000)))
		},
	} {
		_, sent, err := channel.Do(s.Client(), req())
		if err == nil || !sent {
			t.Errorf("%s: sent %v, %v", name, sent, err)
		}
		if err != nil && strings.Contains(err.Error(), hidden) {
			t.Errorf("%s: the error shows the address: %v", name, err)
		}
	}
}

// soon is a context that ends while a call hangs.
func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

func TestABodyThatBrokeOffWasSurelyNotSent(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	defer s.Close()
	gone := errors.New("the file can't be read on")
	body := io.MultiReader(strings.NewReader("half"), failing{gone})
	req := post(t.Context(), t, s.URL, body)
	req.ContentLength = 8
	_, sent, err := channel.Do(s.Client(), req)
	if sent || !errors.Is(err, gone) {
		t.Errorf("sent %v, %v", sent, err)
	}
	req = post(t.Context(), t, s.URL, io.MultiReader(strings.NewReader("half"), failing{gone})) // of unknown length
	if _, sent, err = channel.Do(s.Client(), req); sent || !errors.Is(err, gone) {
		t.Errorf("without a length: sent %v, %v", sent, err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestABodyIsMadeAnewForAnotherConnection(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		_, _ = w.Write(b)
	}))
	defer s.Close()
	req := post(t.Context(), t, s.URL, strings.NewReader("hello"))
	resp, _, err := channel.Do(again{s.Client()}, req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if b, _ := io.ReadAll(resp.Body); string(b) != "hello" {
		t.Errorf("the second try sent %q", b)
	}
}

// again reads the body away and tries once more, as net/http does when a kept connection turns out to be closed.
type again struct{ channel.Doer }

func (a again) Do(req *http.Request) (*http.Response, error) {
	_, _ = io.Copy(io.Discard, req.Body)
	body, err := req.GetBody()
	if err != nil {
		return nil, err
	}
	req.Body = body
	return a.Doer.Do(req)
}

func TestAnErrorInsideAnAddressErrorIsKept(t *testing.T) {
	inner := errors.New("inner")
	err := &url.Error{Op: "Post", URL: "https://x/" + hidden, Err: &url.Error{Op: "Get", URL: "https://y/" + hidden, Err: inner}}
	_, _, got := channel.Do(always{err}, post(t.Context(), t, "http://x", nil))
	if !errors.Is(got, inner) || strings.Contains(got.Error(), hidden) {
		t.Errorf("got %v", got)
	}
}

type always struct{ err error }

func (a always) Do(*http.Request) (*http.Response, error) { return nil, a.err }
