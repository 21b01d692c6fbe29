package mail

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	netmail "net/mail"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/smithy-go"
)

func TestWhatSESRefusesIsRefusedInItsWords(t *testing.T) {
	const limit = 100_000
	p := sending(t, func(o *OutOptions) { o.MaxBytes = limit })
	many := strings.Split(strings.Repeat("a@example.com,", 51), ",")[:51]
	tagged := func(name, value string) *sesv2.SendEmailInput {
		in := raw(outMail)
		in.EmailTags = []types.MessageTag{{Name: &name, Value: &value}, {Name: aws.String("twice"), Value: aws.String("x")}, {Name: aws.String("twice"), Value: aws.String("x")}}
		return in
	}
	for name, c := range map[string]struct {
		in   *sesv2.SendEmailInput
		code string
		want string
	}{
		"51 recipients":      {raw(outMail, many...), "BadRequestException", "exceeds 50"},
		"no recipient":       {raw("From: a@loket.test\r\n\r\n"), "BadRequestException", "destination"},
		"no sender":          {raw("To: a@example.com\r\n\r\n"), "BadRequestException", "From"},
		"bad sender":         {raw("From: nobody\r\nTo: a@example.com\r\n\r\n"), "BadRequestException", "Illegal address"},
		"unverified sender":  {raw("From: a@nobody.invalid\r\nTo: a@example.com\r\n\r\n"), "MessageRejected", "not verified"},
		"bad recipient":      {raw(outMail, "jane"), "BadRequestException", "Illegal address"},
		"foreign local part": {raw(outMail, "k\u00e4se@example.com"), "BadRequestException", "Local address"},
		"foreign domain":     {raw(outMail, "a@k\u00e4se.example"), "BadRequestException", "Domain"},
		"empty":              {raw(""), "BadRequestException", "empty"},
		"no header":          {raw("\r\nBody"), "BadRequestException", "no headers"},
		"a broken header":    {raw("From: a@loket.test\r\nnonsense\r\n\r\n"), "BadRequestException", "Malformed header"},
		"a space in a name":  {raw("From : a@loket.test\r\n\r\n"), "BadRequestException", "Malformed header"},
		"a raw 8-bit header": {raw("From: a@loket.test\r\nSubject: k\u00e4se\r\n\r\n"), "BadRequestException", "printable ASCII"},
		"a doubled header":   {raw("From: a@loket.test\r\nTo: a@example.com\r\nto: b@example.com\r\n\r\n"), "BadRequestException", "Duplicate header 'to'"},
		"a long header line": {raw("From: a@loket.test\r\nReferences: " + strings.Repeat("x", 990) + "\r\n\r\n"), "BadRequestException", "maximum is 998"},
		"a long body line":   {raw(outMail + strings.Repeat("x", 999)), "BadRequestException", "maximum is 998"},
		"a bad tag":          {tagged("a b", "x"), "BadRequestException", "Invalid tag"},
		"a doubled tag":      {tagged("a", "x"), "BadRequestException", "Duplicate tag"},
		"too large":          {raw(outMail + strings.Repeat("line\r\n", limit/6)), "BadRequestException", "Message length"},
		"much too large":     {raw(strings.Repeat("line\r\n", 3*limit)), "BadRequestException", "Message length"},
		"no content":         {&sesv2.SendEmailInput{Content: &types.EmailContent{}}, "BadRequestException", "one of Raw"},
		"a template":         {&sesv2.SendEmailInput{Content: &types.EmailContent{Template: &types.Template{TemplateName: aws.String("x")}}}, "NotFoundException", "does not exist"},
	} {
		_, err := p.client.SendEmail(t.Context(), c.in)
		var api smithy.APIError
		if !errors.As(err, &api) || api.ErrorCode() != c.code || !strings.Contains(api.ErrorMessage(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if found, _ := filepath.Glob(filepath.Join(p.dir, "*")); len(found) > 0 {
		t.Errorf("something was sent: %q", found)
	}
	resp, err := http.Post(p.Endpoint+"/v2/email/outbound-emails", "application/json", strings.NewReader("{"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusBadRequest || resp.Header.Get("X-Amzn-ErrorType") != "BadRequestException" {
		t.Errorf("broken JSON: %d %v", resp.StatusCode, resp.Header)
	}
}

func TestALineOfTheFullLengthAndBareLineEndsAreSent(t *testing.T) {
	p := sending(t, nil)
	line := strings.Repeat("x", 998)
	if _, err := p.client.SendEmail(t.Context(), raw("From: a@loket.test\nTo: a@example.com\n\n"+line+"\nend")); err != nil {
		t.Fatal(err)
	}
	mail, _ := p.read(t, "000001")
	if !strings.HasSuffix(mail, "\r\n\r\n"+line+"\r\nend") || strings.Count(mail, "\n") != strings.Count(mail, "\r\n") {
		t.Errorf("%q", mail)
	}
}

func TestASimpleMailIsBuilt(t *testing.T) {
	p := sending(t, nil)
	content := func(s string) *types.Content { return &types.Content{Data: &s, Charset: aws.String("UTF-8")} }
	in := &sesv2.SendEmailInput{
		FromEmailAddress: aws.String("help@loket.test"), Destination: &types.Destination{ToAddresses: []string{"a@example.com"}, CcAddresses: []string{"c@example.com"}},
		Content: &types.EmailContent{Simple: &types.Message{
			Subject: content(strings.Repeat("Käse ", 30)), Body: &types.Body{Text: content("Grüße"), Html: content("<b>Grüße</b>")},
			Headers:     []types.MessageHeader{{Name: aws.String("In-Reply-To"), Value: aws.String("<1@x>")}},
			Attachments: []types.Attachment{{FileName: aws.String("a.bin"), RawContent: bytes.Repeat([]byte{0, 1, 2}, 100), ContentId: aws.String("img"), ContentDisposition: types.AttachmentContentDispositionInline}},
		}},
	}
	if _, err := p.client.SendEmail(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	mail, about := p.read(t, "000001")
	m, err := netmail.ReadMessage(strings.NewReader(mail))
	if err != nil {
		t.Fatal(err)
	}
	if subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil || subject != strings.Repeat("Käse ", 30) || m.Header.Get("In-Reply-To") != "<1@x>" || len(about.To) != 2 {
		t.Errorf("%q, %v, %v", subject, err, m.Header)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/mixed" {
		t.Fatalf("%s, %v", kind, err)
	}
	outer := multipart.NewReader(m.Body, params["boundary"])
	first, err := outer.NextPart()
	if err != nil {
		t.Fatal(err)
	}
	_, params, err = mime.ParseMediaType(first.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	inner := multipart.NewReader(first, params["boundary"])
	for _, want := range []string{"Grüße", "<b>Grüße</b>"} {
		part, err := inner.NextPart()
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(part); err != nil || string(b) != want {
			t.Errorf("body %q, %v", b, err)
		}
	}
	second, err := outer.NextPart()
	if err != nil || second.FileName() != "a.bin" || second.Header.Get("Content-Id") != "<img>" || !strings.HasPrefix(second.Header.Get("Content-Disposition"), "inline") {
		t.Errorf("attachment %v, %v", second, err)
	}
	refuseSimple(t, p, in)
}

func refuseSimple(t *testing.T, p *post, in *sesv2.SendEmailInput) {
	t.Helper()
	simple := in.Content.Simple
	for name, change := range map[string]func(){
		"Header name": func() { simple.Headers[0].Name = aws.String("Date") },
		"line break": func() {
			simple.Headers[0] = types.MessageHeader{Name: aws.String("X-A"), Value: aws.String("a\r\nBcc: b")}
		},
		"at most 15":   func() { simple.Headers = make([]types.MessageHeader, 16); fill(simple.Headers) },
		"Text or Html": func() { simple.Body.Text, simple.Body.Html = nil, nil },
	} {
		kept := *simple
		kept.Headers = append([]types.MessageHeader(nil), simple.Headers...)
		body := *simple.Body
		change()
		if _, err := p.client.SendEmail(t.Context(), in); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
		*simple, *simple.Body = kept, body
	}
}

func fill(headers []types.MessageHeader) {
	for i := range headers {
		headers[i] = types.MessageHeader{Name: aws.String("X-A"), Value: aws.String("b")}
	}
}
