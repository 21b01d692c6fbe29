package objects

import (
	"crypto/hmac"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	maxSkew    = 15 * time.Minute
	maxExpires = 7 * 24 * 60 * 60 // seconds
)

// authenticate checks the signature of a call, in its header or in its address.
func (g *gate) authenticate(r *http.Request) (signature, error) {
	var s signature
	var err error
	switch query := r.URL.Query(); {
	case r.Header.Get("Authorization") != "":
		s, err = g.headerSignature(r)
	case query.Has("X-Amz-Algorithm") || query.Has("X-Amz-Signature"):
		s, err = g.addressSignature(r)
	default:
		return s, denied("Access Denied")
	}
	if err != nil {
		return s, err
	}
	return s, g.verify(r, s)
}

func (g *gate) verify(r *http.Request, s signature) error {
	switch {
	case s.credential.key != g.keys.access:
		return wrongKey()
	case s.credential.service != "s3" || s.credential.date != s.at.Format("20060102"):
		return &fault{http.StatusBadRequest, "AuthorizationHeaderMalformed", "The credential's date or service does not fit the request."}
	case !slices.Contains(s.headers, "host"):
		return denied("The host header is not signed")
	}
	for name := range r.Header {
		if lower := strings.ToLower(name); strings.HasPrefix(lower, "x-amz-") && !slices.Contains(s.headers, lower) {
			return denied("There were headers present in the request which were not signed: %s", lower)
		}
	}
	if !hmac.Equal([]byte(g.keys.sign(s.credential, s.stringToSign(r))), []byte(s.value)) {
		return wrongSignature()
	}
	return nil
}

func malformed(what string) *fault {
	return &fault{http.StatusBadRequest, "AuthorizationHeaderMalformed", "The authorization header is malformed; " + what}
}

// headerSignature reads the Authorization header and looks at the call's own clock.
func (g *gate) headerSignature(r *http.Request) (s signature, err error) {
	rest, found := strings.CutPrefix(r.Header.Get("Authorization"), algorithm)
	if !found {
		return s, invalid("The authorization mechanism you have provided is not supported. Please use %s.", algorithm)
	}
	var ok bool
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "Credential":
			if s.credential, ok = parseCredential(value); !ok {
				return s, malformed("the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".")
			}
		case "SignedHeaders":
			s.headers = strings.Split(strings.ToLower(value), ";")
		case "Signature":
			s.value = value
		}
	}
	if !ok || s.value == "" || len(s.headers) == 0 {
		return s, malformed("it needs Credential, SignedHeaders and Signature.")
	}
	if s.payload = r.Header.Get("X-Amz-Content-Sha256"); s.payload == "" {
		return s, invalid("Missing required header for this request: x-amz-content-sha256")
	}
	if s.at, err = time.Parse(timeFormat, r.Header.Get("X-Amz-Date")); err != nil {
		return s, denied("AWS authentication requires a valid Date or x-amz-date header")
	}
	if skew := g.now().Sub(s.at).Abs(); skew > maxSkew {
		return s, &fault{http.StatusForbidden, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large."}
	}
	return s, nil
}

// addressSignature reads a presigned address and whether it still counts.
func (g *gate) addressSignature(r *http.Request) (s signature, err error) {
	bad := func(message string) *fault {
		return &fault{http.StatusBadRequest, "AuthorizationQueryParametersError", message}
	}
	query := r.URL.Query()
	s = signature{
		presigned: true, payload: unsigned, value: query.Get("X-Amz-Signature"),
		headers: strings.Split(strings.ToLower(query.Get("X-Amz-SignedHeaders")), ";"),
	}
	if hash := query.Get("X-Amz-Content-Sha256"); hash != "" {
		s.payload = hash
	} else if hash := r.Header.Get("X-Amz-Content-Sha256"); hash != "" {
		s.payload = hash
	}
	var ok bool
	if s.credential, ok = parseCredential(query.Get("X-Amz-Credential")); !ok || query.Get("X-Amz-Algorithm") != algorithm || s.value == "" {
		return s, bad("X-Amz-Algorithm, X-Amz-Credential and X-Amz-Signature are needed, as Signature Version 4 defines them")
	}
	if s.at, err = time.Parse(timeFormat, query.Get("X-Amz-Date")); err != nil {
		return s, bad("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
	}
	seconds, err := strconv.Atoi(query.Get("X-Amz-Expires"))
	if err != nil || seconds < 1 || seconds > maxExpires {
		return s, bad("X-Amz-Expires must be a number from 1 to 604800 (a week, in seconds)")
	}
	now := g.now()
	if s.at.After(now.Add(maxSkew)) {
		return s, denied("Request is not yet valid")
	}
	if now.After(s.at.Add(time.Duration(seconds) * time.Second)) {
		return s, denied("Request has expired")
	}
	return s, nil
}
