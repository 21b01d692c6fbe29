package objects

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// The examples of S3's documentation of Signature Version 4 share these.
const docSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

func docGate(t *testing.T, inner http.HandlerFunc) *gate {
	t.Helper()
	g := newGate(Options{AccessKey: "AKIAIOSFODNN7EXAMPLE", SecretKey: docSecret}, inner)
	g.now = func() time.Time { return time.Date(2013, 5, 24, 0, 1, 0, 0, time.UTC) }
	return g
}

func docRequest(t *testing.T, method, target, host string, body io.Reader, headers map[string]string) *http.Request {
	t.Helper()
	r := httptest.NewRequest(method, target, body)
	r.Host = host
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	return r
}

func answerOf(g *gate, r *http.Request) (int, string) {
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func TestThePublishedExampleOfASignedHeaderIsAccepted(t *testing.T) {
	const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	headers := map[string]string{
		"Range": "bytes=0-9", "X-Amz-Content-Sha256": empty, "X-Amz-Date": "20130524T000000Z",
		"Authorization": "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=host;range;x-amz-content-sha256;x-amz-date," +
			"Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
	}
	g := docGate(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusOK) })
	if status, body := answerOf(g, docRequest(t, "GET", "/test.txt", "examplebucket.s3.amazonaws.com", nil, headers)); status != http.StatusOK {
		t.Errorf("%d %s", status, body)
	}
	if status, body := answerOf(g, docRequest(t, "GET", "/test2.txt", "examplebucket.s3.amazonaws.com", nil, headers)); status != http.StatusForbidden || !strings.Contains(body, "SignatureDoesNotMatch") {
		t.Errorf("another object: %d %s", status, body)
	}
	headers["X-Amz-Security-Token"] = "unsigned"
	if status, body := answerOf(g, docRequest(t, "GET", "/test.txt", "examplebucket.s3.amazonaws.com", nil, headers)); status != http.StatusForbidden || !strings.Contains(body, "not signed") {
		t.Errorf("an unsigned header: %d %s", status, body)
	}
}

func TestThePublishedExampleOfAPresignedAddressIsAcceptedUntilItExpires(t *testing.T) {
	const address = "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request" +
		"&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
	g := docGate(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusOK) })
	for _, c := range []struct {
		after  time.Duration
		status int
		want   string
	}{
		{time.Hour, 200, ""},
		{24 * time.Hour, 200, ""},
		{24*time.Hour + time.Second, 403, "Request has expired"},
		{-16 * time.Minute, 403, "not yet valid"},
	} {
		g.now = func() time.Time { return time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC).Add(c.after) }
		if status, body := answerOf(g, docRequest(t, "GET", address, "examplebucket.s3.amazonaws.com", nil, nil)); status != c.status || !strings.Contains(body, c.want) {
			t.Errorf("after %v: %d %s", c.after, status, body)
		}
	}
}

