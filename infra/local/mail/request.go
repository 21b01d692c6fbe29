package mail

import (
	netmail "net/mail"
	"regexp"
	"strings"
)

const (
	maxRecipients = 50
	maxTags       = 50
)

// request is the body of SendEmail, as far as it is read.
type request struct {
	FromEmailAddress     string
	Destination          destination
	ReplyToAddresses     []string
	Content              content
	EmailTags            []tag
	ConfigurationSetName string

	limit int // bytes of the whole mail; not part of the call
}

type destination struct {
	ToAddresses, CcAddresses, BccAddresses []string
}

// content is one of three; Template is not kept here, so that it is refused.
type content struct {
	Raw *struct {
		Data []byte
	}
	Simple   *simple
	Template *struct {
		TemplateName string
	}
}

// tag is a name and value that come back with every event of a mail.
type tag struct{ Name, Value string }

var tagForm = regexp.MustCompile(`^[A-Za-z0-9_\-.@]{1,256}$`)

// outgoing is a checked mail on its way.
type outgoing struct {
	from             string   // bare address
	to               []string // bare addresses of all recipients, each once
	tags             map[string]string
	configurationSet string
	headers          fields // as the caller wrote them
	wire             []byte // as recipients get it, but for SES's own id and date
}

// check makes an outgoing mail of a request, or refuses it as SES does.
func (in request) check() (outgoing, error) {
	raw, err := in.raw()
	if err != nil {
		return outgoing{}, err
	}
	m, err := splitMail(raw)
	if err != nil {
		return outgoing{}, err
	}
	out := outgoing{headers: m.fields(), configurationSet: in.ConfigurationSetName}
	if out.configurationSet == "" {
		out.configurationSet = out.headers.first("X-SES-CONFIGURATION-SET")
	}
	if out.from, err = in.sender(out.headers); err != nil {
		return outgoing{}, err
	}
	if out.to, err = in.recipients(out.headers); err != nil {
		return outgoing{}, err
	}
	if out.tags, err = in.tags(out.headers); err != nil {
		return outgoing{}, err
	}
	out.wire = m.wire(in)
	return out, nil
}

func (in request) raw() ([]byte, error) {
	kinds := 0
	for _, given := range []bool{in.Content.Raw != nil, in.Content.Simple != nil, in.Content.Template != nil} {
		if given {
			kinds++
		}
	}
	switch {
	case kinds != 1:
		return nil, bad("Content must have one of Raw, Simple and Template.")
	case in.Content.Template != nil:
		return nil, notFound("Template %s does not exist.", in.Content.Template.TemplateName)
	case in.Content.Simple != nil:
		return in.Content.Simple.build(in)
	case len(in.Content.Raw.Data) == 0:
		return nil, bad("Raw message data is empty.")
	case len(in.Content.Raw.Data) > in.limit:
		return nil, tooBig(in.limit)
	}
	return in.Content.Raw.Data, nil
}

// sender is the address that must be verified: of the call, else of the mail.
func (in request) sender(headers fields) (string, error) {
	from := in.FromEmailAddress
	if from == "" {
		from = headers.first("From")
	}
	if from == "" {
		return "", bad("Missing required header 'From'.")
	}
	if in.FromEmailAddress == "" {
		// From may name several people; the first is asked.
		if list := headers.addresses("From"); len(list) > 0 {
			from = list[0]
		}
	}
	address, err := bare(from)
	if err != nil {
		return "", err
	}
	// A name under .invalid never exists, so nobody can have verified it.
	if strings.HasSuffix(strings.ToLower(address), ".invalid") {
		return "", rejected("Email address is not verified. The following identities failed the check: %s", address)
	}
	return address, nil
}

func (in request) recipients(headers fields) (list []string, err error) {
	named := append(append(append([]string(nil), in.Destination.ToAddresses...), in.Destination.CcAddresses...), in.Destination.BccAddresses...)
	if len(named) == 0 {
		named = headers.addresses("To", "Cc", "Bcc")
	}
	if len(named) == 0 {
		return nil, bad("Missing required destination: no recipient in Destination, To, Cc or Bcc.")
	}
	if len(named) > maxRecipients {
		return nil, bad("Recipient count exceeds %d.", maxRecipients)
	}
	seen := map[string]bool{}
	for _, n := range named {
		address, err := bare(n)
		if err != nil {
			return nil, err
		}
		if !seen[address] {
			seen[address] = true
			list = append(list, address)
		}
	}
	return list, nil
}

// bare is the address without its name. SES takes ASCII only.
func bare(s string) (string, error) {
	a, err := netmail.ParseAddress(s)
	if err != nil {
		return "", bad("Illegal address: %s", s)
	}
	at := strings.LastIndexByte(a.Address, '@')
	for i, c := range a.Address {
		if c > '~' && i > at {
			return "", bad("Domain contains illegal character: %s", s)
		}
		if c > '~' || c <= ' ' {
			return "", bad("Local address contains control or whitespace, or is not ASCII: %s", s)
		}
	}
	return a.Address, nil
}

// tags are those of the call, else those of the mail's own header.
func (in request) tags(headers fields) (map[string]string, error) {
	tags, list := map[string]string{}, in.EmailTags
	if len(list) == 0 {
		for pair := range strings.SplitSeq(headers.first("X-SES-MESSAGE-TAGS"), ",") {
			if name, value, found := strings.Cut(pair, "="); found {
				list = append(list, tag{strings.TrimSpace(name), strings.TrimSpace(value)})
			}
		}
	}
	if len(list) > maxTags {
		return nil, bad("A mail has at most %d tags.", maxTags)
	}
	for _, t := range list {
		if !tagForm.MatchString(t.Name) || !tagForm.MatchString(t.Value) {
			return nil, bad("Invalid tag <%s, %s>: only alphanumeric ASCII characters, '_', '-', '.', '@' are allowed, 1 to 256 of them.", t.Name, t.Value)
		}
		if _, twice := tags[t.Name]; twice {
			return nil, bad("Duplicate tag: %s.", t.Name)
		}
		tags[t.Name] = t.Value
	}
	return tags, nil
}
