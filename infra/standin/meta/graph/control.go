package graph

import (
	"encoding/json"
	"net/http"
)

// control is for people and tests that reach the stand-in only by HTTP:
//
//	POST /_customer  a Writing     → {"id"}
//	POST /_verify    {"account","token"}: the handshake with the account's webhook
//	POST /_hook      {"account","hook"}: where the account's webhooks go
//	POST /_fault     a Fault       DELETE /_fault   forget them
//	GET  /_ledger    the calls
func (s *Server) control(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Writing
		Token string `json:"token"`
		Hook  string `json:"hook"`
		Fault
	}
	if r.Method == http.MethodPost {
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			writeJSON(w, 400, map[string]string{"error": err.Error()})
			return
		}
	}
	var out any = map[string]bool{"ok": true}
	var err error
	switch r.Method + " " + r.URL.Path {
	case "POST /_customer":
		var id string
		id, _, err = s.Write(r.Context(), in.Writing)
		out = map[string]string{"id": id}
	case "POST /_verify":
		hook := ""
		s.Change(in.Account, func(a *Account) { hook = a.Hook })
		err = s.Verify(r.Context(), hook, in.Token)
	case "POST /_hook":
		s.Change(in.Account, func(a *Account) { a.Hook = in.Hook })
	case "POST /_fault":
		s.Fail(in.Fault)
	case "DELETE /_fault":
		s.Heal()
	case "GET /_ledger":
		out = s.Calls()
	default:
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if err != nil {
		writeJSON(w, 400, map[string]string{"error": err.Error()})
		return
	}
	writeJSON(w, 200, out)
}