// docChunks is the published example of a body in signed chunks: 65,536 and 1,024 letters a.
func docChunks() string {
	var b strings.Builder
	for _, c := range []struct {
		size      string
		n         int
		signature string
	}{
		{"10000", 65536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"},
		{"400", 1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"},
		{"0", 0, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"},
	} {
		b.WriteString(c.size + ";chunk-signature=" + c.signature + "\r\n" + strings.Repeat("a", c.n) + "\r\n")
	}
	return b.String()
}

func chunkedRequest(t *testing.T, body string) *http.Request {
	t.Helper()
	return docRequest(t, "PUT", "/examplebucket/chunkObject.txt", "s3.amazonaws.com", strings.NewReader(body), map[string]string{
		"X-Amz-Date": "20130524T000000Z", "X-Amz-Storage-Class": "REDUCED_REDUNDANCY", "Content-Encoding": "aws-chunked",
		"X-Amz-Content-Sha256": chunksSigned, "X-Amz-Decoded-Content-Length": "66560",
		"Authorization": "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request," +
			"SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class," +
			"Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
	})
}

func TestThePublishedExampleOfSignedChunksIsDecoded(t *testing.T) {
	g := docGate(t, func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil || string(b) != strings.Repeat("a", 66560) || r.ContentLength != 66560 || r.Header.Get("Content-Encoding") != "" {
			t.Errorf("%d bytes of %d, encoding %q, %v", len(b), r.ContentLength, r.Header.Get("Content-Encoding"), err)
		}
		w.WriteHeader(http.StatusOK)
	})
	if status, body := answerOf(g, chunkedRequest(t, docChunks())); status != http.StatusOK {
		t.Errorf("%d %s", status, body)
	}
}

func TestAChangedChunkIsRefused(t *testing.T) {
	stored := func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err == nil {
			t.Error("the body was taken for whole")
		}
		w.WriteHeader(http.StatusInternalServerError) // as gofakes3 does where a body can't be read
	}
	for name, body := range map[string]string{
		"first":  strings.Replace(docChunks(), "aaaa", "aaba", 1),
		"second": strings.Replace(docChunks(), "0055627c", "aaaaaaaa", 1),
		"last":   strings.Replace(docChunks(), "b6c6ea8a", "aaaaaaaa", 1),
	} {
		if status, said := answerOf(docGate(t, stored), chunkedRequest(t, body)); status != http.StatusForbidden || !strings.Contains(said, "<Code>SignatureDoesNotMatch</Code>") {
			t.Errorf("%s: %d %s", name, status, said)
		}
	}
	// A body of the right length whose chunks are not where they should be.
	for name, change := range map[string]func(string) string{
		"longer chunk":  func(s string) string { return strings.Replace(s, "\r\n400;", "\r\n401;", 1) },
		"shorter chunk": func(s string) string { return strings.Replace(s, "\r\n400;", "\r\n3ff;", 1) },
		"no size":       func(s string) string { return strings.Replace(s, "10000;", "1x000;", 1) },
	} {
		if status, said := answerOf(docGate(t, stored), chunkedRequest(t, change(docChunks()))); status != http.StatusBadRequest || !strings.Contains(said, "IncompleteBody") {
			t.Errorf("%s: %d %s", name, status, said)
		}
	}
}

// signed signs a hand-made call with the SDK's signer.
func signed(t *testing.T, s *Server, method, path, hash string, body []byte, headers map[string]string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.Endpoint+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	r.Header.Set("X-Amz-Content-Sha256", hash)
	err = v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }).
		SignHTTP(context.Background(), aws.Credentials{AccessKeyID: access, SecretAccessKey: secret}, r, hash, "s3", "us-east-1", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func do(t *testing.T, r *http.Request) (int, string) {
	t.Helper()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func TestChunksWithATrailingChecksumAreDecodedAndProved(t *testing.T) {
	s, c := bucket(t)
	sum := base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte("hello world"))))
	upload := func(key, body, length string) (int, string) {
		return do(t, signed(t, s, "PUT", "/box/"+key, chunksUnsignedTrailer, []byte(body), map[string]string{
			"Content-Encoding": "gzip, aws-chunked", "X-Amz-Decoded-Content-Length": length, "X-Amz-Trailer": "x-amz-checksum-crc32",
		}))
	}
	whole := "6\r\nhello \r\n5\r\nworld\r\n0\r\nx-amz-checksum-crc32:" + sum + "\r\n\r\n"
	if status, body := upload("good", whole, "11"); status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	head, err := c.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("box"), Key: aws.String("good")})
	if err != nil || *head.ContentLength != 11 || aws.ToString(head.ContentEncoding) != "gzip" {
		t.Errorf("%+v, %v", head, err)
	}
	for name, c := range map[string]struct{ body, length, want string }{
		"changed":     {strings.Replace(whole, "world", "World", 1), "11", "BadDigest"},
		"no sum":      {strings.Replace(whole, "x-amz-checksum-crc32:"+sum+"\r\n", "", 1), "11", "InvalidRequest"},
		"cut":         {whole[:20], "11", "IncompleteBody"},
		"too long":    {whole, "10", "IncompleteBody"},
		"too short":   {whole, "12", "IncompleteBody"},
		"no trailer":  {"6\r\nhello \r\n5\r\nworld\r\n0\r\n", "11", "IncompleteBody"},
		"no length":   {whole, "", "MissingContentLength"},
		"huge length": {whole, "99999999999", "EntityTooLarge"},
		"long line":   {strings.Repeat("0", 5000) + whole, "11", "IncompleteBody"},
	} {
		if status, body := upload("bad", c.body, c.length); status < 400 || status >= 500 || !strings.Contains(body, "<Code>"+c.want+"</Code>") {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	absent(t, c, "bad")
}

func TestSignedTrailersAreProved(t *testing.T) {
	s, c := bucket(t)
	sum := base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte("hello"))))
	r := signed(t, s, "PUT", "/box/k", chunksSignedTrailer, nil, map[string]string{"X-Amz-Decoded-Content-Length": "5", "X-Amz-Trailer": "x-amz-checksum-crc32"})
	r.Header.Set("Authorization", r.Header.Get("Authorization"))
	g := &gate{keys: keys{access, secret}, now: time.Now}
	seed, err := g.headerSignature(r)
	if err != nil {
		t.Fatal(err)
	}
	first := g.sign(seed, "PAYLOAD", seed.value, hexSum("")+"\n"+hexSum("hello"))
	last := g.sign(seed, "PAYLOAD", first, hexSum("")+"\n"+hexSum(""))
	trailer := g.sign(seed, "TRAILER", last, hexSum("x-amz-checksum-crc32:"+sum+"\n"))
	for _, c := range []struct {
		signature, want string
		status          int
	}{{trailer, "", 200}, {first, "SignatureDoesNotMatch", 403}} {
		body := "5;chunk-signature=" + first + "\r\nhello\r\n0;chunk-signature=" + last + "\r\nx-amz-checksum-crc32:" + sum + "\r\nx-amz-trailer-signature:" + c.signature + "\r\n\r\n"
		again := r.Clone(t.Context())
		again.Body, again.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		if status, said := do(t, again); status != c.status || !strings.Contains(said, c.want) {
			t.Errorf("%d %s", status, said)
		}
	}
	if got := get(t, c, "k"); got != "hello" {
		t.Errorf("stored %q", got)
	}
}

