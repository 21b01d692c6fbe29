package object

import (
	"context"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Link is an address that lets whoever has it download an object for a while, under the file name given (empty: shown
// in the browser as it is) and as the content type given (empty: as it was stored).
func (s *Store) Link(ctx context.Context, key, name, contentType string, valid time.Duration) (string, error) {
	u, err := s.url(key)
	if err != nil {
		return "", err
	}
	query := url.Values{}
	if name != "" {
		query.Set("response-content-disposition", disposition(name))
	}
	if contentType != "" {
		query.Set("response-content-type", contentType)
	}
	u.RawQuery = query.Encode()
	return s.cloud.Presign(ctx, http.MethodGet, u, valid)
}

// disposition makes the browser save a file instead of showing it, whatever is in it.
func disposition(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '/' || r == '\\' {
			return '_'
		}
		return r
	}, name)
	if d := mime.FormatMediaType("attachment", map[string]string{"filename": name}); d != "" {
		return d
	}
	return "attachment"
}

// Form is what a browser posts to upload one file: the fields as they are, then the file.
type Form struct {
	URL    string
	Fields map[string]string
}

// Form allows one upload of at most size bytes under exactly this key and content type, for a while.
func (s *Store) Form(key, contentType string, size int64, valid time.Duration) (Form, error) {
	u, err := s.url("")
	if err != nil {
		return Form{}, err
	}
	fields := map[string]string{"key": key, "Content-Type": contentType}
	conditions := []any{[]any{"content-length-range", 0, size}}
	if err := s.cloud.SignForm(s.bucket, fields, conditions, s.now().Add(valid)); err != nil {
		return Form{}, err
	}
	return Form{URL: u.String(), Fields: fields}, nil
}

// FormOf is Form for who doesn't know this package's types.
func (s *Store) FormOf(key, contentType string, size int64, valid time.Duration) (url string, fields map[string]string, err error) {
	f, err := s.Form(key, contentType, size, valid)
	return f.URL, f.Fields, err
}
