// Package mail stands in for Amazon SES on one machine: its SendEmail, whose mail is written to a folder, and its receiving of mail by SMTP.
package mail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// MaxMail is the size of a mail that SES takes, in and out: 40 MB, headers and encoding included.
const MaxMail = 40 << 20

// account owns every identity and topic here.
const account = "000000000000"

// Server is a running half of SES.
type Server struct {
	// Endpoint is the address of the sending half, to give to an AWS SDK (AWS_ENDPOINT_URL_SESV2). Empty for the receiving half.
	Endpoint string
	// Addr is host:port, for both halves.
	Addr string

	close func() error
	once  sync.Once
	err   error
}

// Close ends the server, and with it the mails that it is taking and the events that it has not yet delivered.
func (s *Server) Close() error {
	s.once.Do(func() { s.err = s.close() })
	return s.err
}

// logger writes one line a mail. A log that can't be written ends nothing.
type logger struct{ to io.Writer }

func (l logger) line(format string, args ...any) {
	if l.to != nil {
		_, _ = fmt.Fprintf(l.to, format+"\n", args...)
	}
}

// work runs what goes on after an answer was given, until its server is closed.
type work struct {
	ctx    context.Context
	cancel context.CancelFunc
	group  sync.WaitGroup

	mu     sync.Mutex
	closed bool
}

var errClosed = errors.New("the local mail server was closed")

func newWork() *work {
	ctx, cancel := context.WithCancelCause(context.Background())
	return &work{ctx: ctx, cancel: func() { cancel(errClosed) }}
}

// start runs f unless the server is closed already.
func (w *work) start(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closed {
		w.group.Go(f)
	}
}

// stop ends what runs and waits for it.
func (w *work) stop() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.cancel()
	w.group.Wait()
}

// stampFormat is how SES and SNS write a time, always UTC.
const stampFormat = "2006-01-02T15:04:05.000Z"

func stamp(t time.Time) string { return t.UTC().Format(stampFormat) }