func TestABodyThatIsNotTheSignedOneIsNotStored(t *testing.T) {
	s, c := bucket(t)
	for name, k := range map[string]struct {
		hash    string
		body    string
		headers map[string]string
		want    string
	}{
		"another body":      {hexSum("said"), "sent", nil, "XAmzContentSHA256Mismatch"},
		"an empty body":     {hexSum("said"), "", nil, "XAmzContentSHA256Mismatch"},
		"no hash":           {"nonsense", "sent", nil, "InvalidArgument"},
		"unknown streaming": {"STREAMING-SOMETHING", "sent", nil, "NotImplemented"},
		"unknown trailer":   {chunksUnsignedTrailer, "sent", map[string]string{"X-Amz-Decoded-Content-Length": "1", "X-Amz-Trailer": "x-other"}, "InvalidRequest"},
		"a wrong checksum":  {unsigned, "sent", map[string]string{"X-Amz-Checksum-Crc32c": "AAAAAA=="}, "BadDigest"},
		"half a checksum":   {unsigned, "sent", map[string]string{"X-Amz-Checksum-Sha1": "AAAAAA=="}, "InvalidRequest"},
		"a wrong MD5":       {unsigned, "sent", map[string]string{"Content-Md5": "AAAAAAAAAAAAAAAAAAAAAA=="}, "BadDigest"},
	} {
		if status, said := do(t, signed(t, s, "PUT", "/box/bad", k.hash, []byte(k.body), k.headers)); status < 400 || !strings.Contains(said, "<Code>"+k.want+"</Code>") {
			t.Errorf("%s: %d %s", name, status, said)
		}
		absent(t, c, "bad")
	}
	if status, said := do(t, signed(t, s, "PUT", "/box/good", unsigned, []byte("123456789"), map[string]string{"X-Amz-Checksum-Crc64nvme": "rosUhgp5mIg="})); status != http.StatusOK {
		t.Errorf("%d %s", status, said)
	}
}

