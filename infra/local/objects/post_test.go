package objects

import (
	"bytes"
	"context"
	"encoding/base64"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// offer signs a policy with the SDK: one key, an image, 4 to 10 bytes.
func offer(t *testing.T, c *s3.Client) (address string, fields map[string]string) {
	t.Helper()
	out, err := s3.NewPresignClient(c).PresignPostObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("box"), Key: aws.String("up/cat.png")}, func(o *s3.PresignPostOptions) {
		o.Expires = time.Hour
		o.Conditions = []any{
			[]any{"content-length-range", 4, 10},
			[]any{"starts-with", "$Content-Type", "image/"},
			map[string]string{"x-amz-meta-by": "me"},
			[]any{"starts-with", "$success_action_status", ""},
			[]any{"starts-with", "$success_action_redirect", ""},
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	fields = maps.Clone(out.Values)
	fields["Content-Type"], fields["x-amz-meta-by"] = "image/png", "me"
	return out.URL, fields
}

// submit sends a form as a browser does, the file last.
func submit(t *testing.T, address string, fields map[string]string, name, file string) (*http.Response, string) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for name, value := range fields {
		if err := m.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	if file != "" {
		part, err := m.CreateFormFile("file", name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write([]byte(file)); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, &b)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", m.FormDataContentType())
	resp, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var said bytes.Buffer
	if _, err := said.ReadFrom(resp.Body); err != nil {
		t.Fatal(err)
	}
	return resp, said.String()
}

func TestABrowserUploadsWithASignedPolicy(t *testing.T) {
	_, c := bucket(t)
	address, fields := offer(t, c)
	resp, said := submit(t, address, fields, "cat.png", "picture")
	if resp.StatusCode != http.StatusNoContent || resp.Header.Get("ETag") == "" || resp.Header.Get("Access-Control-Allow-Origin") == "" {
		t.Fatalf("%d %s", resp.StatusCode, said)
	}
	if got := get(t, c, "up/cat.png"); got != "picture" {
		t.Errorf("stored %q", got)
	}
	head, err := c.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("box"), Key: aws.String("up/cat.png")})
	if err != nil || *head.ContentType != "image/png" || head.Metadata["by"] != "me" {
		t.Errorf("%+v, %v", head, err)
	}
}

func TestAFilesOwnNameMayEndItsKey(t *testing.T) {
	s, c := bucket(t)
	now := time.Now().UTC()
	document := `{"expiration":"` + now.Add(time.Hour).Format(time.RFC3339) + `","conditions":[{"bucket":"box"},["starts-with","$key","up/"],
		["starts-with","$x-amz-algorithm",""],["starts-with","$x-amz-credential",""],["starts-with","$x-amz-date",""]]}`
	scope := credential{access, now.Format("20060102"), "us-east-1", "s3"}
	fields := map[string]string{
		"key": "up/${filename}", "policy": base64.StdEncoding.EncodeToString([]byte(document)), "x-amz-algorithm": algorithm,
		"x-amz-credential": access + "/" + scope.scope(), "x-amz-date": now.Format(timeFormat),
	}
	fields["x-amz-signature"] = keys{access, secret}.sign(scope, fields["policy"])
	if resp, said := submit(t, s.Endpoint+"/box/", fields, "my cat.png", "picture"); resp.StatusCode != http.StatusNoContent {
		t.Fatalf("%d %s", resp.StatusCode, said)
	}
	if got := get(t, c, "up/my cat.png"); got != "picture" {
		t.Errorf("stored %q", got)
	}
}

func TestAFormChoosesItsAnswer(t *testing.T) {
	_, c := bucket(t)
	address, fields := offer(t, c)
	fields["success_action_status"] = "201"
	resp, said := submit(t, address, fields, "cat.png", "picture")
	if resp.StatusCode != http.StatusCreated || !strings.Contains(said, "<Key>up/cat.png</Key>") {
		t.Errorf("%d %s", resp.StatusCode, said)
	}
	fields["success_action_status"] = "200"
	if resp, said := submit(t, address, fields, "cat.png", "picture"); resp.StatusCode != http.StatusOK {
		t.Errorf("%d %s", resp.StatusCode, said)
	}
	fields["success_action_redirect"] = "http://example.com/done?a=1"
	resp, said = submit(t, address, fields, "cat.png", "picture")
	if to := resp.Header.Get("Location"); resp.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to, "http://example.com/done?a=1&bucket=box&etag=") {
		t.Errorf("%d to %q: %s", resp.StatusCode, to, said)
	}
}

