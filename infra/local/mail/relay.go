package mail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"net/textproto"
	"time"
)

const relayTimeout = time.Minute

// relay hands a mail to the SMTP server that was named, and says what became of it. A server that refuses it for good makes it bounce;
// one that can't be reached is noted in the log, and the mail counts as sent, since it is in the outbox.
func (s *sender) relay(ctx context.Context, p posted) []event {
	if s.o.Relay == "" {
		return p.fate()
	}
	err := relayTo(ctx, s.o.Relay, p)
	var refused *textproto.Error
	if errors.As(err, &refused) && refused.Code >= 500 {
		s.log.line("mail out %s: the relay refused it: %v", p.id, refused)
		return []event{p.send(), p.bounced(p.to, "General", "5.0.0", fmt.Sprintf("smtp; %d %s", refused.Code, refused.Msg))}
	}
	if err != nil {
		s.log.line("mail out %s: the relay %s did not take it: %v", p.id, s.o.Relay, err)
	}
	return p.fate()
}

func relayTo(ctx context.Context, addr string, p posted) error {
	ctx, cancel := context.WithTimeout(ctx, relayTimeout)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	c, err := smtp.NewClient(conn, host)
	if err != nil {
		return err
	}
	if err := c.Mail(p.from); err != nil {
		return err
	}
	for _, to := range p.to {
		if err := c.Rcpt(to); err != nil {
			return err
		}
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(p.wire); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return c.Quit()
}
