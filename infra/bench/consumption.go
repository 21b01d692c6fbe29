package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
)

// consumption asks DynamoDB with every request what it read or wrote, and adds it up. What a filter drops is in it.
type consumption struct {
	next http.RoundTripper

	mu      sync.Mutex
	units   float64
	largest float64 // of one request
	queries int
}

// take gives what was consumed and begins anew.
func (c *consumption) take() float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	u := c.units
	c.units, c.largest, c.queries = 0, 0, 0
	return u
}

// RoundTrip passes a request on. Its signature is no longer that of its body, which the local server does not look at.
func (c *consumption) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	_ = r.Body.Close()
	var in map[string]json.RawMessage
	if json.Unmarshal(body, &in) == nil {
		in["ReturnConsumedCapacity"] = json.RawMessage(`"TOTAL"`)
		if asked, err := json.Marshal(in); err == nil {
			body = asked
		}
	}
	r = r.Clone(r.Context())
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	resp, err := c.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	_ = resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(answer))
	c.add(answer)
	if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".Query") {
		c.mu.Lock()
		c.queries++
		c.mu.Unlock()
	}
	return resp, nil
}

// add reads what one answer says; of several tables it is a list.
func (c *consumption) add(answer []byte) {
	type capacity struct{ CapacityUnits float64 }
	var one struct{ ConsumedCapacity capacity }
	var many struct{ ConsumedCapacity []capacity }
	sum := 0.0
	if json.Unmarshal(answer, &one) == nil {
		sum = one.ConsumedCapacity.CapacityUnits
	} else if json.Unmarshal(answer, &many) == nil {
		for _, c := range many.ConsumedCapacity {
			sum += c.CapacityUnits
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.units += sum
	c.largest = max(c.largest, sum)
}
