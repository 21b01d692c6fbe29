package gateway

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// event is the payload 2.0 of one request, in the order in which API Gateway writes it.
type event struct {
	Version               string            `json:"version"`
	RouteKey              string            `json:"routeKey"`
	RawPath               string            `json:"rawPath"`
	RawQueryString        string            `json:"rawQueryString"`
	Cookies               []string          `json:"cookies,omitempty"`
	Headers               map[string]string `json:"headers"`
	QueryStringParameters map[string]string `json:"queryStringParameters,omitempty"`
	RequestContext        requestContext    `json:"requestContext"`
	PathParameters        map[string]string `json:"pathParameters,omitempty"`
	Body                  string            `json:"body,omitempty"`
	IsBase64Encoded       bool              `json:"isBase64Encoded"`
}

type requestContext struct {
	AccountID    string      `json:"accountId"`
	APIID        string      `json:"apiId"`
	DomainName   string      `json:"domainName"`
	DomainPrefix string      `json:"domainPrefix"`
	HTTP         httpContext `json:"http"`
	RequestID    string      `json:"requestId"`
	RouteKey     string      `json:"routeKey"`
	Stage        string      `json:"stage"`
	Time         string      `json:"time"`
	TimeEpoch    int64       `json:"timeEpoch"`
}

type httpContext struct {
	Method    string `json:"method"`
	Path      string `json:"path"`
	Protocol  string `json:"protocol"`
	SourceIP  string `json:"sourceIp"`
	UserAgent string `json:"userAgent"`
}

func (h *Handler) event(r *http.Request, m match, body []byte) event {
	now := time.Now().UTC()
	source, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		source = r.RemoteAddr
	}
	path, _, _ := strings.Cut(r.URL.Path, "?") // a decoded %3F ends rawPath: API Gateway cuts there too
	prefix, _, _ := strings.Cut(r.Host, ".")
	headers, cookies := headers(r, source, len(body))
	text, encoded := bodyText(r.Header, body)
	return event{
		Version: "2.0", RouteKey: m.route.Key, RawPath: path, RawQueryString: r.URL.RawQuery, Cookies: cookies, Headers: headers,
		QueryStringParameters: query(r.URL.RawQuery), PathParameters: m.vars, Body: text, IsBase64Encoded: encoded,
		RequestContext: requestContext{
			AccountID: h.o.AccountID, APIID: h.o.APIID, DomainName: r.Host, DomainPrefix: prefix, RequestID: requestID(), RouteKey: m.route.Key,
			Stage: h.o.Stage, Time: now.Format("02/Jan/2006:15:04:05 -0700"), TimeEpoch: now.UnixMilli(),
			HTTP: httpContext{Method: r.Method, Path: path, Protocol: r.Proto, SourceIP: source, UserAgent: r.UserAgent()},
		},
	}
}

// payload is the event as JSON, without the escapes that only web pages need: its size is what Lambda's limit counts.
func (e event) payload() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(e)
	return b.Bytes(), err
}

// headers are lower-case, repeated ones joined by a comma; cookies stand apart.
func headers(r *http.Request, source string, length int) (all map[string]string, cookies []string) {
	all = map[string]string{"host": r.Host, "content-length": strconv.Itoa(length)}
	for name, values := range r.Header {
		if name = strings.ToLower(name); name != "cookie" {
			all[name] = strings.Join(values, ",")
			continue
		}
		for _, value := range values {
			for _, c := range strings.Split(value, ";") {
				cookies = append(cookies, strings.TrimSpace(c))
			}
		}
	}
	if before := all["x-forwarded-for"]; before != "" {
		source = before + ", " + source
	}
	all["x-forwarded-for"] = source
	all["x-forwarded-proto"] = "http"
	_, port, err := net.SplitHostPort(r.Host)
	if err != nil {
		port = "80"
	}
	all["x-forwarded-port"] = port
	if all["x-amzn-trace-id"] == "" {
		id := random(12)
		all["x-amzn-trace-id"] = fmt.Sprintf("Root=1-%08x-%s", time.Now().Unix(), id)
	}
	return all, cookies
}

// query joins the values of a repeated parameter by commas. A part that can't be decoded stays as it came.
func query(raw string) map[string]string {
	out := map[string]string{}
	for _, part := range strings.Split(raw, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		name, value = unescape(name), unescape(value)
		if before, ok := out[name]; ok {
			value = before + "," + value
		}
		out[name] = value
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

func unescape(s string) string {
	if u, err := url.QueryUnescape(s); err == nil {
		return u
	}
	return s
}

// bodyText is the body as the event carries it. API Gateway hands on as text only text/*, application/json, /xml and
// /javascript, without a Content-Encoding; all else comes in base64, forms and bodies without a type included. Text
// that is not UTF-8 can't stand in JSON and is encoded too.
func bodyText(h http.Header, body []byte) (text string, encoded bool) {
	if len(body) == 0 {
		return "", false
	}
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		kind, _, _ = strings.Cut(h.Get("Content-Type"), ";")
		kind = strings.ToLower(strings.TrimSpace(kind))
	}
	plain := strings.HasPrefix(kind, "text/") || kind == "application/json" || kind == "application/xml" || kind == "application/javascript"
	if plain && h.Get("Content-Encoding") == "" && utf8.Valid(body) {
		return string(body), false
	}
	return base64.StdEncoding.EncodeToString(body), true
}

func requestID() string {
	var b [11]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:]) + "="
}

func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}
