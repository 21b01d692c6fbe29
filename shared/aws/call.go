package aws

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// Call is one request to a service.
type Call struct {
	Service Service
	Method  string
	URL     *url.URL // the path already escaped as the service wants it (RawPath)
	Header  http.Header
	Body    []byte        // signed, and sent again on a retry
	Stream  io.ReadSeeker // instead of Body: not hashed, of Size bytes
	Size    int64
	// Once marks a call that must not be made twice: it is repeated only when it surely was not carried out.
	Once bool
}

const (
	attempts = 4
	unsigned = "UNSIGNED-PAYLOAD"
)

// Do makes the call and returns the answer when it is a success; the caller closes its body. Everything else is a
// *Failure. Throttling, outages and lost connections are tried again, four times in all, with growing random pauses.
func (c *Client) Do(ctx context.Context, call Call) (*http.Response, error) {
	for try := 1; ; try++ {
		res, failure := c.once(ctx, call)
		if failure == nil {
			return res, nil
		}
		if try == attempts || !failure.repeatable(call.Once) || ctx.Err() != nil {
			return nil, failure
		}
		if c.Pause(ctx, try) != nil {
			return nil, failure
		}
	}
}

// Backoff is how long to wait after the try-th failure: a random time up to 100, 200, 400 ms and so on, chosen from the
// whole span, so that many callers spread out.
func Backoff(try int) time.Duration {
	return time.Duration(rand.Int64N(int64(50*time.Millisecond) << try)) //nolint:gosec // spreading, not secrecy
}

func (c *Client) once(ctx context.Context, call Call) (*http.Response, *Failure) {
	req, hash, err := call.request(ctx)
	if err != nil {
		return nil, &Failure{Service: call.Service, Cause: err}
	}
	err = c.signer.SignHTTP(ctx, c.credentials, req, hash, string(call.Service), c.region, c.now(), options(call.Service))
	if err != nil {
		return nil, &Failure{Service: call.Service, Cause: err}
	}
	var connected bool
	req = req.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected = true },
	}))
	res, err := c.http(call.Service).Do(req)
	if err != nil {
		return nil, &Failure{Service: call.Service, Cause: bare(err), Unanswered: connected}
	}
	if res.StatusCode < 300 {
		return res, nil
	}
	defer res.Body.Close() //nolint:errcheck // nothing more to lose
	return nil, refusal(call.Service, res)
}

// request makes the HTTP request and the payload hash that goes into its signature.
func (call Call) request(ctx context.Context) (*http.Request, string, error) {
	body, size, hash := io.Reader(bytes.NewReader(call.Body)), int64(len(call.Body)), ""
	if call.Stream != nil {
		if _, err := call.Stream.Seek(0, io.SeekStart); err != nil {
			return nil, "", err
		}
		body, size, hash = io.NopCloser(call.Stream), call.Size, unsigned
	} else {
		sum := sha256.Sum256(call.Body)
		hash = hex.EncodeToString(sum[:])
	}
	req, err := http.NewRequestWithContext(ctx, call.Method, "", body)
	if err != nil {
		return nil, "", err
	}
	req.URL, req.Host, req.ContentLength = call.URL, call.URL.Host, size
	if size == 0 {
		req.Body = http.NoBody
	}
	for name, values := range call.Header {
		req.Header[name] = values
	}
	if call.Service == S3 {
		req.Header.Set("X-Amz-Content-Sha256", hash)
	}
	return req, hash, nil
}

// options: S3 alone signs the path as it is sent; everyone else escapes it once more.
func options(s Service) func(*v4.SignerOptions) {
	return func(o *v4.SignerOptions) { o.DisableURIPathEscaping = s == S3 }
}

// bare takes the address out of an error: it may hold keys of objects and signatures.
func bare(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// Presign makes an address that allows one request to whoever has it, for at most the time named.
func (c *Client) Presign(ctx context.Context, method string, u *url.URL, valid time.Duration) (string, error) {
	q := u.Query()
	q.Set("X-Amz-Expires", strconv.FormatInt(int64(valid/time.Second), 10))
	u.RawQuery = q.Encode()
	req, err := http.NewRequestWithContext(ctx, method, "", nil)
	if err != nil {
		return "", err
	}
	req.URL, req.Host = u, u.Host
	signed, _, err := c.signer.PresignHTTP(ctx, c.credentials, req, unsigned, string(S3), c.region, c.now(), options(S3))
	return signed, err
}
