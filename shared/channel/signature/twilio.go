package signature

import (
	"crypto/hmac"
	"crypto/sha1" // the platform chose it
	"crypto/sha256"
	"encoding/base64"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Twilio proves a call of Twilio: X-Twilio-Signature, the base64 HMAC-SHA1 under the auth token of the public address
// in full, followed for a form by each parameter's name and value, sorted by name. A body that is no form is proven by
// its SHA-256 in the address. The address is tried with and without its scheme's port, since Twilio signs either.
func Twilio(token, address string, h http.Header, body []byte) error {
	value, err := header(token, h, "X-Twilio-Signature")
	if err != nil {
		return err
	}
	got, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		return refuse("the signature is not base64")
	}
	params, err := twilioParams(address, h, body)
	if err != nil {
		return err
	}
	matched := false
	for _, a := range withAndWithoutPort(address) {
		m := hmac.New(sha1.New, []byte(token))
		m.Write([]byte(a + params))
		matched = hmac.Equal(got, m.Sum(nil)) || matched
	}
	if !matched {
		return refuse("the signature is wrong")
	}
	return nil
}

// twilioParams is what is signed after the address: nothing where the address names the body's hash, which is checked here.
func twilioParams(address string, h http.Header, body []byte) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", refuse("the called address can't be read")
	}
	if hash := u.Query().Get("bodySHA256"); hash != "" {
		sum := sha256.Sum256(body)
		return "", sameHex(hash, sum[:])
	}
	if len(body) == 0 {
		return "", nil
	}
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return "", refuse("the body is neither a form nor proven by a hash in the address")
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return "", refuse("the form can't be read")
	}
	var b strings.Builder
	for _, name := range sortedKeys(form) {
		values := slices.Clone(form[name])
		slices.Sort(values)
		for _, v := range slices.Compact(values) {
			b.WriteString(name)
			b.WriteString(v)
		}
	}
	return b.String(), nil
}

func sortedKeys(form url.Values) []string {
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// withAndWithoutPort works on the text, since the signed address must stay as it was written.
func withAndWithoutPort(address string) []string {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return []string{address}
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	host, tail := rest[:end], rest[end:]
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		return []string{address, scheme + "://" + host[:i] + tail}
	}
	port := ":443"
	if scheme == "http" {
		port = ":80"
	}
	return []string{address, scheme + "://" + host + port + tail}
}
