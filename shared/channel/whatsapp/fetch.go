package whatsapp

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/url"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// remote is what WhatsApp says of a file: where it lies for some minutes, its type, size and sum.
type remote struct {
	URL      string `json:"url"`
	MimeType string `json:"mime_type"`
	SHA256   string `json:"sha256"`
	Size     int64  `json:"file_size"`
}

// Fetch asks where a file lies and opens it with the same token, which the guarded client takes to no other host.
func (n numbers) Fetch(ctx context.Context, d channel.Doer, a channel.Account, part desk.Attachment) (channel.Media, error) {
	if part.Ref == "" {
		return channel.Media{}, desk.Refuse(desk.NotFound, "The file has no id at WhatsApp.")
	}
	var f remote
	if err := n.graph.Ask(ctx, d, a, http.MethodGet, url.PathEscape(part.Ref), nil, nil, &f); err != nil {
		return channel.Media{}, ungiven(err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.URL, nil)
	if err != nil || f.URL == "" {
		return channel.Media{}, desk.Refuse(desk.NotFound, "WhatsApp names no place of the file.")
	}
	req.Header.Set("Authorization", "Bearer "+a.Credentials[tokenField])
	resp, _, err := channel.Do(d, req)
	if err != nil {
		return channel.Media{}, desk.Refuse(desk.Busy, "WhatsApp's files can't be reached.").Because(err)
	}
	if resp.StatusCode != http.StatusOK { // the address was given a moment ago: a new one may work
		_ = resp.Body.Close()
		return channel.Media{}, desk.Refuse(desk.Busy, fmt.Sprintf("WhatsApp doesn't give the file now (status %d).", resp.StatusCode))
	}
	out := channel.Media{Body: checked(resp.Body, f.SHA256), Size: resp.ContentLength, ContentType: or(f.MimeType, part.ContentType), Name: part.Name}
	if out.Size < 0 && f.Size > 0 {
		out.Size = f.Size
	}
	return out, nil
}

// ungiven turns refusals into those that a fetch has. A token without its permission may be given it.
func ungiven(err error) error {
	switch desk.CodeOf(err) {
	case desk.NotFound:
		return desk.Refuse(desk.NotFound, "WhatsApp no longer has the file: it keeps them for 7 days.").Because(err)
	case desk.Busy, desk.Internal:
		return err
	default:
		return desk.Refuse(desk.Busy, "WhatsApp doesn't give the file now: "+desk.Reason(err)).Because(err)
	}
}

// checked is a body that fails at its end when it is not what its sum says. Sums of another form are not looked at.
func checked(body io.ReadCloser, sum string) io.ReadCloser {
	want, err := hex.DecodeString(sum)
	if err != nil || len(want) != sha256.Size {
		want, err = base64.StdEncoding.DecodeString(sum)
	}
	if err != nil || len(want) != sha256.Size {
		return body
	}
	return &summed{body, sha256.New(), string(want)}
}

type summed struct {
	io.ReadCloser
	hash hash.Hash
	want string
}

func (s *summed) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p)
	s.hash.Write(p[:n])
	if errors.Is(err, io.EOF) && string(s.hash.Sum(nil)) != s.want {
		return n, errors.New("the file is not what its sum says")
	}
	return n, err
}
