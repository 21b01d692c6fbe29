package mime

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	stdmime "mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// sampleMails gives every file in a folder of the sample mails, by its name.
func sampleMails(t testing.TB, folder string) map[string][]byte {
	t.Helper()
	corpusFile(t, "SOURCES.md")
	root := filepath.Join("..", "..", "..", "shared", "corpus", folder)
	all := map[string][]byte{}
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) == ".json" {
			return err
		}
		b, err := os.ReadFile(path)
		name, _ := filepath.Rel(root, path)
		all[filepath.ToSlash(name)] = b
		return err
	})
	if err != nil || len(all) == 0 {
		t.Fatalf("%d sample mails, %v", len(all), err)
	}
	return all
}

// checkSound fails when a mail's parts aren't what every reader of a Mail may rely on.
func checkSound(t testing.TB, name string, m *Mail) {
	t.Helper()
	texts := []string{m.Text, m.HTML, m.Subject, m.Plain()}
	for _, h := range m.Headers {
		texts = append(texts, h.Name, h.Value)
	}
	for _, list := range [][]Address{m.From, m.To, m.Cc, m.ReplyTo} {
		for _, a := range list {
			texts = append(texts, a.Name, a.Addr)
		}
	}
	for i, a := range m.Attachments {
		texts = append(texts, a.Name, a.ContentType)
		if a.Index != i || len(a.SHA256) != 64 || a.Disposition != Inline && a.Disposition != Beside || strings.ContainsAny(a.Name, "/\\\r\n") {
			t.Errorf("%s: attachment %d is %+v", name, i, a)
		}
	}
	for _, s := range texts {
		if !utf8.ValidString(s) || strings.ContainsAny(s, "\x00\r") {
			t.Errorf("%s: a text is not clean: %.100q", name, s)
		}
	}
	if m.Bounce != nil && len(m.Bounce.Recipients) > maxRecipients || len(m.Attachments) > 1000+1 || len(m.Problems) > maxProblems {
		t.Errorf("%s: past the caps", name)
	}
}

