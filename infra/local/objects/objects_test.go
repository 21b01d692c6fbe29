package objects

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
)

const access, secret = "AKLOCAL", "local-secret"

func started(t *testing.T, dir string) *Server {
	t.Helper()
	s, err := Start(Options{Dir: dir, AccessKey: access, SecretKey: secret})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func clientWith(s *Server, id, key string) *s3.Client {
	return s3.New(s3.Options{
		Region: "us-east-1", BaseEndpoint: &s.Endpoint, RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: id, SecretAccessKey: key}, nil
		}),
	})
}

// bucket starts a server in memory, with an empty bucket.
func bucket(t *testing.T) (*Server, *s3.Client) {
	t.Helper()
	s := started(t, "")
	c := clientWith(s, access, secret)
	if _, err := c.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("box")}); err != nil {
		t.Fatal(err)
	}
	return s, c
}

func put(t *testing.T, c *s3.Client, key, value string) {
	t.Helper()
	if _, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("box"), Key: &key, Body: strings.NewReader(value)}); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, c *s3.Client, key string) string {
	t.Helper()
	out, err := c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("box"), Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(out.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func absent(t *testing.T, c *s3.Client, key string) {
	t.Helper()
	_, err := c.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("box"), Key: &key})
	var missing *types.NotFound
	if !errors.As(err, &missing) {
		t.Errorf("%s is there: %v", key, err)
	}
}

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func TestAnObjectComesBackWholeAndInParts(t *testing.T) {
	_, c := bucket(t)
	const key = "a folder/ünï+ (1)&=~.txt"
	_, err := c.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String("box"), Key: aws.String(key), Body: strings.NewReader("0123456789"),
		ContentType: aws.String("text/plain"), ContentDisposition: aws.String(`attachment; filename="n.txt"`), Metadata: map[string]string{"by": "me"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := get(t, c, key); got != "0123456789" {
		t.Errorf("got %q", got)
	}
	out, err := c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("box"), Key: aws.String(key), Range: aws.String("bytes=2-4")})
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(out.Body)
	if err != nil || string(b) != "234" || *out.ContentRange != "bytes 2-4/10" {
		t.Errorf("range: %q, %v, %v", b, aws.ToString(out.ContentRange), err)
	}
	head, err := c.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("box"), Key: aws.String(key)})
	if err != nil {
		t.Fatal(err)
	}
	if *head.ContentType != "text/plain" || *head.ContentDisposition != `attachment; filename="n.txt"` || head.Metadata["by"] != "me" || *head.ContentLength != 10 {
		t.Errorf("head: %+v", head)
	}
}

func TestTheHeadersOfOneCallAreNotKeptWithTheObject(t *testing.T) {
	_, c := bucket(t)
	put(t, c, "k", "v")
	presigned, err := s3.NewPresignClient(c).PresignGetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("box"), Key: aws.String("k")})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get(presigned.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for name := range resp.Header {
		if name := strings.ToLower(name); strings.HasPrefix(name, "x-amz-") && name != "x-amz-id-2" && name != "x-amz-request-id" {
			t.Errorf("%s came back", name)
		}
	}
	if got := resp.Header.Get("Content-Type"); got != "application/octet-stream" {
		t.Errorf("type %q", got)
	}
}

