package main

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"

	"github.com/loket-desk/loket/shared/table/units"
)

// counting stands between a function and the local run's servers and counts its requests, by service and kind.
type counting struct {
	endpoints map[string]string // as resources has them
	meter     *units.Meter      // of DynamoDB's requests

	mu       sync.Mutex
	requests map[string]int // "sqs SendMessageBatch", "s3 LIST"
	servers  []*httptest.Server
}

// countBetween puts a counting server before each of the endpoints.
func countBetween(endpoints map[string]string) (*counting, error) {
	c := &counting{
		endpoints: map[string]string{}, requests: map[string]int{},
		meter: &units.Meter{Next: http.DefaultTransport, Indexes: units.Loket()},
	}
	for variable, address := range endpoints {
		target, err := url.Parse(address)
		if err != nil {
			c.close()
			return nil, err
		}
		service := strings.ToLower(strings.TrimPrefix(variable, "AWS_ENDPOINT_URL_"))
		p := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host // it is signed
		}}
		if service == "dynamodb" {
			p.Transport = c.meter
		}
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodHead && r.URL.Path == "/" { // a connection opened at the start, which AWS does not charge
				return
			}
			c.count(service, r)
			p.ServeHTTP(w, r)
		}))
		c.servers = append(c.servers, s)
		c.endpoints[variable] = s.URL
	}
	return c, nil
}

func (c *counting) count(service string, r *http.Request) {
	_, kind, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if kind == "" {
		kind = r.Method
		if r.Method == http.MethodGet && r.URL.Query().Has("list-type") {
			kind = "LIST"
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests[service+" "+kind]++
}

// take gives what was counted and begins anew.
func (c *counting) take() (requests map[string]int, database units.Counts) {
	c.mu.Lock()
	defer c.mu.Unlock()
	requests, c.requests = c.requests, map[string]int{}
	return requests, c.meter.Take()
}

func (c *counting) close() {
	for _, s := range c.servers {
		s.Close()
	}
}