func TestEverySampleMailIsRead(t *testing.T) {
	for _, folder := range []string{"mime", "bounces"} {
		for name, b := range sampleMails(t, folder) {
			m, err := Read(bytes.NewReader(b), nil, Limits{})
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			checkSound(t, name, m)
			if bytes.Contains(b, []byte("\r\n")) {
				continue
			}
			crlf := ReadBytes(bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")), Limits{})
			if crlf.Text != m.Text || crlf.Subject != m.Subject || len(crlf.Attachments) != len(m.Attachments) {
				t.Errorf("%s: with CRLF it is another mail", name)
			}
		}
	}
}

// strictLeaves reads a mail with the standard library alone: the sums of its leaves' bytes, or an error where it finds fault.
func strictLeaves(header map[string][]string, body io.Reader, sums map[string]bool) error {
	kind, params, err := stdmime.ParseMediaType(first(header["Content-Type"]))
	if err == nil && strings.HasPrefix(kind, "multipart/") {
		parts := multipart.NewReader(body, params["boundary"])
		for {
			p, err := parts.NextRawPart()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			if err := strictLeaves(p.Header, p, sums); err != nil {
				return err
			}
		}
	}
	switch strings.ToLower(strings.TrimSpace(first(header["Content-Transfer-Encoding"]))) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	b, err := io.ReadAll(body)
	sum := sha256.Sum256(b)
	sums[hex.EncodeToString(sum[:])] = true
	return err
}

func TestSampleAttachmentsAreWhatTheStandardLibraryReads(t *testing.T) {
	compared := 0
	for name, b := range sampleMails(t, "mime") {
		msg, err := mail.ReadMessage(bytes.NewReader(b))
		if err != nil {
			continue
		}
		sums := map[string]bool{}
		if strictLeaves(msg.Header, msg.Body, sums) != nil {
			continue // a mail that only a tolerant reader can read
		}
		m := ReadBytes(b, Limits{})
		if hasProblem(m, "encoding-malformed") || hasProblem(m, "encoding-unknown") || strings.Contains(strings.ToLower(string(b)), "uuencode") || bytes.Contains(b, []byte("\nbegin 6")) {
			continue
		}
		for _, a := range m.Attachments {
			compared++
			if !sums[a.SHA256] {
				t.Errorf("%s: attachment %q has other bytes", name, a.Name)
			}
		}
	}
	t.Logf("%d attachments compared", compared)
	if compared < 100 {
		t.Errorf("only %d attachments were compared", compared)
	}
}

func TestSampleMailsSayWhatTheirAuthorsMeant(t *testing.T) {
	samples := sampleMails(t, "mime")
	for name, want := range map[string]string{
		"mikel-mail/spec_fixtures_emails_multi_charset_japanese_attachment_long_name.eml":              "attachment text/plain かきくけこかきくけこかきくけこかきくけこかきくけこ.txt",
		"mikel-mail/spec_fixtures_emails_multi_charset_japanese_shift_jis.eml":                         "このメールはテスト用のメールです。",
		"mikel-mail/spec_fixtures_emails_multi_charset_ks_c_5601-1987.eml":                             "스티해",
		"mikel-mail/spec_fixtures_emails_plain_emails_raw_email.eml":                                   "대부분의 마찬가지로, 우리는 하나님을 믿습니다.",
		"mikel-mail/spec_fixtures_emails_attachment_emails_attachment_nonascii_filename.eml":           "attachment text/plain ciële.txt",
		"mikel-mail/spec_fixtures_emails_attachment_emails_attachment_with_base64_encoded_name.eml":    "attachment application/pdf This is a test.pdf",
		"mikel-mail/spec_fixtures_emails_attachment_emails_attachment_with_unquoted_name.eml":          "attachment text/plain This is a test.txt",
		"mikel-mail/spec_fixtures_emails_attachment_emails_attachment_with_quoted_filename.eml":        "inline image/jpeg Eelanalüüsi päring.jpg",
		"mikel-mail/spec_fixtures_emails_mime_emails_raw_email_with_mimepart_without_content_type.eml": "attachment message/rfc822 Est-ce toi ?.eml",
		"enmime/testdata_mail_mime-bad-8bit-filename.raw":                                              "attachment application/msword 管理.doc 7",
		"enmime/testdata_low-quality_incorrect-charset.raw":                                            "Using Unicode/UTF-8",
		"enmime/testdata_parts_chardet-success-big-5.raw":                                              "顏氏家訓"[:3],
		"enmime/testdata_mail_mime-unquoted-tspecials-param.raw":                                       "attachment application/pdf Invoice_(302232133150612).pdf",
		"enmime/testdata_parts_multi-malformed.raw":                                                    "I'm section without headers",
		"zbateson/tests__data_emails_m3004.txt":                                                        "attachment text/plain HasenundFrösche.txt",
		"zbateson/tests__data_emails_m4006.txt":                                                        "attachment application/ms-tnef winmail.dat",
		"nodemailer/test_fixtures_nodemailer.eml":                                                      "attachment image/gif nyan cat ✔.gif 29361",
		"nodemailer/test_fixtures_nested.eml":                                                          "Good evening.",
		"postal-mime/test_fixtures_calendar-event.eml":                                                 "attachment text/calendar",
		"postal-mime/test_fixtures_mimetorture.eml":                                                    "inline message/rfc822 plain jane message.eml 564",
	} {
		m := ReadBytes(samples[name], Limits{})
		if got := shape(m) + " " + m.Text; !strings.Contains(got, want) {
			t.Errorf("%s:\n%.500s\nholds no %q", name, got, want)
		}
	}
	for name, want := range map[string]string{
		"mikel-mail/spec_fixtures_emails_multi_charset_japanese.eml":                               "まみむめも",
		"mikel-mail/spec_fixtures_emails_plain_emails_raw_email_with_partially_quoted_subject.eml": `Re: Test: "漢字" mid "漢字" tail`,
		"mikel-mail/spec_fixtures_emails_error_emails_invalid_subject_characters.eml":              "Formação FrenetikPolis: Mega Campanha Final Verão",
		"mikel-mail/spec_fixtures_emails_rfc6532_utf8_headers.eml":                                 "Säying Hello",
		"enmime/testdata_mail_qp-utf8-header.raw":                                                  "MIME UTF8 Test ¢ More Text",
		"zbateson/tests__data_emails_m0009.txt":                                                    "Die Hasen und die Frösche (Microsoft Outlook 00)",
		"mikel-mail/spec_fixtures_emails_mime_emails_raw_email_encoded_stack_level_too_deep.eml":   "Nicolas Fouché has accepted your invitation to Gmail",
		"nodemailer/test_fixtures_nodemailer.eml":                                                  "Nodemailer is unicode friendly ✔ (1476358788189)",
	} {
		if m := ReadBytes(samples[name], Limits{}); !strings.HasPrefix(m.Subject, want) {
			t.Errorf("%s: subject %q, not %q", name, m.Subject, want)
		}
	}
}

// FuzzRead gives any bytes to the reader, whole and in pieces: it never fails, its caps hold, and its texts are clean.
func FuzzRead(f *testing.F) {
	for _, mail := range []string{multi("mixed", plainPart, imagePart, htmlPart), multi("report", "Content-Type: message/delivery-status\n\nFinal-Recipient: a@b\nAction: x\nStatus: 5.1.1", "Content-Type: message/rfc822\n\n"+returned), nested(60, false), "begin 644 a\n#0V%T\n", "\r\r\r", "a: =?utf-7?b?+?=\n\n\x1b$B"} {
		f.Add([]byte(mail))
	}
	f.Add(mailOf50KB())
	small := Limits{Depth: 4, Parts: 20, HeaderBytes: 2000, Headers: 30, TextBytes: 500, EmbeddedBytes: 800}
	f.Fuzz(func(t *testing.T, b []byte) {
		var sink memorySink
		m, err := Read(bytes.NewReader(b), &sink, small)
		if err != nil || sink.open != 0 || len(sink.files) != len(m.Attachments) {
			t.Fatalf("error %v, %d open, %d files of %d", err, sink.open, len(sink.files), len(m.Attachments))
		}
		checkSound(t, "the mail", m)
		kept := 0
		for i, a := range m.Attachments {
			kept += sink.files[i].Len()
			if sum := sha256.Sum256(sink.files[i].Bytes()); a.SHA256 != hex.EncodeToString(sum[:]) || a.Size != int64(sink.files[i].Len()) {
				t.Errorf("attachment %d: wrong sum or size", i)
			}
		}
		if kept > 4*len(b) || len(m.Text) > 1600 || len(m.HTML) > 8000 || len(m.Headers) > small.Headers {
			t.Errorf("more is kept than allowed: %d bytes of files, text %d, html %d, %d headers", kept, len(m.Text), len(m.HTML), len(m.Headers))
		}
		FindForwarded(m)
	})
}
