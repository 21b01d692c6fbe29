package egress

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

func loopback() []netip.Prefix {
	return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
}

func get(t *testing.T, c *Client, address string) (*http.Response, error) {
	t.Helper()
	return send(t, c, http.MethodGet, address, nil)
}

func send(t *testing.T, c *Client, method, address string, header http.Header) (*http.Response, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	res, err := c.Do(req)
	if err == nil {
		t.Cleanup(func() { _ = res.Body.Close() })
	}
	return res, err
}

// trust makes the client believe a test server's certificate.
func (c *Client) trust(server *httptest.Server) {
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	c.http.Transport.(*watched).secure.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
}

func TestPrivateAddressesAreRefusedHoweverTheyAreWritten(t *testing.T) {
	var called atomic.Int32
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called.Add(1) }))
	t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c := New(nil, Options{})
	c.trust(server)
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "[::1]", "0.0.0.0", "127.1", "0x7f.1", "2130706433", "017700000001", "localhost.", "169.254.169.254"} {
		_, err := get(t, c, "https://"+host+":"+port+"/")
		if err == nil || !Unsent(err) {
			t.Errorf("%s: %v", host, err)
		}
	}
	if _, err := get(t, c, "https://127.0.0.1:"+port+"/"); !Refused(err) {
		t.Errorf("%v", err)
	}
	if called.Load() != 0 {
		t.Errorf("the private server was called %d times", called.Load())
	}
}

func TestPlainHTTPIsForExceptionsOnly(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hi") }))
	t.Cleanup(server.Close)
	if _, err := get(t, New(nil, Options{}), server.URL); !Refused(err) || !Unsent(err) {
		t.Errorf("%v", err)
	}
	res, err := get(t, New(loopback(), Options{}), server.URL)
	if err != nil {
		t.Fatal(err)
	}
	if body, _ := io.ReadAll(res.Body); string(body) != "hi" {
		t.Errorf("%s", body)
	}
	if _, err := get(t, New(loopback(), Options{}), "ftp://127.0.0.1/"); !Refused(err) {
		t.Errorf("%v", err)
	}
}

func TestAnExceptionMayUseHTTPS(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	c := New(loopback(), Options{})
	if _, err := get(t, c, server.URL); err == nil || !Unsent(err) || Refused(err) {
		t.Errorf("a certificate that nobody vouches for: %v", err)
	}
	c.trust(server)
	if _, err := get(t, c, server.URL); err != nil {
		t.Error(err)
	}
}

func TestARedirectIsCheckedLikeTheFirstAddress(t *testing.T) {
	c := New([]netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Options{})
	for _, target := range []string{"https://169.254.169.254/latest/meta-data/", "http://127.0.0.2/", "https://10.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1/"} {
		server := httptest.NewServer(http.RedirectHandler(target, http.StatusFound))
		t.Cleanup(server.Close)
		if _, err := get(t, c, server.URL); !Refused(err) {
			t.Errorf("%s: %v", target, err)
		}
	}
}

func TestThreeRedirectsAreFollowedAndNoneOfAPost(t *testing.T) {
	var hops atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n := hops.Add(1); n <= 3 || r.URL.Path == "/endless" {
			http.Redirect(w, r, r.URL.Path, http.StatusTemporaryRedirect)
		}
	}))
	t.Cleanup(server.Close)
	c := New(loopback(), Options{})
	if res, err := get(t, c, server.URL+"/three"); err != nil || res.StatusCode != 200 || hops.Load() != 4 {
		t.Errorf("%v after %d calls", err, hops.Load())
	}
	if _, err := get(t, c, server.URL+"/endless"); err == nil {
		t.Error("it redirects for ever")
	}
	hops.Store(0)
	res, err := send(t, c, http.MethodPost, server.URL+"/three", nil)
	if err != nil || res.StatusCode != http.StatusTemporaryRedirect || hops.Load() != 1 {
		t.Errorf("%v after %d calls", err, hops.Load())
	}
}

