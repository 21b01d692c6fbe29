package mail

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/loket-desk/loket/infra/local/loopback"
)

// OutOptions say where sent mail goes and who hears about it.
type OutOptions struct {
	// Addr is the port to listen on ("" or port 0: any free one); the host is always 127.0.0.1.
	Addr string
	// OutboxDir is the folder that gets N.eml and N.json for each mail. N.json is there before N.eml.
	OutboxDir string
	// Region decides how a Message-ID looks on the wire; us-east-1 if empty.
	Region string
	// MaxBytes is the largest mail, headers and encoding included; MaxMail if 0.
	MaxBytes int
	// Relay is host:port of an SMTP server that also gets every mail. Empty: none.
	Relay string
	// Events takes each event as SES publishes it (not wrapped: see WrapSNS), in their order for one mail, after the call was answered.
	// An error makes it try again, five times. Nil drops the events.
	Events func(ctx context.Context, event []byte) error
	// Log receives one line a mail. Nil drops it.
	Log io.Writer
}

// StartOut answers SES's API v2 until Close: SendEmail, GetAccount and GetEmailIdentity.
func StartOut(o OutOptions) (*Server, error) {
	o.Region, o.MaxBytes = cmp.Or(o.Region, "us-east-1"), cmp.Or(o.MaxBytes, MaxMail)
	box, err := openOutbox(o.OutboxDir)
	if err != nil {
		return nil, err
	}
	s := &sender{o: o, log: logger{o.Log}, box: box, work: newWork()}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v2/email/outbound-emails", s.sendEmail)
	mux.HandleFunc("GET /v2/email/account", s.account)
	mux.HandleFunc("GET /v2/email/identities/{name}", s.identity)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		notFound("The local runner does not answer %s %s.", r.Method, r.URL.Path).write(w)
	})
	web, err := loopback.Serve(o.Addr, mux)
	if err != nil {
		return nil, err
	}
	return &Server{Endpoint: web.Endpoint, Addr: web.Endpoint[len("http://"):], close: func() error {
		err := web.Close()
		s.work.stop()
		return err
	}}, nil
}

type sender struct {
	o    OutOptions
	log  logger
	box  *outbox
	work *work
	sent atomic.Int64
}

// maxCall bounds a call's body: the largest mail in base64, and what is around it.
func (s *sender) maxCall() int64 { return int64(s.o.MaxBytes)/3*4 + 1<<20 }

func (s *sender) sendEmail(w http.ResponseWriter, r *http.Request) {
	id, err := s.accept(http.MaxBytesReader(w, r.Body, s.maxCall()))
	if err != nil {
		var f *fault
		if !errors.As(err, &f) {
			f = &fault{http.StatusInternalServerError, "InternalServiceErrorException", err.Error()}
		}
		s.log.line("mail out refused: %v", f)
		f.write(w)
		return
	}
	respond(w, http.StatusOK, struct{ MessageId string }{id})
}

// accept checks a mail, writes it to the outbox and starts what follows.
func (s *sender) accept(body io.Reader) (id string, err error) {
	in := request{limit: s.o.MaxBytes}
	if err := json.NewDecoder(body).Decode(&in); err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return "", tooBig(s.o.MaxBytes)
		}
		return "", bad("The request is no JSON of SendEmail: %v", err)
	}
	out, err := in.check()
	if err != nil {
		return "", err
	}
	now := time.Now()
	p := posted{outgoing: out, id: sentID(s.o.Region, now), at: now, region: s.o.Region}
	if infected(p.wire) {
		s.log.line("mail out %s from %s rejected for its virus", p.id, p.from)
		s.later(p, func(context.Context) []event { return []event{p.send(), p.rejection()} })
		return p.id, nil
	}
	p.wire = p.stamped()
	name, err := s.box.put(p.wire, sent{p.id, p.from, p.to, p.tags})
	if err != nil {
		return "", fmt.Errorf("the mail can't be written to the outbox: %w", err)
	}
	s.sent.Add(1)
	s.log.line("mail out %s.eml from %s to %v", name, p.from, p.to)
	s.later(p, func(ctx context.Context) []event { return s.relay(ctx, p) })
	return p.id, nil
}

// stamped puts SES's own fields at the end of the head.
func (p posted) stamped() []byte {
	head, body, _ := bytes.Cut(p.wire, []byte("\r\n\r\n"))
	own := fields{
		{"Message-ID", wireID(p.region, p.id)},
		{"Date", p.at.UTC().Format("Mon, 2 Jan 2006 15:04:05 +0000")},
		{"X-SES-Outgoing", p.at.UTC().Format("2006.01.02") + "-127.0.0.1"},
		{"Feedback-ID", "1." + p.region + ".local:AmazonSES"},
	}
	return bytes.Join([][]byte{head, []byte("\r\n" + own.block() + "\r\n"), body}, nil)
}

// infected looks for the EICAR test file, as it is and in base64.
func infected(mail []byte) bool {
	return bytes.Contains(mail, []byte(`EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*`)) ||
		bytes.Contains(mail, []byte("WDVPIVAlQEFQWzRcUFpYNTQoUF4pN0NDKTd9JEVJQ0FSLVNUQU5EQVJE"))
}

// later works out a mail's fate and tells its events, after the call was answered.
func (s *sender) later(p posted, fate func(context.Context) []event) {
	s.work.start(func() {
		for _, e := range fate(s.work.ctx) {
			if err := s.tell(toJSON(e)); err != nil {
				s.log.line("mail out %s: the event %s is lost: %v", p.id, e.EventType, err)
			}
		}
	})
}

// tell hands an event on, again after a pause that doubles.
func (s *sender) tell(event []byte) (err error) {
	if s.o.Events == nil {
		return nil
	}
	for try, pause := 1, 100*time.Millisecond; ; try, pause = try+1, 2*pause {
		if err = s.o.Events(s.work.ctx, event); err == nil || try == 5 {
			return err
		}
		select {
		case <-s.work.ctx.Done():
			return context.Cause(s.work.ctx)
		case <-time.After(pause):
		}
	}
}

// account answers GetAccount. Nothing is limited here but what a mail may hold.
func (s *sender) account(w http.ResponseWriter, _ *http.Request) {
	type quota struct{ Max24HourSend, MaxSendRate, SentLast24Hours float64 }
	respond(w, http.StatusOK, struct {
		EnforcementStatus                                                     string
		ProductionAccessEnabled, SendingEnabled, DedicatedIpAutoWarmupEnabled bool
		SendQuota                                                             quota
	}{"HEALTHY", true, true, false, quota{-1, -1, float64(s.sent.Load())}})
}

// identity answers GetEmailIdentity: every name is verified, save those under .invalid.
func (s *sender) identity(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	in := request{FromEmailAddress: name}
	kind := "EMAIL_ADDRESS"
	if !bytes.Contains([]byte(name), []byte("@")) {
		kind, in.FromEmailAddress = "DOMAIN", "any@"+name
	}
	if _, err := in.sender(nil); err != nil {
		notFound("Email identity %s does not exist.", name).write(w)
		return
	}
	respond(w, http.StatusOK, struct {
		IdentityType, VerificationStatus                   string
		FeedbackForwardingStatus, VerifiedForSendingStatus bool
	}{kind, "SUCCESS", true, true})
}
