package aws

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/loket-desk/loket/shared/desk"
)

// Failure is a call that did not succeed: the service's refusal, or an answer that never came (Status 0).
type Failure struct {
	Service    Service
	Status     int
	Code       string // the service's own, such as QueueDoesNotExist
	Message    string
	RequestID  string
	Cause      error // when there was no answer
	Unanswered bool  // the request may have been carried out all the same
}

// Error is for logs: it holds the service's words, never a request's body or address.
func (f *Failure) Error() string {
	if f.Status == 0 {
		return fmt.Sprintf("%s: no answer: %v", f.Service, f.Cause)
	}
	return fmt.Sprintf("%s: %d %s: %s (request %s)", f.Service, f.Status, f.Code, f.Message, f.RequestID)
}

func (f *Failure) Unwrap() error { return f.Cause }

// Throttled reports whether the service asked to slow down: nothing was done, and later it will be.
func (f *Failure) Throttled() bool {
	switch f.Code {
	case "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException",
		"TooManyRequestsException", "RequestLimitExceeded", "SlowDown", "LimitExceededException", "KmsThrottled",
		"PriorRequestNotComplete":
		return true
	}
	return f.Status == http.StatusTooManyRequests
}

// Passing reports whether the same call may succeed later without anybody's act: throttling, an outage, no answer.
func (f *Failure) Passing() bool {
	return f.Status == 0 || f.Status >= 500 || f.Throttled() || f.Code == "RequestTimeout"
}

func (f *Failure) repeatable(once bool) bool {
	if once {
		return f.Throttled() || (f.Status == 0 && !f.Unanswered)
	}
	return f.Passing()
}

// Refusal is the failure in the product's words: desk.Busy where waiting helps, else the code and sentence given.
func (f *Failure) Refusal(otherwise desk.Code, sentence string) error {
	if f.Passing() {
		return desk.Refuse(desk.Busy, "A service that Loket depends on does not answer in time. Try again shortly.").Because(f)
	}
	return desk.Refuse(otherwise, sentence).Because(f)
}

// refusal reads a service's error, which is JSON or XML.
func refusal(s Service, res *http.Response) *Failure {
	f := &Failure{Service: s, Status: res.StatusCode, RequestID: requestID(res.Header)}
	body, _ := io.ReadAll(io.LimitReader(res.Body, 64<<10)) // a cut answer still has its status
	var told struct {
		Type    string `json:"__type"`
		Code    string `json:"code"`
		Message string `json:"message"`
		Shouted string `json:"Message"`
	}
	switch {
	case json.Unmarshal(body, &told) == nil:
		f.Code, f.Message = first(res.Header.Get("X-Amzn-Errortype"), told.Type, told.Code), first(told.Message, told.Shouted)
	default:
		f.Code, f.Message = element(body, "Code"), element(body, "Message")
	}
	f.Code = shape(f.Code)
	// An answer without a body, as to HEAD, still has its status.
	f.Code = first(f.Code, strings.ReplaceAll(http.StatusText(res.StatusCode), " ", ""))
	return f
}

func requestID(h http.Header) string {
	return first(h.Get("X-Amzn-Requestid"), h.Get("X-Amz-Request-Id"))
}

// shape takes the name out of "com.amazonaws.sqs#QueueDoesNotExist" and "ThrottlingException:http://…".
func shape(code string) string {
	if i := strings.LastIndexByte(code, '#'); i >= 0 {
		code = code[i+1:]
	}
	code, _, _ = strings.Cut(code, ":")
	return code
}

func element(body []byte, name string) string {
	_, rest, _ := strings.Cut(string(body), "<"+name+">")
	value, _, _ := strings.Cut(rest, "</"+name+">")
	if len(value) > 1000 {
		value = value[:1000]
	}
	return value
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
