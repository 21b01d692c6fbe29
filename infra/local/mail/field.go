package mail

import (
	"bytes"
	"mime"
	netmail "net/mail"
	"strings"
)

// field is one header field, as SES's JSON has it: the value unfolded, not decoded.
type field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type fields []field

// maxHeaders bounds the headers in a notification, in bytes, as SES does.
const maxHeaders = 10 << 10

// parseFields reads a header block up to its blank line, tolerantly: a line that is no field is left out.
func parseFields(block []byte) (list fields) {
	for line := range bytes.Lines(block) {
		text := strings.TrimRight(string(line), "\r\n")
		if text == "" {
			break
		}
		if text[0] == ' ' || text[0] == '\t' {
			if n := len(list); n > 0 {
				list[n-1].Value += " " + strings.TrimSpace(text)
			}
			continue
		}
		if name, value, found := strings.Cut(text, ":"); found && name != "" {
			list = append(list, field{strings.TrimSpace(name), strings.TrimSpace(value)})
		}
	}
	return list
}

// first is the first value of a name, or "".
func (l fields) first(name string) string {
	for _, f := range l {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// capped is as much as a notification may hold, and whether that is less than all.
func (l fields) capped() (kept fields, truncated bool) {
	size := 0
	for i, f := range l {
		if size += len(f.Name) + len(f.Value); size > maxHeaders {
			return l[:i:i], true
		}
	}
	return append(fields{}, l...), false
}

// commonHeaders are the few fields that SES reads out of a mail.
type commonHeaders struct {
	ReturnPath string   `json:"returnPath,omitempty"`
	From       []string `json:"from,omitempty"`
	Date       string   `json:"date,omitempty"`
	To         []string `json:"to,omitempty"`
	Cc         []string `json:"cc,omitempty"`
	Bcc        []string `json:"bcc,omitempty"`
	Sender     string   `json:"sender,omitempty"`
	ReplyTo    []string `json:"replyTo,omitempty"`
	MessageID  string   `json:"messageId,omitempty"`
	Subject    string   `json:"subject,omitempty"`
}

func (l fields) common() commonHeaders {
	return commonHeaders{
		From: l.people("From"), To: l.people("To"), Cc: l.people("Cc"), Bcc: l.people("Bcc"), ReplyTo: l.people("Reply-To"),
		Date: l.first("Date"), Sender: decode(l.first("Sender")), MessageID: l.first("Message-ID"), Subject: decode(l.first("Subject")),
	}
}

// people lists a field's addresses with their names. What can't be read as addresses is one entry, as it stands.
func (l fields) people(name string) (list []string) {
	value := l.first(name)
	if value == "" {
		return nil
	}
	parsed, err := netmail.ParseAddressList(value)
	if err != nil {
		return []string{decode(value)}
	}
	for _, a := range parsed {
		if a.Name == "" {
			list = append(list, a.Address)
			continue
		}
		list = append(list, a.Name+" <"+a.Address+">")
	}
	return list
}

// addresses lists the bare addresses of several fields, each once.
func (l fields) addresses(names ...string) (list []string) {
	seen := map[string]bool{}
	for _, name := range names {
		parsed, err := netmail.ParseAddressList(l.first(name))
		if err != nil {
			continue
		}
		for _, a := range parsed {
			if !seen[a.Address] {
				seen[a.Address] = true
				list = append(list, a.Address)
			}
		}
	}
	return list
}

// decode resolves encoded words; what can't be decoded stays.
func decode(s string) string {
	if d, err := new(mime.WordDecoder).DecodeHeader(s); err == nil {
		return d
	}
	return s
}
