package object

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/loket-desk/loket/shared/aws"
	"github.com/loket-desk/loket/shared/desk"
)

// partSize is the least that S3 takes as a part which is not the last.
const partSize = 5 << 20

const abortTime = 3 * time.Second

// partBuffers keeps one buffer between uploads: a mail's attachments are written one after the other.
type partBuffers struct {
	mu   sync.Mutex
	kept []byte
}

func (p *partBuffers) take() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := p.kept
	p.kept = nil
	return b[:0]
}

func (p *partBuffers) give(b []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if cap(b) > cap(p.kept) {
		p.kept = b
	}
}

// Writer stores what is written to it under a key, whatever its size, holding 5 MiB of it at most. Nothing is there
// before Close returns nil; Abort leaves nothing behind.
type Writer struct {
	store       *Store
	ctx         context.Context //nolint:containedctx // io.Writer has no other way
	key         string
	contentType string
	buffer      []byte
	upload      string // id of the multi-part upload once there is more than one part
	etags       []string
	size        int64
	err         error
	closed      bool
}

// Writer begins to store an object of unknown size. The caller ends it by Close or Abort; Abort after Close is harmless.
func (s *Store) Writer(ctx context.Context, key, contentType string) *Writer {
	return &Writer{store: s, ctx: ctx, key: key, contentType: contentType, buffer: s.parts.take()}
}

// Upload stores everything that body gives, and tells its size. On an error nothing is stored.
func (s *Store) Upload(ctx context.Context, key, contentType string, body io.Reader) (int64, error) {
	w := s.Writer(ctx, key, contentType)
	if _, err := io.Copy(w, body); err != nil {
		w.Abort()
		return 0, err
	}
	return w.size, w.Close()
}

// Write takes the next bytes; it sends a part whenever 5 MiB are together.
func (w *Writer) Write(p []byte) (int, error) {
	if w.closed {
		return 0, io.ErrClosedPipe
	}
	written := 0
	for len(p) > 0 && w.err == nil {
		if len(w.buffer) == partSize {
			w.err = w.sendPart()
			continue
		}
		n := min(len(p), partSize-len(w.buffer))
		w.buffer = grow(w.buffer, n)
		w.buffer = append(w.buffer, p[:n]...)
		p, written = p[n:], written+n
	}
	w.size += int64(written)
	return written, w.err
}

// grow doubles, but never past one part.
func grow(b []byte, n int) []byte {
	if len(b)+n <= cap(b) {
		return b
	}
	larger := make([]byte, len(b), min(partSize, max(2*cap(b), len(b)+n, 64<<10)))
	copy(larger, b)
	return larger
}

// Size is how many bytes were written so far.
func (w *Writer) Size() int64 { return w.size }

// Close sends the rest and makes the object appear. On an error nothing is stored.
func (w *Writer) Close() error {
	if w.closed {
		return w.err
	}
	if w.err == nil {
		w.err = w.finish()
	}
	if w.err != nil {
		w.abort()
	}
	w.release()
	return w.err
}

// Abort gives up: nothing that was written stays.
func (w *Writer) Abort() {
	if w.closed {
		return
	}
	w.abort()
	w.err = errors.Join(w.err, errAborted)
	w.release()
}

var errAborted = errors.New("the upload was given up")

func (w *Writer) release() {
	w.closed = true
	w.store.parts.give(w.buffer)
	w.buffer = nil
}

func (w *Writer) finish() error {
	if w.upload == "" {
		return w.store.Put(w.ctx, w.key, w.contentType, bytes.NewReader(w.buffer), int64(len(w.buffer)))
	}
	if len(w.buffer) > 0 {
		if err := w.sendPart(); err != nil {
			return err
		}
	}
	return w.complete()
}

func (w *Writer) begin() error {
	res, err := w.store.do(w.ctx, w.key, url.Values{"uploads": {""}}, aws.Call{
		Method: http.MethodPost, Header: http.Header{"Content-Type": {w.contentType}},
	})
	if err != nil {
		return err
	}
	var begun struct {
		UploadID string `xml:"UploadId"`
	}
	if err := readXML(res, &begun); err != nil {
		return err
	}
	w.upload = begun.UploadID
	return nil
}

func (w *Writer) sendPart() error {
	if w.upload == "" {
		if err := w.begin(); err != nil {
			return err
		}
	}
	query := url.Values{"partNumber": {strconv.Itoa(len(w.etags) + 1)}, "uploadId": {w.upload}}
	res, err := w.store.do(w.ctx, w.key, query, aws.Call{Method: http.MethodPut, Body: w.buffer})
	if err != nil {
		return err
	}
	_ = res.Body.Close()
	w.etags = append(w.etags, res.Header.Get("Etag"))
	w.buffer = w.buffer[:0]
	return nil
}

func (w *Writer) complete() error {
	type part struct {
		PartNumber int
		ETag       string
	}
	done := struct {
		XMLName xml.Name `xml:"CompleteMultipartUpload"`
		Part    []part
	}{}
	for i, tag := range w.etags {
		done.Part = append(done.Part, part{i + 1, tag})
	}
	body, err := xml.Marshal(done)
	if err != nil {
		return err
	}
	res, err := w.store.do(w.ctx, w.key, url.Values{"uploadId": {w.upload}}, aws.Call{Method: http.MethodPost, Body: body})
	if err != nil {
		return err
	}
	// S3 sends 200 at once and may still report an error in the body.
	var answer struct {
		XMLName xml.Name
		Code    string
	}
	if err := readXML(res, &answer); err != nil {
		return err
	}
	if answer.XMLName.Local == "Error" {
		return desk.Refuse(desk.Busy, "A file could not be stored. Try again shortly.").Because(errors.New(answer.Code))
	}
	return nil
}

// abort takes the parts away. It works although the caller's context has ended; what it can't reach, the bucket's rule
// for unfinished uploads removes.
func (w *Writer) abort() {
	if w.upload == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.ctx), abortTime)
	defer cancel()
	_ = w.store.finish(w.store.do(ctx, w.key, url.Values{"uploadId": {w.upload}}, aws.Call{Method: http.MethodDelete}))
}
