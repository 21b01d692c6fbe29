package objects

import (
	"crypto/rand"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
)

// fault is a refusal in S3's own words.
type fault struct {
	status  int
	code    string
	message string
}

func (f *fault) Error() string { return f.code + ": " + f.message }

func denied(format string, args ...any) *fault {
	return &fault{http.StatusForbidden, "AccessDenied", fmt.Sprintf(format, args...)}
}

func invalid(format string, args ...any) *fault {
	return &fault{http.StatusBadRequest, "InvalidRequest", fmt.Sprintf(format, args...)}
}

func wrongSignature() *fault {
	return &fault{http.StatusForbidden, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your key and signing method."}
}

func wrongKey() *fault {
	return &fault{http.StatusForbidden, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."}
}

func tooLarge() *fault {
	return &fault{http.StatusBadRequest, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size"}
}

func noLength(header string) *fault {
	return &fault{http.StatusLengthRequired, "MissingContentLength", "You must provide the " + header + " HTTP header."}
}

func badDigest(what string) *fault {
	return &fault{http.StatusBadRequest, "BadDigest", "The " + what + " you specified did not match the calculated checksum."}
}

func incomplete(why string) *fault {
	return &fault{http.StatusBadRequest, "IncompleteBody", "The request body terminated unexpectedly: " + why}
}

// toFault keeps a refusal; anything else is a fault of ours.
func toFault(err error) *fault {
	var f *fault
	if errors.As(err, &f) {
		return f
	}
	return &fault{http.StatusInternalServerError, "InternalError", err.Error()}
}

func (f *fault) write(w http.ResponseWriter, r *http.Request) {
	id := rand.Text()[:16]
	w.Header().Set("Content-Type", "application/xml")
	w.Header().Set("X-Amz-Request-Id", id)
	// A browser may read why its upload was refused, as with a bucket that allows its origin.
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.WriteHeader(f.status)
	if r.Method == http.MethodHead {
		return
	}
	body, err := xml.Marshal(struct {
		XMLName                            xml.Name `xml:"Error"`
		Code, Message, Resource, RequestId string
	}{Code: f.code, Message: f.message, Resource: r.URL.Path, RequestId: id})
	if err == nil {
		_, _ = w.Write(append([]byte(xml.Header), body...))
	}
}
