package objects

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"strings"
)

// maxFields bounds what a form says before its file, in bytes, as S3 does.
const maxFields = 20 << 10

// postForm stores a file that a browser sends with a signed policy. Nothing is stored before the policy and the file's whole size are checked.
func (g *gate) postForm(w *answer, r *http.Request, bucket string) error {
	parts, err := r.MultipartReader()
	if err != nil {
		return badForm("%v", err)
	}
	f, file, err := readFields(parts)
	if err != nil {
		return err
	}
	if f["key"] == "" {
		return &fault{http.StatusBadRequest, "InvalidArgument", "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields."}
	}
	for name := range f {
		f[name] = strings.ReplaceAll(f[name], "${filename}", file.FileName())
	}
	p, err := g.readPolicy(f)
	if err != nil {
		return err
	}
	if err := p.check(f, bucket, g.now()); err != nil {
		return err
	}
	spool, size, err := spoolFile(file, p)
	if err != nil {
		return err
	}
	defer os.Remove(spool.Name())
	defer spool.Close()
	stored := g.put(r, f, bucket, spool, size)
	if stored.status != http.StatusOK {
		stored.copyTo(w)
		return nil
	}
	return confirm(w, r, f, bucket, stored.header.Get("ETag"))
}

func badForm(format string, args ...any) *fault {
	return &fault{http.StatusBadRequest, "MalformedPOSTRequest", "The body of your POST request is not well-formed multipart/form-data. " + fmt.Sprintf(format, args...)}
}

// readFields reads up to the file, which S3 wants last.
func readFields(parts *multipart.Reader) (form, *multipart.Part, error) {
	f, left := form{}, int64(maxFields)
	for {
		part, err := parts.NextPart()
		if err == io.EOF {
			return nil, nil, &fault{http.StatusBadRequest, "InvalidArgument", "POST requires exactly one file upload per request."}
		}
		if err != nil {
			return nil, nil, badForm("%v", err)
		}
		name := strings.ToLower(part.FormName())
		if name == "file" {
			return f, part, nil
		}
		b, err := io.ReadAll(io.LimitReader(part, left+1))
		if err != nil {
			return nil, nil, badForm("%v", err)
		}
		if left -= int64(len(b) + len(name)); left < 0 {
			return nil, nil, &fault{http.StatusBadRequest, "MaxPostPreDataLengthExceeded", "Your POST request fields preceding the upload file were too large."}
		}
		f[name] = string(b)
	}
}

// spoolFile takes the file to disk, since its size is known at its end only.
func spoolFile(file io.Reader, p policy) (spool *os.File, size int64, err error) {
	spool, err = os.CreateTemp("", "loket-upload-")
	if err != nil {
		return nil, 0, err
	}
	if size, err = io.Copy(spool, io.LimitReader(file, p.max+1)); err != nil {
		err = badForm("%v", err)
	} else if err = p.checkSize(size); err == nil {
		_, err = spool.Seek(0, io.SeekStart)
	}
	if err != nil {
		spool.Close()
		os.Remove(spool.Name())
		return nil, 0, err
	}
	return spool, size, nil
}

// put hands the file to gofakes3 as the plain upload that it amounts to.
func (g *gate) put(r *http.Request, f form, bucket string, body io.Reader, size int64) *recorded {
	in := (&http.Request{
		Method: http.MethodPut, URL: &url.URL{Path: "/"}, Header: http.Header{}, Body: io.NopCloser(body), Host: "localhost",
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(r.Context())
	for name, value := range f {
		switch name {
		case "content-type", "content-disposition", "content-encoding", "cache-control", "expires":
			in.Header.Set(name, value)
		default:
			if strings.HasPrefix(name, "x-amz-meta-") {
				in.Header.Set(name, value)
			}
		}
	}
	setLength(in, size)
	out := &recorded{header: http.Header{}, status: http.StatusOK}
	g.inner.ServeHTTP(out, plain(in, bucket, f["key"]))
	return out
}

// confirm answers as the form asked: a redirect, or the status 200, 201 (with a document) or 204.
func confirm(w http.ResponseWriter, r *http.Request, f form, bucket, etag string) error {
	location := "http://" + r.Host + "/" + bucket + "/" + encode(f["key"], true)
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("ETag", etag)
	w.Header().Set("Location", location)
	if to, err := url.Parse(f["success_action_redirect"]); err == nil && to.IsAbs() {
		query := to.Query()
		query.Set("bucket", bucket)
		query.Set("key", f["key"])
		query.Set("etag", etag)
		to.RawQuery = query.Encode()
		w.Header().Set("Location", to.String())
		w.WriteHeader(http.StatusSeeOther)
		return nil
	}
	switch f["success_action_status"] {
	case "200":
		w.WriteHeader(http.StatusOK)
	case "201":
		body, err := xml.Marshal(struct {
			XMLName                     xml.Name `xml:"PostResponse"`
			Location, Bucket, Key, ETag string
		}{Location: location, Bucket: bucket, Key: f["key"], ETag: etag})
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(http.StatusCreated)
		_, err = w.Write(append([]byte(xml.Header), body...))
		return err
	default:
		w.WriteHeader(http.StatusNoContent)
	}
	return nil
}

// recorded is gofakes3's answer to our own upload.
type recorded struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (o *recorded) Header() http.Header         { return o.header }
func (o *recorded) WriteHeader(status int)      { o.status = status }
func (o *recorded) Write(b []byte) (int, error) { return o.body.Write(b) }

func (o *recorded) copyTo(w http.ResponseWriter) {
	for name, values := range o.header {
		w.Header()[name] = values
	}
	w.WriteHeader(o.status)
	_, _ = w.Write(o.body.Bytes())
}