func TestObjectsAreListedByPrefixAndDeleted(t *testing.T) {
	_, c := bucket(t)
	for _, key := range []string{"incoming/1", "incoming/2", "incoming/3", "other"} {
		put(t, c, key, "x")
	}
	var keys []string
	pages := s3.NewListObjectsV2Paginator(c, &s3.ListObjectsV2Input{Bucket: aws.String("box"), Prefix: aws.String("incoming/"), MaxKeys: aws.Int32(2)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Contents {
			keys = append(keys, *o.Key)
		}
	}
	if !slices.Equal(keys, []string{"incoming/1", "incoming/2", "incoming/3"}) {
		t.Errorf("listed %q", keys)
	}
	if _, err := c.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("box"), Key: aws.String("incoming/1")}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("box"), Key: aws.String("never there")}); err != nil {
		t.Error(err)
	}
	_, err := c.DeleteObjects(t.Context(), &s3.DeleteObjectsInput{Bucket: aws.String("box"), Delete: &types.Delete{Objects: []types.ObjectIdentifier{
		{Key: aws.String("incoming/2")}, {Key: aws.String("incoming/3")},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		absent(t, c, key)
	}
	if got := get(t, c, "other"); got != "x" {
		t.Errorf("got %q", got)
	}
}

func TestAnObjectIsCopied(t *testing.T) {
	_, c := bucket(t)
	put(t, c, "from/a b", "copied")
	_, err := c.CopyObject(t.Context(), &s3.CopyObjectInput{Bucket: aws.String("box"), Key: aws.String("to"), CopySource: aws.String("box/from/a%20b")})
	if err != nil {
		t.Fatal(err)
	}
	if got := get(t, c, "to"); got != "copied" {
		t.Errorf("got %q", got)
	}
}

func TestAnUploadInPartsIsOneObject(t *testing.T) {
	_, c := bucket(t)
	up, err := c.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: aws.String("box"), Key: aws.String("big"), ContentType: aws.String("image/png")})
	if err != nil {
		t.Fatal(err)
	}
	parts := []string{strings.Repeat("a", 5<<20), "the end"}
	var done []types.CompletedPart
	for i, p := range parts {
		n := aws.Int32(int32(i + 1))
		out, err := c.UploadPart(t.Context(), &s3.UploadPartInput{Bucket: aws.String("box"), Key: aws.String("big"), UploadId: up.UploadId, PartNumber: n, Body: strings.NewReader(p)})
		if err != nil {
			t.Fatal(err)
		}
		done = append(done, types.CompletedPart{ETag: out.ETag, PartNumber: n, ChecksumCRC32: out.ChecksumCRC32})
	}
	_, err = c.CompleteMultipartUpload(t.Context(), &s3.CompleteMultipartUploadInput{
		Bucket: aws.String("box"), Key: aws.String("big"), UploadId: up.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: done},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := get(t, c, "big"); got != strings.Join(parts, "") {
		t.Errorf("%d bytes came back", len(got))
	}
}

func TestWithAFolderObjectsOutliveTheServer(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s := started(t, dir)
	c := clientWith(s, access, secret)
	if _, err := c.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("box")}); err != nil {
		t.Fatal(err)
	}
	big := strings.Repeat("mail ", 2<<20)
	put(t, c, "small", "kept")
	put(t, c, "big", big)
	if _, err := Start(Options{Dir: dir, AccessKey: access, SecretKey: secret}); err == nil || !strings.Contains(err.Error(), "another run keeps its objects there") {
		t.Errorf("a second server on the same folder: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	c = clientWith(started(t, dir), access, secret)
	if got := get(t, c, "small"); got != "kept" {
		t.Errorf("got %q", got)
	}
	if got := get(t, c, "big"); got != big {
		t.Errorf("%d bytes came back", len(got))
	}
}

func TestWhatCannotBeStartedSaysWhy(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, o := range []Options{{AccessKey: "a"}, {AccessKey: "a", SecretKey: "b", Dir: filepath.Join(file, "x")}, {AccessKey: "a", SecretKey: "b", Addr: "?", Dir: t.TempDir()}} {
		if s, err := Start(o); err == nil {
			s.Close()
			t.Errorf("%+v started", o)
		}
	}
	broken := t.TempDir()
	if err := os.WriteFile(filepath.Join(broken, "objects.db"), bytes.Repeat([]byte("x"), 9000), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(Options{AccessKey: "a", SecretKey: "b", Dir: broken}); err == nil || !strings.Contains(err.Error(), "can't be opened") {
		t.Errorf("a damaged file: %v", err)
	}
}

func TestOtherCredentialsAreRefused(t *testing.T) {
	s, c := bucket(t)
	put(t, c, "k", "v")
	_, err := clientWith(s, "STRANGER", secret).GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("box"), Key: aws.String("k")})
	if code(err) != "InvalidAccessKeyId" {
		t.Errorf("another key: %v", err)
	}
	_, err = clientWith(s, access, "guess").GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("box"), Key: aws.String("k")})
	if code(err) != "SignatureDoesNotMatch" {
		t.Errorf("another secret: %v", err)
	}
	resp, err := http.Get(s.Endpoint + "/box/k")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("no signature: %d", resp.StatusCode)
	}
}

func TestTheHostMayNameTheBucket(t *testing.T) {
	s, c := bucket(t)
	endpoint := strings.Replace(s.Endpoint, "127.0.0.1", "localhost", 1)
	virtual := s3.New(s3.Options{
		Region: "us-east-1", BaseEndpoint: &endpoint, RetryMaxAttempts: 1, Credentials: c.Options().Credentials,
		// Not every resolver knows that *.localhost is this machine.
		HTTPClient: doer(func(r *http.Request) (*http.Response, error) {
			if r.URL.Hostname() != "box.localhost" {
				t.Errorf("called %s", r.URL)
			}
			r.Host, r.URL.Host = r.URL.Host, strings.TrimPrefix(s.Endpoint, "http://")
			return http.DefaultClient.Do(r)
		}),
	})
	put(t, virtual, "a/b", "virtual")
	if got := get(t, c, "a/b"); got != "virtual" {
		t.Errorf("got %q", got)
	}
}

type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(r *http.Request) (*http.Response, error) { return d(r) }

func TestASubresourceThatIsNotKnownTouchesNothing(t *testing.T) {
	_, c := bucket(t)
	put(t, c, "k", "v")
	_, err := c.PutObjectTagging(t.Context(), &s3.PutObjectTaggingInput{Bucket: aws.String("box"), Key: aws.String("k"), Tagging: &types.Tagging{TagSet: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}}})
	if code(err) != "NotImplemented" {
		t.Errorf("got %v", err)
	}
	if got := get(t, c, "k"); got != "v" {
		t.Errorf("the object became %q", got)
	}
}

func TestOneLineIsLoggedForACallWithoutItsSignature(t *testing.T) {
	var log bytes.Buffer
	s, err := Start(Options{AccessKey: access, SecretKey: secret, Log: &log})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	presigned, err := s3.NewPresignClient(clientWith(s, access, secret)).PresignGetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("box"), Key: aws.String("k")})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get(presigned.URL)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	s.Close()
	if log.String() != "s3 GET /box/k: 404\n" {
		t.Errorf("logged %q", log.String())
	}
}
