package mailroom

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loket-desk/loket/shared/desk"
)

// patience bounds the property test: what is left of its sequences after it does nothing.
const patience = 10 * time.Second

// history is what a sequence of mails has left that a later mail may name.
type history struct {
	o      *office
	run    string
	ids    []string                         // message ids, ours and theirs
	convs  []desk.ConversationID            // in the order in which they began
	people map[desk.ConversationID][]string // who takes part
	sent   []mail
	outs   int
}

// TestNoMailIsEverShownWhereItsSenderTakesNoPart: for any sequence of mails, a message lies in a conversation that its
// sender takes part in, or it carried a valid token of that conversation, or it began the conversation.
func TestNoMailIsEverShownWhereItsSenderTakesNoPart(t *testing.T) {
	o := newOffice(t)
	until, runs := time.Now().Add(patience), 0
	rapid.Check(t, func(rt *rapid.T) {
		runs++
		h := &history{o: o, run: fmt.Sprintf("r%d.example", runs), people: map[desk.ConversationID][]string{}}
		for range rapid.IntRange(2, 9).Draw(rt, "mails") {
			if time.Now().After(until) {
				return
			}
			if len(h.convs) > 0 && rapid.IntRange(0, 3).Draw(rt, "we answer") == 0 {
				h.answer(rt)
				continue
			}
			h.mail(rt)
		}
	})
}

func (h *history) someone(rt *rapid.T, label string) string {
	return rapid.SampledFrom([]string{"ann", "bob", "eve", "carl"}).Draw(rt, label) + "@" + h.run
}

func (h *history) answer(rt *rapid.T) {
	c := rapid.SampledFrom(h.convs).Draw(rt, "answered")
	to := h.someone(rt, "to")
	h.outs++
	own, wire := h.o.answer(rt, c, fmt.Sprintf("0100-%s-%d", h.run, h.outs), to)
	h.ids = append(h.ids, own, wire)
	h.people[c] = append(h.people[c], to)
}

func (h *history) mail(rt *rapid.T) {
	m := mail{from: h.someone(rt, "from"), to: []string{rapid.SampledFrom([]string{inbox, sales}).Draw(rt, "inbox")}}
	if rapid.IntRange(0, 9).Draw(rt, "has an id") > 0 {
		m.id = fmt.Sprintf("m%d@%s", h.o.n, h.run)
	}
	proven := h.tokens(rt, &m)
	h.headers(rt, &m)
	if len(h.sent) > 0 && rapid.IntRange(0, 7).Draw(rt, "a replay") == 0 {
		m = rapid.SampledFrom(h.sent).Draw(rt, "replayed")
		m.from, proven = h.someone(rt, "replayed by"), h.provenBy(m)
	}
	before := h.o.n
	at := h.o.send(rt, m)
	h.sent = append(h.sent, m)
	for ch, id := range at {
		h.check(rt, m, proven, conversation(id), fmt.Sprintf("mail %d by %s: %q", before, ch, h.o.why(rt, id)))
	}
	if m.id != "" {
		h.ids = append(h.ids, m.id)
	}
}

// tokens adds reply addresses, of which some prove a conversation.
func (h *history) tokens(rt *rapid.T, m *mail) []desk.ConversationID {
	if len(h.convs) == 0 || rapid.IntRange(0, 2).Draw(rt, "token") > 0 {
		return nil
	}
	c := rapid.SampledFrom(h.convs).Draw(rt, "token of")
	token := tokenOf(c)
	switch rapid.IntRange(0, 5).Draw(rt, "which token") {
	case 0:
		token = token[:len(token)-1] + "!"
	case 1:
		token = token[:rapid.IntRange(0, len(token)-1).Draw(rt, "cut at")]
	case 2:
		name, _, _ := strings.Cut(token, ".")
		_, sum, _ := strings.Cut(tokenOf(h.convs[0]+"X"), ".")
		token = name + "." + sum
	case 3:
		token = strings.ToUpper(token)
	}
	m.to = append(m.to, "reply+"+token+"@desk.example")
	if rapid.Bool().Draw(rt, "only the token") {
		m.to = m.to[1:]
	}
	return h.provenBy(*m)
}

// provenBy are the conversations that a mail's envelope proves.
func (h *history) provenBy(m mail) []desk.ConversationID {
	var out []desk.ConversationID
	for _, to := range m.to {
		for _, c := range h.convs {
			if strings.EqualFold(to, "reply+"+tokenOf(c)+"@desk.example") {
				out = append(out, c)
			}
		}
	}
	return out
}

// headers names what came before in every way that a mail can.
func (h *history) headers(rt *rapid.T, m *mail) {
	some := func(label string) string {
		if len(h.ids) == 0 {
			return "<unknown@" + h.run + ">"
		}
		return "<" + rapid.SampledFrom(h.ids).Draw(rt, label) + ">"
	}
	if rapid.Bool().Draw(rt, "In-Reply-To") {
		m.header += "In-Reply-To: " + rapid.SampledFrom([]string{some("answered id"), "<>", "", "nonsense"}).Draw(rt, "in reply to") + "\n"
	}
	if rapid.Bool().Draw(rt, "References") {
		m.header += "References: " + some("first reference") + " " + some("second reference") + "\n"
	}
	if rapid.IntRange(0, 3).Draw(rt, "Thread-Index") == 0 {
		m.header += "Thread-Index: AQHa" + strings.Repeat("A", 24) + "\n"
	}
	if rapid.IntRange(0, 3).Draw(rt, "Cc") == 0 {
		m.header += "Cc: " + h.someone(rt, "copied") + "\n"
	}
	if rapid.IntRange(0, 3).Draw(rt, "automatic") == 0 {
		m.header += "Auto-Submitted: auto-replied\n"
	}
	m.subject = rapid.SampledFrom([]string{"Order", "Re: Order", "[#1]", "Re: Order [#2]"}).Draw(rt, "subject")
}

func (h *history) check(rt *rapid.T, m mail, proven []desk.ConversationID, c desk.ConversationID, words string) {
	switch {
	case !slices.Contains(h.convs, c):
		h.convs = append(h.convs, c) // it began one
	case !slices.Contains(proven, c) && !slices.Contains(h.people[c], m.from):
		rt.Fatalf("%s lies in a conversation of %q, from %s to %q with\n%s", words, h.people[c], m.from, m.to, m.header)
	}
	h.people[c] = append(h.people[c], m.from)
	if _, copied, ok := strings.Cut(m.header, "Cc: "); ok {
		h.people[c] = append(h.people[c], strings.TrimSpace(strings.SplitN(copied, "\n", 2)[0]))
	}
}
