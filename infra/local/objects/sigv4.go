package objects

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	algorithm  = "AWS4-HMAC-SHA256"
	timeFormat = "20060102T150405Z"
	unsigned   = "UNSIGNED-PAYLOAD"
)

// keys are the credentials that count.
type keys struct{ access, secret string }

// credential is the scope of a signature: KEY/DATE/REGION/s3/aws4_request.
type credential struct{ key, date, region, service string }

func parseCredential(s string) (credential, bool) {
	f := strings.Split(s, "/")
	if len(f) < 5 || f[len(f)-1] != "aws4_request" {
		return credential{}, false
	}
	n := len(f) - 4 // a key may hold slashes
	return credential{key: strings.Join(f[:n], "/"), date: f[n], region: f[n+1], service: f[n+2]}, true
}

func (c credential) scope() string {
	return c.date + "/" + c.region + "/" + c.service + "/aws4_request"
}

func mac(key []byte, data string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(data))
	return h.Sum(nil)
}

// signingKey derives the key of a day, region and service from the secret.
func (k keys) signingKey(c credential) []byte {
	return mac(mac(mac(mac([]byte("AWS4"+k.secret), c.date), c.region), c.service), "aws4_request")
}

// sign is the signature of a string in lower-case hex.
func (k keys) sign(c credential, text string) string {
	return hex.EncodeToString(mac(k.signingKey(c), text))
}

// signature is what a call says about itself.
type signature struct {
	credential credential
	at         time.Time
	headers    []string // signed ones, lower case
	value      string
	payload    string // the hash that was signed, or one of S3's words in its place
	presigned  bool
}

// stringToSign follows the documentation's steps: canonical request, hashed, under its scope.
func (s signature) stringToSign(r *http.Request) string {
	canonical := strings.Join([]string{
		r.Method, encode(r.URL.Path, true), canonicalQuery(r.URL.RawQuery), s.canonicalHeaders(r), strings.Join(s.headers, ";"), s.payload,
	}, "\n")
	sum := sha256.Sum256([]byte(canonical))
	return strings.Join([]string{algorithm, s.at.Format(timeFormat), s.credential.scope(), hex.EncodeToString(sum[:])}, "\n")
}

func (s signature) canonicalHeaders(r *http.Request) string {
	var b strings.Builder
	for _, name := range s.headers {
		b.WriteString(name + ":")
		switch name {
		case "host":
			b.WriteString(r.Host)
		case "content-length":
			b.WriteString(strconv.FormatInt(r.ContentLength, 10))
		default:
			for i, v := range r.Header.Values(name) {
				if i > 0 {
					b.WriteByte(',')
				}
				b.WriteString(strings.Join(strings.Fields(v), " "))
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// canonicalQuery sorts the parameters by name and value, without the signature itself.
func canonicalQuery(raw string) string {
	var pairs []string
	for pair := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, errName := url.QueryUnescape(name)
		value, errValue := url.QueryUnescape(value)
		if pair == "" || errName != nil || errValue != nil || name == "X-Amz-Signature" {
			continue
		}
		// NUL sorts before every character of an encoded name, as the end of the name must.
		pairs = append(pairs, encode(name, false)+"\x00"+encode(value, false))
	}
	slices.Sort(pairs)
	return strings.ReplaceAll(strings.Join(pairs, "&"), "\x00", "=")
}

// encode is AWS's URI encoding: all but letters, digits and - . _ ~ (and in paths /) become %XX.
func encode(s string, path bool) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~", c) >= 0, c == '/' && path:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteString(strings.ToUpper(hex.EncodeToString([]byte{c})))
		}
	}
	return b.String()
}
