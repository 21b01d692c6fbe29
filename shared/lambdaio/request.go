package lambdaio

import (
	"bytes"
	"context"
	"encoding/base64"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

// request makes the server-side request that a handler expects out of API Gateway's event.
func request(ctx context.Context, event events.APIGatewayV2HTTPRequest) (*http.Request, error) {
	body := []byte(event.Body)
	if event.IsBase64Encoded {
		var err error
		if body, err = base64.StdEncoding.DecodeString(event.Body); err != nil {
			return nil, err
		}
	}
	caller := event.RequestContext.HTTP
	req, err := http.NewRequestWithContext(ctx, caller.Method, "/", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.URL = target(event)
	req.RequestURI = req.URL.RequestURI()
	for name, value := range event.Headers {
		req.Header.Set(name, value)
	}
	if len(event.Cookies) > 0 {
		req.Header.Set("Cookie", strings.Join(event.Cookies, "; "))
	}
	req.Host = req.Header.Get("Host")
	if req.Host == "" {
		req.Host = event.RequestContext.DomainName
	}
	req.RemoteAddr = caller.SourceIP
	if a, err := netip.ParseAddr(caller.SourceIP); err == nil {
		req.RemoteAddr = netip.AddrPortFrom(a, 0).String()
	}
	for name, value := range event.PathParameters {
		req.SetPathValue(name, value)
	}
	return req, nil
}

// target is the path and query as they were called. A stage other than the default one begins the raw path; the handler
// must not see it.
func target(event events.APIGatewayV2HTTPRequest) *url.URL {
	raw := event.RawPath
	if stage := event.RequestContext.Stage; stage != "" && stage != "$default" {
		if rest, ok := strings.CutPrefix(raw, "/"+stage+"/"); ok {
			raw = "/" + rest
		}
	}
	u, err := url.ParseRequestURI(raw)
	if err != nil || u.Host != "" || u.RawQuery != "" {
		u = &url.URL{Path: raw} // API Gateway may have decoded it already
	}
	if u.Path == "" {
		u.Path = "/"
	}
	u.RawQuery = event.RawQueryString
	return u
}
