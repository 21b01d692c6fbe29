package object_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/infra/local/objects"
	"github.com/loket-desk/loket/shared/aws"
	"github.com/loket-desk/loket/shared/aws/object"
	"github.com/loket-desk/loket/shared/config"
	"github.com/loket-desk/loket/shared/desk"
)

func client(endpoint string) *aws.Client {
	return aws.New(config.Config{
		Region: "us-east-1", Credentials: config.Credentials{AccessKey: "key", Secret: "secret"},
		Endpoints: config.Endpoints{S3: endpoint},
	})
}

// bucket is an empty one on a server that checks signatures as S3 does.
func bucket(t *testing.T) *object.Store {
	t.Helper()
	server, err := objects.Start(objects.Options{AccessKey: "key", SecretKey: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	cloud := client(server.Endpoint)
	u, err := url.Parse(server.Endpoint + "/box")
	if err != nil {
		t.Fatal(err)
	}
	res, err := cloud.Do(t.Context(), aws.Call{Service: aws.S3, Method: http.MethodPut, URL: u})
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return object.New(cloud, "box")
}

const odd = "parts/a b+c/ümläut 😀 (1)=&?#%.txt"

func random(t *testing.T, n int) []byte {
	t.Helper()
	data := make([]byte, n)
	if _, err := rand.Read(data); err != nil {
		t.Fatal(err)
	}
	return data
}

func contents(t *testing.T, s *object.Store, key string) []byte {
	t.Helper()
	data, err := s.Read(t.Context(), key, 64<<20)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestWhatIsPutIsGot(t *testing.T) {
	s := bucket(t)
	for name, size := range map[string]int{"nothing": 0, "small": 11, "larger than is kept in memory": 3 << 20} {
		data := random(t, size)
		for kind, body := range map[string]io.Reader{"seekable": bytes.NewReader(data), "not": io.MultiReader(bytes.NewReader(data))} {
			key := odd + name + kind
			if err := s.Put(t.Context(), key, "text/x", body, int64(size)); err != nil {
				t.Fatal(name, kind, err)
			}
			if !bytes.Equal(contents(t, s, key), data) {
				t.Errorf("%s, %s: other bytes came back", name, kind)
			}
			info, err := s.Head(t.Context(), key)
			if err != nil || info.Size != int64(size) || info.ContentType != "text/x" || time.Since(info.ChangedAt) > time.Hour {
				t.Errorf("%+v %v", info, err)
			}
		}
	}
}

func TestABodyOfAnotherSizeThanAnnouncedIsNotStored(t *testing.T) {
	s := bucket(t)
	for _, size := range []int64{3, 5} {
		if err := s.Put(t.Context(), "k", "", strings.NewReader("four"), size); err == nil {
			t.Errorf("four bytes were stored as %d", size)
		}
	}
	if _, err := s.Head(t.Context(), "k"); desk.CodeOf(err) != desk.NotFound {
		t.Errorf("something was stored: %v", err)
	}
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	s := bucket(t)
	_, _, err := s.Get(t.Context(), "no")
	_, head := s.Head(t.Context(), "no")
	_, read := s.Read(t.Context(), "no", 1)
	for _, err := range []error{err, head, read, s.Copy(t.Context(), "no", "yes")} {
		if desk.CodeOf(err) != desk.NotFound {
			t.Errorf("%v", err)
		}
	}
	if err := s.Delete(t.Context(), "no"); err != nil {
		t.Errorf("deleting what isn't there: %v", err)
	}
}

func TestAMissingBucketIsOurFaultAndNotAMissingFile(t *testing.T) {
	server, err := objects.Start(objects.Options{AccessKey: "key", SecretKey: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	if _, _, err := object.New(client(server.Endpoint), "nowhere").Get(t.Context(), "k"); desk.CodeOf(err) != desk.Internal {
		t.Errorf("%v", err)
	}
}

func TestAFileOverTheLimitIsNotReadIntoMemory(t *testing.T) {
	s := bucket(t)
	if err := s.Put(t.Context(), "k", "", strings.NewReader("12345"), 5); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Read(t.Context(), "k", 4); desk.CodeOf(err) != desk.TooLarge {
		t.Errorf("%v", err)
	}
}

func TestCopyAndDelete(t *testing.T) {
	s := bucket(t)
	if err := s.Put(t.Context(), odd, "text/x", strings.NewReader("x"), 1); err != nil {
		t.Fatal(err)
	}
	if err := s.Copy(t.Context(), odd, "kept/"+odd); err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(t.Context(), odd); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Head(t.Context(), odd); desk.CodeOf(err) != desk.NotFound {
		t.Errorf("it is still there: %v", err)
	}
	if got := contents(t, s, "kept/"+odd); string(got) != "x" {
		t.Errorf("the copy holds %q", got)
	}
}

func TestAListGoesOnWhereItEnded(t *testing.T) {
	s := bucket(t)
	want := []string{"in/1", "in/2 &<", "in/3", "in/4", "in/5"}
	for _, key := range append([]string{"other"}, want...) {
		if err := s.Put(t.Context(), key, "", strings.NewReader("x"), 1); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	after, more := "", true
	for more {
		var page []object.Info
		var err error
		if page, more, err = s.List(t.Context(), "in/", after, 2); err != nil || len(page) == 0 || len(page) > 2 {
			t.Fatal(page, err)
		}
		for _, o := range page {
			got, after = append(got, o.Key), o.Key
			if o.Size != 1 || o.ChangedAt.IsZero() {
				t.Errorf("%+v", o)
			}
		}
	}
	if strings.Join(got, ",") != strings.Join(want, ",") {
		t.Errorf("%v", got)
	}
}

func TestALinkDownloadsAsAFileAndOnlyWhatItNames(t *testing.T) {
	s := bucket(t)
	if err := s.Put(t.Context(), odd, "text/html", strings.NewReader("<p>"), 3); err != nil {
		t.Fatal(err)
	}
	link, err := s.Link(t.Context(), odd, "räk\r\nning/1.html", "application/octet-stream", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.Get(link) //nolint:gosec,noctx // our own server
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // a test
	body, _ := io.ReadAll(res.Body)
	if res.StatusCode != 200 || string(body) != "<p>" {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	if d := res.Header.Get("Content-Disposition"); !strings.HasPrefix(d, "attachment;") || strings.ContainsAny(d, "\r\n/") {
		t.Errorf("disposition %q", d)
	}
	other := strings.Replace(link, "kept", "x", 1) + "x"
	if res, err := http.Get(other); err != nil || res.StatusCode != 403 { //nolint:gosec,noctx,bodyclose // our own server
		t.Errorf("a changed link: %v %v", res, err)
	}
}

func post(t *testing.T, form object.Form, data []byte) int {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, value := range form.Fields {
		if err := w.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	file, err := w.CreateFormFile("file", "f")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = file.Write(data)
	_ = w.Close()
	res, err := http.Post(form.URL, w.FormDataContentType(), &body) //nolint:gosec,noctx // our own server
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // a test
	return res.StatusCode
}

func TestAFormTakesWhatItAllowsAndNothingElse(t *testing.T) {
	s := bucket(t)
	form := func() object.Form {
		f, err := s.Form("uploads/1", "image/png", 5, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	if status := post(t, form(), []byte("12345")); status/100 != 2 {
		t.Errorf("an allowed upload: %d", status)
	}
	if got := contents(t, s, "uploads/1"); string(got) != "12345" {
		t.Errorf("stored %q", got)
	}
	large, key, kind := form(), form(), form()
	key.Fields["key"], kind.Fields["Content-Type"] = "parts/1", "text/html"
	late, err := s.Form("uploads/1", "image/png", 5, -time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	for name, status := range map[string]int{
		"too large": post(t, large, []byte("123456")), "another key": post(t, key, nil),
		"another type": post(t, kind, nil), "too late": post(t, late, nil),
	} {
		if status/100 != 4 {
			t.Errorf("%s: %d", name, status)
		}
	}
}

func TestAnOutageOfTheStoreIsBusy(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, `<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>`)
	}))
	t.Cleanup(server.Close)
	s := object.New(client(server.URL), "box")
	_, _, err := s.Get(t.Context(), "k")
	var f *aws.Failure
	if desk.CodeOf(err) != desk.Busy || !errors.As(err, &f) || f.Code != "SlowDown" {
		t.Errorf("%v", err)
	}
	if _, _, err := s.List(context.Background(), "", "", 1); desk.CodeOf(err) != desk.Busy {
		t.Errorf("%v", err)
	}
}

func TestOnlyObjectsFromBeforeATimeAreOld(t *testing.T) {
	store := bucket(t)
	for _, key := range []string{"incoming/a", "incoming/b", "mail/c"} {
		if err := store.Put(t.Context(), key, "message/rfc822", strings.NewReader("x"), 1); err != nil {
			t.Fatal(err)
		}
	}
	for before, want := range map[time.Time]int{time.Now().Add(time.Hour): 2, time.Now().Add(-time.Hour): 0} {
		if got, err := store.Older(t.Context(), "incoming/", before, 50); err != nil || len(got) != want {
			t.Errorf("before %v: %q, %v", before, got, err)
		}
	}
	if got, err := store.Older(t.Context(), "incoming/", time.Now().Add(time.Hour), 1); err != nil || len(got) != 1 || got[0] != "incoming/a" {
		t.Errorf("at most one: %q, %v", got, err)
	}
}
