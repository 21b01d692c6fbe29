package params

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

const arnPrefix = "arn:aws:ssm:us-east-1:000000000000:parameter/"

// fault is an error in SSM's own words.
type fault struct {
	Type    string `json:"__type"`
	Message string `json:"message,omitempty"`
}

func (f fault) Error() string { return f.Type + ": " + f.Message }

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, answer, err := h.call(r)
	status := http.StatusOK
	if err != nil {
		f := toFault(err)
		if status = http.StatusBadRequest; f.Type == "InternalServerError" {
			status = http.StatusInternalServerError
		}
		answer = f
		w.Header().Set("X-Amzn-ErrorType", f.Type)
	}
	if h.log != nil {
		_, _ = fmt.Fprintf(h.log, "ssm %s %s: %d\n", r.Header.Get("X-Amz-Target"), name, status)
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.Header().Set("X-Amzn-RequestId", strings.ToLower(rand.Text()))
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer)
}

func toFault(err error) fault {
	var f fault
	switch {
	case errors.As(err, &f):
		return f
	case errors.Is(err, ErrNotFound):
		return fault{Type: "ParameterNotFound"}
	case errors.Is(err, errName), errors.Is(err, errValue):
		return fault{"ValidationException", err.Error()}
	}
	return fault{"InternalServerError", err.Error()}
}

// request holds what is read of both calls.
type request struct {
	Name           string
	Value          string
	Type           string
	Overwrite      bool
	WithDecryption bool
}

// call returns the parameter's name for the log beside its answer.
func (h *handler) call(r *http.Request) (name string, answer any, err error) {
	var in request
	if err := json.NewDecoder(io.LimitReader(r.Body, 1<<20)).Decode(&in); err != nil {
		return "", nil, fault{"SerializationException", "the call's body is no JSON object"}
	}
	// A name of one level may be given as part of its ARN.
	if rest, found := strings.CutPrefix(in.Name, arnPrefix); found {
		in.Name = strings.TrimPrefix(rest, "/")
		if strings.Contains(in.Name, "/") {
			in.Name = "/" + in.Name
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	switch r.Header.Get("X-Amz-Target") {
	case "AmazonSSM.GetParameter":
		answer, err = h.get(in)
	case "AmazonSSM.PutParameter":
		answer, err = h.put(in)
	default:
		err = fault{"UnknownOperationException", "the local runner answers GetParameter and PutParameter"}
	}
	return in.Name, answer, err
}

// parameter is the answer to GetParameter, as SSM writes it.
type parameter struct {
	ARN              string
	DataType         string
	LastModifiedDate float64
	Name             string
	Type             string
	Value            string
	Version          int64
}

func (h *handler) get(in request) (any, error) {
	value, err := Get(h.dir, in.Name)
	if err != nil {
		return nil, err
	}
	path, err := fileOf(h.dir, in.Name)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !in.WithDecryption {
		// Every parameter here is a SecureString. Who forgets to ask for decryption gets what is of no use, as on AWS.
		sum := sha256.Sum256([]byte(value))
		value = base64.StdEncoding.EncodeToString(sum[:])
	}
	return struct{ Parameter parameter }{parameter{
		ARN: arnPrefix + strings.TrimPrefix(in.Name, "/"), DataType: "text", Name: in.Name, Type: "SecureString", Value: value,
		LastModifiedDate: float64(info.ModTime().UnixMilli()) / 1000, Version: max(1, h.versions[in.Name]),
	}}, nil
}

func (h *handler) put(in request) (any, error) {
	_, err := Get(h.dir, in.Name)
	switch {
	case err == nil && !in.Overwrite:
		return nil, fault{"ParameterAlreadyExists", "The parameter already exists. To overwrite this value, set the overwrite option in the request to true."}
	case err != nil && !errors.Is(err, ErrNotFound):
		return nil, err
	case err != nil && in.Type == "":
		return nil, fault{"ValidationException", "A parameter type is required when you create a parameter."}
	}
	if err := Put(h.dir, in.Name, in.Value); err != nil {
		return nil, err
	}
	if err == nil {
		h.versions[in.Name] = max(1, h.versions[in.Name])
	}
	h.versions[in.Name]++
	return struct {
		Tier    string
		Version int64
	}{"Standard", h.versions[in.Name]}, nil
}
