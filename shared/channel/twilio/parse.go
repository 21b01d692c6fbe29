package twilio

import (
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/channel/signature"
	"github.com/loket-desk/loket/shared/desk"
)

// Receive takes one call: a message, or what became of one of ours. It is answered with empty TwiML, since any other text
// would be sent to the customer as a reply.
func (n numbers) Receive(a channel.Account, r channel.Request) (channel.Received, error) {
	if err := signature.Twilio(a.Credentials[tokenField], r.URL, r.Header, r.Body); err != nil {
		return channel.Received{}, err
	}
	p := parser{whatsapp: n.whatsapp, service: isService(fromOf(a)), now: r.Now.UTC(), query: queryOf(r.URL)}
	p.form, p.raw = p.query, []byte(p.query.Encode())
	if r.Method == http.MethodPost {
		p.raw = r.Body
		p.form, _ = url.ParseQuery(string(r.Body)) // read before by who proved it, but for a body that is no form
	}
	out := p.translate()
	out.Answer = &channel.Answer{Status: http.StatusOK, ContentType: "text/xml", Body: []byte("<Response/>")}
	return out, nil
}

func queryOf(address string) url.Values {
	u, err := url.Parse(address)
	if err != nil {
		return url.Values{}
	}
	return u.Query()
}

// parser translates one call's form.
type parser struct {
	whatsapp bool
	service  bool // the account is a messaging service, not a number
	now      time.Time
	query    url.Values
	form     url.Values
	raw      []byte
}

func (p parser) get(name string) string { return channel.Clean(p.form.Get(name)) }

func (p parser) translate() channel.Received {
	sid := channel.Bounded(p.get("MessageSid"))
	if sid == "" {
		sid = channel.Bounded(p.get("SmsSid"))
	}
	state := p.get("MessageStatus")
	switch {
	case sid == "":
		return one(channel.Unparsed(p.raw, "Twilio sent something that names no message: this address takes messages and their statuses only.", p.now))
	case state != "" && state != "received" && state != "receiving":
		return p.status(sid, state)
	case p.get("From") == "":
		return one(channel.Unparsed(p.raw, "Twilio sent a message without a sender.", p.now))
	default:
		return p.message(sid)
	}
}

func (p parser) message(sid string) channel.Received {
	who := p.party(p.get("From"))
	e := desk.Inbound{
		Account: p.account(), Type: desk.InMessage, ID: sid, Thread: who.Value, At: p.now, From: who,
		Text: p.get("Body"), Attachments: p.attachments(), ReplyTo: channel.Bounded(p.get("OriginalRepliedMessageSid")),
	}
	if e.Text == "" {
		e.Text = p.get("ButtonText")
	}
	if e.Text == "" && len(e.Attachments) == 0 {
		e.Unsupported, e.Payload = "a message without text or files", p.payload()
		if kind := p.get("MessageType"); kind != "" && kind != "text" {
			e.Unsupported = "a message of a kind that Twilio doesn't hand on (" + kind + ")"
		}
	}
	if strings.EqualFold(p.get("OptOutType"), "STOP") {
		e.Muted = true // a word for the carrier: nobody needs to answer it
		return channel.Received{Events: []desk.Inbound{e, {
			Account: e.Account, Type: desk.InBlocked, ID: sid + ":stop", Thread: e.Thread, At: p.now, From: who,
		}}}
	}
	return one(e)
}

// payload is the form as JSON, to be shown.
func (p parser) payload() json.RawMessage {
	shown := map[string]string{}
	for name := range p.form {
		shown[channel.Clean(name)] = p.get(name)
	}
	b, _ := json.Marshal(shown) // texts only: this can't fail
	return b
}

// account is which of our addresses was written to, so that another number's message never becomes this channel's.
func (p parser) account() string {
	if p.service {
		return p.get("MessagingServiceSid")
	}
	to := p.get("To")
	if p.whatsapp {
		if number, ok := strings.CutPrefix(to, prefix); ok {
			return number
		}
		return "sms:" + to // an SMS that was sent to the WhatsApp channel's address
	}
	return to
}

