package mailroom

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/mime"
)

// Connecting an address of the company is done at somebody else's: the mail service of the company forwards to the inbox,
// and asks the inbox whether it may. What comes in tells how far that is.

// noteForwarding tells which channels' forwarding works, and what a forwarding service wants confirmed. It is no reason to
// read the mail again: the next one tells it as well.
func (s *Stage) noteForwarding(ctx context.Context, a arrival, m *mime.Mail, d delivered) {
	for _, p := range d.places {
		if p.by == byOwn {
			s.noteForwarded(ctx, p.channel.ID)
		}
	}
	words := confirmation(m)
	if words == "" || len(d.places) == 0 || a.verdicts.DMARC == fail {
		return
	}
	cfg, err := s.Setup.Config(ctx)
	if err == nil {
		err = s.Diary.NoteConfirmation(ctx, asked(cfg, d.places[0], m).ID, words, s.Now())
	}
	if err != nil {
		s.Log.WarnContext(ctx, "what a forwarding service wants confirmed was not noted", "error", err)
	}
}

// noteForwarded notes it at most once an hour for each channel.
func (s *Stage) noteForwarded(ctx context.Context, id desk.ChannelID) {
	now := s.Now()
	hour := now.Unix() / 3600
	if was, known := s.forwarded.Swap(id, hour); known && was == hour {
		return
	}
	if err := s.Diary.NoteForwarded(ctx, id, now); err != nil {
		s.forwarded.Delete(id)
		s.Log.WarnContext(ctx, "that a forwarding works was not noted", "channel", id, "error", err)
	}
}

// asked is the channel whose address is to be forwarded: the one that the mail names, else the one it came in by.
func asked(cfg *desk.Config, p place, m *mime.Mail) desk.Channel {
	for _, address := range addresses().FindAllString(strings.ToLower(m.Subject+" "+m.Plain()), 50) {
		if ch, ok := ownAddress(cfg, address); ok && ch.Inbox == p.inbox {
			return ch
		}
	}
	return p.channel
}

// Patterns are made when they are first needed: at the start they cost more than all else of the function.
var (
	addresses = pattern(`[a-z0-9._+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+`)
	links     = pattern(`https://[^\s"'<>\])]{4,1000}`)
	codes     = pattern(`#(\d{6,12})\b`)
	digits    = pattern(`\b\d{6,12}\b`)
)

func pattern(of string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(of) })
}

// forwarder is a mail service that asks before it forwards: what it is called, the domains it writes from, and where its
// links lead. Nobody else's link is shown to an admin as one to open.
type forwarder struct {
	name    string
	domains []string
	hosts   []string
}

func forwarders() []forwarder {
	return []forwarder{
		{"Gmail", []string{"google.com"}, []string{"mail-settings.google.com", "mail.google.com"}},
		{"Outlook", []string{"microsoft.com", "outlook.com", "live.com"}, []string{"live.com", "outlook.com", "office.com", "microsoft.com"}},
		{"Yahoo", []string{"yahoo.com", "yahooinc.com"}, []string{"yahoo.com"}},
	}
}

// confirmation is what a forwarding service wants confirmed, in an admin's words with its link and code; empty when the
// mail is nothing of the kind.
func confirmation(m *mime.Mail) string {
	if len(m.From) != 1 {
		return ""
	}
	local, domain, _ := strings.Cut(strings.ToLower(m.From[0].Addr), "@")
	if !strings.Contains(strings.ReplaceAll(local, "-", ""), "noreply") {
		return ""
	}
	for _, f := range forwarders() {
		if !under(domain, f.domains) {
			continue
		}
		text := m.Plain()
		if f.name == "Gmail" && local != "forwarding-noreply" || f.name != "Gmail" && !strings.Contains(strings.ToLower(m.Subject+text), "forward") {
			return ""
		}
		return f.words(linkIn(text+" "+m.HTML, f.hosts), codeIn(m.Subject, text))
	}
	return ""
}

func (f forwarder) words(link, code string) string {
	switch {
	case link != "" && code != "":
		return f.name + " asks whether it may forward here: open " + link + " or enter the code " + code + " there."
	case link != "":
		return f.name + " asks whether it may forward here: open " + link
	case code != "":
		return f.name + " asks whether it may forward here: enter the code " + code + " there."
	}
	return ""
}

func under(host string, domains []string) bool {
	return slices.ContainsFunc(domains, func(d string) bool { return host == d || strings.HasSuffix(host, "."+d) })
}

// linkIn is the first link that confirms, at one of the hosts: Gmail's other one, which cancels, comes after it.
func linkIn(text string, hosts []string) string {
	for _, link := range links().FindAllString(text, 100) {
		u, err := url.Parse(strings.ReplaceAll(link, "&amp;", "&"))
		if err == nil && u.User == nil && under(strings.ToLower(u.Hostname()), hosts) && len(u.Path) > 1 && !strings.Contains(u.Path, "/answer/") {
			return u.String()
		}
	}
	return ""
}

func codeIn(subject, text string) string {
	if found := codes().FindStringSubmatch(subject); found != nil {
		return found[1]
	}
	return digits().FindString(links().ReplaceAllString(text, ""))
}
