package objects

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	maxObject   = 5 << 30 // bytes of one PUT
	maxDocument = 4 << 20 // bytes of an XML body
)

// gate checks a call as S3 does and hands it on to gofakes3 in the plainest form.
type gate struct {
	inner http.Handler
	keys  keys
	log   io.Writer
	now   func() time.Time
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	seen := &answer{ResponseWriter: w, call: r}
	if err := g.serve(seen, r); err != nil {
		toFault(err).write(seen, r)
	}
	if g.log != nil {
		_, _ = fmt.Fprintf(g.log, "s3 %s %s%s: %d\n", r.Method, hostBucket(r.Host), r.URL.Path, seen.status)
	}
}

// serve returns a *fault where the call is refused; what gofakes3 refuses it has written itself.
func (g *gate) serve(w *answer, r *http.Request) error {
	if r.Method == http.MethodOptions {
		g.inner.ServeHTTP(w, r) // a browser asks before it uploads, unsigned
		return nil
	}
	bucket, key := target(r)
	if r.Method == http.MethodPost && key == "" && strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		return g.postForm(w, r, bucket)
	}
	s, err := g.authenticate(r)
	if err != nil {
		return err
	}
	if name := unanswered(r); name != "" {
		return &fault{http.StatusNotImplemented, "NotImplemented", "The local runner does not answer ?" + name + "."}
	}
	if w.body, err = g.checkPayload(r, s); err != nil {
		return err
	}
	if r.Method != http.MethodPut {
		if err := readAhead(r); err != nil {
			return err
		}
	}
	g.inner.ServeHTTP(w, plain(r, bucket, key))
	return nil
}

// target splits the address into bucket and key, for path-style calls and for those whose host begins with the bucket.
func target(r *http.Request) (bucket, key string) {
	path := strings.TrimPrefix(r.URL.Path, "/")
	if bucket = hostBucket(r.Host); bucket != "" {
		return bucket, path
	}
	bucket, key, _ = strings.Cut(path, "/")
	return bucket, key
}

// hostBucket is BUCKET of the host BUCKET.localhost, or "".
func hostBucket(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	bucket, found := strings.CutSuffix(host, ".localhost")
	if !found {
		return ""
	}
	return bucket
}

// unanswered names a sub-resource that gofakes3 would take for the object or bucket itself, and overwrite it.
func unanswered(r *http.Request) string {
	query := r.URL.Query()
	for _, name := range []string{
		"accelerate", "acl", "analytics", "attributes", "cors", "encryption", "intelligent-tiering", "inventory", "legal-hold", "lifecycle", "logging",
		"metrics", "notification", "object-lock", "ownershipControls", "policy", "policyStatus", "publicAccessBlock", "replication", "requestPayment",
		"restore", "retention", "select", "tagging", "torrent", "website",
	} {
		if query.Has(name) {
			return name
		}
	}
	return ""
}

// readAhead takes in a short body before anything is done by it, so that its checks come first.
func readAhead(r *http.Request) error {
	if r.ContentLength > maxDocument {
		return &fault{http.StatusBadRequest, "MaxMessageLengthExceeded", "Your request was too big."}
	}
	b, err := io.ReadAll(io.LimitReader(r.Body, maxDocument))
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(b))
	return nil
}

// plain is the call for gofakes3: path-style, without what it would mistake for the object's metadata.
func plain(r *http.Request, bucket, key string) *http.Request {
	out := r.Clone(r.Context())
	out.Host = "localhost"
	out.URL.Path, out.URL.RawPath = "/"+bucket, ""
	if key != "" {
		out.URL.Path += "/" + key
	}
	for name := range out.Header {
		if strings.HasPrefix(name, "X-Amz-") && !strings.HasPrefix(name, "X-Amz-Meta-") && name != "X-Amz-Copy-Source" {
			out.Header.Del(name)
		}
	}
	out.Header.Del("Authorization")
	if out.Method == http.MethodPut && key != "" && out.Header.Get("X-Amz-Copy-Source") == "" && out.Header.Get("Content-Type") == "" {
		out.Header.Set("Content-Type", "binary/octet-stream") // S3's own default
	}
	return out
}

// setLength states a body's real length, where gofakes3 looks for it.
func setLength(r *http.Request, n int64) {
	r.ContentLength = n
	r.Header.Set("Content-Length", strconv.FormatInt(n, 10))
	r.TransferEncoding = nil
}

// answer remembers the status for the log, and says what was wrong with a body where gofakes3 only knows that storing it failed.
type answer struct {
	http.ResponseWriter
	call     *http.Request
	body     *proving
	status   int
	replaced bool
}

func (a *answer) WriteHeader(status int) {
	if a.status != 0 {
		return
	}
	a.status = status
	if a.body != nil && a.body.err != nil {
		f := toFault(a.body.err)
		a.status, a.body = f.status, nil
		f.write(a.ResponseWriter, a.call)
		a.replaced = true
		return
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	if a.replaced {
		return len(b), nil
	}
	return a.ResponseWriter.Write(b)
}
