// Package aws makes signed calls to AWS without the SDK's clients, whose start-up and size only DynamoDB is worth:
// each sub-package speaks to one service, so that a function links only what it calls.
package aws

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/loket-desk/loket/shared/config"
)

// Service is an AWS service as signatures spell it.
type Service string

// The services that Loket speaks to.
const (
	DynamoDB Service = "dynamodb"
	SQS      Service = "sqs"
	S3       Service = "s3"
	SES      Service = "ses"
	SSM      Service = "ssm"
)

// hosts are the services whose host name differs from their name in signatures.
func (s Service) host() string {
	if s == SES {
		return "email"
	}
	return string(s)
}

// Client holds what every call needs: who calls, from which region, and the open connections.
type Client struct {
	region      string
	credentials sdk.Credentials
	endpoints   map[Service]string
	quick       *http.Client // for services that answer in milliseconds
	patient     *http.Client // for large bodies and SES
	signer      *v4.Signer
	now         func() time.Time
	pause       func(context.Context, time.Duration) error
}

// New makes a client from the environment. It calls nothing yet; Warm opens connections.
func New(c config.Config) *Client {
	return &Client{
		region: c.Region,
		credentials: sdk.Credentials{
			AccessKeyID: c.Credentials.AccessKey, SecretAccessKey: c.Credentials.Secret, SessionToken: c.Credentials.Token,
		},
		endpoints: map[Service]string{
			DynamoDB: c.Endpoints.DynamoDB, SQS: c.Endpoints.SQS, S3: c.Endpoints.S3, SES: c.Endpoints.SESV2, SSM: c.Endpoints.SSM,
		},
		quick:   httpClient(5 * time.Second),
		patient: httpClient(40 * time.Second),
		signer:  v4.NewSigner(),
		now:     time.Now,
		pause:   pause,
	}
}

// httpClient gives up when the answer's header takes longer than the time named; a whole call is bounded by its context.
func httpClient(header time.Duration) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:           (&net.Dialer{Timeout: 2 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
			TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12, ClientSessionCache: tls.NewLRUClientSessionCache(16)},
			TLSHandshakeTimeout:   3 * time.Second,
			ResponseHeaderTimeout: header,
			MaxIdleConnsPerHost:   16,
			IdleConnTimeout:       60 * time.Second, // shorter than the services' own, so that a dead connection is rarely reused
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Config is the client in the shape that the SDK's own clients take.
func (c *Client) Config() sdk.Config {
	return sdk.Config{Region: c.region, Credentials: provider(c.credentials), HTTPClient: c.quick}
}

// provider hands out the credentials of the environment: Lambda replaces the process before they expire.
type provider sdk.Credentials

// Retrieve gives the credentials.
func (p provider) Retrieve(context.Context) (sdk.Credentials, error) { return sdk.Credentials(p), nil }

// Endpoint is the base address of a service, and whether another server stands in for it.
func (c *Client) Endpoint(s Service) (address string, standIn bool) {
	if e := c.endpoints[s]; e != "" {
		return e, true
	}
	suffix := ".amazonaws.com"
	if strings.HasPrefix(c.region, "cn-") {
		suffix += ".cn"
	}
	return "https://" + s.host() + "." + c.region + suffix, false
}

// Region is where the calls go.
func (c *Client) Region() string { return c.region }

func (c *Client) http(s Service) *http.Client {
	if s == S3 || s == SES {
		return c.patient
	}
	return c.quick
}

// Warm opens a connection to each service, while a function's CPU is not throttled yet. It waits a second at most and
// ignores what goes wrong: the first call will tell.
func (c *Client) Warm(ctx context.Context, services ...Service) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	var open sync.WaitGroup
	for _, s := range services {
		address, _ := c.Endpoint(s)
		req, err := http.NewRequestWithContext(ctx, http.MethodHead, address+"/", nil)
		if err != nil {
			continue
		}
		open.Go(func() {
			if res, err := c.http(s).Do(req); err == nil {
				_ = res.Body.Close()
			}
		})
	}
	open.Wait()
}

// Pause waits before the next try of something that failed try times, for a random and growing while.
func (c *Client) Pause(ctx context.Context, try int) error { return c.pause(ctx, Backoff(try)) }

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
