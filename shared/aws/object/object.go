// Package object keeps bodies that are too large for the table in S3: raw mails, attachments, uploads, payloads.
package object

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/loket-desk/loket/shared/aws"
	"github.com/loket-desk/loket/shared/desk"
)

// Store is one bucket.
type Store struct {
	cloud  *aws.Client
	bucket string
	parts  *partBuffers
	now    func() time.Time
}

// New takes the bucket's name.
func New(cloud *aws.Client, bucket string) *Store {
	return &Store{cloud: cloud, bucket: bucket, parts: &partBuffers{}, now: time.Now}
}

// Info is what is known of an object without reading it.
type Info struct {
	Key         string
	Size        int64
	ContentType string
	ChangedAt   time.Time
}

// inMemory is up to what size a body is read whole, so that it can be signed and sent again.
const inMemory = 1 << 20

// Put stores size bytes under key, replacing what is there. A body that is larger than 1 MiB and can't seek is sent once
// and not retried.
func (s *Store) Put(ctx context.Context, key, contentType string, body io.Reader, size int64) error {
	call := aws.Call{Method: http.MethodPut, Header: http.Header{"Content-Type": {contentType}}}
	seeker, seekable := body.(io.ReadSeeker)
	switch {
	case size <= inMemory:
		buffer := bytes.NewBuffer(make([]byte, 0, size))
		if n, err := io.Copy(buffer, io.LimitReader(body, size+1)); err != nil || n != size {
			return desk.Refuse(desk.Internal, "A file could not be read to its end.").Because(errors.Join(err, errSize))
		}
		call.Body = buffer.Bytes()
	case seekable:
		call.Stream, call.Size = seeker, size
	default:
		call.Stream, call.Size, call.Once = once{Reader: body}, size, true
	}
	return s.finish(s.do(ctx, key, nil, call))
}

var errSize = errors.New("its size is not what was announced")

// once is a body that can be read a single time.
type once struct{ io.Reader }

// Seek accepts only the rewind that comes before the first read.
func (o once) Seek(int64, int) (int64, error) { return 0, nil }

// Get opens an object; the caller closes it. desk.NotFound when there is none.
func (s *Store) Get(ctx context.Context, key string) (io.ReadCloser, int64, error) {
	res, err := s.do(ctx, key, nil, aws.Call{Method: http.MethodGet})
	if err != nil {
		return nil, 0, err
	}
	return res.Body, res.ContentLength, nil
}

// Read gives a whole object of at most limit bytes; a larger one is desk.TooLarge.
func (s *Store) Read(ctx context.Context, key string, limit int64) ([]byte, error) {
	body, _, err := s.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	defer body.Close() //nolint:errcheck // read to its end, or given up
	data, err := io.ReadAll(io.LimitReader(body, limit+1))
	if err != nil {
		return nil, desk.Refuse(desk.Busy, "A stored file could not be read to its end. Try again shortly.").Because(err)
	}
	if int64(len(data)) > limit {
		return nil, desk.Refuse(desk.TooLarge, "A stored file is larger than expected.")
	}
	return data, nil
}

// Head looks at an object without reading it. desk.NotFound when there is none.
func (s *Store) Head(ctx context.Context, key string) (Info, error) {
	res, err := s.do(ctx, key, nil, aws.Call{Method: http.MethodHead})
	if err != nil {
		return Info{}, err
	}
	_ = res.Body.Close()
	changed, _ := http.ParseTime(res.Header.Get("Last-Modified")) // zero when the server doesn't say
	return Info{Key: key, Size: res.ContentLength, ContentType: res.Header.Get("Content-Type"), ChangedAt: changed.UTC()}, nil
}

// Copy stores an object once more under another key, without its bytes passing through here.
func (s *Store) Copy(ctx context.Context, from, to string) error {
	return s.finish(s.do(ctx, to, nil, aws.Call{Method: http.MethodPut, Header: http.Header{
		"X-Amz-Copy-Source": {escape("/" + s.bucket + "/" + from)},
	}}))
}

// Delete removes an object; one that isn't there is no error.
func (s *Store) Delete(ctx context.Context, key string) error {
	return s.finish(s.do(ctx, key, nil, aws.Call{Method: http.MethodDelete}))
}

func (s *Store) do(ctx context.Context, key string, query url.Values, call aws.Call) (*http.Response, error) {
	u, err := s.url(key)
	if err != nil {
		return nil, err
	}
	u.RawQuery = query.Encode()
	call.Service, call.URL = aws.S3, u
	res, err := s.cloud.Do(ctx, call)
	var f *aws.Failure
	if errors.As(err, &f) {
		if f.Status == http.StatusNotFound && f.Code != "NoSuchBucket" {
			return nil, desk.Refuse(desk.NotFound, "A stored file is not there any more.").Because(f)
		}
		return nil, f.Refusal(desk.Internal, "The file store refused the request.")
	}
	return res, err
}

func (s *Store) finish(res *http.Response, err error) error {
	if err == nil {
		_ = res.Body.Close()
	}
	return err
}

// url is an object's address: the bucket is a part of the host name at AWS, and of the path at a server that stands in.
func (s *Store) url(key string) (*url.URL, error) {
	base, standIn := s.cloud.Endpoint(aws.S3)
	u, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	path := "/" + key
	if standIn {
		path = "/" + s.bucket + path
	} else {
		u.Host = s.bucket + "." + u.Host
	}
	u.Path, u.RawPath = path, escape(path)
	return u, nil
}

// escape spells a path as S3 signs it: everything but unreserved characters and slashes as %XX.
func escape(path string) string {
	var b strings.Builder
	for i := range len(path) {
		c := path[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~/", c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteString(strings.ToUpper(strconv.FormatUint(uint64(c)+0x100, 16)[1:]))
		}
	}
	return b.String()
}
