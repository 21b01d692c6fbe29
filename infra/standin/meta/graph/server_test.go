package graph_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/infra/standin/meta/graph"
)

var accounts = []graph.Account{
	{Kind: graph.WhatsApp, ID: "1", Business: "9", Name: "Shop", Number: "+31 20", Token: "wa", Secret: "s", AppID: "4711", Scopes: []string{"whatsapp_business_messaging"}},
	{Kind: graph.Page, ID: "2", Name: "Shop page", Token: "pg", Secret: "s"},
	{Kind: graph.Instagram, ID: "3", Name: "Shop", Token: "ig", Secret: "s"},
}

func serve(t *testing.T) (*graph.Server, string) {
	t.Helper()
	s := graph.New(accounts...)
	h := httptest.NewServer(s)
	t.Cleanup(func() { s.Close(); h.CloseClientConnections(); h.Close() })
	return s, h.URL
}

// call makes a call and gives the status and the answer.
func call(t *testing.T, method, address, bearer, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b)
}

func TestOnlyWhatTheProtocolHasIsTaken(t *testing.T) {
	_, base := serve(t)
	link := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", strings.TrimPrefix(r.URL.Path, "/"))
		_, _ = w.Write([]byte("bytes"))
	}))
	defer link.Close()
	const wa = `"messaging_product":"whatsapp","to":"15550001",`
	const to = `"recipient":{"id":"7"},"messaging_type":"RESPONSE",`
	for _, c := range []struct {
		path, token, body string
		want              int
	}{
		{"/v25.0/1/messages", "wa", `{` + wa + `"type":"text","text":{"body":"hi"}}`, 200},
		{"/v25.0/1/messages", "", `{` + wa + `"type":"text","text":{"body":"hi"}}`, 401},
		{"/v25.0/1/messages", "other", `{` + wa + `"type":"text","text":{"body":"hi"}}`, 401},
		{"/v25.0/2/messages", "wa", `{` + wa + `"type":"text","text":{"body":"hi"}}`, 400},
		{"/1/messages", "wa", `{}`, 404},
		{"/v25.0/1/messages", "wa", `{` + wa + `"type":"text","text":{"body":"hi"},"surprise":1}`, 400},
		{"/v25.0/1/messages", "wa", `{` + wa + `"type":"text","text":{"body":""}}`, 400},
		{"/v25.0/1/messages", "wa", `{` + wa + `"type":"text","text":{"body":"` + strings.Repeat("x", 4097) + `"}}`, 400},
		{"/v25.0/1/messages", "wa", `{` + wa + `"recipient":"NL.12","type":"text","text":{"body":"hi"}}`, 400},
		{"/v25.0/1/messages", "wa", `{"messaging_product":"whatsapp","recipient":"NL.12","type":"text","text":{"body":"hi"}}`, 200},
		{"/v25.0/1/messages", "wa", `{"messaging_product":"whatsapp","to":"ada","type":"text","text":{"body":"hi"}}`, 400},
		{"/v25.0/1/messages", "wa", `{` + wa + `"type":"image","image":{"link":"` + link.URL + `/image/png","caption":"c"}}`, 200},
		{"/v25.0/1/messages", "wa", `{` + wa + `"type":"image","image":{"link":"` + link.URL + `/image/gif"}}`, 400},
		{"/v25.0/1/messages", "wa", `{` + wa + `"type":"audio","audio":{"link":"` + link.URL + `/audio/ogg","caption":"c"}}`, 400},
		{"/v25.0/1/messages", "wa", `{` + wa + `"type":"image","image":{"link":"` + link.URL + `/image/png","filename":"c"}}`, 400},
		{"/v25.0/1/messages", "wa", `{` + wa + `"type":"image","image":{"link":"http://127.0.0.1:1/"}}`, 400},
		{"/v25.0/1/messages", "wa", `{` + wa + `"type":"image"}`, 400},
		{"/v25.0/1/messages", "wa", `{` + wa + `"type":"template","template":{"name":"t","language":{"code":"en"}}}`, 200},
		{"/v25.0/1/messages", "wa", `{` + wa + `"type":"template","template":{"name":"","language":{"code":"en"}}}`, 404},
		{"/v25.0/1/messages", "wa", `{"messaging_product":"whatsapp","status":"read","message_id":"wamid.1"}`, 200},
		{"/v25.0/9/subscribed_apps", "wa", ``, 200},
		{"/v25.0/me/messages?access_token=pg", "", `{` + to + `"message":{"text":"hi","metadata":"k"}}`, 200},
		{"/v25.0/me/messages?access_token=pg&appsecret_proof=00", "", `{` + to + `"message":{"text":"hi"}}`, 400},
		{"/v25.0/me/messages?access_token=pg&appsecret_proof=" + graph.Sign("s", []byte("pg")), "", `{` + to + `"message":{"text":"hi"}}`, 200},
		{"/v25.0/me/messages", "pg", `{` + to + `"message":{"text":"hi","attachment":{"type":"file","payload":{"url":"x"}}}}`, 400},
		{"/v25.0/me/messages", "pg", `{` + to + `"message":{"text":"` + strings.Repeat("x", 2001) + `"}}`, 400},
		{"/v25.0/me/messages", "pg", `{"recipient":{"id":"7"},"messaging_type":"MESSAGE_TAG","message":{"text":"hi"}}`, 400},
		{"/v25.0/me/messages", "pg", `{"recipient":{"id":"7"},"messaging_type":"MESSAGE_TAG","tag":"ACCOUNT_UPDATE","message":{"text":"hi"}}`, 400},
		{"/v25.0/me/messages", "pg", `{"recipient":{"id":"7"},"messaging_type":"MESSAGE_TAG","tag":"HUMAN_AGENT","message":{"text":"hi"}}`, 200},
		{"/v25.0/me/messages", "pg", `{"recipient":{"id":"7"},"sender_action":"typing_on"}`, 200},
		{"/v25.0/me/messages", "ig", `{` + to + `"message":{"text":"` + strings.Repeat("ä", 501) + `"}}`, 400},
		{"/v25.0/me/messages", "ig", `{` + to + `"message":{"text":"hi","metadata":"k"}}`, 400},
		{"/v25.0/me/messages", "ig", `{` + to + `"message":{"attachment":{"type":"file","payload":{"url":"` + link.URL + `/application/pdf"}}}}`, 200},
		{"/v25.0/me/messages", "ig", `{` + to + `"message":{"attachment":{"type":"file","payload":{"url":"` + link.URL + `/application/zip"}}}}`, 400},
		{"/v25.0/2/subscribed_apps?subscribed_fields=messages,surprise", "pg", ``, 400},
		{"/v25.0/2/subscribed_apps?subscribed_fields=messages", "pg", ``, 200},
		{"/v25.0/me/messenger_profile", "pg", `{"greeting":[{"locale":"default","text":"` + strings.Repeat("x", 161) + `"}]}`, 400},
		{"/v25.0/me/messenger_profile", "pg", `{"greeting":[{"locale":"default","text":"Hi"}],"get_started":{"payload":"G"}}`, 200},
	} {
		if got, answer := call(t, "POST", base+c.path, c.token, c.body); got != c.want {
			t.Errorf("%s %s: %d, want %d: %s", c.path, c.body, got, c.want, answer)
		}
	}
}

