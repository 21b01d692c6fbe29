package routing

import (
	"context"
	"slices"
	"strings"

	"github.com/loket-desk/loket/shared/desk"
)

// screen decides whether a mail that begins a conversation goes to the filtered place: what the mail service calls spam or
// a virus, what its own domain disowns, and role-based senders where the inbox says so.
func (r *Router) screen(ctx context.Context, cfg *desk.Config, ch desk.Channel, e desk.Inbound, f *desk.Filing) error {
	v := e.Mail.Verdicts
	why := ""
	switch {
	case v.Virus == "FAIL":
		why = "filtered: a virus was found; its attachments are refused"
	case v.Spam == "FAIL":
		why = "filtered: it looks like spam"
	case unverified(v):
		why = "filtered: the sender's domain says that it did not send this"
	}
	if why == "" {
		role, err := r.roleSender(ctx, cfg.Inboxes[ch.Inbox].Spam, e.From.Identity)
		if err != nil {
			return err
		}
		if role {
			why = "filtered: a role-based sender"
		}
	}
	if why != "" {
		f.Place, f.Work = desk.Filtered, ""
		f.Message.JoinedBy = strings.TrimPrefix(f.Message.JoinedBy+"; "+why, "; ")
	}
	return nil
}

// roleLocals are the local parts whose mail is advertising rather than a question.
func roleLocals() []string {
	return []string{
		"marketing", "sales", "newsletter", "newsletters", "news", "promo", "promotions", "offers", "deals", "campaign", "campaigns",
		"mailing", "digest", "bulk",
	}
}

// roleSender reports whether an address is role-based, isn't allowed by the inbox, and is nobody we know.
func (r *Router) roleSender(ctx context.Context, rule desk.SpamRule, from desk.Identity) (bool, error) {
	address := strings.ToLower(from.Value)
	local, domain, ok := strings.Cut(address, "@")
	local, _, _ = strings.Cut(local, "+")
	if !rule.RoleAddresses || !ok || !slices.Contains(roleLocals(), local) {
		return false, nil
	}
	for _, allowed := range rule.Allow {
		allowed = strings.ToLower(strings.TrimPrefix(allowed, "@"))
		if allowed == address || allowed == domain {
			return false, nil
		}
	}
	_, err := r.Evidence.ContactOf(ctx, from)
	if desk.CodeOf(err) == desk.NotFound {
		return true, nil
	}
	return false, err
}
