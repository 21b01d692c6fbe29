package tabletest

import (
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/loket-desk/loket/shared/table"
)

// Cut is the end of a process after some requests, as the table sees it: the last one is made but its answer is lost
// (Answered false), or comes (true), and no further one is.
type Cut struct {
	After    int
	Answered bool

	mu   sync.Mutex
	made int
}

var errCut = errors.New("the process was ended")

// RoundTrip makes the requests up to the cut.
func (c *Cut) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	c.made++
	n := c.made
	c.mu.Unlock()
	if n > c.After {
		return nil, errCut
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || n < c.After || c.Answered {
		return resp, err
	}
	_ = resp.Body.Close()
	return nil, errCut
}

// Reached reports whether a request was lost to the cut: without it the work was done before.
func (c *Cut) Reached() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.made > c.After || (c.made == c.After && !c.Answered)
}

// NewCut opens the table of that name as a process that ends at the cut; it makes no request again by itself.
func NewCut(t testing.TB, name string, now func() time.Time, c *Cut) *table.Table {
	t.Helper()
	client := Client(t, c)
	return table.NewAt(dynamodb.New(client.Options(), func(o *dynamodb.Options) { o.RetryMaxAttempts = 1 }), name, now)
}
