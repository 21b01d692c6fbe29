package aws

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
)

// JSON calls an operation of a service that speaks AWS's JSON protocol: target is its name with its prefix
// ("AmazonSQS.SendMessageBatch"), version "1.0" or "1.1". in and out are marshalled; out may be nil.
func (c *Client) JSON(ctx context.Context, s Service, version, target string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	address, _ := c.Endpoint(s)
	u, err := url.Parse(address + "/")
	if err != nil {
		return err
	}
	res, err := c.Do(ctx, Call{Service: s, Method: http.MethodPost, URL: u, Body: body, Header: http.Header{
		"Content-Type": {"application/x-amz-json-" + version},
		"X-Amz-Target": {target},
	}})
	if err != nil {
		return err
	}
	return Decode(s, res, out)
}

// Decode reads an answer's JSON, 16 MB of it at most, and closes it. What can't be read was carried out all the same.
func Decode(s Service, res *http.Response, out any) error {
	defer res.Body.Close() //nolint:errcheck // read to its end, or given up
	body, err := io.ReadAll(io.LimitReader(res.Body, 16<<20))
	if err == nil && out != nil {
		err = json.Unmarshal(body, out)
	}
	if err != nil {
		return &Failure{Service: s, Cause: err, Unanswered: true, RequestID: requestID(res.Header)}
	}
	return nil
}
