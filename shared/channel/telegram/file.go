package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// form is a method that sends a file, and the field that the file is in.
type form struct{ method, field string }

var (
	asPhoto    = form{"sendPhoto", "photo"}
	asDocument = form{"sendDocument", "document"}
	asVoice    = form{"sendVoice", "voice"}
	asAudio    = form{"sendAudio", "audio"}
	asVideo    = form{"sendVideo", "video"}
)

// methodFor chooses how a file is shown. Whatever Telegram doesn't play or show goes as a document, which takes anything.
func methodFor(f channel.File) form {
	kind, _, _ := mime.ParseMediaType(f.ContentType)
	audio := kind == "audio/mpeg" || kind == "audio/mp4" || kind == "audio/x-m4a"
	switch {
	case (kind == "image/jpeg" || kind == "image/png") && f.Size > 0 && f.Size <= photoLimit:
		return asPhoto
	case f.Usage == desk.UsageVoice && (kind == "audio/ogg" || audio):
		return asVoice
	case audio:
		return asAudio
	case kind == "video/mp4":
		return asVideo
	default:
		return asDocument
	}
}

// sendFile streams a file from where it is kept to Telegram, without holding it in memory.
func (p api) sendFile(ctx context.Context, chat int64, as form, s step) reply {
	content, err := s.file.Open(ctx)
	if err != nil {
		return reply{Err: err}
	}
	defer content.Close()
	head, tail, contentType := envelopeFor(chat, as, s)
	body := io.MultiReader(head, content, tail)
	req, err := p.request(ctx, http.MethodPost, "/bot"+p.token+"/"+as.method, body)
	if err != nil {
		return reply{Err: err}
	}
	req.ContentLength = -1
	if s.file.Size > 0 {
		req.ContentLength = int64(head.Len()) + s.file.Size + int64(tail.Len())
	}
	req.Header.Set("Content-Type", contentType)
	return p.call(req)
}

// envelopeFor is what goes around a file's bytes: the other parameters before, the boundary after.
func envelopeFor(chat int64, as form, s step) (head, tail *bytes.Buffer, contentType string) {
	head, tail = &bytes.Buffer{}, &bytes.Buffer{}
	w := multipart.NewWriter(head) // a buffer never refuses, so that none of these can fail
	_ = w.WriteField("chat_id", decimal(chat))
	if s.text != "" {
		_ = w.WriteField("caption", s.text)
	}
	if re := replyTo(s.reply); re != nil {
		b, _ := json.Marshal(re)
		_ = w.WriteField("reply_parameters", string(b))
	}
	_, _ = w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {multipart.FileContentDisposition(as.field, fileName(s.file.Name))},
		"Content-Type":        {mediaType(s.file.ContentType)},
	})
	tail.WriteString("\r\n--" + w.Boundary() + "--\r\n")
	return head, tail, w.FormDataContentType()
}

func fileName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, name)
	return or(name, "file")
}

func mediaType(t string) string {
	if kind, _, err := mime.ParseMediaType(t); err == nil && strings.Contains(kind, "/") {
		return kind
	}
	return "application/octet-stream"
}

// sentence is an error's sentence that is safe to show.
func sentence(err error) string {
	var e *desk.Error
	if errors.As(err, &e) {
		return e.Message
	}
	return "it failed."
}
