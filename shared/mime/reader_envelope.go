package mime

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// maxIDs bounds the message ids read from one field.
const maxIDs = 1000

// envelope reads the mail's own headers.
func (r *reader) envelope() {
	m, h := r.mail, r.mail.Headers
	m.From = addressesOf(h, "From")
	m.To = addressesOf(h, "To")
	m.Cc = addressesOf(h, "Cc")
	m.Bcc = addressesOf(h, "Bcc")
	m.ReplyTo = addressesOf(h, "Reply-To")
	if s := addressesOf(h, "Sender"); len(s) > 0 {
		m.Sender = s[0]
	}
	m.Subject = trimSpace(h.Text("Subject"))
	m.MessageID = first(ParseIDs(h.Get("Message-Id")))
	m.InReplyTo = ParseIDs(h.Get("In-Reply-To"))
	for _, v := range h.All("References") {
		m.References = append(m.References, ParseIDs(v)...)
	}
	m.ThreadIndex = threadIndex(h.Get("Thread-Index"))
	if date := h.Get("Date"); date != "" {
		t, ok := ParseDate(date)
		if !ok {
			r.problem("date-malformed", "the Date header can't be read")
		}
		m.Date = t
	}
	if !anyAddr(m.From) {
		r.problem("from-missing", "the From header holds no address")
	}
}

// addressesOf reads every field of a name.
func addressesOf(h Headers, name string) []Address {
	var all []Address
	for i := range h {
		if strings.EqualFold(h[i].Name, name) && len(all) < maxAddresses {
			all = append(all, ParseAddresses(h[i].Value)...)
		}
	}
	return all
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// ParseIDs reads the message ids of a Message-ID, In-Reply-To or References field, without their angle brackets.
// White space inside an id is a folding accident and goes; words without brackets count when they look like ids. Some
// writers make encoded words of long ids, which no id should be.
func ParseIDs(field string) []string {
	var ids []string
	if strings.Contains(field, "=?") {
		field = DecodeWords(field)
	}
	rest := field
	for len(ids) < maxIDs {
		i := strings.IndexByte(rest, '<')
		if i < 0 {
			break
		}
		rest = rest[i+1:]
		end := strings.IndexAny(rest, "<>")
		if end < 0 {
			end = len(rest)
		}
		if id := strings.Join(strings.Fields(rest[:end]), ""); id != "" {
			ids = append(ids, id)
		}
		rest = strings.TrimPrefix(rest[end:], ">")
	}
	if len(ids) > 0 {
		return ids
	}
	for _, w := range strings.FieldsFunc(field, func(r rune) bool { return r == ' ' || r == '\t' || r == ',' || r == ';' }) {
		if w = strings.Trim(w, `>"'`); strings.ContainsRune(w, '@') && len(ids) < maxIDs {
			ids = append(ids, w)
		}
	}
	if len(ids) == 0 && field != "" && !strings.ContainsAny(field, " \t<>") {
		return []string{field}
	}
	return ids
}

// threadIndex takes the conversation's identity out of Outlook's Thread-Index: 22 bytes, of which the first six are a time.
func threadIndex(v string) string {
	raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(v), ""))
	if err != nil || len(raw) < 22 {
		return ""
	}
	return hex.EncodeToString(raw[6:22])
}
