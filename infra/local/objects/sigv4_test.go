package objects

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func TestEncodingIsAWSsOwn(t *testing.T) {
	for in, want := range map[string]string{
		"abc-._~XYZ019": "abc-._~XYZ019",
		"a b+c&d=e":     "a%20b%2Bc%26d%3De",
		"ü/*'":          "%C3%BC%2F%2A%27",
	} {
		if got := encode(in, false); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
	if got := encode("/a/ b", true); got != "/a/%20b" {
		t.Errorf("a path: %q", got)
	}
}

func TestTheCanonicalQueryIsSortedByNameAndValue(t *testing.T) {
	for in, want := range map[string]string{
		"":                                 "",
		"b=2&a=1":                          "a=1&b=2",
		"a=2&a=1&ab=0":                     "a=1&a=2&ab=0",
		"delete":                           "delete=",
		"a=%2f&X-Amz-Signature=x&&bad=%zz": "a=%2F",
		"a-b=1&a=2":                        "a=2&a-b=1",
	} {
		if got := canonicalQuery(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

func TestACredentialHasAKeyAndItsScope(t *testing.T) {
	c, ok := parseCredential("AK/with/slash/20250101/eu-west-1/s3/aws4_request")
	if !ok || c.key != "AK/with/slash" || c.scope() != "20250101/eu-west-1/s3/aws4_request" {
		t.Errorf("%+v %v", c, ok)
	}
	for _, bad := range []string{"", "AK", "AK/20250101/eu-west-1/s3", "AK/20250101/eu-west-1/s3/other", "20250101/eu-west-1/s3/aws4_request"} {
		if _, ok := parseCredential(bad); ok {
			t.Errorf("%q was taken", bad)
		}
	}
}

// The check values that the catalogues of these sums publish for "123456789".
func TestChecksumsAreThePublishedOnes(t *testing.T) {
	for name, want := range map[string]string{
		"x-amz-checksum-crc32":     "cbf43926",
		"X-Amz-Checksum-Crc32c":    "e3069283",
		"x-amz-checksum-crc64nvme": "ae8b14860a799888",
		"x-amz-checksum-sha1":      "f7c3bc1d808e04732adf679965ccc34ca7ae3441",
		"x-amz-checksum-sha256":    "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
	} {
		h := newChecksum(name)
		h.Write([]byte("123456789"))
		if got := hex.EncodeToString(h.Sum(nil)); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
	if newChecksum("x-amz-checksum-type") != nil {
		t.Error("a header that is no sum was taken for one")
	}
}

func TestTheHostNamesABucketOnlyUnderLocalhost(t *testing.T) {
	for host, want := range map[string]string{
		"box.localhost:9000": "box", "box.localhost": "box", "a.b.localhost:1": "a.b",
		"localhost:9000": "", "127.0.0.1:9000": "", "box.example.com": "", "": "",
	} {
		if got := hostBucket(host); got != want {
			t.Errorf("%q: %q", host, got)
		}
	}
}

func TestARefusedHeadHasNoBody(t *testing.T) {
	s, _ := bucket(t)
	resp, err := http.Head(s.Endpoint + "/box/k")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden || resp.Header.Get("X-Amz-Request-Id") == "" {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
}

func TestManyWritersAtOnceLoseNothing(t *testing.T) {
	for _, dir := range []string{"", t.TempDir()} {
		c := clientWith(started(t, dir), access, secret)
		if _, err := c.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("box")}); err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup
		for w := range 8 {
			group.Go(func() {
				for i := range 5 {
					key := fmt.Sprintf("%d/%d", w, i)
					if _, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("box"), Key: &key, Body: strings.NewReader(key)}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
		for w := range 8 {
			for i := range 5 {
				if key := fmt.Sprintf("%d/%d", w, i); get(t, c, key) != key {
					t.Errorf("%s holds something else", key)
				}
			}
		}
	}
}

func TestAnObjectIsWrittenOnceWhenAsked(t *testing.T) {
	_, c := bucket(t)
	put := func(value string) error {
		_, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("box"), Key: aws.String("k"), Body: strings.NewReader(value), IfNoneMatch: aws.String("*")})
		return err
	}
	if err := put("first"); err != nil {
		t.Fatal(err)
	}
	if err := put("second"); code(err) != "PreconditionFailed" {
		t.Errorf("got %v", err)
	}
	if got := get(t, c, "k"); got != "first" {
		t.Errorf("stored %q", got)
	}
}

func TestAnAbortedUploadLeavesNothing(t *testing.T) {
	_, c := bucket(t)
	up, err := c.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: aws.String("box"), Key: aws.String("k")})
	if err != nil {
		t.Fatal(err)
	}
	part, err := c.UploadPart(t.Context(), &s3.UploadPartInput{Bucket: aws.String("box"), Key: aws.String("k"), UploadId: up.UploadId, PartNumber: aws.Int32(1), Body: strings.NewReader("part")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.AbortMultipartUpload(t.Context(), &s3.AbortMultipartUploadInput{Bucket: aws.String("box"), Key: aws.String("k"), UploadId: up.UploadId}); err != nil {
		t.Fatal(err)
	}
	absent(t, c, "k")
	_, err = c.CompleteMultipartUpload(t.Context(), &s3.CompleteMultipartUploadInput{Bucket: aws.String("box"), Key: aws.String("k"), UploadId: up.UploadId, MultipartUpload: &types.CompletedMultipartUpload{
		Parts: []types.CompletedPart{{PartNumber: aws.Int32(1), ETag: part.ETag}},
	}})
	if code(err) != "NoSuchUpload" {
		t.Errorf("got %v", err)
	}
}
