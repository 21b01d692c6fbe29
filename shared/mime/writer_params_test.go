package mime

import (
	"strings"
	"testing"
)

func TestAFilesNameIsHarmless(t *testing.T) {
	for name, want := range map[string]string{
		"box.pdf": "box.pdf", "": "attachment", "..": "attachment", "../../etc/passwd": ".._.._etc_passwd", `C:\box.pdf`: "C__box.pdf",
		"a\r\nb\x00.pdf": "a__b_.pdf", "box\u202egnp.exe": "box_gnp.exe", "größe.pdf": "größe.pdf", " box ": "box", "\xff.pdf": "\ufffd.pdf",
		strings.Repeat("é", 300) + ".pdf": strings.Repeat("é", maxFileName-4) + ".pdf",
	} {
		if got := fileName(name); got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	}
}

func TestOldReadersGetANameOfTheirOwn(t *testing.T) {
	for name, want := range map[string]string{
		"box.pdf":   "Content-Disposition: attachment; filename=\"box.pdf\"\r\n",
		"größe.pdf": "Content-Disposition: attachment; filename*=UTF-8''gr%C3%B6%C3%9Fe.pdf;\r\n filename=\"gr__e.pdf\"\r\n",
		`a"b.pdf`:   "Content-Disposition: attachment; filename*=UTF-8''a%22b.pdf;\r\n filename=\"a_b.pdf\"\r\n",
		strings.Repeat("x", 80) + ".pdf": "Content-Disposition: attachment;\r\n filename*0*=UTF-8''" + strings.Repeat("x", 54) + ";\r\n filename*1*=" +
			strings.Repeat("x", 26) + ".pdf;\r\n filename=\"" + strings.Repeat("x", 51) + ".pdf\"\r\n",
	} {
		h := &fieldWriter{}
		h.disposition(Beside, name)
		if string(h.buf) != want {
			t.Errorf("%q is written as %q, want %q", name, h.buf, want)
		}
	}
}

func TestAFilesTypeIsOneThatBase64Suits(t *testing.T) {
	for asked, want := range map[string]string{
		"application/pdf": "application/pdf", "IMAGE/PNG; name=x.png": "image/png", "text/calendar; method=REQUEST": "text/calendar; method=REQUEST",
		"": "application/octet-stream", "nonsense": "application/octet-stream", "a/b\r\nX: y": "application/octet-stream",
		"message/rfc822": "application/octet-stream", "multipart/mixed; boundary=x": "application/octet-stream",
		"text/plain; x=\"" + strings.Repeat("y", 600) + "\"": "application/octet-stream",
	} {
		if got := strings.Join(fileType(asked), " "); got != want {
			t.Errorf("%q becomes %q, want %q", asked, got, want)
		}
	}
}