func TestAnUploadOutsideItsPolicyIsNotStored(t *testing.T) {
	_, c := bucket(t)
	address, good := offer(t, c)
	for name, k := range map[string]struct {
		change func(fields map[string]string)
		file   string
		status int
		want   string
	}{
		"another type":       {func(f map[string]string) { f["Content-Type"] = "text/html" }, "picture", 403, "Policy Condition failed"},
		"no type":            {func(f map[string]string) { delete(f, "Content-Type") }, "picture", 403, "Policy Condition failed"},
		"another key":        {func(f map[string]string) { f["key"] = "elsewhere" }, "picture", 403, "Policy Condition failed"},
		"another field":      {func(f map[string]string) { f["x-amz-meta-more"] = "1" }, "picture", 403, "Extra input fields: x-amz-meta-more"},
		"no policy":          {func(f map[string]string) { delete(f, "policy") }, "picture", 403, "AccessDenied"},
		"another policy":     {func(f map[string]string) { f["policy"] = base64.StdEncoding.EncodeToString([]byte(`{}`)) }, "picture", 403, "SignatureDoesNotMatch"},
		"another signature":  {func(f map[string]string) { f["X-Amz-Signature"] = strings.Repeat("0", 64) }, "picture", 403, "SignatureDoesNotMatch"},
		"another access key": {func(f map[string]string) { f["X-Amz-Credential"] = "X" + f["X-Amz-Credential"] }, "picture", 403, "InvalidAccessKeyId"},
		"no access key":      {func(f map[string]string) { delete(f, "X-Amz-Credential") }, "picture", 400, "InvalidArgument"},
		"another algorithm":  {func(f map[string]string) { f["X-Amz-Algorithm"] = "none" }, "picture", 400, "InvalidArgument"},
		"no key":             {func(f map[string]string) { delete(f, "key") }, "picture", 400, "InvalidArgument"},
		"no file":            {func(map[string]string) {}, "", 400, "exactly one file"},
		"too large":          {func(map[string]string) {}, "much too large", 400, "EntityTooLarge"},
		"too small":          {func(map[string]string) {}, "tin", 400, "EntityTooSmall"},
		"endless fields":     {func(f map[string]string) { f["x-ignore-me"] = strings.Repeat("x", 20<<10) }, "picture", 400, "MaxPostPreDataLengthExceeded"},
	} {
		fields := maps.Clone(good)
		k.change(fields)
		if resp, said := submit(t, address, fields, "cat.png", k.file); resp.StatusCode != k.status || !strings.Contains(said, k.want) {
			t.Errorf("%s: %d %s", name, resp.StatusCode, said)
		}
	}
	for _, key := range []string{"up/cat.png", "elsewhere"} {
		absent(t, c, key)
	}
	good["x-ignore-me"] = "please"
	if resp, said := submit(t, address, good, "cat.png", "picture"); resp.StatusCode != http.StatusNoContent {
		t.Errorf("an ignored field: %d %s", resp.StatusCode, said)
	}
}

func TestAPolicyIsForItsBucketAndItsTime(t *testing.T) {
	s, c := bucket(t)
	address, fields := offer(t, c)
	if _, err := c.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("other")}); err != nil {
		t.Fatal(err)
	}
	if resp, said := submit(t, s.Endpoint+"/other", fields, "cat.png", "picture"); resp.StatusCode != 403 || !strings.Contains(said, "Policy Condition failed") {
		t.Errorf("another bucket: %d %s", resp.StatusCode, said)
	}
	p, err := parsePolicy([]byte(`{"expiration":"2025-01-01T00:00:00.000Z","conditions":[]}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.check(form{}, "box", time.Date(2025, 1, 1, 0, 0, 1, 0, time.UTC)); err == nil || !strings.Contains(err.Error(), "Policy expired") {
		t.Errorf("too late: %v", err)
	}
	if err := p.check(form{}, "box", time.Date(2024, 12, 31, 0, 0, 0, 0, time.UTC)); err != nil {
		t.Errorf("in time: %v", err)
	}
	if _, err := c.DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: aws.String("box")}); err != nil {
		t.Fatal(err)
	}
	if resp, said := submit(t, address, fields, "cat.png", "picture"); resp.StatusCode != 404 || !strings.Contains(said, "NoSuchBucket") {
		t.Errorf("a bucket that is gone: %d %s", resp.StatusCode, said)
	}
}

func TestAMalformedPolicyIsRefused(t *testing.T) {
	for _, document := range []string{
		`nonsense`,
		`{"conditions":[]}`,
		`{"expiration":"2025-01-01T00:00:00Z"}`,
		`{"expiration":"2025-01-01T00:00:00Z","conditions":[["eq","$key"]]}`,
		`{"expiration":"2025-01-01T00:00:00Z","conditions":[["eq","key","a"]]}`,
		`{"expiration":"2025-01-01T00:00:00Z","conditions":[["like","$key","a"]]}`,
		`{"expiration":"2025-01-01T00:00:00Z","conditions":[["content-length-range","a",1]]}`,
		`{"expiration":"2025-01-01T00:00:00Z","conditions":["key"]}`,
	} {
		if _, err := parsePolicy([]byte(document)); err == nil || !strings.Contains(err.Error(), "InvalidPolicyDocument") {
			t.Errorf("%s: %v", document, err)
		}
	}
	p, err := parsePolicy([]byte(`{"expiration":"2025-01-01T00:00:00Z","conditions":[["content-length-range","1","5"],["content-length-range",2,9]]}`))
	if err != nil || p.min != 2 || p.max != 5 {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestABrowserMayAskBeforeItUploads(t *testing.T) {
	s, _ := bucket(t)
	r, err := http.NewRequestWithContext(context.Background(), http.MethodOptions, s.Endpoint+"/box", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", "https://example.com")
	r.Header.Set("Access-Control-Request-Method", "POST")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
}

func TestAFormThatIsCutShortIsRefused(t *testing.T) {
	g := newGate(Options{AccessKey: access, SecretKey: secret}, http.NotFoundHandler())
	for name, body := range map[string]string{
		"in a field":      "--b\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nup",
		"before the file": "--b\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nup\r\n",
	} {
		r := httptest.NewRequest(http.MethodPost, "/box", strings.NewReader(body))
		r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
		if status, said := answerOf(g, r); status != http.StatusBadRequest || !strings.Contains(said, "MalformedPOSTRequest") {
			t.Errorf("%s: %d %s", name, status, said)
		}
	}
	r := httptest.NewRequest(http.MethodPost, "/box", strings.NewReader(""))
	r.Header.Set("Content-Type", "multipart/form-data")
	if status, _ := answerOf(g, r); status != http.StatusBadRequest {
		t.Errorf("no boundary: %d", status)
	}
}
