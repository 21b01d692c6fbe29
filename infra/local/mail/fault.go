package mail

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// fault is a refusal in the words of SES's API.
type fault struct {
	status int
	code   string // as in the header X-Amzn-ErrorType
	text   string
}

func (f *fault) Error() string { return f.code + ": " + f.text }

func bad(format string, args ...any) *fault {
	return &fault{http.StatusBadRequest, "BadRequestException", fmt.Sprintf(format, args...)}
}

func rejected(format string, args ...any) *fault {
	return &fault{http.StatusBadRequest, "MessageRejected", fmt.Sprintf(format, args...)}
}

func notFound(format string, args ...any) *fault {
	return &fault{http.StatusNotFound, "NotFoundException", fmt.Sprintf(format, args...)}
}

func tooBig(limit int) *fault {
	return bad("Message length is more than %d bytes long.", limit)
}

func (f *fault) write(w http.ResponseWriter) {
	w.Header().Set("X-Amzn-ErrorType", f.code)
	respond(w, f.status, struct {
		Message string `json:"message"`
	}{f.text})
}

func respond(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-RequestId", strings.ToLower(rand.Text()))
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
