package mail

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/loket-desk/loket/infra/local/loopback"
)

const (
	inTopic   = "ses-inbound"
	maxRcpts  = 100     // of one mail
	maxHeader = 1 << 20 // bytes of the head that are looked at; the rest is stored unread
)

// InOptions say what the receiving half takes and to whom it hands it.
type InOptions struct {
	// Addr is the port to listen on ("" or port 0: any free one); the host is always 127.0.0.1.
	Addr string
	// Domain is the one domain whose addresses are taken, such as loket.test; its sub-domains are not.
	Domain string
	// Region, Bucket and Prefix appear in the notification; a mail's key is Prefix and its SES id. Region is us-east-1 if empty.
	Region, Bucket, Prefix string
	// MaxBytes is the largest mail, MaxMail if 0.
	MaxBytes int64
	// Store keeps the raw mail. It must read raw to its end; an error makes the sender try again.
	Store func(ctx context.Context, key string, raw io.Reader) error
	// Notify takes the body of the queue message that announces a stored mail; an error makes the sender try again.
	Notify func(ctx context.Context, body []byte) error
	// Log receives one line a mail. Nil drops it.
	Log io.Writer
}

// StartIn listens for SMTP and answers until Close.
func StartIn(o InOptions) (*Server, error) {
	if o.Domain == "" || o.Store == nil || o.Notify == nil {
		return nil, errors.New("the mail server needs a domain, and where to store and announce mail")
	}
	o.Region, o.MaxBytes = cmp.Or(o.Region, "us-east-1"), cmp.Or(o.MaxBytes, MaxMail)
	l, err := loopback.Listen(o.Addr)
	if err != nil {
		return nil, err
	}
	w := newWork()
	b := &inbound{o: o, log: logger{o.Log}, ctx: w.ctx}
	s := smtp.NewServer(smtp.BackendFunc(b.session))
	s.Domain = "inbound-smtp." + o.Region + ".amazonaws.com"
	s.MaxMessageBytes = o.MaxBytes + 1 // the library refuses a mail that reaches its limit
	s.MaxLineLength = int(o.MaxBytes)  // whatever a mail's lines are, it is kept
	s.MaxRecipients = maxRcpts
	s.EnableSMTPUTF8, s.EnableBINARYMIME = true, true
	s.ReadTimeout, s.WriteTimeout = 5*time.Minute, time.Minute
	s.ErrorLog = log.New(io.Discard, "", 0) // what matters is logged by mail
	w.start(func() { _ = s.Serve(l) })
	return &Server{Addr: l.Addr().String(), close: func() error {
		err := s.Close()
		_ = l.Close() // which the library does not know yet where it is closed at once
		w.stop()
		return err
	}}, nil
}

type inbound struct {
	o   InOptions
	log logger
	ctx context.Context
}

func (b *inbound) session(c *smtp.Conn) (smtp.Session, error) {
	return &session{inbound: b, conn: c}, nil
}

// session is one SMTP connection.
type session struct {
	*inbound
	conn *smtp.Conn
	from string
	to   []string
}

func (s *session) Reset()        { s.from, s.to = "", nil }
func (s *session) Logout() error { return nil }

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return nil
}

// Rcpt takes the addresses of the domain, each once.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	at := strings.LastIndexByte(to, '@')
	if at < 0 || !strings.EqualFold(to[at+1:], s.o.Domain) {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "Requested action not taken: mailbox unavailable; this server takes mail for " + s.o.Domain + " only"}
	}
	if !slices.Contains(s.to, to) {
		s.to = append(s.to, to)
	}
	return nil
}

// Data stores the mail while it comes in and then announces it, once for all its recipients. What fails before that announces nothing.
func (s *session) Data(r io.Reader) error {
	in := &tracked{r: r}
	a := arrival{id: receivedID(), at: time.Now(), from: s.from, recipients: s.to, helo: printable(s.conn.Hostname())}
	key := s.o.Prefix + a.id
	err := s.take(in, a, key)
	var refused *smtp.SMTPError
	switch {
	case err == nil:
		s.log.line("mail in %s from <%s> to %s, %d bytes", key, a.from, strings.Join(a.recipients, ", "), in.n)
		return nil
	case errors.As(in.err, &refused):
		err = refused // the mail is too large
	default:
		err = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "Requested action aborted: local error in processing; try again"}
	}
	s.log.line("mail in from <%s> refused: %v", a.from, errors.Join(err, in.err))
	return err
}

func (s *session) take(in *tracked, a arrival, key string) error {
	head, err := readHeader(in)
	if err != nil {
		return err
	}
	a.headers = parseFields(head)
	above := a.added(s.o.Region)
	if err := s.o.Store(s.ctx, key, io.MultiReader(strings.NewReader(above.block()), bytes.NewReader(head), in)); err != nil {
		s.log.line("mail in %s could not be stored: %v", key, err)
		return err
	}
	if in.err != io.EOF {
		return fmt.Errorf("the mail was not stored to its end: %w", cmp.Or(in.err, io.ErrShortWrite))
	}
	if err := s.o.Notify(s.ctx, WrapSNS(inTopic, a.notice(s.o, above, key, time.Since(a.at)))); err != nil {
		s.log.line("mail in %s could not be announced: %v", key, err)
		return err
	}
	return nil
}

// readHeader reads up to the blank line that ends the head, or a little beyond, or maxHeader bytes.
func readHeader(r io.Reader) ([]byte, error) {
	var b []byte
	for len(b) < maxHeader {
		b = slices.Grow(b, 16<<10)
		n, err := r.Read(b[len(b) : len(b)+16<<10])
		from := max(0, len(b)-3)
		b = b[:len(b)+n]
		if err == io.EOF {
			return b, nil
		}
		if err != nil {
			return b, err
		}
		if new := b[from:]; bytes.Contains(new, []byte("\n\r\n")) || bytes.Contains(new, []byte("\n\n")) {
			return b, nil
		}
	}
	return b, nil
}

// tracked remembers how reading went, whatever the reader's user makes of it.
type tracked struct {
	r   io.Reader
	n   int64
	err error
}

func (t *tracked) Read(p []byte) (int, error) {
	if t.err != nil {
		return 0, t.err
	}
	n, err := t.r.Read(p)
	t.n, t.err = t.n+int64(n), err
	return n, err
}

// printable keeps a client's own name from adding header lines.
func printable(s string) string {
	return cmp.Or(strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return -1
		}
		return r
	}, s), "localhost")
}