func TestAccountsTokensAndFilesCanBeAskedFor(t *testing.T) {
	s, base := serve(t)
	for path, want := range map[string]string{
		"/v25.0/1?fields=display_phone_number": `"+31 20"`,
		"/v25.0/debug_token?input_token=wa":    `"whatsapp_business_messaging"`,
		"/v25.0/9/subscribed_apps":             `"data":[]`,
	} {
		if status, got := call(t, "GET", base+path, "wa", ""); status != 200 || !strings.Contains(got, want) {
			t.Errorf("%s: %d %s", path, status, got)
		}
	}
	for _, path := range []string{"/v25.0/1?fields=surprise", "/v25.0/77", "/v25.0/debug_token?input_token=pg"} {
		if status, got := call(t, "GET", base+path, "wa", ""); status != 400 {
			t.Errorf("%s: %d %s", path, status, got)
		}
	}
	s.Change("1", func(a *graph.Account) { a.Hook = "http://127.0.0.1:1" })
	_, body, err := s.Write(t.Context(), graph.Writing{Account: "1", From: "15550001", File: &graph.File{Kind: "image", ContentType: "image/png", Content: []byte("bytes")}})
	if err == nil {
		t.Error("a webhook to nobody was taken")
	}
	var in struct {
		Entry []struct {
			Changes []struct {
				Value struct {
					Messages []struct{ Image struct{ ID string } }
				}
			}
		}
	}
	if err := json.Unmarshal(body, &in); err != nil {
		t.Fatal(err)
	}
	id := in.Entry[0].Changes[0].Value.Messages[0].Image.ID
	if status, got := call(t, "GET", base+"/v25.0/"+id, "wa", ""); status != 200 || !strings.Contains(got, base+"/media/"+id) {
		t.Errorf("the file: %d %s", status, got)
	}
	for token, want := range map[string]int{"wa": 200, "": 401, "other": 401} {
		if status, _ := call(t, "GET", base+"/media/"+id, token, ""); status != want {
			t.Errorf("the bytes with the token %q: %d", token, status)
		}
	}
}