func TestCredentialsDoNotFollowToAnotherHost(t *testing.T) {
	var same, other http.Header
	second := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { other = r.Header }))
	t.Cleanup(second.Close)
	first := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/bot-token/a":
			http.Redirect(w, r, "/b", http.StatusFound)
		case "/b":
			same = r.Header
			http.Redirect(w, r, second.URL, http.StatusFound)
		}
	}))
	t.Cleanup(first.Close)
	sent := http.Header{
		"Authorization": {"Bearer t"}, "Cookie": {"a=1"}, "X-Api-Key": {"k"}, "Accept": {"image/png"}, "User-Agent": {"Loket"},
	}
	if _, err := send(t, New(loopback(), Options{}), http.MethodGet, first.URL+"/bot-token/a", sent); err != nil {
		t.Fatal(err)
	}
	if same.Get("Authorization") != "Bearer t" || same.Get("X-Api-Key") != "k" {
		t.Errorf("the same host lost them: %v", same)
	}
	for _, name := range []string{"Authorization", "Cookie", "X-Api-Key", "Referer"} {
		if other.Get(name) != "" {
			t.Errorf("%s went to the other host: %v", name, other)
		}
	}
	if other.Get("Accept") != "image/png" || same.Get("Referer") != "" {
		t.Errorf("%v %v", other, same)
	}
}

func TestANameIsCheckedWhenItIsUsedAndNotBefore(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	c := New(nil, Options{})
	via := c.http.Transport.(*watched).secure
	dial := via.DialContext
	via.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return dial(ctx, network, server.Listener.Addr().String()) // what a name that changed its mind resolves to
	}
	if _, err := get(t, c, "https://public.example.com/"); !Refused(err) {
		t.Errorf("%v", err)
	}
}

func TestItIsKnownWhetherARequestLeft(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	silent := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		conn, _, _ := http.NewResponseController(w).Hijack()
		_ = conn.Close()
	}))
	t.Cleanup(silent.Close)
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		select {
		case <-r.Context().Done():
		case <-time.After(5 * time.Second):
		}
	}))
	t.Cleanup(slow.Close)
	noTLS := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(noTLS.Close)
	c := New(loopback(), Options{Header: 200 * time.Millisecond})
	for name, want := range map[string]struct {
		address string
		unsent  bool
	}{
		"nobody listens":       {closed.URL, true},
		"no such name":         {"https://nowhere.invalid/", true},
		"no TLS there":         {strings.Replace(noTLS.URL, "http", "https", 1), true},
		"closed after reading": {silent.URL, false},
		"never answers":        {slow.URL, false},
	} {
		_, err := send(t, c, http.MethodPost, want.address, nil)
		if err == nil || Unsent(err) != want.unsent {
			t.Errorf("%s: %v, unsent %v", name, err, Unsent(err))
		}
	}
	if Unsent(nil) || Unsent(errors.New("x")) {
		t.Error("an unknown error is taken for unsent")
	}
}

func TestTheWholeCallIsBoundedInTime(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "a")
		_ = http.NewResponseController(w).Flush()
		select {
		case <-r.Context().Done():
		case <-time.After(5 * time.Second):
		}
	}))
	t.Cleanup(server.Close)
	res, err := get(t, New(loopback(), Options{Overall: 200 * time.Millisecond}), server.URL)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(res.Body); err == nil {
		t.Error("the body never ends, and neither does the call")
	}
}

func TestNoErrorHoldsTheAddress(t *testing.T) {
	for _, address := range []string{"https://127.0.0.1/bot123:TOKEN/getMe", "http://example.com/bot123:TOKEN", "https://nowhere.invalid/bot123:TOKEN"} {
		_, err := get(t, New(nil, Options{}), address)
		var u *url.Error
		if err == nil || strings.Contains(err.Error(), "TOKEN") || errors.As(err, &u) {
			t.Errorf("%v", err)
		}
	}
}

func TestAnAddressIsCheckedBeforeItIsRegistered(t *testing.T) {
	c := New([]netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Options{})
	for address, words := range map[string]string{
		"":                         "not a web address",
		"example.com/hook":         "not a web address",
		"https:///hook":            "not a web address",
		"https://%zz/":             "not a web address",
		"mailto:a@example.com":     "not a web address",
		"ftp://example.com/":       "https://",
		"https://u:p@127.0.0.1/":   "user name",
		"https://nowhere.invalid/": "not known",
		"https://10.0.0.1/":        "private network",
		"https://[fd00::1]:8443/x": "private network",
		"http://1.1.1.1/":          "must begin with https://",
		"https://1.1.1.1:8443/x":   "",
		"https://127.0.0.1/":       "",
		"http://127.0.0.1:8080/":   "",
	} {
		err := c.Check(t.Context(), address)
		switch {
		case words == "" && err != nil:
			t.Errorf("%s: %v", address, err)
		case words != "" && (desk.CodeOf(err) != desk.Invalid || !strings.Contains(err.Error(), words)):
			t.Errorf("%s: %v", address, err)
		}
	}
}
