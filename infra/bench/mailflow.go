package main

import (
	"bytes"
	"context"
	"fmt"
	"net/smtp"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/loket-desk/loket/infra/bench/probe"
	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/table"
)

const (
	mailsSent   = 400 // of 50 KB
	mailWriters = 40  // ten each, the later ones answers in the same thread
)

// mailStages are the functions that a mail passes.
func mailStages() []string { return []string{"mail", "router", "dispatcher", "ticket"} }

// mailFlow sends mails by SMTP through the local run: what CPU one of 50 KB costs, and what memory one of 25 MB takes.
func (b *bench) mailFlow() error {
	s, err := b.running()
	if err != nil {
		return err
	}
	if s.SMTP == "" {
		return fmt.Errorf("the local run takes no mail")
	}
	var inbox struct{ ID, FallbackAddress string }
	if err := s.call(b.ctx, 201, "POST", "/v1/inboxes", object{"name": "Mail", "kind": "INBOX", "access": object{"everyone": true}}, &inbox); err != nil {
		return err
	}
	t := table.New(client(s.Endpoints["dynamodb"], nil), s.Table)
	post := &postman{server: s.SMTP, to: inbox.FallbackAddress, mail: mailOf(40<<10, 10<<10)}
	if err := post.deliver(b.ctx, mailWriters); err != nil { // the first of each thread: processes come up
		return err
	}
	if err := filedAll(b.ctx, t, desk.InboxID(inbox.ID), mailWriters); err != nil {
		return err
	}
	before, err := s.cpu()
	if err != nil {
		return err
	}
	if err := post.deliver(b.ctx, mailsSent); err != nil {
		return err
	}
	if err := filedAll(b.ctx, t, desk.InboxID(inbox.ID), mailWriters+mailsSent); err != nil {
		return err
	}
	after, err := s.cpu()
	if err != nil {
		return err
	}
	spent, err := spentBetween(before, after)
	if err != nil {
		return err
	}
	b.add(cpuRow("cpu.mail_ms", mailStages(), spent, mailsSent))
	return b.largeMailThrough(s, t, post, desk.InboxID(inbox.ID))
}

// largeMailThrough sends a mail of 25 MB and tells the most memory that the mail function held.
func (b *bench) largeMailThrough(s *stack, t *table.Table, post *postman, inbox desk.InboxID) error {
	post.mail = mailOf(100<<10, 25<<20)
	sent := int64(mailWriters + mailsSent + 1)
	if err := post.deliver(b.ctx, 1); err != nil {
		return err
	}
	if err := filedAll(b.ctx, t, inbox, sent); err != nil {
		return err
	}
	if err := s.reload(); err != nil {
		return err
	}
	most := 0
	for _, pid := range s.Functions["mail"] {
		kb, err := probe.PeakKB(pid)
		if err != nil {
			return err
		}
		most = max(most, kb)
	}
	b.add(limited("mail.25m_function_mb", float64(most)/1024, "MB", "the function with its uploads, in the local run"))
	return nil
}

// postman delivers mails by SMTP, each with a Message-ID of its own, in the threads of so many writers.
type postman struct {
	server, to string
	mail       []byte
	sent       atomic.Int64
}

// deliver sends n mails, four at once.
func (p *postman) deliver(ctx context.Context, n int) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	for range n {
		group.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			i := p.sent.Add(1) - 1
			writer := fmt.Sprintf("writer%d@example.com", i%mailWriters)
			return smtp.SendMail(p.server, nil, writer, []string{p.to}, p.letter(i, writer))
		})
	}
	return group.Wait()
}

// letter is the mail as the i-th one: from its writer, and from the second round on an answer to the writer's first.
func (p *postman) letter(i int64, writer string) []byte {
	id, root := fmt.Sprintf("<m%d@example.com>", i), fmt.Sprintf("<m%d@example.com>", i%mailWriters)
	references := ""
	if i >= mailWriters {
		references = "References: " + root + "\r\nIn-Reply-To: " + root
	} else {
		references = "X-First: yes"
	}
	head, rest, _ := bytes.Cut(p.mail, []byte("MIME-Version:"))
	head = bytes.Replace(head, []byte("anna@example.com"), []byte(writer), 1)
	head = bytes.Replace(head, []byte("<1@example.com>"), []byte(id), 1)
	head = bytes.Replace(head, []byte("References: <a@example.net> <b@example.net>"), []byte(references), 1)
	head = bytes.Replace(head, []byte("Mon, 2 Jun 2025 10:00:00 +0200"), []byte(time.Now().Format(time.RFC1123Z)), 1)
	return bytes.Join([][]byte{head, []byte("MIME-Version:"), rest}, nil)
}
