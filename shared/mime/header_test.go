package mime

import (
	"reflect"
	"strings"
	"testing"
)

func TestHeadersAreReadWhateverIsWrongWithThem(t *testing.T) {
	for name, c := range map[string]struct {
		mail string
		want Headers
		text string
	}{
		"by the book":                       {"A: 1\r\nB: 2\r\n\r\nhi", Headers{{"A", "1"}, {"B", "2"}}, "hi"},
		"folded":                            {"A: 1\r\n  2\r\n\t3\r\n\r\nhi", Headers{{"A", "1 2 3"}}, "hi"},
		"folded before anything":            {"A:\r\n 1\r\n\r\nhi", Headers{{"A", "1"}}, "hi"},
		"a fold of white space only":        {"A: 1\r\n \r\n 2\r\n\r\nhi", Headers{{"A", "1 2"}}, "hi"},
		"a blank line with spaces":          {"A: 1\r\n  \r\nhi there", Headers{{"A", "1"}}, "hi there"},
		"a space before the colon":          {"A : 1\r\n\r\nhi", Headers{{"A", "1"}}, "hi"},
		"no space behind the colon":         {"A:1\r\n\r\nhi", Headers{{"A", "1"}}, "hi"},
		"empty":                             {"A:\r\nB: 2\r\n\r\nhi", Headers{{"A", ""}, {"B", "2"}}, "hi"},
		"an mbox separator":                 {"From a@example.com Mon Jun 2\r\nA: 1\r\n\r\nhi", Headers{{"A", "1"}}, "hi"},
		"an escaped mbox separator":         {"A: 1\r\n>From a@example.com\r\nB: 2\r\n\r\nhi", Headers{{"A", "1"}, {"B", "2"}}, "hi"},
		"blank lines first":                 {"\r\n\r\nA: 1\r\n\r\nhi", Headers{{"A", "1"}}, "hi"},
		"an indented first line":            {" A: 1\r\nB: 2\r\n\r\nhi", Headers{{"A", "1"}, {"B", "2"}}, "hi"},
		"a fold that lost its indent":       {"A: 1\r\nand more\r\nB: 2\r\n\r\nhi", Headers{{"A", "1 and more"}, {"B", "2"}}, "hi"},
		"the same at the end":               {"A: 1\r\nand more\r\n\r\nhi", Headers{{"A", "1 and more"}}, "hi"},
		"no blank line":                     {"A: 1\r\nhello there\r\nand so on", Headers{{"A", "1"}}, "hello there\nand so on"},
		"no headers at all":                 {"hello there\r\nand so on", nil, "hello there\nand so on"},
		"headers only":                      {"A: 1\r\nB: 2", Headers{{"A", "1"}, {"B", "2"}}, ""},
		"line feeds only":                   {"A: 1\n 2\n\nhi\nyou", Headers{{"A", "1 2"}}, "hi\nyou"},
		"carriage returns only":             {"A: 1\r 2\r\rhi\ryou", Headers{{"A", "1 2"}}, "hi\nyou"},
		"a NUL":                             {"A: 1\x002\r\n\r\nh\x00i", Headers{{"A", "12"}}, "hi"},
		"a lone carriage return":            {"A: 1\r2\r\n\r\nhi\ryou\n", Headers{{"A", "1 2"}}, "hi\nyou\n"},
		"raw UTF-8":                         {"A: café\r\n\r\nhi", Headers{{"A", "café"}}, "hi"},
		"raw Latin 1":                       {"A: caf\xe9\r\nContent-Type: text/plain\r\n\r\nhi", Headers{{"A", "café"}, {"Content-Type", "text/plain"}}, "hi"},
		"raw bytes in the body's charset":   {"A: \xf0\xd2\xc9\xd7\xc5\xd4\r\nContent-Type: text/plain; charset=koi8-r\r\n\r\nhi", Headers{{"A", "Привет"}, {"Content-Type", "text/plain; charset=koi8-r"}}, "hi"},
		"raw ISO-2022-JP":                   {"A: \x1b$B$^$_$`\x1b(B\r\n\r\nhi", Headers{{"A", "まみむ"}}, "hi"},
		"encoded words stay as they are":    {"A: =?utf-8?Q?=C3=A9?=\r\n\r\nhi", Headers{{"A", "=?utf-8?Q?=C3=A9?="}}, "hi"},
		"nothing":                           {"", nil, ""},
		"a blank line":                      {"\r\n", nil, ""},
		"a body that looks like a boundary": {"A: 1\r\n\r\n--x\r\n", Headers{{"A", "1"}}, "--x\n"},
	} {
		m := ReadBytes([]byte(c.mail), Limits{})
		if !reflect.DeepEqual(m.Headers, c.want) || m.Text != c.text {
			t.Errorf("%s: %q and text %q, not %q and %q", name, m.Headers, m.Text, c.want, c.text)
		}
	}
}

