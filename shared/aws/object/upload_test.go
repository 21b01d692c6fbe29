package object_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/loket-desk/loket/shared/aws/object"
	"github.com/loket-desk/loket/shared/desk"
)

func TestAnUploadOfUnknownSizeArrivesWhole(t *testing.T) {
	s := bucket(t)
	for _, size := range []int{0, 1, 5<<20 - 1, 5 << 20, 5<<20 + 1, 12 << 20} {
		data := random(t, size)
		n, err := s.Upload(t.Context(), "k", "application/pdf", iotest.OneByteReader(bytes.NewReader(data[:min(size, 10)])))
		if err != nil || n != int64(min(size, 10)) {
			t.Fatal(n, err)
		}
		n, err = s.Upload(t.Context(), "k", "application/pdf", io.MultiReader(bytes.NewReader(data)))
		if err != nil || n != int64(size) {
			t.Fatal(size, n, err)
		}
		if !bytes.Equal(contents(t, s, "k"), data) {
			t.Errorf("%d: other bytes came back", size)
		}
		if info, err := s.Head(t.Context(), "k"); err != nil || info.ContentType != "application/pdf" {
			t.Errorf("%+v %v", info, err)
		}
	}
}

func TestAnUploadThatIsGivenUpLeavesNothing(t *testing.T) {
	s := bucket(t)
	broken := errors.New("the mail broke off")
	for _, size := range []int{10, 6 << 20} {
		_, err := s.Upload(t.Context(), "k", "", io.MultiReader(bytes.NewReader(make([]byte, size)), iotest.ErrReader(broken)))
		if !errors.Is(err, broken) {
			t.Errorf("%v", err)
		}
		w := s.Writer(t.Context(), "k", "")
		if _, err := w.Write(make([]byte, size)); err != nil {
			t.Fatal(err)
		}
		w.Abort()
		if _, err := w.Write([]byte("x")); err == nil || w.Close() == nil {
			t.Error("it goes on after it was given up")
		}
		if _, err := s.Head(t.Context(), "k"); desk.CodeOf(err) != desk.NotFound {
			t.Errorf("something was stored: %v", err)
		}
	}
}

func TestUploadsSideBySideDoNotMix(t *testing.T) {
	s := bucket(t)
	var all sync.WaitGroup
	for i := range 3 {
		all.Go(func() {
			key, data := strings.Repeat("k", i+1), bytes.Repeat([]byte{byte('a' + i)}, 6<<20)
			if _, err := s.Upload(t.Context(), key, "", io.MultiReader(bytes.NewReader(data))); err != nil {
				t.Error(err)
			}
			if got, err := s.Read(t.Context(), key, 8<<20); err != nil || !bytes.Equal(got, data) {
				t.Errorf("%s differs (%v)", key, err)
			}
		})
	}
	all.Wait()
}

// multipartServer refuses one step of a multi-part upload and notes whether the upload was taken back.
func multipartServer(t *testing.T, refuse string) (*object.Store, *bool) {
	t.Helper()
	aborted := false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		step := r.Method
		if r.URL.Query().Has("uploads") {
			step = "begin"
		}
		if r.Method == http.MethodDelete {
			aborted = r.URL.Query().Get("uploadId") == "u1"
		}
		switch {
		case step == refuse && refuse == http.MethodPost: // S3 has said 200 before it knows
			_, _ = io.WriteString(w, `<Error><Code>InternalError</Code></Error>`)
		case step == refuse:
			w.WriteHeader(http.StatusForbidden)
		case step == "begin":
			_, _ = io.WriteString(w, `<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>`)
		case step == http.MethodPost:
			_, _ = io.WriteString(w, `<CompleteMultipartUploadResult/>`)
		}
	}))
	t.Cleanup(server.Close)
	return object.New(client(server.URL), "box"), &aborted
}

func TestAnUploadThatFailsHalfwayIsTakenBack(t *testing.T) {
	for _, c := range []struct {
		refuse  string
		aborted bool
		code    desk.Code
	}{
		{"begin", false, desk.Internal}, {http.MethodPut, true, desk.Internal}, {http.MethodPost, true, desk.Busy},
	} {
		s, aborted := multipartServer(t, c.refuse)
		_, err := s.Upload(t.Context(), "k", "", io.MultiReader(bytes.NewReader(make([]byte, 6<<20))))
		if desk.CodeOf(err) != c.code || *aborted != c.aborted {
			t.Errorf("%s refused: %v, taken back %v", c.refuse, err, *aborted)
		}
	}
	s, aborted := multipartServer(t, "")
	if _, err := s.Upload(t.Context(), "k", "", bytes.NewReader(make([]byte, 6<<20))); err != nil || *aborted {
		t.Errorf("%v, taken back %v", err, *aborted)
	}
}
