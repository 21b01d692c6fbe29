package channel

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
)

// Do makes a call and says whether the request may have reached the platform: false only when that is surely not so,
// because no connection came about or the request's body never left in full. Only then is it safe to send once more
// what must not be sent twice. The error never holds the address, which for some platforms has a token in it.
func Do(d Doer, req *http.Request) (resp *http.Response, sent bool, err error) {
	var connected atomic.Bool
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }}
	req = req.WithContext(httptrace.WithClientTrace(req.Context(), trace))
	whole := func() bool { return true }
	if req.Body != nil && req.Body != http.NoBody {
		whole = watch(req)
	}
	resp, err = d.Do(req)
	if err != nil {
		return nil, connected.Load() && whole(), unaddressed(err)
	}
	return resp, true, nil
}

// watch follows a request's body, also when it is made anew for another connection: whole reports whether any of them
// was read to the end, and so may be on the wire.
func watch(req *http.Request) (whole func() bool) {
	var done atomic.Bool
	size := req.ContentLength
	wrap := func(b io.ReadCloser) io.ReadCloser {
		return &watched{ReadCloser: b, left: size, known: size > 0, done: &done}
	}
	req.Body = wrap(req.Body)
	if again := req.GetBody; again != nil {
		req.GetBody = func() (io.ReadCloser, error) {
			b, err := again()
			if err != nil {
				return nil, err
			}
			return wrap(b), nil
		}
	}
	return done.Load
}

type watched struct {
	io.ReadCloser
	left  int64
	known bool
	done  *atomic.Bool
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.ReadCloser.Read(p)
	w.left -= int64(n)
	if errors.Is(err, io.EOF) && !w.known || w.known && w.left <= 0 {
		w.done.Store(true)
	}
	return n, err
}

// unaddressed takes the address off an error of net/http, and leaves what went wrong.
func unaddressed(err error) error {
	var e *url.Error
	for errors.As(err, &e) {
		err = e.Err
	}
	return err
}
