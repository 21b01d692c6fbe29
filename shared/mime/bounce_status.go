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
	for range maxRecipients {
		in.block.open = false
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
	return p, p.Address != "" || p.Action != "" || p.Status != ""
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

// firstStatus finds the first enhanced status code (RFC 3463) in a text: class 2, 4 or 5, then two numbers of at most three digits.
func firstStatus(s string) string {
	for i := 0; i+4 < len(s); i++ {
		if s[i] != '5' && s[i] != '4' && s[i] != '2' || s[i+1] != '.' || i > 0 && isStatusByte(s[i-1]) {
			continue
		}
		subject := digits(s[i+2:])
		at := i + 2 + subject
		if subject == 0 || subject > 3 || at >= len(s) || s[at] != '.' {
			continue
		}
		detail := digits(s[at+1:])
		end := at + 1 + detail
		if detail == 0 || detail > 3 || end < len(s) && (s[end] == '.' && end+1 < len(s) && isDigit(s[end+1]) || isWordByte(s[end])) {
			continue // an address or a version
		}
		return s[i:end]
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

// isStatusByte says that a byte before a number makes it part of something longer.
func isStatusByte(c byte) bool { return isWordByte(c) || c == '.' || c == '-' }
