// Package egress is the HTTP client for addresses that come from data: it refuses to call private ones.
package egress

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"syscall"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// Options bound a call in time; zero fields have defaults.
type Options struct {
	Header  time.Duration // until the answer's header is there; 15 s
	Overall time.Duration // until the body is read to its end; 60 s
}

// Client calls addresses that came from data. An address is checked after its name was resolved and on the very
// connection that is made, so that a name can't lead elsewhere the second time. Addresses on the internet are called by
// https only; the exceptions also by http. A redirect is followed for GET and HEAD only, three at most, each checked
// again, and carries no credentials to another host. The body's length is the caller's to limit.
type Client struct {
	http     *http.Client
	guard    guard
	resolver *net.Resolver
}

// New makes a client; allow are the private networks that may be called all the same.
func New(allow []netip.Prefix, o Options) *Client {
	c := &Client{guard: guard{allow: allow, reserved: reserved(), global: global()}, resolver: net.DefaultResolver}
	if o.Header == 0 {
		o.Header = 15 * time.Second
	}
	if o.Overall == 0 {
		o.Overall = time.Minute
	}
	secure := transport(o.Header, func(a netip.Addr) bool { return c.guard.allowed(a) || c.guard.public(a) })
	plain := transport(o.Header, c.guard.allowed)
	c.http = &http.Client{
		Transport:     &watched{secure: secure, plain: plain},
		Timeout:       o.Overall,
		CheckRedirect: redirect,
	}
	return c
}

// transport makes connections to the addresses that may says. No proxy: it would resolve names where we can't look.
func transport(header time.Duration, may func(netip.Addr) bool) *http.Transport {
	dialer := &net.Dialer{
		Timeout: 5 * time.Second,
		Control: func(_, address string, _ syscall.RawConn) error {
			to, err := netip.ParseAddrPort(address)
			if err != nil || !may(to.Addr()) {
				return errForbidden
			}
			return nil
		},
	}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    5 * time.Second,
		ResponseHeaderTimeout:  header,
		MaxResponseHeaderBytes: 64 << 10,
		MaxIdleConnsPerHost:    4,
		IdleConnTimeout:        30 * time.Second,
	}
}

var (
	errForbidden = errors.New("the address is not one that may be called")
	errScheme    = errors.New("only https addresses may be called")
	errRedirects = errors.New("redirected more than three times")
)

// Do makes one request. Its error never holds the address, which may hold a token; ask Unsent what it means. An answer
// to a redirected POST is the redirect itself.
func (c *Client) Do(req *http.Request) (*http.Response, error) {
	res, err := c.http.Do(req)
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return res, err
}

// CloseIdleConnections closes connections that nobody uses at the moment.
func (c *Client) CloseIdleConnections() { c.http.CloseIdleConnections() }

func redirect(req *http.Request, via []*http.Request) error {
	first := via[0]
	if first.Method != http.MethodGet && first.Method != http.MethodHead {
		return http.ErrUseLastResponse
	}
	if len(via) > 3 {
		return errRedirects
	}
	req.Header.Del("Referer") // it would tell the next host the address, which may hold a token
	if req.URL.Host != first.URL.Host || req.URL.Scheme != first.URL.Scheme {
		for name := range req.Header {
			switch name {
			case "Accept", "Accept-Encoding", "Accept-Language", "Range", "User-Agent":
			default:
				req.Header.Del(name)
			}
		}
	}
	return nil
}

// failure is an error of which it is known whether anything was sent.
type failure struct {
	error
	unsent bool
}

func (f *failure) Unwrap() error { return f.error }

// Unsent reports whether the request surely never left.
func (f *failure) Unsent() bool { return f.unsent }

// Forbidden reports whether the guard itself refused the address.
func (f *failure) Forbidden() bool { return Refused(f.error) }

// watched picks the transport by the scheme and notes whether a connection was there when a request failed.
type watched struct{ secure, plain *http.Transport }

// RoundTrip makes one request without following redirects.
func (w *watched) RoundTrip(req *http.Request) (*http.Response, error) {
	via := w.secure
	switch req.URL.Scheme {
	case "https":
	case "http":
		via = w.plain
	default:
		return nil, &failure{errScheme, true}
	}
	connected := false
	ctx := httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected = true },
	})
	res, err := via.RoundTrip(req.WithContext(ctx))
	if errors.Is(err, errForbidden) && via == w.plain {
		err = errScheme
	}
	if err != nil {
		return nil, &failure{err, !connected}
	}
	return res, nil
}

// CloseIdleConnections closes both transports' idle connections.
func (w *watched) CloseIdleConnections() {
	w.secure.CloseIdleConnections()
	w.plain.CloseIdleConnections()
}

// Unsent reports whether a request that failed with err surely never left: its name was not found, nobody answered the
// connection, TLS failed, or the address was refused. Otherwise it may have arrived. Packages that don't import this one
// ask the same through the method `Unsent() bool` of the error.
func Unsent(err error) bool {
	var f interface{ Unsent() bool }
	return errors.As(err, &f) && f.Unsent()
}

// Refused reports whether the guard itself refused the address: trying again is useless.
func Refused(err error) bool {
	return errors.Is(err, errForbidden) || errors.Is(err, errScheme)
}

// Check looks at an address that somebody wants to register, and says in a sentence what is wrong with it.
func (c *Client) Check(ctx context.Context, address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Hostname() == "" || u.Opaque != "" {
		return refuse("This is not a web address. It begins with https:// and a host name.")
	}
	if u.Scheme != "https" && u.Scheme != "http" {
		return refuse("The address must begin with https://.")
	}
	if u.User != nil {
		return refuse("The address must not hold a user name or password.")
	}
	found, err := c.resolver.LookupNetIP(ctx, "ip", u.Hostname())
	if err != nil || len(found) == 0 {
		return refuse("The host name of the address is not known. Check its spelling.")
	}
	for _, a := range found {
		switch {
		case c.guard.allowed(a):
		case !c.guard.public(a):
			return refuse("The address leads into a private network, which Loket does not call.")
		case u.Scheme != "https":
			return refuse("The address must begin with https://.")
		}
	}
	return nil
}

func refuse(sentence string) error { return desk.Refuse(desk.Invalid, sentence) }