func TestHeadersAreFoundByNameInAnyCase(t *testing.T) {
	h := Headers{{"Received", "1"}, {"SUBJECT", "=?utf-8?Q?=C3=A9?="}, {"received", "2"}, {"Empty", ""}}
	if h.Get("subject") != "=?utf-8?Q?=C3=A9?=" || h.Text("Subject") != "é" || h.Get("none") != "" {
		t.Error("a field was not found, or one that isn't there")
	}
	if got := h.All("RECEIVED"); !reflect.DeepEqual(got, []string{"1", "2"}) {
		t.Errorf("all of a name are %q", got)
	}
	if !h.Has("empty") || h.Has("none") {
		t.Error("whether a field is there is told wrongly")
	}
}

func TestAHeaderOfAnyLengthIsKeptUpToTheLimit(t *testing.T) {
	long := strings.Repeat("abcdefghij", 20_000) // several buffers
	m := ReadBytes([]byte("A: "+long+"\r\nB: 2\r\n\r\nhi"), Limits{})
	if m.Headers.Get("A") != long || m.Headers.Get("B") != "2" || m.Text != "hi" || m.Truncated != "" {
		t.Errorf("a header of %d bytes came back with %d (truncated: %q)", len(long), len(m.Headers.Get("A")), m.Truncated)
	}
}

func TestAHeaderBlockPastTheLimitIsCutAndTheMailIsRead(t *testing.T) {
	for name, mail := range map[string]string{
		"a long line":  "A: 1\r\nB: " + strings.Repeat("x", 3<<20) + "\r\nC: 3\r\n\r\nhi",
		"a long fold":  "A: 1\r\nB: 2\r\n" + strings.Repeat(" folded and folded\r\n", 100_000) + "\r\nhi",
		"many headers": "A: 1\r\n" + strings.Repeat("B: 2\r\n", 5000) + "\r\nhi",
	} {
		m := ReadBytes([]byte(mail), Limits{})
		if m.Truncated == "" || m.Headers.Get("A") != "1" || m.Text != "hi" || len(m.Headers) > 2000 {
			t.Errorf("%s: %d headers, text %q, truncated %q", name, len(m.Headers), m.Text, m.Truncated)
		}
	}
}

func TestIdsAreReadWithOrWithoutBrackets(t *testing.T) {
	for in, want := range map[string][]string{
		"<a@example.com>":                          {"a@example.com"},
		"<a@example.com> <b@example.com>":          {"a@example.com", "b@example.com"},
		"<a@example.com><b@example.com>":           {"a@example.com", "b@example.com"},
		"<a@exam ple.com>":                         {"a@example.com"},
		"<a@example.com <b@example.com>":           {"a@example.com", "b@example.com"},
		"a@example.com":                            {"a@example.com"},
		"a@example.com, b@example.com":             {"a@example.com", "b@example.com"},
		`"Your message of Monday" <a@example.com>`: {"a@example.com"},
		"Your message of Monday":                   nil,
		"<>":                                       nil,
		"":                                         nil,
		"bare-id":                                  {"bare-id"},
		"<a@example.com":                           {"a@example.com"},
	} {
		if got := ParseIDs(in); !reflect.DeepEqual(got, want) {
			t.Errorf("%q gives %q, not %q", in, got, want)
		}
	}
}

func TestTheEnvelopeIsReadFromTheHeaders(t *testing.T) {
	m := ReadBytes([]byte("From: Anna <a@example.com>\nSender: s@example.com\nReply-To: r@example.com\nTo: b@example.com\nTo: c@example.com\nCc: d@example.com\nBcc: e@example.com\n"+
		"Subject: =?utf-8?Q?=C3=9Cber?= uns\nDate: Mon, 2 Jun 2025 10:00:00 +0200\nMessage-ID: <1@example.com>\nIn-Reply-To: <0@example.com>\nReferences: <x@example.com>\n <0@example.com>\n"+
		"Thread-Index: AdnXd3d3AAECAwQFBgcICQoLDA0ODw==\n\nhi"), Limits{})
	if m.From[0] != (Address{"Anna", "a@example.com"}) || m.Sender.Addr != "s@example.com" || m.ReplyTo[0].Addr != "r@example.com" || len(m.To) != 2 || m.Cc[0].Addr != "d@example.com" || m.Bcc[0].Addr != "e@example.com" {
		t.Errorf("people: %v %v %v %v %v %v", m.From, m.Sender, m.ReplyTo, m.To, m.Cc, m.Bcc)
	}
	if m.Subject != "Über uns" || m.MessageID != "1@example.com" || m.InReplyTo[0] != "0@example.com" || !reflect.DeepEqual(m.References, []string{"x@example.com", "0@example.com"}) {
		t.Errorf("%q %q %q %q", m.Subject, m.MessageID, m.InReplyTo, m.References)
	}
	if m.ThreadIndex != "000102030405060708090a0b0c0d0e0f" {
		t.Errorf("the conversation's index is %q", m.ThreadIndex)
	}
	if len(m.Problems) != 0 {
		t.Errorf("problems: %v", m.Problems)
	}
	if m = ReadBytes([]byte("Thread-Index: AdnX\nDate: soon\n\nhi"), Limits{}); m.ThreadIndex != "" || !hasProblem(m, "date-malformed") || !hasProblem(m, "from-missing") {
		t.Errorf("index %q, problems %v", m.ThreadIndex, m.Problems)
	}
}

func hasProblem(m *Mail, code string) bool {
	for _, p := range m.Problems {
		if p.Code == code {
			return true
		}
	}
	return false
}
