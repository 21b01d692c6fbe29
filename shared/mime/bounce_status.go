package mime

import (
	"strings"
)

// maxRecipients bounds the recipients read from one report.
const maxRecipients = 1000

// statusGroups reads a message/delivery-status (RFC 3464) or like report: groups of fields, each after a blank line. The first
// group is about the whole mail, unless a recipient is named in it.
func statusGroups(body []byte) []Headers {
	var groups []Headers
	in := newReader(newLineSourceBytes(body), nil, Limits{}.withDefaults())
	for len(groups) < maxRecipients {
		h := in.readHeaders()
		if len(h) > 0 {
			groups = append(groups, h)
			continue
		}
		if _, _, _, ok := in.in.next(); !ok { // at the end, or at a line that is no field
			break
		}
	}
	return groups
}

// recipientOf reads one group; false when it names no recipient.
func recipientOf(g Headers) (Recipient, bool) {
	p := Recipient{
		Address:    typedAddress(g.Get("Final-Recipient")),
		Action:     strings.ToLower(firstWord(g.Get("Action"))),
		Status:     firstStatus(g.Get("Status")),
		Diagnostic: diagnosticOf(g.Text("Diagnostic-Code")),
	}
	for _, name := range []string{"Original-Recipient", "X-Actual-Recipient", "Original-Rcpt-To"} {
		if a := typedAddress(g.Get(name)); !strings.Contains(p.Address, "@") && strings.Contains(a, "@") {
			p.Address = a
		}
	}
	return p, p.Address != "" || p.Action != "" && p.Status != ""
}

// typedAddress takes the address out of "rfc822; user@example.com".
func typedAddress(v string) string {
	v = dropComment(v)
	if kind, rest, ok := strings.Cut(v, ";"); ok && !strings.Contains(kind, "@") {
		v = rest
	}
	if list := ParseAddresses(v); len(list) > 0 && list[0].Addr != "" {
		return list[0].Addr
	}
	return cleanAddr(v)
}

// diagnosticOf takes the type off "smtp; 550 No such user".
func diagnosticOf(v string) string {
	if kind, rest, ok := strings.Cut(v, ";"); ok && len(kind) < 20 && !strings.ContainsAny(trimSpace(kind), " ") {
		v = rest
	}
	return strings.Join(strings.Fields(v), " ")
}

func firstWord(s string) string {
	if f := strings.Fields(s); len(f) > 0 {
		return strings.Trim(f[0], ";,.")
	}
	return ""
}

func digits(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isWordByte(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' }