func TestAMalformedSignatureIsRefusedInS3sWords(t *testing.T) {
	s, _ := bucket(t)
	good := func() *http.Request { return signed(t, s, "GET", "/box", unsigned, nil, nil) }
	for name, c := range map[string]struct {
		change func(h http.Header)
		want   string
	}{
		"another scheme": {func(h http.Header) { h.Set("Authorization", "Basic YTpi") }, "InvalidRequest"},
		"no signature":   {func(h http.Header) { h.Set("Authorization", "AWS4-HMAC-SHA256 Credential=a/b/c/s3/aws4_request") }, "AuthorizationHeaderMalformed"},
		"no scope": {func(h http.Header) {
			h.Set("Authorization", "AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host, Signature=b")
		}, "AuthorizationHeaderMalformed"},
		"no hash":     {func(h http.Header) { h.Del("X-Amz-Content-Sha256") }, "InvalidRequest"},
		"no date":     {func(h http.Header) { h.Set("X-Amz-Date", "yesterday") }, "AccessDenied"},
		"an old date": {func(h http.Header) { h.Set("X-Amz-Date", "20130524T000000Z") }, "RequestTimeTooSkewed"},
		"another service": {func(h http.Header) {
			h.Set("Authorization", strings.Replace(h.Get("Authorization"), "/s3/", "/sqs/", 1))
		}, "AuthorizationHeaderMalformed"},
		"host not signed": {func(h http.Header) {
			h.Set("Authorization", strings.Replace(h.Get("Authorization"), "SignedHeaders=host;", "SignedHeaders=", 1))
		}, "AccessDenied"},
	} {
		r := good()
		c.change(r.Header)
		if status, said := do(t, r); status < 400 || !strings.Contains(said, "<Code>"+c.want+"</Code>") {
			t.Errorf("%s: %d %s", name, status, said)
		}
	}
	if status, said := do(t, good()); status != http.StatusOK {
		t.Errorf("unchanged: %d %s", status, said)
	}
}

func TestPresignedAddressesWorkAndTamperedOnesDoNot(t *testing.T) {
	s, c := bucket(t)
	p := s3.NewPresignClient(c)
	up, err := p.PresignPutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("box"), Key: aws.String("up load"), ContentType: aws.String("text/plain"), Metadata: map[string]string{"by": "me"}})
	if err != nil {
		t.Fatal(err)
	}
	send := func(address, kind string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, address, strings.NewReader("by address"))
		if err != nil {
			t.Fatal(err)
		}
		for name, values := range up.SignedHeader {
			if !strings.EqualFold(name, "host") {
				r.Header[name] = values
			}
		}
		r.Header.Set("Content-Type", kind)
		return do(t, r)
	}
	if status, said := send(up.URL, "text/plain"); status != http.StatusOK {
		t.Fatalf("%d %s", status, said)
	}
	if got := get(t, c, "up load"); got != "by address" {
		t.Errorf("stored %q", got)
	}
	if status, said := send(up.URL, "text/html"); status != http.StatusForbidden || !strings.Contains(said, "SignatureDoesNotMatch") {
		t.Errorf("another type: %d %s", status, said)
	}
	down, err := p.PresignGetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("box"), Key: aws.String("up load"), ResponseContentDisposition: aws.String("attachment")})
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(down.URL)
	if err != nil {
		t.Fatal(err)
	}
	with := func(name, value string) string {
		query := u.Query()
		query.Set(name, value)
		return s.Endpoint + u.Path[:5] + "up%20load?" + query.Encode()
	}
	for name, c := range map[string]struct {
		address, want string
		status        int
	}{
		"as given":       {down.URL, "by address", 200},
		"another object": {strings.Replace(down.URL, "up%20load", "other", 1), "SignatureDoesNotMatch", 403},
		"another name":   {with("response-content-disposition", "inline"), "SignatureDoesNotMatch", 403},
		"longer life":    {with("X-Amz-Expires", "901"), "SignatureDoesNotMatch", 403},
		"no life":        {with("X-Amz-Expires", "604801"), "AuthorizationQueryParametersError", 400},
		"no date":        {with("X-Amz-Date", "x"), "AuthorizationQueryParametersError", 400},
		"no scope":       {with("X-Amz-Credential", "x"), "AuthorizationQueryParametersError", 400},
		"another method": {up.URL, "SignatureDoesNotMatch", 403},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.address, nil)
		if err != nil {
			t.Fatal(err)
		}
		if name == "another method" {
			r.Header.Set("X-Amz-Meta-By", "me")
			r.Header.Set("Content-Type", "text/plain")
		}
		if status, said := do(t, r); status != c.status || !strings.Contains(said, c.want) {
			t.Errorf("%s: %d %s", name, status, said)
		}
	}
}

func hexSum(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
