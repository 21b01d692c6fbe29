package botapi

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// control is for people and tests that reach the stand-in only by HTTP:
//
//	POST /_customer  a Writing: a customer writes        → {"update_id","message_id"}
//	POST /_update    {"chat","kind","content"}           → {"update_id"}
//	POST /_block     {"chat","blocked"}
//	POST /_fault     a Fault       DELETE /_fault        forget them
//	POST /_revoke    {"token"}     POST /_bot            {"token","name","username"}
//	GET  /_ledger    the calls     DELETE /_ledger       forget them
func (s *Server) control(w http.ResponseWriter, r *http.Request) {
	var err error
	var out any = map[string]bool{"ok": true}
	switch r.Method + " " + r.URL.Path {
	case "POST /_customer":
		var in Writing
		if err = decode(r, &in); err == nil {
			var u, m int64
			u, m, err = s.Write(in)
			out = map[string]int64{"update_id": u, "message_id": m}
		}
	case "POST /_update":
		var in struct {
			Bot     string          `json:"bot"`
			Chat    int64           `json:"chat"`
			Kind    string          `json:"kind"`
			Content json.RawMessage `json:"content"`
		}
		if err = decode(r, &in); err == nil {
			var u int64
			u, err = s.Update(in.Bot, in.Chat, in.Kind, in.Content)
			out = map[string]int64{"update_id": u}
		}
	case "GET /_ledger":
		out = s.Calls()
	case "DELETE /_ledger":
		s.Forget()
	case "DELETE /_fault":
		s.Heal()
	default:
		err = s.command(r)
	}
	if err != nil {
		writeJSON(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	writeJSON(w, http.StatusOK, out)
}

// command takes the controls that only change something.
func (s *Server) command(r *http.Request) error {
	var in struct {
		Fault
		Bot      string `json:"bot"`
		Chat     int64  `json:"chat"`
		Blocked  bool   `json:"blocked"`
		Token    string `json:"token"`
		Name     string `json:"name"`
		Username string `json:"username"`
	}
	if err := decode(r, &in); err != nil {
		return err
	}
	switch r.URL.Path {
	case "/_block":
		return s.Block(in.Bot, in.Chat, in.Blocked)
	case "/_fault":
		s.Fail(in.Fault)
	case "/_revoke":
		s.Revoke(in.Token)
	case "/_bot":
		s.AddBot(in.Token, in.Name, in.Username)
	default:
		return errUnknown(r.URL.Path)
	}
	return nil
}

type errUnknown string

func (e errUnknown) Error() string { return "there is no " + string(e) }

func decode(r *http.Request, into any) error {
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	return dec.Decode(into)
}

func strict(raw []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	return dec.Decode(into)
}

// download gives a file's bytes under the path that getFile named.
func (s *Server) download(w http.ResponseWriter, r *http.Request, rest string) {
	token, path, _ := strings.Cut(rest, "/")
	s.mu.Lock()
	_, known := s.bots[token]
	f, found := s.files[s.paths[path]]
	fault := s.takeFault("download")
	s.mu.Unlock()
	s.record(Call{At: s.now(), Bot: token, Method: "download", Params: map[string]json.RawMessage{"file_path": asJSON(text, path)}}, "", 0)
	switch {
	case fault != nil:
		fault.play(w, r, s.stop)
	case !known:
		refusal{401, "Unauthorized"}.write(w)
	case !found:
		refusal{404, "Not Found"}.write(w)
	default:
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Length", strconv.Itoa(len(f.Content)))
		_, _ = w.Write(f.Content)
	}
}