// party is who wrote.
func (p parser) party(address string) desk.Party {
	address = strings.TrimPrefix(address, prefix)
	who := desk.Party{Name: p.get("ProfileName")}
	switch {
	case isNumber(address):
		who.Identity = desk.Identity{Kind: phoneKind, Value: address}
	case p.whatsapp:
		who.Identity = desk.Identity{Kind: userKind, Value: channel.Bounded(address)}
	default: // a short code, or a name that can't be answered
		who.Identity = desk.Identity{Kind: TypeSMS, Value: channel.Bounded(address)}
	}
	if number := "+" + p.get("WaId"); isNumber(number) && who.Kind != phoneKind {
		who.Also = append(who.Also, desk.Identity{Kind: phoneKind, Value: number})
	}
	if user := p.get("ExternalUserId"); p.whatsapp && user != "" && who.Kind == phoneKind {
		who.Also = append(who.Also, desk.Identity{Kind: userKind, Value: channel.Bounded(user)})
	}
	return who
}

// attachments are the message's files, still at Twilio, and a place.
func (p parser) attachments() []desk.Attachment {
	var out []desk.Attachment
	n, _ := strconv.Atoi(p.get("NumMedia"))
	for i := range min(n, 20) {
		number := strconv.Itoa(i)
		address := p.get("MediaUrl" + number)
		if address == "" {
			continue
		}
		kind := p.get("MediaContentType" + number)
		part := desk.Attachment{ID: strconv.Itoa(len(out)), ContentType: kind, Usage: p.usage(kind), State: desk.PartPending}
		part.Name = "file" + extension(kind)
		if part.Ref = refOf(address); part.Ref == "" {
			part.State, part.Reason = desk.PartRefused, "Its address is none of Twilio's."
		}
		out = append(out, part)
	}
	if at, ok := p.place(); ok {
		out = append(out, desk.Attachment{ID: strconv.Itoa(len(out)), Usage: desk.UsageLocation, State: desk.PartInline, Data: at})
	}
	return out
}

// refOf is what a file is fetched by: the path of its address, so that credentials never go to another host.
func refOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.User != nil || !isMediaPath(u.Path) {
		return ""
	}
	return u.Path
}

// isMediaPath tells /2010-04-01/Accounts/AC…/Messages/MM…/Media/ME….
func isMediaPath(path string) bool {
	s := strings.Split(path, "/")
	return len(s) == 8 && s[0] == "" && s[1] == "2010-04-01" && s[2] == "Accounts" && isSID(s[3], "AC") && s[4] == "Messages" &&
		(isSID(s[5], "MM") || isSID(s[5], "SM")) && s[6] == "Media" && isSID(s[7], "ME")
}

func (p parser) usage(contentType string) desk.Usage {
	kind, _, _ := mime.ParseMediaType(contentType)
	switch family, _, _ := strings.Cut(kind, "/"); {
	case p.whatsapp && kind == "image/webp":
		return desk.UsageSticker
	case p.whatsapp && kind == "audio/ogg":
		return desk.UsageVoice
	case family == "image":
		return desk.UsageImage
	case family == "audio":
		return desk.UsageAudio
	case family == "video":
		return desk.UsageVideo
	}
	return desk.UsageFile
}

// extension is the usual one of a content type; the machine's own table would give another on each.
func extension(contentType string) string {
	kind, _, _ := mime.ParseMediaType(contentType)
	known := map[string]string{
		"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp", "audio/ogg": ".ogg", "audio/mpeg": ".mp3",
		"audio/amr": ".amr", "audio/mp4": ".m4a", "video/mp4": ".mp4", "video/3gpp": ".3gp", "application/pdf": ".pdf", "text/vcard": ".vcf", "text/x-vcard": ".vcf", "text/plain": ".txt",
	}
	return known[kind]
}

func (p parser) place() (string, bool) {
	lat, err := strconv.ParseFloat(p.get("Latitude"), 64)
	long, err2 := strconv.ParseFloat(p.get("Longitude"), 64)
	if err != nil || err2 != nil || !(lat >= -90 && lat <= 90 && long >= -180 && long <= 180) {
		return "", false
	}
	b, err := json.Marshal(struct {
		Latitude  float64 `json:"latitude"`
		Longitude float64 `json:"longitude"`
		Name      string  `json:"name,omitempty"`
		Address   string  `json:"address,omitempty"`
	}{lat, long, p.get("Label"), p.get("Address")})
	return string(b), err == nil
}

func one(e desk.Inbound) channel.Received { return channel.Received{Events: []desk.Inbound{e}} }
