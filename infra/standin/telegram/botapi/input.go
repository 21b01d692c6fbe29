package botapi

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
)

// kind is a parameter's type.
type kind string

const (
	integer kind = "Integer"
	text    kind = "String"
	flag    kind = "Boolean"
	object  kind = "Object"
	array   kind = "Array"
	upload  kind = "File"
)

// input is a call's parameters: each as JSON, whatever way they came.
type input struct {
	params map[string]json.RawMessage
	files  map[string]ReceivedFile
}

// ReceivedFile is an uploaded file as it arrived.
type ReceivedFile struct {
	Name        string `json:"name"`
	ContentType string `json:"contentType"`
	Size        int64  `json:"size"`
	SHA256      string `json:"sha256"`
	bytes       []byte
}

// read takes the parameters from the query, JSON, a form or multipart, and refuses unknown ones and wrong types.
func read(r *http.Request, m method, most int64) (input, *refusal) {
	in := input{params: map[string]json.RawMessage{}, files: map[string]ReceivedFile{}}
	contentType, args, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	var err *refusal
	switch {
	case contentType == "application/json":
		err = in.readJSON(r.Body)
	case contentType == "multipart/form-data" && args["boundary"] != "":
		err = in.readMultipart(r, m, most)
	default:
		if e := r.ParseForm(); e != nil {
			return in, bad("can't parse the form")
		}
		for name, values := range r.Form {
			in.params[name] = asJSON(m.params[name], values[0])
		}
	}
	if err != nil {
		return in, err
	}
	return in, in.check(m)
}

func (in *input) readJSON(body io.Reader) *refusal {
	raw, err := io.ReadAll(io.LimitReader(body, 1<<20))
	if err != nil || (len(raw) > 0 && json.Unmarshal(raw, &in.params) != nil) {
		return bad("can't parse JSON object")
	}
	return nil
}

func (in *input) readMultipart(r *http.Request, m method, most int64) *refusal {
	parts, err := r.MultipartReader()
	if err != nil {
		return bad("can't parse multipart")
	}
	for {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return bad("can't read multipart")
		}
		if p.FileName() == "" {
			value, err := io.ReadAll(io.LimitReader(p, 1<<20))
			if err != nil {
				return bad("can't read multipart")
			}
			in.params[p.FormName()] = asJSON(m.params[p.FormName()], string(value))
			continue
		}
		content, err := io.ReadAll(io.LimitReader(p, most+1))
		if err != nil {
			return bad("can't read multipart")
		}
		if int64(len(content)) > most {
			return &refusal{413, "Request Entity Too Large"}
		}
		sum := sha256.Sum256(content)
		in.files[p.FormName()] = ReceivedFile{p.FileName(), p.Header.Get("Content-Type"), int64(len(content)), hex.EncodeToString(sum[:]), content}
	}
}

// asJSON turns a form's text into the JSON of its parameter's type; what can't be turned stays as a string and is refused.
func asJSON(k kind, value string) json.RawMessage {
	quoted, _ := json.Marshal(value)
	if k != text && k != "" && json.Valid([]byte(value)) {
		return json.RawMessage(value)
	}
	return quoted
}

func (in *input) check(m method) *refusal {
	for name, raw := range in.params {
		k, known := m.params[name]
		if !known {
			return bad("unknown parameter " + name)
		}
		if !k.fits(raw) {
			return bad(fmt.Sprintf("field %q must be of type %s", name, k))
		}
	}
	for name, f := range in.files {
		if m.params[name] != upload {
			return bad("unexpected file " + name)
		}
		if f.Size == 0 {
			return bad("file must be non-empty")
		}
	}
	for _, name := range strings.Fields(m.required) {
		_, param := in.params[name]
		_, file := in.files[name]
		if !param && !file {
			return bad(fmt.Sprintf("parameter %q is required", name))
		}
	}
	return nil
}

func (k kind) fits(raw json.RawMessage) bool {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return false
	}
	switch k {
	case integer:
		var n int64
		return json.Unmarshal(raw, &n) == nil && raw[0] != 'n'
	case text, upload: // a file that is not uploaded is named by its id
		return raw[0] == '"'
	case flag:
		return string(raw) == "true" || string(raw) == "false"
	case object:
		return raw[0] == '{'
	case array:
		return raw[0] == '['
	default:
		return false
	}
}

func (in input) int(name string) int64 {
	var n int64
	_ = json.Unmarshal(in.params[name], &n) // checked on the way in
	return n
}

func (in input) str(name string) string {
	var s string
	_ = json.Unmarshal(in.params[name], &s)
	return s
}
