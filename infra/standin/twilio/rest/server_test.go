package rest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/loket-desk/loket/infra/standin/twilio/rest"
)

const (
	sid    = "AC00000000000000000000000000000001"
	number = "+15552223333"
)

func serve(t *testing.T) (*rest.Server, string) {
	t.Helper()
	s := rest.New(sid, "token", number)
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	return s, h.URL
}

func call(t *testing.T, method, address, user, body string) (int, map[string]any) {
	t.Helper()
	r, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(user, "token")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	out := map[string]any{}
	_ = json.NewDecoder(resp.Body).Decode(&out)
	return resp.StatusCode, out
}

func TestAMessageIsTakenOnlyWhenItIsRight(t *testing.T) {
	s, base := serve(t)
	s.Sender("whatsapp:" + number)
	for form, want := range map[string]float64{
		"To=%2B15550001111&From=%2B15552223333&Body=x":                                     0,
		"To=%2B15550001111&From=%2B15552223333":                                            21602,
		"From=%2B15552223333&Body=x":                                                       21604,
		"To=ada&From=%2B15552223333&Body=x":                                                21211,
		"To=%2B15550001111&Body=x":                                                         21603,
		"To=%2B15550001111&From=%2B15559999999&Body=x":                                     21606,
		"To=%2B15550001111&From=whatsapp%3A%2B15552223333&Body=x":                          63007,
		"To=%2B15550001111&From=%2B15552223333&Body=" + strings.Repeat("x", 1601):          21617,
		"To=%2B15550001111&From=%2B15552223333&Body=x&Colour=red":                          20001,
		"To=%2B15550001111&From=%2B15552223333&Body=x&MediaUrl=nowhere":                    21609,
		"To=%2B15550001111&From=%2B15552223333" + strings.Repeat("&MediaUrl=http://x", 11): 21623,
	} {
		status, got := call(t, "POST", base+"/2010-04-01/Accounts/"+sid+"/Messages.json", sid, form)
		if code, _ := got["code"].(float64); code != want || (want == 0) != (status == 201) {
			t.Errorf("%.80s: %d %v", form, status, got)
		}
	}
	if n := len(s.Sent("+15550001111")); n != 1 {
		t.Errorf("%d messages were sent", n)
	}
	if status, got := call(t, "GET", base+"/2010-04-01/Accounts/"+sid+".json", "AC2", ""); status != 401 || got["code"] != 20003.0 {
		t.Errorf("another account: %d %v", status, got)
	}
}

func TestWhatACustomerWritesAndWhatBecomesOfAMessageIsPostedAndSigned(t *testing.T) {
	s, base := serve(t)
	var posted []url.Values
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		form, _ := url.ParseQuery(string(body))
		if r.Header.Get("X-Twilio-Signature") != rest.Sign("token", "http://"+r.Host+r.URL.String(), form) {
			t.Error("the signature is wrong")
		}
		posted = append(posted, form)
		_, _ = w.Write([]byte("<Response/>"))
	}))
	t.Cleanup(hook.Close)
	s.Point(number, hook.URL+"/in")
	if _, _, answer, err := s.Write(rest.Writing{From: "+15550001111", To: number, Body: "hi", Files: []rest.File{{ContentType: "image/png", Content: []byte("png")}}}); err != nil || answer != "<Response/>" {
		t.Errorf("%q, %v", answer, err)
	}
	call(t, "POST", base+"/2010-04-01/Accounts/"+sid+"/Messages.json", sid, url.Values{"To": {"+15550001111"}, "From": {number}, "Body": {"x"}, "StatusCallback": {hook.URL + "/s?a=b"}}.Encode())
	if _, err := s.Report(s.Sent("")[0].SID, "delivered", 0); err != nil {
		t.Error(err)
	}
	if len(posted) != 2 || posted[0].Get("Body") != "hi" || posted[0].Get("NumMedia") != "1" || posted[1].Get("MessageStatus") != "delivered" {
		t.Errorf("posted %v", posted)
	}
	if _, err := s.Report("SM?", "delivered", 0); err == nil {
		t.Error("a status of no message was posted")
	}
}

func TestTheControlsReachItByHTTP(t *testing.T) {
	_, base := serve(t)
	if status, got := call(t, "POST", base+"/_customer", "", `{"from":"+15550001111","to":"`+number+`","body":"x","webhook":"`+base+`/nowhere"}`); status != 200 || got["sid"] == "" {
		t.Errorf("%d %v", status, got)
	}
	for _, path := range []string{"/_customer", "/_report", "/_fault", "/_nothing"} {
		if status, _ := call(t, "POST", base+path, "", "{"); status != 400 {
			t.Errorf("%s took half an object", path)
		}
	}
	if status, _ := call(t, "POST", base+"/_fault", "", `{"kind":"502"}`); status != 200 {
		t.Error("no fault")
	}
	if status, _ := call(t, "GET", base+"/2010-04-01/x", sid, ""); status != 502 {
		t.Errorf("the fault gave %d", status)
	}
}