func TestWebhooksAreSignedAndFollowASend(t *testing.T) {
	s, base := serve(t)
	got := make(chan string, 10)
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			_, _ = w.Write([]byte(r.URL.Query().Get("hub.challenge")))
			return
		}
		b, _ := io.ReadAll(r.Body)
		if r.Header.Get("X-Hub-Signature-256") != "sha256="+graph.Sign("s", b) {
			t.Errorf("not signed: %s", b)
		}
		got <- string(b)
	}))
	defer hook.Close()
	for _, id := range []string{"1", "2"} {
		s.Change(id, func(a *graph.Account) { a.Hook, a.Reports = hook.URL, true })
	}
	call(t, "POST", base+"/v25.0/1/messages", "wa", `{"messaging_product":"whatsapp","to":"15550001","type":"text","text":{"body":"hi"},"biz_opaque_callback_data":"k1"}`)
	call(t, "POST", base+"/v25.0/me/messages", "pg", `{"recipient":{"id":"7"},"messaging_type":"RESPONSE","message":{"text":"hi","metadata":"k2"}}`)
	seen := ""
	for range 3 {
		select {
		case b := <-got:
			seen += b
		case <-time.After(20 * time.Second):
			t.Fatal("no webhook came")
		}
	}
	for _, want := range []string{`"sent"`, `"delivered"`, `"k1"`, `"is_echo":true`, `"metadata":"k2"`} {
		if !strings.Contains(seen, want) {
			t.Errorf("no %s in %s", want, seen)
		}
	}
	if err := s.Verify(t.Context(), hook.URL, "token"); err != nil {
		t.Errorf("the handshake: %v", err)
	}
	if err := s.Verify(t.Context(), base, "token"); err == nil {
		t.Error("a handshake with somebody else was taken")
	}
}

func TestFaultsComeBeforeOrAfterTheDeed(t *testing.T) {
	for kind, done := range map[string]bool{"error": false, "429": false, "502": false, "garbage": true, "empty": true, "drop": true, "504": true} {
		s, base := serve(t)
		s.Fail(graph.Fault{Path: "/messages", Kind: kind, Code: 131047})
		status, answer := call(t, "POST", base+"/v25.0/1/messages", "wa", `{"messaging_product":"whatsapp","to":"15550001","type":"text","text":{"body":"hi"}}`)
		if sent := len(s.Sent("1", "15550001")) == 1; sent != done || strings.Contains(answer, "wamid") {
			t.Errorf("%s: %d %s, sent %v", kind, status, answer, sent)
		}
		if kind == "error" && (status != 400 || !strings.Contains(answer, "131047")) {
			t.Errorf("%s: %d %s", kind, status, answer)
		}
	}
}

func TestItIsControlledByHTTPToo(t *testing.T) {
	s, base := serve(t)
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(r.URL.Query().Get("hub.challenge")))
	}))
	defer hook.Close()
	for path, body := range map[string]string{"/_hook": `{"account":"2","hook":"` + hook.URL + `"}`, "/_fault": `{"path":"/never","kind":"drop"}`} {
		if status, answer := call(t, "POST", base+path, "", body); status != 200 {
			t.Errorf("%s: %d %s", path, status, answer)
		}
	}
	if status, answer := call(t, "POST", base+"/_customer", "", `{"account":"2","from":"7","text":"hi"}`); status != 200 || !strings.Contains(answer, "m_in") {
		t.Errorf("a customer: %d %s", status, answer)
	}
	if status, answer := call(t, "POST", base+"/_verify", "", `{"account":"2","token":"t"}`); status != 200 {
		t.Errorf("the handshake: %d %s", status, answer)
	}
	if status, _ := call(t, "POST", base+"/_customer", "", `{"account":"77","from":"7","text":"hi"}`); status != 400 {
		t.Errorf("an unknown account: %d", status)
	}
	call(t, "DELETE", base+"/_fault", "", "")
	call(t, "GET", base+"/v25.0/2?fields=name", "pg", "")
	if _, ledger := call(t, "GET", base+"/_ledger", "", ""); !bytes.Contains([]byte(ledger), []byte(`"account":"2"`)) || len(s.Calls("2")) != 1 {
		t.Errorf("the ledger: %s", ledger)
	}
	if status, _ := call(t, "GET", base+"/_surprise", "", ""); status != 404 {
		t.Errorf("an unknown control: %d", status)
	}
}
